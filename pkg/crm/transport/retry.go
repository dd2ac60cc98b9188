package transport

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/contactsync/contactsync/pkg/fault"
)

// maxAttempts is how often a request is sent at most.
const maxAttempts = 4

// failPauses are the waits after a failure, before jitter. Their number bounds the
// repetitions of what failed; what was refused may use up maxAttempts.
var failPauses = []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond}

// Verdict says what an answer means for sending the request again. The zero
// value is a final answer.
type Verdict struct {
	// Refused: the vendor did not act; any request may be sent again after Wait.
	Refused bool
	// Failed: the vendor may have acted; a request is sent again unless its effect
	// is [Write].
	Failed bool
	// Wait is how long a refusal lasts, or the least pause after a failure.
	Wait time.Duration
	// Spread is added to the wait in part, at random, so that callers that were refused
	// together do not come back together.
	Spread time.Duration
	// Everyone extends a refusal to all calls of the account; otherwise it holds for
	// the class of the request.
	Everyone bool
	// Daily: the limit of the day is spent. Wait is what the vendor asked for, or 0.
	Daily bool
	// Message tells people about a refusal that outlasts the call.
	Message string
}

func (c *Client) newRetry() *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     attempts{c},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryMax:     maxAttempts - 1,
		CheckRetry:   checkRetry,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 },
		PrepareRetry: sleepBeforeRetry,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
}

// checkRetry decides by what the attempt recorded in its call. The pause itself
// is made by sleepBeforeRetry, on the client's clock.
func checkRetry(ctx context.Context, _ *http.Response, _ error) (bool, error) {
	call := ctx.Value(callKey{}).(*call)
	if ctx.Err() != nil || call.refusal != nil {
		return false, nil
	}
	switch {
	case call.verdict.Refused:
		call.client.block(ctx, call)
		call.wait = call.verdict.Wait
		return call.fits(ctx), nil
	case fault.As(call.failure) != nil:
		return false, nil
	case call.failure != nil:
		return call.mayRepeat(unsent(call.failure), 0) && call.fits(ctx), nil
	case call.verdict.Failed:
		return call.mayRepeat(false, call.verdict.Wait) && call.fits(ctx), nil
	case call.answer.Status == http.StatusUnauthorized:
		return call.credentialChanged(ctx), nil
	}
	return false, nil
}

// mayRepeat reports whether what failed may be sent again, and sets the pause.
func (c *call) mayRepeat(unsent bool, least time.Duration) bool {
	if c.attempts > len(failPauses) || c.request.Effect == Write && !unsent {
		return false
	}
	pause := failPauses[max(0, c.attempts-1)]
	c.wait = max(least, pause+c.client.Jitter(pause/2))
	return true
}

// fits reports whether the pause and another answer fit before the deadline.
func (c *call) fits(ctx context.Context) bool {
	left, ok := c.client.left(ctx, c.client.Clock.Now())
	return c.wait <= c.client.MaxWait && (!ok || c.wait+c.client.MinAnswer <= left)
}

// credentialChanged reports whether a refused credential has been replaced.
func (c *call) credentialChanged(ctx context.Context) bool {
	if c.reasked {
		return false
	}
	c.reasked, c.wait = true, 0
	fresh, err := c.client.Authorise(ctx)
	return err == nil && fresh != c.sent
}

func sleepBeforeRetry(req *http.Request) error {
	call := req.Context().Value(callKey{}).(*call)
	if call.wait <= 0 {
		return nil
	}
	return call.client.Clock.Sleep(req.Context(), call.wait)
}

// outcome turns the last attempt into the result of the call.
func (c *call) outcome(ctx context.Context, err error) (*Response, error) {
	if c.failure != nil && ctx.Err() != nil {
		c.failure = errors.Join(ctx.Err(), c.failure)
	}
	switch {
	case c.refusal != nil:
		return nil, c.refusal
	case c.verdict.Refused:
		return nil, c.throttled()
	case fault.As(c.failure) != nil:
		return nil, withOp(c.failure, c.request.Op)
	case c.answer != nil && !c.verdict.Failed:
		return c.answer, nil
	case c.answer != nil:
		return nil, c.failed(c.request.lost(), "%s answered with an error (status %d).", c.client.Vendor, c.answer.Status)
	case c.failure != nil && unsent(c.failure):
		return nil, c.failed(fault.Retryable, "%s could not be reached.", c.client.Vendor)
	case c.failure != nil:
		return nil, c.failed(c.request.lost(), "%s did not answer.", c.client.Vendor)
	}
	return nil, &fault.Error{Kind: fault.Retryable, Op: c.request.Op, Err: withoutURL(err)}
}

func (c *call) failed(kind fault.Kind, format string, args ...any) error {
	err := fault.New(kind, format, args...)
	err.Op, err.Err = c.request.Op, c.failure
	if c.answer != nil {
		err.Err = answerError(c.answer)
	}
	return err
}

func (c *call) throttled() error {
	message := c.verdict.Message
	if message == "" {
		message = c.client.Vendor + "'s limit of calls is reached; it goes on by itself."
	}
	err := fault.ThrottledUntil(c.client.Clock.Now().Add(c.verdict.Wait), "%s", message)
	err.Op, err.Err = c.request.Op, c.failure
	if c.answer != nil {
		err.Err = answerError(c.answer)
	}
	return err
}

// answerError is an answer as a cause, for engineers.
type answerErrorText string

func (t answerErrorText) Error() string { return string(t) }

func answerError(r *Response) error {
	text := "status " + strconv.Itoa(r.Status)
	if id := correlation(r.Header); id != "" {
		text += ", correlation " + id
	}
	if excerpt := r.Excerpt(); excerpt != "" {
		text += ": " + excerpt
	}
	return answerErrorText(text)
}

// Cause returns the answer as the cause of an error, without its credential.
func (r *Response) Cause() error { return answerError(r) }

// RetryAfter reads the Retry-After header: seconds or a date. Zero: none.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	value := h.Get("Retry-After")
	if value == "" {
		return 0
	}
	if seconds, err := strconv.Atoi(value); err == nil {
		return max(0, time.Duration(min(seconds, 7*24*3600))*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// IsServerFailure reports the statuses after which the vendor may or may not have
// acted: its own 5xx, and those of the proxies in front of it.
func IsServerFailure(status int) bool {
	return status == http.StatusRequestTimeout || status >= 500 && status != http.StatusNotImplemented
}
