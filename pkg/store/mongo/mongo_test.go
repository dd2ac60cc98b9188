package mongo

import (
	"flag"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/sync"
)

// TestStore runs the suite of stores, and looks at everything that it sent.
func TestStore(t *testing.T) {
	on := theServer(t)
	sent := &recorder{}
	conformance.Store(t, func(t *testing.T) sync.Store { return emptyStore(t, sent.monitor()) },
		conformance.Sequential|conformance.Concurrent, on.exceptions()...)
	whole := !strings.Contains(flag.Lookup("test.run").Value.String(), "/")
	t.Run("every query is served by its index", func(t *testing.T) { checkQueries(t, sent.shapes, whole) })
	t.Run("every query names its customer", func(t *testing.T) { checkCustomers(t, sent.shapes) })
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
