package pipedrive

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
)

// burstWindow is the rolling window of Pipedrive's burst limits.
const burstWindow = 2 * time.Second

// problem is an error body of the API or of the gateway in front of it; every
// field may be missing, and the texts may be in the user's language.
type problem struct {
	Error   string      `json:"error"`
	Info    string      `json:"error_info"`
	Message string      `json:"message"`
	Code    string      `json:"code"`
	Status  json.Number `json:"errorCode"`
	// Errors holds the complaints about a webhook, by member.
	Errors json.RawMessage `json:"errors"`
}

func problemFrom(r *transport.Response) *problem {
	var p problem
	if json.Unmarshal(r.Body, &p) != nil {
		return &problem{}
	}
	p.Error, p.Info, p.Message = r.Redact(p.Error), r.Redact(p.Info), r.Redact(p.Message)
	return &p
}

// judge says what an answer means for sending the request again. See
// https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
func judge(r *transport.Response, now time.Time) transport.Verdict {
	after := transport.RetryAfter(r.Header, now)
	switch {
	case r.Status == http.StatusTooManyRequests:
		return throttled(r.Header, after, now)
	case r.Status == http.StatusForbidden && r.IsHTML():
		// The edge blocks who goes on after many refused calls.
		return transport.Verdict{Refused: true, Wait: max(after, 10*time.Minute), Everyone: true,
			Message: "Pipedrive's firewall blocks the calls for now."}
	case transport.IsServerFailure(r.Status):
		return transport.Verdict{Failed: true, Wait: after}
	}
	return transport.Verdict{}
}

// throttled tells a burst from a spent daily budget.
func throttled(h http.Header, after time.Duration, now time.Time) transport.Verdict {
	daily, remaining := h.Get("X-Daily-Ratelimit-Token-Remaining"), h.Get("X-Ratelimit-Remaining")
	spent := transport.Verdict{Refused: true, Daily: true, Wait: after}
	switch {
	case isZeroOrLess(daily):
		return spent
	case daily == "" && remaining != "" && !isZeroOrLess(remaining):
		// Refused though the burst is not used up: the daily budget, by all likelihood.
		spent.Wait = max(after, 15*time.Minute)
		return spent
	}
	wait := max(after, resetIn(h, now), burstWindow)
	return transport.Verdict{Refused: true, Wait: wait, Spread: 200 * time.Millisecond, Everyone: true}
}

func isZeroOrLess(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n <= 0
}

// resetIn reads when the burst window is free again: in seconds, or as a Unix time.
func resetIn(h http.Header, now time.Time) time.Duration {
	n, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64)
	switch {
	case err != nil || n < 0:
		return 0
	case n > 1e9:
		return max(0, time.Unix(n, 0).Sub(now))
	}
	return time.Duration(n) * time.Second
}

// usage reads the headers of the burst window and of the day's budget. Some endpoints
// tell of another window, with a Unix time as its end; that one says nothing here.
func usage(h http.Header) transport.Usage {
	var u transport.Usage
	number := func(name string, least int) (int, bool) {
		n, err := strconv.Atoi(h.Get(name))
		return n, err == nil && n >= least
	}
	if limit, ok := number("X-Daily-Ratelimit-Token-Limit", 1); ok {
		if left, ok := number("X-Daily-Ratelimit-Token-Remaining", 0); ok {
			u.DayLimit, u.DayRemaining = limit, left
		}
	}
	if reset, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64); err == nil && reset > 1e9 {
		return u
	}
	if calls, ok := number("X-Ratelimit-Limit", 1); ok {
		u.Limit = transport.Limit{Calls: calls, Per: burstWindow}
		u.Remaining, u.Known = number("X-Ratelimit-Remaining", 0)
	}
	return u
}

// errPlan marks a refusal for the account's plan, not for the credential.
var errPlan = errors.New("the plan's cap")

// explain classifies a final answer: by its status, or the one in the body of a
// success that is none.
func (c *Client) explain(r *transport.Response) error {
	p := problemFrom(r)
	status := r.Status
	if r.OK() {
		if n, err := p.Status.Int64(); err == nil {
			status = int(n)
		}
	}
	err := c.classify(status, p, subject(r.Request))
	err.Op, err.Err = r.Request.Op, errors.Join(err.Err, r.Cause())
	return err
}

