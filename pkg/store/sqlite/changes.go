package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	appendChange = `
INSERT INTO changes (customer, id, at, contact, run, doc) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`

	oneChange = `SELECT doc FROM changes WHERE customer = ? AND id = ?`

	replaceChange = `
UPDATE changes SET at = ?, contact = ?, run = ?, doc = ? WHERE customer = ? AND id = ?`
)

// pruneRuns forgets runs that have ended.
const pruneRuns = `
DELETE FROM runs WHERE customer = ? AND started < ? AND state IN ('done', 'failed', 'cancelled')`

// prunedLogs are the logs that PruneLogs forgets.
var prunedLogs = []string{"activity", "conflicts", "changes"}

// AppendChanges implements [sync.LogStore].
func (s *Store) AppendChanges(ctx context.Context, customer contact.CustomerID, changes []sync.Change) error {
	return s.appendDocs(ctx, "sqlite.appendChanges", appendChange, len(changes), func(i int) (any, []any) {
		e := &changes[i]
		return e, []any{customer, e.ID, millis(e.At), e.ContactID, e.RunID}
	})
}

// ListChanges implements [sync.LogStore].
func (s *Store) ListChanges(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) (entries []sync.Change, next string, err error) {
	const op = "sqlite.listChanges"
	log, err := newLogQuery("changes", customer, q)
	if err != nil {
		return nil, "", classify(op, err)
	}
	err = s.read(ctx, op, func(c *conn) error {
		entries, next, err = page(ctx, c, log, pageSize(q.Limit), scanChange,
			func(e sync.Change) []any { return []any{millis(e.At), e.ID} })
		return err
	})
	return entries, next, err
}

func scanChange(row scanner) (e sync.Change, err error) {
	err = scanDoc(row, &e)
	round(&e.At)
	return e, err
}

// Change implements [sync.LogStore].
func (s *Store) Change(ctx context.Context, customer contact.CustomerID, id string) (found *sync.Change, err error) {
	err = s.read(ctx, "sqlite.change", func(c *conn) error {
		changes, err := list(ctx, c, scanChange, oneChange, customer, id)
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			return fault.New(fault.NotFound, "There is no such change.")
		}
		found = &changes[0]
		return nil
	})
	return found, err
}

// SaveChanges implements [sync.LogStore].
func (s *Store) SaveChanges(ctx context.Context, customer contact.CustomerID, changes []sync.Change) error {
	const op = "sqlite.saveChanges"
	if len(changes) == 0 {
		return nil
	}
	docs := make([][]byte, len(changes))
	for i := range changes {
		doc, err := json.Marshal(&changes[i])
		if err != nil {
			return &fault.Error{Op: op, Err: err}
		}
		docs[i] = doc
	}
	return s.write(ctx, op, func(ctx context.Context, c *conn) error {
		for i, e := range changes {
			if _, err := c.exec(ctx, replaceChange, millis(e.At), e.ContactID, e.RunID, docs[i], customer, e.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// PruneLogs implements [sync.LogStore].
func (s *Store) PruneLogs(ctx context.Context, customer contact.CustomerID, before time.Time) error {
	return s.write(ctx, "sqlite.pruneLogs", func(ctx context.Context, c *conn) error {
		for _, table := range prunedLogs {
			if _, err := c.exec(ctx, `DELETE FROM `+table+` WHERE customer = ? AND at < ?`, customer, millis(rounded(before))); err != nil {
				return err
			}
		}
		_, err := c.exec(ctx, pruneRuns, customer, millis(rounded(before)))
		return err
	})
}
