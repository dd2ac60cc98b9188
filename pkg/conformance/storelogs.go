package conformance

import (
	"fmt"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

var logCases = []storeCase{
	{"an entry appended again changes nothing", logsIdempotent},
	{"activity pages newest first, ties by id", activityPages},
	{"activity is selected by contact, run and level", activitySelected},
	{"conflicts page newest first with their total", conflictPages},
	{"a conflict is read and replaced by id", conflictReplaced},
	{"what is said of a contact is forgotten", contactForgotten},
	{"a foreign cursor is invalid", logsCursor},
	{"reviews are kept as they were put until they are dropped", reviews},
}

func activity(id string, ms int) sync.Activity {
	return sync.Activity{ID: id, At: after(ms), Level: sync.Info, Op: "updated", Direction: "in", Message: "Geändert: „Zoë“"}
}

func conflict(id string, ms int) sync.Conflict {
	return sync.Conflict{
		ID: id, ContactID: "c1", ContactName: "Zoë", Field: contact.Email, Base: "b", Winner: contact.App,
		Rule: "latest", State: "decided", At: after(ms),
		Values: []sync.ConflictValue{{Source: contact.App, Value: "x", At: after(ms)}, {Source: "hubspot", Value: ""}},
	}
}

// activityAll returns every entry of a query, read in pages.
func (b *bench) activityAll(q sync.LogQuery) []sync.Activity {
	b.Helper()
	var all []sync.Activity
	for {
		entries, next, err := b.store().ListActivity(b.ctx, acme, q)
		b.must(err)
		all = append(all, entries...)
		if next == "" {
			return all
		}
		b.equal("entries of a page that is not the last", len(entries), q.Limit)
		q.Cursor = next
	}
}

func logsIdempotent(b *bench) {
	entry, decided := activity("a1", 1), conflict("x1", 1)
	entry.RunID, entry.ContactID, entry.ContactName = "r1", id(1), "Zoë"
	entry.Provider, entry.Fields = contact.HubSpot, []contact.Field{contact.Email, "custom"}
	other, otherDecided := activity("a1", 2), conflict("x1", 2)
	other.Message, otherDecided.State = "another", "overridden"
	b.must(b.store().AppendActivity(b.ctx, acme, []sync.Activity{entry}))
	b.must(b.store().AppendActivity(b.ctx, acme, []sync.Activity{other, activity("a2", 3), activity("a2", 3)}))
	b.equal("activity", b.activityAll(sync.LogQuery{Limit: 10}), []sync.Activity{activity("a2", 3), entry})
	b.must(b.store().AppendConflicts(b.ctx, acme, []sync.Conflict{decided}))
	b.must(b.store().AppendConflicts(b.ctx, acme, []sync.Conflict{otherDecided, conflict("x2", 3), conflict("x2", 3)}))
	conflicts, next, total, err := b.store().ListConflicts(b.ctx, acme, sync.LogQuery{})
	b.must(err)
	b.equal("conflicts", conflicts, []sync.Conflict{conflict("x2", 3), decided})
	b.equal("next and total", []any{next, total}, []any{"", 2})
}

func activityPages(b *bench) {
	const n = 1050
	var entries []sync.Activity
	for i := range n {
		k := (i * 617) % n
		entries = append(entries, activity(fmt.Sprintf("a%04d", k), k/7))
	}
	for chunk := range slices.Chunk(entries, 350) {
		b.must(b.store().AppendActivity(b.ctx, acme, chunk))
	}
	var want []string
	for k := n - 1; k >= 0; k-- {
		want = append(want, fmt.Sprintf("a%04d", k))
	}
	var got []string
	for _, e := range b.activityAll(sync.LogQuery{Limit: 100}) {
		got = append(got, e.ID)
	}
	b.equal("order", got, want)
	for limit, size := range map[int]int{0: 50, 1: 1, 200: 200, 1000: 200} {
		page, _, err := b.store().ListActivity(b.ctx, acme, sync.LogQuery{Limit: limit})
		b.must(err)
		b.equal(fmt.Sprintf("page of limit %d", limit), len(page), size)
	}
}

func activitySelected(b *bench) {
	var entries []sync.Activity
	for i := range 40 {
		e := activity(fmt.Sprintf("a%02d", i), i)
		e.ContactID = []contact.ID{"", "c1", "c2"}[i%3]
		e.RunID = []string{"", "r1"}[i%2]
		e.Level = []sync.Level{sync.Info, sync.Info, sync.Warning, sync.Info, sync.Failure}[i%5]
		entries = append(entries, e)
	}
	b.must(b.store().AppendActivity(b.ctx, acme, entries))
	for _, q := range []sync.LogQuery{
		{}, {ContactID: "c1"}, {RunID: "r1"}, {Level: sync.Failure}, {Level: sync.Info}, {Level: sync.Warning, RunID: "r1"},
		{ContactID: "c2", RunID: "r1"}, {ContactID: "c2", RunID: "r1", Level: sync.Failure}, {ContactID: "none"},
	} {
		q.Limit = 3
		var want []sync.Activity
		for _, e := range slices.Backward(entries) {
			if (q.ContactID == "" || q.ContactID == e.ContactID) && (q.RunID == "" || q.RunID == e.RunID) &&
				(q.Level == "" || q.Level == e.Level) {
				want = append(want, e)
			}
		}
		b.equal(fmt.Sprintf("%+v", q), b.activityAll(q), want)
	}
}

func conflictPages(b *bench) {
	const n = 120
	var conflicts []sync.Conflict
	for i := range n {
		c := conflict(fmt.Sprintf("x%03d", i), i/7)
		c.ContactID = []contact.ID{"c1", "c2"}[i%2]
		c.RunID = []string{"", "r1", "r2"}[i%3]
		conflicts = append(conflicts, c)
	}
	b.must(b.store().AppendConflicts(b.ctx, acme, conflicts))
	for _, q := range []sync.LogQuery{{Limit: 7}, {Limit: 7, ContactID: "c2"}, {Limit: 7, RunID: "r1"}, {Limit: 7, ContactID: "c1", RunID: "r2"}} {
		var want, got []sync.Conflict
		for _, c := range slices.Backward(conflicts) {
			if (q.ContactID == "" || q.ContactID == c.ContactID) && (q.RunID == "" || q.RunID == c.RunID) {
				want = append(want, c)
			}
		}
		for {
			page, next, total, err := b.store().ListConflicts(b.ctx, acme, q)
			b.must(err)
			b.equal("total", total, len(want))
			got = append(got, page...)
			if next == "" {
				break
			}
			q.Cursor = next
		}
		b.equal(fmt.Sprintf("%+v", q), got, want)
	}
}

func conflictReplaced(b *bench) {
	first, second := conflict("x1", 1), conflict("x2", 2)
	b.must(b.store().AppendConflicts(b.ctx, acme, []sync.Conflict{first, second}))
	first.State, first.Winner = "overridden", "hubspot"
	b.must(b.store().SaveConflict(b.ctx, acme, &first))
	for _, want := range []sync.Conflict{first, second} {
		got, err := b.store().Conflict(b.ctx, acme, want.ID)
		b.must(err)
		b.equal("conflict", got, &want)
	}
	_, err := b.store().Conflict(b.ctx, acme, "x9")
	b.kind(err, fault.NotFound)
	none := conflict("x9", 9)
	b.kind(b.store().SaveConflict(b.ctx, acme, &none), fault.NotFound)
	_, err = b.store().Conflict(b.ctx, acme, "x9")
	b.kind(err, fault.NotFound)
}

func logsCursor(b *bench) {
	q := sync.LogQuery{Cursor: "%%%"}
	_, _, err := b.store().ListActivity(b.ctx, acme, q)
	b.kind(err, fault.Invalid)
	_, _, _, err = b.store().ListConflicts(b.ctx, acme, q)
	b.kind(err, fault.Invalid)
}

func reviews(b *bench) {
	item := sync.Review{
		ID: "v1", Kind: "ambiguous", Provider: contact.HubSpot, ConnectionID: hub, ContactID: id(1), ContactName: "Zoë",
		ExternalIDs: []contact.ExternalID{"1", "2"}, Message: "Welche?", At: after(1),
	}
	again, second := item, item
	again.Message, again.At = "changed", after(2)
	second.ID, second.At = "v2", after(3)
	b.must(b.store().PutReviews(b.ctx, acme, []sync.Review{item}))
	b.must(b.store().PutReviews(b.ctx, acme, []sync.Review{again, second}))
	read := func() []sync.Review {
		b.Helper()
		items, err := b.store().ListReviews(b.ctx, acme)
		b.must(err)
		slices.SortFunc(items, func(x, y sync.Review) int { return x.At.Compare(y.At) })
		return items
	}
	b.equal("reviews", read(), []sync.Review{item, second})
	b.must(b.store().DropReviews(b.ctx, acme, []string{"v1", "v9"}))
	b.equal("reviews after a decision", read(), []sync.Review{second})
	b.must(b.store().PutReviews(b.ctx, acme, []sync.Review{again}))
	b.equal("put again", read(), []sync.Review{again, second})
}

func contactForgotten(b *bench) {
	mine, others, nobodys := activity("a1", 1), activity("a2", 2), activity("a3", 3)
	mine.ContactID, others.ContactID = id(1), id(2)
	b.must(b.store().AppendActivity(b.ctx, acme, []sync.Activity{mine, others, nobodys}))
	myConflict, otherConflict := conflict("x1", 1), conflict("x2", 2)
	myConflict.ContactID, otherConflict.ContactID = id(1), id(2)
	b.must(b.store().AppendConflicts(b.ctx, acme, []sync.Conflict{myConflict, otherConflict}))
	myChange, otherChange := change("c1", 1), change("c2", 2)
	myChange.ContactID, otherChange.ContactID = id(1), id(2)
	b.must(b.store().AppendChanges(b.ctx, acme, []sync.Change{myChange, otherChange}))
	b.must(b.store().ForgetContact(b.ctx, acme, id(1)))
	b.must(b.store().ForgetContact(b.ctx, acme, id(3)))
	b.equal("activity", b.activityAll(sync.LogQuery{Limit: 10}), []sync.Activity{nobodys, others})
	left, _, total, err := b.store().ListConflicts(b.ctx, acme, sync.LogQuery{})
	b.must(err)
	b.equal("conflicts", left, []sync.Conflict{otherConflict})
	b.equal("total", total, 1)
	changes, _, err := b.store().ListChanges(b.ctx, acme, sync.LogQuery{})
	b.must(err)
	b.equal("changes", changes, []sync.Change{otherChange})
}
