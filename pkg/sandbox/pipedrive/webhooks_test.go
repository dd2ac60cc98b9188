package pipedrive

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const hookURL = "http://robin:secret@app.test/api/webhook/pipedrive"

func TestEventEnvelopes(t *testing.T) {
	a := unlimited(t)
	a.SetWebhook(hookURL)
	code := a.AddField("Pronouns", "varchar")
	other := a.AddField("Job title", "varchar")
	pair := func(pronouns string) string {
		first, second := `"`+code+`":`+pronouns, `"`+other+`":null`
		if other < code {
			first, second = second, first
		}
		return "{" + first + "," + second + "}"
	}
	state := func(first, update, pronouns string) string {
		return `{"add_time":"2026-11-22T12:00:00Z","custom_fields":` + pair(pronouns) + `,"emails":[{"label":"work","primary":true,"value":"a@x"}],` +
			`"first_name":"` + first + `","id":1,"label":null,"label_ids":[],"last_name":null,"name":"` + first + `","org_id":null,"owner_id":12415231,` +
			`"phones":[],"picture_id":null,"update_time":"` + update + `","visible_to":"3"}`
	}
	steps := []struct {
		act                    func()
		action, source         string
		data, previous, atTime string
	}{
		{
			func() { a.must("POST", "/api/v2/persons", `{"name":"Ann","emails":[{"value":"a@x"}]}`) },
			"create", "api", state("Ann", "2026-11-22T12:00:00Z", "null"), "null", "2026-11-22T12:00:00.000Z",
		},
		{
			func() { _ = a.Edit("1", map[string]string{"Pronouns": "she/her"}) },
			"change", "app", state("Ann", "2026-11-22T12:00:01Z", `{"type":"varchar","value":"she/her"}`),
			`{"custom_fields":{"` + code + `":null}}`, "2026-11-22T12:00:01.250Z",
		},
		{
			func() { a.must("PATCH", "/api/v2/persons/1", `{"name":"Bo"}`) },
			"change", "api", state("Bo", "2026-11-22T12:00:02Z", `{"type":"varchar","value":"she/her"}`),
			`{"first_name":"Ann","name":"Ann"}`, "2026-11-22T12:00:02.500Z",
		},
		{
			func() { a.must("DELETE", "/api/v2/persons/1", "") },
			"delete", "api", "null", state("Bo", "2026-11-22T12:00:02Z", `{"type":"varchar","value":"she/her"}`), "2026-11-22T12:00:03.750Z",
		},
	}
	for _, step := range steps {
		step.act()
		got := a.flush()
		if len(got) != 1 {
			t.Fatalf("%s: got %d events", step.action, len(got))
		}
		e := got[0]
		if user, password, _ := (&http.Request{Header: e.header}).BasicAuth(); user != "robin" || password != "secret" {
			t.Errorf("%s: authorization %q", step.action, e.header.Get("Authorization"))
		}
		want := map[string]any{
			"action": step.action, "entity": "person", "entity_id": "1", "company_id": "7421053", "user_id": "12415231",
			"change_source": step.source, "timestamp": step.atTime, "version": "2.0", "attempt": 1.0, "type": "general",
			"webhook_id": "1", "webhook_owner_id": "12415231", "host": "sandbox.pipedrive.com", "is_bulk_edit": false,
		}
		for name, value := range want {
			if e.Meta[name] != value {
				t.Errorf("%s: meta.%s is %v, want %v", step.action, name, e.Meta[name], value)
			}
		}
		if got := compact(t, e.Data); got != step.data {
			t.Errorf("%s data:\ngot  %s\nwant %s", step.action, got, step.data)
		}
		if got := compact(t, e.Previous); got != step.previous {
			t.Errorf("%s previous:\ngot  %s\nwant %s", step.action, got, step.previous)
		}
		a.pass(1250 * time.Millisecond)
	}
}

func TestRetries(t *testing.T) {
	a := unlimited(t)
	a.SetWebhook(hookURL)
	a.refuse = 500
	if _, err := a.Create(map[string]string{"first_name": "Ann"}); err != nil {
		t.Fatal(err)
	}
	ids := map[any]bool{}
	if due, ok := a.NextWebhook(); !ok || !due.Equal(noon) {
		t.Errorf("the first attempt is due at %v, %v", due, ok)
	}
	for i, wait := range []time.Duration{0, 3 * time.Second, 30 * time.Second, 150 * time.Second} {
		if wait > 0 {
			a.pass(wait - time.Millisecond)
			if early := a.flush(); len(early) != 0 {
				t.Fatalf("attempt %d came early", i+1)
			}
			a.pass(time.Millisecond)
		}
		got := a.flush()
		if len(got) != 1 || got[0].Meta["attempt"] != float64(i+1) {
			t.Fatalf("attempt %d: %v", i+1, got)
		}
		ids[got[0].Meta["id"]] = true
	}
	if a.Pending() != 0 || len(ids) != 1 {
		t.Errorf("after four attempts: %d pending, ids %v", a.Pending(), ids)
	}
}

