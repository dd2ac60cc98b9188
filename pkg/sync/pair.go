package sync

import (
	"context"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/match"
)

// pairing is what package match said about a remote record.
type pairing struct {
	record  *Record
	emails  []string // canonical
	verdict match.Verdict
	contact *Contact     // of a Known, Link or Restore verdict, if it is stored already
	stone   Tombstone    // of a Restore verdict
	known   []contact.ID // contacts linked to the record, or to one it absorbed
}

// peers finds other records that are being paired at the same time.
type peers interface {
	// byEmail returns rows, of any connection, that have one of the addresses.
	byEmail(ctx context.Context, emails []string) ([]Staged, error)
	// byContact returns rows that are assigned to the contacts.
	byContact(ctx context.Context, ids []contact.ID) ([]Staged, error)
}

// pair decides which contacts a connection's records belong to. It makes a fixed
// number of store calls for any number of records.
func (p *pass) pair(ctx context.Context, ch *channel, records []*Record, others peers) ([]pairing, error) {
	conn := ch.conn.ID
	var ids []contact.ExternalID
	pairs := make([]pairing, len(records))
	var keys []contact.ID
	var emails []string
	for i, r := range records {
		ids = append(append(ids, r.ID), r.Absorbed...)
		pairs[i] = pairing{record: r, emails: p.canonicalEmails(r)}
		emails = append(emails, pairs[i].emails...)
		if r.Key != "" {
			keys = append(keys, r.Key)
		}
	}
	linked, err := p.store.ContactsByLink(ctx, p.customer, conn, ids)
	if err != nil {
		return nil, err
	}
	stones, err := p.store.Tombstones(ctx, p.customer, conn, ids)
	if err != nil {
		return nil, err
	}
	m := newMatcher(conn, linked, stones, p.choices.canonical)
	if err := p.recall(ctx, m, pairs); err != nil {
		return nil, err
	}
	for _, s := range stones {
		if s.Reason == stoneDeleted {
			keys = append(keys, s.ContactID)
		}
	}
	known, err := p.store.Contacts(ctx, p.customer, keys)
	if err != nil {
		return nil, err
	}
	holders, err := p.store.ContactsByEmail(ctx, p.customer, emails)
	if err != nil {
		return nil, err
	}
	rows, err := others.byEmail(ctx, emails)
	if err != nil {
		return nil, err
	}
	_, all := others.(stagedPeers)
	m.take(linked, known, holders, rows, all)
	if err := m.markAssigned(ctx, others); err != nil {
		return nil, err
	}
	var copies []*pairing // which let other records of their contact go first
	for i := range pairs {
		if x := &pairs[i]; m.copied(x.record) {
			copies = append(copies, x)
		} else {
			m.decide(x)
		}
	}
	for _, x := range copies {
		m.decide(x)
	}
	return pairs, nil
}

// copied reports whether the record holds what a create of its contact would have made
// that was not acknowledged.
func (m *matcher) copied(r *Record) bool {
	c := m.byID[r.Key]
	return c != nil && m.stones[r.ID].Reason == "" && c.Link(m.conn).made(r, m.canonical)
}

// matcher holds what pair looked up, by what it is looked up with.
type matcher struct {
	conn    contact.ConnectionID
	linked  map[contact.ExternalID]*Contact
	stones  map[contact.ExternalID]Tombstone
	byID    map[contact.ID]*Contact
	byEmail map[string][]contact.ID
	rivals  map[string][]contact.ExternalID
	taken   map[contact.ID]contact.ExternalID // contacts paired with a record of the connection

	canonical contact.Canonical
	memory    *memory // of erased people; nil: there are none
	erased    map[contact.ExternalID]bool
}

func newMatcher(conn contact.ConnectionID, linked []*Contact, stones []Tombstone, canonical contact.Canonical) *matcher {
	m := &matcher{
		conn: conn, canonical: canonical, linked: map[contact.ExternalID]*Contact{}, stones: map[contact.ExternalID]Tombstone{},
		byID: map[contact.ID]*Contact{}, byEmail: map[string][]contact.ID{},
		rivals: map[string][]contact.ExternalID{}, taken: map[contact.ID]contact.ExternalID{},
	}
	for _, c := range linked {
		m.linked[c.Link(conn).ExternalID] = c
	}
	for _, s := range stones {
		m.stones[s.ExternalID] = s
	}
	return m
}

