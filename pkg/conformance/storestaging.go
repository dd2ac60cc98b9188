package conformance

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

var stagingCases = []storeCase{
	{"a staged row comes back as it was put", stagedWhole},
	{"rows page by external id as text", stagedPages},
	{"a row of the same record is replaced", stagedReplaced},
	{"rows are found by any of their addresses", stagedByEmail},
	{"rows are found by contact", stagedByContact},
	{"contacts still to be made are listed once", stagedNew},
	{"generations are apart and go one at a time", stagedGenerations},
	{"a tombstone stays until it is dropped or replaced", tombstones},
}

func staged(connection contact.ConnectionID, external contact.ExternalID, emails ...string) sync.Staged {
	return sync.Staged{
		ConnectionID: connection, Emails: emails,
		Record: &sync.Record{ID: external, Fields: contact.Values{contact.LastName: "R" + string(external)}, Modified: noon},
	}
}

func (b *bench) stage(generation string, rows ...sync.Staged) {
	b.Helper()
	b.must(b.store().PutStaged(b.ctx, acme, generation, rows))
}

// page returns every row of a connection, read in pages.
func (b *bench) stagedAll(generation string, connection contact.ConnectionID, limit int) []sync.Staged {
	b.Helper()
	var all []sync.Staged
	for last := contact.ExternalID(""); ; {
		rows, err := b.store().StagedPage(b.ctx, acme, generation, connection, last, limit)
		b.must(err)
		if len(rows) == 0 {
			return all
		}
		if len(rows) > limit {
			b.Fatalf("a page of %d rows, limit %d", len(rows), limit)
		}
		all = append(all, rows...)
		last = rows[len(rows)-1].Record.ID
	}
}

