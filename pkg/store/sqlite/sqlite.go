// Package sqlite keeps the documents of package sync in one SQLite database: a
// file, or memory for tests. It needs no server and no C compiler.
//
// Several processes may use one file at once. Every guarded operation is one
// transaction that takes the database's write lock before it reads, so a
// compare-and-set or a claim has one winner among all of them.
//
// A document is stored as JSON. Beside it stand, as columns, the keys it is
// found and ordered by and the guards that change without it: revision, fence,
// due time and lease. Where both exist, the column is right.
//
// The package decides nothing about synchronisation, runs nothing in the
// background and deletes nothing by age.
package sqlite

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// Memory is the path of a private database that lives as long as its Store.
const Memory = ":memory:"

// readers is how many reads of one Store can be under way at once.
const readers = 4

// Store is a [sync.Store] in an SQLite database. It is safe for concurrent use.
type Store struct {
	writer *pool // one connection: SQLite has one writer at a time
	reader *pool // the same as writer for a database in memory

	fewHits int // see the constant
}

var _ sync.Store = (*Store)(nil)

// Open opens the database file at path, creating it readable by its owner alone
// if it does not exist, and brings its schema up to date. The path [Memory] opens
// a new database in memory.
//
// The error is fault.Unavailable when the file cannot be used: its folder is
// missing, it is no database of this program, or a newer version has written it.
func Open(ctx context.Context, path string) (*Store, error) {
	const op = "sqlite.open"
	memory := path == Memory
	if !memory {
		absolute, err := createFile(path)
		if err != nil {
			return nil, cannotOpen(op, path, err)
		}
		path = absolute
	}
	writer, err := newPool(address(path, writerSettings), 1)
	if err != nil {
		return nil, classify(op, err)
	}
	s := &Store{writer: writer, reader: writer, fewHits: fewHits}
	if err := s.prepare(ctx, op); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if !memory {
		if s.reader, err = newPool(address(path, readerSettings), readers); err != nil {
			return nil, errors.Join(classify(op, err), writer.close())
		}
	}
	return s, nil
}

// prepare opens the connection that writes and brings the schema up to date. It
// tries again for a while: of several that open a new file at once, SQLite lets one
// switch it to write-ahead logging and tells the others at once that it is busy.
func (s *Store) prepare(ctx context.Context, op string) error {
	const pause, most = 10 * time.Millisecond, 10 * time.Second
	for begun := time.Now(); ; {
		err := classify(op, s.writer.with(ctx, func(c *conn) error { return migrate(ctx, c) }))
		if !fault.Is(err, fault.Retryable) || time.Since(begun) > most {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// Close waits for the operations under way and closes the database. Operations
// begun afterwards fail with fault.Unavailable.
func (s *Store) Close() error {
	if s.reader == s.writer {
		return s.writer.close()
	}
	return errors.Join(s.reader.close(), s.writer.close())
}

// Ping implements [sync.Store].
func (s *Store) Ping(ctx context.Context) (string, error) {
	return "sqlite", s.read(ctx, "sqlite.ping", func(c *conn) error {
		_, err := value[int](ctx, c, `PRAGMA user_version`)
		return err
	})
}

// The settings of a connection, in the order in which they have to be applied.
//
// Synchronous is FULL, which syncs the log at each commit: an intent has to be on
// disk before the write it announces is sent to a CRM, or a power cut between the
// two would make that write a second time. One sync serves a whole batch.
var (
	writerSettings = []string{
		"busy_timeout(10000)",
		"page_size(8192)",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(OFF)",
		"cache_size(-65536)", // KiB
		"temp_store(MEMORY)",
		"wal_autocheckpoint(4000)",     // pages
		"journal_size_limit(67108864)", // bytes
	}
	readerSettings = []string{
		"busy_timeout(10000)",
		"foreign_keys(OFF)",
		"cache_size(-32768)",
		"temp_store(MEMORY)",
		"query_only(ON)",
	}
)

// address returns the driver's name for the database at an absolute path.
func address(path string, settings []string) string {
	query := url.Values{"_pragma": settings, "_error_rc": {"true"}, "_dqs": {"false"}}.Encode()
	if path == Memory {
		return Memory + "?" + query
	}
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // a drive letter
	}
	return (&url.URL{Scheme: "file", Path: slashed, RawQuery: query}).String()
}
