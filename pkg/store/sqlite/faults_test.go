package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

func openFile(t *testing.T) (s *Store, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "contacts.db")
	return openPath(t, path), path
}

func openPath(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// set applies a pragma to the connection that writes.
func set(t *testing.T, s *Store, pragma string) {
	t.Helper()
	if err := s.writer.with(t.Context(), func(c *conn) error { return c.script(t.Context(), "PRAGMA "+pragma) }); err != nil {
		t.Fatal(err)
	}
}

func saveAll(s *Store, contacts []*sync.Contact) error {
	_, err := s.SaveContacts(context.Background(), benchCustomer, contacts)
	return err
}

func total(t *testing.T, s *Store) int {
	t.Helper()
	counts, err := s.CountContacts(t.Context(), benchCustomer)
	if err != nil {
		t.Fatal(err)
	}
	return counts.Total
}

// wantFault fails the test unless err is of the kind, with a text for people.
func wantFault(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("error %v, want one of kind %v", err, kind)
	}
	if !strings.Contains(fault.Public(err), text) {
		t.Fatalf("the text for people is %q, want %q in it", fault.Public(err), text)
	}
}

func TestFullDisk(t *testing.T) {
	s, _ := openFile(t)
	if err := saveAll(s, benchContacts(0, 10)); err != nil {
		t.Fatal(err)
	}
	set(t, s, "max_page_count = 1") // as many as there are
	contacts := benchContacts(100, 500)
	wantFault(t, saveAll(s, contacts), fault.Unavailable, "disk of the database is full")
	if contacts[0].Rev != 0 {
		t.Errorf("revision %d of a contact that was not saved", contacts[0].Rev)
	}
	if n := total(t, s); n != 10 {
		t.Errorf("%d contacts after the failure, want 10", n)
	}
	set(t, s, "max_page_count = 1000000")
	if err := saveAll(s, contacts); err != nil {
		t.Fatal(err)
	}
	if n := total(t, s); n != 510 {
		t.Errorf("%d contacts when there was space again, want 510", n)
	}
}

func TestReadOnly(t *testing.T) {
	s, _ := openFile(t)
	if err := saveAll(s, benchContacts(0, 10)); err != nil {
		t.Fatal(err)
	}
	set(t, s, "query_only = ON")
	wantFault(t, saveAll(s, benchContacts(10, 10)), fault.Unavailable, "read-only")
	if n := total(t, s); n != 10 {
		t.Errorf("%d contacts, want 10", n)
	}
	set(t, s, "query_only = OFF")
	if err := saveAll(s, benchContacts(10, 10)); err != nil {
		t.Fatal(err)
	}
}

// lock holds the write lock of a database file until the returned function is called.
func lock(t *testing.T, path string) (unlock func()) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		_, err := c.ExecContext(context.Background(), "ROLLBACK")
		if err := errors.Join(err, c.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestLocked(t *testing.T) {
	s, path := openFile(t)
	if err := saveAll(s, benchContacts(0, 10)); err != nil {
		t.Fatal(err)
	}
	unlock := lock(t, path)
	set(t, s, "busy_timeout = 1")
	wantFault(t, saveAll(s, benchContacts(10, 10)), fault.Retryable, "in use by another program")
	if n := total(t, s); n != 10 {
		t.Errorf("%d contacts are read while another program writes, want 10", n)
	}

	set(t, s, "busy_timeout = 60000")
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan error)
	go func() {
		_, err := s.SaveContacts(ctx, benchCustomer, benchContacts(10, 10))
		waiting <- err
	}()
	cancel()
	err := <-waiting
	wantFault(t, err, fault.Retryable, "The time for it was over")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v does not tell that the context ended", err)
	}

	go func() { waiting <- saveAll(s, benchContacts(10, 10)) }()
	unlock()
	if err := <-waiting; err != nil {
		t.Fatal(err)
	}
	if n := total(t, s); n != 20 {
		t.Errorf("%d contacts when the lock was gone, want 20", n)
	}
}

func TestClosed(t *testing.T) {
	for _, path := range []string{Memory, filepath.Join(t.TempDir(), "contacts.db")} {
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		wantFault(t, saveAll(s, benchContacts(0, 1)), fault.Unavailable, "closed")
		_, err = s.CountContacts(t.Context(), benchCustomer)
		wantFault(t, err, fault.Unavailable, "closed")
		if err := s.Close(); err != nil {
			t.Errorf("closing again: %v", err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("This is no database. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(folder, "foreign.db")
	db, err := sql.Open("sqlite", foreign)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), "CREATE TABLE songs (title TEXT)")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(folder, "newer.db")
	s, err := Open(t.Context(), newer)
	if err != nil {
		t.Fatal(err)
	}
	set(t, s, "user_version = 999")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		filepath.Join(folder, "none", "contacts.db"): "folder of the database file does not exist",
		folder:  "cannot be opened",
		text:    "not an SQLite database",
		foreign: "belongs to another program",
		newer:   "newer version of Contact Sync",
	} {
		s, err := Open(t.Context(), path)
		if s != nil {
			t.Errorf("%s was opened", path)
		}
		wantFault(t, err, fault.Unavailable, text)
	}
	var tables int
	if db, err = sql.Open("sqlite", foreign); err == nil {
		err = db.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_schema").Scan(&tables)
	}
	if err := errors.Join(err, db.Close()); err != nil || tables != 1 {
		t.Errorf("the other program's database has %d tables (%v), want its own one", tables, err)
	}
}
