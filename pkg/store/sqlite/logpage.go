package sqlite

import (
	"context"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// logQuery selects entries of a log table, newest first.
type logQuery struct {
	table string
	where string
	args  []any
	after []any // time and id of the last entry before the page
}

func newLogQuery(table string, customer contact.CustomerID, q sync.LogQuery) (*logQuery, error) {
	log := &logQuery{table: table, where: `customer = ?`, args: []any{customer}}
	if q.ContactID != "" {
		log.and(`contact = ?`, q.ContactID)
		log.where += ` AND contact <> ''` // lets the partial index serve
	}
	if q.RunID != "" {
		log.and(`run = ?`, q.RunID)
	}
	if q.RunID != "" && q.ContactID == "" {
		log.where += ` AND run <> ''`
	}
	if q.Cursor == "" {
		return log, nil
	}
	after, err := decodeCursor(q.Cursor, 2)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The page does not belong to this list.")
	}
	log.after = after
	return log, nil
}

func (q *logQuery) and(condition string, arg any) {
	q.where += ` AND ` + condition
	q.args = append(q.args, arg)
}

func (q *logQuery) count() (string, []any) {
	return `SELECT count(*) FROM ` + q.table + ` WHERE ` + q.where, q.args
}

func (q *logQuery) page(limit int) (string, []any) {
	where, args := q.where, q.args
	if q.after != nil {
		where += ` AND (at, id) < (?, ?)`
		args = append(args[:len(args):len(args)], q.after...)
	}
	return `SELECT doc FROM ` + q.table + ` WHERE ` + where + ` ORDER BY at DESC, id DESC LIMIT ?`, append(args, limit)
}

// page returns up to limit entries, and the cursor of the next page if there is
// one. Key gives the time and the id of an entry.
func page[T any](ctx context.Context, c *conn, q *logQuery, limit int, scan func(scanner) (T, error), key func(T) []any) ([]T, string, error) {
	query, args := q.page(limit + 1)
	entries, err := list(ctx, c, scan, query, args...)
	if err != nil || len(entries) <= limit {
		return entries, "", err
	}
	return entries[:limit], encodeCursor(key(entries[limit-1])...), nil
}
