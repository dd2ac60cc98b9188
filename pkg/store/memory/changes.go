package memory

import (
	"context"
	"maps"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// AppendChanges implements [sync.LogStore].
func (s *Store) AppendChanges(ctx context.Context, customer contact.CustomerID, changes []sync.Change) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	for i := range changes {
		if _, there := d.changes[changes[i].ID]; !there {
			d.changes[changes[i].ID] = *kept(&changes[i])
		}
	}
	return nil
}

// ListChanges implements [sync.LogStore].
func (s *Store) ListChanges(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) ([]sync.Change, string, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, "", err
	}
	defer done()
	var found []sync.Change
	for _, e := range d.changes {
		if (q.ContactID == "" || e.ContactID == q.ContactID) && (q.RunID == "" || e.RunID == q.RunID) {
			found = append(found, *kept(&e))
		}
	}
	return pageOf(found, "changes", q.Cursor, q.Limit, true, func(e sync.Change) position { return position{Key: timeKey(e.At), ID: e.ID} })
}

// Change implements [sync.LogStore].
func (s *Store) Change(ctx context.Context, customer contact.CustomerID, id string) (*sync.Change, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	found, there := d.changes[id]
	if !there {
		return nil, fault.New(fault.NotFound, "There is no such change.")
	}
	return kept(&found), nil
}

// SaveChanges implements [sync.LogStore].
func (s *Store) SaveChanges(ctx context.Context, customer contact.CustomerID, changes []sync.Change) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	for i := range changes {
		if _, there := d.changes[changes[i].ID]; there {
			d.changes[changes[i].ID] = *kept(&changes[i])
		}
	}
	return nil
}

// PruneLogs implements [sync.LogStore].
func (s *Store) PruneLogs(ctx context.Context, customer contact.CustomerID, before time.Time) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	before = rounded(before)
	maps.DeleteFunc(d.activity, func(_ string, e sync.Activity) bool { return e.At.Before(before) })
	maps.DeleteFunc(d.conflicts, func(_ string, e sync.Conflict) bool { return e.At.Before(before) })
	maps.DeleteFunc(d.changes, func(_ string, e sync.Change) bool { return e.At.Before(before) })
	maps.DeleteFunc(d.runs, func(_ string, r *sync.Run) bool { return r.Ended() && r.StartedAt.Before(before) })
	return nil
}
