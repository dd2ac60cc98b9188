package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// SaveContacts implements [sync.ContactStore].
func (s *Store) SaveContacts(ctx context.Context, customer contact.CustomerID, contacts []*sync.Contact) ([]sync.SaveOutcome, error) {
	const op = "sqlite.saveContacts"
	if len(contacts) == 0 {
		return nil, nil
	}
	drafts := make([]draft, len(contacts))
	for i, c := range contacts {
		if c.CustomerID != customer {
			return nil, &fault.Error{Op: op, Err: fmt.Errorf("contact %s is of another customer", c.ID)}
		}
		d, err := newDraft(c)
		if err != nil {
			return nil, &fault.Error{Op: op, Err: err}
		}
		drafts[i] = d
	}
	outcomes := make([]sync.SaveOutcome, len(contacts))
	err := s.write(ctx, op, func(ctx context.Context, c *conn) error {
		b, err := beginBatch(ctx, c, customer, drafts)
		if err != nil {
			return err
		}
		for i := range drafts {
			if outcomes[i], err = b.save(ctx, &drafts[i]); err != nil {
				return err
			}
		}
		return b.finish(ctx)
	})
	if err != nil {
		return nil, err
	}
	for i, c := range contacts {
		if outcomes[i] == sync.Saved {
			c.Rev++
		}
	}
	return outcomes, nil
}

// batch is the saving of several contacts of one customer in one transaction.
type batch struct {
	*conn
	customer contact.CustomerID
	heads    map[contact.ID]*head           // as stored, kept up to date
	owners   map[sync.IndexLink]int64       // keys of the contacts that hold the links of the batch
	counts   map[contact.ConnectionID]tally // changes of link_counts
	added    []wordRow
	removed  []wordRow
}

// beginBatch reads what the contacts are compared with.
func beginBatch(ctx context.Context, c *conn, customer contact.CustomerID, drafts []draft) (*batch, error) {
	b := &batch{
		conn: c, customer: customer,
		heads:  make(map[contact.ID]*head, len(drafts)),
		owners: map[sync.IndexLink]int64{},
		counts: map[contact.ConnectionID]tally{},
	}
	ids := make([]contact.ID, len(drafts))
	for i := range drafts {
		ids[i] = drafts[i].contact.ID
	}
	heads, err := list(ctx, c, scanHead, selectHeads, customer, jsonText(ids))
	if err != nil {
		return nil, err
	}
	for _, h := range heads {
		b.heads[h.id] = h
	}
	var wanted [][2]string
	for i := range drafts {
		d := &drafts[i]
		if h := b.heads[d.contact.ID]; h != nil && h.links == d.head.links {
			continue
		}
		for _, l := range d.links.held() {
			wanted = append(wanted, [2]string{string(l.ConnectionID), string(l.ExternalID)})
		}
	}
	if len(wanted) == 0 {
		return b, nil
	}
	err = c.each(ctx, selectOwners, []any{customer, jsonText(wanted)}, func(row scanner) (bool, error) {
		var l sync.IndexLink
		var owner int64
		err := row.Scan(&l.ConnectionID, &l.ExternalID, &owner)
		b.owners[l] = owner
		return true, err
	})
	return b, err
}

// save writes one contact, or says why not.
func (b *batch) save(ctx context.Context, d *draft) (sync.SaveOutcome, error) {
	id := d.contact.ID
	stored := b.heads[id]
	switch {
	case stored == nil && d.contact.Rev != 0:
		return sync.SaveStale, nil
	case stored != nil && (stored.rev != d.contact.Rev || stored.fence != d.contact.Fence):
		return sync.SaveStale, nil
	}
	if stored == nil {
		stored = &head{}
	}
	for _, l := range d.links.held() {
		if owner, taken := b.owners[l]; taken && owner != stored.key {
			return sync.SaveLinkTaken, nil
		}
	}
	next := d.head
	next.key, next.rev = stored.key, d.contact.Rev+1
	write := b.update
	if stored.key == 0 {
		write = b.insert
	}
	if err := write(ctx, stored, &next, d.doc); err != nil {
		return 0, err
	}
	b.heads[id] = &next
	b.replaceWords(stored, &next)
	return sync.Saved, b.replaceLinks(ctx, stored, &next, d.links)
}

func (b *batch) insert(ctx context.Context, _, h *head, doc []byte) error {
	s, err := b.statement(ctx, insertHead)
	if err != nil {
		return err
	}
	result, err := s.ExecContext(ctx, b.customer, h.id, h.rev, h.fence, h.due, h.lease, h.email, h.name,
		h.status, h.lifecycle, h.providers, h.created, h.updated, h.words, h.links)
	if err != nil {
		return err
	}
	if h.key, err = result.LastInsertId(); err != nil {
		return err
	}
	_, err = b.exec(ctx, insertDoc, h.key, doc)
	return err
}

