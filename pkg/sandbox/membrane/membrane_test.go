package membrane

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

const secret = "the secret of the workspace"

var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

// bench is a sandbox in front of a made-up CRM.
type bench struct {
	*testing.T
	*Server
	asked  *http.Request // by the CRM
	body   string
	answer func(w http.ResponseWriter)
	now    time.Time
}

func newBench(t *testing.T, knobs Knobs) *bench {
	b := &bench{T: t, now: start}
	b.answer = func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"id":"7"}`) }
	crm := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.asked, b.body = r, string(body)
		b.answer(w)
	})
	b.Server = New(Options{
		Clock:        func() time.Time { return b.now },
		WorkspaceKey: "workspace", WorkspaceSecret: secret, Knobs: knobs,
		Integrations: []Integration{{
			Key: "crm", Name: "The CRM", BaseURL: "https://crm.example.com/v1", Transport: kit.Transport{Handler: crm},
			Credential: http.Header{"Authorization": {"Bearer held by Membrane"}},
		}},
	})
	return b
}

func token(t *testing.T, method jwt.SigningMethod, key any, said jwt.MapClaims) string {
	t.Helper()
	text, err := jwt.NewWithClaims(method, said).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (b *bench) customer(id string) string {
	return token(b.T, jwt.SigningMethodHS512, []byte(secret), jwt.MapClaims{"iss": "workspace", "id": id, "exp": start.Add(time.Hour).Unix()})
}

// call makes an API call and returns its status and its answer's members.
func (b *bench) call(token, method, path, body string) (int, map[string]any) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), method, "https://api.getmembrane.com"+path, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	status, text, _ := b.send(req)
	var answer map[string]any
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		b.Fatalf("%s %s: %q", method, path, text)
	}
	return status, answer
}

func (b *bench) send(req *http.Request) (int, string, http.Header) {
	b.Helper()
	resp, err := kit.Transport{Handler: b.Server}.RoundTrip(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	return resp.StatusCode, string(text), resp.Header
}

func TestTokens(t *testing.T) {
	b := newBench(t, Knobs{})
	good := func() jwt.MapClaims {
		return jwt.MapClaims{"iss": "workspace", "id": "acme", "exp": start.Add(time.Hour).Unix()}
	}
	with := func(name string, value any) jwt.MapClaims {
		said := good()
		said[name] = value
		return said
	}
	for name, c := range map[string]struct {
		token  string
		status int
	}{
		"HS512":            {token(t, jwt.SigningMethodHS512, []byte(secret), good()), 200},
		"HS256":            {token(t, jwt.SigningMethodHS256, []byte(secret), good()), 200},
		"the 2026 dialect": {token(t, jwt.SigningMethodHS512, []byte(secret), jwt.MapClaims{"workspaceKey": "workspace", "tenantKey": "acme"}), 200},
		"a manager":        {token(t, jwt.SigningMethodHS512, []byte(secret), jwt.MapClaims{"iss": "workspace", "isAdmin": true}), 200},
		"another secret":   {token(t, jwt.SigningMethodHS512, []byte("another"), good()), 401},
		"unsigned":         {token(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good()), 401},
		"expired":          {token(t, jwt.SigningMethodHS512, []byte(secret), with("exp", start.Unix())), 401},
		"other workspace":  {token(t, jwt.SigningMethodHS512, []byte(secret), with("iss", "other")), 401},
		"nobody":           {token(t, jwt.SigningMethodHS512, []byte(secret), with("id", "")), 401},
		"both":             {token(t, jwt.SigningMethodHS512, []byte(secret), with("isAdmin", true)), 401},
		"no token":         {"", 401},
	} {
		status, answer := b.call(c.token, "GET", "/self", "")
		if status != c.status || status == 401 && answer["key"] != "not_authenticated" {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

func TestConnectionsAreTheCustomersOwn(t *testing.T) {
	b := newBench(t, Knobs{})
	id, err := b.Connect("acme", "crm")
	if err != nil {
		t.Fatal(err)
	}
	list := func(customer string) int {
		status, answer := b.call(b.customer(customer), "GET", "/connections?hash=0&limit=25", "")
		if status != 200 {
			t.Fatal(answer)
		}
		return len(answer["items"].([]any))
	}
	if list("acme") != 1 || list("other") != 0 {
		t.Errorf("acme sees %d, other %d", list("acme"), list("other"))
	}
	for _, c := range []struct{ method, path, body string }{
		{"GET", "/connections/" + id, ""},
		{"DELETE", "/connections/" + id, ""},
		{"POST", "/connections/" + id + "/disconnect", ""},
		{"POST", "/act", `{"connectionId":"` + id + `","api":{"method":"GET","path":"/x"}}`},
		{"POST", "/act", `{"integrationKey":"crm","api":{"method":"GET","path":"/x"}}`},
	} {
		if status, answer := b.call(b.customer("other"), c.method, c.path, c.body); status != 404 || answer["key"] != "not_found" {
			t.Errorf("%s %s: %d %v", c.method, c.path, status, answer)
		}
	}
	if status, _ := b.call(b.customer("acme"), "DELETE", "/connections/"+id, ""); status != 200 || list("acme") != 0 {
		t.Errorf("archived: %d, %d left", status, list("acme"))
	}
	if status, _ := b.call(b.customer("acme"), "POST", "/connections/"+id+"/restore", ""); status != 200 || list("acme") != 1 {
		t.Errorf("restored: %d, %d there", status, list("acme"))
	}
	if b.asked != nil {
		t.Error("the CRM was called")
	}
}

func (b *bench) act(connection, api string) (int, map[string]any) {
	b.Helper()
	return b.call(b.customer("acme"), "POST", "/act", `{"connectionId":"`+connection+`","api":`+api+`}`)
}

func TestAct(t *testing.T) {
	b := newBench(t, Knobs{})
	id, _ := b.Connect("acme", "crm")
	for path, want := range map[string]string{
		"/things": "https://crm.example.com/v1/things", "https://crm.example.com/v2/things": "https://crm.example.com/v2/things",
	} {
		status, answer := b.act(id, `{"method":"POST","path":"`+path+`","query":{"a":"1","b":["2","3"]},"headers":{"X-Odd":"y","Authorization":"z"},"body":{"n":1}}`)
		output, _ := answer["output"].(map[string]any)
		if status != 200 || output["status"] != 200.0 || output["data"].(map[string]any)["id"] != "7" || answer["actionRunId"] == "" {
			t.Errorf("%s: %d %v", path, status, answer)
		}
		if got := b.asked.URL.String(); got != want+"?a=1&b=2&b=3" || b.asked.Method != "POST" || b.body != `{"n":1}` {
			t.Errorf("%s: asked %s %s with %s", path, b.asked.Method, got, b.body)
		}
		if b.asked.Header.Get("Authorization") != "Bearer held by Membrane" || b.asked.Header.Get("X-Odd") != "y" {
			t.Errorf("%s: asked with %v", path, b.asked.Header)
		}
	}
}

func TestActRefuses(t *testing.T) {
	b := newBench(t, Knobs{})
	id, _ := b.Connect("acme", "crm")
	for body, want := range map[string]int{
		`{"connectionId":"` + id + `"}`:                                                                                      400,
		`{"connectionId":"` + id + `","api":{"method":"GET"}}`:                                                               400,
		`{"connectionId":"` + id + `","api":{"method":"HEAD","path":"/x"}}`:                                                  400,
		`{"connectionId":"` + id + `","api":{"method":"GET","path":"/x"},"odd":1}`:                                           400,
		`{"connectionId":"` + id + `","api":{"method":"GET","path":"https://elsewhere.example.com/x"}}`:                      400,
		`{"api":{"method":"GET","path":"/x"}}`:                                                                               400,
		`{"connectionId":"con_none","api":{"method":"GET","path":"/x"}}`:                                                     404,
		`{"connectionId":"` + id + `","key":"list-contacts","input":{}}`:                                                     404,
		`{"connectionId":"` + id + `","api":{"method":"POST","path":"/x","body":"` + strings.Repeat("x", maxRequest) + `"}}`: 413,
	} {
		if status, answer := b.call(b.customer("acme"), "POST", "/act", body); status != want || answer["type"] == nil {
			t.Errorf("%.120s: %d %v", body, status, answer)
		}
	}
	if b.asked != nil {
		t.Error("the CRM was called")
	}
}

func TestActFails(t *testing.T) {
	b := newBench(t, Knobs{})
	id, _ := b.Connect("acme", "crm")
	for crm, want := range map[int]struct {
		status int
		key    any
	}{
		409: {400, nil}, 500: {400, nil}, 401: {400, "access_token_expired"}, 429: {429, "rate_limit_exceeded"},
	} {
		b.answer = func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(crm)
			_, _ = io.WriteString(w, `{"message":"no"}`)
		}
		status, answer := b.act(id, `{"method":"GET","path":"/x"}`)
		cause, _ := answer["causedByError"].(map[string]any)
		data, _ := cause["data"].(map[string]any)
		if status != want.status || answer["type"] != "action_run" || cause["key"] != want.key || data["status"] != float64(crm) ||
			data["data"].(map[string]any)["message"] != "no" || data["headers"].(map[string]any)["retry-after"] != "3" {
			t.Errorf("%d: %d %v", crm, status, answer)
		}
	}
	b.answer = func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	if status, answer := b.act(id, `{"method":"GET","path":"/x"}`); status != 500 || answer["type"] != "action_run" {
		t.Errorf("dropped: %d %v", status, answer)
	}
	if status, _ := b.call(b.customer("acme"), "POST", "/connections/"+id+"/disconnect", ""); status != 200 {
		t.Fatal("it could not be disconnected")
	}
	if status, answer := b.act(id, `{"method":"GET","path":"/x"}`); status != 400 || answer["type"] != "connection" {
		t.Errorf("disconnected: %d %v", status, answer)
	}
}

func TestLimit(t *testing.T) {
	b := newBench(t, Knobs{RequestsPerSecond: 2, SendRetryAfter: true})
	statuses := []int{}
	for range 3 {
		status, _ := b.call(b.customer("acme"), "GET", "/self", "")
		statuses = append(statuses, status)
	}
	b.now = b.now.Add(time.Second)
	status, _ := b.call(b.customer("acme"), "GET", "/self", "")
	if statuses = append(statuses, status); statuses[0] != 200 || statuses[1] != 200 || statuses[2] != 429 || statuses[3] != 200 {
		t.Errorf("statuses %v", statuses)
	}
}

// TestConnectPage walks the way of a person: the request, its page, the button, and
// back with a connection.
func TestConnectPage(t *testing.T) {
	b := newBench(t, Knobs{})
	acme := b.customer("acme")
	_, request := b.call(acme, "POST", "/connection-requests", `{"integrationKey":"crm","redirectUri":"https://app.example.com/connections"}`)
	page, err := http.NewRequestWithContext(t.Context(), "GET", strings.Replace(request["url"].(string), "http:", "https:", 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	status, text, _ := b.send(page)
	if status != 200 || !strings.Contains(text, "Connect The CRM") || !strings.Contains(text, "penpal") {
		t.Fatalf("%d %s", status, text)
	}
	press := func(form url.Values) (int, string, http.Header) {
		req, err := http.NewRequestWithContext(t.Context(), "POST", "https://api.getmembrane.com/ui/connect", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return b.send(req)
	}
	form := url.Values{"token": {acme}, "integrationKey": {"crm"}, "requestId": {request["requestId"].(string)}}
	if status, text, header := press(form); status != 303 || header.Get("Location") != "https://app.example.com/connections" {
		t.Fatalf("%d %s", status, text)
	}
	_, request = b.call(acme, "GET", "/connection-requests/"+request["requestId"].(string), "")
	if request["status"] != "success" {
		t.Fatalf("the request is %v", request)
	}
	if status, _ := b.act(request["resultConnectionId"].(string), `{"method":"GET","path":"/x"}`); status != 200 {
		t.Errorf("a call on it: %d", status)
	}
	form.Del("requestId")
	if status, text, _ := press(form); status != 200 || !strings.Contains(text, "onSuccess") || !strings.Contains(text, `"integrationId":"int_crm"`) {
		t.Errorf("in a frame: %d %s", status, text)
	}
	form.Set("token", "none")
	if status, _, _ := press(form); status != 401 {
		t.Errorf("without a token: %d", status)
	}
}

func TestOtherOrigins(t *testing.T) {
	b := newBench(t, Knobs{})
	req, err := http.NewRequestWithContext(t.Context(), "OPTIONS", "https://api.getmembrane.com/connections", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://app.example.com")
	status, _, header := b.send(req)
	if status != 204 || header.Get("Access-Control-Allow-Origin") != "https://app.example.com" ||
		!strings.Contains(header.Get("Access-Control-Allow-Headers"), "membrane-api-version") {
		t.Errorf("%d %v", status, header)
	}
}
