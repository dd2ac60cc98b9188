package transport

import (
	"context"
	"fmt"
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
		return usage
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
func (c *Client) admit(ctx context.Context, call *call) (*permit, error) {
	if err := c.smooth(ctx, call); err != nil {
		return nil, err
	}
	for {
		now := c.Clock.Now()
		if left, ok := c.left(ctx, now); ok && left < c.MinAnswer {
			return nil, c.notSent(call.request.Op, now)
		}
		permit, wait, err := c.permits.take(ctx, c.wish(ctx, call.request), c.Clock.Now)
		if err != nil {
			return nil, withOp(err, call.request.Op)
		}
		if wait > 0 {
			if err := c.pause(ctx, call, c.Clock.Now(), wait); err != nil {
				permit.giveUp(c.Clock.Now())
				return nil, err
			}
		}
		if permit != nil && permit.send(c.Clock.Now()) {
			return permit, nil
		}
	}
}

// withOp names the operation that an error came of.
func withOp(err error, op string) error {
	if f := fault.As(err); f != nil {
		f.Op = op
	}
	return err
}

func (c *Client) wish(ctx context.Context, r Request) wish {
	return wish{
		vendor: c.Vendor, account: c.account(), class: r.Class, limit: c.limits.get(r.Class), fixed: c.FixedLimits,
		cost: c.Cost(r), urgent: c.Urgent != nil && c.Urgent(ctx),
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
	now, verdict := c.Clock.Now(), &call.verdict
	var err error
	if verdict.Daily {
		var until time.Time
		until, err = c.permits.exhaust(ctx, c.account(), now, verdict.Wait)
		verdict.Wait = until.Sub(now)
		verdict.Message = fmt.Sprintf("%s's daily limit of calls is used up; it goes on at %s.", c.Vendor, clockTime(until))
	} else {
		class := call.request.Class
		if verdict.Everyone {
			class = ""
		}
		err = c.permits.block(ctx, c.account(), class, now, now.Add(verdict.Wait))
	}
	if err != nil {
		c.Log.WarnContext(ctx, "the pause of an account was not kept", "vendor", c.Vendor, "error", err)
	}
}
