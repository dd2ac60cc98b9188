package pipedrive

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPersonShape(t *testing.T) {
	a := unlimited(t)
	created := a.must("POST", "/api/v2/persons", `{"name":"Ann Lee","emails":[{"value":"ann@x.example"}],"visible_to":1}`)
	if created.status != 200 {
		t.Errorf("a v2 create answers 200, got %d", created.status)
	}
	want := `{"success":true,"data":{"id":1,"name":"Ann Lee","first_name":"Ann","last_name":"Lee","owner_id":12415231,"org_id":null,` +
		`"add_time":"2026-11-22T12:00:00Z","update_time":"2026-11-22T12:00:00Z","emails":[{"value":"ann@x.example","primary":true,"label":"work"}],` +
		`"phones":[],"is_deleted":false,"visible_to":1,"label_ids":[],"picture_id":null,"custom_fields":null},"additional_data":null}`
	if created.text != want {
		t.Errorf("got  %s\nwant %s", created.text, want)
	}
	if got := a.must("GET", "/api/v2/persons/1", ""); got.text != want {
		t.Errorf("read back: %s", got.text)
	}
}

func TestNames(t *testing.T) {
	cases := []struct {
		body        string
		knobs       Knobs
		name, first string
		last        any
		refused     string
	}{
		{body: `{"name":"Updated Person Name via Action"}`, name: "Updated Person Name via Action", first: "Updated", last: "Person Name via Action"},
		{body: `{"name":"Sample"}`, name: "Sample", first: "Sample"},
		{body: `{"name":"  Ann   van Dyk "}`, name: "Ann   van Dyk", first: "Ann", last: "van Dyk"},
		{body: `{"first_name":"Anna Maria","last_name":"de Souza"}`, name: "Anna Maria de Souza", first: "Anna Maria", last: "de Souza"},
		{body: `{"first_name":"","last_name":"Souza"}`, name: "Souza", first: "", last: "Souza"},
		{body: `{"first_name":"Anna","last_name":""}`, name: "Anna", first: "Anna"},
		{body: `{"name":"One Two","first_name":"Three","last_name":"Four"}`, name: "One Two", first: "One", last: "Two"},
		{body: `{"name":"One","first_name":"Three","last_name":"Four"}`, knobs: Knobs{NameTogether400: true}, refused: "not allowed together"},
		{body: `{}`, refused: "Name must be given."},
		{body: `{"name":"  "}`, refused: "Name must be given."},
		{body: `{"first_name":"","last_name":" "}`, refused: "Name must be given."},
		{body: `{"first_name":"Ann"}`, refused: "both first_name and last_name"},
		{body: `{"name":7}`, refused: "name: must be a string"},
		{body: `{"first_name":"Ann","last_name":null}`, refused: "last_name: must be a string"},
	}
	for _, c := range cases {
		t.Run(c.body, func(t *testing.T) {
			c.knobs.LimitsOff = true
			a := open(t, c.knobs)
			got := a.do("POST", "/api/v2/persons", c.body)
			if c.refused != "" {
				refused(t, got, 400, c.refused, "ERR_SCHEMA_VALIDATION_FAILED")
				return
			}
			p := got.data()
			if p["name"] != c.name || p["first_name"] != c.first || p["last_name"] != c.last {
				t.Errorf("got %v / %v / %v", p["name"], p["first_name"], p["last_name"])
			}
		})
	}
	t.Run("body of another content type is not seen", func(t *testing.T) {
		a := unlimited(t)
		req := a.request("POST", "/api/v2/persons", `{"name":"Ann"}`)
		req.Header.Set("Content-Type", "text/plain")
		req.Header.Set("x-api-token", token)
		refused(t, a.send(req), 400, "Name must be given.")
	})
}

