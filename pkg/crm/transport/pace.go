package transport

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/contactsync/contactsync/pkg/fault"
)

// limits holds the limit of each class as known now. The map itself is constant.
type limits map[Class]*limited

// limited is a class with a limit. The limiter only spreads the calls: at first
// half a window's calls may go at once, then one every Per/Calls. What keeps the
// limit is the window.
type limited struct {
	limit  atomic.Pointer[Limit]
	smooth *rate.Limiter
}

func newLimits(initial map[Class]Limit) limits {
	all := make(limits, len(initial))
	for class, limit := range initial {
		l := &limited{smooth: rate.NewLimiter(limit.spacing(), limit.burst())}
		l.limit.Store(&limit)
		all[class] = l
	}
	return all
}

func (l limits) get(class Class) Limit {
	if known := l[class]; known != nil {
		return *known.limit.Load()
	}
	return Limit{}
}

func (l *limited) set(limit Limit, now time.Time) {
	l.limit.Store(&limit)
	l.smooth.SetBurstAt(now, limit.burst())
	l.smooth.SetLimitAt(now, limit.spacing())
}

func (l Limit) spacing() rate.Limit {
	if l.Calls <= 0 || l.Per <= 0 {
		return rate.Inf
	}
	return rate.Limit(float64(l.Calls) / l.Per.Seconds())
}

func (l Limit) burst() int { return max(1, l.Calls/2) }

// observe learns from an answer's headers.
func (c *Client) observe(class Class, h http.Header, now time.Time) Usage {
	known := c.limits[class]
	if c.Usage == nil || known == nil {
		return Usage{}
	}
	usage := c.Usage(h)
	if usage.Limit.Calls <= 0 {
		return Usage{}
	}
	current := *known.limit.Load()
	if usage.Limit.Per <= 0 {
		usage.Limit.Per = current.Per
	}
	if !c.FixedLimits && usage.Limit != current {
		known.set(usage.Limit, now)
	}
	return usage
}

// admit waits until the request may be sent, or refuses with Throttled when that
// takes longer than there is time.
func (c *Client) admit(ctx context.Context, call *call) (Permit, error) {
	class := call.request.Class
	if err := c.smooth(ctx, call); err != nil {
		return nil, err
	}
	for {
		now := c.Clock.Now()
		if left, ok := c.left(ctx, now); ok && left < c.MinAnswer {
			return nil, c.notSent(call.request.Op, now)
		}
		permit, wait, err := c.permits.Take(ctx, c.account(), class, c.limits.get(class), now)
		if err != nil {
			return nil, fault.Wrap(fault.Retryable, call.request.Op, err)
		}
		if wait <= 0 {
			return permit, nil
		}
		if err := c.pause(ctx, call, now, wait); err != nil {
			return nil, err
		}
	}
}

// smooth spreads the calls of a class over its window.
func (c *Client) smooth(ctx context.Context, call *call) error {
	known := c.limits[call.request.Class]
	if known == nil || known.limit.Load().Calls <= 0 {
		return nil
	}
	now := c.Clock.Now()
	place := known.smooth.ReserveN(now, 1)
	wait := place.DelayFrom(now)
	if wait <= 0 {
		return nil
	}
	if err := c.pause(ctx, call, now, wait); err != nil {
		place.CancelAt(now)
		return err
	}
	return nil
}

// pause waits for d, or refuses when that takes longer than there is time.
func (c *Client) pause(ctx context.Context, call *call, now time.Time, d time.Duration) error {
	left, ok := c.left(ctx, now)
	if d > c.MaxWait || ok && d+c.MinAnswer > left {
		err := fault.ThrottledUntil(now.Add(d), "%s's limit of calls is reached; it goes on by itself.", c.Vendor)
		err.Op = call.request.Op
		return err
	}
	if err := c.Clock.Sleep(ctx, d); err != nil {
		return &fault.Error{Kind: fault.Retryable, Op: call.request.Op, Message: "The work was stopped before " + c.Vendor + " was asked.", Err: err}
	}
	return nil
}

// block keeps the calls that a refusal is about from being sent until it is over.
func (c *Client) block(ctx context.Context, call *call) {
	class := call.request.Class
	if call.verdict.Everyone {
		class = ""
	}
	until := c.Clock.Now().Add(call.verdict.Wait)
	if err := c.permits.Block(ctx, c.account(), class, until); err != nil {
		c.Log.WarnContext(ctx, "the pause of an account was not kept", "vendor", c.Vendor, "error", err)
	}
}
