package sync_test

import (
	"slices"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// disputed is a world in which one field was changed in the app and in HubSpot, under
// the manual policy.
func disputed(t *testing.T) *world {
	w := synced(t)
	w.policy(reconcile.Manual)
	w.sync()
	w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "Theirs"}))
	w.update(w.only(), contact.Values{contact.FirstName: "Ours", contact.LastName: "Other"})
	w.clock.Advance(10 * time.Second)
	w.sync()
	return w
}

func TestUnderManualADisputedFieldWaitsForAPerson(t *testing.T) {
	w := disputed(t)
	c := w.only()
	hub, _ := w.hubspot.Record(w.hubspotID())
	pipe, _ := w.pipedrive.Record(w.pipedriveID())
	if c.Fields[contact.FirstName].V != "Ours" || hub.Fields["firstname"] != "Theirs" || pipe.Fields["first_name"] != "First1" {
		t.Errorf("the field moved: app %q, HubSpot %q, Pipedrive %q", c.Fields[contact.FirstName].V, hub.Fields["firstname"], pipe.Fields["first_name"])
	}
	if hub.Fields["lastname"] != "Other" || pipe.Fields["last_name"] != "Other" {
		t.Errorf("another field waits too: HubSpot %q, Pipedrive %q", hub.Fields["lastname"], pipe.Fields["last_name"])
	}
	if c.Status != sync.StatusConflict {
		t.Errorf("status %q", c.Status)
	}
	list := w.conflicts()
	if len(list) != 1 || list[0].State != sync.ConflictOpen || list[0].Winner != "" || list[0].Base != "First1" {
		t.Fatalf("the conflict log has %+v", list)
	}
	w.quiet()
}

func TestAPersonsChoiceEndsTheHoldAndTravels(t *testing.T) {
	for choose, want := range map[contact.Source]string{contact.App: "Ours", "hubspot": "Theirs"} {
		t.Run(string(choose), func(t *testing.T) {
			w := disputed(t)
			k, err := w.service.ResolveConflict(w.ctx, acme, w.conflicts()[0].ID, choose, nil)
			w.must(err)
			if k.State != sync.ConflictDecided || k.Winner != choose {
				t.Errorf("the conflict is %+v", k)
			}
			w.sync()
			w.equal(1)
			c := w.only()
			if got := c.Fields[contact.FirstName]; got.V != want || got.Rule != sync.Chosen {
				t.Errorf("the app has %+v", got)
			}
			if len(c.Held) != 0 || len(c.Chosen) != 0 || c.Status != sync.StatusSynced {
				t.Errorf("held %v, chosen %v, status %q", c.Held, c.Chosen, c.Status)
			}
			w.quiet()
		})
	}
}

// Whatever is changed while the field waits is one more value to choose from, and the
// earlier conflict needs no decision any more.
func TestAChangeOfAHeldFieldRenewsTheConflict(t *testing.T) {
	w := disputed(t)
	first := w.conflicts()[0].ID
	w.clock.Advance(time.Minute)
	w.must(w.pipedrive.Edit(w.pipedriveID(), map[string]string{"first_name": "Third"}))
	w.sync()
	open := slices.DeleteFunc(w.conflicts(), func(c sync.Conflict) bool { return c.State != sync.ConflictOpen })
	if len(open) != 1 || open[0].ID == first || len(open[0].Values) != 3 {
		t.Fatalf("open conflicts: %+v", open)
	}
	if _, err := w.service.ResolveConflict(w.ctx, acme, first, contact.App, nil); !fault.Is(err, fault.Conflict) {
		t.Errorf("deciding the earlier one: %v", err)
	}
	_, err := w.service.ResolveConflict(w.ctx, acme, open[0].ID, "pipedrive", nil)
	w.must(err)
	w.sync()
	w.equal(1)
	if got := w.only().Values()[contact.FirstName]; got != "Third" {
		t.Errorf("the app has %q", got)
	}
	w.quiet()
}

// When the sides come to agree by themselves nothing is left to decide.
func TestAHoldEndsWhenThereIsNothingToDecide(t *testing.T) {
	for name, settle := range map[string]func(*world){
		"the same value": func(w *world) { w.update(w.only(), contact.Values{contact.FirstName: "Theirs"}) },
		"another policy": func(w *world) { w.policy(reconcile.AppWins) },
		"edited back":    func(w *world) { w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "First1"})) },
	} {
		t.Run(name, func(t *testing.T) {
			w := disputed(t)
			held := w.conflicts()[0].ID
			settle(w)
			w.clock.Advance(time.Minute)
			_, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{Kind: sync.Full})
			w.must(err)
			w.sync()
			w.equal(1)
			i := slices.IndexFunc(w.conflicts(), func(c sync.Conflict) bool { return c.ID == held })
			if got := w.conflicts()[i].State; got != sync.ConflictSuperseded || len(w.only().Held) != 0 {
				t.Errorf("the conflict is %q, held: %v", got, w.only().Held)
			}
			w.quiet()
		})
	}
}