func TestBodiesAreStrict(t *testing.T) {
	code := strings.Repeat("0", 40)
	cases := []struct {
		body   string
		status int
		words  string
	}{
		{`{"name":"A","email":[{"value":"a@x"}]}`, 400, "email: unknown property"},
		{`{"name":"A","emails":"a@x"}`, 400, "emails: must be an array"},
		{`{"name":"A","emails":[{"label":"home"}]}`, 400, "value: is required"},
		{`{"name":"A","emails":[{"value":"a@x","primary":"true"}]}`, 400, "primary: must be true or false"},
		{`{"name":"A","emails":[{"value":"a@x","primary":true},{"value":"b@x","primary":true}]}`, 400, "only one item can be primary"},
		{`{"name":"A","phones":[{"value":"1","type":"home"}]}`, 400, "type: unknown property"},
		{`{"name":"A","owner_id":"12415231"}`, 400, "owner_id: must be an integer"},
		{`{"name":"A","owner_id":5}`, 400, "does not exist"},
		{`{"name":"A","visible_to":"3"}`, 400, "visible_to: must be an integer"},
		{`{"name":"A","visible_to":5}`, 400, "visible_to: 5 is not available"},
		{`{"name":"A","label_ids":[77]}`, 400, "77 is not a label"},
		{`{"name":"A","add_time":"2025-01-01T10:20:00.5Z"}`, 400, "not a valid datetime"},
		{`{"name":"A","custom_fields":{"` + code + `":"x"}}`, 400, "custom_fields." + code + ": unknown field"},
		{`{"name":"A","custom_fields":[]}`, 400, "custom_fields: must be an object"},
		{`{"name":"` + strings.Repeat("x", 256) + `"}`, 400, "at most 255"},
		{`{"name":`, 400, "not a JSON object"},
		{`{"name":"A","job_title":"CTO"}`, 403, "job_title"},
		{`{"name":"A","birthday":"2000-01-01"}`, 403, "birthday"},
		{`{"name":"A","notes":"x"}`, 403, "notes"},
		{`{"name":"A","im":[]}`, 403, "im"},
		{`{"name":"A","postal_address":{"value":"x"}}`, 403, "postal_address"},
		{`{"name":"A","marketing_status":"subscribed"}`, 403, "marketing_status"},
	}
	for _, c := range cases {
		t.Run(c.body[:min(60, len(c.body))], func(t *testing.T) {
			a := unlimited(t)
			refused(t, a.do("POST", "/api/v2/persons", c.body), c.status, c.words, `"success":false`)
			if n := len(a.Records()); n != 0 {
				t.Errorf("a refused create left %d persons", n)
			}
		})
	}
}

func TestContactSyncFields(t *testing.T) {
	a := open(t, Knobs{LimitsOff: true, ContactSync: true})
	p := a.must("POST", "/api/v2/persons", `{"name":"A","job_title":"CTO","notes":"n","postal_address":{"value":"Here 1","country":"EE"},"im":[{"value":"a","label":"skype"}]}`).data()
	if p["job_title"] != "CTO" || p["notes"] != "n" {
		t.Errorf("got %v", p)
	}
	if p = a.must("PATCH", "/api/v2/persons/1", `{"job_title":null}`).data(); p["job_title"] != nil || p["notes"] != "n" {
		t.Errorf("after clearing the title: %v", p)
	}
}

func TestContactPoints(t *testing.T) {
	cases := []struct{ sent, want string }{
		{`[]`, `[]`},
		{`[{"value":"a"}]`, `[{"label":"work","primary":true,"value":"a"}]`},
		{`[{"value":"a"},{"value":"b","primary":true,"label":"Ferienhaus"}]`, `[{"label":"work","primary":false,"value":"a"},{"label":"Ferienhaus","primary":true,"value":"b"}]`},
		{`[{"value":"a","primary":false},{"value":"b","primary":false}]`, `[{"label":"work","primary":true,"value":"a"},{"label":"work","primary":false,"value":"b"}]`},
		{`[{"value":""},{"value":"b"}]`, `[{"label":"work","primary":true,"value":"b"}]`},
		{`[{"value":"no e-mail at all"}]`, `[{"label":"work","primary":true,"value":"no e-mail at all"}]`},
	}
	for _, c := range cases {
		a := unlimited(t)
		p := a.must("POST", "/api/v2/persons", `{"name":"A","emails":`+c.sent+`,"phones":`+c.sent+`}`).data()
		if got := compact(t, p["emails"]); got != c.want {
			t.Errorf("emails %s: got %s, want %s", c.sent, got, c.want)
		}
		if got := compact(t, p["phones"]); got != c.want {
			t.Errorf("phones %s: got %s, want %s", c.sent, got, c.want)
		}
	}
	a := open(t, Knobs{LimitsOff: true, PlaceholderEmpty: true})
	if got := compact(t, a.must("POST", "/api/v2/persons", `{"name":"A"}`).data()["emails"]); got != `[{"label":"","primary":true,"value":""}]` {
		t.Errorf("placeholder: %s", got)
	}
}

