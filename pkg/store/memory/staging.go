package memory

import (
	"context"
	"maps"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// PutStaged implements [sync.StagingStore].
func (s *Store) PutStaged(ctx context.Context, customer contact.CustomerID, generation string, rows []sync.Staged) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	if d.staged[generation] == nil {
		d.staged[generation] = map[record]sync.Staged{}
	}
	for i := range rows {
		d.staged[generation][record{rows[i].ConnectionID, rows[i].Record.ID}] = *kept(&rows[i])
	}
	return nil
}

// stagedWith returns copies of the rows that fit, by connection and record.
func (s *Store) stagedWith(ctx context.Context, customer contact.CustomerID, generation string, fits func(*sync.Staged) bool) ([]sync.Staged, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	rows := d.staged[generation]
	var found []sync.Staged
	for _, key := range slices.SortedFunc(maps.Keys(rows), record.compare) {
		if row := rows[key]; fits(&row) {
			found = append(found, *kept(&row))
		}
	}
	return found, nil
}

// StagedPage implements [sync.StagingStore].
func (s *Store) StagedPage(ctx context.Context, customer contact.CustomerID, generation string, connection contact.ConnectionID, after contact.ExternalID, limit int) ([]sync.Staged, error) {
	n := 0
	return s.stagedWith(ctx, customer, generation, func(row *sync.Staged) bool {
		if row.ConnectionID != connection || row.Record.ID <= after {
			return false
		}
		n++
		return n <= limit
	})
}

// StagedByEmail implements [sync.StagingStore].
func (s *Store) StagedByEmail(ctx context.Context, customer contact.CustomerID, generation string, emails []string) ([]sync.Staged, error) {
	return s.stagedWith(ctx, customer, generation, func(row *sync.Staged) bool {
		return slices.ContainsFunc(row.Emails, func(e string) bool { return slices.Contains(emails, e) })
	})
}

// StagedByContact implements [sync.StagingStore].
func (s *Store) StagedByContact(ctx context.Context, customer contact.CustomerID, generation string, ids []contact.ID) ([]sync.Staged, error) {
	return s.stagedWith(ctx, customer, generation, func(row *sync.Staged) bool {
		return row.ContactID != "" && slices.Contains(ids, row.ContactID)
	})
}

// StagedNew implements [sync.StagingStore].
func (s *Store) StagedNew(ctx context.Context, customer contact.CustomerID, generation string, after contact.ID, limit int) ([]contact.ID, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	var ids []contact.ID
	for _, row := range d.staged[generation] {
		if row.New && row.ContactID > after && row.Review == "" {
			ids = append(ids, row.ContactID)
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	return ids[:min(len(ids), max(limit, 0))], nil
}

// DropStaged implements [sync.StagingStore].
func (s *Store) DropStaged(ctx context.Context, customer contact.CustomerID, generation string) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	delete(d.staged, generation)
	return nil
}

// PutTombstones implements [sync.StagingStore].
func (s *Store) PutTombstones(ctx context.Context, customer contact.CustomerID, stones []sync.Tombstone) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	for i := range stones {
		d.stones[record{stones[i].ConnectionID, stones[i].ExternalID}] = *kept(&stones[i])
	}
	return nil
}

// Tombstones implements [sync.StagingStore].
func (s *Store) Tombstones(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) ([]sync.Tombstone, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	var found []sync.Tombstone
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		if t, there := d.stones[record{connection, id}]; there {
			found = append(found, t)
		}
	}
	return found, nil
}

// DropTombstones implements [sync.StagingStore].
func (s *Store) DropTombstones(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	for _, id := range ids {
		delete(d.stones, record{connection, id})
	}
	return nil
}
