package pipedrive

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

func TestTextForms(t *testing.T) {
	a := unlimited(t)
	a.AddField("Pronouns", "varchar")
	second := a.AddField("Pronouns", "varchar")
	a.AddField("Mood", "enum", "calm", "busy")
	a.AddField("Tags", "set", "red", "blue")
	a.AddField("Score", "double")
	a.AddField("Price", "monetary")
	a.AddField("Stay", "daterange")
	cases := []struct{ column, typed, shown, refused string }{
		{"first_name", " Ann ", "Ann", ""},
		{"emails", "a@x, b@x (home); c@x", "a@x; b@x (home); c@x", ""},
		{"emails", `[{"value":"a@x"},{"value":"b@x","primary":true}]`, "b@x; a@x", ""},
		{"emails", `["a@x","b@x"]`, "a@x; b@x", ""},
		{"emails", `[1]`, "", "not a list"},
		{"phones", "(555) 123,,9; +372 5 (mobile)", "(555) 123,,9; +372 5 (mobile)", ""},
		{"Pronouns", "she/her", "she/her", ""},
		{second, "they", "they", ""},
		{"Mood", "BUSY", "busy", ""},
		{"Mood", "sad", "", `Mood: "sad" is not an option`},
		{"Tags", "blue; red", "red; blue", ""},
		{"Score", "1.50", "1.5", ""},
		{"Score", "much", "", "Score: must be a number"},
		{"Price", "12.5 EUR", "12.5 EUR", ""},
		{"Stay", "2026-01-01 2026-01-02", "2026-01-01 2026-01-02", ""},
		{"Pronouns", strings.Repeat("x", 256), "", "Pronouns must be at most 255"},
		{"Shoe size", "9", "", `no field "Shoe size"`},
	}
	for _, c := range cases {
		fields := map[string]string{"first_name": "A", c.column: c.typed}
		id, err := a.Create(fields)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("%s %q: got %v, want %q", c.column, c.typed, err, c.refused)
			}
			continue
		}
		row, _ := a.Record(id)
		if err != nil || row.Fields[c.column] != c.shown {
			t.Errorf("%s %q: shown as %q, %v", c.column, c.typed, row.Fields[c.column], err)
		}
		if err := a.Edit(id, map[string]string{c.column: row.Fields[c.column]}); err != nil {
			t.Errorf("%s %q: typed in again: %v", c.column, c.typed, err)
		}
		if again, _ := a.Record(id); !maps.Equal(again.Fields, row.Fields) {
			t.Errorf("%s %q: typed in again it became %v", c.column, c.typed, again.Fields)
		}
	}
}

func TestEditsByAPerson(t *testing.T) {
	a := unlimited(t)
	if _, err := a.Create(map[string]string{"emails": "a@x"}); err == nil {
		t.Error("a person without a name was created")
	}
	id, err := a.Create(map[string]string{"first_name": "Ann", "last_name": "Lee", "emails": "a@x"})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Edit(id, map[string]string{"last_name": ""}); err != nil {
		t.Fatal(err)
	}
	if row, _ := a.Record(id); row.Fields["first_name"] != "Ann" || row.Fields["last_name"] != "" || row.Fields["emails"] != "a@x" {
		t.Errorf("edited: %v", row.Fields)
	}
	if err := a.Edit(id, map[string]string{"first_name": ""}); err == nil {
		t.Error("the last name part was cleared")
	}
	if err := a.Delete(id); err != nil {
		t.Fatal(err)
	}
	if err := a.Edit(id, map[string]string{"first_name": "B"}); err == nil {
		t.Error("a deleted person was edited")
	}
	if err := a.Restore(id); err != nil {
		t.Fatal(err)
	}
	if got := a.must("GET", "/api/v2/persons", "").ids(); len(got) != 1 {
		t.Errorf("after restoring: %v", got)
	}
	if err := a.Merge(id, id); err == nil {
		t.Error("a person was merged with itself")
	}
	if ids, err := a.Load([]map[string]string{{"first_name": "A"}, {}}, true); err == nil || len(a.Records()) != 1 {
		t.Errorf("a bulk load with a bad record added %v", ids)
	}
}

