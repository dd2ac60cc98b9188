package conformance

import (
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

var crmWriteCases = []crmCase{
	{"create many", createMany},
	{"create with every field", createWhole},
	{"create with little", createLittle},
	{"find by keys", findByKeys},
	{"update only what is named", updateNamed},
	{"update many", updateMany},
	{"update twice", updateTwice},
	{"update writes the key", updateKey},
	{"update without changes", updateNothing},
	{"clear", clearFields},
	{"delete", deleteRecords},
	{"one bad row", oneBadRow},
	{"row of a record that is gone", goneRow},
	{"conflict", conflictOnCreate},
	{"conflict on update", conflictOnUpdate},
	{"raw values", rawValues},
}

func createMany(l *crmLab) {
	const count = 250
	var results []sync.WriteResult
	n := l.calls(func() { results = l.crm.Create(l.ctx, requests(count)) })
	if want := pages(count, l.crm.Limits().Create); n != want {
		l.Errorf("%d calls to create %d records, want %d", n, count, want)
	}
	if len(results) != count || len(l.Live()) != count {
		l.Fatalf("%d results, %d records", len(results), len(l.Live()))
	}
	for i, result := range results {
		if result.Err != nil || result.Record.Key != id(i+1) {
			l.Fatalf("row %d: %+v", i, result)
		}
		l.same("result", result.Record.Fields, person(i))
		l.same("record", l.Live()[result.Record.ID], person(i))
	}
	if n := l.calls(func() { l.crm.Create(l.ctx, nil) }); n != 0 {
		l.Errorf("%d calls to create nothing", n)
	}
}

// whole returns a value for every field the adapter offers.
func (l *crmLab) whole() contact.Values {
	values := contact.Values{}
	for _, spec := range l.Specs {
		switch spec.Field {
		case contact.Email:
			values[spec.Field] = "ada@example.com"
		case contact.Phone:
			values[spec.Field] = "+44 20 7946 0958"
		case contact.SyncKey:
		default:
			values[spec.Field] = "Some " + string(spec.Field)
		}
	}
	return values
}

func createWhole(l *crmLab) {
	made := l.create(1, l.whole())
	for what, r := range map[string]*sync.Record{"answer": made, "reading": l.read(made.ID)} {
		l.same(what, r.Fields, l.whole())
		if len(r.Fields) != len(l.whole()) || r.Key != id(1) {
			l.Errorf("%s: fields %v, key %q", what, r.Fields, r.Key)
		}
	}
}

// createLittle makes records of which only one value is known. A vendor that wants
// more gets something that reads back as blank.
func createLittle(l *crmLab) {
	for i, values := range []contact.Values{
		{contact.Email: "only@example.com"},
		{contact.FirstName: "Only"},
		{contact.LastName: "Name"},
		{contact.Email: "phone@example.com", contact.Phone: "+1 (555) 0123-456"},
	} {
		made := l.create(i+1, values)
		want := contact.Values{contact.Email: "", contact.FirstName: "", contact.LastName: "", contact.Phone: ""}
		for field, value := range values {
			want[field] = value
		}
		l.same("answer", made.Fields, want)
		l.same("reading", l.read(made.ID).Fields, want)
	}
}

func findByKeys(l *crmLab) {
	l.addMany(3)
	time.Sleep(time.Minute)
	since := time.Now().UTC()
	made := []*sync.Record{l.create(11, person(11)), l.create(12, person(12)), l.create(13, person(13))}
	l.must(l.Remove(made[2].ID))
	var found map[contact.ID][]*sync.Record
	n := l.calls(func() {
		var err error
		found, err = l.crm.FindByKeys(l.ctx, []contact.ID{id(11), id(12), id(13), id(14)}, since)
		l.must(err)
	})
	if n != 1 {
		l.Errorf("%d calls to find four keys", n)
	}
	for i, key := range []int{11, 12} {
		list := found[id(key)]
		if len(list) != 1 || list[0].ID != made[i].ID || list[0].Key != id(key) {
			l.Fatalf("key %d: %+v", key, list)
		}
		l.same("found", list[0].Fields, person(key))
	}
	if len(found[id(13)])+len(found[id(14)]) > 0 {
		l.Errorf("found %v", found)
	}
}

func updateNamed(l *crmLab) {
	made := l.create(1, l.whole())
	others := l.whole()
	for _, field := range []contact.Field{contact.FirstName, contact.Email, contact.Phone, contact.Pronouns, contact.LastName, contact.JobTitle} {
		others[field] = "Other"
		if field == contact.Email {
			others[field] = "other@example.com"
		}
		result := l.crm.Update(l.ctx, []sync.UpdateRequest{{
			ID: made.ID, Current: l.read(made.ID), Fields: contact.Values{field: others[field]},
		}})[0]
		l.must(result.Err)
		l.same("answer after "+string(field), result.Record.Fields, others)
		l.same("reading after "+string(field), l.read(made.ID).Fields, others)
	}
	if r := l.read(made.ID); r.Key != id(1) {
		l.Errorf("the key became %q", r.Key)
	}
}

func updateMany(l *crmLab) {
	const count = 250
	made := l.addMany(count)
	current := l.crm.Read(l.ctx, made, nil)
	updates := make([]sync.UpdateRequest, count)
	for i, external := range made {
		updates[i] = sync.UpdateRequest{ID: external, Current: current[external].Record, Fields: contact.Values{contact.LastName: "Renamed"}}
	}
	n := l.calls(func() {
		for i, result := range l.crm.Update(l.ctx, updates) {
			if result.Err != nil || result.Record.ID != made[i] {
				l.Fatalf("row %d: %+v", i, result)
			}
			want := person(i)
			want[contact.LastName] = "Renamed"
			l.same("answer", result.Record.Fields, want)
		}
	})
	if want := pages(count, l.crm.Limits().Update); n != want {
		l.Errorf("%d calls to update %d records, want %d", n, count, want)
	}
}

// updateTwice writes one record in two rows of one call: the later row counts.
func updateTwice(l *crmLab) {
	external := l.add(person(1))
	current := l.read(external)
	for range 2 { // the second time changes nothing
		results := l.crm.Update(l.ctx, []sync.UpdateRequest{
			{ID: external, Current: current, Fields: contact.Values{contact.FirstName: "New"}},
			{ID: external, Current: current, Fields: contact.Values{contact.Phone: "+1 555 0111"}},
		})
		l.must(results[0].Err)
		l.must(results[1].Err)
	}
	want := person(1)
	want[contact.FirstName], want[contact.Phone] = "New", "+1 555 0111"
	l.same("reading", l.read(external).Fields, want)
}

func updateKey(l *crmLab) {
	external := l.add(person(1))
	result := l.crm.Update(l.ctx, []sync.UpdateRequest{{
		ID: external, Key: id(7), Current: l.read(external), Fields: contact.Values{contact.FirstName: "New"},
	}})[0]
	l.must(result.Err)
	if got := l.read(external).Key; got != id(7) || result.Record.Key != id(7) {
		l.Errorf("key %q read, %q answered", got, result.Record.Key)
	}
}

func updateNothing(l *crmLab) {
	external := l.add(person(1))
	current := l.read(external)
	n := l.calls(func() {
		result := l.crm.Update(l.ctx, []sync.UpdateRequest{{ID: external, Current: current}})[0]
		if result.Err != nil || result.Record == nil || result.Record.ID != external {
			l.Errorf("Update of nothing: %+v", result)
		}
	})
	if n != 0 {
		l.Errorf("%d calls to write nothing", n)
	}
}

func clearFields(l *crmLab) {
	values := l.whole()
	made := l.create(1, values)
	blank := contact.Values{}
	for field := range values {
		// Each by itself, so that a vendor that insists on a name has one value left to
		// take for it, and in the end none.
		blank[field] = ""
		result := l.crm.Update(l.ctx, []sync.UpdateRequest{{
			ID: made.ID, Current: l.read(made.ID), Fields: contact.Values{field: ""},
		}})[0]
		l.must(result.Err)
		l.same("answer", result.Record.Fields, blank)
		l.same("reading", l.read(made.ID).Fields, blank)
	}
	if got := l.read(made.ID); got.Key != id(1) {
		l.Errorf("the key became %q", got.Key)
	}
}

func deleteRecords(l *crmLab) {
	made := l.addMany(5)
	l.must(l.Remove(made[3]))
	doomed := []contact.ExternalID{made[0], made[3], made[1], made[0]}
	for range 2 { // the second time they are gone already
		for i, err := range l.crm.Delete(l.ctx, doomed) {
			if err != nil {
				l.Errorf("Delete(%s): %v", doomed[i], err)
			}
		}
	}
	live := l.Live()
	if len(live) != 2 || live[made[2]] == nil || live[made[4]] == nil {
		l.Errorf("%d records are left", len(live))
	}
	for external, reading := range l.crm.Read(l.ctx, doomed, nil) {
		if !reading.Gone() {
			l.Errorf("Read(%s) = %+v", external, reading)
		}
	}
	many := l.deleteHundred()
	if want := pages(100, l.crm.Limits().Delete); many != want {
		l.Errorf("%d calls to delete 100 records, want %d", many, want)
	}
}

// deleteHundred deletes 100 records and returns the number of calls.
func (l *crmLab) deleteHundred() int {
	var made []contact.ExternalID
	for i := range 100 {
		made = append(made, l.add(person(1000+i)))
	}
	return l.calls(func() {
		for _, err := range l.crm.Delete(l.ctx, made) {
			l.must(err)
		}
	})
}

func oneBadRow(l *crmLab) {
	list := requests(7)
	list[3].Fields = l.Refused
	results := l.crm.Create(l.ctx, list)
	for i, result := range results {
		if i == 3 {
			f := fault.As(result.Err)
			if !fault.Is(result.Err, fault.Invalid) || len(f.Fields) != 1 {
				l.Errorf("the bad row: %v, fields %v", result.Err, f)
			}
			continue
		}
		if result.Err != nil {
			l.Errorf("row %d: %v", i, result.Err)
		}
	}
	if len(l.Live()) != 6 {
		l.Errorf("%d records", len(l.Live()))
	}
	external := results[0].Record.ID
	updated := l.crm.Update(l.ctx, []sync.UpdateRequest{
		{ID: external, Current: results[0].Record, Fields: l.Refused},
		{ID: results[1].Record.ID, Current: results[1].Record, Fields: contact.Values{contact.FirstName: "Fine"}},
	})
	if !fault.Is(updated[0].Err, fault.Invalid) || updated[1].Err != nil {
		l.Errorf("updates: %v, %v", updated[0].Err, updated[1].Err)
	}
	l.same("the row beside", l.read(results[1].Record.ID).Fields, contact.Values{contact.FirstName: "Fine"})
}

func goneRow(l *crmLab) {
	made := l.addMany(3)
	var updates []sync.UpdateRequest
	for external, reading := range l.crm.Read(l.ctx, made, nil) {
		updates = append(updates, sync.UpdateRequest{ID: external, Current: reading.Record, Fields: contact.Values{contact.FirstName: "New"}})
	}
	l.must(l.Remove(made[1]))
	for i, result := range l.crm.Update(l.ctx, updates) {
		if gone := updates[i].ID == made[1]; gone != fault.Is(result.Err, fault.NotFound) || !gone && result.Err != nil {
			l.Errorf("row of %s: %v", updates[i].ID, result.Err)
		}
	}
}

func conflictOnCreate(l *crmLab) {
	existing := l.add(contact.Values{contact.Email: "taken@example.com", contact.FirstName: "Holder"})
	results := l.crm.Create(l.ctx, []sync.CreateRequest{
		{Key: id(1), Fields: person(1)},
		{Key: id(2), Fields: contact.Values{contact.Email: "Taken@example.com", contact.FirstName: "Second"}},
		{Key: id(3), Fields: contact.Values{contact.Email: "twins@example.com", contact.FirstName: "Elder"}},
		{Key: id(4), Fields: contact.Values{contact.Email: "twins@example.com", contact.FirstName: "Younger"}},
	})
	l.must(results[0].Err)
	l.must(results[2].Err)
	if !l.UniqueEmail {
		l.must(results[1].Err)
		l.must(results[3].Err)
		return
	}
	for i, holder := range map[int]contact.ExternalID{1: existing, 3: results[2].Record.ID} {
		if f := fault.As(results[i].Err); !fault.Is(results[i].Err, fault.Conflict) || f.ExistingID != string(holder) {
			l.Errorf("row %d: %v, existing %+v, want %s", i, results[i].Err, f, holder)
		}
	}
	if len(l.Live()) != 3 {
		l.Errorf("%d records", len(l.Live()))
	}
}

func conflictOnUpdate(l *crmLab) {
	made := l.addMany(3)
	current := l.crm.Read(l.ctx, made, nil)
	results := l.crm.Update(l.ctx, []sync.UpdateRequest{
		{ID: made[0], Current: current[made[0]].Record, Fields: contact.Values{contact.Email: person(1)[contact.Email]}},
		{ID: made[2], Current: current[made[2]].Record, Fields: contact.Values{contact.FirstName: "Fine"}},
	})
	l.must(results[1].Err)
	if !l.UniqueEmail {
		l.must(results[0].Err)
		return
	}
	if f := fault.As(results[0].Err); !fault.Is(results[0].Err, fault.Conflict) || f.ExistingID != string(made[1]) {
		l.Errorf("%v, existing %+v, want %s", results[0].Err, f, made[1])
	}
}

func rawValues(l *crmLab) {
	texts := []string{
		"Zoë 😀 O'Brien & Söhne", `back\slash "quoted" <b>bold</b>`, "李小龍", "مرحبا", "e\u0301 combining", "a%20b+c=d?&#;", "van der Berg", "null", "0",
		strings.Repeat("é", 120),
	}
	for i, text := range texts {
		values := contact.Values{
			contact.Email: "plus+tag." + string(rune('a'+i)) + "@example.com", contact.FirstName: text, contact.LastName: "Last " + string([]rune(text)[:1]),
			contact.Phone: "+1 (555) 010-9999 ext. 12", contact.Pronouns: text, contact.JobTitle: text,
		}
		made := l.create(i+1, values)
		for what, r := range map[string]*sync.Record{"answer": made, "reading": l.read(made.ID)} {
			for field, want := range values {
				if _, ok := l.fields[field]; ok && r.Fields[field] != want {
					l.Errorf("%s: %s is %q, want %q", what, field, r.Fields[field], want)
				}
			}
		}
	}
}
