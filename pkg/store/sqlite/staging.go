package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	stagedEmails = `
SELECT s.connection, s.external, s.emails
FROM json_each(?3) AS wanted CROSS JOIN staged AS s
ON s.customer = ?1 AND s.generation = ?2 AND s.connection = wanted.value ->> 0 AND s.external = wanted.value ->> 1`

	putStaged = `
INSERT INTO staged (customer, generation, connection, external, contact, is_new, emails, doc)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (customer, generation, connection, external) DO UPDATE SET
	contact = excluded.contact, is_new = excluded.is_new, emails = excluded.emails, doc = excluded.doc`

	deleteStagedEmails = `
DELETE FROM staged_emails
WHERE customer = ? AND generation = ? AND connection = ? AND external = ?
AND email IN (SELECT value FROM json_each(?))`

	insertStagedEmails = `
INSERT INTO staged_emails (customer, generation, connection, external, email)
SELECT ?, ?, ?, ?, value FROM json_each(?) WHERE true
ON CONFLICT DO NOTHING`

	stagedPage = `
SELECT doc FROM staged
WHERE customer = ? AND generation = ? AND connection = ? AND external > ? ORDER BY external LIMIT ?`

	stagedByEmail = `
SELECT doc FROM staged WHERE rowid IN (
	SELECT s.rowid FROM staged_emails AS e CROSS JOIN staged AS s
	ON s.customer = e.customer AND s.generation = e.generation AND s.connection = e.connection AND s.external = e.external
	WHERE e.customer = ? AND e.generation = ? AND e.email IN (SELECT value FROM json_each(?)))`

	stagedByContact = `
SELECT doc FROM staged INDEXED BY staged_by_contact
WHERE customer = ? AND generation = ? AND contact IN (SELECT value FROM json_each(?)) AND contact <> ''`

	stagedNew = `
SELECT DISTINCT contact FROM staged INDEXED BY staged_by_contact
WHERE customer = ? AND generation = ? AND contact > ? AND contact <> '' AND is_new = 1
ORDER BY contact LIMIT ?`
)

// record names a staged row within its generation.
type record struct {
	connection contact.ConnectionID
	external   contact.ExternalID
}

// PutStaged implements [sync.StagingStore].
func (s *Store) PutStaged(ctx context.Context, customer contact.CustomerID, generation string, rows []sync.Staged) error {
	const op = "sqlite.putStaged"
	if len(rows) == 0 {
		return nil
	}
	docs := make([][]byte, len(rows))
	wanted := make([][2]string, len(rows))
	for i := range rows {
		doc, err := json.Marshal(&rows[i])
		if err != nil {
			return &fault.Error{Op: op, Err: err}
		}
		docs[i] = doc
		wanted[i] = [2]string{string(rows[i].ConnectionID), string(rows[i].Record.ID)}
	}
	return s.write(ctx, op, func(ctx context.Context, c *conn) error {
		before := make(map[record]string, len(rows))
		err := c.each(ctx, stagedEmails, []any{customer, generation, jsonText(wanted)}, func(row scanner) (bool, error) {
			var r record
			var emails string
			err := row.Scan(&r.connection, &r.external, &emails)
			before[r] = emails
			return true, err
		})
		if err != nil {
			return err
		}
		for i := range rows {
			row := &rows[i]
			r := record{row.ConnectionID, row.Record.ID}
			emails := ""
			if len(row.Emails) > 0 {
				emails = jsonText(row.Emails)
			}
			if _, err := c.exec(ctx, putStaged, customer, generation, r.connection, r.external,
				row.ContactID, row.New, emails, docs[i]); err != nil {
				return err
			}
			if err := c.stageEmails(ctx, customer, generation, r, before[r], emails); err != nil {
				return err
			}
			before[r] = emails
		}
		return nil
	})
}

