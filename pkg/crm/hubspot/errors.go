package hubspot

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
)

// problem is HubSpot's error envelope; every field may be missing. See
// https://developers.hubspot.com/docs/developer-tooling/platform/error-handling
type problem struct {
	Message    string           `json:"message"`
	Category   string           `json:"category"`
	Code       string           `json:"code"`
	ErrorType  string           `json:"errorType"`
	PolicyName string           `json:"policyName"`
	Context    map[string]texts `json:"context"`
	Errors     []problem        `json:"errors"`
}

// texts reads a list of strings, and forgives single values and numbers.
type texts []string

func (t *texts) UnmarshalJSON(data []byte) error {
	var values []looseValue
	if json.Unmarshal(data, &values) != nil {
		var one looseValue
		if json.Unmarshal(data, &one) != nil || strings.HasPrefix(string(one), "{") {
			return nil
		}
		values = []looseValue{one}
	}
	for _, v := range values {
		*t = append(*t, string(v))
	}
	return nil
}

func problemFrom(body []byte) *problem {
	var p problem
	if json.Unmarshal(body, &p) != nil {
		return &problem{}
	}
	return &p
}

// judge says what an answer means for sending the request again.
func judge(r *transport.Response, now time.Time) transport.Verdict {
	wait := transport.RetryAfter(r.Header, now)
	switch {
	case r.Status == http.StatusTooManyRequests:
		return throttled(r, wait)
	case r.Status == http.StatusLocked: // by many writes at once; a lock lasts 2 s
		return transport.Verdict{Refused: true, Wait: max(wait, 2*time.Second), Message: "HubSpot is busy with other writes."}
	case r.Status == 477: // the account moves to another data centre, for up to 24 h
		return transport.Verdict{Refused: true, Wait: orElse(wait, 10*time.Minute), Everyone: true,
			Message: "HubSpot is moving the account to another data centre."}
	case r.Status == http.StatusForbidden && r.IsHTML():
		return transport.Verdict{Refused: true, Wait: max(wait, 10*time.Minute), Everyone: true,
			Message: "HubSpot's firewall blocks the calls for now."}
	case transport.IsServerFailure(r.Status):
		return transport.Verdict{Failed: true, Wait: wait}
	}
	return transport.Verdict{}
}

