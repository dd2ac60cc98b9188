package sync_test

import (
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// restoreThere brings a deleted record back as a person in the CRM does; HubSpot
// reports it unless the event is lost.
func (w *world) restoreThere(conn contact.ConnectionID, id string, told bool) {
	w.Helper()
	if conn == pipedriveCo {
		w.must(w.pipedrive.Restore(id))
		return
	}
	w.must(w.hubspot.Restore(id))
	if told {
		w.deliver(w.hubspotEvent(id))
	}
}

func TestARecordRestoredInACRMUndoesItsDeletion(t *testing.T) {
	for _, conn := range []contact.ConnectionID{hubspotConn, pipedriveCo} {
		for _, deletedIn := range []string{"there", "the app"} {
			for _, kind := range []sync.Kind{sync.Incremental, sync.Full} {
				t.Run(string(conn)+", deleted in "+deletedIn+", "+string(kind), func(t *testing.T) {
					w := newWorld(t)
					w.create(person(1))
					w.sync()
					for range 2 { // the second time is like the first
						w.clock.Advance(5 * time.Minute)
						c := w.contacts()["person1@example.com"]
						id := w.idOf(c, conn)
						if deletedIn == "there" {
							w.vanish(c, conn)
						} else {
							w.delete(c)
						}
						w.settle(kind)
						if n := len(w.living()); n != 0 {
							t.Fatalf("%d contacts live after the deletion", n)
						}
						w.restoreThere(conn, id, kind == sync.Incremental)
						w.settle(kind)
						w.equal(1)
						back := w.contacts()["person1@example.com"]
						if back == nil || back.ID != c.ID || w.idOf(back, conn) != id {
							t.Fatalf("came back as %+v", back)
						}
					}
				})
			}
		}
	}
}

func TestARecordRestoredAfterOnlyItsLinkHadEnded(t *testing.T) {
	w := newWorld(t)
	unlink := sync.UnlinkDeleted
	w.settings(sync.SettingsPatch{DeletePolicy: &unlink})
	w.create(person(1))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	c := w.contacts()["person1@example.com"]
	id := w.vanish(c, hubspotConn)
	w.settle(sync.Incremental)
	if _, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.LastName: "Lovelace"}, nil); err != nil {
		t.Fatal(err)
	}
	w.restoreThere(hubspotConn, id, true)
	w.settle(sync.Incremental)
	w.equal(1)
	if got := w.contacts()["person1@example.com"].Fields[contact.LastName].V; got != "Lovelace" {
		t.Errorf("last name %q: the edit made in between is lost", got)
	}
}

// A contact that was deleted later, for itself, does not come back with a record that
// was lost before.
func TestARestoredRecordDoesNotUndoALaterDeletion(t *testing.T) {
	w := newWorld(t)
	unlink, propagate := sync.UnlinkDeleted, sync.PropagateDeletes
	w.settings(sync.SettingsPatch{DeletePolicy: &unlink})
	w.create(person(1))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	c := w.contacts()["person1@example.com"]
	id := w.vanish(c, hubspotConn)
	w.settle(sync.Incremental)
	w.settings(sync.SettingsPatch{DeletePolicy: &propagate})
	w.delete(c)
	w.settle(sync.Incremental)
	w.restoreThere(hubspotConn, id, true)
	w.settle(sync.Full)
	if app, hub, pipe := w.sides(); len(app) != 0 || len(hub) != 1 || len(pipe) != 0 {
		t.Errorf("app %v, HubSpot %v, Pipedrive %v", app, hub, pipe)
	}
	if reviews, err := w.service.Reviews(w.ctx, acme); err != nil || len(reviews) != 1 {
		t.Errorf("reviews %+v, %v", reviews, err)
	}
}

func TestARecordRestoredAtOnceIsBelievedAfterTheGrace(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	c := w.contacts()["person1@example.com"]
	id := w.idOf(c, hubspotConn)
	w.delete(c)
	w.clock.Advance(time.Second)
	w.restoreThere(hubspotConn, id, true)
	if n := len(w.living()); n != 0 {
		t.Fatal("a record that our own delete had not reached yet would look the same")
	}
	w.settle(sync.Incremental)
	w.equal(1)
}

func TestARecordIsMadeAgainOnRequest(t *testing.T) {
	w := newWorld(t)
	unlink := sync.UnlinkDeleted
	w.settings(sync.SettingsPatch{DeletePolicy: &unlink})
	w.create(person(1))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	c := w.contacts()["person1@example.com"]
	if _, err := w.service.RecreateRecord(w.ctx, acme, c.ID, contact.Pipedrive); !fault.Is(err, fault.Conflict) {
		t.Errorf("made again although it is there: %v", err)
	}
	id := w.vanish(c, pipedriveCo)
	w.settle(sync.Incremental)
	if _, err := w.service.RecreateRecord(w.ctx, acme, c.ID, contact.Pipedrive); err != nil {
		t.Fatal(err)
	}
	w.settle(sync.Full)
	w.equal(1)
	// The old one coming back now is a second record of the contact.
	w.restoreThere(pipedriveCo, id, true)
	w.settle(sync.Full)
	reviews, err := w.service.Reviews(w.ctx, acme)
	w.must(err)
	if len(reviews) != 1 || reviews[0].ContactID != c.ID {
		t.Errorf("reviews %+v", reviews)
	}
}
