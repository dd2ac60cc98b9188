package conformance

import (
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

var countCases = []storeCase{
	{"an empty store counts nothing", countNothing},
	{"active contacts are counted by status", countStatuses},
	{"due contacts are counted, and the next that can be claimed", countDue},
	{"links are counted per connection", countLinks},
	{"link counts follow the contacts", countLinksChanged},
}

func (b *bench) counts() sync.ContactCounts {
	b.Helper()
	counts, err := b.store().CountContacts(b.ctx, acme)
	b.must(err)
	return counts
}

func countNothing(b *bench) {
	b.equal("counts", b.counts(), sync.ContactCounts{})
}

func countStatuses(b *bench) {
	c := newContact(1, status(sync.StatusSyncing))
	b.save(c, newContact(2), newContact(3), newContact(4, status(sync.StatusError)), newContact(5, archived))
	counts := b.counts()
	b.equal("total", counts.Total, 4)
	b.equal("by status", nonZero(counts.ByStatus), map[sync.Status]int{sync.StatusSyncing: 1, sync.StatusSynced: 2, sync.StatusError: 1})
	c.Status = sync.StatusSynced
	b.save(c)
	counts = b.counts()
	b.equal("total", counts.Total, 4)
	b.equal("by status", nonZero(counts.ByStatus), map[sync.Status]int{sync.StatusSynced: 3, sync.StatusError: 1})
}

func nonZero[K comparable, V comparable](counts map[K]V) map[K]V {
	var zero V
	kept := map[K]V{}
	for k, n := range counts {
		if n != zero {
			kept[k] = n
		}
	}
	return kept
}

func countDue(b *bench) {
	b.save(
		newContact(1, dueAt(after(10))), newContact(2, dueAt(after(30))), newContact(3),
		newContact(4, dueAt(after(40)), archived),
	)
	counts := b.counts()
	b.equal("due", counts.Due, 3)
	b.instant("next", counts.NextDue, after(10))

	claimed := b.claim(after(10), after(1000), 1)
	counts = b.counts()
	b.equal("due, one of them leased", counts.Due, 3)
	b.instant("next that is not leased", counts.NextDue, after(30))

	claimed[0].Due = nil
	b.save(claimed...)
	counts = b.counts()
	b.equal("due, one of them done", counts.Due, 2)
	b.instant("next", counts.NextDue, after(30))
}

func (b *bench) instant(what string, got, want time.Time) {
	b.Helper()
	if !got.Equal(want) {
		b.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func countLinks(b *bench) {
	working := newContact(1, linked(hub, "101"))
	working.Links[0].Intents = []sync.Intent{{ID: "i", Op: sync.OpUpdate, At: noon}}
	creating := newContact(2, linked(hub, ""))
	failing := newContact(3, linked(hub, "103"))
	failing.Links[0].Error = &sync.LinkError{Kind: "invalid", Message: "no", At: noon}
	failingCreate := newContact(4, linked(hub, ""))
	failingCreate.Links[0].Error = &sync.LinkError{Kind: "invalid", Message: "no", At: noon}
	missing := newContact(5, linked(hub, "105"))
	missing.Links[0].State = sync.LinkMissing
	review := newContact(6, linked(hub, ""))
	review.Links[0].State = sync.LinkReview
	ended := newContact(7, linked(hub, "107"))
	ended.Links[0].State = sync.LinkDetached
	ended.Links[0].Error = &sync.LinkError{Kind: "invalid", Message: "no", At: noon}
	deleting := newContact(8, linked(hub, "108"), linked(pipe, "208"), archived)
	deleting.Links[0].Intents = []sync.Intent{{ID: "i", Op: sync.OpDelete, At: noon}}
	b.save(working, creating, failing, failingCreate, missing, review, ended, deleting)
	b.equal("links", nonZero(b.counts().Links), map[contact.ConnectionID]sync.LinkCounts{
		hub:  {Linked: 4, Pending: 3, Errors: 2},
		pipe: {Linked: 1},
	})
}

func countLinksChanged(b *bench) {
	c := newContact(1, linked(hub, ""))
	c.Links[0].Intents = []sync.Intent{{ID: "i", Op: sync.OpCreate, At: noon}}
	b.save(c)
	step := func(what string, want sync.LinkCounts, change func(l *sync.Link)) {
		b.Helper()
		change(&c.Links[0])
		b.save(c)
		b.equal(what, b.counts().Links[hub], want)
	}
	step("creating", sync.LinkCounts{Pending: 1}, func(*sync.Link) {})
	step("created", sync.LinkCounts{Linked: 1}, func(l *sync.Link) { l.ExternalID, l.Intents = "100", nil })
	step("failed", sync.LinkCounts{Linked: 1, Errors: 1}, func(l *sync.Link) {
		l.Intents = []sync.Intent{{ID: "j", Op: sync.OpUpdate, At: noon}}
		l.Error = &sync.LinkError{Kind: "invalid", Message: "no", At: noon}
	})
	b.equal("a refused save", b.trySave(newContact(2, linked(hub, "100"))), []sync.SaveOutcome{sync.SaveLinkTaken})
	b.equal("counts after a refused save", b.counts().Links[hub], sync.LinkCounts{Linked: 1, Errors: 1})
	step("ended", sync.LinkCounts{}, func(l *sync.Link) { l.State = sync.LinkDetached })
}
