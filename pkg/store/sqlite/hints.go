package sqlite

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	putHint = `
INSERT INTO hints (customer, connection, external, due_at, lease_until, last_lease, event_at)
VALUES (?, ?, ?, ?, 0, 0, ?)
ON CONFLICT (customer, connection, external) DO UPDATE SET
	due_at = min(due_at, excluded.due_at), lease_until = 0,
	event_at = max(event_at, excluded.event_at)`

	claimHints = `
UPDATE hints SET lease_until = max(?4, last_lease + 1), last_lease = max(?4, last_lease + 1)
WHERE customer = ?1 AND (connection, external) IN (
	SELECT connection, external FROM hints INDEXED BY hints_by_due
	WHERE customer = ?1 AND due_at <= ?2 AND lease_until <= ?2
	ORDER BY due_at, connection, external LIMIT ?3)
RETURNING connection, external, due_at, lease_until, event_at`

	dropHint   = `DELETE FROM hints WHERE customer = ? AND connection = ? AND external = ? AND lease_until = ?`
	countHints = `SELECT count(*) FROM hints INDEXED BY hints_by_due WHERE customer = ?`
	walkHints  = `SELECT due_at, lease_until FROM hints INDEXED BY hints_by_due WHERE customer = ? ORDER BY due_at`
)

// PutHints implements [sync.HintStore].
func (s *Store) PutHints(ctx context.Context, customer contact.CustomerID, hints []sync.Hint) error {
	return eachIn(ctx, s, "sqlite.putHints", putHint, hints, func(h sync.Hint) []any {
		return []any{customer, h.ConnectionID, h.ExternalID, millis(h.DueAt), millis(h.EventAt)}
	})
}

// ClaimHints implements [sync.HintStore]. A hint is never given the same lease
// twice: a claim that would is moved by a millisecond, so that dropping under an
// earlier claim does not drop what was put since.
func (s *Store) ClaimHints(ctx context.Context, customer contact.CustomerID, claim sync.Claim) (found []sync.Hint, err error) {
	err = s.write(ctx, "sqlite.claimHints", func(ctx context.Context, c *conn) error {
		found, err = list(ctx, c, scanHint, claimHints, customer, millis(claim.Now), max(claim.Limit, 0), millis(claim.Until))
		return err
	})
	slices.SortFunc(found, func(a, b sync.Hint) int {
		return cmp.Or(
			a.DueAt.Compare(b.DueAt),
			strings.Compare(string(a.ConnectionID), string(b.ConnectionID)),
			strings.Compare(string(a.ExternalID), string(b.ExternalID)),
		)
	})
	return found, err
}

func scanHint(row scanner) (h sync.Hint, err error) {
	var due, lease, event int64
	err = row.Scan(&h.ConnectionID, &h.ExternalID, &due, &lease, &event)
	h.DueAt, h.LeaseUntil, h.EventAt = fromMillis(due), fromMillis(lease), fromMillis(event)
	return h, err
}

// DropHints implements [sync.HintStore].
func (s *Store) DropHints(ctx context.Context, customer contact.CustomerID, hints []sync.Hint) error {
	return eachIn(ctx, s, "sqlite.dropHints", dropHint, hints, func(h sync.Hint) []any {
		return []any{customer, h.ConnectionID, h.ExternalID, millis(h.LeaseUntil)}
	})
}

// CountHints implements [sync.HintStore]. A leased hint counts for next with the
// end of its lease, when it can be claimed again.
func (s *Store) CountHints(ctx context.Context, customer contact.CustomerID) (n int, next time.Time, err error) {
	err = s.read(ctx, "sqlite.countHints", func(c *conn) error {
		if n, err = value[int](ctx, c, countHints, customer); err != nil {
			return err
		}
		ms, err := earliest(ctx, c, walkHints, customer)
		next = fromMillis(ms)
		return err
	})
	return n, next, err
}

// eachIn runs one statement for each item, all in one transaction.
func eachIn[T any](ctx context.Context, s *Store, op, query string, items []T, args func(T) []any) error {
	if len(items) == 0 {
		return nil
	}
	return s.write(ctx, op, func(ctx context.Context, c *conn) error {
		for _, item := range items {
			if _, err := c.exec(ctx, query, args(item)...); err != nil {
				return err
			}
		}
		return nil
	})
}