// throttled tells the limits apart. HubSpot documents no Retry-After here.
func throttled(r *transport.Response, wait time.Duration) transport.Verdict {
	p := problemFrom(r.Body)
	policy := strings.ToLower(p.PolicyName + " " + p.Message)
	switch {
	case strings.Contains(policy, "daily"):
		return transport.Verdict{Refused: true, Daily: true, Wait: wait}
	case strings.Contains(policy, "ten_secondly"):
		return transport.Verdict{Refused: true, Wait: orElse(wait, 10*time.Second)}
	case strings.Contains(policy, "secondly"), r.Request.Class == classSearch:
		return transport.Verdict{Refused: true, Wait: orElse(wait, time.Second)}
	}
	return transport.Verdict{Refused: true, Wait: orElse(wait, 10*time.Second)}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

// usage reads the headers of the rolling window and of the day. Searches come
// without, and OAuth apps have no limit of a day.
func usage(h http.Header) transport.Usage {
	var u transport.Usage
	number := func(name string, least int) (int, bool) {
		n, err := strconv.Atoi(h.Get("X-Hubspot-Ratelimit-" + name))
		return n, err == nil && n >= least
	}
	if limit, ok := number("Daily", 1); ok {
		if left, ok := number("Daily-Remaining", 0); ok {
			u.DayLimit, u.DayRemaining = limit, left
		}
	}
	calls, ok := number("Max", 1)
	if !ok {
		return u
	}
	u.Limit.Calls = calls
	if ms, ok := number("Interval-Milliseconds", 1); ok {
		u.Limit.Per = time.Duration(ms) * time.Millisecond
	}
	u.Remaining, u.Known = number("Remaining", 0)
	return u
}

// withoutResults is the error of a list that an answer does not have: one that is
// empty is there. Nothing may be taken for gone because of it.
func withoutResults(op string) error {
	err := fault.New(fault.Retryable, "HubSpot sent an answer without results.")
	err.Op = op
	return err
}

// explain classifies a final answer by its status: categories are optional.
func (c *Client) explain(r *transport.Response) error {
	p := problemFrom(r.Body)
	p.Message = r.Redact(p.Message)
	err := c.classify(r.Status, p)
	err.Op, err.Err = r.Request.Op, errors.Join(err.Err, r.Cause())
	return err
}

func (c *Client) classify(status int, p *problem) *fault.Error {
	switch {
	case status == http.StatusUnauthorized:
		return withHint(fault.New(fault.Unauthorised, "HubSpot refused the access token."),
			"Connect HubSpot again with a current token.")
	case status == http.StatusForbidden:
		return forbidden(p)
	case status == http.StatusPaymentRequired, status == http.StatusUnsupportedMediaType:
		return fault.New(fault.Forbidden, "HubSpot does not offer this to the account: %s", said(p))
	case status == http.StatusNotFound, status == http.StatusGone:
		return fault.New(fault.NotFound, "HubSpot has no such record.")
	case status == http.StatusConflict, p.Category == "CONFLICT", alreadyHas.MatchString(p.Message):
		return c.conflict(p)
	case status == http.StatusMethodNotAllowed:
		return fault.New(fault.Unavailable, "HubSpot does not offer this call.")
	case status == http.StatusRequestEntityTooLarge:
		return fault.New(fault.TooLarge, "The request is too large for HubSpot.")
	case status/100 == 4:
		return c.invalid(p)
	}
	return fault.New(fault.Unavailable, "HubSpot gave an answer that makes no sense here (status %d).", status)
}

func forbidden(p *problem) *fault.Error {
	var scopes []string
	for _, e := range p.Errors {
		scopes = append(scopes, e.Context["requiredGranularScopes"]...)
		scopes = append(scopes, e.Context["requiredScopes"]...)
	}
	if len(scopes) == 0 {
		return fault.New(fault.Forbidden, "HubSpot does not allow this: %s", said(p))
	}
	slices.Sort(scopes)
	return withHint(fault.New(fault.Forbidden, "The HubSpot app lacks a scope."),
		"Grant it "+strings.Join(slices.Compact(scopes), ", ")+" and connect again.")
}

var (
	existingID = regexp.MustCompile(`Existing ID:\s*(\d+)`)
	alreadyHas = regexp.MustCompile(`(\d+) already has that value`)
)

func (c *Client) conflict(p *problem) *fault.Error {
	err := fault.New(fault.Conflict, "Another HubSpot contact already has this value: %s", said(p))
	if ids := p.Context["existingId"]; len(ids) == 1 {
		err.ExistingID = ids[0]
	} else if m := existingID.FindStringSubmatch(p.Message); m != nil {
		err.ExistingID = m[1]
	} else if m := alreadyHas.FindStringSubmatch(p.Message); m != nil {
		err.ExistingID = m[1]
	}
	return err
}

// invalidProperty is one entry of the list that HubSpot puts, as JSON, into the
// message of a validation error.
type invalidProperty struct {
	Message string `json:"message"`
	Error   string `json:"error"`
	Name    string `json:"name"`
}

func (p *problem) invalidProperties() []invalidProperty {
	var list []invalidProperty
	if at := strings.Index(p.Message, "["); at >= 0 {
		// The decoder stops at the end of the list, whatever follows it.
		if json.NewDecoder(strings.NewReader(p.Message[at:])).Decode(&list) != nil {
			list = nil
		}
	}
	for _, e := range p.Errors {
		for _, name := range e.Context["propertyName"] {
			if !slices.ContainsFunc(list, func(i invalidProperty) bool { return i.Name == name }) {
				list = append(list, invalidProperty{Message: e.Message, Error: e.Code, Name: name})
			}
		}
	}
	return slices.DeleteFunc(list, func(i invalidProperty) bool { return i.Name == "" })
}

func (c *Client) invalid(p *problem) *fault.Error {
	list := p.invalidProperties()
	if len(list) == 0 {
		return fault.New(fault.Invalid, "HubSpot did not accept the contact: %s", said(p))
	}
	err := &fault.Error{Kind: fault.Invalid, Fields: map[string]string{}}
	var parts []string
	for _, i := range list {
		label := i.Name
		if field, ok := c.mapping.fields[i.Name]; ok {
			label = field.Label()
			err.Fields[string(field)] = plain(i.Message)
		} else {
			err.Fields[i.Name] = plain(i.Message)
		}
		parts = append(parts, label+": "+plain(i.Message))
	}
	err.Message = "HubSpot did not accept the contact. " + strings.Join(parts, "; ")
	if isOfDefinition(list) {
		err.Err = errDefinition
	}
	return err
}

// errDefinition marks an error that every row of a batch has, because it is about
// a property and not about a value.
var errDefinition = errors.New("the property's definition")

func isOfDefinition(list []invalidProperty) bool {
	return slices.ContainsFunc(list, func(i invalidProperty) bool {
		return i.Error == "PROPERTY_DOESNT_EXIST" || i.Error == "READ_ONLY_VALUE"
	})
}

// isOfOneRow reports whether a batch may have been refused for one of its rows.
func isOfOneRow(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict, fault.NotFound, fault.TooLarge:
		return !errors.Is(err, errDefinition)
	}
	return false
}

