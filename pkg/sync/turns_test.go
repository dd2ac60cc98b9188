package sync_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// tenants makes customers with so many contacts each, all of whom share one
// Pipedrive account, and lets every call take 250 ms.
func tenants(t *testing.T, sizes map[contact.CustomerID]int) *world {
	w := newWorld(t)
	w.must(w.service.Disconnect(w.ctx, acme, contact.HubSpot))
	w.must(w.service.Disconnect(w.ctx, acme, contact.Pipedrive))
	for id, n := range sizes {
		for i := range n {
			_, err := w.service.CreateContact(w.ctx, id, contact.Values{contact.Email: fmt.Sprintf("%s-%d@example.com", id, i)})
			w.must(err)
		}
		w.must(w.service.EnsureConnection(w.ctx, id, contact.Pipedrive))
	}
	w.latency = 250 * time.Millisecond
	return w
}

// scheduled is one invocation of the schedule, of a minute.
func (w *world) scheduled() *sync.Run {
	w.Helper()
	ctx, cancel := w.clock.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	run, err := w.service.SyncAll(ctx)
	w.must(err)
	return run
}

// synced counts the contacts that were entered for a customer and are in Pipedrive.
func (w *world) synced(id contact.CustomerID) int {
	w.Helper()
	n := 0
	for after := contact.ID(""); ; {
		page, err := w.store.ScanContacts(w.ctx, id, after, 500)
		w.must(err)
		if len(page) == 0 {
			return n
		}
		after = page[len(page)-1].ID
		for _, c := range page {
			entered := strings.HasPrefix(c.Fields[contact.Email].V, string(id)+"-")
			if entered && len(c.SyncedTo()) > 0 {
				n++
			}
		}
	}
}

func TestAHugeCustomerLeavesTheOthersTheirShare(t *testing.T) {
	w := tenants(t, map[contact.CustomerID]int{"a-huge": 600, "b": 20, "c": 20, "d": 20})
	before := w.clock.Now()
	run := w.scheduled()
	if run.State != sync.RunPartial {
		t.Errorf("run %s", run.State)
	}
	for _, id := range []contact.CustomerID{"b", "c", "d"} {
		if n := w.synced(id); n != 20 {
			t.Errorf("%s has %d of 20 in the first minute", id, n)
		}
	}
	if took := w.clock.Now().Sub(before); took < 45*time.Second {
		t.Errorf("the minute ended after %s, although the huge customer has more to do", took)
	}
	for range 20 {
		if run = w.scheduled(); run.State == sync.RunDone {
			break
		}
	}
	if n := w.synced("a-huge"); n != 600 {
		t.Errorf("the huge customer has %d of 600", n)
	}
}

func TestTheCustomerThatWaitedLongestIsNext(t *testing.T) {
	for contacts, least := range map[int]int{3: 3, 40: 1} { // each; and how many of them have to be done by then
		t.Run(fmt.Sprint(contacts), func(t *testing.T) {
			sizes := map[contact.CustomerID]int{}
			for i := range 15 {
				sizes[contact.CustomerID(fmt.Sprintf("c%02d", i))] = contacts
			}
			w := tenants(t, sizes)
			w.latency = time.Second
			for range 4 { // of some six turns
				w.scheduled()
			}
			for id := range sizes {
				if got := w.synced(id); got < least {
					t.Errorf("%s has %d of %d after four minutes", id, got, contacts)
				}
			}
		})
	}
}

func TestAnInstanceThatLostItsLeaseSavesNothing(t *testing.T) {
	w := newWorld(t)
	w.createMany(0, 30)
	var done *sync.Run
	w.during = func() { // of the first listing
		w.clock.Advance(3 * time.Minute)
		run, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{})
		w.must(err)
		done = run
	}
	late, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{})
	w.must(err)
	if done == nil || done.State != sync.RunDone || done.ID != late.ID || done.Fence != late.Fence+1 {
		t.Fatalf("the second instance %+v, the first %+v", done, late)
	}
	if late.State == sync.RunDone {
		t.Errorf("the first instance says it is done")
	}
	stored, err := w.service.Run(w.ctx, acme, done.ID)
	w.must(err)
	if stored.State != sync.RunDone || stored.Fence != done.Fence || stored.Checkpoint.Phase != sync.PhaseDone {
		t.Errorf("stored: %s, fence %d, phase %s", stored.State, stored.Fence, stored.Checkpoint.Phase)
	}
	w.equal(30)
}
