package sqlite

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

const markDue = `
UPDATE contacts SET rev = rev + 1, due_at = min(coalesce(due_at, ?1), ?1)
WHERE customer = ?2 AND id IN (SELECT value FROM json_each(?3))`

// MarkDue implements [sync.ContactStore]. A lease stays: who holds it loses the
// next compare-and-set and starts over.
func (s *Store) MarkDue(ctx context.Context, customer contact.CustomerID, ids []contact.ID, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	return s.write(ctx, "sqlite.markDue", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, markDue, millis(at), customer, jsonText(ids))
		return err
	})
}

const hurryContacts = `
UPDATE contacts SET due_at = ?2
WHERE key IN (SELECT key FROM contacts INDEXED BY contacts_by_due
	WHERE customer = ?1 AND due_at > ?2 AND lease_until <= ?2)`

// HurryContacts implements [sync.ContactStore].
func (s *Store) HurryContacts(ctx context.Context, customer contact.CustomerID, now time.Time) error {
	return s.write(ctx, "sqlite.hurryContacts", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, hurryContacts, customer, millis(now))
		return err
	})
}

const (
	dueContacts = `
SELECT key FROM contacts INDEXED BY contacts_by_due
WHERE customer = ?1 AND due_at <= ?2 AND lease_until <= ?2
ORDER BY due_at, id LIMIT ?3`

	namedContacts = `
SELECT key FROM contacts INDEXED BY contacts_by_id
WHERE customer = ?1 AND lease_until <= ?2 AND id IN (SELECT value FROM json_each(?5))
ORDER BY coalesce(due_at, ?2), id LIMIT ?3`

	claimHeads = `
UPDATE contacts SET fence = fence + 1, lease_until = ?4 WHERE key IN (`

	// A contact that was not due becomes so: the lease is of its work.
	claimNamedHeads = `
UPDATE contacts SET fence = fence + 1, lease_until = ?4, due_at = coalesce(due_at, ?2) WHERE key IN (`

	claimed = `)
RETURNING rev, fence, due_at, lease_until, (SELECT doc FROM contact_docs AS d WHERE d.key = contacts.key)`
)

// ClaimContacts implements [sync.ContactStore]. A contact claimed by its id that
// had nothing to do is due from then on.
func (s *Store) ClaimContacts(ctx context.Context, customer contact.CustomerID, claim sync.Claim) (found []*sync.Contact, err error) {
	if claim.Limit <= 0 {
		return nil, nil
	}
	query := claimHeads + dueContacts + claimed
	args := []any{customer, millis(claim.Now), claim.Limit, millis(claim.Until)}
	if claim.IDs != nil {
		query = claimNamedHeads + namedContacts + claimed
		args = append(args, jsonText(claim.IDs))
	}
	err = s.write(ctx, "sqlite.claimContacts", func(ctx context.Context, c *conn) error {
		found, err = list(ctx, c, scanContact, query, args...)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *sync.Contact) int {
		if order := a.Due.At.Compare(b.Due.At); order != 0 {
			return order
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return found, nil
}