func TestControlIsNeitherLimitedNorCounted(t *testing.T) {
	a := open(t, Knobs{BurstLimit: 1})
	a.Faults().Add(kit.Fault{Times: -1, Status: 500})
	call := func(method, path, body string) reply { return a.send(a.request(method, path, body)) }
	for range 3 {
		if r := call("POST", "/__sandbox/records?silent=true", `[{"first_name":"A","emails":["a@x","b@x"]}]`); r.status != 201 {
			t.Fatalf("load: %d %s", r.status, r.text)
		}
	}
	if r := call("GET", "/__sandbox/records?limit=1&offset=1", ""); !strings.Contains(r.text, `"emails":"a@x; b@x"`) || !strings.Contains(r.text, `"total":3`) {
		t.Errorf("records: %s", r.text)
	}
	if r := call("PATCH", "/__sandbox/knobs", `{"burstLimit":7,"plan":"growth"}`); r.status != 200 || a.Knobs().BurstLimit != 7 {
		t.Errorf("knobs: %d %s", r.status, r.text)
	}
	for _, bad := range []string{`{"burstLimt":7}`, `{"plan":"free"}`, `7`} {
		if r := call("PATCH", "/__sandbox/knobs", bad); r.status != 422 || a.Knobs().Plan != "growth" {
			t.Errorf("knobs %s: %d", bad, r.status)
		}
	}
	if err := a.Edit("2", map[string]string{"first_name": "B"}); err != nil {
		t.Fatal(err)
	}
	if err := a.Delete("1"); err != nil {
		t.Fatal(err)
	}
	if r := call("GET", "/__sandbox/state", ""); r.json["persons"] != 2.0 || r.json["deleted"] != 1.0 {
		t.Errorf("state: %s", r.text)
	}
	if a.Calls().Total() != 0 {
		t.Errorf("control calls were counted: %v", a.Calls().Snapshot())
	}
	refused(t, a.do("GET", "/api/v2/persons", ""), 500)
	if a.Calls().Total() != 1 {
		t.Error("a call answered by a fault is not counted")
	}
}

func TestDroppedCreateTookEffect(t *testing.T) {
	a := unlimited(t)
	a.Faults().Add(kit.Fault{Method: "POST", Drop: kit.DropAfter})
	req := a.request("POST", "/api/v2/persons", `{"name":"Ann"}`)
	req.Header.Set("x-api-token", token)
	if _, err := (kit.Transport{Handler: a.Server}).RoundTrip(req); err == nil {
		t.Error("the connection was not dropped")
	}
	if len(a.Records()) != 1 {
		t.Error("the person was not created")
	}
}

func TestPage(t *testing.T) {
	a := unlimited(t)
	a.AddField("Pronouns", "varchar")
	form := func(path string, values url.Values) reply {
		req := a.request("POST", path, values.Encode())
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return a.send(req)
	}
	if r := form("/records/new", url.Values{"first_name": {"Ann"}, "Pronouns": {"she"}}); r.status != http.StatusSeeOther {
		t.Fatalf("create: %d %s", r.status, r.text)
	}
	if r := form("/records/1", url.Values{"first_name": {"Anna"}, "last_name": {""}, "Pronouns": {"she"}}); r.status != http.StatusSeeOther {
		t.Fatalf("edit: %d %s", r.status, r.text)
	}
	page := a.send(a.request("GET", "/?q=SHE", "")).text
	for _, want := range []string{"First name", "Last name", "Emails", "Phones", "Pronouns", ">Anna<", ">she<"} {
		if !strings.Contains(page, want) {
			t.Errorf("the list lacks %q", want)
		}
	}
	if page := a.send(a.request("GET", "/?q=nobody", "")).text; strings.Contains(page, ">Anna<") {
		t.Error("the search found somebody")
	}
	if r := form("/records/new", url.Values{"emails": {"a@x"}}); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.text, "needs a first or a last name") {
		t.Errorf("nameless: %d", r.status)
	}
	if page := a.send(a.request("GET", "/", "")).text; strings.Contains(page, "Erase") {
		t.Error("this CRM does not erase")
	}
	if r := form("/records/erase", url.Values{"id": {"1"}}); r.status != http.StatusNotFound {
		t.Errorf("erase: %d", r.status)
	}
	for _, each := range a.page().Troubles {
		if r := form("/behaviour/trouble", url.Values{"trouble": {each.Label}}); r.status != http.StatusSeeOther {
			t.Errorf("%s: %d", each.Label, r.status)
		}
	}
	if r := form("/behaviour/trouble", url.Values{"normal": {"1"}}); r.status != http.StatusSeeOther || len(a.Faults().Pending()) != 0 || a.Knobs().DailyTokens != 0 {
		t.Errorf("back to normal: %d", r.status)
	}
	if r := form("/records/delete", url.Values{"id": {"1"}}); r.status != http.StatusSeeOther || len(a.must("GET", "/api/v2/persons", "").ids()) != 0 {
		t.Errorf("delete: %d", r.status)
	}
}

func TestBackgroundDelivery(t *testing.T) {
	arrived := make(chan string, 1)
	receiver := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { arrived <- r.URL.Path })
	s := New(Options{WebhookURL: "http://app.test/hook", Webhooks: &http.Client{Transport: kit.Transport{Handler: receiver}}})
	s.Start()
	if _, err := s.Create(map[string]string{"first_name": "Ann"}); err != nil {
		t.Fatal(err)
	}
	select {
	case path := <-arrived:
		if path != "/hook" {
			t.Errorf("sent to %s", path)
		}
	case <-time.After(10 * time.Second):
		t.Error("nothing arrived")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
