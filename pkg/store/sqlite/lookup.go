package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// contactColumns are what scanContact reads of a contact c and its document d.
const contactColumns = `c.rev, c.fence, c.due_at, c.lease_until, d.doc`

// scanContact reads a document and puts the columns in force into it.
func scanContact(row scanner) (*sync.Contact, error) {
	var (
		rev, fence, lease int64
		due               sql.NullInt64
		doc               sql.RawBytes
	)
	if err := row.Scan(&rev, &fence, &due, &lease, &doc); err != nil {
		return nil, err
	}
	c := &sync.Contact{}
	if err := json.Unmarshal(doc, c); err != nil {
		return nil, err
	}
	roundContact(c)
	c.Rev, c.Fence = rev, fence
	switch {
	case !due.Valid:
		c.Due = nil
	case c.Due == nil:
		c.Due = &sync.Due{}
		fallthrough
	default:
		c.Due.At, c.Due.LeaseUntil = fromMillis(due.Int64), fromMillis(lease)
	}
	return c, nil
}

const (
	contactsByID = `
SELECT ` + contactColumns + ` FROM contacts AS c JOIN contact_docs AS d ON d.key = c.key
WHERE c.customer = ? AND c.id IN (SELECT value FROM json_each(?))`

	contactsByLink = `
SELECT ` + contactColumns + ` FROM contacts AS c JOIN contact_docs AS d ON d.key = c.key
WHERE c.key IN (SELECT contact FROM contact_links
	WHERE customer = ? AND connection = ? AND external IN (SELECT value FROM json_each(?)))`

	contactsByEmail = `
SELECT ` + contactColumns + ` FROM contacts AS c INDEXED BY contacts_by_email JOIN contact_docs AS d ON d.key = c.key
WHERE c.customer = ? AND c.lifecycle = ? AND c.email IN (SELECT value FROM json_each(?)) AND c.email <> ''`

	contactsAbove = `
SELECT ` + contactColumns + ` FROM contacts AS c INDEXED BY contacts_by_id JOIN contact_docs AS d ON d.key = c.key
WHERE c.customer = ? AND c.id > ? ORDER BY c.id LIMIT ?`
)

// Contacts implements [sync.ContactStore].
func (s *Store) Contacts(ctx context.Context, customer contact.CustomerID, ids []contact.ID) ([]*sync.Contact, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.contacts(ctx, "sqlite.contacts", contactsByID, customer, jsonText(ids))
}

// ContactsByLink implements [sync.ContactStore].
func (s *Store) ContactsByLink(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) ([]*sync.Contact, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.contacts(ctx, "sqlite.contactsByLink", contactsByLink, customer, connection, jsonText(ids))
}

// ContactsByEmail implements [sync.ContactStore].
func (s *Store) ContactsByEmail(ctx context.Context, customer contact.CustomerID, emails []string) ([]*sync.Contact, error) {
	if len(emails) == 0 {
		return nil, nil
	}
	return s.contacts(ctx, "sqlite.contactsByEmail", contactsByEmail, customer, sync.Active, jsonText(emails))
}

// ScanContacts implements [sync.ContactStore].
func (s *Store) ScanContacts(ctx context.Context, customer contact.CustomerID, after contact.ID, limit int) ([]*sync.Contact, error) {
	return s.contacts(ctx, "sqlite.scanContacts", contactsAbove, customer, after, max(limit, 0))
}

func (s *Store) contacts(ctx context.Context, op, query string, args ...any) (found []*sync.Contact, err error) {
	err = s.read(ctx, op, func(c *conn) error {
		found, err = list(ctx, c, scanContact, query, args...)
		return err
	})
	return found, err
}