// rowError classifies an error of one row, which has no status of its own.
func (c *Client) rowError(p *problem) error {
	switch p.Category {
	case "OBJECT_NOT_FOUND":
		return fault.New(fault.NotFound, "HubSpot has no such record.")
	case "CONFLICT", "OBJECT_ALREADY_EXISTS":
		return c.conflict(p)
	case "MISSING_SCOPES":
		return forbidden(p)
	case "RATE_LIMITS", "RATE_LIMIT":
		return fault.ThrottledUntil(c.o.Clock.Now().Add(10*time.Second), "HubSpot's limit of calls is reached; it goes on by itself.")
	case "INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT":
		return fault.New(fault.OutcomeUnknown, "HubSpot failed on the contact: %s", said(p))
	}
	return c.classify(http.StatusBadRequest, p)
}

// problemOf finds the error of row n: by trace id, by id, or by its key.
func problemOf(problems []problem, n int, row *write) *problem {
	trace := strconv.Itoa(n)
	for i := range problems {
		p := &problems[i]
		if traces, ok := p.Context["objectWriteTraceId"]; ok {
			if slices.Contains(traces, trace) {
				return p
			}
			continue
		}
		for _, name := range []string{"ids", "id"} {
			if slices.ContainsFunc(p.Context[name], func(id string) bool {
				return id != "" && (id == string(row.id) || id == string(row.key))
			}) {
				return p
			}
		}
	}
	return nil
}

// unnamed returns the errors that do not tell which row they are of.
func unnamed(problems []problem) []problem {
	return slices.DeleteFunc(slices.Clone(problems), func(p problem) bool {
		return p.Context["objectWriteTraceId"] != nil || p.Context["ids"] != nil || p.Context["id"] != nil
	})
}

func withHint(err *fault.Error, hint string) *fault.Error {
	err.Hint = hint
	return err
}

// said is HubSpot's own message, for people.
func said(p *problem) string {
	if text := plain(p.Message); text != "" {
		return text
	}
	return "HubSpot gave no reason."
}

// plain returns a message on one line, of a length fit for people.
func plain(message string) string {
	text := contact.Tidy(message)
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return text
}
