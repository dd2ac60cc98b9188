package sync_test

import (
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// unreachable lets do happen while no CRM answers.
func (w *world) unreachable(do func()) {
	w.Helper()
	w.hubspot.Faults().Add(kit.Fault{Status: 503, Body: "busy", Times: -1})
	w.pipedrive.Faults().Add(kit.Fault{Status: 503, Body: "busy", Times: -1})
	do()
	w.hubspot.Faults().Clear()
	w.pipedrive.Faults().Clear()
}

// settle runs syncs of the kind with time in between, then demands quiet: another
// run writes nothing and logs no conflict.
func (w *world) settle(kind sync.Kind) {
	w.Helper()
	run := func() {
		w.clock.Advance(5 * time.Minute)
		_, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{Kind: kind})
		w.must(err)
	}
	for range 4 {
		run()
	}
	_, _, before, err := w.service.Conflicts(w.ctx, acme, sync.LogQuery{})
	w.must(err)
	w.resetCalls()
	run()
	if n := w.writes(); n != 0 {
		w.Errorf("%d writes after everything was settled", n)
	}
	_, _, after, err := w.service.Conflicts(w.ctx, acme, sync.LogQuery{})
	w.must(err)
	if after != before {
		w.Errorf("%d conflicts, then %d: each run logs more", before, after)
	}
	counts, err := w.store.CountContacts(w.ctx, acme)
	w.must(err)
	if counts.Due != 0 {
		w.Errorf("%d contacts are still due", counts.Due)
	}
}

// idOf returns the record of the contact on a connection.
func (w *world) idOf(c *sync.Contact, conn contact.ConnectionID) string {
	w.Helper()
	l := c.Link(conn)
	if l == nil || l.ExternalID == "" {
		w.Fatalf("%s has no record on %s", c.Values().DisplayName(), conn)
	}
	return string(l.ExternalID)
}

func (w *world) delete(c *sync.Contact) {
	w.Helper()
	w.must(w.service.DeleteContact(w.ctx, acme, c.ID, nil))
}

// A merge of the records of two contacts that were deleted in the app is a change
// that the deletion cannot have known of: one contact comes back, once, with the
// merged record; the deletion of the other goes on.
func TestAMergeOfTwoContactsDeletedInTheApp(t *testing.T) {
	for _, kind := range []sync.Kind{sync.Incremental, sync.Full} {
		for _, edited := range []string{"nothing", "the survivor", "the other's record too"} {
			t.Run(string(kind)+", edited "+edited, func(t *testing.T) {
				w := newWorld(t)
				w.create(person(1))
				w.create(person(2))
				w.sync()
				w.clock.Advance(5 * time.Minute)
				primary, other := w.contacts()["person1@example.com"], w.contacts()["person2@example.com"]
				w.unreachable(func() { w.delete(primary); w.delete(other) })
				survivor, err := w.hubspot.Merge(w.idOf(primary, hubspotConn), w.idOf(other, hubspotConn))
				w.must(err)
				if edited != "nothing" {
					w.must(w.hubspot.Edit(survivor, map[string]string{"firstname": "Ada"}))
				}
				if edited == "the other's record too" {
					w.must(w.pipedrive.Edit(w.idOf(other, pipedriveCo), map[string]string{"last_name": "Changed"}))
				}
				w.settle(kind)
				left := w.contacts()
				kept := left["person1@example.com"]
				if kept == nil || w.idOf(kept, hubspotConn) != survivor {
					t.Fatalf("the survivor is not linked to its contact: %v", left)
				}
				if want := map[bool]string{true: "First1", false: "Ada"}[edited == "nothing"]; kept.Fields[contact.FirstName].V != want {
					t.Errorf("first name %q, want %q", kept.Fields[contact.FirstName].V, want)
				}
				undecided := 0 // to a person
				if edited == "the other's record too" {
					undecided = 1
				}
				app, hub, pipe := w.sides()
				if len(app) != 1 || len(hub) != 1 || len(pipe) != 1+undecided {
					t.Errorf("app %v, HubSpot %v, Pipedrive %v", app, hub, pipe)
				}
				_, _, conflicts, err := w.service.Conflicts(w.ctx, acme, sync.LogQuery{})
				w.must(err)
				if conflicts != 1 {
					t.Errorf("%d conflicts logged, want 1", conflicts)
				}
				reviews, err := w.service.Reviews(w.ctx, acme)
				w.must(err)
				if len(reviews) != undecided {
					t.Errorf("reviews %+v", reviews)
				}
			})
		}
	}
}

// Merged with the record of a contact that lives, the deleted contact's record is
// part of that one's, and its deletion goes on elsewhere.
func TestAMergeOfADeletedContactWithALivingOne(t *testing.T) {
	for _, kind := range []sync.Kind{sync.Incremental, sync.Full} {
		for _, primary := range []string{"the living one", "the deleted one"} {
			t.Run(string(kind)+", primary is "+primary, func(t *testing.T) {
				w := newWorld(t)
				w.create(person(1))
				w.create(person(2))
				w.sync()
				w.clock.Advance(5 * time.Minute)
				living, deleted := w.contacts()["person1@example.com"], w.contacts()["person2@example.com"]
				w.unreachable(func() { w.delete(deleted) })
				first, second := w.idOf(living, hubspotConn), w.idOf(deleted, hubspotConn)
				if primary == "the deleted one" {
					first, second = second, first
				}
				survivor, err := w.hubspot.Merge(first, second)
				w.must(err)
				w.settle(kind)
				all := w.living()
				if len(all) != 1 || all[0].ID != living.ID || w.idOf(all[0], hubspotConn) != survivor {
					t.Fatalf("living: %+v", all)
				}
				if _, hub, pipe := w.sides(); len(hub) != 1 || len(pipe) != 1 {
					t.Errorf("HubSpot %v, Pipedrive %v", hub, pipe)
				}
			})
		}
	}
}

