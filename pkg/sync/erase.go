package sync

import (
	"context"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// Erasure removes a person's data for good: from the contact, its links, the logs, the
// rows of listings and the items for review. It is asked for in the app, or follows a
// privacy deletion in a CRM once the record is confirmed gone. Records that other CRMs
// have of the person are offered in review for deletion, because a CRM is another
// controller of the data.
//
// The contact's document stays, empty: it is what an erasure that was interrupted goes
// on from.

// EraseContact erases a contact, deleted or not. With ifRev it fails with fault.Stale
// unless the contact still has that revision; with fault.NotFound when it was erased.
func (s *Service) EraseContact(ctx context.Context, customer contact.CustomerID, id contact.ID, ifRev *int64) error {
	for {
		c, err := s.load(ctx, customer, id)
		if err != nil {
			return err
		}
		if c.Lifecycle == Erased {
			return notThere()
		}
		if ifRev != nil && *ifRev != c.Rev {
			return fault.New(fault.Stale, "The contact was changed in the meantime. Look at it again, then repeat.")
		}
		if err := s.erase(ctx, c, nil, contact.App); !fault.Is(err, fault.Stale) {
			return err
		}
	}
}

// erase erases the contact, but for the records that are known to be gone, which are
// not offered for deletion. It fails with fault.Stale when another writer interferes.
func (s *Service) erase(ctx context.Context, c *Contact, gone map[contact.ConnectionID]bool, by contact.Source) error {
	if c.Lifecycle != Erased {
		if err := s.eraseValues(ctx, c, gone, by); err != nil {
			return err
		}
	}
	if err := s.eraseTraces(ctx, c); err != nil {
		return err
	}
	c.Due = nil
	return s.saveErased(ctx, c)
}

// eraseValues remembers whom the contact was about, asks about the records that are
// left, and empties the document. It stays due until its traces are gone, too.
func (s *Service) eraseValues(ctx context.Context, c *Contact, gone map[contact.ConnectionID]bool, by contact.Source) error {
	m, err := s.beginMemory(ctx, c.CustomerID)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	emails := c.addresses()
	var plain, hashed []Tombstone
	var reviews []Review
	stone := func(conn contact.ConnectionID, id contact.ExternalID) Tombstone {
		return Tombstone{ConnectionID: conn, ExternalID: id, Reason: stoneErased, By: by, At: now}
	}
	for _, e := range emails {
		hashed = append(hashed, stone(everywhere, m.hash(erasedEmail, e)))
	}
	for i := range c.Links {
		l := &c.Links[i]
		if l.ExternalID == "" {
			continue
		}
		hashed = append(hashed, stone(l.ConnectionID, m.hash(erasedRecord, string(l.ExternalID))))
		plain = append(plain, stone(l.ConnectionID, l.ExternalID))
		if l.State != LinkDetached && !gone[l.ConnectionID] {
			r := newReview(Review{Kind: reviewErasure, Provider: l.Provider, ConnectionID: l.ConnectionID, ContactID: c.ID,
				ExternalIDs: []contact.ExternalID{l.ExternalID}, At: now,
				Message: "The person's data was erased. Delete the record in " + l.Provider.Title() + " too, or leave it."})
			reviews = append(reviews, r)
		}
	}
	if err := s.store.PutTombstones(ctx, c.CustomerID, hashed); err != nil {
		return err
	}
	if err := s.dropStones(ctx, c.CustomerID, plain); err != nil {
		return err
	}
	if err := s.eraseStaged(ctx, c, emails); err != nil {
		return err
	}
	if err := s.store.PutReviews(ctx, c.CustomerID, reviews); err != nil {
		return err
	}
	*c = Contact{
		ID: c.ID, CustomerID: c.CustomerID, Rev: c.Rev, Fence: c.Fence, Fields: map[contact.Field]Value{}, Lifecycle: Erased,
		CreatedAt: c.CreatedAt, UpdatedAt: now, Edited: now, DeletedAt: now, Due: &Due{At: now, LeaseUntil: now.Add(lease)},
	}
	return s.saveErased(ctx, c)
}

func (s *Service) saveErased(ctx context.Context, c *Contact) error {
	c.settle()
	outcomes, err := s.store.SaveContacts(ctx, c.CustomerID, []*Contact{c})
	if err == nil && outcomes[0] != Saved {
		err = fault.New(fault.Stale, "The contact was changed in the meantime.")
	}
	return err
}

// addresses are the canonical addresses that the contact has, or that its records had.
func (c *Contact) addresses() []string {
	var list []string
	add := func(raw string) {
		if e := (contact.Canonical{}).Of(contact.Email, raw); e != "" && !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	add(c.Fields[contact.Email].V)
	for i := range c.Links {
		s := c.Links[i].Shadow[contact.Email]
		add(s.H)
		add(s.R)
	}
	return list
}

// eraseStaged empties the rows that the listing under way holds of the person.
func (s *Service) eraseStaged(ctx context.Context, c *Contact, emails []string) error {
	run, err := s.store.LatestRun(ctx, c.CustomerID)
	if err != nil || run == nil || run.State != RunRunning && run.State != RunPartial {
		return err
	}
	rows, err := s.store.StagedByContact(ctx, c.CustomerID, run.ID, []contact.ID{c.ID})
	if err != nil {
		return err
	}
	if len(emails) > 0 {
		more, err := s.store.StagedByEmail(ctx, c.CustomerID, run.ID, emails)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	for i := range rows {
		rows[i] = Staged{ConnectionID: rows[i].ConnectionID, Record: &Record{ID: rows[i].Record.ID}, Review: reviewErasure}
	}
	return s.store.PutStaged(ctx, c.CustomerID, run.ID, rows)
}

// eraseTraces removes what logs and reviews say about the contact.
func (s *Service) eraseTraces(ctx context.Context, c *Contact) error {
	if err := s.store.ForgetContact(ctx, c.CustomerID, c.ID); err != nil {
		return err
	}
	items, err := s.store.ListReviews(ctx, c.CustomerID)
	if err != nil {
		return err
	}
	var ids []string
	for _, r := range items {
		if r.ContactID == c.ID && r.Kind != reviewErasure {
			ids = append(ids, r.ID)
		}
	}
	if err := s.store.DropReviews(ctx, c.CustomerID, ids); err != nil {
		return err
	}
	p := pass{Service: s, customer: c.CustomerID, run: s.unstoredRun(c.CustomerID, Incremental)}
	p.note(c, Activity{Op: "erased", Direction: "app", Message: "A person's data was erased"})
	p.flushLog(ctx)
	return nil
}

// noteErasures remembers which records events reported erased. One whose deletion was
// followed already is looked at again for the contact that it belonged to.
func (s *Service) noteErasures(ctx context.Context, c *Connection, events []Event) error {
	ids := map[contact.ExternalID]contact.ID{}
	for _, e := range events {
		if e.Erased {
			ids[e.ExternalID] = ""
		}
	}
	if len(ids) == 0 {
		return nil
	}
	known, err := s.store.Tombstones(ctx, c.CustomerID, c.ID, sortedKeys(ids))
	if err != nil {
		return err
	}
	var due []contact.ID
	for _, t := range known {
		if t.ContactID != "" {
			ids[t.ExternalID] = t.ContactID
			due = append(due, t.ContactID)
		}
	}
	var stones []Tombstone
	for _, id := range sortedKeys(ids) {
		stones = append(stones, Tombstone{ConnectionID: c.ID, ExternalID: id, ContactID: ids[id],
			Reason: stoneErasing, By: c.Provider.Source(), At: s.clock.Now()})
	}
	if err := s.store.PutTombstones(ctx, c.CustomerID, stones); err != nil {
		return err
	}
	return s.store.MarkDue(ctx, c.CustomerID, due, s.clock.Now())
}

// erasure is a report that a contact's records were erased in a CRM.
type erasure struct {
	by   contact.Source
	gone map[contact.ConnectionID]bool
}

// followErasures erases the contacts whose record was reported erased and is gone, goes
// on with erasures that were interrupted, and returns the other items. It costs
// nothing where every link has its record.
func (p *pass) followErasures(ctx context.Context, items []*item) ([]*item, error) {
	reported := map[*item]*erasure{}
	for _, ch := range p.live() {
		if err := p.reportedErased(ctx, ch, items, reported); err != nil {
			return nil, err
		}
	}
	var others []*item
	for _, it := range items {
		report := reported[it]
		switch {
		case it.next.Lifecycle == Erased:
			report = &erasure{by: contact.App}
		case report == nil:
			others = append(others, it)
			continue
		}
		if p.rehearsal != nil {
			continue
		}
		err := p.erase(ctx, it.next, report.gone, report.by)
		if err != nil && !fault.Is(err, fault.Stale) && !fault.Is(err, fault.Throttled) {
			return nil, err // else it stays due
		}
	}
	return others, nil
}

// reportedErased adds the items whose record on the connection was reported erased.
func (p *pass) reportedErased(ctx context.Context, ch *channel, items []*item, reported map[*item]*erasure) error {
	missing := map[contact.ExternalID]*item{}
	for _, it := range items {
		l := it.next.Link(ch.conn.ID)
		if l == nil || l.ExternalID == "" {
			continue
		}
		if r, read := ch.reads[l.ExternalID]; l.State == LinkDetached || read && r.Gone() {
			missing[l.ExternalID] = it
		}
	}
	if len(missing) == 0 {
		return nil
	}
	stones, err := p.store.Tombstones(ctx, p.customer, ch.conn.ID, sortedKeys(missing))
	if err != nil {
		return err
	}
	stones = slices.DeleteFunc(stones, func(t Tombstone) bool { return t.Reason != stoneErasing })
	ids := make([]contact.ExternalID, len(stones))
	for i, t := range stones {
		ids[i] = t.ExternalID
	}
	p.read(ctx, ch, slices.Clone(ids), nil)
	for _, id := range ids {
		if r, read := ch.reads[id]; !read || !r.Gone() {
			continue
		}
		it := missing[id]
		if reported[it] == nil {
			reported[it] = &erasure{by: ch.conn.Provider.Source(), gone: map[contact.ConnectionID]bool{}}
		}
		reported[it].gone[ch.conn.ID] = true
	}
	return nil
}
