package sync

import (
	"context"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync/match"
)

// A deletion is undone in the app by restoring the contact, and in a CRM by restoring
// the record, which then is there again under its id. Nothing else brings either back.
//
// That a record of a tombstone is there proves little by itself: the listing may be
// older than the deletion, or the deletion still be under way. So a link that waits
// for the answer to our own delete keeps its record, and the others are read by id,
// and only believed when the tombstone is older than [DeleteGrace].

// RestoreContact brings a deleted contact back: with the records that its deletion
// left alone, and with new ones in the CRMs that deleted theirs. It fails with
// fault.NotFound 30 days after the deletion.
func (s *Service) RestoreContact(ctx context.Context, customer contact.CustomerID, id contact.ID) (*Contact, error) {
	var left []Tombstone
	c, err := s.edit(ctx, customer, id, nil, func(c *Contact, now time.Time) error {
		if c.Lifecycle == Active {
			return nil
		}
		if c.Lifecycle != Archived || now.Sub(c.DeletedAt) > restorable {
			return notThere()
		}
		var err error
		if left, err = s.leftAlone(ctx, c); err != nil {
			return err
		}
		c.reopen(left, now)
		c.Edited = now
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := s.dropStones(ctx, customer, left); err != nil {
		return nil, err
	}
	s.noteEdit(ctx, c, "restored", "Restored in the app", nil)
	return s.pushNow(ctx, c), nil
}

// leftAlone returns what is remembered of the records that live on although the
// contact was deleted.
func (s *Service) leftAlone(ctx context.Context, c *Contact) ([]Tombstone, error) {
	var left []Tombstone
	for i := range c.Links {
		l := &c.Links[i]
		if l.State != LinkDetached || l.ExternalID == "" {
			continue
		}
		stones, err := s.store.Tombstones(ctx, c.CustomerID, l.ConnectionID, []contact.ExternalID{l.ExternalID})
		if err != nil {
			return nil, err
		}
		left = append(left, slices.DeleteFunc(stones, func(t Tombstone) bool { return t.Reason != stoneUnlinked })...)
	}
	return left, nil
}

// reopen makes a deleted contact live again. It goes on with the records of the
// tombstones; other links that have ended make room for new records.
func (c *Contact) reopen(alive []Tombstone, now time.Time) {
	c.Lifecycle, c.MergedInto, c.DeletedAt, c.UpdatedAt = Active, "", time.Time{}, now
	c.Links = slices.DeleteFunc(c.Links, func(l Link) bool {
		return l.State == LinkDetached && !slices.ContainsFunc(alive, l.of)
	})
	for i := range c.Links {
		l := &c.Links[i]
		l.dropIntents(OpDelete)
		if l.State == LinkDetached {
			l.State = LinkActive
		}
	}
}

// of reports whether the tombstone is that of the link's record.
func (l Link) of(t Tombstone) bool {
	return t.ConnectionID == l.ConnectionID && t.ExternalID == l.ExternalID
}

func (s *Service) dropStones(ctx context.Context, customer contact.CustomerID, stones []Tombstone) error {
	ids := map[contact.ConnectionID][]contact.ExternalID{}
	for _, t := range stones {
		ids[t.ConnectionID] = append(ids[t.ConnectionID], t.ExternalID)
	}
	for _, conn := range sortedKeys(ids) {
		if err := s.store.DropTombstones(ctx, customer, conn, ids[conn]); err != nil {
			return err
		}
	}
	return nil
}

// endedBy reports whether the contact lives without the tombstone's record, or ended
// with it.
func (c *Contact) endedBy(t Tombstone) bool {
	return c.Lifecycle == Active || c.Lifecycle == Archived && !t.At.Before(c.DeletedAt.Add(-time.Millisecond))
}

// readRestored reads the records by id that seem to be restored.
func (p *pass) readRestored(ctx context.Context, ch *channel, pairs []pairing) {
	var ids []contact.ExternalID
	for _, x := range pairs {
		if x.verdict.Kind == match.Restore {
			ids = append(ids, x.record.ID)
			delete(ch.reads, x.record.ID)
		}
	}
	p.read(ctx, ch, ids, nil)
}

// restoreOne links a record that was restored in the CRM to its contact again, and
// undoes the contact's deletion. It reports whether the record's hints are done with.
func (p *pass) restoreOne(ch *channel, b *batchItems, x pairing, now time.Time) bool {
	r, read := ch.reads[x.record.ID]
	switch {
	case !read || r.Err != nil || r.Record != nil && r.At.Before(x.stone.At.Add(DeleteGrace)):
		return false // looked at again when the lease of the hint is over
	case r.Record == nil || r.Record.ID != x.record.ID:
		return true
	}
	it := b.itemOf(x.contact, x.verdict.ContactID, now)
	if it == nil {
		return false
	}
	if it.next.Lifecycle != Active {
		it.next.reopen([]Tombstone{x.stone}, now)
	}
	if l := it.next.Link(ch.conn.ID); l != nil && l.of(x.stone) {
		l.State = LinkActive
	} else {
		it.next.addLink(ch, x.record.ID)
	}
	it.restored = append(it.restored, x.stone)
	p.count(ch.conn.Provider.Source(), func(n *Counts) { n.Linked++ })
	p.note(it.next, Activity{Provider: ch.conn.Provider, Op: "restored", Direction: "in", Message: "Restored in " + ch.conn.Provider.Title()})
	return true
}

// dropRestored forgets the deletions that saved items have undone.
func (p *pass) dropRestored(ctx context.Context, items []*item) error {
	var stones []Tombstone
	for _, it := range items {
		stones = append(stones, it.restored...)
	}
	return p.dropStones(ctx, p.customer, stones)
}

// RecreateRecord makes a new record for a contact that lost its record on the
// connection to the provider. It fails with fault.NotFound, or with fault.Conflict
// when the contact has a record there.
func (s *Service) RecreateRecord(ctx context.Context, customer contact.CustomerID, id contact.ID, provider contact.Provider) (*Contact, error) {
	conn, err := s.connection(ctx, customer, provider)
	if err != nil {
		return nil, err
	}
	c, err := s.edit(ctx, customer, id, nil, func(c *Contact, _ time.Time) error {
		if c.Lifecycle != Active {
			return notThere()
		}
		if l := c.Link(conn.ID); l != nil && l.State != LinkDetached {
			return fault.New(fault.Conflict, "The contact has a record in %s.", provider.Title())
		}
		c.Links = slices.DeleteFunc(c.Links, func(l Link) bool { return l.ConnectionID == conn.ID })
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.noteEdit(ctx, c, "restored", "To be made again in "+provider.Title(), nil)
	return s.pushNow(ctx, c), nil
}
