package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
)

// maxBody bounds an answer in bytes.
const maxBody = 32 << 20

// margin stays between the last moment of a request and the caller's deadline,
// for what the caller has to do with the answer.
const margin = 500 * time.Millisecond

var (
	errEmptyBody = errors.New("the body is empty")
	errTooLarge  = fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)
)

// call is one [Client.Do] with all its attempts.
type call struct {
	client   *Client
	request  Request
	attempts int // sent
	reasked  bool
	sent     Credential
	// answer and failure are of the latest attempt, refusal of one that was not sent.
	answer  *Response
	failure error
	refusal error
	verdict Verdict
	wait    time.Duration // before the next attempt
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// attempts is the [http.RoundTripper] under the retries: it paces, sends, reads
// and records each attempt of a call.
type attempts struct{ *Client }

// RoundTrip implements [http.RoundTripper].
func (a attempts) RoundTrip(req *http.Request) (*http.Response, error) {
	call := req.Context().Value(callKey{}).(*call)
	call.answer, call.failure, call.verdict = nil, nil, Verdict{}
	if call.refusal = a.authorise(req, call); call.refusal != nil {
		return nil, call.refusal
	}
	permit, err := a.admit(req.Context(), call)
	if err != nil {
		call.refusal = err
		return nil, err
	}
	resp, err := a.send(req, call)
	now := a.Clock.Now()
	if err != nil {
		permit.done(now, Usage{}, false)
		call.failure, call.verdict = withoutURL(err), refusalBy(err, now)
		return nil, err
	}
	call.answer = resp
	call.verdict = a.Judge(resp, now)
	permit.done(now, a.observe(call.request.Class, resp.Header, now), !call.verdict.Refused)
	if spread := call.verdict.Spread; spread > 0 {
		call.verdict.Wait += a.Jitter(spread)
	}
	return &http.Response{
		StatusCode: resp.Status, Header: resp.Header, Request: req,
		Body: io.NopCloser(bytes.NewReader(nil)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// refusalBy is the verdict on a request that its carrier refused until later, before the
// vendor saw it.
func refusalBy(err error, now time.Time) Verdict {
	if !fault.Is(err, fault.Throttled) {
		return Verdict{}
	}
	return Verdict{Refused: true, Wait: max(0, fault.As(err).Until.Sub(now)), Everyone: true, Message: fault.Public(err)}
}

func (a attempts) authorise(req *http.Request, call *call) error {
	credential, err := a.Authorise(req.Context())
	if err != nil {
		return fault.Wrap(fault.Unexpected, call.request.Op, err)
	}
	secret := credential.secret()
	if secret == "" || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return &fault.Error{Kind: fault.Unauthorised, Op: call.request.Op,
			Message: "The token for " + a.Vendor + " is missing or holds characters that no token has."}
	}
	req.Header.Set(credential.Header, credential.Value)
	call.sent = credential
	return nil
}

// secret is the part of the value after a scheme such as "Bearer".
func (c Credential) secret() string {
	if _, secret, ok := strings.Cut(c.Value, " "); ok {
		return strings.TrimSpace(secret)
	}
	return c.Value
}

// send makes one request and reads its whole answer.
func (a attempts) send(req *http.Request, call *call) (*Response, error) {
	began := a.Clock.Now()
	ctx, cancel := context.WithTimeout(req.Context(), a.answerTime(req.Context(), began))
	defer cancel()
	call.attempts++
	if a.Count != nil {
		a.Count(ctx, call.request.Setup)
	}
	resp, err := a.exchange(req.WithContext(ctx), call)
	a.record(ctx, call, resp, err, a.Clock.Now().Sub(began))
	return resp, err
}

func (a attempts) exchange(req *http.Request, call *call) (*Response, error) {
	raw, err := a.RoundTripper.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer raw.Body.Close()
	body, err := io.ReadAll(io.LimitReader(raw.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if len(body) > maxBody {
		return nil, errTooLarge
	}
	return &Response{
		Request: &call.request, Status: raw.StatusCode, Header: raw.Header,
		Body: body, secret: call.sent.secret(),
	}, nil
}

// answerTime returns how long a request that begins now may take.
func (c *Client) answerTime(ctx context.Context, now time.Time) time.Duration {
	if left, ok := c.left(ctx, now); ok {
		return min(left, c.Timeout)
	}
	return c.Timeout
}

// left returns the time for calls that remains before ctx's deadline, if it has one.
func (c *Client) left(ctx context.Context, now time.Time) (time.Duration, bool) {
	deadline, ok := ctx.Deadline()
	return deadline.Sub(now) - margin, ok
}

func (c *Client) notSent(op string, until time.Time) error {
	err := fault.ThrottledUntil(until, "There is no time left to ask %s; nothing was sent.", c.Vendor)
	err.Op = op
	return err
}

// record writes the debug record of an attempt: never a body, a query or a
// credential, and paths without what may be an address of a person.
func (c *Client) record(ctx context.Context, call *call, resp *Response, err error, took time.Duration) {
	if !c.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("vendor", c.Vendor), slog.String("op", call.request.Op),
		slog.String("method", call.request.Method), slog.String("path", redactPath(call.request.Path)),
		slog.Int("attempt", call.attempts), slog.Duration("took", took),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", withoutURL(err).Error()))
	} else {
		attrs = append(attrs, slog.Int("status", resp.Status), slog.Int("bytes", len(resp.Body)))
		if id := correlation(resp.Header); id != "" {
			attrs = append(attrs, slog.String("correlation", id))
		}
	}
	c.Log.LogAttrs(ctx, slog.LevelDebug, "api call", attrs...)
}

func correlation(h http.Header) string {
	for _, name := range []string{"X-Hubspot-Correlation-Id", "X-Correlation-Id", "Cf-Ray"} {
		if id := h.Get(name); id != "" {
			return id
		}
	}
	return ""
}

func redactPath(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.Contains(part, "@") || strings.Contains(part, "%40") {
			parts[i] = "[address]"
		}
	}
	return strings.Join(parts, "/")
}

// unsent reports whether a network error came before anything was sent.
func unsent(err error) bool {
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.As(err, &dns) || errors.As(err, &certificate) || errors.As(err, &record)
}
