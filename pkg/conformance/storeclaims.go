package conformance

import (
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

var claimCases = []storeCase{
	{"due contacts are claimed oldest first", claimOldest},
	{"a claim leases, raises the fence and not the revision", claimLeases},
	{"a lease ends by the time given", claimLeaseEnds},
	{"a save ends the lease", claimSaved},
	{"contacts are claimed by id, whether due or not", claimByID},
	{"contacts of any lifecycle are claimed", claimArchived},
	{"a document claimed in full is as it was saved", claimWhole},
}

// claim claims due contacts.
func (b *bench) claim(now, until time.Time, limit int) []*sync.Contact {
	b.Helper()
	found, err := b.store().ClaimContacts(b.ctx, acme, sync.Claim{Now: now, Until: until, Limit: limit})
	b.must(err)
	return found
}

// claimIDs claims contacts by id.
func (b *bench) claimIDs(now, until time.Time, limit int, ids ...contact.ID) []*sync.Contact {
	b.Helper()
	found, err := b.store().ClaimContacts(b.ctx, acme, sync.Claim{Now: now, Until: until, Limit: limit, IDs: ids})
	b.must(err)
	return found
}

func claimOldest(b *bench) {
	b.save(
		newContact(1, dueAt(after(30))), newContact(2, dueAt(after(10))), newContact(3, dueAt(after(20))),
		newContact(4), newContact(5, dueAt(after(40))),
	)
	b.equal("too early", ids(b.claim(after(9), after(1000), 10)), []contact.ID(nil))
	b.equal("the oldest two", ids(b.claim(after(30), after(1000), 2)), numbers(2, 3))
	b.equal("the rest that is due", ids(b.claim(after(30), after(1000), 2)), numbers(1))
	b.equal("nothing more", ids(b.claim(after(30), after(1000), 2)), []contact.ID(nil))
	b.equal("limit of none", ids(b.claim(after(50), after(1000), 0)), []contact.ID(nil))
	b.equal("the last", ids(b.claim(after(50), after(1000), 2)), numbers(5))
}

func claimLeases(b *bench) {
	c := newContact(1, dueAt(noon))
	b.save(c)
	claimed := b.claim(after(5), after(1000), 1)[0]
	want := c.Clone()
	want.Fence = 1
	want.Due = &sync.Due{At: noon, LeaseUntil: after(1000)}
	b.equal("claimed", claimed, want)
	b.equal("stored", b.load(c.ID), want)
}

func claimLeaseEnds(b *bench) {
	b.save(newContact(1, dueAt(noon)))
	first := b.claim(noon, after(1000), 1)[0]
	b.equal("while leased", ids(b.claim(after(999), after(2000), 1)), []contact.ID(nil))
	second := b.claim(after(1000), after(2000), 1)
	b.equal("when the lease is over", ids(second), numbers(1))
	b.equal("fence", second[0].Fence, int64(2))
	b.equal("a save under the first lease", b.trySave(first), []sync.SaveOutcome{sync.SaveStale})
	b.save(second[0])
}

func claimSaved(b *bench) {
	b.save(newContact(1, dueAt(noon)), newContact(2, dueAt(noon)))
	claimed := b.claim(noon, after(1000), 2)
	done, again := claimed[0], claimed[1]
	done.Due = nil
	again.Due = &sync.Due{At: after(50)}
	b.save(done, again)
	b.equal("before the next time", ids(b.claim(after(49), after(2000), 2)), []contact.ID(nil))
	b.equal("at the next time", ids(b.claim(after(50), after(2000), 2)), []contact.ID{again.ID})
	b.equal("done", b.load(done.ID).Due, (*sync.Due)(nil))
}

func claimByID(b *bench) {
	b.save(newContact(1), newContact(2, dueAt(after(500))), newContact(3, dueAt(noon)), newContact(4, dueAt(noon)))
	b.claimIDs(noon, after(1000), 1, id(3))
	found := b.claimIDs(after(1), after(1000), 10, numbers(1, 2, 3, 99, 2)...)
	list := ids(found)
	slices.Sort(list)
	b.equal("claimed", list, numbers(1, 2))
	for _, c := range found {
		if c.Fence != 1 || c.Rev != 1 || c.Due == nil || !c.Due.LeaseUntil.Equal(after(1000)) {
			b.Errorf("contact %s: fence %d, revision %d, due %+v", c.ID, c.Fence, c.Rev, c.Due)
		}
		b.equal("stored", b.load(c.ID), c)
	}
	b.equal("claimed again", ids(b.claimIDs(after(2), after(2000), 10, numbers(1, 2)...)), []contact.ID(nil))
	b.equal("a due one that was not named", ids(b.claim(after(2), after(1000), 10)), numbers(4))
	b.equal("when their leases are over", len(b.claimIDs(after(1000), after(2000), 2, numbers(1, 2, 3)...)), 2)
	none, err := b.store().ClaimContacts(b.ctx, acme, sync.Claim{Now: after(9000), Until: after(9999), Limit: 9, IDs: []contact.ID{}})
	b.must(err)
	b.equal("none named", ids(none), []contact.ID(nil))
}

func claimArchived(b *bench) {
	b.save(newContact(1, archived, dueAt(noon)))
	b.equal("claimed", ids(b.claim(noon, after(1000), 1)), numbers(1))
}

func claimWhole(b *bench) {
	c := wholeContact()
	b.save(c)
	claimed := b.claim(after(60), after(1000), 1)
	want := c.Clone()
	want.Fence++
	want.Due.LeaseUntil = after(1000)
	b.equal("claimed", claimed, []*sync.Contact{want})
}
