package sync_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// traces returns where the text is still found in what the store keeps of the customer.
func (w *world) traces(text string) []string {
	w.Helper()
	var found []string
	look := func(where string, what any, err error) {
		w.must(err)
		data, err := json.Marshal(what)
		w.must(err)
		if strings.Contains(strings.ToLower(string(data)), strings.ToLower(text)) {
			found = append(found, where)
		}
	}
	contacts, err := w.store.ScanContacts(w.ctx, acme, "", 500)
	look("contacts", contacts, err)
	activity, _, err := w.store.ListActivity(w.ctx, acme, sync.LogQuery{Limit: 200})
	look("activity", activity, err)
	conflicts, _, _, err := w.store.ListConflicts(w.ctx, acme, sync.LogQuery{Limit: 200})
	look("conflicts", conflicts, err)
	changes, _, err := w.store.ListChanges(w.ctx, acme, sync.LogQuery{Limit: 200})
	look("changes", changes, err)
	reviews, err := w.store.ListReviews(w.ctx, acme)
	look("reviews", reviews, err)
	return found
}

func (w *world) erasedInHubSpot(id string) []sync.Event {
	w.Helper()
	w.must(w.hubspot.Purge(id))
	gone, erased := w.hubspotEvent(id), w.hubspotEvent(id)
	gone.Deleted, erased.Deleted, erased.Erased = true, true, true
	return []sync.Event{gone, erased}
}

func TestAPrivacyDeletionErasesThePerson(t *testing.T) {
	for name, order := range map[string]func(w *world, gone, erased sync.Event){
		"both at once":      func(w *world, gone, erased sync.Event) { w.deliver(gone, erased) },
		"the erasure first": func(w *world, gone, erased sync.Event) { w.deliver(erased); w.deliver(gone) },
		"long after it was followed": func(w *world, gone, erased sync.Event) {
			w.deliver(gone)
			w.settle(sync.Incremental)
			w.deliver(erased)
		},
		"twice, and without the other": func(w *world, _, erased sync.Event) { w.deliver(erased); w.deliver(erased) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create(person(1))
			w.create(person(2))
			w.sync()
			w.clock.Advance(5 * time.Minute)
			c := w.contacts()["person1@example.com"]
			pipe := w.idOf(c, pipedriveCo)
			// So that there is a conflict to forget.
			w.must(w.hubspot.Edit(w.idOf(c, hubspotConn), map[string]string{"phone": "+16502531111"}))
			w.must(w.pipedrive.Edit(pipe, map[string]string{"phones": "+16502532222"}))
			w.sync()
			events := w.erasedInHubSpot(w.idOf(c, hubspotConn))
			order(w, events[0], events[1])
			w.settle(sync.Full)
			for _, text := range []string{"person1@", "First1", "Last1", "6502531111", "6502532222"} {
				for _, trace := range w.traces(text) {
					t.Errorf("%s is still in %s", text, trace)
				}
			}
			if left := w.living(); len(left) != 1 {
				t.Errorf("%d contacts are left", len(left))
			}
			reviews, err := w.service.Reviews(w.ctx, acme)
			w.must(err)
			asked := len(reviews) == 1 && reviews[0].Kind == "erasure" && string(reviews[0].ExternalIDs[0]) == pipe
			if r, _ := w.pipedrive.Record(pipe); !r.Deleted && !asked {
				t.Errorf("Pipedrive's record is there, and nobody was asked about it: %+v", reviews)
			}
		})
	}
}

func TestAnErasedPersonDoesNotComeBackByItself(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.create(person(2))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	c := w.contacts()["person1@example.com"]
	w.must(w.service.EraseContact(w.ctx, acme, c.ID, nil))
	if err := w.service.EraseContact(w.ctx, acme, c.ID, nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("erased twice: %v", err)
	}
	if _, err := w.service.RestoreContact(w.ctx, acme, c.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("restored: %v", err)
	}
	// Its records are still in the CRMs, they are edited, and a form makes another.
	w.must(w.hubspot.Edit(w.idOf(c, hubspotConn), map[string]string{"firstname": "Ada"}))
	w.deliver(w.hubspotEvent(w.idOf(c, hubspotConn)))
	_, err := w.pipedrive.Create(map[string]string{"emails": "PERSON1@example.com", "first_name": "Form"})
	w.must(err)
	w.settle(sync.Incremental)
	w.settle(sync.Full)
	_, result, err := w.service.Import(w.ctx, acme, rowsOf(person(1), person(3)))
	w.must(err)
	if result.Created != 1 || len(result.Rejected) != 1 {
		t.Errorf("import %+v", result)
	}
	if left := w.contacts(); len(left) != 2 || left["person1@example.com"] != nil {
		t.Errorf("left: %v", left)
	}
	if traces := w.traces("person1@"); len(traces) > 0 {
		t.Errorf("traces %v", traces)
	}
	reviews, err := w.service.Reviews(w.ctx, acme)
	w.must(err)
	if len(reviews) != 2 {
		t.Errorf("%d reviews, want one for each CRM's record: %+v", len(reviews), reviews)
	}
	// By hand it is a person's own act.
	w.create(person(1))
	w.settle(sync.Full)
	if left := w.contacts(); left["person1@example.com"] == nil {
		t.Error("a contact made by hand is gone")
	}
}

func TestAnErasureGuardsItsRevision(t *testing.T) {
	w := newWorld(t)
	c := w.create(person(1))
	stale := c.Rev - 1
	if err := w.service.EraseContact(w.ctx, acme, c.ID, &stale); !fault.Is(err, fault.Stale) {
		t.Errorf("erased on a stale revision: %v", err)
	}
	if err := w.service.EraseContact(w.ctx, "other", c.ID, nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("erased for another customer: %v", err)
	}
	if len(w.contacts()) != 1 {
		t.Error("the contact is gone")
	}
}

// A run that has listed the person's records already does not bring them back.
func TestAnErasureDuringAListing(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		_, err := w.hubspot.Create(map[string]string{"email": person(i)[contact.Email], "firstname": "P"})
		w.must(err)
	}
	w.sync()
	w.clock.Advance(5 * time.Minute)
	c := w.contacts()["person1@example.com"]
	run, err := w.service.Sync(until{w.ctx, w.clock.Now().Add(time.Millisecond)}, acme, sync.SyncRequest{Kind: sync.Full})
	w.must(err)
	w.must(w.service.EraseContact(w.ctx, acme, c.ID, nil))
	t.Logf("erased while the run was %s in %s", run.State, run.Checkpoint.Phase)
	w.settle(sync.Full)
	if left := w.contacts(); len(left) != 2 || left["person1@example.com"] != nil {
		t.Errorf("left: %v", left)
	}
}