// A CRM that is away takes nothing from what a person has to decide.
func TestAHoldSurvivesACRMThatIsAway(t *testing.T) {
	w := disputed(t)
	w.must(w.service.PauseConnection(w.ctx, acme, contact.HubSpot))
	w.update(w.only(), contact.Values{contact.LastName: "Again"})
	w.sync()
	pipe, _ := w.pipedrive.Record(w.pipedriveID())
	if pipe.Fields["first_name"] != "First1" || pipe.Fields["last_name"] != "Again" {
		t.Errorf("Pipedrive has %v", pipe.Fields)
	}
	if len(w.only().Held) != 1 {
		t.Errorf("held: %v", w.only().Held)
	}
}

// Automations in both CRMs each put their own value back, whatever we send.
func TestAFieldThatKeepsFlippingIsHeld(t *testing.T) {
	w := synced(t)
	automations := func() {
		if r, _ := w.hubspot.Record(w.hubspotID()); r.Fields["firstname"] != "BOT" {
			w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "BOT"}))
		}
		if r, _ := w.pipedrive.Record(w.pipedriveID()); r.Fields["first_name"] != "Robot" {
			w.must(w.pipedrive.Edit(w.pipedriveID(), map[string]string{"first_name": "Robot"}))
		}
	}
	for range 20 {
		w.clock.Advance(10 * time.Second)
		automations()
		w.clock.Advance(10 * time.Second)
		w.sync()
	}
	c := w.only()
	if c.Held[contact.FirstName].Reason != sync.HeldFlipping {
		t.Fatalf("the field is not held: %v", c.Held)
	}
	open := slices.DeleteFunc(w.conflicts(), func(c sync.Conflict) bool { return c.State != sync.ConflictOpen })
	if len(open) != 1 || len(open[0].Values) != 3 || c.Status != sync.StatusConflict {
		t.Fatalf("open conflicts: %+v", open)
	}
	w.quiet()
	_, err := w.service.ResolveConflict(w.ctx, acme, open[0].ID, "hubspot", nil)
	w.must(err)
	w.sync()
	w.equal(1) // the automations have been switched off
	if got := w.only().Values()[contact.FirstName]; got != "BOT" {
		t.Errorf("the app has %q", got)
	}
	w.quiet()
}

// One change that waits to be written over is not many.
func TestAChangeThatWaitsIsCountedOnce(t *testing.T) {
	w := synced(t)
	w.policy(reconcile.AppWins)
	w.sync()
	w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "Theirs"}))
	w.hubspot.Faults().Add(kit.Fault{Method: "POST", PathPrefix: "/crm/objects/2026-03/contacts/batch/update", Status: 500, Body: "{}", Times: -1})
	w.update(w.only(), contact.Values{contact.FirstName: "Ours"})
	for range 8 {
		w.clock.Advance(2 * time.Minute)
		w.sync()
	}
	w.hubspot.Faults().Clear()
	w.clock.Advance(2 * time.Minute)
	w.sync()
	w.equal(1)
	if held := w.only().Held; len(held) != 0 {
		t.Errorf("held: %v", held)
	}
}

// A person who goes back and forth is followed.
func TestAPersonMayChangeAFieldBackAndForth(t *testing.T) {
	w := synced(t)
	for i := range 12 {
		w.clock.Advance(10 * time.Second)
		w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": []string{"Yes", "No"}[i%2]}))
		w.sync()
		w.equal(1)
	}
	if held := w.only().Held; len(held) != 0 {
		t.Errorf("held: %v", held)
	}
}

func TestADeletionThatAChangeBeatCanBeDecidedOtherwise(t *testing.T) {
	w := synced(t)
	w.must(w.hubspot.Delete(w.hubspotID()))
	w.must(w.pipedrive.Edit(w.pipedriveID(), map[string]string{"first_name": "Changed"}))
	for range 3 {
		w.clock.Advance(time.Minute)
		w.sync()
	}
	if w.only().Fields[contact.FirstName].V != "Changed" {
		t.Fatal("the change did not beat the deletion")
	}
	list := w.conflicts()
	if len(list) != 1 || list[0].Field != sync.Existence {
		t.Fatalf("the conflict log has %+v", list)
	}
	k, err := w.service.ResolveConflict(w.ctx, acme, list[0].ID, "hubspot", nil)
	w.must(err)
	w.clock.Advance(time.Minute)
	w.sync()
	w.equal(0)
	if k.State != sync.ConflictOverridden {
		t.Errorf("the conflict is %q", k.State)
	}
}
