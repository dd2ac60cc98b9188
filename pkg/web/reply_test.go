package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/contactsync/contactsync/pkg/fault"
)

func TestErrorReplies(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	secret := errors.New("dial tcp 10.0.0.7: token s3cret")
	for name, test := range map[string]struct {
		err    error
		status int
		code   string
		more   map[string]string // headers, and details as "detail name"
	}{
		"unclassified":    {secret, 500, "unexpected", nil},
		"panic":           {panicked("boom"), 500, "unexpected", nil},
		"throttled":       {fault.ThrottledUntil(now.Add(2100*time.Millisecond), "Slow down."), 429, "throttled", map[string]string{"Retry-After": "3"}},
		"throttled, past": {fault.ThrottledUntil(now.Add(-time.Hour), "Slow down."), 429, "throttled", map[string]string{"Retry-After": "1"}},
		"retryable":       {fault.Wrap(fault.Retryable, "store", secret), 503, "retryable", nil},
		"outcome unknown": {fault.New(fault.OutcomeUnknown, "Perhaps."), 502, "outcome_unknown", nil},
		"unauthorised":    {fault.New(fault.Unauthorised, "No."), 401, "unauthorised", map[string]string{"WWW-Authenticate": "Bearer"}},
		"forbidden":       {fault.New(fault.Forbidden, "No."), 403, "forbidden", nil},
		"invalid":         {fault.InvalidFields(map[string]string{"email": "is not valid"}), 422, "invalid", map[string]string{"detail email": "is not valid"}},
		"not found":       {fault.New(fault.NotFound, "None."), 404, "not_found", nil},
		"conflict":        {&fault.Error{Kind: fault.Conflict, ExistingID: "42"}, 409, "conflict", map[string]string{"detail id": "42"}},
		"stale":           {fmt.Errorf("save: %w", fault.New(fault.Stale, "Changed.")), 412, "stale", nil},
		"too large":       {fault.New(fault.TooLarge, "Large."), 413, "too_large", nil},
		"unavailable":     {fault.New(fault.Unavailable, "X is not set."), 503, "unavailable", nil},
		"malformed":       {malformed("Not JSON."), 400, "malformed", nil},
		"method":          {&methodError{[]string{"GET", "POST"}}, 405, "method_not_allowed", map[string]string{"Allow": "GET, POST"}},
		"out of time":     {fmt.Errorf("save: %w", context.DeadlineExceeded), 503, "retryable", nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			errorReply(test.err, "r-1", now).write(w, "r-1")
			var body struct {
				Error struct {
					Code, Message, RequestID string
					Details                  map[string]string
				}
			}
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if w.Code != test.status || body.Error.Code != test.code || body.Error.Message == "" || body.Error.RequestID != "r-1" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			more := map[string]string{}
			for _, header := range []string{"Retry-After", "Allow", "WWW-Authenticate"} {
				if v := w.Header().Get(header); v != "" {
					more[header] = v
				}
			}
			for name, v := range body.Error.Details {
				more["detail "+name] = v
			}
			if test.more == nil {
				test.more = map[string]string{}
			}
			if diff := cmp.Diff(test.more, more); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryKindHasAStatus(t *testing.T) {
	for kind := fault.Unexpected; kind <= fault.Unavailable; kind++ {
		if statusOf[kind] == 0 {
			t.Errorf("%v has no status", kind)
		}
	}
}

func TestCausesStayInTheLog(t *testing.T) {
	w := httptest.NewRecorder()
	errorReply(fault.Wrap(fault.Retryable, "store.save", errors.New("token s3cret at 10.0.0.7")), "r-1", time.Now()).write(w, "r-1")
	if got := w.Body.String(); containsAny(got, "s3cret", "10.0.0.7", "store.save") {
		t.Error(got)
	}
	logged := withoutAddresses(`409: Contact already exists: "ada.lovelace+x@example.com", id=51; <b@c.example>`)
	if containsAny(logged, "ada", "example") || !containsAny(logged, "id=51") {
		t.Error(logged)
	}
}

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
