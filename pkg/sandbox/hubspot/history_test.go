package hubspot

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// histories is what a read by id answers of a contact's property.
func (b *bench) histories(id, property string) []historyJSON {
	b.t.Helper()
	return b.call("GET", contacts+"/"+id+"?propertiesWithHistory="+property, "").want(200).decode().History[property]
}

func TestHistoryOfEveryKindOfWrite(t *testing.T) {
	b := start(t)
	b.define("code", `,"hasUniqueValue":true`)
	id := b.add(map[string]string{"email": "ada@example.com", "phone": "1", "code": "c"})
	writes := []func(){
		func() { b.call("PATCH", contacts+"/"+id, `{"properties":{"phone":"2"}}`).want(200) },
		func() { b.call("POST", contacts+"/batch/update", inputs(row(id, `"phone":"3"`, ""))).want(200) },
		func() {
			b.call("POST", contacts+"/batch/upsert", inputs(row("c", `"phone":"4"`, `,"idProperty":"code"`))).want(200)
		},
		func() { _ = b.Edit(id, map[string]string{"phone": "5"}) },
		func() { b.call("PATCH", contacts+"/"+id, `{"properties":{"phone":"5","firstname":"Ada"}}`).want(200) },
		func() { _ = b.Edit(id, map[string]string{"phone": ""}) },
	}
	for _, write := range writes {
		b.advance(time.Second)
		write()
	}
	const app, person = "INTEGRATION", "CRM_UI"
	want := []historyJSON{
		{"", "2026-11-22T12:00:06Z", person, "userId:77"},
		{"5", "2026-11-22T12:00:04Z", person, "userId:77"}, // written again a second later: no change
		{"4", "2026-11-22T12:00:03Z", app, "54321"},
		{"3", "2026-11-22T12:00:02Z", app, "54321"},
		{"2", "2026-11-22T12:00:01Z", app, "54321"},
		{"1", "2026-11-22T12:00:00Z", app, "54321"},
	}
	if got := b.histories(id, "phone"); !slices.Equal(got, want) {
		t.Errorf("read: %+v", got)
	}
	listed := b.call("GET", contacts+"?propertiesWithHistory=phone", "").want(200).decode()
	batch := b.call("POST", contacts+"/batch/read", `{"propertiesWithHistory":["phone"],"inputs":[{"id":"`+id+`"}]}`).want(200).decode()
	for _, r := range []result{listed, batch} {
		if got := r.Results[0].History["phone"]; !slices.Equal(got, want) {
			t.Errorf("listed or read in a batch: %+v", got)
		}
	}
	if got := b.histories(id, "company"); got != nil {
		t.Errorf("of a property that never had a value: %+v", got)
	}
}

func TestMergeKeepsTheHistory(t *testing.T) {
	for _, preserve := range []bool{false, true} {
		b := start(t, func(o *Options) { o.Knobs.PreservePrimaryID = preserve })
		one := b.add(map[string]string{"email": "one@example.com", "firstname": "One"})
		two := b.add(map[string]string{"email": "two@example.com", "firstname": "Two", "phone": "2"})
		b.advance(time.Second)
		_ = b.Edit(one, map[string]string{"firstname": "Uno"})
		b.advance(time.Second)
		survivor := b.mergeCall(one, two).want(200).decode().ID
		want := []historyJSON{{"Uno", "2026-11-22T12:00:01Z", "CRM_UI", "userId:77"}, {"One", "2026-11-22T12:00:00Z", "INTEGRATION", "54321"}}
		for _, id := range []string{one, two, survivor} {
			if got := b.histories(id, "firstname"); !slices.Equal(got, want) {
				t.Errorf("preserved id %v: %+v", preserve, got)
			}
		}
		want = []historyJSON{{"2", "2026-11-22T12:00:02Z", "MERGE_CONTACTS", "54321"}}
		if got := b.histories(survivor, "phone"); !slices.Equal(got, want) {
			t.Errorf("preserved id %v: %+v", preserve, got)
		}
	}
}