func TestBanLosesEvents(t *testing.T) {
	a := unlimited(t)
	a.SetWebhook(hookURL)
	a.refuse = 503
	create := func() {
		if _, err := a.Create(map[string]string{"first_name": "Ann"}); err != nil {
			t.Fatal(err)
		}
	}
	for range 9 {
		create()
	}
	a.flush()
	a.pass(200 * time.Second)
	a.flush()
	a.pass(time.Second)
	create()
	if got := a.flush(); len(got) == 0 {
		t.Fatal("nine failed first attempts must not ban")
	}
	a.refuse = 0
	for a.Pending() > 0 {
		a.pass(time.Minute)
		a.flush()
	}
	create()
	if a.Pending() != 0 {
		t.Error("an event was queued within the ban")
	}
	a.pass(30 * time.Minute)
	create()
	if got := a.flush(); len(got) != 1 || got[0].Meta["entity_id"] != "12" {
		t.Errorf("after the ban: %v", got)
	}
}

func TestWebhookWithoutSuccessIsDeleted(t *testing.T) {
	a := unlimited(t)
	a.SetWebhook(hookURL)
	a.refuse = 500
	touch := func() { a.must("POST", "/api/v2/persons", `{"name":"A"}`) }
	touch()
	a.flush()
	a.pass(72*time.Hour - time.Second)
	touch()
	if len(a.must("GET", "/api/v1/webhooks", "").rows()) != 1 {
		t.Fatal("deleted before three days")
	}
	a.refuse = 0
	a.flush() // a success begins the three days anew
	a.pass(time.Second)
	a.refuse = 500
	touch()
	a.flush()
	a.pass(72*time.Hour - time.Second)
	touch()
	if len(a.must("GET", "/api/v1/webhooks", "").rows()) != 1 {
		t.Fatal("deleted in spite of a success")
	}
	a.pass(time.Second)
	touch()
	if rows := a.must("GET", "/api/v1/webhooks", "").rows(); len(rows) != 0 {
		t.Errorf("still there after three days: %v", rows)
	}
}

func TestMergeSendsTwoEvents(t *testing.T) {
	for name, merge := range map[string]func(*account) error{
		"API": func(a *account) error {
			r := a.must("PUT", "/api/v1/persons/2/merge", `{"merge_with_id":1}`)
			if d := r.data(); d["id"] != 1.0 || d["merge_what_id"] != 2.0 || d["first_name"] != "Ann" {
				return fmt.Errorf("answer %s", r.text)
			}
			return nil
		},
		"page": func(a *account) error { return a.Merge("1", "2") },
	} {
		t.Run(name, func(t *testing.T) {
			a := unlimited(t)
			a.SetWebhook(hookURL)
			code := a.AddField("Pronouns", "varchar")
			a.must("POST", "/api/v2/persons", `{"name":"Ann","emails":[{"value":"a@x"}]}`)
			a.must("POST", "/api/v2/persons", `{"name":"Anne Lee","emails":[{"value":"a@x"},{"value":"b@x","primary":true}],"custom_fields":{"`+code+`":"she"}}`)
			a.flush()
			a.pass(time.Minute)
			if err := merge(a); err != nil {
				t.Fatal(err)
			}
			got := a.flush()
			if len(got) != 2 {
				t.Fatalf("got %d events", len(got))
			}
			if m := got[0].Meta; m["action"] != "delete" || m["entity_id"] != "2" || m["merged_to_id"] != "1" || m["merged_from_id"] != nil {
				t.Errorf("loser: %v", m)
			}
			if m := got[1].Meta; m["action"] != "change" || m["entity_id"] != "1" || m["merged_from_id"] != "2" || m["merged_to_id"] != nil {
				t.Errorf("survivor: %v", m)
			}
			p := a.must("GET", "/api/v2/persons/1", "").data()
			if p["name"] != "Ann" || p["update_time"] != "2026-11-22T12:01:00Z" || p["custom_fields"].(map[string]any)[code] != "she" ||
				compact(t, p["emails"]) != `[{"label":"work","primary":true,"value":"a@x"},{"label":"work","primary":false,"value":"b@x"}]` {
				t.Errorf("survivor: %v", p)
			}
			if a.must("GET", "/api/v2/persons/2", "").data()["is_deleted"] != true {
				t.Error("the loser is not deleted")
			}
		})
	}
}