// stageEmails replaces the addresses by which a row is found; both are JSON, or
// "" for none.
func (c *conn) stageEmails(ctx context.Context, customer contact.CustomerID, generation string, r record, before, after string) error {
	if before == after {
		return nil
	}
	if before != "" {
		if _, err := c.exec(ctx, deleteStagedEmails, customer, generation, r.connection, r.external, before); err != nil {
			return err
		}
	}
	if after != "" {
		if _, err := c.exec(ctx, insertStagedEmails, customer, generation, r.connection, r.external, after); err != nil {
			return err
		}
	}
	return nil
}

// StagedPage implements [sync.StagingStore].
func (s *Store) StagedPage(ctx context.Context, customer contact.CustomerID, generation string, connection contact.ConnectionID, after contact.ExternalID, limit int) ([]sync.Staged, error) {
	return s.staged(ctx, "sqlite.stagedPage", stagedPage, customer, generation, connection, after, max(limit, 0))
}

// StagedByEmail implements [sync.StagingStore].
func (s *Store) StagedByEmail(ctx context.Context, customer contact.CustomerID, generation string, emails []string) ([]sync.Staged, error) {
	if len(emails) == 0 {
		return nil, nil
	}
	return s.staged(ctx, "sqlite.stagedByEmail", stagedByEmail, customer, generation, jsonText(emails))
}

// StagedByContact implements [sync.StagingStore].
func (s *Store) StagedByContact(ctx context.Context, customer contact.CustomerID, generation string, ids []contact.ID) ([]sync.Staged, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.staged(ctx, "sqlite.stagedByContact", stagedByContact, customer, generation, jsonText(ids))
}

func (s *Store) staged(ctx context.Context, op, query string, args ...any) (found []sync.Staged, err error) {
	err = s.read(ctx, op, func(c *conn) error {
		found, err = list(ctx, c, scanStaged, query, args...)
		return err
	})
	return found, err
}

func scanStaged(row scanner) (staged sync.Staged, err error) {
	err = scanDoc(row, &staged)
	roundStaged(&staged)
	return staged, err
}

// StagedNew implements [sync.StagingStore].
func (s *Store) StagedNew(ctx context.Context, customer contact.CustomerID, generation string, after contact.ID, limit int) (ids []contact.ID, err error) {
	err = s.read(ctx, "sqlite.stagedNew", func(c *conn) error {
		ids, err = list(ctx, c, func(row scanner) (id contact.ID, err error) {
			return id, row.Scan(&id)
		}, stagedNew, customer, generation, after, max(limit, 0))
		return err
	})
	return ids, err
}

// dropAtOnce is how many staged rows one transaction removes: other writers wait
// no longer than that takes.
const dropAtOnce = 5000

const (
	dropStagedEmails = `
DELETE FROM staged_emails WHERE (customer, generation, email, connection, external) IN (
	SELECT customer, generation, email, connection, external FROM staged_emails
	WHERE customer = ? AND generation = ? LIMIT ?)`

	dropStaged = `
DELETE FROM staged WHERE rowid IN (SELECT rowid FROM staged WHERE customer = ? AND generation = ? LIMIT ?)`
)

// DropStaged implements [sync.StagingStore]. A large generation goes in several
// steps; calling again goes on where an interrupted call ended.
func (s *Store) DropStaged(ctx context.Context, customer contact.CustomerID, generation string) error {
	for _, query := range []string{dropStagedEmails, dropStaged} {
		for dropped := int64(dropAtOnce); dropped == dropAtOnce; {
			err := s.write(ctx, "sqlite.dropStaged", func(ctx context.Context, c *conn) (err error) {
				dropped, err = c.exec(ctx, query, customer, generation, dropAtOnce)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// scanDoc decodes the last column of a row, a document, after the given others.
func scanDoc(row scanner, doc any, others ...any) error {
	var text sql.RawBytes
	if err := row.Scan(append(others, &text)...); err != nil {
		return err
	}
	return json.Unmarshal(text, doc)
}
