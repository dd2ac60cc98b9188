package sqlite

import (
	"context"
	"encoding/json"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	appendActivity = `
INSERT INTO activity (customer, id, at, contact, run, level, doc) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`

	appendConflict = `
INSERT INTO conflicts (customer, id, at, contact, run, doc) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`

	oneConflict = `SELECT doc FROM conflicts WHERE customer = ? AND id = ?`

	replaceConflict = `
UPDATE conflicts SET at = ?, contact = ?, run = ?, doc = ? WHERE customer = ? AND id = ?`

	forgetActivity  = `DELETE FROM activity WHERE customer = ? AND contact = ? AND contact <> ''`
	forgetConflicts = `DELETE FROM conflicts WHERE customer = ? AND contact = ? AND contact <> ''`
	forgetChanges   = `DELETE FROM changes WHERE customer = ? AND contact = ? AND contact <> ''`

	putReview = `
INSERT INTO reviews (customer, id, at, doc) VALUES (?, ?, ?, ?)
ON CONFLICT DO NOTHING`

	listReviews = `SELECT doc FROM reviews WHERE customer = ? ORDER BY at DESC, id DESC`

	dropReviews = `DELETE FROM reviews WHERE customer = ? AND id IN (SELECT value FROM json_each(?))`
)

// AppendActivity implements [sync.LogStore].
func (s *Store) AppendActivity(ctx context.Context, customer contact.CustomerID, entries []sync.Activity) error {
	return s.appendDocs(ctx, "sqlite.appendActivity", appendActivity, len(entries), func(i int) (any, []any) {
		e := &entries[i]
		return e, []any{customer, e.ID, millis(e.At), e.ContactID, e.RunID, e.Level}
	})
}

// AppendConflicts implements [sync.LogStore].
func (s *Store) AppendConflicts(ctx context.Context, customer contact.CustomerID, conflicts []sync.Conflict) error {
	return s.appendDocs(ctx, "sqlite.appendConflicts", appendConflict, len(conflicts), func(i int) (any, []any) {
		e := &conflicts[i]
		return e, []any{customer, e.ID, millis(e.At), e.ContactID, e.RunID}
	})
}

// ForgetContact implements [sync.LogStore].
func (s *Store) ForgetContact(ctx context.Context, customer contact.CustomerID, id contact.ID) error {
	return s.write(ctx, "sqlite.forgetContact", func(ctx context.Context, c *conn) error {
		for _, query := range []string{forgetActivity, forgetConflicts, forgetChanges} {
			if _, err := c.exec(ctx, query, customer, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// PutReviews implements [sync.LogStore].
func (s *Store) PutReviews(ctx context.Context, customer contact.CustomerID, items []sync.Review) error {
	return s.appendDocs(ctx, "sqlite.putReviews", putReview, len(items), func(i int) (any, []any) {
		e := &items[i]
		return e, []any{customer, e.ID, millis(e.At)}
	})
}

// appendDocs inserts n documents in one transaction. The row function gives the
// i-th document and the columns before it.
func (s *Store) appendDocs(ctx context.Context, op, query string, n int, row func(i int) (doc any, columns []any)) error {
	if n == 0 {
		return nil
	}
	rows := make([][]any, n)
	for i := range rows {
		doc, columns := row(i)
		text, err := json.Marshal(doc)
		if err != nil {
			return &fault.Error{Op: op, Err: err}
		}
		rows[i] = append(columns, text)
	}
	return eachIn(ctx, s, op, query, rows, func(args []any) []any { return args })
}

// ListActivity implements [sync.LogStore].
func (s *Store) ListActivity(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) (entries []sync.Activity, next string, err error) {
	const op = "sqlite.listActivity"
	log, err := newLogQuery("activity", customer, q)
	if err != nil {
		return nil, "", classify(op, err)
	}
	if q.Level != "" {
		log.and(`level = ?`, q.Level)
		if q.Level != sync.Info && q.ContactID == "" && q.RunID == "" {
			log.where += ` AND level <> 'info'` // lets the partial index serve
		}
	}
	err = s.read(ctx, op, func(c *conn) error {
		entries, next, err = page(ctx, c, log, pageSize(q.Limit), func(row scanner) (e sync.Activity, err error) {
			err = scanDoc(row, &e)
			round(&e.At)
			return e, err
		}, func(e sync.Activity) []any { return []any{millis(e.At), e.ID} })
		return err
	})
	return entries, next, err
}

// ListConflicts implements [sync.LogStore].
func (s *Store) ListConflicts(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) (entries []sync.Conflict, next string, total int, err error) {
	const op = "sqlite.listConflicts"
	log, err := newLogQuery("conflicts", customer, q)
	if err != nil {
		return nil, "", 0, classify(op, err)
	}
	err = s.read(ctx, op, func(c *conn) error {
		query, args := log.count()
		if total, err = value[int](ctx, c, query, args...); err != nil {
			return err
		}
		entries, next, err = page(ctx, c, log, pageSize(q.Limit), scanConflict,
			func(e sync.Conflict) []any { return []any{millis(e.At), e.ID} })
		return err
	})
	return entries, next, total, err
}

func scanConflict(row scanner) (e sync.Conflict, err error) {
	err = scanDoc(row, &e)
	roundConflict(&e)
	return e, err
}

// Conflict implements [sync.LogStore].
func (s *Store) Conflict(ctx context.Context, customer contact.CustomerID, id string) (found *sync.Conflict, err error) {
	err = s.read(ctx, "sqlite.conflict", func(c *conn) error {
		conflicts, err := list(ctx, c, scanConflict, oneConflict, customer, id)
		if err != nil {
			return err
		}
		if len(conflicts) == 0 {
			return errNoConflict
		}
		found = &conflicts[0]
		return nil
	})
	return found, err
}

var errNoConflict = fault.New(fault.NotFound, "There is no such conflict.")

// SaveConflict implements [sync.LogStore]; fault.NotFound if there is none to replace.
func (s *Store) SaveConflict(ctx context.Context, customer contact.CustomerID, conflict *sync.Conflict) error {
	const op = "sqlite.saveConflict"
	doc, err := json.Marshal(conflict)
	if err != nil {
		return &fault.Error{Op: op, Err: err}
	}
	return s.write(ctx, op, func(ctx context.Context, c *conn) error {
		n, err := c.exec(ctx, replaceConflict, millis(conflict.At), conflict.ContactID, conflict.RunID, doc, customer, conflict.ID)
		if err == nil && n == 0 {
			return errNoConflict
		}
		return err
	})
}

// ListReviews implements [sync.LogStore]: newest first.
func (s *Store) ListReviews(ctx context.Context, customer contact.CustomerID) (items []sync.Review, err error) {
	err = s.read(ctx, "sqlite.listReviews", func(c *conn) error {
		items, err = list(ctx, c, func(row scanner) (item sync.Review, err error) {
			err = scanDoc(row, &item)
			round(&item.At)
			return item, err
		}, listReviews, customer)
		return err
	})
	return items, err
}

// DropReviews implements [sync.LogStore].
func (s *Store) DropReviews(ctx context.Context, customer contact.CustomerID, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return s.write(ctx, "sqlite.dropReviews", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, dropReviews, customer, jsonText(ids))
		return err
	})
}
