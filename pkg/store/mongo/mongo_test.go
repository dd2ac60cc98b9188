package mongo

import (
	"testing"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/sync"
)

func TestStore(t *testing.T) {
	on := theServer(t)
	conformance.Store(t, func(t *testing.T) sync.Store { return emptyStore(t, nil) },
		conformance.Sequential|conformance.Concurrent, on.exceptions()...)
}

// TestTwoInstances has every other operation come from another client.
func TestTwoInstances(t *testing.T) {
	on := theServer(t)
	if on.ferret {
		skip(t, "FerretDB's updates are not atomic under concurrency, and one caller at a time is what TestStore has")
	}
	conformance.Store(t, func(t *testing.T) sync.Store {
		first := emptyStore(t, nil)
		return conformance.Peers(first, openTest(t, nil))
	}, conformance.Sequential|conformance.Concurrent)
}
