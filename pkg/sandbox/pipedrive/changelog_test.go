package pipedrive

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

func TestChangelog(t *testing.T) {
	a := unlimited(t)
	a.must("POST", "/api/v2/persons", `{"name":"Ann"}`)
	a.pass(time.Minute)
	a.must("PATCH", "/api/v2/persons/1", `{"name":"Bo"}`)
	a.pass(time.Minute)
	if err := a.Edit("1", map[string]string{"phones": "555"}); err != nil {
		t.Fatal(err)
	}
	r := a.must("GET", "/api/v1/persons/1/changelog?limit=1", "")
	row := r.rows()[0]
	if row["field_key"] != "phone" || row["change_source"] != "app" || row["time"] != "2026-11-22 12:02:00" || row["actor_user_id"] != 12415231.0 {
		t.Errorf("newest: %v", row)
	}
	keys := []string{}
	for cursor := r.cursor(); cursor != ""; cursor = r.cursor() {
		r = a.must("GET", "/api/v1/persons/1/changelog?limit=1&cursor="+cursor, "")
		row = r.rows()[0]
		keys = append(keys, fmt.Sprint(row["field_key"], ":", row["old_value"], ":", row["new_value"]))
	}
	if got := strings.Join(keys, " "); got != "name:Ann:Bo first_name:Ann:Bo" {
		t.Errorf("older: %s", got)
	}
	refused(t, a.do("GET", "/api/v1/persons/2/changelog", ""), 404)
}

// logged returns the changes of a field in a person's changelog, newest first.
func (a *account) logged(id, key string) string {
	a.t.Helper()
	var rows []string
	for _, row := range a.must("GET", "/api/v1/persons/"+id+"/changelog", "").rows() {
		if row["field_key"] == key {
			rows = append(rows, fmt.Sprint(row["change_source"], " ", compact(a.t, row["old_value"]), " ", compact(a.t, row["new_value"])))
		}
	}
	return strings.Join(rows, "\n")
}

func TestChangelogOfEveryKindOfWrite(t *testing.T) {
	a := unlimited(t)
	code := a.AddField("Pronouns", "varchar")
	a.must("POST", "/api/v2/persons", `{"name":"Ann"}`)
	a.must("POST", "/api/v2/persons", `{"name":"Bo","custom_fields":{"`+code+`":"they"}}`)
	a.must("PATCH", "/api/v2/persons/1", `{"custom_fields":{"`+code+`":"she"}}`)
	a.must("PATCH", "/api/v2/persons/1", `{"custom_fields":{"`+code+`":"she"}}`)
	_ = a.Edit("1", map[string]string{"Pronouns": ""})
	_ = a.Merge("1", "2")
	want := `app null "they"` + "\n" + `app "she" null` + "\n" + `api null "she"`
	if got := a.logged("1", code); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestChangelogText(t *testing.T) {
	const empty, one, two = `{"label":"","primary":true,"value":""}`, `{"label":"work","primary":true,"value":"a@x.y"}`, `{"label":"home","primary":false,"value":"b@x.y"}`
	for how, want := range map[string]string{
		"":       `api [` + one + `,` + two + `] [` + one + `]` + "\n" + `api [` + empty + `] [` + one + `,` + two + `]`,
		"joined": `api "a@x.y,b@x.y" "a@x.y"` + "\n" + `api "" "a@x.y,b@x.y"`,
	} {
		a := open(t, Knobs{LimitsOff: true, ChangelogText: how})
		a.must("POST", "/api/v2/persons", `{"name":"Ann"}`)
		a.must("PATCH", "/api/v2/persons/1", `{"emails":[{"value":"a@x.y"},{"value":"b@x.y","label":"home"}]}`)
		a.must("PATCH", "/api/v2/persons/1", `{"emails":[{"value":"a@x.y"}]}`)
		if got := a.logged("1", "email"); got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", how, got, want)
		}
		a.SetKnobs(Knobs{LimitsOff: true, ChangelogText: "json"})
		if got := a.logged("1", "email"); !strings.Contains(got, `"[{\"value\":\"a@x.y\",\"primary\":true,\"label\":\"work\"}]"`) {
			t.Errorf("as JSON: %s", got)
		}
	}
}

func TestStaleReads(t *testing.T) {
	a := open(t, Knobs{LimitsOff: true, StaleReadMS: 5000})
	a.must("POST", "/api/v2/persons", `{"name":"New"}`)
	expect := func(want string) {
		t.Helper()
		for _, path := range []string{"/api/v2/persons?ids=1", "/api/v2/persons/1"} {
			r := a.must("GET", path, "")
			p := r.data()
			if rows := r.rows(); p == nil && len(rows) == 1 {
				p = rows[0]
			}
			if p["name"] != want {
				t.Errorf("%s: %v, want %q", path, p["name"], want)
			}
		}
	}
	expect("New") // nothing was before
	a.pass(time.Minute)
	a.must("PATCH", "/api/v2/persons/1", `{"name":"First"}`)
	expect("New")
	a.pass(time.Second)
	_ = a.Edit("1", map[string]string{"first_name": "Second"})
	expect("First")
	if name := a.must("GET", "/api/v2/persons", "").rows()[0]["name"]; name != "Second" {
		t.Errorf("listed as %v", name)
	}
	a.pass(5*time.Second - time.Millisecond)
	expect("First")
	a.pass(time.Millisecond)
	expect("Second")
	_ = a.Delete("1")
	expect("Second")
	a.pass(5 * time.Second)
	if r := a.must("GET", "/api/v2/persons?ids=1", ""); len(r.rows()) != 0 {
		t.Errorf("deleted and read: %s", r.text)
	}
}

// TestLateWrite: a request that was cut off takes effect before anyone looks again.
func TestLateWrite(t *testing.T) {
	a := unlimited(t)
	a.must("POST", "/api/v2/persons", `{"name":"Ann"}`)
	a.Faults().Add(kit.Fault{Method: "PATCH", Drop: kit.DropLate, Late: time.Minute})
	req := a.request("PATCH", "/api/v2/persons/1", `{"name":"Late","phones":[{"value":"1"}]}`)
	req.Header.Set("x-api-token", token)
	if _, err := (kit.Transport{Handler: a.Server}).RoundTrip(req); err == nil {
		t.Fatal("the late request was answered")
	}
	a.pass(59 * time.Second)
	if r, _ := a.Record("1"); r.Fields["first_name"] != "Ann" {
		t.Errorf("too early: %v", r.Fields)
	}
	a.pass(time.Second)
	if err := a.Edit("1", map[string]string{"phones": "2"}); err != nil {
		t.Fatal(err)
	}
	if r, _ := a.Record("1"); r.Fields["first_name"] != "Late" || !strings.HasPrefix(r.Fields["phones"], "2") {
		t.Errorf("%v", r.Fields)
	}
}
