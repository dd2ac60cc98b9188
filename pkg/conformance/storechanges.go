package conformance

import (
	"fmt"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

var changeCases = []storeCase{
	{"a change appended again changes nothing", changesIdempotent},
	{"changes page newest first, by contact and by run", changePages},
	{"changes are read and replaced by id", changesReplaced},
	{"pruning forgets what is older, and nothing else", logsPruned},
}

func change(id string, ms int) sync.Change {
	return sync.Change{
		ID: id, At: after(ms), ContactID: "c1", ContactName: "Zoë", Op: sync.ChangeUpdated, By: contact.HubSpot.Source(),
		Fields: map[contact.Field]sync.FieldChange{contact.Email: {Before: "a", After: ""}, "favourite.colour": {After: "blau"}},
		Remotes: []sync.RemoteChange{{
			Provider: contact.Pipedrive, ConnectionID: "acme:pipedrive", ExternalID: "7", Op: sync.ChangeUpdated,
			Fields: map[contact.Field]sync.FieldChange{contact.Email: {Before: "a"}},
		}},
	}
}

// changesAll returns every change of a query, read in pages.
func (b *bench) changesAll(q sync.LogQuery) []sync.Change {
	b.Helper()
	var all []sync.Change
	for {
		page, next, err := b.store().ListChanges(b.ctx, acme, q)
		b.must(err)
		all = append(all, page...)
		if next == "" {
			return all
		}
		b.equal("changes of a page that is not the last", len(page), q.Limit)
		q.Cursor = next
	}
}

func changesIdempotent(b *bench) {
	first, other := change("h1", 1), change("h1", 2)
	other.Op = sync.ChangeDeleted
	b.must(b.store().AppendChanges(b.ctx, acme, nil))
	b.must(b.store().AppendChanges(b.ctx, acme, []sync.Change{first}))
	b.must(b.store().AppendChanges(b.ctx, acme, []sync.Change{other, change("h2", 3), change("h2", 3)}))
	b.equal("changes", b.changesAll(sync.LogQuery{Limit: 10}), []sync.Change{change("h2", 3), first})
}

func changePages(b *bench) {
	const n = 120
	var changes []sync.Change
	for i := range n {
		c := change(fmt.Sprintf("h%03d", i), i/7)
		c.ContactID = []contact.ID{"c1", "c2"}[i%2]
		c.RunID = []string{"", "r1", "r2"}[i%3]
		changes = append(changes, c)
	}
	b.must(b.store().AppendChanges(b.ctx, acme, changes))
	for _, q := range []sync.LogQuery{{}, {ContactID: "c2"}, {RunID: "r1"}, {ContactID: "c1", RunID: "r2"}, {ContactID: "none"}} {
		q.Limit = 7
		var want []sync.Change
		for _, c := range slices.Backward(changes) {
			if (q.ContactID == "" || q.ContactID == c.ContactID) && (q.RunID == "" || q.RunID == c.RunID) {
				want = append(want, c)
			}
		}
		b.equal(fmt.Sprintf("%+v", q), b.changesAll(q), want)
	}
	_, _, err := b.store().ListChanges(b.ctx, acme, sync.LogQuery{Cursor: "%%%"})
	b.kind(err, fault.Invalid)
}

func changesReplaced(b *bench) {
	first, second, none := change("h1", 1), change("h2", 2), change("h9", 9)
	b.must(b.store().AppendChanges(b.ctx, acme, []sync.Change{first, second}))
	first.State, first.Remotes = sync.ChangeReverted, nil
	b.must(b.store().SaveChanges(b.ctx, acme, nil))
	b.must(b.store().SaveChanges(b.ctx, acme, []sync.Change{first, none}))
	for _, want := range []sync.Change{first, second} {
		got, err := b.store().Change(b.ctx, acme, want.ID)
		b.must(err)
		b.equal("change", got, &want)
	}
	_, err := b.store().Change(b.ctx, acme, none.ID)
	b.kind(err, fault.NotFound)
}

func logsPruned(b *bench) {
	for i := range 4 {
		name := fmt.Sprint(i)
		b.must(b.store().AppendActivity(b.ctx, acme, []sync.Activity{activity(name, i)}))
		b.must(b.store().AppendConflicts(b.ctx, acme, []sync.Conflict{conflict(name, i)}))
		b.must(b.store().AppendChanges(b.ctx, acme, []sync.Change{change(name, i)}))
	}
	b.must(b.store().PutReviews(b.ctx, acme, []sync.Review{{ID: "v1", At: noon}}))
	states := []sync.RunState{sync.RunDone, sync.RunFailed, sync.RunCancelled, sync.RunPartial, sync.RunWaiting}
	for _, state := range states {
		for i := range 3 {
			run := newRun(fmt.Sprint(state, i), sync.Full, after(i))
			run.State = state
			b.must(b.store().AddRun(b.ctx, run))
		}
	}
	b.must(b.store().PruneLogs(b.ctx, acme, after(2)))
	b.must(b.store().PruneLogs(b.ctx, acme, after(2)))
	for _, state := range states {
		for i := range 3 {
			_, err := b.store().Run(b.ctx, acme, fmt.Sprint(state, i))
			ended := state != sync.RunPartial && state != sync.RunWaiting
			b.equal(fmt.Sprintf("run %s %d is forgotten", state, i), fault.Is(err, fault.NotFound), ended && i < 2)
		}
	}
	b.equal("changes", b.changesAll(sync.LogQuery{Limit: 10}), []sync.Change{change("3", 3), change("2", 2)})
	b.equal("activity", b.activityAll(sync.LogQuery{Limit: 10}), []sync.Activity{activity("3", 3), activity("2", 2)})
	conflicts, _, total, err := b.store().ListConflicts(b.ctx, acme, sync.LogQuery{})
	b.must(err)
	b.equal("conflicts", conflicts, []sync.Conflict{conflict("3", 3), conflict("2", 2)})
	b.equal("number of conflicts", total, 2)
	items, err := b.store().ListReviews(b.ctx, acme)
	b.must(err)
	b.equal("reviews, which wait for a person", len(items), 1)
}
