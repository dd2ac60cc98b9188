package pipedrive

import (
	"net/http"
	"testing"
	"time"
)

func TestCredentials(t *testing.T) {
	cases := []struct {
		name   string
		header http.Header
		query  string
		status int
	}{
		{"header", http.Header{"X-Api-Token": {token}}, "", 200},
		{"bearer", http.Header{"Authorization": {"Bearer access"}}, "", 200},
		{"parameter", nil, "?api_token=" + token, 200},
		{"none", nil, "", 401},
		{"wrong header", http.Header{"X-Api-Token": {"x"}}, "", 401},
		{"API token as bearer", http.Header{"Authorization": {"Bearer " + token}}, "", 401},
		{"access token as header", http.Header{"X-Api-Token": {"access"}}, "", 401},
	}
	for _, c := range cases {
		a := unlimited(t)
		req := a.request("GET", "/api/v2/persons"+c.query, "")
		req.Header = c.header
		r := a.send(req)
		if r.status != c.status {
			t.Errorf("%s: got %d %s", c.name, r.status, r.text)
		}
		if c.status == 401 {
			want := `{"success":false,"error":"unauthorized access","errorCode":401,"error_info":"Please check developers.pipedrive.com"}`
			if r.text != want || r.header.Get("x-401-by-gw") != "true" {
				t.Errorf("%s: %s %v", c.name, r.text, r.header)
			}
		}
	}
	a := open(t, Knobs{Revoked: true})
	refused(t, a.do("GET", "/api/v2/persons", ""), 401)
	zero := New(Options{})
	a.Server = zero
	refused(t, a.do("GET", "/api/v2/persons", ""), 401)
}

func TestScopes(t *testing.T) {
	a := open(t, Knobs{LimitsOff: true, Scopes: []string{"contacts:full"}})
	bearer := func(method, path, body string) reply {
		req := a.request(method, path, body)
		req.Header.Set("Authorization", "Bearer access")
		return a.send(req)
	}
	if r := bearer("POST", "/api/v2/persons", `{"name":"A"}`); r.status != 200 {
		t.Errorf("in scope: %d %s", r.status, r.text)
	}
	want := `{"success":false,"error":"Scope and URL mismatch","errorCode":403,"error_info":"Please check developers.pipedrive.com"}`
	for _, call := range []string{"/api/v2/personFields", "/api/v1/webhooks"} {
		if r := bearer("POST", call, `{"field_name":"P","field_type":"varchar"}`); r.status != 403 || r.text != want {
			t.Errorf("%s: %d %s", call, r.status, r.text)
		}
	}
	a.must("POST", "/api/v2/personFields", `{"field_name":"P","field_type":"varchar"}`) // an API token has every right
}

