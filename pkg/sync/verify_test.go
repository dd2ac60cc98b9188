package sync_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// synced is a world in which one person is the same everywhere for a while.
func synced(t *testing.T) *world {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	w.sync()
	w.equal(1)
	return w
}

func (w *world) hubspotID() string   { return string(w.only().Link(hubspotConn).ExternalID) }
func (w *world) pipedriveID() string { return string(w.only().Link(pipedriveCo).ExternalID) }

// policy sets the customer's conflict policy.
func (w *world) policy(p reconcile.Policy) {
	w.Helper()
	text := string(p)
	_, err := w.service.UpdateSettings(w.ctx, acme, sync.SettingsPatch{Policy: &text})
	w.must(err)
}

// An edit in HubSpot falls between our read and our write of the same field: the
// write replaces it unseen, and the property's history tells.
func TestAnEditThatOurWriteReplacedInHubSpotIsFound(t *testing.T) {
	for policy, want := range map[reconcile.Policy]string{reconcile.CRMWins: "Theirs", reconcile.AppWins: "Ours"} {
		t.Run(string(policy), func(t *testing.T) {
			w := synced(t)
			w.policy(policy)
			w.sync()
			w.once("POST", "/batch/update", func() {
				w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "Theirs"}))
			})
			w.update(w.only(), contact.Values{contact.FirstName: "Ours"})
			if r, _ := w.hubspot.Record(w.hubspotID()); r.Fields["firstname"] != "Ours" {
				t.Fatalf("HubSpot has %q: the edit was not replaced at all", r.Fields["firstname"])
			}
			w.clock.Advance(time.Minute)
			w.sync()
			w.clock.Advance(time.Minute)
			w.sync()
			w.equal(1)
			if got := w.only().Values()[contact.FirstName]; got != want {
				t.Errorf("the app has %q, want %q", got, want)
			}
			list := w.conflicts()
			if len(list) != 1 || len(list[0].Values) != 2 || list[0].Base != "First1" {
				t.Errorf("the conflict log has %+v", list)
			}
			w.quiet()
		})
	}
}

// quiet demands that further passes write nothing and find no conflict.
func (w *world) quiet() {
	w.Helper()
	before := len(w.conflicts())
	for range 2 {
		w.clock.Advance(5 * time.Minute)
		w.resetCalls()
		w.sync()
		if n := w.writes(); n != 0 {
			w.Errorf("%d writes although nothing had changed", n)
		}
	}
	if n := len(w.conflicts()); n != before {
		w.Errorf("the conflict log grew from %d to %d", before, n)
	}
}

// A full run lists accounts, and lists bring no history: what is to be checked is read.
func TestWritesAreCheckedByFullRunsToo(t *testing.T) {
	w := synced(t)
	w.once("POST", "/batch/update", func() {
		w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "Theirs"}))
	})
	w.update(w.only(), contact.Values{contact.FirstName: "Ours"})
	w.clock.Advance(time.Hour)
	_, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{Kind: sync.Full})
	w.must(err)
	w.equal(1)
	if got := w.only().Values()[contact.FirstName]; got != "Theirs" {
		t.Errorf("the app has %q", got)
	}
	w.quiet()
}

// What a person changed after seeing our write is no loss, and neither is a chain of
// our own writes.
func TestEditsAfterOurWritesAreNoLoss(t *testing.T) {
	w := synced(t)
	for _, v := range []string{"One", "Two", "Three"} {
		w.update(w.only(), contact.Values{contact.FirstName: v})
		w.clock.Advance(10 * time.Second)
	}
	for _, v := range []string{"Four", "Three", "Five"} {
		w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": v}))
		w.clock.Advance(10 * time.Second)
	}
	w.sync()
	w.equal(1)
	if got := w.only().Values()[contact.FirstName]; got != "Five" {
		t.Errorf("the app has %q", got)
	}
	if list := w.conflicts(); len(list) != 0 {
		t.Errorf("conflicts: %+v", list)
	}
	w.quiet()
}

