package conformance

import (
	"fmt"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

var contactCases = []storeCase{
	{"a document comes back as it was saved", saveWhole},
	{"times are kept in UTC to the millisecond", saveTimes},
	{"a save raises the revision in place", saveRaises},
	{"a save of another revision is stale", saveOtherRevision},
	{"a save of another fence is stale", saveOtherFence},
	{"outcomes are per contact and in order", saveMixed},
	{"a large batch is saved", saveMany},
	{"an empty request is no error", saveNothing},
	{"contacts are read by id", readByID},
	{"active contacts are found by e-mail", readByEmail},
	{"a scan pages by id", scanPages},
	{"marking due keeps the earlier time and raises the revision", markDue},
	{"marking due keeps a lease", markDueLeased},
	{"hurrying makes what is due later due now", hurry},
}

// wholeContact has something in every part of a document.
func wholeContact() *sync.Contact {
	c := newContact(1, linked(hub, "100"), linked(pipe, ""), dueAt(after(60)))
	c.DeletedAt = after(1)
	c.Fence = 0
	setField(c, contact.FirstName, "Zoë  Ångström 👩🏽‍💻 \u202eright")
	setField(c, contact.LastName, `O'Brien "$where" {a.b} \ %_`)
	setField(c, contact.Company, "株式会社 <b>&amp;</b>")
	setField(c, "favourite", "line one\nline two\ttab")
	setField(c, contact.Phone, "")
	c.Links[0].Shadow = map[contact.Field]sync.Shadow{
		contact.Email:  {H: "a@example.com", R: "A@Example.com ", At: after(2)},
		"$custom-key_": {H: "", R: "only there", At: after(3)},
	}
	c.Links[0].Keyed = true
	c.Links[0].Modified = after(4)
	c.Links[0].MissingSince = after(5)
	c.Links[0].SyncedAt = after(6)
	c.Links[0].URL = "https://crm.example/contacts/100?x=1&y=2"
	c.Links[0].InDoubt = []sync.InDoubt{{Field: contact.Phone, Val: "+1", Until: after(7)}}
	c.Links[0].Verify = []sync.Verify{{Field: contact.Phone, Wrote: "+1", Expect: "+2", At: after(7), Modified: after(6), Checked: true}}
	c.Links[0].Lost = map[contact.Field]reconcile.Lost{contact.Phone: {Value: "+3", At: after(5), Base: "+2"}}
	c.Links[0].Flips = map[contact.Field]sync.Flips{contact.Phone: {Value: "+4", Count: 3, Since: after(4), Base: after(5)}}
	c.Links[0].ReadAgainAt = after(13)
	c.Held = map[contact.Field]sync.Hold{contact.Phone: {Reason: sync.HeldManual, ConflictID: "conflict-2", At: after(9)}}
	c.Chosen = map[contact.Field][]string{contact.Company: {"", "株式会社"}}
	c.Links[1].Intents = []sync.Intent{{
		ID: "intent-1", Op: sync.OpCreate, At: after(8),
		Fields: map[contact.Field]sync.IntentValue{contact.Email: {Val: "a", H: "b", Expect: "c"}},
	}}
	c.Links[1].Attempts = 2
	c.Links[1].Error = &sync.LinkError{
		Kind: "invalid", Message: "Nein, das geht nicht.", At: after(10),
		Fields: map[contact.Field]string{contact.Email: "is not valid"},
	}
	c.Outbox = []sync.Conflict{{
		ID: "conflict-1", ContactID: c.ID, ContactName: "Zoë", Field: contact.Email, Base: "old", At: after(11),
		Values: []sync.ConflictValue{{Source: contact.App, Value: "new", At: after(12)}, {Source: "hubspot", Value: ""}},
		Winner: contact.App, Rule: "latest", State: "decided", RunID: "run-1",
	}}
	return c
}

func saveWhole(b *bench) {
	c := wholeContact()
	want := c.Clone()
	b.save(c)
	want.Rev = 1
	b.equal("first save", b.load(c.ID), want)

	c.Links[0].Shadow = nil
	c.Links[1].Intents, c.Links[1].Error, c.Outbox, c.Due = nil, nil, nil, nil
	delete(c.Fields, contact.Phone)
	want = c.Clone()
	b.save(c)
	want.Rev = 2
	b.equal("second save", b.load(c.ID), want)
}

func saveTimes(b *bench) {
	c := newContact(1, linked(hub, "100"))
	exact := time.Date(2026, 3, 1, 14, 0, 0, 123_987_654, time.FixedZone("", 2*3600))
	kept := time.Date(2026, 3, 1, 12, 0, 0, 123_000_000, time.UTC)
	c.UpdatedAt = exact
	c.Fields[contact.Email] = sync.Value{V: "a@example.com", Src: contact.App, At: exact}
	c.Links[0].SyncedAt = exact
	c.Links[0].Intents = []sync.Intent{{ID: "i", Op: sync.OpUpdate, At: exact}}
	c.Due = &sync.Due{At: exact}
	b.save(c)
	got := b.load(c.ID)
	for name, at := range map[string]time.Time{
		"updatedAt": got.UpdatedAt, "value": got.Fields[contact.Email].At, "link": got.Links[0].SyncedAt,
		"intent": got.Links[0].Intents[0].At, "due": got.Due.At,
	} {
		if !at.Equal(kept) || at.Location() != time.UTC {
			b.Errorf("%s: %v, want %v", name, at, kept)
		}
	}
	if !got.DeletedAt.IsZero() || !got.Due.LeaseUntil.IsZero() {
		b.Errorf("a time that is not set came back as %v, %v", got.DeletedAt, got.Due.LeaseUntil)
	}
}

func saveRaises(b *bench) {
	c := newContact(1)
	for rev := range int64(3) {
		b.save(c)
		if c.Rev != rev+1 {
			b.Fatalf("revision %d after save %d", c.Rev, rev+1)
		}
		b.equal("stored", b.load(c.ID), c)
	}
}

func saveOtherRevision(b *bench) {
	c := newContact(1)
	b.save(c)
	b.save(c)
	for _, rev := range []int64{0, 1, 3} {
		d := c.Clone()
		d.Rev = rev
		setField(d, contact.LastName, "Lost")
		b.equal("outcome", b.trySave(d), []sync.SaveOutcome{sync.SaveStale})
		if d.Rev != rev {
			b.Errorf("the revision of a contact that was not saved became %d", d.Rev)
		}
	}
	b.equal("stored", b.load(c.ID), c)

	unknown := newContact(2)
	unknown.Rev = 1
	b.equal("of no contact", b.trySave(unknown), []sync.SaveOutcome{sync.SaveStale})
	found, err := b.store().Contacts(b.ctx, acme, []contact.ID{unknown.ID})
	b.must(err)
	b.equal("found", found, []*sync.Contact(nil))
}

func saveOtherFence(b *bench) {
	c := newContact(1, dueAt(noon))
	b.save(c)
	claimed := b.claim(noon, after(1000), 1)
	b.equal("before the claim", b.trySave(c), []sync.SaveOutcome{sync.SaveStale})
	claimed[0].Fence++
	b.equal("of a later claim", b.trySave(claimed[0]), []sync.SaveOutcome{sync.SaveStale})
	claimed[0].Fence--
	b.save(claimed[0])
}

func saveMixed(b *bench) {
	stale, holder := newContact(1), newContact(2, linked(hub, "100"))
	b.save(stale, holder)
	old := stale.Clone()
	b.save(stale)
	fresh, taking := newContact(3), newContact(4, linked(hub, "100"))
	setField(holder, contact.LastName, "Changed")
	got := b.trySave(fresh, old, holder, taking)
	b.equal("outcomes", got, []sync.SaveOutcome{sync.Saved, sync.SaveStale, sync.Saved, sync.SaveLinkTaken})
	b.equal("revisions", []int64{fresh.Rev, old.Rev, holder.Rev, taking.Rev}, []int64{1, 1, 2, 0})
	b.equal("holder", b.load(holder.ID), holder)
	b.equal("stale", b.load(stale.ID), stale)
	all, err := b.store().ScanContacts(b.ctx, acme, "", 10)
	b.must(err)
	b.equal("stored", ids(all), numbers(1, 2, 3))
}

func saveMany(b *bench) {
	const n = 500
	batch := make([]*sync.Contact, n)
	for i := range batch {
		batch[i] = newContact(i, linked(hub, contact.ExternalID(fmt.Sprint(i))))
	}
	b.save(batch...)
	for _, c := range batch {
		setField(c, contact.FirstName, "Changed")
	}
	b.save(batch...)
	all, err := b.store().ScanContacts(b.ctx, acme, "", n+1)
	b.must(err)
	b.equal("stored", all, batch)
}

func saveNothing(b *bench) {
	s := b.store()
	outcomes, err := s.SaveContacts(b.ctx, acme, nil)
	b.must(err)
	b.equal("outcomes", outcomes, []sync.SaveOutcome(nil))
	b.must(s.MarkDue(b.ctx, acme, nil, noon))
	b.must(s.PutHints(b.ctx, acme, nil))
	b.must(s.DropHints(b.ctx, acme, nil))
	b.must(s.PutStaged(b.ctx, acme, "g", nil))
	b.must(s.DropStaged(b.ctx, acme, "g"))
	b.must(s.PutTombstones(b.ctx, acme, nil))
	b.must(s.DropTombstones(b.ctx, acme, hub, nil))
	b.must(s.AppendActivity(b.ctx, acme, nil))
	b.must(s.AppendConflicts(b.ctx, acme, nil))
	b.must(s.PutReviews(b.ctx, acme, nil))
	b.must(s.DropReviews(b.ctx, acme, nil))
	for _, read := range []func() (int, error){
		func() (int, error) { found, err := s.Contacts(b.ctx, acme, nil); return len(found), err },
		func() (int, error) { found, err := s.ContactsByLink(b.ctx, acme, hub, nil); return len(found), err },
		func() (int, error) { found, err := s.ContactsByEmail(b.ctx, acme, nil); return len(found), err },
		func() (int, error) { found, err := s.StagedByEmail(b.ctx, acme, "g", nil); return len(found), err },
		func() (int, error) { found, err := s.StagedByContact(b.ctx, acme, "g", nil); return len(found), err },
		func() (int, error) { found, err := s.Tombstones(b.ctx, acme, hub, nil); return len(found), err },
	} {
		n, err := read()
		b.must(err)
		b.equal("found", n, 0)
	}
	name, err := s.Ping(b.ctx)
	b.must(err)
	if name == "" {
		b.Error("the store has no name")
	}
}

func readByID(b *bench) {
	b.save(newContact(1), newContact(2, archived), newContact(3))
	found, err := b.store().Contacts(b.ctx, acme, numbers(3, 2, 99, 2))
	b.must(err)
	list := ids(found)
	slices.Sort(list)
	b.equal("found", list, numbers(2, 3))
}

func readByEmail(b *bench) {
	moved := newContact(4, with(contact.Email, "old@example.com"))
	b.save(
		newContact(1, with(contact.Email, " Ann@Example.COM ")),
		newContact(2, with(contact.Email, "ann@example.com")),
		newContact(3, with(contact.Email, "ann@example.com"), archived),
		moved,
		newContact(5, with(contact.Email, "")),
		newContact(6, with(contact.Email, "jörg@büro.example")),
	)
	setField(moved, contact.Email, "new@example.com")
	b.save(moved)
	for _, c := range []struct {
		emails []string
		want   []contact.ID
	}{
		{[]string{"ann@example.com"}, numbers(1, 2)},
		{[]string{"Ann@Example.COM"}, nil},
		{[]string{"old@example.com"}, nil},
		{[]string{"new@example.com", "ann@example.com", "ann@example.com"}, numbers(1, 2, 4)},
		{[]string{"jörg@büro.example"}, numbers(6)},
		{[]string{""}, nil},
	} {
		found, err := b.store().ContactsByEmail(b.ctx, acme, c.emails)
		b.must(err)
		list := ids(found)
		slices.Sort(list)
		b.equal(fmt.Sprint(c.emails), list, c.want)
	}
}

func scanPages(b *bench) {
	const n = 25
	var all []*sync.Contact
	for i := range n {
		c := newContact((i*7)%n, func(c *sync.Contact) {
			if i%3 == 0 {
				archived(c)
			}
		})
		all = append(all, c)
	}
	b.save(all...)
	slices.SortFunc(all, func(x, y *sync.Contact) int { return slices.Compare([]byte(x.ID), []byte(y.ID)) })
	var seen []*sync.Contact
	for last := contact.ID(""); ; {
		page, err := b.store().ScanContacts(b.ctx, acme, last, 10)
		b.must(err)
		if len(page) == 0 {
			break
		}
		seen = append(seen, page...)
		last = page[len(page)-1].ID
	}
	b.equal("scanned", seen, all)
}

func markDue(b *bench) {
	idle, later, earlier := newContact(1), newContact(2, dueAt(after(500))), newContact(3, dueAt(after(10)))
	b.save(idle, later, earlier, newContact(4))
	b.must(b.store().MarkDue(b.ctx, acme, numbers(1, 2, 3, 99), after(100)))
	for n, want := range map[int]*sync.Due{
		1: {At: after(100)}, 2: {At: after(100)}, 3: {At: after(10)}, 4: nil,
	} {
		got := b.load(id(n))
		b.equal(fmt.Sprintf("due of contact %d", n), got.Due, want)
		if wantRev := int64(2); n != 4 && got.Rev != wantRev {
			b.Errorf("contact %d: revision %d, want %d", n, got.Rev, wantRev)
		}
	}
	b.equal("a save of work begun before", b.trySave(idle), []sync.SaveOutcome{sync.SaveStale})
}

func markDueLeased(b *bench) {
	b.save(newContact(1, dueAt(noon)))
	claimed := b.claim(noon, after(1000), 1)
	b.must(b.store().MarkDue(b.ctx, acme, numbers(1), after(10)))
	b.equal("claimed again", ids(b.claim(after(20), after(2000), 1)), []contact.ID(nil))
	b.equal("outcome", b.trySave(claimed[0]), []sync.SaveOutcome{sync.SaveStale})
	again := b.load(id(1))
	b.equal("fence", again.Fence, claimed[0].Fence)
	b.save(again)
}

func hurry(b *bench) {
	leased := newContact(5, dueAt(after(5)))
	b.save(newContact(1), newContact(2, dueAt(after(500))), newContact(3, dueAt(after(10))), newContact(4, dueAt(after(900)), archived), leased)
	b.claimIDs(after(5), after(1000), 1, leased.ID)
	lapsed := newContact(6, dueAt(after(700)))
	b.save(lapsed)
	b.claimIDs(noon, after(50), 1, lapsed.ID)
	b.must(b.store().HurryContacts(b.ctx, acme, after(100)))
	for n, want := range map[int]*sync.Due{
		1: nil, 2: {At: after(100)}, 3: {At: after(10)}, 4: {At: after(100)},
		5: {At: after(5), LeaseUntil: after(1000)}, 6: {At: after(100), LeaseUntil: after(50)},
	} {
		got := b.load(id(n))
		b.equal(fmt.Sprintf("due of contact %d", n), got.Due, want)
		b.equal("revision", got.Rev, int64(1))
	}
}
