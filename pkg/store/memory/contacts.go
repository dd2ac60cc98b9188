package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// held lists the records that a contact's links reserve.
func held(c *sync.Contact) []record {
	var list []record
	for i := range c.Links {
		if l := &c.Links[i]; l.ExternalID != "" && l.State != sync.LinkDetached {
			list = append(list, record{l.ConnectionID, l.ExternalID})
		}
	}
	return list
}

// SaveContacts implements [sync.ContactStore], in the order of the contacts.
func (s *Store) SaveContacts(ctx context.Context, customer contact.CustomerID, contacts []*sync.Contact) ([]sync.SaveOutcome, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	if slices.ContainsFunc(contacts, func(c *sync.Contact) bool { return c.CustomerID != customer }) {
		return nil, fault.New(fault.Unexpected, "A contact is of another customer.")
	}
	outcomes := make([]sync.SaveOutcome, len(contacts))
	for i, c := range contacts {
		if outcomes[i] = d.save(c); outcomes[i] == sync.Saved {
			c.Rev++
		}
	}
	return outcomes, nil
}

func (d *documents) save(c *sync.Contact) sync.SaveOutcome {
	stored := d.contacts[c.ID]
	if stored == nil && c.Rev != 0 || stored != nil && (stored.Rev != c.Rev || stored.Fence != c.Fence) {
		return sync.SaveStale
	}
	wanted := held(c)
	for id, holder := range d.contacts {
		if id != c.ID && slices.ContainsFunc(held(holder), func(r record) bool { return slices.Contains(wanted, r) }) {
			return sync.SaveLinkTaken
		}
	}
	saved := kept(c)
	saved.Rev++
	d.contacts[c.ID] = saved
	return sync.Saved
}

// contactsWith returns copies of the contacts that fit, by id.
func (s *Store) contactsWith(ctx context.Context, customer contact.CustomerID, fits func(*sync.Contact) bool) ([]*sync.Contact, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	var found []*sync.Contact
	for _, c := range d.sorted() {
		if fits(c) {
			found = append(found, kept(c))
		}
	}
	return found, nil
}

// sorted returns the stored contacts by id.
func (d *documents) sorted() []*sync.Contact {
	return slices.SortedFunc(maps.Values(d.contacts), func(a, b *sync.Contact) int { return cmp.Compare(a.ID, b.ID) })
}

// Contacts implements [sync.ContactStore].
func (s *Store) Contacts(ctx context.Context, customer contact.CustomerID, ids []contact.ID) ([]*sync.Contact, error) {
	return s.contactsWith(ctx, customer, func(c *sync.Contact) bool { return slices.Contains(ids, c.ID) })
}

// ContactsByLink implements [sync.ContactStore].
func (s *Store) ContactsByLink(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) ([]*sync.Contact, error) {
	return s.contactsWith(ctx, customer, func(c *sync.Contact) bool {
		return slices.ContainsFunc(held(c), func(r record) bool {
			return r.connection == connection && slices.Contains(ids, r.external)
		})
	})
}

// ContactsByEmail implements [sync.ContactStore].
func (s *Store) ContactsByEmail(ctx context.Context, customer contact.CustomerID, emails []string) ([]*sync.Contact, error) {
	return s.contactsWith(ctx, customer, func(c *sync.Contact) bool {
		if c.Lifecycle != sync.Active || c.Fields[contact.Email].V == "" {
			return false
		}
		email := contact.Canonical{}.Of(contact.Email, c.Fields[contact.Email].V)
		return email != "" && slices.Contains(emails, email)
	})
}

// ScanContacts implements [sync.ContactStore].
func (s *Store) ScanContacts(ctx context.Context, customer contact.CustomerID, after contact.ID, limit int) ([]*sync.Contact, error) {
	n := 0
	return s.contactsWith(ctx, customer, func(c *sync.Contact) bool {
		if c.ID <= after {
			return false
		}
		n++
		return n <= limit
	})
}

// MarkDue implements [sync.ContactStore].
func (s *Store) MarkDue(ctx context.Context, customer contact.CustomerID, ids []contact.ID, at time.Time) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	at = rounded(at)
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		c := d.contacts[id]
		if c == nil {
			continue
		}
		c.Rev++
		if c.Due == nil {
			c.Due = &sync.Due{At: at}
		} else if at.Before(c.Due.At) {
			c.Due.At = at
		}
	}
	return nil
}

// HurryContacts implements [sync.ContactStore].
func (s *Store) HurryContacts(ctx context.Context, customer contact.CustomerID, now time.Time) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	now = rounded(now)
	for _, c := range d.contacts {
		if c.Due != nil && c.Due.At.After(now) && !c.Due.LeaseUntil.After(now) {
			c.Due.At = now
		}
	}
	return nil
}

// ClaimContacts implements [sync.ContactStore]. A contact claimed by its id that had
// nothing to do is due from then on.
func (s *Store) ClaimContacts(ctx context.Context, customer contact.CustomerID, claim sync.Claim) ([]*sync.Contact, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	now := rounded(claim.Now)
	due := slices.DeleteFunc(d.sorted(), func(c *sync.Contact) bool {
		if c.Due != nil && c.Due.LeaseUntil.After(now) {
			return true
		}
		if claim.IDs != nil {
			return !slices.Contains(claim.IDs, c.ID)
		}
		return c.Due == nil || c.Due.At.After(now)
	})
	dueAt := func(c *sync.Contact) time.Time {
		if c.Due == nil {
			return now
		}
		return c.Due.At
	}
	slices.SortStableFunc(due, func(a, b *sync.Contact) int { return dueAt(a).Compare(dueAt(b)) })
	due = due[:min(len(due), max(claim.Limit, 0))]
	claimed := make([]*sync.Contact, len(due))
	for i, c := range due {
		c.Due = &sync.Due{At: dueAt(c), LeaseUntil: rounded(claim.Until)}
		c.Fence++
		claimed[i] = kept(c)
	}
	return claimed, nil
}

// CountContacts implements [sync.ContactStore]. A leased contact counts for NextDue
// with the end of its lease, when it can be claimed again.
func (s *Store) CountContacts(ctx context.Context, customer contact.CustomerID) (sync.ContactCounts, error) {
	counts := sync.ContactCounts{ByStatus: map[sync.Status]int{}, Links: map[contact.ConnectionID]sync.LinkCounts{}}
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return counts, err
	}
	defer done()
	for _, c := range d.contacts {
		if c.Lifecycle == sync.Active {
			counts.Total++
			counts.ByStatus[c.Status]++
		}
		if c.Due != nil {
			counts.Due++
			counts.NextDue = earliest(counts.NextDue, c.Due.At, c.Due.LeaseUntil)
		}
		for i := range c.Links {
			countLink(counts.Links, &c.Links[i])
		}
	}
	return counts, nil
}

func countLink(counts map[contact.ConnectionID]sync.LinkCounts, l *sync.Link) {
	n := counts[l.ConnectionID]
	if l.ExternalID != "" && l.State != sync.LinkDetached {
		n.Linked++
	}
	if l.Waiting() {
		n.Pending++
	}
	if l.Failing() {
		n.Errors++
	}
	if n != (sync.LinkCounts{}) {
		counts[l.ConnectionID] = n
	}
}

// earliest is the earlier of next, which is zero if there is none, and the time when
// something due that is leased until then can be claimed.
func earliest(next, due, lease time.Time) time.Time {
	if lease.After(due) {
		due = lease
	}
	if next.IsZero() || due.Before(next) {
		return due
	}
	return next
}