// update writes the columns that are in no index, and of the others only those
// that changed: SQLite rewrites the index entries of every column it is given.
func (b *batch) update(ctx context.Context, old, h *head, doc []byte) error {
	query := `UPDATE contacts SET rev = ?, fence = ?, lease_until = ?, words = ?, links = ?`
	args := []any{h.rev, h.fence, h.lease, h.words, h.links}
	set := func(column string, changed bool, value any) {
		if changed {
			query += ", " + column + " = ?"
			args = append(args, value)
		}
	}
	set("due_at", old.due != h.due, h.due)
	set("email", old.email != h.email, h.email)
	set("name", old.name != h.name, h.name)
	set("status", old.status != h.status, h.status)
	set("lifecycle", old.lifecycle != h.lifecycle, h.lifecycle)
	set("providers", old.providers != h.providers, h.providers)
	set("created", old.created != h.created, h.created)
	set("updated", old.updated != h.updated, h.updated)
	if _, err := b.exec(ctx, query+` WHERE key = ?`, append(args, h.key)...); err != nil {
		return err
	}
	_, err := b.exec(ctx, updateDoc, doc, h.key)
	return err
}

// replaceWords notes which search words to add and to remove.
func (b *batch) replaceWords(old, h *head) {
	added, removed := difference(old.words, h.words)
	for _, word := range added {
		b.added = append(b.added, wordRow{word, h.key})
	}
	for _, word := range removed {
		b.removed = append(b.removed, wordRow{word, h.key})
	}
}

// replaceLinks brings the link projection from the stored state to the new one.
func (b *batch) replaceLinks(ctx context.Context, old, h *head, links linkRows) error {
	if old.links == h.links {
		return nil
	}
	before, err := parseLinks(old.links)
	if err != nil {
		return err
	}
	for _, l := range before {
		b.counts[l.Connection] = b.counts[l.Connection].plus(l.tally(), -1)
	}
	for _, l := range links {
		b.counts[l.Connection] = b.counts[l.Connection].plus(l.tally(), +1)
	}
	for _, l := range before.held() {
		if links.holds(l) {
			continue
		}
		delete(b.owners, l)
		if _, err := b.exec(ctx, deleteLink, b.customer, l.ConnectionID, l.ExternalID); err != nil {
			return err
		}
	}
	for _, l := range links.held() {
		if before.holds(l) {
			continue
		}
		b.owners[l] = h.key
		if _, err := b.exec(ctx, insertLink, b.customer, l.ConnectionID, l.ExternalID, h.key); err != nil {
			return err
		}
	}
	return nil
}

// finish writes what was collected for the whole batch.
func (b *batch) finish(ctx context.Context) error {
	if err := b.writeWords(ctx, deleteWords, b.removed); err != nil {
		return err
	}
	if err := b.writeWords(ctx, insertWords, b.added); err != nil {
		return err
	}
	for connection, t := range b.counts {
		if t == (tally{}) {
			continue
		}
		if _, err := b.exec(ctx, addLinkCounts, b.customer, connection, t.linked, t.pending, t.errors); err != nil {
			return err
		}
	}
	return nil
}

const (
	selectHeads = `
SELECT key, id, rev, fence, due_at, lease_until, email, name, status, lifecycle, providers, created, updated, words, links
FROM contacts WHERE customer = ? AND id IN (SELECT value FROM json_each(?))`

	selectOwners = `
SELECT l.connection, l.external, l.contact
FROM json_each(?2) AS wanted CROSS JOIN contact_links AS l
ON l.customer = ?1 AND l.connection = wanted.value ->> 0 AND l.external = wanted.value ->> 1`

	insertHead = `
INSERT INTO contacts (customer, id, rev, fence, due_at, lease_until, email, name, status, lifecycle, providers, created, updated, words, links)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	insertDoc = `INSERT INTO contact_docs (key, doc) VALUES (?, ?)`
	updateDoc = `UPDATE contact_docs SET doc = ? WHERE key = ?`

	insertLink = `INSERT INTO contact_links (customer, connection, external, contact) VALUES (?, ?, ?, ?)`
	deleteLink = `DELETE FROM contact_links WHERE customer = ? AND connection = ? AND external = ?`

	addLinkCounts = `
INSERT INTO link_counts (customer, connection, linked, pending, errors) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (customer, connection) DO UPDATE SET
	linked = linked + excluded.linked, pending = pending + excluded.pending, errors = errors + excluded.errors`
)

func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // only called with strings and numbers
	}
	return string(text)
}
