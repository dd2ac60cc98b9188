package memory_test

import (
	"testing"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/store/memory"
	"github.com/contactsync/contactsync/pkg/sync"
)

func TestStore(t *testing.T) {
	conformance.Store(t, func(*testing.T) sync.Store { return memory.New() }, conformance.Sequential|conformance.Concurrent)
}
