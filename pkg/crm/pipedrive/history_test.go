package pipedrive_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	sandbox "github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
	"github.com/contactsync/contactsync/pkg/sync"
)

var nameFields = []contact.Field{contact.FirstName, contact.LastName}

// row is a change in a made-up changelog, at a second of one minute.
func row(at int, key, before, after string) string {
	return fmt.Sprintf(`{"field_key":%q,"old_value":%s,"new_value":%s,"time":"2026-11-22 12:00:%02d","actor_user_id":1,"change_source":"app"}`, key, before, after, at)
}

func log(rows ...string) string {
	return `{"success":true,"data":[` + strings.Join(rows, ",") + `],"additional_data":{"next_cursor":null}}`
}

func second(n int) time.Time { return time.Date(2026, 11, 22, 12, 0, n, 0, time.UTC) }

// told is a history in a line: values with their seconds, or what is not known.
func told(history map[contact.Field][]sync.Revision, field contact.Field) string {
	list, known := history[field]
	if !known {
		return "unknown"
	}
	var texts []string
	for _, r := range list {
		text := r.Value
		if !r.At.IsZero() {
			text = fmt.Sprintf("%s@%d", r.Value, r.At.Second())
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

// TestFormsOfTheChangelog: values come in forms that are not documented, and one
// that does not tell leaves its field out.
func TestFormsOfTheChangelog(t *testing.T) {
	for name, c := range map[string]struct {
		body  string
		field contact.Field
		want  string
	}{
		"text":                      {log(row(9, "email", `"a@x.y"`, `"b@x.y"`)), contact.Email, "b@x.y@9 a@x.y"},
		"null":                      {log(row(9, "phone", `null`, `"1"`)), contact.Phone, "1@9 "},
		"missing":                   {`{"success":true,"data":[{"field_key":"phone","new_value":"1","time":"2026-11-22T12:00:09Z"}]}`, contact.Phone, "1@9 "},
		"a list":                    {log(row(9, "emails", `[]`, `[{"value":"a@x.y"},{"value":"b@x.y","primary":true}]`)), contact.Email, "b@x.y@9 "},
		"a list in a text":          {log(row(9, "phone", `"[{\"value\":\"1\"}]"`, `"[]"`)), contact.Phone, "@9 1"},
		"several in a text":         {log(row(9, "email", `"a@x.y"`, `"a@x.y, b@x.y"`)), contact.Email, "unknown"},
		"several in an older text":  {log(row(9, "email", `"a@x.y,b@x.y"`, `"b@x.y"`)), contact.Email, "unknown"},
		"something else":            {log(row(9, "email", `"[x"`, `"b@x.y"`)), contact.Email, "unknown"},
		"another address is added":  {log(row(9, "email", `[{"value":"a"}]`, `[{"value":"a","primary":true},{"value":"b"}]`)), contact.Email, ""},
		"a custom field":            {log(row(9, "aaaa", `null`, `"she, her"`)), contact.Pronouns, "she, her@9 "},
		"a custom field with type":  {log(row(9, "aaaa", `{"value":"a"}`, `7`)), contact.Pronouns, "7@9 a"},
		"a custom field as a list":  {log(row(9, "aaaa", `null`, `["a"]`)), contact.Pronouns, "unknown"},
		"the key":                   {log(row(9, "bbbb", `null`, `"k"`)), contact.SyncKey, "k@9 "},
		"other fields":              {log(row(9, "cccc", `[1]`, `[2]`), row(9, "owner_id", `{"id":1}`, `{"id":2}`)), contact.Pronouns, ""},
		"a field we do not map":     {log(), contact.JobTitle, "unknown"},
		"a time that is not one":    {`{"success":true,"data":[{"field_key":"phone","new_value":"1","time":"soon"}]}`, contact.Phone, "unknown"},
		"no time, of another field": {`{"success":true,"data":[{"field_key":"phone","new_value":"1","time":null}]}`, contact.Email, ""},
		"oldest first":              {log(row(1, "phone", `null`, `"1"`), row(2, "phone", `"1"`, `"2"`), row(3, "phone", `"2"`, `"3"`)), contact.Phone, "3@3 2@2 1@1 "},
		"several in one second":     {log(row(2, "phone", `"2"`, `"3"`), row(2, "phone", `"1"`, `"2"`), row(1, "phone", `"0"`, `"1"`)), contact.Phone, "3@2 2@2 1@1 0"},
	} {
		history, err := on(always(c.body)).History(t.Context(), "7", []contact.Field{c.field}, time.Time{})
		if got := told(history, c.field); err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, c.want)
		}
	}
}

// TestNamesInTheChangelog: a name that stands for a missing one is blank in its
// parts too, and a whole name without its parts does not tell them.
func TestNamesInTheChangelog(t *testing.T) {
	const ada = `"Ada King"`
	for name, c := range map[string]struct{ body, first, last string }{
		"both":                {log(row(9, "last_name", `null`, `"King"`), row(9, "first_name", `"Bo"`, `"Ada"`), row(9, "name", `"Bo"`, ada)), "Ada@9 Bo", "King@9 "},
		"an address":          {log(row(9, "name", `"a@x.y"`, ada), row(9, "last_name", `null`, `"King"`), row(9, "first_name", `"a@x.y"`, `"Ada"`)), "Ada@9 ", "King@9 "},
		"no name":             {log(row(9, "name", ada, `"(no name)"`), row(9, "last_name", `"King"`, `"name)"`), row(9, "first_name", `"Ada"`, `"(no"`)), "@9 Ada", "@9 King"},
		"a number":            {log(row(9, "name", ada, `"+1 555 0100"`), row(9, "last_name", `"King"`, `"555 0100"`), row(9, "first_name", `"Ada"`, `"+1"`)), "@9 Ada", "@9 King"},
		"one for another":     {log(row(9, "name", `"a@x.y"`, `"b@x.y"`), row(9, "first_name", `"a@x.y"`, `"b@x.y"`)), "", ""},
		"such ones alone":     {log(row(9, "name", `"a@x.y"`, `"b@x.y"`)), "", ""},
		"the whole name only": {log(row(9, "name", `"Bo"`, ada)), "unknown", "unknown"},
		"parts at other times": {
			log(row(9, "name", `"Bo"`, ada), row(8, "name", `"Cy"`, `"Bo"`), row(8, "first_name", `"Cy"`, `"Bo"`)), "unknown", "unknown",
		},
	} {
		history, err := on(always(c.body)).History(t.Context(), "7", nameFields, time.Time{})
		if first, last := told(history, contact.FirstName), told(history, contact.LastName); err != nil || first != c.first || last != c.last {
			t.Errorf("%s: %q and %q, %v, want %q and %q", name, first, last, err, c.first, c.last)
		}
	}
}

// TestHistoryOfNamelessPersons is what the sandbox logs of them.
func TestHistoryOfNamelessPersons(t *testing.T) {
	run(t, func(b *bench) {
		since := time.Now().UTC()
		made := b.Create(b.ctx, []sync.CreateRequest{{Key: "k", Fields: contact.Values{contact.Phone: "+1 555 0100"}}})[0].Record
		renamed := b.Update(b.ctx, []sync.UpdateRequest{{ID: made.ID, Current: made, Fields: contact.Values{contact.LastName: "King"}}})[0].Record
		blank := b.Update(b.ctx, []sync.UpdateRequest{{ID: made.ID, Current: renamed, Fields: contact.Values{contact.LastName: "", contact.Phone: ""}}})[0]
		if blank.Err != nil {
			t.Fatal(blank.Err)
		}
		history, err := b.History(b.ctx, made.ID, nameFields, since)
		if err != nil {
			t.Fatal(err)
		}
		var last []string
		for _, r := range history[contact.LastName] {
			last = append(last, r.Value)
		}
		if _, known := history[contact.FirstName]; !known || len(history[contact.FirstName]) > 0 || !slices.Equal(last, []string{"", "King", ""}) {
			t.Errorf("%v", history)
		}
	})
}

// TestPagesOfTheChangelog: no page is read that holds only what is older.
func TestPagesOfTheChangelog(t *testing.T) {
	pages := map[string]string{
		"":  `"data":[` + row(50, "phone", `"4"`, `"5"`) + `,` + row(40, "email", `"a"`, `"b"`) + `],"additional_data":{"next_cursor":"B"}`,
		"B": `"data":[` + row(30, "phone", `"3"`, `"4"`) + `,` + row(20, "phone", `"2"`, `"3"`) + `],"additional_data":{"next_cursor":"C"}`,
		"C": `"data":[` + row(10, "phone", `"1"`, `"2"`) + `],"additional_data":{"next_cursor":null}`,
	}
	for _, c := range []struct {
		since time.Time
		asked []string
		want  string
	}{
		{second(55), []string{""}, ""},
		{second(50), []string{""}, "5@50 4"},
		{second(40), []string{"", "B"}, "5@50 4@30"}, // the page may end within the second
		{second(35), []string{"", "B"}, "5@50 4@30"},
		{second(30).Add(time.Millisecond), []string{"", "B"}, "5@50 4@30 3@20"},
		{second(15), []string{"", "B", "C"}, "5@50 4@30 3@20 2@10"},
		{time.Time{}, []string{"", "B", "C"}, "5@50 4@30 3@20 2@10 1"},
	} {
		var asked []string
		client := on(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/api/v1/persons/7/changelog" {
				t.Errorf("asked %s", r.URL.Path)
			}
			asked = append(asked, r.URL.Query().Get("cursor"))
			_, _ = io.WriteString(w, `{"success":true,`+pages[r.URL.Query().Get("cursor")]+`}`)
		})
		history, err := client.History(t.Context(), "7", []contact.Field{contact.Phone}, c.since)
		if got := told(history, contact.Phone); err != nil || got != c.want || !slices.Equal(asked, c.asked) {
			t.Errorf("since %v: %q of pages %q, %v, want %q of %q", c.since, got, asked, err, c.want, c.asked)
		}
	}
	stuck := on(always(`{"success":true,"data":[],"additional_data":{"next_cursor":"B"}}`))
	if _, err := stuck.History(t.Context(), "7", nameFields, time.Time{}); !fault.Is(err, fault.Retryable) {
		t.Errorf("a list that does not go on: %v", err)
	}
}

// TestLongHistory walks the pages that the sandbox makes of it.
func TestLongHistory(t *testing.T) {
	run(t, func(b *bench) {
		b.account.SetKnobs(sandbox.Knobs{LimitsOff: true})
		id, err := b.account.Create(map[string]string{"first_name": "Ada", "phones": "0"})
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 700; n++ {
			if err := b.account.Edit(id, map[string]string{"phones": fmt.Sprint(n)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		b.account.Calls().Reset()
		history, err := b.History(b.ctx, contact.ExternalID(id), []contact.Field{contact.Phone}, time.Now().Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		list := history[contact.Phone]
		if len(list) != 701 || list[0].Value != "700" || list[700].Value != "0" || b.account.Calls().Total() != 2 {
			t.Errorf("%d revisions in %d calls", len(list), b.account.Calls().Total())
		}
	})
}

func TestHistoryThatCannotBeRead(t *testing.T) {
	run(t, func(b *bench) {
		b.account.Faults().Add(kit.Fault{PathPrefix: "/api/v1/persons", Status: 403, Body: `{"success":false,"error":"Scope and URL mismatch","errorCode":403}`})
		if _, err := b.History(b.ctx, "7", nameFields, time.Time{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v", err)
		}
	})
}