func TestWebhookEndpoints(t *testing.T) {
	a := unlimited(t)
	body := `{"subscription_url":"https://app.example/hook","event_action":"delete","event_object":"person","name":"Deletions","http_auth_user":"u","http_auth_password":"p"}`
	r := a.must("POST", "/api/v1/webhooks", body)
	if d := r.data(); r.status != 201 || r.json["status"] != "ok" || d["id"] != 1.0 || d["is_active"] != 1.0 || d["version"] != "2.0" {
		t.Errorf("created: %d %s", r.status, r.text)
	}
	a.must("POST", "/api/v2/persons", `{"name":"A"}`)
	if a.Pending() != 0 {
		t.Error("an event of another action was queued")
	}
	a.must("DELETE", "/api/v2/persons/1", "")
	if got := a.flush(); len(got) != 1 || got[0].Meta["action"] != "delete" {
		t.Errorf("got %v", got)
	}
	if rows := a.must("GET", "/v1/webhooks", "").rows(); len(rows) != 1 || rows[0]["last_http_status"] != 200.0 {
		t.Errorf("listed: %v", rows)
	}
	a.must("DELETE", "/api/v1/webhooks/1", "")
	refused(t, a.do("DELETE", "/api/v1/webhooks/1", ""), 404)

	for _, c := range []struct{ from, to, words string }{
		{"https://app.example/hook", "app.example", `{"status":"error","success":false,"errors":{"subscription_url":["invalid or non-reachable URL"]}}`},
		{`"delete"`, `"updated"`, "event_action"},
		{`"person"`, `"contact"`, "event_object"},
		{`"name":"Deletions",`, ``, "name must be given"},
		{`"name"`, `"version":"1.0","name"`, "version"},
	} {
		refused(t, a.do("POST", "/api/v1/webhooks", strings.Replace(body, c.from, c.to, 1)), 400, c.words)
	}
	for range maxHooks {
		a.must("POST", "/api/v1/webhooks", body)
	}
	refused(t, a.do("POST", "/api/v1/webhooks", body), 422)
}

func TestPresetWebhookIsReplaced(t *testing.T) {
	a := unlimited(t)
	a.SetWebhook(hookURL)
	a.SetWebhook("http://other.test/hook")
	a.must("POST", "/api/v2/persons", `{"name":"A"}`)
	if got := a.flush(); len(got) != 1 || got[0].header.Get("Authorization") != "" || got[0].Meta["webhook_id"] != "2" {
		t.Errorf("got %v", got)
	}
	a.SetWebhook("")
	if _, err := a.Load([]map[string]string{{"first_name": "B"}}, false); err != nil || a.Pending() != 0 {
		t.Errorf("without a webhook: %v, %d pending", err, a.Pending())
	}
}

func TestFreshEventIDs(t *testing.T) {
	a := open(t, Knobs{LimitsOff: true, FreshEventIDs: true})
	a.SetWebhook(hookURL)
	a.refuse = 500
	a.must("POST", "/api/v2/persons", `{"name":"A"}`)
	first := a.flush()
	a.pass(3 * time.Second)
	if second := a.flush(); second[0].Meta["id"] == first[0].Meta["id"] {
		t.Error("the retry has the same id")
	}
}

func TestRedirectIsAFailure(t *testing.T) {
	paths := make(chan string, 4)
	receiver := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths <- r.URL.Path
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	server := httptest.NewServer(receiver)
	defer server.Close()
	s := New(Options{WebhookURL: server.URL + "/hook"})
	if _, err := s.Create(map[string]string{"first_name": "Ann"}); err != nil {
		t.Fatal(err)
	}
	if err := s.FlushWebhooks(t.Context()); err != nil || s.Pending() != 1 {
		t.Errorf("the redirected event is not tried again: %v, %d pending", err, s.Pending())
	}
	if path := <-paths; path != "/hook" || len(paths) != 0 {
		t.Errorf("sent to %s and %d more", path, len(paths))
	}
}