func TestLimitHeaders(t *testing.T) {
	a := open(t, Knobs{Seats: 5})
	req := a.request("GET", "/api/v2/persons/7", "")
	req.Header.Set("Authorization", "Bearer access")
	r := a.send(req)
	want := map[string]string{
		"x-ratelimit-limit": "80", "x-ratelimit-remaining": "79", "x-ratelimit-reset": "2",
		"x-daily-ratelimit-token-limit": "150000", "x-daily-ratelimit-token-remaining": "149999",
		"access-control-expose-headers": "X-RateLimit-Remaining, X-RateLimit-Limit, X-RateLimit-Reset, X-Daily-RateLimit-Token-Limit, X-Daily-RateLimit-Token-Remaining",
	}
	for name, value := range want {
		if got := r.header.Get(name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}
	if len(r.header.Get("x-correlation-id")) != 36 {
		t.Errorf("x-correlation-id: %q", r.header.Get("x-correlation-id"))
	}
	a.SetKnobs(Knobs{HideDailyHeaders: true, EpochReset: true})
	r = a.do("GET", "/api/v2/persons", "")
	if r.header.Get("x-daily-ratelimit-token-limit") != "" || r.header.Get("x-ratelimit-reset") != "1795348802" {
		t.Errorf("with knobs: %v", r.header)
	}
}

func TestTokenCosts(t *testing.T) {
	cases := []struct {
		method, path, body string
		cost               int
	}{
		{"GET", "/api/v2/persons", "", 10},
		{"GET", "/api/v2/persons?ids=1", "", 10},
		{"GET", "/api/v2/persons/1", "", 1},
		{"POST", "/api/v2/persons", `{"name":"B"}`, 5},
		{"PATCH", "/api/v2/persons/1", `{"name":"B"}`, 5},
		{"GET", "/api/v2/persons/search?term=ann", "", 20},
		{"GET", "/api/v2/personFields", "", 10},
		{"POST", "/v1/personFields", `{"name":"P","field_type":"varchar"}`, 10},
		{"GET", "/v1/personFields", "", 20},
		{"GET", "/v1/users/me", "", 2},
		{"GET", "/api/v1/recents?since_timestamp=2026-01-01%2000:00:00", "", 20},
		{"GET", "/api/v1/persons/1/changelog", "", 20},
		{"GET", "/api/v1/webhooks", "", 10},
		{"PUT", "/api/v1/persons/1/merge", `{"merge_with_id":2}`, 40},
		{"DELETE", "/api/v2/persons/2", "", 3},
	}
	a := open(t, Knobs{})
	a.must("POST", "/api/v2/persons", `{"name":"A"}`)
	a.must("POST", "/api/v2/persons", `{"name":"A"}`)
	for _, c := range cases {
		before := a.gate.spent
		a.must(c.method, c.path, c.body)
		if got := a.gate.spent - before; got != c.cost {
			t.Errorf("%s %s: cost %d, want %d", c.method, c.path, got, c.cost)
		}
	}
	before := a.gate.spent
	refused(t, a.do("GET", "/api/v2/persons?type=1", ""), 400)
	if a.gate.spent != before+10 {
		t.Errorf("a failed call cost %d", a.gate.spent-before)
	}
	a.SetKnobs(Knobs{FailedCallsFree: true})
	refused(t, a.do("GET", "/api/v2/persons?type=1", ""), 400)
	if a.gate.spent != before+10 {
		t.Error("a failed call cost tokens in spite of the knob")
	}
}

func TestBurstWindowRolls(t *testing.T) {
	a := open(t, Knobs{SendRetryAfter: true})
	for i := range 20 {
		if r := a.do("GET", "/api/v2/persons/1", ""); r.status != 404 {
			t.Fatalf("call %d: %d", i, r.status)
		}
		a.pass(50 * time.Millisecond)
	}
	r := a.do("GET", "/api/v2/persons/1", "")
	want := `{"success":false,"error":"request over limit","errorCode":429,"error_info":"Please check developers.pipedrive.com"}`
	if r.status != 429 || r.text != want || r.header.Get("x-ratelimit-remaining") != "0" || r.header.Get("x-ratelimit-reset") != "1" || r.header.Get("retry-after") != "2" {
		t.Errorf("the 21st call: %d %s %v", r.status, r.text, r.header)
	}
	if r := a.do("GET", "/api/v2/persons/search?term=ann", ""); r.status != 200 {
		t.Errorf("searches have a window of their own: %d", r.status)
	}
	a.pass(time.Second)
	if r := a.do("GET", "/api/v2/persons/1", ""); r.status != 404 {
		t.Errorf("2 s after the first call: %d", r.status)
	}
	if r := a.do("GET", "/api/v2/persons/1", ""); r.status != 429 {
		t.Errorf("only one call has expired: %d", r.status)
	}
}

func TestPlans(t *testing.T) {
	for plan, want := range map[string][3]string{
		"": {"20", "80", "30000"}, "growth": {"40", "160", "60000"}, "premium": {"100", "400", "150000"}, "ultimate": {"120", "480", "210000"},
	} {
		a := open(t, Knobs{Plan: plan})
		token := a.do("GET", "/api/v1/users/me", "")
		req := a.request("GET", "/api/v1/users/me", "")
		req.Header.Set("Authorization", "Bearer access")
		oauth := a.send(req)
		got := [3]string{token.header.Get("x-ratelimit-limit"), oauth.header.Get("x-ratelimit-limit"), token.header.Get("x-daily-ratelimit-token-limit")}
		if got != want {
			t.Errorf("%q: got %v, want %v", plan, got, want)
		}
		if search := a.do("GET", "/api/v2/persons/search?term=ann", ""); search.header.Get("x-ratelimit-limit") != "10" {
			t.Errorf("%q: search limit %s", plan, search.header.Get("x-ratelimit-limit"))
		}
		wide := a.do("POST", "/api/v2/persons", `{"name":"A","visible_to":7}`).status == 200
		if wide != (plan == "premium" || plan == "ultimate") {
			t.Errorf("%q: visible_to 7 accepted: %v", plan, wide)
		}
	}
}

func TestDailyBudget(t *testing.T) {
	a := open(t, Knobs{DailyTokens: 25, ResetHour: 14})
	for range 3 { // the third is let in by the last 5 tokens
		a.must("GET", "/api/v2/persons", "")
	}
	for range 2 {
		r := a.do("GET", "/api/v2/persons", "")
		if r.status != 429 || r.header.Get("x-daily-ratelimit-token-remaining") != "0" || r.header.Get("x-ratelimit-remaining") == "0" {
			t.Errorf("exhausted: %d %v", r.status, r.header)
		}
		a.pass(time.Hour - time.Second)
	}
	a.pass(2 * time.Second)
	if r := a.must("GET", "/api/v2/persons", ""); r.header.Get("x-daily-ratelimit-token-remaining") != "15" {
		t.Errorf("a new day: %v", r.header)
	}
}

func TestEdgeBlocksWhoIgnores429(t *testing.T) {
	a := open(t, Knobs{BurstLimit: 1, BlockAfter: 3, BlockSeconds: 120})
	call := func() reply { return a.do("GET", "/api/v1/users/me", "") }
	call()
	refused(t, call(), 429)
	a.pass(2 * time.Second)
	if r := call(); r.status != 200 {
		t.Errorf("after waiting: %d", r.status)
	}
	for range 3 {
		refused(t, call(), 429)
	}
	for range 2 {
		r := call()
		refused(t, r, 403, "<!DOCTYPE html>", "Access denied")
		if got := r.header.Get("Content-Type"); got != "text/html; charset=UTF-8" {
			t.Errorf("content type %q", got)
		}
		a.pass(59 * time.Second)
	}
	a.pass(2 * time.Second)
	if r := call(); r.status != 200 {
		t.Errorf("after the block: %d", r.status)
	}
}

func TestCallsAreCountedByRoute(t *testing.T) {
	a := open(t, Knobs{BurstLimit: 2})
	a.do("GET", "/api/v2/persons/1", "")
	a.do("GET", "/v2/persons/2", "")
	a.do("GET", "/api/v2/persons/3", "") // refused, and counted
	a.do("GET", "/api/v1/users/me", "")
	a.do("GET", "/api/v2/what", "")
	want := `{"GET /v1/users/me":1,"GET /v2/persons/{id}":3,"GET unknown":1}`
	if got := compact(t, a.Calls().Snapshot()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
