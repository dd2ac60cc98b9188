package sqlite

import (
	"context"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
)

// A cancellation can arrive while BEGIN is under way: the transaction then is open
// although BEGIN failed, and must not stay so for whoever gets the connection next.
func TestACancellationLeavesNoTransactionOpen(t *testing.T) {
	store, err := Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for i := range 20000 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%40)*time.Microsecond)
		if err := store.HurryContacts(ctx, "acme", time.Now()); fault.Is(err, fault.Unexpected) {
			t.Fatal(err)
		}
		cancel()
		if err := store.HurryContacts(t.Context(), "acme", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
}