func TestDuplicateEmailsAreAllowed(t *testing.T) {
	a := unlimited(t)
	for i := range 3 {
		p := a.must("POST", "/api/v2/persons", `{"name":"A","emails":[{"value":"same@x.example"}]}`).data()
		if p["id"] != float64(i+1) {
			t.Errorf("got id %v, want %d", p["id"], i+1)
		}
	}
}

func TestPatch(t *testing.T) {
	cases := []struct {
		name, body string
		property   string
		want       string
	}{
		{"absent stays", `{"visible_to":1}`, "emails", `[{"label":"work","primary":true,"value":"a@x"},{"label":"home","primary":false,"value":"b@x"}]`},
		{"list is replaced", `{"emails":[{"value":"c@x"}]}`, "emails", `[{"label":"work","primary":true,"value":"c@x"}]`},
		{"list is cleared", `{"emails":[]}`, "emails", `[]`},
		{"labels are replaced", `{"label_ids":[2]}`, "label_ids", `[2]`},
		{"name is split", `{"name":"Bo Ek"}`, "last_name", `"Ek"`},
		{"both names", `{"first_name":"Bo","last_name":""}`, "name", `"Bo"`},
		{"organization is unlinked", `{"org_id":null}`, "org_id", `null`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			a := unlimited(t)
			a.must("POST", "/api/v2/persons", `{"name":"Ann Lee","org_id":4,"label_ids":[1,3],"emails":[{"value":"a@x"},{"value":"b@x","label":"home"}]}`)
			a.pass(90 * time.Second)
			p := a.must("PATCH", "/api/v2/persons/1", c.body).data()
			if got := compact(t, p[c.property]); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if p["update_time"] != "2026-11-22T12:01:30Z" || p["add_time"] != "2026-11-22T12:00:00Z" {
				t.Errorf("times: %v %v", p["add_time"], p["update_time"])
			}
		})
	}
}

func TestCustomFieldsMergePerKey(t *testing.T) {
	a := unlimited(t)
	one, two := a.AddField("One", "varchar"), a.AddField("Two", "varchar")
	steps := []struct {
		body     string
		one, two any
	}{
		{`{"custom_fields":{"` + one + `":"1"}}`, "1", nil},
		{`{"custom_fields":{"` + two + `":"2"}}`, "1", "2"},
		{`{"custom_fields":{"` + one + `":null}}`, nil, "2"},
		{`{"custom_fields":{}}`, nil, "2"},
		{`{"custom_fields":{"` + two + `":""}}`, nil, nil},
	}
	a.must("POST", "/api/v2/persons", `{"name":"Ann"}`)
	for _, step := range steps {
		values := a.must("PATCH", "/api/v2/persons/1", step.body).data()["custom_fields"].(map[string]any)
		if len(values) != 2 || values[one] != step.one || values[two] != step.two {
			t.Errorf("%s: got %v", step.body, values)
		}
	}
}

func TestPatchRefusals(t *testing.T) {
	a := unlimited(t)
	a.must("POST", "/api/v2/persons", `{"name":"A"}`)
	refused(t, a.do("PATCH", "/api/v2/persons/1", `{"add_time":"2025-01-01T10:20:00Z"}`), 400, "add_time: unknown property")
	refused(t, a.do("PATCH", "/api/v2/persons/1", `{"is_deleted":true}`), 400, "is_deleted: unknown property")
	refused(t, a.do("PATCH", "/api/v2/persons/1", `{"name":""}`), 400, "Name must be given.")
	refused(t, a.do("PATCH", "/api/v2/persons/9", `{"name":"B"}`), 404, "Entity was not found")
	refused(t, a.do("PATCH", "/api/v2/persons/x", `{"name":"B"}`), 400, "id: must be")
	refused(t, a.do("PUT", "/api/v2/persons/1", `{"name":"B"}`), 405)
	refused(t, a.do("GET", "/api/v2/nothing", ""), 404)
}

