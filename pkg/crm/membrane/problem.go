package membrane

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
)

const (
	// limitPause is how long Membrane is left alone after it refused a call for its
	// limits, which it publishes no numbers of, and told no time.
	limitPause = 10 * time.Second
	// lockPause is for a lock that other calls of the connection hold.
	lockPause = 2 * time.Second
	// maxChain bounds how deep errors are looked at.
	maxChain = 16
)

// problem is Membrane's error body; every member may be missing. See
// https://docs.getmembrane.com/docs/errors
type problem struct {
	Type     string          `json:"type"`
	Key      string          `json:"key"`
	Message  string          `json:"message"`
	Data     json.RawMessage `json:"data"`
	CausedBy *problem        `json:"causedByError"`
}

// chain lists a problem and its causes, the deepest first.
func (p *problem) chain() []*problem {
	var all []*problem
	for ; p != nil && len(all) < maxChain; p = p.CausedBy {
		all = append(all, p)
	}
	slices.Reverse(all)
	return all
}

// crmAnswer finds the CRM's answer in the data of an error; nil: there is none.
// Membrane documents no shape for it: what its connectors have thrown holds the
// status next to the body, or both within a member "response".
func (p *problem) crmAnswer() *crmAnswer {
	data := p.Data
	for range 3 {
		var members map[string]json.RawMessage
		if json.Unmarshal(data, &members) != nil {
			return nil
		}
		if answer := answerAmong(members); answer != nil {
			return answer
		}
		inner, ok := members["response"]
		if !ok {
			inner = members["error"]
		}
		data = inner
	}
	return nil
}

// refused reads an answer outside 2xx.
func (c *Carrier) refused(resp *http.Response, text []byte) (*crmAnswer, error) {
	var p problem
	if json.Unmarshal(text, &p) != nil {
		p = problem{}
	}
	chain := p.chain()
	for _, cause := range chain {
		if answer := cause.crmAnswer(); answer != nil {
			return answer, nil
		}
	}
	for _, cause := range chain {
		if err := c.classify(cause, resp); err != nil {
			return nil, err
		}
	}
	if err := c.classify(&problem{Key: keyOf[resp.StatusCode]}, resp); err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("an answer of Membrane with status %d, %s %s: %s",
		resp.StatusCode, p.Type, p.Key, brief(p.Message))
}

// keyOf is what a status means where the body does not tell: a gateway's answer.
var keyOf = map[int]string{
	http.StatusUnauthorized:          "not_authenticated",
	http.StatusForbidden:             "access_denied",
	http.StatusNotFound:              "not_found",
	http.StatusTooManyRequests:       "rate_limit_exceeded",
	http.StatusRequestEntityTooLarge: "too_large",
}

// classify says what an error means that holds no answer of the CRM; nil: nothing
// that is known, so whether the CRM was reached is not known either.
func (c *Carrier) classify(p *problem, resp *http.Response) error {
	switch p.Key {
	case "not_authenticated":
		return withHint(fault.New(fault.Unavailable, "Membrane refused this deployment's token."),
			"Check INTEGRATION_APP_WORKSPACE_KEY and INTEGRATION_APP_WORKSPACE_SECRET, and the server's clock.")
	case "access_denied":
		return fault.New(fault.Forbidden, "Membrane does not allow this: %s", brief(p.Message))
	case "not_found":
		return reconnect("The connection does not exist in Membrane any more.")
	case "access_token_expired", "connection_is_defunct":
		return reconnect("The connection in Membrane does not work any more.")
	case "rate_limit_exceeded":
		return c.throttled(limitPause, resp)
	case "lock_timeout":
		return c.throttled(lockPause, resp)
	case "too_large":
		return fault.New(fault.TooLarge, "The request is too large for Membrane.")
	}
	switch p.Type {
	case "connection":
		return reconnect("The connection in Membrane does not work: " + brief(p.Message))
	case "insufficient_credit":
		return fault.New(fault.Unavailable, "The Membrane workspace has no credit left.")
	case "configuration", "dependency_error", "action_instance_setup":
		return fault.New(fault.Unavailable, "The Membrane workspace is not set up for this: %s", brief(p.Message))
	case "bad_request":
		return fault.New(fault.Unavailable, "Membrane does not take this call: %s", brief(p.Message))
	}
	return nil
}

func (c *Carrier) throttled(least time.Duration, resp *http.Response) error {
	now := c.Now()
	wait := cmp.Or(transport.RetryAfter(resp.Header, now), least)
	return fault.ThrottledUntil(now.Add(wait), "Membrane's limit of calls is reached; it goes on by itself.")
}

func reconnect(message string) error {
	return withHint(fault.New(fault.Unauthorised, "%s", message), "Connect it there again.")
}

func withHint(err *fault.Error, hint string) *fault.Error {
	err.Hint = hint
	return err
}

// brief is Membrane's own message on one line, for people.
func brief(message string) string {
	text := contact.Tidy(cmp.Or(message, "it gave no reason."))
	if runes := []rune(text); len(runes) > 200 {
		text = string(runes[:200]) + "…"
	}
	return text
}
