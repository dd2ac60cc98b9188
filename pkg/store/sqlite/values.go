package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
)

const (
	putValue = `
INSERT INTO short_lived (key, value, until) VALUES (?, ?, ?)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until`

	oneValue   = `SELECT value FROM short_lived WHERE key = ? AND until > ?`
	dropValue  = `DELETE FROM short_lived WHERE key = ?`
	dropEnded  = `DELETE FROM short_lived WHERE key IN (SELECT key FROM short_lived INDEXED BY short_lived_by_end WHERE until <= ? LIMIT 100)`
	countTries = `
INSERT INTO attempts (key, n, until) VALUES (?1, 1, ?3)
ON CONFLICT (key) DO UPDATE SET
	n = CASE WHEN until <= ?2 THEN 1 ELSE n + 1 END,
	until = CASE WHEN until <= ?2 THEN ?3 ELSE until END
RETURNING n, until`
	dropEndedTries = `
DELETE FROM attempts WHERE key IN (SELECT key FROM attempts INDEXED BY attempts_by_end WHERE until <= ? LIMIT 100)`
	dropTries = `DELETE FROM attempts WHERE key = ?`
)

// PutValue implements [sync.ValueStore].
func (s *Store) PutValue(ctx context.Context, key string, value []byte, until time.Time) error {
	return s.write(ctx, "sqlite.putValue", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, putValue, key, value, millis(until))
		return err
	})
}

// Value implements [sync.ValueStore].
func (s *Store) Value(ctx context.Context, key string, now time.Time) (value []byte, err error) {
	var found [][]byte
	err = s.read(ctx, "sqlite.value", func(c *conn) error {
		found, err = list(ctx, c, func(row scanner) (v []byte, err error) {
			return v, row.Scan(&v)
		}, oneValue, key, millis(now))
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "The value is not there, or its time is over.")
	}
	return found[0], nil
}

// ChangeValue implements [sync.ValueStore].
func (s *Store) ChangeValue(ctx context.Context, key string, now, until time.Time, change func([]byte) []byte) error {
	return s.write(ctx, "sqlite.changeValue", func(ctx context.Context, c *conn) error {
		old, err := value[[]byte](ctx, c, oneValue, key, millis(now))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		next := change(old)
		if next == nil {
			return nil
		}
		_, err = c.exec(ctx, putValue, key, next, millis(until))
		return err
	})
}

// DropValue implements [sync.ValueStore].
func (s *Store) DropValue(ctx context.Context, key string) error {
	return s.write(ctx, "sqlite.dropValue", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, dropValue, key)
		return err
	})
}

// CountAttempt implements [sync.ValueStore]. It removes some windows and values that
// have ended.
func (s *Store) CountAttempt(ctx context.Context, key string, now time.Time, window time.Duration) (n int, until time.Time, err error) {
	err = s.write(ctx, "sqlite.countAttempt", func(ctx context.Context, c *conn) error {
		for _, drop := range []string{dropEndedTries, dropEnded} {
			if _, err := c.exec(ctx, drop, millis(now)); err != nil {
				return err
			}
		}
		_, err := list(ctx, c, func(row scanner) (struct{}, error) {
			var end int64
			err := row.Scan(&n, &end)
			until = fromMillis(end)
			return struct{}{}, err
		}, countTries, key, millis(now), millis(now.Add(window)))
		return err
	})
	return n, until, err
}

// ForgetAttempts implements [sync.ValueStore].
func (s *Store) ForgetAttempts(ctx context.Context, key string) error {
	return s.write(ctx, "sqlite.forgetAttempts", func(ctx context.Context, c *conn) error {
		_, err := c.exec(ctx, dropTries, key)
		return err
	})
}
