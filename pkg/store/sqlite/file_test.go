package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestFileIsPrivate(t *testing.T) {
	s, path := openFile(t)
	if err := saveAll(s, benchContacts(0, 10)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o, want 600", filepath.Base(name), mode)
		}
	}
}

func TestPathsOfAnyKind(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	for _, path := range []string{"relative.db", filepath.Join(folder, "with space & ? # % ü.db"), "./dotted.db"} {
		s := openPath(t, path)
		if err := saveAll(s, benchContacts(0, 1)); err != nil {
			t.Fatal(err)
		}
		again := openPath(t, path)
		if n := total(t, again); n != 1 {
			t.Errorf("%s: %d contacts through a second handle, want 1", path, n)
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%s: the file is not the database (%v)", path, err)
		}
	}
}

func TestMemoryIsPrivate(t *testing.T) {
	one, other := openMemory(t), openMemory(t)
	if err := saveAll(one, benchContacts(0, 1)); err != nil {
		t.Fatal(err)
	}
	if n := total(t, other); n != 0 {
		t.Errorf("%d contacts in another database in memory, want none", n)
	}
	if _, err := os.Stat(Memory); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file named %s: %v", Memory, err)
	}
}

// TestOpenTogether opens a file that does not exist yet by many at once.
func TestOpenTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contacts.db")
	const callers = 8
	stores, errs := make([]*Store, callers), make([]error, callers)
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			if stores[i], errs[i] = Open(t.Context(), path); errs[i] == nil {
				errs[i] = saveAll(stores[i], benchContacts(i*10, 10))
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, s := range stores {
		if n := total(t, s); n != callers*10 {
			t.Errorf("%d contacts, want %d", n, callers*10)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestAbandoned opens a file again that its last user never closed.
func TestAbandoned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "contacts.db")
	abandoned, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	contacts := benchContacts(0, 50)
	if err := saveAll(abandoned, contacts); err != nil {
		t.Fatal(err)
	}
	s := openPath(t, path)
	if n := total(t, s); n != 50 {
		t.Errorf("%d contacts, want 50", n)
	}
	if err := saveAll(s, contacts); err != nil {
		t.Fatal(err)
	}
	if contacts[0].Rev != 2 {
		t.Errorf("revision %d, want 2", contacts[0].Rev)
	}
	t.Cleanup(func() { _ = abandoned.Close() })
}