// subject is what a request is about, for people.
func subject(r *transport.Request) string {
	if strings.HasPrefix(r.Path, webhooksPath) {
		return "webhook"
	}
	return "person"
}

func (c *Client) classify(status int, p *problem, subject string) *fault.Error {
	switch {
	case status == http.StatusUnauthorized:
		return withHint(fault.New(fault.Unauthorised, "Pipedrive refused the token."),
			"Connect Pipedrive again with a current token.")
	case status == http.StatusPaymentRequired:
		return fault.New(fault.Forbidden, "The Pipedrive account is not open: %s", p.said())
	case strings.HasPrefix(p.Code, "feature_capping"):
		err := fault.New(fault.Forbidden, "The plan of the Pipedrive account does not allow more of this: %s", p.said())
		err.Err = errPlan
		return err
	case status == http.StatusForbidden && strings.Contains(strings.ToLower(p.Error), "scope"):
		return withHint(fault.New(fault.Forbidden, "The Pipedrive app lacks a scope."),
			"Grant it contacts:full and admin, and connect again.")
	case status == http.StatusForbidden:
		return fault.New(fault.Forbidden, "Pipedrive does not allow this: %s", p.said())
	case status == http.StatusUnsupportedMediaType:
		return fault.New(fault.Forbidden, "A feature this needs is off in the Pipedrive account: %s", p.said())
	case status == http.StatusNotFound, status == http.StatusGone, p.isDeleted():
		return fault.New(fault.NotFound, "Pipedrive has no such %s.", subject)
	case status == http.StatusConflict:
		return fault.New(fault.Conflict, "Pipedrive reports a conflict: %s", p.said())
	case status == http.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "The request is too large for Pipedrive.")
	case status == http.StatusMethodNotAllowed, status == http.StatusNotImplemented:
		return fault.New(fault.Unavailable, "Pipedrive does not offer this call.")
	case status/100 == 4:
		return c.invalid(p, subject)
	case status/100 == 2:
		return fault.New(fault.Retryable, "Pipedrive reported a failure: %s", p.said())
	}
	return fault.New(fault.Unavailable, "Pipedrive gave an answer that makes no sense here (status %d).", status)
}

// isDeleted reports that the person to change is deleted: status 400 with a code
// such as ERR_PERSON_DELETED.
func (p *problem) isDeleted() bool {
	return strings.HasPrefix(p.Code, "ERR_") && strings.HasSuffix(p.Code, "_DELETED") ||
		strings.Contains(p.Error, "Entity is deleted")
}

// invalid names the fields that a validation error mentions.
func (c *Client) invalid(p *problem, subject string) *fault.Error {
	err := fault.New(fault.Invalid, "Pipedrive did not accept the %s: %s", subject, p.said())
	err.Fields = map[string]string{}
	text := p.Error + " " + p.Info + " " + p.Message
	for code, field := range c.mapping.fields {
		if strings.Contains(text, code) {
			err.Fields[string(field)] = p.said()
		}
	}
	for name, field := range map[string]contact.Field{
		"emails": contact.Email, "phones": contact.Phone,
		"first_name": contact.FirstName, "last_name": contact.LastName,
	} {
		if strings.Contains(text, name) {
			err.Fields[string(field)] = p.said()
		}
	}
	return err
}

// said is Pipedrive's own message, for people.
func (p *problem) said() string {
	text := contact.Tidy(cmp.Or(p.Error, p.Message, p.complaint(), p.Info, "it gave no reason."))
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return text
}

// complaint is the first of the complaints about a webhook's members.
func (p *problem) complaint() string {
	var errors map[string][]string
	if json.Unmarshal(p.Errors, &errors) != nil {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(errors)) {
		if len(errors[name]) > 0 {
			return name + ": " + errors[name][0]
		}
	}
	return ""
}

func withHint(err *fault.Error, hint string) *fault.Error {
	err.Hint = hint
	return err
}
