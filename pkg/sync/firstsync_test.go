package sync_test

import (
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// What happens between a listing and its use must not be undone by it: the row is
// older than what was agreed since.
func TestAListingThatIsOlderThanAnEditDoesNotUndoIt(t *testing.T) {
	w := newWorld(t)
	c := w.settled(3)[0]
	run := w.interrupted(sync.SyncRequest{Kind: sync.Full}, 1)
	if run.State != sync.RunPartial {
		t.Fatalf("run %s in phase %s", run.State, run.Progress.Phase)
	}
	w.clock.Advance(time.Minute)
	id := string(c.Link(hubspotConn).ExternalID)
	w.must(w.hubspot.Edit(id, map[string]string{"phone": "+16502531111"}))
	w.deliver(w.hubspotEvent(id))
	w.clock.Advance(time.Minute)
	if _, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.FirstName: "Ada"}, nil); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	run, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{Kind: sync.Full})
	w.must(err)
	if run.State != sync.RunDone {
		t.Fatalf("run %s: %s", run.State, run.Error)
	}
	v := w.living()[0].Values()
	if v[contact.Phone] != "+16502531111" || v[contact.FirstName] != "Ada" {
		t.Errorf("phone %s, first name %s", v[contact.Phone], v[contact.FirstName])
	}
	w.equal(3)
}
