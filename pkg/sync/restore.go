package sync

import (
	"context"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// A deletion is undone in the app by restoring the contact, and in a CRM by restoring
// the record. Nothing else brings either back.

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
	for _, stone := range left {
		if err := s.store.DropTombstones(ctx, customer, stone.ConnectionID, []contact.ExternalID{stone.ExternalID}); err != nil {
			return nil, err
		}
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