func TestHistoryInputs(t *testing.T) {
	b := start(t)
	var rows []string
	for _, id := range b.seed(51) {
		rows = append(rows, `{"id":"`+id+`"}`)
	}
	read := func(inputs []string) answer {
		return b.call("POST", contacts+"/batch/read", `{"propertiesWithHistory":["email"],"inputs":[`+strings.Join(inputs, ",")+`]}`)
	}
	read(rows).want(200)
	b.SetKnobs(Knobs{HistoryInputs: 50})
	read(rows).want(400, `"message":"The maximum number of inputs supported in a batch request for property histories is 50. Please reduce the number of items and try again"`, "VALIDATION_ERROR")
	read(rows[:50]).want(200)
	b.call("POST", contacts+"/batch/read", inputs(rows...)).want(200)
}

func TestStaleReads(t *testing.T) {
	b := start(t, func(o *Options) { o.Knobs.StaleReadMS = 5000 })
	id := b.add(map[string]string{"email": "ada@example.com", "firstname": "New"})
	seen := func() string {
		t.Helper()
		r := b.call("GET", contacts+"/"+id+"?propertiesWithHistory=firstname", "").want(200).decode()
		batch := b.call("POST", contacts+"/batch/read", inputs(`{"id":"`+id+`"}`)).want(200).decode().Results[0]
		if batch.prop("firstname") != r.prop("firstname") || !batch.UpdatedAt.Equal(r.UpdatedAt) || r.History["firstname"][0].Value != r.prop("firstname") {
			t.Errorf("one read answers %v, another %v", r, batch)
		}
		return r.prop("firstname")
	}
	expect := func(want string) {
		t.Helper()
		if got := seen(); got != want {
			t.Errorf("read %q, want %q", got, want)
		}
	}
	expect("New") // nothing was before
	b.advance(time.Minute)
	b.call("PATCH", contacts+"/"+id, `{"properties":{"firstname":"First"}}`).want(200)
	expect("New")
	b.advance(time.Second)
	_ = b.Edit(id, map[string]string{"firstname": "Second"})
	expect("First")
	if r := b.call("GET", contacts, "").decode(); r.Results[0].prop("firstname") != "Second" {
		t.Error("the list is stale")
	}
	b.advance(5*time.Second - time.Millisecond)
	expect("First")
	b.advance(time.Millisecond)
	expect("Second")
	_ = b.Delete(id)
	expect("Second")
	b.call("GET", contacts+"/"+id+"?archived=true", "").want(404)
	b.advance(5 * time.Second)
	b.call("GET", contacts+"/"+id, "").want(404)
	b.call("GET", contacts+"/"+id+"?archived=true", "").want(200)
}

// TestLateWrite: a request that was cut off takes effect before anyone looks again.
func TestLateWrite(t *testing.T) {
	b := start(t)
	id := b.add(map[string]string{"firstname": "Ada"})
	b.Faults().Add(kit.Fault{Method: "PATCH", Drop: kit.DropLate, Late: time.Minute})
	req := httptest.NewRequest("PATCH", contacts+"/"+id, strings.NewReader(`{"properties":{"firstname":"Late","phone":"1"}}`))
	req.Header.Set("Authorization", "Bearer "+token)
	if _, err := (kit.Transport{Handler: b.Server}).RoundTrip(req); err == nil {
		t.Fatal("the late request was answered")
	}
	b.advance(59 * time.Second)
	if r, _ := b.Record(id); r.Fields["firstname"] != "Ada" {
		t.Errorf("too early: %v", r.Fields)
	}
	b.advance(time.Second)
	if err := b.Edit(id, map[string]string{"phone": "2"}); err != nil {
		t.Fatal(err)
	}
	if r, _ := b.Record(id); r.Fields["firstname"] != "Late" || r.Fields["phone"] != "2" {
		t.Errorf("%v", r.Fields)
	}
}
