package pipedrive_test

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

// TestFailures provokes everything that Pipedrive's documentation and recorded answers
// hold: https://pipedrive.readme.io/docs/core-api-concepts-http-status-codes
func TestFailures(t *testing.T) {
	gateway := func(code, text string) string {
		return `{"success":false,"error":"` + text + `","errorCode":` + code + `,"error_info":"Please check developers.pipedrive.com"}`
	}
	app := func(code, text string) string {
		return `{"success":false,"error":"` + text + `","error_info":"Please check developers.pipedrive.com","data":null,"additional_data":null,"code":"` + code + `"}`
	}
	conformance.CRMFailures(t, []conformance.CRMFailure{
		{Name: "400 validation", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(400, app("ERR_SCHEMA_VALIDATION_FAILED", "Validation failed: emails: at most one primary")), Says: "at most one primary", Field: contact.Email},
		{Name: "400 input", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(400, app("ERR_INVALID_INPUT", "Invalid input: phones is not allowed")), Says: "phones", Field: contact.Phone},
		{Name: "400 in another language", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(400, `{"success":false,"error":"Name must be given.","error_info":"Por favor, consulte la documentación"}`), Says: "Name must be given"},
		{Name: "400 deleted", Read: "not_found x1", Update: "not_found x1", Create: "not_found x1", Fault: answer(400, app("ERR_PERSON_DELETED", "Entity is deleted. You must first restore it before you can edit")), Says: "no such person"},
		{Name: "401", Read: "unauthorised x1", Update: "unauthorised x1", Create: "unauthorised x1", Fault: answer(401, gateway("401", "unauthorized access"), "X-401-By-Gw", "true"), Says: "refused the token"},
		{Name: "402", Read: "forbidden x1", Update: "forbidden x1", Create: "forbidden x1", Fault: answer(402, app("", "Company account is not open (possible reason: trial expired)")), Says: "not open"},
		{Name: "403 scope", Read: "forbidden x1", Update: "forbidden x1", Create: "forbidden x1", Fault: answer(403, gateway("403", "Scope and URL mismatch")), Says: "lacks a scope"},
		{Name: "403 permission", Read: "forbidden x1", Update: "forbidden x1", Create: "forbidden x1", Fault: answer(403, app("", "You do not have permission")), Says: "permission"},
		{Name: "403 plan", Read: "forbidden x1", Update: "forbidden x1", Create: "forbidden x1", Fault: answer(403, app("feature_capping_custom_fields_limit", "The limit of fields is reached")), Says: "The plan"},
		{Name: "403 firewall", Read: "throttled x1", Update: "throttled x1", Create: "throttled x1", Fault: html(403, "<!DOCTYPE html><title>Access denied | 1015</title>"), Says: "firewall"},
		{Name: "404", Read: "not_found x1", Update: "not_found x1", Create: "not_found x1", Fault: answer(404, app("", "Entity was not found")), Says: "no such person"},
		{Name: "405", Read: "unavailable x1", Update: "unavailable x1", Create: "unavailable x1", Fault: answer(405, app("", "Method not allowed")), Says: "does not offer this call"},
		{Name: "409", Read: "conflict x1", Update: "conflict x1", Create: "conflict x1", Fault: answer(409, app("", "Conflict")), Says: "reports a conflict"},
		{Name: "410", Read: "not_found x1", Update: "not_found x1", Create: "not_found x1", Fault: answer(410, `{"success":true,"data":{"id":11}}`), Says: "no such person"},
		{Name: "413", Read: "too_large x1", Update: "too_large x1", Create: "too_large x1", Fault: answer(413, ``), Says: "too large"},
		{Name: "414", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: html(414, "<html>414</html>"), Says: "did not accept"},
		{Name: "415", Read: "forbidden x1", Update: "forbidden x1", Create: "forbidden x1", Fault: answer(415, app("", "Feature is not enabled")), Says: "is off"},
		{Name: "422", Read: "invalid x1", Update: "invalid x1", Create: "invalid x1", Fault: answer(422, `{"status":"error","success":false,"errors":{"name":["is too long"]}}`), Says: "name: is too long"},
		{Name: "429 burst", Read: "throttled x4", Update: "throttled x4", Create: "throttled x4", Fault: answer(429, gateway("429", "request over limit"), "X-Ratelimit-Remaining", "0", "X-Ratelimit-Reset", "2"), Says: "limit of calls"},
		{Name: "429 burst, Retry-After", Read: "throttled x4", Update: "throttled x4", Create: "throttled x4", Fault: answer(429, `{}`, "Retry-After", "3"), Says: "limit of calls"},
		{Name: "429 day", Read: "throttled x1", Update: "throttled x1", Create: "throttled x1", Fault: answer(429, gateway("429", "request over limit"), "X-Daily-Ratelimit-Token-Remaining", "0"), Says: "daily limit"},
		{Name: "429 day, by guess", Read: "throttled x1", Update: "throttled x1", Create: "throttled x1", Fault: answer(429, `{}`, "X-Ratelimit-Remaining", "17"), Says: "daily limit"},
		{Name: "500", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x1", Fault: answer(500, app("", "Internal server error")), Says: "status 500"},
		{Name: "501", Read: "unavailable x1", Update: "unavailable x1", Create: "unavailable x1", Fault: answer(501, `{}`), Says: "does not offer this call"},
		{Name: "502 web page", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x1", Fault: html(502, "<html>502 Bad Gateway</html>"), Says: "status 502"},
		{Name: "503", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x1", Fault: answer(503, ``), Says: "status 503"},
		{Name: "504", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x1", Fault: html(504, "<html>504</html>"), Says: "status 504"},
		{Name: "524", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x1", Fault: html(524, "<html>524</html>"), Says: "status 524"},
		{Name: "200 no success", Read: "retryable x1", Update: "retryable x1", Create: "retryable x1", Fault: answer(200, `{"success":false,"error":"odd"}`), Says: "odd"},
		{Name: "200 refused", Read: "forbidden x1", Update: "forbidden x1", Create: "forbidden x1", Fault: answer(200, gateway("403", "odd")), Says: "odd"},
		{Name: "200 data null", Read: "retryable x1", Update: "outcome_unknown x1", Create: "outcome_unknown x1", Fault: answer(200, `{"success":true,"data":null,"additional_data":null}`), Says: "without data"},
		{Name: "200 null", Read: "retryable x1", Update: "outcome_unknown x1", Create: "outcome_unknown x1", Fault: answer(200, `null`), Says: "without data"},
		{Name: "200 truncated", Read: "retryable x1", Update: "outcome_unknown x1", Create: "outcome_unknown x1", Fault: answer(200, `{"success":true,"data":{"id":1,"na`), Says: "cannot be read"},
		{Name: "200 empty", Read: "retryable x1", Update: "outcome_unknown x1", Create: "outcome_unknown x1", Fault: answer(200, ``), Says: "cannot be read"},
		{Name: "200 web page", Read: "retryable x1", Update: "outcome_unknown x1", Create: "outcome_unknown x1", Fault: html(200, "<html>Sign in</html>"), Says: "a web page"},
		{Name: "dropped before", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x1", Fault: kit.Fault{Drop: kit.DropBefore}, Says: "did not answer"},
		{Name: "dropped after", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x1", Fault: kit.Fault{Drop: kit.DropAfter}, Says: "did not answer"},
		{Name: "no answer in time", Read: "retryable x3", Update: "outcome_unknown x3", Create: "outcome_unknown x1", Fault: kit.Fault{Delay: time.Minute}, Says: "did not answer"},
	}, func(t *testing.T) (sync.CRM, *kit.Faults) {
		b := newBench(t, newSandbox(t))
		return b.Client, b.account.Faults()
	})
}
