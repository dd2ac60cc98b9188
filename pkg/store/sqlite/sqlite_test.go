package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/store/sqlite"
	"github.com/contactsync/contactsync/pkg/sync"
)

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
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

func TestFile(t *testing.T) {
	conformance.Store(t, func(t *testing.T) sync.Store {
		return open(t, filepath.Join(t.TempDir(), "contacts.db"))
	}, conformance.Sequential|conformance.Concurrent)
}

func TestMemory(t *testing.T) {
	conformance.Store(t, func(t *testing.T) sync.Store {
		return open(t, sqlite.Memory)
	}, conformance.Sequential|conformance.Concurrent)
}

func TestTwoStoresOnOneFile(t *testing.T) {
	conformance.Store(t, func(t *testing.T) sync.Store {
		path := filepath.Join(t.TempDir(), "contacts.db")
		return conformance.Peers(open(t, path), open(t, path))
	}, conformance.Sequential|conformance.Concurrent)
}