// A person entered what we were about to write, after trying something else.
func TestAWriteThatChangedNothingReplacedNothing(t *testing.T) {
	w := synced(t)
	w.once("POST", "/batch/update", func() {
		for _, v := range []string{"Typo", "Ours"} {
			w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": v}))
			w.clock.Advance(10 * time.Second)
		}
	})
	w.update(w.only(), contact.Values{contact.FirstName: "Ours"})
	w.clock.Advance(time.Minute)
	w.sync()
	w.equal(1)
	if got := w.only().Values()[contact.FirstName]; got != "Ours" || len(w.conflicts()) != 0 {
		t.Errorf("the app has %q, conflicts: %+v", got, w.conflicts())
	}
	w.quiet()
}

// Pipedrive's reads bring no history: it is asked for when the connection wants
// every write checked.
func TestAnEditThatOurWriteReplacedInPipedriveIsFoundWithVerifyWrites(t *testing.T) {
	w := synced(t)
	w.must(w.service.VerifyWrites(w.ctx, acme, contact.Pipedrive, true))
	w.once("PATCH", "/api/v2/persons", func() {
		w.must(w.pipedrive.Edit(w.pipedriveID(), map[string]string{"phones": "+16505550000"}))
	})
	w.update(w.only(), contact.Values{contact.Phone: "+16505551111"})
	w.clock.Advance(time.Minute)
	w.sync()
	w.clock.Advance(time.Minute)
	w.sync()
	w.equal(1)
	if got := w.only().Values()[contact.Phone]; got != "+16505550000" {
		t.Errorf("the app has %q", got)
	}
	if list := w.conflicts(); len(list) != 1 {
		t.Errorf("conflicts: %+v", list)
	}
	w.quiet()
}

// A write takes effect long after it was given up, when the contact has gone on.
func TestAWriteThatArrivesLateIsKnownAsOurs(t *testing.T) {
	for _, crash := range []bool{false, true} {
		t.Run(fmt.Sprintf("crash %t", crash), func(t *testing.T) {
			w := synced(t)
			w.hubspot.Faults().Add(kit.Fault{Method: "POST", PathPrefix: "/crm/objects/2026-03/contacts/batch/update",
				Drop: kit.DropLate, Late: 80 * time.Second})
			if crash { // the answers are never saved
				w.before = func(r *http.Request) {
					if strings.HasSuffix(r.URL.Path, "/batch/update") {
						w.counted.left = 1
					}
				}
			}
			w.update(w.only(), contact.Values{contact.FirstName: "First"})
			w.before = nil
			w.counted.left = 0
			w.clock.Advance(20 * time.Second)
			w.update(w.only(), contact.Values{contact.FirstName: "Second"})
			w.clock.Advance(20 * time.Second)
			w.sync()
			w.equal(1)
			w.clock.Advance(45 * time.Second)
			w.hubspot.Faults().ApplyLate()
			if r, _ := w.hubspot.Record(w.hubspotID()); r.Fields["firstname"] != "First" {
				t.Fatalf("HubSpot has %q: nothing arrived late", r.Fields["firstname"])
			}
			w.sync()
			w.equal(1)
			if got := w.only().Values()[contact.FirstName]; got != "Second" || len(w.conflicts()) != 0 {
				t.Errorf("the app has %q, conflicts: %+v", got, w.conflicts())
			}
			w.quiet()
		})
	}
}

// A write arrives and its answer is lost; somebody sees the value and puts the old one
// back. That is an edit, although it looks as if the write had never arrived.
func TestAnEditThatUndoesAnUnansweredWriteIsAnEdit(t *testing.T) {
	w := synced(t)
	w.before = func(r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/batch/update") {
			w.counted.left = 1 // the answer is never saved
		}
	}
	w.update(w.only(), contact.Values{contact.FirstName: "Ours"})
	w.before = nil
	w.counted.left = 0
	w.clock.Advance(30 * time.Second)
	w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "First1"}))
	w.clock.Advance(3 * time.Minute)
	w.sync()
	w.equal(1)
	if got := w.only().Values()[contact.FirstName]; got != "First1" {
		t.Errorf("the app has %q: the edit was overwritten", got)
	}
	w.quiet()
}

