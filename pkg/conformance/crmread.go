package conformance

import (
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

var crmReadCases = []crmCase{
	{"account", readAccount},
	{"list nothing", listNothing},
	{"list in pages", listPages},
	{"list leaves deleted records out", listDeleted},
	{"list while records change", listMoving},
	{"changed since", listChanged},
	{"changed at one time", listChangedTogether},
	{"read many", readMany},
	{"read what is gone", readGone},
	{"read what was merged", readMerged},
	{"fields: blank and absent", readAbsent},
	{"additional addresses", readAdditional},
}

func readAccount(l *crmLab) {
	account, err := l.crm.Account(l.ctx)
	l.must(err)
	if account.ID == "" || account.Name == "" || account.URL == "" {
		l.Errorf("Account = %+v", account)
	}
	if url := l.crm.RecordURL("123"); url == "" {
		l.Error("a record has no address")
	}
	if _, setup := l.meter.Take(); len(setup) == 0 {
		l.Error("the call is not counted as set-up")
	}
	l.wire.status = map[int]int{}
}

func listNothing(l *crmLab) {
	n := l.calls(func() {
		if found, _ := l.listAll(); len(found) > 0 {
			l.Errorf("%d records in an empty account", len(found))
		}
	})
	if n != 1 {
		l.Errorf("%d calls, want 1", n)
	}
}

func listPages(l *crmLab) {
	size := l.crm.Limits().ListPage
	count := 2*size + size/2
	made := l.addMany(count)
	var found map[contact.ExternalID]*sync.Record
	var sizes []int
	n := l.calls(func() { found, sizes = l.listAll() })
	if n != pages(count, size) || len(found) != count {
		l.Errorf("%d records in %d calls %v, want %d in %d", len(found), n, sizes, count, pages(count, size))
	}
	for i, external := range made {
		r := found[external]
		if r == nil {
			l.Fatalf("record %s is missing", external)
		}
		l.same("record", r.Fields, person(i))
		if r.Modified.IsZero() || r.Modified.Location() != time.UTC {
			l.Fatalf("record %s was modified at %v", external, r.Modified)
		}
		if len(r.Emails) != 1 || !(contact.Canonical{}).Equal(contact.Email, r.Emails[0], person(i)[contact.Email]) {
			l.Fatalf("record %s has the addresses %v", external, r.Emails)
		}
	}
}

func listDeleted(l *crmLab) {
	made := l.addMany(3)
	l.must(l.Remove(made[1]))
	found, _ := l.listAll()
	if len(found) != 2 || found[made[1]] != nil {
		l.Errorf("the list holds %d records", len(found))
	}
}

// listMoving edits and adds records between two pages: nothing that was there
// before may be left out.
func listMoving(l *crmLab) {
	size := l.crm.Limits().ListPage
	made := l.addMany(size + 10)
	first, err := l.crm.List(l.ctx, "")
	l.must(err)
	time.Sleep(2 * time.Second)
	for _, external := range []contact.ExternalID{made[0], made[size-1], made[size+5]} {
		l.must(l.Edit(external, contact.Values{contact.Phone: "+1 555 0199"}))
	}
	l.must(l.Remove(made[1]))
	l.add(contact.Values{contact.Email: "late@example.com", contact.FirstName: "Late"})
	listed := map[contact.ExternalID]bool{}
	for page := first; ; {
		for _, r := range page.Records {
			listed[r.ID] = true
		}
		if page.Next == "" {
			break
		}
		page, err = l.crm.List(l.ctx, page.Next)
		l.must(err)
	}
	for _, external := range made {
		if !listed[external] && external != made[1] {
			l.Errorf("record %s is left out", external)
		}
	}
}

func (l *crmLab) changedSince(since time.Time) (map[contact.ExternalID]*sync.Record, []int) {
	l.Helper()
	return l.list(func(cursor string) (sync.Page, error) { return l.crm.ListChanged(l.ctx, since, cursor) })
}

func listChanged(l *crmLab) {
	made := l.addMany(5)
	time.Sleep(time.Minute)
	since := time.Now().UTC()
	l.must(l.Edit(made[1], contact.Values{contact.FirstName: "Changed"}))
	time.Sleep(time.Minute)
	l.must(l.Edit(made[3], contact.Values{contact.LastName: ""}))
	l.must(l.Remove(made[4]))
	added := l.add(contact.Values{contact.Email: "new@example.com", contact.FirstName: "New"})
	found, _ := l.changedSince(since)
	want := []contact.ExternalID{made[1], made[3], added}
	for _, external := range want {
		if found[external] == nil {
			l.Errorf("record %s changed and is not listed", external)
		}
	}
	if len(found) != len(want) {
		l.Errorf("%d records listed, want %d", len(found), len(want))
	}
	l.same("changed record", found[made[1]].Fields, contact.Values{contact.FirstName: "Changed"})
	l.same("cleared record", found[made[3]].Fields, contact.Values{contact.LastName: ""})
	if found, _ := l.changedSince(time.Now().UTC().Add(time.Hour)); len(found) > 0 {
		l.Errorf("%d records changed in the future", len(found))
	}
}

// listChangedTogether walks several pages of records with one and the same time.
func listChangedTogether(l *crmLab) {
	const count = 1250
	since := time.Now().UTC()
	made := l.addMany(count)
	time.Sleep(time.Minute)
	found, sizes := l.changedSince(since)
	if len(found) != count {
		l.Errorf("%d of %d records listed, in pages of %v", len(found), len(made), sizes)
	}
	if len(sizes) != pages(count, slices.Max(sizes)) {
		l.Errorf("pages of %v are more than it takes", sizes)
	}
}

func readMany(l *crmLab) {
	made := l.addMany(250)
	var readings map[contact.ExternalID]sync.Reading
	n := l.calls(func() { readings = l.crm.Read(l.ctx, append(made, made[0], made[249]), nil) })
	if want := pages(250, l.crm.Limits().Read); n != want {
		l.Errorf("%d calls to read 250 records, want %d", n, want)
	}
	if len(readings) != 250 {
		l.Errorf("%d readings", len(readings))
	}
	for i, external := range made {
		if r := readings[external]; r.Record == nil || r.Record.ID != external {
			l.Fatalf("Read(%s) = %+v", external, r)
		}
		l.same("reading", readings[external].Record.Fields, person(i))
	}
	if n := l.calls(func() { l.crm.Read(l.ctx, nil, nil) }); n != 0 {
		l.Errorf("%d calls to read nothing", n)
	}
}

func readGone(l *crmLab) {
	made := l.addMany(3)
	l.must(l.Remove(made[1]))
	asked := append(made, "999999999")
	readings := l.crm.Read(l.ctx, asked, nil)
	for i, external := range asked {
		r, ok := readings[external]
		if gone := i == 1 || i == 3; !ok || r.Gone() != gone || r.Err != nil {
			l.Errorf("Read(%s) = %+v, want gone: %v", external, r, gone)
		}
	}
}

func readMerged(l *crmLab) {
	made := l.addMany(3)
	survivor, err := l.Merge(made[0], made[1])
	l.must(err)
	readings := l.crm.Read(l.ctx, made, nil)
	for _, external := range made[:2] {
		r := readings[external]
		switch {
		case r.Err != nil:
			l.Errorf("Read(%s): %v", external, r.Err)
		case l.MergeResolves || external == survivor:
			if r.Record == nil || r.Record.ID != survivor {
				l.Errorf("Read(%s) = %+v, want the survivor %s", external, r.Record, survivor)
			}
		case !r.Gone():
			l.Errorf("Read(%s) = %+v, want it gone", external, r.Record)
		}
	}
	if r := readings[made[2]].Record; r == nil || r.ID != made[2] {
		l.Errorf("the record beside the merged ones: %+v", r)
	}
}

// readAbsent opens the adapter without one of the custom fields: it is then absent
// from every record, while those that exist and are blank are there and blank.
func readAbsent(l *crmLab) {
	known := contact.Values{contact.Email: "ada@example.com", contact.FirstName: "Ada"}
	external := l.add(known)
	full := l.read(external)
	for _, spec := range l.Specs {
		if value, ok := full.Fields[spec.Field]; spec.Field != contact.SyncKey && (!ok || value != known[spec.Field]) {
			l.Errorf("%s is %q, there: %v, want %q", spec.Field, value, ok, known[spec.Field])
		}
	}
	if _, ok := full.Fields[contact.SyncKey]; ok || full.Key != "" {
		l.Error("the key is among the fields")
	}
	missing := make(map[contact.Field]sync.RemoteField)
	for field, remote := range l.fields {
		if field == contact.Pronouns {
			remote.State = sync.FieldMissing
		}
		missing[field] = remote
	}
	l.crm = l.open(missing)
	listed, _ := l.listAll()
	for what, r := range map[string]*sync.Record{"read": l.read(external), "listed": listed[external]} {
		if value, ok := r.Fields[contact.Pronouns]; ok {
			l.Errorf("%s: a field that does not exist is %q", what, value)
		}
	}
	made := l.create(1, contact.Values{contact.Email: "bob@example.com", contact.Pronouns: "he/him"})
	if value, ok := made.Fields[contact.Pronouns]; ok {
		l.Errorf("created: a field that does not exist is %q", value)
	}
}

// readAdditional checks that a record which is written keeps its other addresses.
func readAdditional(l *crmLab) {
	made := l.addMany(2)
	survivor, err := l.Merge(made[0], made[1])
	l.must(err)
	before := l.read(survivor)
	if len(before.Emails) != 2 {
		l.Fatalf("the merged record has the addresses %v", before.Emails)
	}
	result := l.crm.Update(l.ctx, []sync.UpdateRequest{{
		ID: survivor, Current: before, Fields: contact.Values{contact.FirstName: "Renamed"},
	}})[0]
	l.must(result.Err)
	for what, r := range map[string]*sync.Record{"answer": result.Record, "reading": l.read(survivor)} {
		if !slices.Equal(r.Emails, before.Emails) {
			l.Errorf("%s: addresses %v, before %v", what, r.Emails, before.Emails)
		}
	}
}
