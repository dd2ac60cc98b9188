package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/contact"
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

// TestLinkMovesInOneBatch holds what this store does with a case that the port
// leaves open: a batch is saved in its order.
func TestLinkMovesInOneBatch(t *testing.T) {
	linked := func(n int, external contact.ExternalID) *sync.Contact {
		return &sync.Contact{
			ID: contact.ID(fmt.Sprint(n)), CustomerID: "acme", Lifecycle: sync.Active, Status: sync.StatusSynced,
			Links: []sync.Link{{Provider: contact.HubSpot, ConnectionID: "hub", ExternalID: external, State: sync.LinkActive}},
		}
	}
	s := open(t, sqlite.Memory)
	save := func(contacts ...*sync.Contact) string {
		t.Helper()
		outcomes, err := s.SaveContacts(t.Context(), "acme", contacts)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(outcomes)
	}
	from, to := linked(1, "100"), linked(2, "200")
	save(from, to)
	from.Links[0].ExternalID, to.Links[0].ExternalID = "101", "100"
	if got, want := save(to, from), fmt.Sprint([]sync.SaveOutcome{sync.SaveLinkTaken, sync.Saved}); got != want {
		t.Errorf("taken before it is given up: outcomes %s, want %s", got, want)
	}
	from.Links[0].ExternalID, to.Links[0].ExternalID = "102", "101"
	if got, want := save(from, to), fmt.Sprint([]sync.SaveOutcome{sync.Saved, sync.Saved}); got != want {
		t.Errorf("taken after it is given up: outcomes %s, want %s", got, want)
	}
}
