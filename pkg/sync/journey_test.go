package sync_test

import (
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

func TestFirstSyncOfTheAppsContacts(t *testing.T) {
	w := newWorld(t)
	for i := range 250 {
		w.create(person(i))
	}
	run := w.sync()
	w.equal(250)
	if run.Calls[contact.HubSpot] != 1+3 || run.Calls[contact.Pipedrive] != 1+250 {
		t.Errorf("calls %v, want 4 on HubSpot and 251 on Pipedrive", run.Calls)
	}
	w.resetCalls()
	w.sync()
	if n := w.writes(); n != 0 {
		t.Errorf("the second sync made %d writes: %v %v", n, w.hubspot.Calls().Snapshot(), w.pipedrive.Calls().Snapshot())
	}
	w.clock.Advance(10 * time.Minute)
	w.sync()
	w.resetCalls()
	w.clock.Advance(10 * time.Minute)
	idle := w.sync()
	if idle.Calls[contact.HubSpot] != 1 || idle.Calls[contact.Pipedrive] != 1 {
		t.Errorf("an idle poll made %v calls, want 1 each: %v %v", idle.Calls, w.hubspot.Calls().Snapshot(), w.pipedrive.Calls().Snapshot())
	}
}
