package hubspot_test

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

// TestErrors goes through the error bodies of HubSpot's documentation and of
// recorded answers.
func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		header http.Header
		want   fault.Kind
		text   string        // part of what people read
		field  contact.Field // named as invalid
		id     string        // of the existing contact
		wait   time.Duration // until a Throttled one may be sent again
		calls  int           // 0: 1
	}{
		"invalid e-mail": {status: 400, want: fault.Invalid, field: contact.Email, text: "E-mail: Email address dsfsafas@ is invalid",
			body: `{"status":"error","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"Email address dsfsafas@ is invalid\",\"error\":\"INVALID_EMAIL\",\"name\":\"email\"}]","correlationId":"c","category":"VALIDATION_ERROR"}`},
		"required by the account": {status: 400, want: fault.Invalid, field: contact.Company, text: "Company",
			body: `{"status":"error","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"company is required\",\"error\":\"MISSING_REQUIRED_PROPERTY\",\"name\":\"company\"}]","category":"VALIDATION_ERROR"}`},
		"named apart from the message": {status: 400, want: fault.Invalid, field: contact.Phone,
			body: `{"status":"error","message":"Something is odd","errors":[{"message":"not a phone","code":"INVALID","context":{"propertyName":["phone"]}}],"category":"VALIDATION_ERROR"}`},
		"a property that is not ours": {status: 400, want: fault.Invalid, field: "lifecyclestage",
			body: `{"message":"Property values were not valid: [{\"message\":\"no\",\"error\":\"INVALID_OPTION\",\"name\":\"lifecyclestage\"}]"}`},
		"broken list in the message": {status: 400, want: fault.Invalid, text: "did not accept", body: `{"message":"Property values were not valid: [{\"isValid"}`},
		"malformed":                  {status: 400, want: fault.Invalid, body: `{"status":"error","message":"Invalid input JSON on line 1, column 1: x","correlationId":"c"}`},
		"no token":                   {status: 401, want: fault.Unauthorised, text: "access token", body: `{"status":"error","message":"Authentication credentials not found.","category":"INVALID_AUTHENTICATION"}`},
		"expired token":              {status: 401, want: fault.Unauthorised, body: `{"status":"error","message":"The OAuth token used to make this call expired 7 second(s) ago.","category":"EXPIRED_AUTHENTICATION"}`},
		"scopes": {status: 403, want: fault.Forbidden, text: "crm.objects.contacts.write",
			body: `{"status":"error","message":"This app hasn't been granted all required scopes","errors":[{"message":"One or more of the following scopes are required.","context":{"requiredGranularScopes":["crm.objects.contacts.write"]}}],"category":"MISSING_SCOPES"}`},
		"forbidden":         {status: 403, want: fault.Forbidden, body: `{"message":"no"}`},
		"firewall":          {status: 403, want: fault.Throttled, text: "firewall", wait: 10 * time.Minute, body: "<html>Access denied | error 1020</html>"},
		"not there":         {status: 404, want: fault.NotFound, body: `{"status":"error","message":"resource not found","correlationId":"c"}`},
		"not a number":      {status: 404, want: fault.NotFound, body: `{"status":"error","message":"Object not found.  objectId are usually numeric.","context":{"id":["x"]},"category":"OBJECT_NOT_FOUND"}`},
		"conflict":          {status: 409, want: fault.Conflict, id: "37765128953", body: `{"status":"error","message":"Contact already exists. Existing ID: 37765128953","category":"CONFLICT"}`},
		"conflict in a 400": {status: 400, want: fault.Conflict, id: "222", body: `{"message":"Cannot set PropertyValueCoordinates{x} on 111. 222 already has that value."}`},
		"too large":         {status: 413, want: fault.TooLarge, body: ``},
		"too many merges":   {status: 414, want: fault.Invalid, body: `{"message":"Cannot have more than 250 identities on a profile"}`},
		"ten seconds": {status: 429, want: fault.Throttled, wait: 10 * time.Second, calls: 4,
			body: `{"status":"error","message":"You have reached your ten_secondly_rolling limit.","errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"}`},
		"a second":            {status: 429, want: fault.Throttled, wait: time.Second, calls: 4, body: `{"status":"error","message":"You have reached your secondly limit.","category":"RATE_LIMITS"}`},
		"a day":               {status: 429, want: fault.Throttled, wait: time.Hour + time.Minute, text: "daily", body: `{"status":"error","message":"You have reached your daily limit.","errorType":"RATE_LIMIT","policyName":"DAILY"}`},
		"a day, as told":      {status: 429, want: fault.Throttled, wait: 5 * time.Hour, header: http.Header{"Retry-After": {"18000"}}, body: `{"policyName":"DAILY"}`},
		"locked":              {status: 423, want: fault.Throttled, wait: 2 * time.Second, calls: 4, body: `{}`},
		"moving":              {status: 477, want: fault.Throttled, wait: 24 * time.Hour, text: "data centre", header: http.Header{"Retry-After": {"86400"}}, body: `{}`},
		"moving, not told":    {status: 477, want: fault.Throttled, wait: 10 * time.Minute, body: `{}`},
		"edge":                {status: 524, want: fault.OutcomeUnknown, calls: 3, body: "<html>524</html>"},
		"not implemented":     {status: 501, want: fault.Unavailable, body: `{}`},
		"redirect":            {status: 301, want: fault.Unavailable, body: ``},
		"plan":                {status: 402, want: fault.Forbidden, body: `{"message":"upgrade"}`},
		"gone":                {status: 410, want: fault.NotFound, body: `{}`},
		"a very long message": {status: 400, want: fault.Invalid, body: `{"message":"` + strings.Repeat("long ", 1000) + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(b *bench) {
				calls := 0
				b.count(&calls)
				b.account.Faults().Add(kit.Fault{PathPrefix: contacts + "/batch/update", Status: c.status, Body: c.body, Header: c.header, Times: -1})
				result := b.Update(b.ctx, []sync.UpdateRequest{{ID: "171600000001", Fields: contact.Values{contact.FirstName: "A"}}})[0]
				f := fault.As(result.Err)
				if f == nil || f.Kind != c.want || f.ExistingID != c.id {
					t.Fatalf("%v (%+v)", result.Err, f)
				}
				if public := fault.Public(f); !strings.Contains(public, c.text) || len(public) > 400 {
					t.Errorf("%q", public)
				}
				if _, ok := f.Fields[string(c.field)]; c.field != "" && !ok {
					t.Errorf("fields %v", f.Fields)
				}
				if c.wait > 0 && f.Until.Sub(b.now()).Round(time.Second) != c.wait {
					t.Errorf("wait %v", f.Until.Sub(b.now()))
				}
				if calls != max(1, c.calls) {
					t.Errorf("%d calls", calls)
				}
			})
		})
	}
}