// recall looks up which of the records that are linked to nothing, and which of their
// addresses, belong to people who were erased.
func (p *pass) recall(ctx context.Context, m *matcher, pairs []pairing) error {
	var ids []contact.ExternalID
	var emails []string
	for i := range pairs {
		if x := &pairs[i]; m.linked[x.record.ID] == nil {
			ids, emails = append(ids, x.record.ID), append(emails, x.emails...)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var err error
	if m.memory, err = p.memoryOf(ctx, p.customer); err != nil {
		return err
	}
	m.erased, err = p.erasedAmong(ctx, p.customer, m.memory, m.conn, ids, emails)
	return err
}

// take adds what was found about the records' keys and addresses. A contact that waits
// for a person is not to be had, unless all records there are were listed: then it is
// decided anew whether there is anything to ask.
func (m *matcher) take(linked, known, holders []*Contact, rows []Staged, all bool) {
	conn := m.conn
	for _, c := range slices.Concat(known, holders, linked) {
		if l := c.Link(conn); l != nil && l.State != LinkDetached && (l.ExternalID != "" || l.State == LinkReview && !all) {
			m.taken[c.ID] = l.ExternalID
		}
		m.byID[c.ID] = c
		if c.Lifecycle != Active && !c.creatingOn(conn) {
			m.taken[c.ID] = gone
		}
	}
	for _, c := range holders {
		e := c.Index().Email
		m.byEmail[e] = append(m.byEmail[e], c.ID)
	}
	for _, row := range rows {
		for _, e := range row.Emails {
			switch {
			case row.ConnectionID == conn && m.linked[row.Record.ID] == nil:
				m.rivals[e] = append(m.rivals[e], row.Record.ID)
			case row.ConnectionID != conn && row.ContactID != "" && row.Review == "":
				m.byEmail[e] = append(m.byEmail[e], row.ContactID)
			}
		}
	}
}

// gone stands for the record of a deleted contact: nothing is paired with it any more.
const gone contact.ExternalID = "(deleted)"

// creatingOn reports whether a create on the connection was never acknowledged: a
// record that carries the contact's key is the one it made, also when the contact
// was deleted meanwhile.
func (c *Contact) creatingOn(conn contact.ConnectionID) bool {
	l := c.Link(conn)
	return l != nil && l.ExternalID == "" && len(l.Intents) > 0
}

// markAssigned marks contacts that another record of the connection was assigned
// to already.
func (m *matcher) markAssigned(ctx context.Context, others peers) error {
	var ids []contact.ID
	for id := range m.byID {
		ids = append(ids, id)
	}
	for _, list := range m.byEmail {
		ids = append(ids, list...)
	}
	slices.Sort(ids)
	rows, err := others.byContact(ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.ConnectionID == m.conn && row.Review == "" {
			m.taken[row.ContactID] = row.Record.ID
		}
	}
	return nil
}

func (m *matcher) decide(x *pairing) {
	r := match.Record{
		ID:          x.record.ID,
		Erased:      m.memory.knows(m.erased, erasedRecord, string(x.record.ID)),
		EmailErased: m.memory.knows(m.erased, erasedEmail, x.emails...),
	}
	if stone, ok := m.stones[x.record.ID]; ok {
		x.stone, r.Restores = stone, m.restores(stone)
		r.Ended = stone.final()
	}
	for _, id := range append([]contact.ExternalID{x.record.ID}, x.record.Absorbed...) {
		c := m.linked[id]
		if c == nil {
			continue
		}
		m.byID[c.ID] = c
		x.known = append(x.known, c.ID)
		if r.LinkedTo == "" || c.ID == x.record.Key && id != x.record.ID && m.linked[x.record.ID] == nil {
			r.LinkedTo = c.ID
		}
	}
	if c := m.byID[x.record.Key]; c != nil && x.record.Key != "" {
		r.KeyOwner = m.owner(c.ID, x.record.ID)
		r.KeyOwner.Erased = c.Lifecycle == Erased
		r.Copy = m.copied(x.record)
	}
	for _, e := range x.emails {
		for _, id := range m.byEmail[e] {
			r.EmailOwners = append(r.EmailOwners, *m.owner(id, x.record.ID))
		}
		for _, id := range m.rivals[e] {
			if id != x.record.ID && !slices.Contains(r.Rivals, id) {
				r.Rivals = append(r.Rivals, id)
			}
		}
	}
	x.verdict = match.Decide(r)
	if x.verdict.Kind == match.Link {
		m.taken[x.verdict.ContactID] = x.record.ID
	}
	x.contact = m.byID[x.verdict.ContactID]
}

// restores returns the contact whose record a tombstone remembers as deleted. It is
// taken when it has another record by now, or has ended otherwise since.
func (m *matcher) restores(stone Tombstone) *match.Owner {
	c := m.byID[stone.ContactID]
	if stone.Reason != stoneDeleted || c == nil {
		return nil
	}
	l := c.Link(m.conn)
	return &match.Owner{ID: c.ID, Taken: !c.endedBy(stone) || l != nil && l.State != LinkDetached}
}

func (m *matcher) owner(id contact.ID, record contact.ExternalID) *match.Owner {
	holder, taken := m.taken[id]
	return &match.Owner{ID: id, Taken: taken && holder != record}
}

// canonicalEmails returns the distinct canonical addresses of a record.
func (p *pass) canonicalEmails(r *Record) []string {
	var list []string
	for _, e := range r.Emails {
		if c := p.choices.canonical.Of(contact.Email, e); c != "" && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

// addLink pairs the contact with a record that was found.
func (c *Contact) addLink(ch *channel, id contact.ExternalID) {
	link := Link{Provider: ch.conn.Provider, ConnectionID: ch.conn.ID, ExternalID: id, State: LinkActive}
	if l := c.Link(ch.conn.ID); l != nil {
		link.Sent = l.Sent
		*l = link
		return
	}
	c.Links = append(c.Links, link)
}

// holdLink keeps the contact from getting a record on the connection until a
// person has decided.
func (c *Contact) holdLink(ch *channel) {
	if c.Link(ch.conn.ID) == nil {
		c.Links = append(c.Links, Link{Provider: ch.conn.Provider, ConnectionID: ch.conn.ID, State: LinkReview})
	}
}

// newContact begins a contact for a record that nobody knew.
func (p *pass) newContact(id contact.ID, now time.Time) *item {
	c := &Contact{
		ID: id, CustomerID: p.customer, Fields: map[contact.Field]Value{}, Lifecycle: Active,
		CreatedAt: now, UpdatedAt: now,
	}
	return &item{contact: c, next: c.Clone(), created: true}
}