// Pipedrive takes both names together: an edit of the one is replaced by a write of the
// other.
func TestAnEditThatWasWrittenAlongIsFound(t *testing.T) {
	w := synced(t)
	w.must(w.service.VerifyWrites(w.ctx, acme, contact.Pipedrive, true))
	w.once("PATCH", "/api/v2/persons", func() {
		w.must(w.pipedrive.Edit(w.pipedriveID(), map[string]string{"last_name": "Theirs"}))
	})
	w.update(w.only(), contact.Values{contact.FirstName: "Ours"})
	for range 2 {
		w.clock.Advance(time.Minute)
		w.sync()
	}
	w.equal(1)
	if got := w.only().Values(); got[contact.FirstName] != "Ours" || got[contact.LastName] != "Theirs" {
		t.Errorf("the app has %v", got)
	}
	w.quiet()
}

// A read right after a write may come from before it.
func TestAReadThatIsTooOldIsNotTakenForAnEdit(t *testing.T) {
	w := synced(t)
	w.update(w.only(), contact.Values{contact.FirstName: "New"})
	w.clock.Advance(time.Second)
	// What a stale read would show: the value from before, for a moment.
	w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "First1"}))
	w.deliver(w.hubspotEvent(w.hubspotID()))
	if got := w.only().Values()[contact.FirstName]; got != "New" {
		t.Fatalf("the app took %q from a read that may be too old", got)
	}
	w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "New"}))
	w.clock.Advance(10 * time.Second)
	w.sync()
	w.equal(1)
	if got := w.only().Values()[contact.FirstName]; got != "New" {
		t.Errorf("the app has %q", got)
	}
}

// A person may really put the old value back: then it is believed a little later.
func TestAnEditThatPutsTheOldValueBackIsBelievedLater(t *testing.T) {
	w := synced(t)
	w.update(w.only(), contact.Values{contact.FirstName: "New"})
	w.clock.Advance(time.Second)
	w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "First1"}))
	w.deliver(w.hubspotEvent(w.hubspotID()))
	w.sync()
	w.equal(1)
	if got := w.only().Values()[contact.FirstName]; got != "First1" {
		t.Errorf("the app has %q", got)
	}
	w.quiet()
}

// A sweep lists an account, and before it comes to a contact somebody edits it on
// another way: what was listed is out of date then.
func TestAListingIsNotBelievedAgainstWhatWasAgreedSince(t *testing.T) {
	for name, edit := range map[string]func(*world){
		"edited in the app": func(w *world) { w.update(w.only(), contact.Values{contact.FirstName: "New"}) },
		"edited in HubSpot, known by an event": func(w *world) {
			w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "New"}))
			w.deliver(w.hubspotEvent(w.hubspotID()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := synced(t)
			// The edit comes when the accounts are listed and nothing is reconciled yet.
			w.counted.joining = func() {
				w.clock.Advance(time.Second)
				edit(w)
				w.clock.Advance(10 * time.Second)
			}
			_, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{Kind: sync.Full})
			w.must(err)
			if got := w.only().Values()[contact.FirstName]; got != "New" {
				t.Errorf("the app has %q: the listing undid the edit", got)
			}
			w.sync()
			w.equal(1)
		})
	}
}

// A field that another remote field took the place of has agreed on nothing yet.
func TestAFieldWithAnotherIdentityIsMatchedAnew(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	_, err := w.service.SetUpPronouns(w.ctx, acme)
	w.must(err)
	w.update(w.only(), contact.Values{contact.Pronouns: "they/them"})
	w.sync()
	code := ""
	for _, c := range w.connectionOf(contact.Pipedrive).Fields {
		if c.Key != "" && w.connectionOf(contact.Pipedrive).Fields[contact.Pronouns] == c {
			code = c.Key
		}
	}
	if !w.pipedrive.RemoveField(code) {
		t.Fatalf("there is no field %q", code)
	}
	w.pipedrive.AddField("Pronouns", "varchar")
	w.clock.Advance(25 * time.Hour) // fields are looked up once a day
	w.sync()
	w.sync()
	w.equal(1)
	if got := w.only().Values()[contact.Pronouns]; got != "they/them" {
		t.Errorf("the app has %q: the new field's blank was taken for an edit", got)
	}
}
