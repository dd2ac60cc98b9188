package sqlite

import (
	"context"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	countStatuses = `
SELECT status, count(*) FROM contacts INDEXED BY contacts_by_status
WHERE customer = ? AND lifecycle = ? GROUP BY status`

	countDue = `
SELECT count(*) FROM contacts INDEXED BY contacts_by_due WHERE customer = ? AND due_at IS NOT NULL`

	walkDue = `
SELECT due_at, lease_until FROM contacts INDEXED BY contacts_by_due
WHERE customer = ? AND due_at IS NOT NULL ORDER BY due_at`

	listLinkCounts = `
SELECT connection, linked, pending, errors FROM link_counts WHERE customer = ?`
)

// CountContacts implements [sync.ContactStore]. A leased contact counts for
// NextDue with the end of its lease, when it can be claimed again.
func (s *Store) CountContacts(ctx context.Context, customer contact.CustomerID) (sync.ContactCounts, error) {
	counts := sync.ContactCounts{
		ByStatus: map[sync.Status]int{},
		Links:    map[contact.ConnectionID]sync.LinkCounts{},
	}
	err := s.read(ctx, "sqlite.countContacts", func(c *conn) (err error) {
		err = c.each(ctx, countStatuses, []any{customer, sync.Active}, func(row scanner) (bool, error) {
			var status sync.Status
			var n int
			err := row.Scan(&status, &n)
			counts.ByStatus[status] = n
			counts.Total += n
			return true, err
		})
		if err != nil {
			return err
		}
		if counts.Due, err = value[int](ctx, c, countDue, customer); err != nil {
			return err
		}
		next, err := earliest(ctx, c, walkDue, customer)
		if err != nil {
			return err
		}
		counts.NextDue = fromMillis(next)
		return c.each(ctx, listLinkCounts, []any{customer}, func(row scanner) (bool, error) {
			var connection contact.ConnectionID
			var n sync.LinkCounts
			err := row.Scan(&connection, &n.Linked, &n.Pending, &n.Errors)
			if n != (sync.LinkCounts{}) {
				counts.Links[connection] = n
			}
			return true, err
		})
	})
	return counts, err
}

// earliest returns when the first of the rows can be claimed, or 0 when there are
// none. A row is a due time, ascending, and the end of a lease or 0. It reads no
// further than to the first row whose due time settles it.
func earliest(ctx context.Context, c *conn, query string, args ...any) (int64, error) {
	var next int64
	err := c.each(ctx, query, args, func(row scanner) (bool, error) {
		var due, lease int64
		if err := row.Scan(&due, &lease); err != nil {
			return false, err
		}
		if claimable := max(due, lease); next == 0 || claimable < next {
			next = claimable
		}
		return due < next, nil
	})
	return next, err
}
