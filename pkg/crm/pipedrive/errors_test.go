package pipedrive_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// TestErrors goes through the error bodies that were recorded or are documented.
func TestErrors(t *testing.T) {
	nextHour := func(now time.Time) time.Duration {
		return now.Truncate(time.Hour).Add(time.Hour + time.Minute).Sub(now)
	}
	quarter := func(time.Time) time.Duration { return 15 * time.Minute }
	seconds := func(n int) func(time.Time) time.Duration {
		return func(time.Time) time.Duration { return time.Duration(n) * time.Second }
	}
	for name, c := range map[string]struct {
		status int
		body   string
		header http.Header
		want   fault.Kind
		text   string
		field  contact.Field
		wait   func(now time.Time) time.Duration
		calls  int // 0: 1
	}{
		"validation": {status: 400, want: fault.Invalid, field: contact.Email, text: "Validation failed",
			body: `{"success":false,"error":"Validation failed: emails: at most one primary","code":"ERR_SCHEMA_VALIDATION_FAILED","error_info":"x","data":null,"additional_data":null}`},
		"in another language":  {status: 400, want: fault.Invalid, body: `{"success":false,"error":"Name must be given.","error_info":"Por favor, consulte la documentación"}`},
		"nothing to read":      {status: 422, want: fault.Invalid, body: ``},
		"deleted, by its code": {status: 400, want: fault.NotFound, body: `{"success":false,"error":"x","code":"ERR_PERSON_DELETED"}`},
		"deleted, by its text": {status: 400, want: fault.NotFound, body: `{"success":false,"error":"Entity is deleted. You must first restore it before you can edit"}`},
		"gateway":              {status: 401, want: fault.Unauthorised, text: "token", body: `{"success":false,"error":"unauthorized access","errorCode":401,"error_info":"Please check developers.pipedrive.com"}`},
		"not open":             {status: 402, want: fault.Forbidden, text: "not open", body: `{"success":false,"error":"Company account is not open"}`},
		"scope":                {status: 403, want: fault.Forbidden, text: "scope", body: `{"success":false,"error":"Scope and URL mismatch","errorCode":403}`},
		"permission":           {status: 403, want: fault.Forbidden, body: `{"success":false,"error":"Permission denied"}`},
		"plan":                 {status: 403, want: fault.Forbidden, text: "plan", body: `{"success":false,"error":"cap","code":"feature_capping_custom_fields_limit"}`},
		"edge": {status: 403, want: fault.Throttled, text: "firewall", wait: seconds(600),
			body: "<!DOCTYPE html><title>Access denied | 1015</title>", header: http.Header{"Content-Type": {"text/html"}}},
		"not there":        {status: 404, want: fault.NotFound, body: `{"success":false,"error":"Entity was not found","error_info":"Object was not found.","data":null}`},
		"no such call":     {status: 405, want: fault.Unavailable, body: `{}`},
		"conflict":         {status: 409, want: fault.Conflict, body: `{}`},
		"gone":             {status: 410, want: fault.NotFound, body: `{"success":true,"data":{"id":11}}`},
		"too large":        {status: 413, want: fault.TooLarge, body: ``},
		"feature off":      {status: 415, want: fault.Forbidden, body: `{"success":false,"error":"Feature not enabled"}`},
		"burst":            {status: 429, want: fault.Throttled, calls: 4, wait: seconds(2), body: `{"success":false,"error":"request over limit","errorCode":429}`},
		"burst, as told":   {status: 429, want: fault.Throttled, calls: 4, wait: seconds(5), header: http.Header{"X-Ratelimit-Reset": {"5"}, "X-Ratelimit-Remaining": {"0"}, "X-Daily-Ratelimit-Token-Remaining": {"100"}}},
		"burst, retry":     {status: 429, want: fault.Throttled, calls: 4, wait: seconds(7), header: http.Header{"Retry-After": {"7"}}},
		"day":              {status: 429, want: fault.Throttled, text: "daily", wait: nextHour, header: http.Header{"X-Daily-Ratelimit-Token-Remaining": {"0"}, "Retry-After": {"2"}}},
		"day, as told":     {status: 429, want: fault.Throttled, text: "daily", wait: seconds(18000), header: http.Header{"X-Daily-Ratelimit-Token-Remaining": {"0"}, "Retry-After": {"18000"}}},
		"day, by guess":    {status: 429, want: fault.Throttled, text: "daily", wait: quarter, header: http.Header{"X-Ratelimit-Remaining": {"17"}}},
		"not implemented":  {status: 501, want: fault.Unavailable, body: `{}`},
		"failing":          {status: 500, want: fault.OutcomeUnknown, calls: 3, body: `{"success":false,"error":"Internal"}`},
		"a redirect":       {status: 301, want: fault.Unavailable, body: ``},
		"very long":        {status: 400, want: fault.Invalid, body: `{"error":"` + strings.Repeat("long ", 1000) + `"}`},
		"a field's code":   {status: 400, want: fault.Invalid, field: contact.Pronouns, body: `{"success":false,"error":"Validation failed: custom_fields.PRONOUNS is unknown","code":"ERR_SCHEMA_VALIDATION_FAILED"}`},
		"failed as a 200":  {status: 200, want: fault.Retryable, body: `{"success":false,"error":"odd"}`},
		"refused as a 200": {status: 200, want: fault.Forbidden, body: `{"success":false,"error":"odd","errorCode":403}`},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(b *bench) {
				body := strings.ReplaceAll(c.body, "PRONOUNS", b.fields[contact.Pronouns].Key)
				r := b.create(contact.Values{contact.FirstName: "Ada"})
				b.account.Faults().Add(kit.Fault{Method: http.MethodPatch, Status: c.status, Body: body, Header: c.header, Times: -1})
				meter := &sync.Meter{}
				result := b.Update(sync.WithMeter(b.ctx, meter), []sync.UpdateRequest{{ID: r.ID, Current: r, Fields: contact.Values{contact.FirstName: "A"}}})[0]
				now := time.Now()
				f := fault.As(result.Err)
				if f == nil || f.Kind != c.want {
					t.Fatalf("%v", result.Err)
				}
				if public := fault.Public(f); !strings.Contains(public, c.text) || len(public) > 400 {
					t.Errorf("%q", public)
				}
				if _, ok := f.Fields[string(c.field)]; c.field != "" && !ok {
					t.Errorf("fields %v", f.Fields)
				}
				if c.wait != nil {
					if got, want := f.Until.Sub(now), c.wait(now); got < want || got > want+time.Second {
						t.Errorf("wait %v, want %v", got, want)
					}
				}
				if calls, setup := meter.Take(); calls[contact.Pipedrive] != max(1, c.calls) || len(setup) > 0 {
					t.Errorf("%v calls", calls)
				}
			})
		})
	}
}

// TestResetAsUnixTime: some answers give the end of the window so.
func TestResetAsUnixTime(t *testing.T) {
	run(t, func(b *bench) {
		// In a bubble the time is that of the year 2000, below which no reset is taken
		// for a Unix time.
		time.Sleep(time.Until(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)))
		b.account.Faults().Add(kit.Fault{Method: http.MethodGet, Status: 429, Header: http.Header{"X-Ratelimit-Reset": {"1795348806"}}})
		began := time.Now()
		if _, err := b.List(b.ctx, ""); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 6*time.Second || took > 7*time.Second {
			t.Errorf("waited %v", took)
		}
	})
}
