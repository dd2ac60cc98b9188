package sqlite

import (
	"context"
	"errors"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/contactsync/contactsync/pkg/fault"
)

// classify says what a caller can do about an error of the database. Nothing of
// an operation that failed is stored.
func classify(op string, err error) error {
	if err == nil || fault.As(err) != nil {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &fault.Error{Kind: fault.Retryable, Op: op, Message: "The time for it was over.", Err: err}
	}
	classified := &fault.Error{Op: op, Err: err}
	driver := (*sqlite.Error)(nil)
	if !errors.As(err, &driver) {
		return classified
	}
	switch driver.Code() & 0xff {
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		classified.Kind = fault.Retryable
		classified.Message = "The database is in use by another program for too long."
	case lib.SQLITE_INTERRUPT:
		classified.Kind = fault.Retryable
		classified.Message = "The time for it was over."
	case lib.SQLITE_FULL:
		classified.Kind = fault.Unavailable
		classified.Message = "The disk of the database is full."
		classified.Hint = "Free some space; nothing that was stored is lost."
	case lib.SQLITE_READONLY:
		classified.Kind = fault.Unavailable
		classified.Message = "The database is read-only."
		classified.Hint = "Allow this program to write to the file and to its folder."
	case lib.SQLITE_CANTOPEN, lib.SQLITE_PERM, lib.SQLITE_AUTH:
		classified.Kind = fault.Unavailable
		classified.Message = "The database file cannot be opened."
		classified.Hint = "Check its path, and that this program may read and write it and its folder."
	case lib.SQLITE_NOTADB:
		classified.Kind = fault.Unavailable
		classified.Message = "The database file is not an SQLite database."
		classified.Hint = "Check the setting of its path."
	case lib.SQLITE_CORRUPT:
		classified.Kind = fault.Unavailable
		classified.Message = "The database file is damaged."
		classified.Hint = "Restore it from a backup."
	case lib.SQLITE_IOERR:
		classified.Kind = fault.Unavailable
		classified.Message = "The disk of the database reports errors."
	}
	return classified
}
