package membrane

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// engine is a Membrane that always answers the same, and keeps what it was asked.
type engine struct {
	status int
	header http.Header
	body   string

	asked *http.Request
	act   map[string]any
}

func (e *engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.asked = r
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &e.act)
	for name, values := range e.header {
		w.Header()[name] = values
	}
	w.WriteHeader(e.status)
	_, _ = io.WriteString(w, e.body)
}

// send has a request carried, and returns the CRM's status and body.
func (e *engine) send(t *testing.T, method, address, body string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer the-token")
	c := &Carrier{
		APIURL: "https://engine.example.com", Connection: "con_1",
		Transport: kit.Transport{Handler: e}, Now: func() time.Time { return now },
	}
	resp, err := c.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text), nil
}

func TestCarrierAsks(t *testing.T) {
	e := &engine{status: 200, body: `{"output":{"status":200,"data":{}},"actionRunId":"run"}`}
	_, _, err := e.send(t, "POST", "https://api.hubapi.com/crm/objects/2026-03/contacts/batch/read?archived=false&id=1&id=2", `{"inputs":[{"id":"1<2"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if e.asked.Method != "POST" || e.asked.URL.Path != "/act" || e.asked.URL.RawQuery != "" {
		t.Errorf("asked %s %s", e.asked.Method, e.asked.URL)
	}
	for name, want := range map[string]string{
		"Authorization": "Bearer the-token", "Content-Type": "application/json", "Membrane-Api-Version": "2025-10-21",
	} {
		if got := e.asked.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	got, _ := json.Marshal(e.act)
	want := `{"api":{"body":{"inputs":[{"id":"1\u003c2"}]},"method":"POST","path":"https://api.hubapi.com/crm/objects/2026-03/contacts/batch/read",` +
		`"query":{"archived":"false","id":["1","2"]}},"connectionId":"con_1"}`
	if string(got) != want {
		t.Errorf("sent %s\nwant %s", got, want)
	}
}

func TestCarrierAsksWithoutABody(t *testing.T) {
	e := &engine{status: 200, body: `{"output":{"status":204}}`}
	resp, body, err := e.send(t, "DELETE", "https://api.pipedrive.com/api/v2/persons/7", "")
	if err != nil || resp.StatusCode != 204 || body != "" {
		t.Fatalf("%v %q %v", resp, body, err)
	}
	if _, has := e.act["api"].(map[string]any)["body"]; has {
		t.Errorf("sent %v", e.act)
	}
}

func TestCarrierAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		status int
		want   string
		header map[string]string
	}{
		"an answer":             {`{"output":{"status":201,"data":{"id":"1"}}}`, 201, `{"id":"1"}`, nil},
		"an answer and headers": {`{"output":{"status":207,"data":{"a":1},"headers":{"retry-after":3,"x-a":"b","x-c":["d"]}}}`, 207, `{"a":1}`, map[string]string{"Retry-After": "3", "X-A": "b", "X-C": "d"}},
		"a text":                {`{"output":{"status":200,"data":"<html>"}}`, 200, `<html>`, nil},
		"nothing":               {`{"output":{"status":204,"data":null}}`, 204, ``, nil},
		"only the data":         {`{"output":{"success":true,"data":[1]},"actionRunId":"x"}`, 200, `{"success":true,"data":[1]}`, nil},
		"data with a status":    {`{"output":{"status":"COMPLETE","results":[]}}`, 200, `{"status":"COMPLETE","results":[]}`, nil},
		"a big number":          {`{"output":{"id":9007199254740993}}`, 200, `{"id":9007199254740993}`, nil},
		"no output":             {`{"actionRunId":"x"}`, 200, ``, nil},
		"an error as output":    {`{"output":{"status":404,"data":{"message":"no"}}}`, 404, `{"message":"no"}`, nil},
	} {
		resp, body, err := (&engine{status: 200, body: c.body}).send(t, "GET", "https://crm.example.com/x", "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if resp.StatusCode != c.status || body != c.want {
			t.Errorf("%s: %d %s, want %d %s", name, resp.StatusCode, body, c.status, c.want)
		}
		for h, want := range c.header {
			if got := resp.Header.Get(h); got != want {
				t.Errorf("%s: %s is %q, want %q", name, h, got, want)
			}
		}
	}
}

// TestCarrierFindsTheCRMsError: a failed call of the CRM arrives as an error of the run
// that the CRM's error caused.
func TestCarrierFindsTheCRMsError(t *testing.T) {
	crm := `{"status":409,"data":{"category":"CONFLICT","message":"Existing ID: 7"},"headers":{"Retry-After":"2"}}`
	for name, body := range map[string]string{
		"at the end": `{"type":"action_run","message":"failed","actionRunId":"r","causedByError":{"type":"connection","message":"m","causedByError":{"type":"bad_request","message":"x","data":` + crm + `}}}`,
		"in between": `{"type":"action_run","causedByError":{"type":"connection","data":{"response":` + crm + `},"causedByError":{"type":"internal"}}}`,
		"on top":     `{"type":"bad_request","data":` + crm + `}`,
	} {
		for _, status := range []int{400, 409, 500} {
			resp, text, err := (&engine{status: status, body: body}).send(t, "GET", "https://crm.example.com/x", "")
			if err != nil || resp.StatusCode != 409 || text != `{"category":"CONFLICT","message":"Existing ID: 7"}` || resp.Header.Get("Retry-After") != "2" {
				t.Errorf("%s, %d: %v %s %v", name, status, resp, text, err)
			}
		}
	}
}

func TestMembraneErrors(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		kind   fault.Kind
	}{
		"bad token":             {401, `{"type":"bad_request","key":"not_authenticated","message":"jwt malformed"}`, fault.Unavailable},
		"bad token, by gateway": {401, ``, fault.Unavailable},
		"not allowed":           {403, `{"type":"bad_request","key":"access_denied"}`, fault.Forbidden},
		"removed":               {404, `{"type":"bad_request","key":"not_found"}`, fault.Unauthorised},
		"expired":               {400, `{"type":"action_run","causedByError":{"type":"connection","key":"access_token_expired"}}`, fault.Unauthorised},
		"defunct":               {400, `{"type":"connection","key":"connection_is_defunct"}`, fault.Unauthorised},
		"disconnected":          {400, `{"type":"connection","message":"is disconnected"}`, fault.Unauthorised},
		"its limit":             {429, `{"type":"bad_request","key":"rate_limit_exceeded"}`, fault.Throttled},
		"a gateway's limit":     {429, `<html>`, fault.Throttled},
		"the CRM's limit":       {400, `{"type":"action_run","causedByError":{"type":"connection","key":"rate_limit_exceeded"}}`, fault.Throttled},
		"locked":                {400, `{"type":"concurrency","key":"lock_timeout"}`, fault.Throttled},
		"no credit":             {400, `{"type":"insufficient_credit"}`, fault.Unavailable},
		"configuration":         {400, `{"type":"configuration","message":"no connector"}`, fault.Unavailable},
		"strict body":           {400, `{"type":"bad_request","message":"unrecognized_keys"}`, fault.Unavailable},
		"too large":             {413, ``, fault.TooLarge},
		"internal":              {500, `{"type":"internal","message":"oops"}`, fault.Unexpected},
		"a run without a cause": {400, `{"type":"action_run","message":"failed"}`, fault.Unexpected},
		"a gateway":             {502, `<html>`, fault.Unexpected},
		"time is up":            {504, ``, fault.Unexpected},
		"no JSON":               {200, `<html>`, fault.Unexpected},
		"cut off":               {200, `{"output":{"status":2`, fault.Unexpected},
	} {
		_, _, err := (&engine{status: c.status, body: c.body}).send(t, "GET", "https://crm.example.com/x", "")
		if err == nil || fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v, want %v", name, err, c.kind)
		}
		if fault.As(err) == nil && c.kind != fault.Unexpected {
			t.Errorf("%s: %v is not classified", name, err)
		}
	}
}

func TestMembraneTellsWhen(t *testing.T) {
	for after, want := range map[string]time.Duration{"": limitPause, "40": 40 * time.Second} {
		e := &engine{status: 429, header: http.Header{}, body: `{"key":"rate_limit_exceeded"}`}
		if after != "" {
			e.header.Set("Retry-After", after)
		}
		_, _, err := e.send(t, "GET", "https://crm.example.com/x", "")
		if f := fault.As(err); f == nil || !f.Until.Equal(now.Add(want)) {
			t.Errorf("Retry-After %q: %+v", after, f)
		}
	}
}

func TestCarrierBoundsRequests(t *testing.T) {
	e := &engine{status: 200, body: `{}`}
	_, _, err := e.send(t, "POST", "https://crm.example.com/x", `"`+strings.Repeat("x", maxRequest)+`"`)
	if !fault.Is(err, fault.TooLarge) || e.asked != nil {
		t.Errorf("%v; sent: %v", err, e.asked != nil)
	}
	if _, _, err := e.send(t, "POST", "https://crm.example.com/x", `not JSON`); err == nil || e.asked != nil {
		t.Errorf("a body that is no JSON: %v", err)
	}
}

func FuzzUnwrap(f *testing.F) {
	for _, seed := range []string{`{"output":{"status":200,"data":{}}}`, `{"causedByError":{"data":{"response":{"code":429}}}}`, `[]`, `null`, `{"output":{"headers":{"a":[null]},"status":2e2}}`} {
		f.Add(seed)
	}
	c := &Carrier{Now: func() time.Time { return now }}
	f.Fuzz(func(t *testing.T, text string) {
		for _, status := range []int{200, 400} {
			answer, err := c.unwrap(&http.Response{StatusCode: status, Header: http.Header{}}, []byte(text))
			if (answer == nil) == (err == nil) {
				t.Errorf("%d %q: %v, %v", status, text, answer, err)
			}
			if answer != nil && (answer.status < 200 || answer.status > 599) {
				t.Errorf("%d %q: status %d", status, text, answer.status)
			}
		}
	})
}