func TestDeleted(t *testing.T) {
	a := unlimited(t)
	a.must("POST", "/api/v2/persons", `{"name":"A"}`)
	a.pass(time.Minute)
	if got := a.must("DELETE", "/api/v2/persons/1", ""); got.text != `{"success":true,"data":{"id":1}}` {
		t.Errorf("delete: %s", got.text)
	}
	p := a.must("GET", "/api/v2/persons/1", "").data()
	if p["is_deleted"] != true || p["update_time"] != "2026-11-22T12:01:00Z" {
		t.Errorf("read: %v", p)
	}
	if got := a.must("GET", "/api/v2/persons?ids=1", "").ids(); len(got) != 0 {
		t.Errorf("listed: %v", got)
	}
	refused(t, a.do("PATCH", "/api/v2/persons/1", `{"name":"B"}`), 400, "ERR_PERSON_DELETED")
	if again := a.do("DELETE", "/api/v2/persons/1", ""); again.status != 410 || again.text != `{"success":true,"data":{"id":1}}` {
		t.Errorf("second delete: %d %s", again.status, again.text)
	}

	a.SetKnobs(Knobs{LimitsOff: true, ListDeleted: true, DeletedGet404: true, SecondDelete404: true})
	if got := a.must("GET", "/api/v2/persons?updated_since=2026-11-22T12:01:00Z", "").ids(); len(got) != 1 {
		t.Errorf("listed with the knob: %v", got)
	}
	refused(t, a.do("GET", "/api/v2/persons/1", ""), 404)
	refused(t, a.do("DELETE", "/api/v2/persons/1", ""), 404)

	a.SetKnobs(Knobs{LimitsOff: true})
	a.pass(30*24*time.Hour - time.Second)
	a.must("GET", "/api/v2/persons/1", "")
	a.pass(time.Second)
	refused(t, a.do("GET", "/api/v2/persons/1", ""), 404, "Object was not found.")
	refused(t, a.do("DELETE", "/api/v2/persons/1", ""), 404)
}

func TestUpdateTimes(t *testing.T) {
	a := open(t, Knobs{LimitsOff: true, PostCreateBump: true, SilentNoops: true})
	a.pass(700 * time.Millisecond)
	p := a.must("POST", "/api/v2/persons", `{"name":"A"}`).data()
	if p["update_time"] != "2026-11-22T12:00:00Z" {
		t.Errorf("created: %v", p["update_time"])
	}
	a.pass(300 * time.Millisecond)
	if p = a.must("GET", "/api/v2/persons/1", "").data(); p["update_time"] != "2026-11-22T12:00:01Z" || p["add_time"] != "2026-11-22T12:00:00Z" {
		t.Errorf("bumped: %v %v", p["add_time"], p["update_time"])
	}
	a.pass(time.Minute)
	if p = a.must("PATCH", "/api/v2/persons/1", `{"name":"A"}`).data(); p["update_time"] != "2026-11-22T12:00:01Z" {
		t.Errorf("after a silent no-op: %v", p["update_time"])
	}
	a.SetKnobs(Knobs{LimitsOff: true})
	if p = a.must("PATCH", "/api/v2/persons/1", `{"name":"A"}`).data(); p["update_time"] != "2026-11-22T12:01:01Z" {
		t.Errorf("after a no-op: %v", p["update_time"])
	}
	a.pass(-time.Hour)
	if p = a.must("PATCH", "/api/v2/persons/1", `{"name":"Z"}`).data(); p["update_time"] != "2026-11-22T12:01:01Z" {
		t.Errorf("after the clock went back: %v", p["update_time"])
	}
	if p = a.must("POST", "/api/v2/persons", `{"name":"B","add_time":"2020-02-03T04:05:06Z"}`).data(); p["add_time"] != "2020-02-03T04:05:06Z" {
		t.Errorf("given add_time: %v", p["add_time"])
	}
}

func TestRegularUserSeesLess(t *testing.T) {
	a := open(t, Knobs{LimitsOff: true, RegularUser: true})
	a.must("POST", "/api/v2/persons", `{"name":"Mine","visible_to":1}`)
	a.must("POST", "/api/v2/persons", `{"name":"Theirs","visible_to":1,"owner_id":12415232}`)
	a.must("POST", "/api/v2/persons", `{"name":"Everyone","owner_id":12415232}`)
	if got := a.must("GET", "/api/v2/persons", "").ids(); fmt.Sprint(got) != "[1 3]" {
		t.Errorf("listed: %v", got)
	}
	refused(t, a.do("GET", "/api/v2/persons/2", ""), 404)
	refused(t, a.do("POST", "/api/v2/personFields", `{"field_name":"P","field_type":"varchar"}`), 403)
	refused(t, a.do("GET", "/api/v1/webhooks", ""), 403, "Forbidden")
}
