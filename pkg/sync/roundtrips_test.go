package sync_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	gosync "sync"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// counted counts the calls to a store while it is counting.
type counted struct {
	sync.Store
	mu    gosync.Mutex
	calls map[string]int
	left  int // saves until the store goes away; 0: it stays
	// joining is called once, when a full run begins to join what it listed.
	joining func()
	// appending is asked before changes are appended to the log; nil: nothing.
	appending func() error
}

func (c *counted) StagedPage(ctx context.Context, id contact.CustomerID, generation string, conn contact.ConnectionID, after contact.ExternalID, limit int) ([]sync.Staged, error) {
	if do := c.joining; do != nil {
		c.joining = nil
		do()
	}
	return c.Store.StagedPage(ctx, id, generation, conn, after, limit)
}

// gone reports whether the store is away now.
func (c *counted) gone() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		return nil
	}
	if c.left--; c.left > 0 {
		return nil
	}
	c.left = 1
	return fault.New(fault.Unavailable, "The store cannot be reached.")
}

func (c *counted) PutStaged(ctx context.Context, id contact.CustomerID, generation string, rows []sync.Staged) error {
	if err := c.gone(); err != nil {
		return err
	}
	return c.Store.PutStaged(ctx, id, generation, rows)
}

func (c *counted) count(op string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls != nil {
		c.calls[op]++
	}
}

func (c *counted) SaveContacts(ctx context.Context, id contact.CustomerID, list []*sync.Contact) ([]sync.SaveOutcome, error) {
	c.count("SaveContacts")
	if err := c.gone(); err != nil {
		return nil, err
	}
	return c.Store.SaveContacts(ctx, id, list)
}

func (c *counted) Contacts(ctx context.Context, id contact.CustomerID, ids []contact.ID) ([]*sync.Contact, error) {
	c.count("Contacts")
	return c.Store.Contacts(ctx, id, ids)
}

func (c *counted) ContactsByLink(ctx context.Context, id contact.CustomerID, conn contact.ConnectionID, ids []contact.ExternalID) ([]*sync.Contact, error) {
	c.count("ContactsByLink")
	return c.Store.ContactsByLink(ctx, id, conn, ids)
}

func (c *counted) ContactsByEmail(ctx context.Context, id contact.CustomerID, emails []string) ([]*sync.Contact, error) {
	c.count("ContactsByEmail")
	return c.Store.ContactsByEmail(ctx, id, emails)
}

func (c *counted) MarkDue(ctx context.Context, id contact.CustomerID, ids []contact.ID, at time.Time) error {
	c.count("MarkDue")
	return c.Store.MarkDue(ctx, id, ids, at)
}

func (c *counted) ClaimContacts(ctx context.Context, id contact.CustomerID, claim sync.Claim) ([]*sync.Contact, error) {
	c.count("ClaimContacts")
	return c.Store.ClaimContacts(ctx, id, claim)
}

func (c *counted) ClaimHints(ctx context.Context, id contact.CustomerID, claim sync.Claim) ([]sync.Hint, error) {
	c.count("ClaimHints")
	return c.Store.ClaimHints(ctx, id, claim)
}

func (c *counted) DropHints(ctx context.Context, id contact.CustomerID, hints []sync.Hint) error {
	c.count("DropHints")
	return c.Store.DropHints(ctx, id, hints)
}

func (c *counted) PutHints(ctx context.Context, id contact.CustomerID, hints []sync.Hint) error {
	c.count("PutHints")
	return c.Store.PutHints(ctx, id, hints)
}

func (c *counted) Tombstones(ctx context.Context, id contact.CustomerID, conn contact.ConnectionID, ids []contact.ExternalID) ([]sync.Tombstone, error) {
	c.count("Tombstones")
	return c.Store.Tombstones(ctx, id, conn, ids)
}

func (c *counted) PutTombstones(ctx context.Context, id contact.CustomerID, stones []sync.Tombstone) error {
	c.count("PutTombstones")
	return c.Store.PutTombstones(ctx, id, stones)
}

func (c *counted) AppendActivity(ctx context.Context, id contact.CustomerID, entries []sync.Activity) error {
	c.count("AppendActivity")
	return c.Store.AppendActivity(ctx, id, entries)
}

func (c *counted) AppendConflicts(ctx context.Context, id contact.CustomerID, list []sync.Conflict) error {
	c.count("AppendConflicts")
	return c.Store.AppendConflicts(ctx, id, list)
}

func (c *counted) AppendChanges(ctx context.Context, id contact.CustomerID, list []sync.Change) error {
	c.count("AppendChanges")
	if c.appending != nil {
		if err := c.appending(); err != nil {
			return err
		}
	}
	return c.Store.AppendChanges(ctx, id, list)
}

func (c *counted) PutReviews(ctx context.Context, id contact.CustomerID, items []sync.Review) error {
	c.count("PutReviews")
	return c.Store.PutReviews(ctx, id, items)
}

// TestStoreCallsDoNotDependOnTheBatch gives ten and a hundred people everything that
// can happen to them at once: new records, edits on two sides, conflicts, deletions.
func TestStoreCallsDoNotDependOnTheBatch(t *testing.T) {
	calls := func(people int) map[string]int {
		w := newWorld(t)
		w.sync()
		for i := range people {
			w.create(person(i))
		}
		w.clock.Advance(10 * time.Minute)
		w.sync()
		for i := range people {
			c := w.contacts()[fmt.Sprintf("person%d@example.com", i)]
			hubspot, pipedrive := string(c.Link(hubspotConn).ExternalID), string(c.Link(pipedriveCo).ExternalID)
			switch i % 5 {
			case 0:
				w.must(w.hubspot.Edit(hubspot, map[string]string{"phone": "1"}))
				w.must(w.pipedrive.Edit(pipedrive, map[string]string{"phones": "2"}))
			case 1:
				w.must(w.hubspot.Edit(hubspot, map[string]string{"lastname": "New"}))
			case 2:
				w.must(w.pipedrive.Edit(pipedrive, map[string]string{"last_name": "New"}))
			case 3:
				if i < 50 { // below the brake
					w.must(w.pipedrive.Delete(pipedrive))
				}
			case 4:
				_, err := w.hubspot.Create(map[string]string{"email": fmt.Sprintf("new%d@example.com", i)})
				w.must(err)
			}
		}
		w.counted.calls = map[string]int{}
		w.sync()
		defer func() { w.counted.calls = nil }()
		return maps.Clone(w.counted.calls)
	}
	few, many := calls(10), calls(100)
	if !maps.Equal(few, many) {
		t.Errorf("for 10 people %v\nfor 100 people %v", few, many)
	}
	total := 0
	for _, op := range slices.Sorted(maps.Keys(many)) {
		total += many[op]
	}
	t.Logf("%d store calls for a batch of any size: %v", total, many)
}
