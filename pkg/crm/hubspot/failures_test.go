package hubspot_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

func answer(status int, body string, header ...string) kit.Fault {
	f := kit.Fault{Status: status, Body: body, Header: http.Header{}}
	for i := 0; i+1 < len(header); i += 2 {
		f.Header.Set(header[i], header[i+1])
	}
	return f
}

func html(status int, body string) kit.Fault {
	return kit.Fault{Status: status, Body: body, ContentType: "text/html; charset=UTF-8"}
}

// TestFailures provokes everything that HubSpot's error page and recorded answers
// hold: https://developers.hubspot.com/docs/developer-tooling/platform/error-handling
func TestFailures(t *testing.T) {
	invalid := func(code, name, message string) string {
		return `{"status":"error","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"` + message + `\",\"error\":\"` + code + `\",\"name\":\"` + name + `\"}]","correlationId":"c","category":"VALIDATION_ERROR"}`
	}
	conformance.CRMFailures(t, []conformance.CRMFailure{
		{Name: "400 invalid e-mail", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(400, invalid("INVALID_EMAIL", "email", "Email address x@ is invalid")), Says: "E-mail: Email address x@ is invalid", Field: contact.Email},
		{Name: "400 unknown property", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(400, invalid("PROPERTY_DOESNT_EXIST", "pronouns", "Property does not exist")), Says: "Pronouns", Field: contact.Pronouns},
		{Name: "400 no such option", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(400, invalid("INVALID_OPTION", "jobtitle", "x was not one of the allowed options")), Says: "allowed options", Field: contact.JobTitle},
		{Name: "400 read only", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(400, invalid("READ_ONLY_VALUE", "company", "company is a calculated property; its value cannot be set.")), Says: "cannot be set", Field: contact.Company},
		{Name: "400 required", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(400, invalid("MISSING_REQUIRED_PROPERTY", "phone", "phone is required")), Says: "required", Field: contact.Phone},
		{Name: "400 required by another", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(400, invalid("MISSING_CONDITIONAL_REQUIRED_PROPERTY", "phone", "phone is required")), Says: "required", Field: contact.Phone},
		{Name: "400 malformed", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(400, `{"status":"error","message":"Invalid input JSON on line 1, column 1: x","correlationId":"c"}`), Says: "Invalid input JSON"},
		{Name: "401", Read: "unauthorised x1", Update: "unauthorised x1", Create: "unauthorised x1", Fault: answer(401, `{"status":"error","message":"Authentication credentials not found.","category":"INVALID_AUTHENTICATION"}`), Says: "refused the access token"},
		{Name: "401 expired", Read: "unauthorised x1", Update: "unauthorised x1", Create: "unauthorised x1", Fault: answer(401, `{"status":"error","message":"The OAuth token used to make this call expired 7 second(s) ago.","category":"EXPIRED_AUTHENTICATION"}`), Says: "refused the access token"},
		{Name: "402", Read: "forbidden x1", Update: "forbidden x1", Create: "forbidden x1", Fault: answer(402, `{"status":"error","message":"upgrade"}`), Says: "does not offer this"},
		{Name: "403 scopes", Read: "forbidden x1", Update: "forbidden x1", Create: "forbidden x1", Fault: answer(403, `{"status":"error","message":"This app hasn't been granted all required scopes to make this call.","errors":[{"message":"One or more of the following scopes are required.","context":{"requiredGranularScopes":["crm.objects.contacts.write"]}}],"category":"MISSING_SCOPES"}`), Says: "crm.objects.contacts.write"},
		{Name: "403 firewall", Read: "throttled x1", Update: "throttled x1", Create: "throttled x1", Fault: html(403, "<html>Access denied | error 1020</html>"), Says: "firewall"},
		{Name: "404", Gone: true, Read: "not_found x1", Update: "not_found x1", Create: "not_found x1", Fault: answer(404, `{"status":"error","message":"resource not found","correlationId":"c"}`), Says: "no such record"},
		{Name: "405", Read: "unavailable x1", Update: "unavailable x1", Create: "unavailable x1", Fault: answer(405, `{"status":"error","message":"method not allowed"}`), Says: "does not offer this call"},
		{Name: "409", Read: "conflict x1", Update: "conflict x1", Create: "conflict x1", Fault: answer(409, `{"status":"error","message":"Contact already exists. Existing ID: 37765128953","category":"CONFLICT"}`), Says: "already has this value"},
		{Name: "410", Gone: true, Read: "not_found x1", Update: "not_found x1", Create: "not_found x1", Fault: answer(410, `{}`), Says: "no such record"},
		{Name: "413", Read: "too_large x1", Update: "too_large x1", Create: "too_large x1", Fault: answer(413, ``), Says: "too large"},
		{Name: "414", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(414, `{"message":"Cannot have more than 250 identities on a profile"}`), Says: "250 identities"},
		{Name: "415", Read: "forbidden x1", Update: "forbidden x1", Create: "forbidden x1", Fault: answer(415, `{"message":"Unsupported Media Type"}`), Says: "does not offer this"},
		{Name: "422", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(422, `{"message":"Unprocessable"}`), Says: "Unprocessable"},
		{Name: "423 locked", Read: "throttled x4", Update: "throttled x4", Create: "throttled x4", Fault: answer(423, `{"message":"locked"}`), Says: "busy with other writes"},
		{Name: "429 ten seconds", Read: "throttled x4", Update: "throttled x4", Create: "throttled x4", Fault: answer(429, `{"message":"You have reached your ten_secondly_rolling limit.","errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"}`), Says: "limit of calls"},
		{Name: "429 one second", Read: "throttled x4", Update: "throttled x4", Create: "throttled x4", Fault: answer(429, `{"message":"You have reached your secondly limit.","category":"RATE_LIMITS"}`), Says: "limit of calls"},
		{Name: "429 day", Read: "throttled x1", Update: "throttled x1", Create: "throttled x1", Fault: answer(429, `{"message":"You have reached your daily limit.","errorType":"RATE_LIMIT","policyName":"DAILY"}`), Says: "daily limit"},
		{Name: "477 moving", Read: "throttled x1", Update: "throttled x1", Create: "throttled x1", Fault: answer(477, `{}`, "Retry-After", "86400"), Says: "another data centre"},
		{Name: "500", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: answer(500, `{"status":"error","message":"internal error"}`), Says: "status 500"},
		{Name: "501", Read: "unavailable x1", Update: "unavailable x1", Create: "unavailable x1", Fault: answer(501, `{}`), Says: "makes no sense"},
		{Name: "502 web page", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: html(502, "<html><h1>502 Bad Gateway</h1></html>"), Says: "status 502"},
		{Name: "503", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: answer(503, ``), Says: "status 503"},
		{Name: "504", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: html(504, "<html>504</html>"), Says: "status 504"},
		{Name: "521", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: html(521, "<html>521</html>"), Says: "status 521"},
		{Name: "522", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: html(522, "<html>522</html>"), Says: "status 522"},
		{Name: "523", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: html(523, "<html>523</html>"), Says: "status 523"},
		{Name: "524", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: html(524, "<html>524</html>"), Says: "status 524"},
		{Name: "525", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: html(525, "<html>525</html>"), Says: "status 525"},
		{Name: "200 null", Read: "retryable x1", Update: "outcome_unknown x1", Create: "outcome_unknown x1", Fault: answer(200, `null`), Says: "HubSpot"},
		{Name: "200 no results", Read: "retryable x1", Update: "outcome_unknown x1", Create: "outcome_unknown x1", Fault: answer(200, `{}`), Says: "HubSpot"},
		{Name: "200 truncated", Read: "retryable x1", Update: "outcome_unknown x1", Create: "outcome_unknown x1", Fault: answer(200, `{"results":[{"id":"1","prop`), Says: "cannot be read"},
		{Name: "200 empty", Read: "retryable x1", Update: "outcome_unknown x1", Create: "outcome_unknown x1", Fault: answer(200, ``), Says: "cannot be read"},
		{Name: "200 web page", Read: "retryable x1", Update: "outcome_unknown x1", Create: "outcome_unknown x1", Fault: html(200, "<html>Sign in</html>"), Says: "a web page"},
		{Name: "dropped before", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: kit.Fault{Drop: kit.DropBefore}, Says: "did not answer"},
		{Name: "dropped after", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: kit.Fault{Drop: kit.DropAfter}, Says: "did not answer"},
		{Name: "no answer in time", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x3", Fault: kit.Fault{Delay: time.Minute}, Says: "did not answer"},
	}, func(t *testing.T) (sync.CRM, *kit.Faults) {
		b := newBench(t, newSandbox(t))
		return b.Client, b.account.Faults()
	})
}