// Pipedrive answers for a record that was merged away as for a deleted one; only its
// event names the survivor.
func TestAMergeInPipedriveThatAnEventTellsOf(t *testing.T) {
	merged := func(w *world, loser, survivor string) sync.Event {
		e := w.pipedriveEvent(loser)
		e.Deleted, e.MergedInto = true, contact.ExternalID(survivor)
		return e
	}
	t.Run("only the loser was linked", func(t *testing.T) {
		w := newWorld(t)
		w.create(person(1))
		w.sync()
		w.clock.Advance(5 * time.Minute)
		c := w.contacts()["person1@example.com"]
		survivor, err := w.pipedrive.Create(map[string]string{"emails": "stranger@example.com", "first_name": "Stranger"})
		w.must(err)
		loser := w.idOf(c, pipedriveCo)
		w.must(w.pipedrive.Merge(survivor, loser))
		w.deliver(merged(w, loser, survivor))
		w.settle(sync.Full)
		all := w.living()
		if len(all) != 1 || all[0].ID != c.ID || w.idOf(all[0], pipedriveCo) != survivor {
			t.Fatalf("living: %+v", all)
		}
		if app, hub, pipe := w.sides(); len(app) != 1 || len(hub) != 1 || len(pipe) != 1 || app[0] != hub[0] {
			t.Errorf("app %v, HubSpot %v, Pipedrive %v", app, hub, pipe)
		}
	})
	t.Run("both were linked", func(t *testing.T) {
		w := newWorld(t)
		for i := range 3 {
			w.create(person(i))
		}
		w.sync()
		w.clock.Advance(5 * time.Minute)
		kept, other, third := w.contacts()["person0@example.com"], w.contacts()["person1@example.com"], w.contacts()["person2@example.com"]
		// In a row, and told of in the wrong order: the second survivor is gone too.
		w.must(w.pipedrive.Merge(w.idOf(other, pipedriveCo), w.idOf(third, pipedriveCo)))
		w.must(w.pipedrive.Merge(w.idOf(kept, pipedriveCo), w.idOf(other, pipedriveCo)))
		w.deliver(merged(w, w.idOf(other, pipedriveCo), w.idOf(kept, pipedriveCo)),
			merged(w, w.idOf(third, pipedriveCo), w.idOf(other, pipedriveCo)))
		w.settle(sync.Full)
		app, hub, pipe := w.sides()
		if len(app) != 1 || len(hub) != 3 || len(pipe) != 1 {
			t.Errorf("app %v, HubSpot %v, Pipedrive %v", app, hub, pipe)
		}
		if got := w.living(); len(got) != 1 || got[0].ID != kept.ID {
			t.Errorf("living %+v", got)
		}
		reviews, err := w.service.Reviews(w.ctx, acme)
		w.must(err)
		if len(reviews) != 2 || reviews[0].Kind != "merge" || reviews[0].Provider != contact.HubSpot {
			t.Errorf("reviews %+v", reviews)
		}
	})
	t.Run("an event that is not true", func(t *testing.T) {
		w := newWorld(t)
		w.create(person(1))
		w.create(person(2))
		w.sync()
		w.clock.Advance(5 * time.Minute)
		one, two := w.contacts()["person1@example.com"], w.contacts()["person2@example.com"]
		w.deliver(merged(w, w.idOf(one, pipedriveCo), w.idOf(two, pipedriveCo)))
		w.settle(sync.Full)
		w.equal(2)
	})
	t.Run("the survivor is gone as well", func(t *testing.T) {
		w := newWorld(t)
		w.create(person(1))
		w.create(person(2))
		w.sync()
		w.clock.Advance(5 * time.Minute)
		one, two := w.contacts()["person1@example.com"], w.contacts()["person2@example.com"]
		w.must(w.pipedrive.Merge(w.idOf(two, pipedriveCo), w.idOf(one, pipedriveCo)))
		w.deliver(merged(w, w.idOf(one, pipedriveCo), w.idOf(two, pipedriveCo)))
		w.must(w.pipedrive.Delete(w.idOf(two, pipedriveCo)))
		w.settle(sync.Full)
		if app, _, pipe := w.sides(); len(app) != 0 || len(pipe) != 0 {
			t.Errorf("app %v, Pipedrive %v", app, pipe)
		}
	})
}

func (w *world) pipedriveEvent(id string) sync.Event {
	return sync.Event{Provider: contact.Pipedrive, AccountID: w.statusOf(contact.Pipedrive).AccountID, ExternalID: contact.ExternalID(id), At: w.clock.Now()}
}
