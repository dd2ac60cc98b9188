package conformance

import (
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

var linkCases = []storeCase{
	{"contacts are found by their links", readByLink},
	{"a record has one contact", linkTaken},
	{"of two contacts in a batch one gets the record", linkTakenInBatch},
	{"a refused contact reserves nothing", linkRefusedReservesNothing},
	{"an archived contact keeps its records", linkArchived},
	{"a record is free when its link ends", linkFreed},
}

// byLink returns the numbers' worth of contacts linked to records of the hub.
func (b *bench) byLink(connection contact.ConnectionID, externals ...contact.ExternalID) []contact.ID {
	b.Helper()
	found, err := b.store().ContactsByLink(b.ctx, acme, connection, externals)
	b.must(err)
	list := ids(found)
	slices.Sort(list)
	return list
}

func readByLink(b *bench) {
	missing := newContact(4, linked(hub, "104"))
	missing.Links[0].State = sync.LinkMissing
	detached := newContact(5, linked(hub, "105"))
	detached.Links[0].State = sync.LinkDetached
	b.save(
		newContact(1, linked(hub, "101"), linked(pipe, "201")),
		newContact(2, linked(pipe, "101")),
		newContact(3, linked(hub, "103"), archived),
		missing, detached,
		newContact(6, linked(hub, "")),
		newContact(7, linked(hub, "abc-Ü/1 2"), linked(hub, "107")),
	)
	b.equal("one", b.byLink(hub, "101"), numbers(1))
	b.equal("of the other connection", b.byLink(pipe, "101"), numbers(2))
	b.equal("many", b.byLink(hub, "101", "103", "104", "105", "999", "101"), numbers(1, 3, 4))
	b.equal("to be created", b.byLink(hub, ""), []contact.ID(nil))
	b.equal("any text", b.byLink(hub, "abc-Ü/1 2"), numbers(7))
	b.equal("case matters", b.byLink(hub, "ABC-Ü/1 2"), []contact.ID(nil))
	b.equal("two links of one contact", b.byLink(hub, "abc-Ü/1 2", "107"), numbers(7))
}

func linkTaken(b *bench) {
	holder := newContact(1, linked(hub, "100"))
	b.save(holder)
	taking := newContact(2, linked(hub, "100"))
	b.equal("a new contact", b.trySave(taking), []sync.SaveOutcome{sync.SaveLinkTaken})
	existing := newContact(3)
	b.save(existing)
	want := existing.Clone()
	linked(hub, "100")(existing)
	setField(existing, contact.LastName, "Changed")
	b.equal("a stored contact", b.trySave(existing), []sync.SaveOutcome{sync.SaveLinkTaken})
	b.equal("its revision", existing.Rev, want.Rev)
	b.equal("what is stored of it", b.load(existing.ID), want)
	b.equal("who holds it", b.byLink(hub, "100"), numbers(1))
	b.save(newContact(4, linked(pipe, "100")))
	b.save(holder)
}

func linkTakenInBatch(b *bench) {
	b.save(newContact(9))
	x, y := newContact(1, linked(hub, "100")), newContact(2, linked(hub, "100"))
	outcomes := b.trySave(x, newContact(3, linked(hub, "103")), y)
	b.equal("the third", outcomes[1], sync.Saved)
	winner := x
	if outcomes[2] == sync.Saved {
		winner = y
		b.equal("the other", outcomes[0], sync.SaveLinkTaken)
	} else {
		b.equal("the one", outcomes[0], sync.Saved)
		b.equal("the other", outcomes[2], sync.SaveLinkTaken)
	}
	b.equal("who holds it", b.byLink(hub, "100"), []contact.ID{winner.ID})
	found, err := b.store().Contacts(b.ctx, acme, numbers(1, 2))
	b.must(err)
	b.equal("stored", ids(found), []contact.ID{winner.ID})
}

func linkRefusedReservesNothing(b *bench) {
	b.save(newContact(1, linked(hub, "100")))
	refused := newContact(2, linked(pipe, "200"), linked(hub, "100"), linked(pipe, "201"))
	b.equal("outcome", b.trySave(refused), []sync.SaveOutcome{sync.SaveLinkTaken})
	b.equal("holder of the free one", b.byLink(pipe, "200", "201"), []contact.ID(nil))
	b.save(newContact(3, linked(pipe, "200")), newContact(4, linked(pipe, "201")))

	stale := newContact(5)
	b.save(stale)
	old := stale.Clone()
	b.save(stale)
	linked(hub, "105")(old)
	b.equal("outcome", b.trySave(old), []sync.SaveOutcome{sync.SaveStale})
	b.save(newContact(6, linked(hub, "105")))
}

func linkArchived(b *bench) {
	c := newContact(1, linked(hub, "100"))
	b.save(c)
	archived(c)
	b.save(c)
	b.equal("outcome", b.trySave(newContact(2, linked(hub, "100"))), []sync.SaveOutcome{sync.SaveLinkTaken})
}

func linkFreed(b *bench) {
	detached, removed := newContact(1, linked(hub, "100")), newContact(2, linked(hub, "200"))
	moved := newContact(3, linked(hub, "300"))
	b.save(detached, removed, moved)
	detached.Links[0].State = sync.LinkDetached
	removed.Links = nil
	moved.Links[0].ExternalID = "301"
	b.save(detached, removed, moved)
	b.equal("holders", b.byLink(hub, "100", "200", "300", "301"), numbers(3))
	b.save(newContact(4, linked(hub, "100"), linked(hub, "200"), linked(hub, "300")))
	b.equal("outcome", b.trySave(newContact(5, linked(hub, "301"))), []sync.SaveOutcome{sync.SaveLinkTaken})
}
