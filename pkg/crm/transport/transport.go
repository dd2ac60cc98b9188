// Package transport carries an adapter's API calls to its vendor: it paces them
// within the vendor's rate limits, sends again what is safe to send again, bounds
// every call in time and size, and keeps credentials out of errors and logs.
//
// It knows HTTP and time, not vendors: what an answer means for sending again is
// the adapter's [Options.Judge], what it means for people its [Options.Explain].
// It holds no goroutine of its own and does not follow redirects.
package transport

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync/pace"
)

// Clock is the client's source of time. A deadline in a call's context is
// compared with Now, so both have to be of the same time.
type Clock interface {
	Now() time.Time
	// Sleep waits for d or until ctx ends, whichever is first.
	Sleep(ctx context.Context, d time.Duration) error
}

// Credential is the header that authorises a request.
type Credential struct {
	Header string // such as "Authorization"
	Value  string // such as "Bearer ..."; secret
}

// Options describes a connection. Vendor, BaseURL, Clock, Authorise, Judge and
// Explain are required.
type Options struct {
	// Vendor is the name people know, such as "HubSpot".
	Vendor  string
	BaseURL string
	// Account names whose limits the calls use up: clients that share Permits keep the
	// limits of an account together. Empty: all calls to BaseURL are of one account.
	Account string
	Clock   Clock
	// RoundTripper sends the requests; nil: [Network]. An error of its own that is
	// classified is the result of the call, after the wait that a Throttled one asks for.
	RoundTripper http.RoundTripper
	// Permits bounds the calls; nil: the client's own.
	Permits *Permits
	// Urgent reports whether a call is part of work that people wait for. Such calls
	// may use all of a limit; the others leave a little of it. nil: none is.
	Urgent func(ctx context.Context) bool
	// Cost returns what a request takes from the limit of a day; nil: one.
	Cost func(Request) int
	// DayUnit is what the limit of a day is counted in: calls, the default, or tokens.
	DayUnit string
	// Limits per class; calls of a class that is not named are not bounded.
	Limits map[Class]Limit
	// FixedLimits keeps Limits whatever the answers' headers say.
	FixedLimits bool
	// Authorise returns the credential of the next request. An answer of 401 asks
	// once more, and goes on only if the credential has changed.
	Authorise func(ctx context.Context) (Credential, error)
	// Judge says what an answer means for sending the request again.
	Judge func(r *Response, now time.Time) Verdict
	// Explain turns a final answer outside 2xx into a classified error.
	Explain func(r *Response) error
	// Usage reads the vendor's own count of calls from an answer's headers; nil: none.
	Usage func(h http.Header) Usage
	// Jitter returns a random part of a wait, less than most; nil: any with equal odds.
	Jitter func(most time.Duration) time.Duration
	// Count is told of every request that is sent; nil: nobody counts.
	Count func(ctx context.Context, setup bool)
	// Log receives one debug record per request; nil: none.
	Log *slog.Logger
	// Timeout bounds one request including its answer; default 10 s.
	Timeout time.Duration
	// MinAnswer is the least time for an answer: with less left before the deadline
	// of the context no request is sent; default 2 s.
	MinAnswer time.Duration
	// MaxWait bounds a wait for a permit or a retry; default 30 s. What takes longer
	// is fault.Throttled at once.
	MaxWait time.Duration
}

// Client sends API calls of one connection. It is safe for concurrent use.
type Client struct {
	Options
	base    string
	retry   *retryablehttp.Client
	limits  limits
	permits *Permits
}

// New returns a client. It makes no call.
func New(o Options) *Client {
	o.Timeout = orDefault(o.Timeout, 10*time.Second)
	o.MinAnswer = orDefault(o.MinAnswer, 2*time.Second)
	o.MaxWait = orDefault(o.MaxWait, 30*time.Second)
	if o.Jitter == nil {
		o.Jitter = rand.N[time.Duration]
	}
	if o.RoundTripper == nil {
		o.RoundTripper = Network()
	}
	if o.Cost == nil {
		o.Cost = func(Request) int { return 1 }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Permits == nil {
		o.Permits = NewPermits(nil, o.Log)
	}
	c := &Client{
		Options: o,
		base:    strings.TrimRight(o.BaseURL, "/"),
		limits:  newLimits(o.Limits),
		permits: o.Permits,
	}
	c.retry = c.newRetry()
	return c
}

// Do sends a request, as often as it takes and is safe, and returns the final
// answer, whatever its status. Without one the error is classified:
//
//   - Throttled: not sent, or refused by the vendor before it acted
//   - Retryable: a read that failed
//   - OutcomeUnknown: a write that may or may not have taken effect
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	body, err := r.encode()
	if err != nil {
		return nil, &fault.Error{Kind: fault.Unexpected, Op: r.Op, Err: err}
	}
	call := &call{client: c, request: r}
	req, err := retryablehttp.NewRequestWithContext(withCall(ctx, call), r.Method, c.url(r), body)
	if err != nil {
		return nil, &fault.Error{Kind: fault.Unavailable, Op: r.Op, Message: "The address of " + c.Vendor + " is not valid.", Err: withoutURL(err)}
	}
	req.Header.Set("Accept", "application/json")
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.retry.Do(req)
	if resp != nil {
		resp.Body.Close()
	}
	return call.outcome(ctx, err)
}

// JSON sends a request and decodes the answer's body into out (nil: the body is
// not looked at). An answer outside 2xx becomes the error of [Options.Explain].
func (c *Client) JSON(ctx context.Context, r Request, out any) (*Response, error) {
	resp, err := c.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	if !resp.OK() {
		return resp, c.Explain(resp)
	}
	if out == nil {
		return resp, nil
	}
	if err := resp.decode(out); err != nil {
		return resp, c.unreadable(resp, err)
	}
	return resp, nil
}

// Budget returns the use of the account's limits. It makes no call.
func (c *Client) Budget(ctx context.Context) (pace.Budget, error) {
	now := c.Clock.Now()
	account, err := c.permits.state(ctx, c.account(), now)
	if err != nil {
		return pace.Budget{}, err
	}
	var classes []pace.Class
	for _, class := range slices.Sorted(maps.Keys(c.limits)) {
		if l := c.limits.get(class); l.Calls > 0 {
			classes = append(classes, pace.Class{Name: string(class), Limit: l.Calls, Per: l.Per, Fixed: c.FixedLimits})
		}
	}
	return account.Budget(classes, cmp.Or(c.DayUnit, "calls"), now), nil
}

// account is the name under which permits are taken.
func (c *Client) account() string {
	if c.Account != "" {
		return c.Vendor + " " + c.Account
	}
	return c.Vendor + " " + c.base
}

func (c *Client) url(r Request) string {
	u := c.base + r.Path
	if len(r.Query) > 0 {
		u += "?" + r.Query.Encode()
	}
	return u
}

// Network is the transport that all clients without one of their own share, so
// that connections are reused between invocations.
var Network = sync.OnceValue(func() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns = 256
	t.MaxIdleConnsPerHost = 64
	return t
})

func orDefault(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// withoutURL drops the address from an error: its query may hold personal data.
func withoutURL(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}
