package pipedrive

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestSavedAccountIsTheSame(t *testing.T) {
	a := unlimited(t)
	pronouns := a.AddField("Pronouns", "varchar")
	size := a.AddField("Size", "double")
	colours := a.AddField("Colours", "set", "red", "blue")
	gone := a.AddField("Gone", "varchar")
	for _, fields := range []map[string]string{
		{"first_name": "Ada", "last_name": "Lovelace", "emails": "ada@example.com", "Pronouns": "she/her"},
		{"first_name": "Bob", "phones": "+1 212 555 0100"},
		{"first_name": "Cyd"},
	} {
		if _, err := a.Create(fields); err != nil {
			t.Fatal(err)
		}
		a.pass(time.Minute)
	}
	a.must("PATCH", "/api/v2/persons/1", `{"custom_fields":{"`+size+`":1.5,"`+colours+`":[11]},"org_id":7,"emails":[{"value":"b@example.com","label":"home","primary":true},{"value":"ada@example.com","label":"work"}]}`)
	if err := a.Delete("3"); err != nil {
		t.Fatal(err)
	}
	a.RemoveField(gone)
	var file bytes.Buffer
	if err := a.SaveTo(&file); err != nil {
		t.Fatal(err)
	}
	again := unlimited(t)
	again.at = a.at
	if err := again.LoadFrom(&file); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/api/v2/persons", "/api/v2/persons/1", "/api/v2/persons/2", "/api/v2/persons/3", "/api/v2/personFields?limit=500",
		"/api/v2/persons?sort_by=update_time&sort_direction=desc", "/api/v1/persons/1/changelog",
	} {
		if want, got := a.do("GET", path, "").text, again.do("GET", path, "").text; got != want {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
		}
	}
	if row, _ := again.Record("1"); row.Fields["Pronouns"] != "she/her" {
		t.Errorf("field %s: %v", pronouns, row)
	}
	if id, err := again.Create(map[string]string{"first_name": "Dan"}); err != nil || id != "4" {
		t.Errorf("the next person is %q, %v", id, err)
	}
	if a.AddField("New", "varchar") != again.AddField("New", "varchar") {
		t.Error("the next field has another code")
	}
}

func TestUnreadableFileChangesNothing(t *testing.T) {
	a := unlimited(t)
	if _, err := a.Create(map[string]string{"first_name": "Ada"}); err != nil {
		t.Fatal(err)
	}
	if err := a.LoadFrom(strings.NewReader("garbage")); err == nil {
		t.Error("garbage is read")
	}
	if len(a.Records()) != 1 {
		t.Error("the person is gone")
	}
}
