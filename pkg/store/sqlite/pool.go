package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	_ "modernc.org/sqlite" // the driver

	"github.com/contactsync/contactsync/pkg/fault"
)

// pool hands out connections that keep their prepared statements. Database/sql
// has a pool of its own, but no way to prepare a statement once per connection
// and use it in every transaction without looking it up again.
type pool struct {
	db     *sql.DB
	size   int
	idle   chan *conn // nil: not opened yet
	closed chan struct{}
	once   sync.Once
}

// conn is a connection; one goroutine uses it at a time.
type conn struct {
	sql        *sql.Conn
	statements map[string]*sql.Stmt
}

func newPool(address string, size int) (*pool, error) {
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	p := &pool{db: db, size: size, idle: make(chan *conn, size), closed: make(chan struct{})}
	for range size {
		p.idle <- nil
	}
	return p, nil
}

var errClosed = fault.New(fault.Unavailable, "The database is closed.")

// with runs f with a connection. A context that has ended already gets none.
func (p *pool) with(ctx context.Context, f func(*conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-p.closed:
		return errClosed
	default:
	}
	select {
	case c := <-p.idle:
		if c == nil {
			opened, err := p.db.Conn(ctx)
			if err != nil {
				p.idle <- nil
				return err
			}
			c = &conn{sql: opened, statements: map[string]*sql.Stmt{}}
		}
		defer func() { p.idle <- c }()
		return f(c)
	case <-p.closed:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close waits for every connection and closes it.
func (p *pool) close() error {
	var errs []error
	p.once.Do(func() {
		close(p.closed)
		for range p.size {
			if c := <-p.idle; c != nil {
				errs = append(errs, c.close())
			}
		}
		errs = append(errs, p.db.Close())
	})
	return errors.Join(errs...)
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.sql.Close())...)
}

// statement returns the prepared statement of a query. Queries are constants, or
// of few shapes: every one is kept.
func (c *conn) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := c.statements[query]; s != nil {
		return s, nil
	}
	s, err := c.sql.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.statements[query] = s
	return s, nil
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// scanner is the current row of a result.
type scanner interface{ Scan(dest ...any) error }

// each calls f with every row of a query until f fails or returns false.
func (c *conn) each(ctx context.Context, query string, args []any, f func(scanner) (more bool, err error)) error {
	s, err := c.statement(ctx, query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	for more := true; more && err == nil && rows.Next(); {
		more, err = f(rows)
	}
	return errors.Join(err, rows.Close(), rows.Err())
}

// list returns every row of a query as a T.
func list[T any](ctx context.Context, c *conn, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	var found []T
	err := c.each(ctx, query, args, func(row scanner) (bool, error) {
		item, err := scan(row)
		if err == nil {
			found = append(found, item)
		}
		return true, err
	})
	return found, err
}

// value returns the first column of the first row of a query.
func value[T any](ctx context.Context, c *conn, query string, args ...any) (v T, err error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return v, err
	}
	err = s.QueryRowContext(ctx, args...).Scan(&v)
	return v, err
}

// read runs f with a connection in a transaction, so that everything f reads is
// of one moment.
func (s *Store) read(ctx context.Context, op string, f func(*conn) error) error {
	return classify(op, s.reader.with(ctx, func(c *conn) error {
		return c.transaction(ctx, ctx, "BEGIN", f)
	}))
}

// write runs f with a connection in a transaction that holds the write lock of
// the database from its beginning; all of it is stored, or nothing. Only waiting
// for the lock ends with ctx: what f does is short.
func (s *Store) write(ctx context.Context, op string, f func(ctx context.Context, c *conn) error) error {
	return classify(op, s.writer.with(ctx, func(c *conn) error {
		inside := context.WithoutCancel(ctx)
		return c.transaction(ctx, inside, "BEGIN IMMEDIATE", func(c *conn) error { return f(inside, c) })
	}))
}

// transaction begins, runs f and commits; it rolls back if f or the commit fails.
func (c *conn) transaction(waiting, inside context.Context, begin string, f func(*conn) error) error {
	_, err := c.exec(waiting, begin)
	if err == nil {
		err = f(c)
	}
	if err == nil {
		if _, err = c.exec(inside, "COMMIT"); err == nil {
			return nil
		}
	}
	// SQLite may have rolled back by itself, when the disk is full for one. And a
	// BEGIN that was cancelled may have begun.
	_, _ = c.exec(context.WithoutCancel(inside), "ROLLBACK")
	return err
}