// rowNames names rows, sorted.
func rowNames(rows []sync.Staged) string {
	var names []string
	for _, r := range rows {
		names = append(names, string(r.ConnectionID)+"/"+string(r.Record.ID))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func stagedWhole(b *bench) {
	row := sync.Staged{
		ConnectionID: hub, Emails: []string{"zoë@example.com", "b@example.com"}, ContactID: id(1), New: true, Review: "Zwei gleiche 🤷",
		Record: &sync.Record{
			ID: "a/Ü 1", Key: id(1), Emails: []string{"Zoë@example.com"}, Modified: after(3),
			Fields: contact.Values{contact.FirstName: "Zoë", contact.Phone: "", "$a-b_c": `"\%`},
			Carry:  json.RawMessage(`{"emails":[{"value":"a","primary":true}],"n":1.50}`),
		},
	}
	b.stage("g", row)
	rows, err := b.store().StagedPage(b.ctx, acme, "g", hub, "", 10)
	b.must(err)
	var carry, want any
	b.must(json.Unmarshal(rows[0].Record.Carry, &carry))
	b.must(json.Unmarshal(row.Record.Carry, &want))
	b.equal("carried", carry, want)
	rows[0].Record.Carry = row.Record.Carry
	b.equal("rows", rows, []sync.Staged{row})
}

func stagedPages(b *bench) {
	const n = 1050
	var rows []sync.Staged
	var want []contact.ExternalID
	for i := range n {
		external := contact.ExternalID(fmt.Sprint((i * 617) % n))
		rows = append(rows, staged(hub, external), staged(pipe, external))
		want = append(want, external)
	}
	for chunk := range slices.Chunk(rows, 500) {
		b.stage("g", chunk...)
	}
	slices.Sort(want)
	var got []contact.ExternalID
	for _, row := range b.stagedAll("g", hub, 100) {
		got = append(got, row.Record.ID)
	}
	b.equal("order", got, want)
}

func stagedReplaced(b *bench) {
	b.stage("g", staged(hub, "1", "old@example.com", "both@example.com"), staged(hub, "2"))
	again := staged(hub, "1", "both@example.com", "new@example.com")
	again.ContactID, again.New = id(1), true
	b.stage("g", again)
	b.equal("rows", b.stagedAll("g", hub, 10), []sync.Staged{again, staged(hub, "2")})
	for email, want := range map[string]string{
		"old@example.com": "", "both@example.com": "hub-1/1", "new@example.com": "hub-1/1",
	} {
		rows, err := b.store().StagedByEmail(b.ctx, acme, "g", []string{email})
		b.must(err)
		b.equal(email, rowNames(rows), want)
	}
	again.ContactID = id(2)
	b.stage("g", again)
	rows, err := b.store().StagedByContact(b.ctx, acme, "g", numbers(1))
	b.must(err)
	b.equal("of the contact before", rowNames(rows), "")
}

func stagedByEmail(b *bench) {
	b.stage("g",
		staged(hub, "1", "a@example.com", "b@example.com"), staged(pipe, "1", "b@example.com"),
		staged(hub, "2", "c@example.com", "c@example.com"), staged(hub, "3"))
	for _, c := range []struct {
		emails []string
		want   string
	}{
		{[]string{"a@example.com"}, "hub-1/1"},
		{[]string{"a@example.com", "b@example.com"}, "hub-1/1 pipe-1/1"},
		{[]string{"b@example.com", "c@example.com", "c@example.com"}, "hub-1/1 hub-1/2 pipe-1/1"},
		{[]string{"A@example.com", "x@example.com"}, ""},
	} {
		rows, err := b.store().StagedByEmail(b.ctx, acme, "g", c.emails)
		b.must(err)
		b.equal(fmt.Sprint(c.emails), rowNames(rows), c.want)
	}
}

func stagedByContact(b *bench) {
	one, two, three := staged(hub, "1"), staged(pipe, "1"), staged(hub, "2")
	one.ContactID, two.ContactID, three.ContactID = id(1), id(1), id(2)
	b.stage("g", one, two, three, staged(hub, "3"))
	rows, err := b.store().StagedByContact(b.ctx, acme, "g", numbers(1, 9))
	b.must(err)
	b.equal("rows", rowNames(rows), "hub-1/1 pipe-1/1")
	rows, err = b.store().StagedByContact(b.ctx, acme, "g", []contact.ID{""})
	b.must(err)
	b.equal("rows of no contact", rowNames(rows), "")
}

func stagedNew(b *bench) {
	var rows []sync.Staged
	for i := range 60 {
		on := []contact.ConnectionID{hub, pipe}
		for _, connection := range on[:1+i%2] {
			row := staged(connection, contact.ExternalID(fmt.Sprint(i)))
			row.ContactID, row.New = id((i*7)%60), i%3 != 0
			rows = append(rows, row)
		}
	}
	unassigned := staged(hub, "u")
	unassigned.New = true
	b.stage("g", append(rows, unassigned)...)
	var want, got []contact.ID
	for _, row := range rows {
		if row.New {
			want = append(want, row.ContactID)
		}
	}
	slices.Sort(want)
	want = slices.Compact(want)
	for last := contact.ID(""); ; last = got[len(got)-1] {
		page, err := b.store().StagedNew(b.ctx, acme, "g", last, 7)
		b.must(err)
		if len(page) == 0 {
			break
		}
		if len(page) > 7 {
			b.Fatalf("a page of %d, limit 7", len(page))
		}
		got = append(got, page...)
	}
	b.equal("to be made", got, want)
}

func stagedGenerations(b *bench) {
	b.stage("g1", staged(hub, "1", "a@example.com"), staged(hub, "2"))
	second := staged(hub, "1", "a@example.com")
	second.ContactID, second.New = id(1), true
	b.stage("g2", second)
	b.must(b.store().DropStaged(b.ctx, acme, "g1"))
	b.equal("dropped", rowNames(b.stagedAll("g1", hub, 10)), "")
	rows, err := b.store().StagedByEmail(b.ctx, acme, "g1", []string{"a@example.com"})
	b.must(err)
	b.equal("dropped, by address", rowNames(rows), "")
	b.equal("kept", b.stagedAll("g2", hub, 10), []sync.Staged{second})
	b.must(b.store().DropStaged(b.ctx, acme, "g1"))
	b.stage("g1", staged(hub, "1"))
	rows, err = b.store().StagedByEmail(b.ctx, acme, "g1", []string{"a@example.com"})
	b.must(err)
	b.equal("staged again without an address", rowNames(rows), "")
}

func tombstones(b *bench) {
	first := sync.Tombstone{ConnectionID: hub, ExternalID: "1", ContactID: id(1), Reason: "deleted", By: contact.App, At: after(1)}
	second := first
	second.ContactID, second.Reason, second.Survivor, second.At = id(2), "merged", "7", after(2)
	onPipe, another := first, first
	onPipe.ConnectionID, another.ExternalID = pipe, "2"
	b.must(b.store().PutTombstones(b.ctx, acme, []sync.Tombstone{first, onPipe}))
	b.must(b.store().PutTombstones(b.ctx, acme, []sync.Tombstone{another}))
	read := func(connection contact.ConnectionID, externals ...contact.ExternalID) []sync.Tombstone {
		b.Helper()
		found, err := b.store().Tombstones(b.ctx, acme, connection, externals)
		b.must(err)
		slices.SortFunc(found, func(x, y sync.Tombstone) int { return strings.Compare(string(x.ExternalID), string(y.ExternalID)) })
		return found
	}
	b.equal("stones", read(hub, "2", "1", "3", "1"), []sync.Tombstone{first, another})
	b.must(b.store().PutTombstones(b.ctx, acme, []sync.Tombstone{another, second}))
	b.equal("replaced", read(hub, "1", "2"), []sync.Tombstone{second, another})
	b.must(b.store().PutTombstones(b.ctx, acme, []sync.Tombstone{second, first}))
	b.equal("of two the last", read(hub, "1"), []sync.Tombstone{first})
	b.must(b.store().DropTombstones(b.ctx, acme, hub, []contact.ExternalID{"1", "9"}))
	b.equal("after a restore", read(hub, "1", "2"), []sync.Tombstone{another})
	b.equal("of the other connection", read(pipe, "1"), []sync.Tombstone{onPipe})
	b.must(b.store().PutTombstones(b.ctx, acme, []sync.Tombstone{second}))
	b.equal("deleted again", read(hub, "1"), []sync.Tombstone{second})
}
