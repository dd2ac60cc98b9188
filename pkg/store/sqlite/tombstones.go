package sqlite

import (
	"context"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	putTombstone = `
INSERT INTO tombstones (customer, connection, external, contact, reason, survivor, source, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
	contact = excluded.contact, reason = excluded.reason, survivor = excluded.survivor, source = excluded.source, at = excluded.at`

	tombstonesOf = `
SELECT connection, external, contact, reason, survivor, source, at FROM tombstones
WHERE customer = ? AND connection = ? AND external IN (SELECT value FROM json_each(?))`

	dropTombstones = `
DELETE FROM tombstones WHERE customer = ? AND connection = ? AND external IN (SELECT value FROM json_each(?))`
)

// PutTombstones implements [sync.StagingStore].
func (s *Store) PutTombstones(ctx context.Context, customer contact.CustomerID, stones []sync.Tombstone) error {
	return eachIn(ctx, s, "sqlite.putTombstones", putTombstone, stones, func(t sync.Tombstone) []any {
		return []any{customer, t.ConnectionID, t.ExternalID, t.ContactID, t.Reason, t.Survivor, t.By, millis(t.At)}
	})
}

// Tombstones implements [sync.StagingStore].
func (s *Store) Tombstones(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) (found []sync.Tombstone, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.read(ctx, "sqlite.tombstones", func(c *conn) error {
		found, err = list(ctx, c, scanTombstone, tombstonesOf, customer, connection, jsonText(ids))
		return err
	})
	return found, err
}

func scanTombstone(row scanner) (t sync.Tombstone, err error) {
	var at int64
	err = row.Scan(&t.ConnectionID, &t.ExternalID, &t.ContactID, &t.Reason, &t.Survivor, &t.By, &at)
	t.At = fromMillis(at)
	return t, err
}

// DropTombstones implements [sync.StagingStore].
func (s *Store) DropTombstones(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) error {
	if len(ids) == 0 {
		return nil
	}
	return s.write(ctx, "sqlite.dropTombstones", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, dropTombstones, customer, connection, jsonText(ids))
		return err
	})
}
