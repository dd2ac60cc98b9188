package sync_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// One test for each rule that nothing else would miss: scripts/rulekill disables them
// one by one.

const personsPath = "/api/v2/persons"

func TestACreateThatHappenedIsNotSentAgain(t *testing.T) {
	for name, fault := range map[string]kit.Fault{
		"the answer is lost": {Drop: "after"},
		"it arrives late":    {Drop: kit.DropLate, Late: 80 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.sync()
			fault.Method, fault.PathPrefix = "POST", personsPath
			w.pipedrive.Faults().Add(fault)
			c := w.create(person(1))
			w.clock.Advance(30 * time.Second)
			w.update(c, contact.Values{contact.LastName: "Next"}) // while it may still arrive
			w.clock.Advance(3 * time.Minute)
			w.update(c, contact.Values{contact.LastName: "Last"})
			w.sync()
			w.equal(1)
			if n := len(w.pipedrive.Records()); n != 1 {
				t.Errorf("%d records were made", n)
			}
		})
	}
}

func TestTheRecordOfAContactDeletedBeforeItsAnswerCameIsDeleted(t *testing.T) {
	w := newWorld(t)
	w.sync()
	w.pipedrive.Faults().Add(kit.Fault{Method: "POST", PathPrefix: personsPath, Drop: "after"})
	c := w.create(person(1))
	w.must(w.service.DeleteContact(w.ctx, acme, c.ID, nil))
	w.clock.Advance(3 * time.Minute)
	w.deliver(w.hubspotEvent("4711")) // work without a poll, which would find it too
	w.equal(0)
}

func TestARecordThatIsThereAlreadyIsAdoptedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.sync()
	id, err := w.hubspot.Create(map[string]string{"email": "person1@example.com"})
	w.must(err)
	if l := w.create(person(1)).Link(hubspotConn); string(l.ExternalID) != id {
		t.Errorf("linked to %q, want %s", l.ExternalID, id)
	}
}

// Another CRM is connected later and has the person already: an edit in the app must
// not make her a second record before its account was listed.
func TestNothingIsMadeInAnAccountThatWasNotListed(t *testing.T) {
	w := newWorld(t)
	w.must(w.service.PauseConnection(w.ctx, acme, contact.Pipedrive))
	w.sync()
	_, err := w.pipedrive.Create(map[string]string{"emails": "person1@example.com", "first_name": "First1"})
	w.must(err)
	w.must(w.service.ResumeConnection(w.ctx, acme, contact.Pipedrive))
	w.create(person(1))
	if n := len(w.pipedrive.Records()); n != 1 {
		t.Fatalf("Pipedrive has %d records before it was listed", n)
	}
	w.sync()
	w.equal(1)
}

// meanwhile has the app change the contact while an instance is busy with it: just before
// the call that matches is served.
func (w *world) meanwhile(method, pathPart string, c *sync.Contact, patch contact.Values) {
	w.once(method, pathPart, func() { w.update(c, patch) })
}

func TestAnEditDuringAWriteIsNotForgotten(t *testing.T) {
	w := synced(t)
	c := w.only()
	w.meanwhile("POST", "/batch/update", c, contact.Values{contact.LastName: "Meanwhile"})
	w.update(c, contact.Values{contact.FirstName: "First"})
	if w.only().Due == nil {
		t.Error("the second edit waits for nobody")
	}
	w.clock.Advance(time.Minute)
	w.sync()
	w.equal(1)
	if got := w.only().Values(); got[contact.FirstName] != "First" || got[contact.LastName] != "Meanwhile" {
		t.Errorf("the app has %v", got)
	}
	if r, _ := w.hubspot.Record(w.hubspotID()); r.Fields["lastname"] != "Meanwhile" {
		t.Errorf("HubSpot has %v", r.Fields)
	}
}

func TestADecisionThatAnEditOvertookIsMadeAgain(t *testing.T) {
	w := synced(t)
	c := w.only()
	w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "First"}))
	w.meanwhile("POST", "/batch/read", c, contact.Values{contact.LastName: "Meanwhile"})
	w.deliver(w.hubspotEvent(w.hubspotID()))
	w.equal(1)
	if got := w.only().Values(); got[contact.FirstName] != "First" || got[contact.LastName] != "Meanwhile" {
		t.Errorf("the app has %v", got)
	}
}

// capitals is a CRM that keeps last names in capitals, as some accounts are set up to.
type capitals struct{ sync.CRM }

func (c capitals) Update(ctx context.Context, requests []sync.UpdateRequest) []sync.WriteResult {
	for i := range requests {
		if v, ok := requests[i].Fields[contact.LastName]; ok {
			requests[i].Fields[contact.LastName] = strings.ToUpper(v)
		}
	}
	return c.CRM.Update(ctx, requests)
}

func TestTheFormInWhichACRMKeepsAValueIsNoEdit(t *testing.T) {
	w := synced(t)
	w.shaped = func(crm sync.CRM) sync.CRM { return capitals{crm} }
	w.restart()
	w.update(w.only(), contact.Values{contact.LastName: "Lovelace"})
	w.clock.Advance(time.Minute)
	w.sync()
	if r, _ := w.hubspot.Record(w.hubspotID()); r.Fields["lastname"] != "LOVELACE" {
		t.Fatalf("HubSpot has %v", r.Fields)
	}
	if got := w.only().Values()[contact.LastName]; got != "Lovelace" {
		t.Errorf("the app has %q", got)
	}
	w.quiet()
}

func TestAChangeInACRMBeatsADeletionInTheApp(t *testing.T) {
	w := synced(t)
	c := w.only()
	w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "Changed"}))
	w.must(w.service.DeleteContact(w.ctx, acme, c.ID, nil))
	w.clock.Advance(time.Minute)
	w.sync()
	w.equal(1)
	list := w.conflicts()
	if len(list) != 1 || list[0].Field != sync.Existence || w.only().Fields[contact.FirstName].V != "Changed" {
		t.Errorf("the conflict log has %+v", list)
	}
}

// What only the app knows of the contact that is merged away is not lost with it.
func TestAMergeKeepsWhatOnlyTheAppKnows(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	b := w.create(person(2))
	w.sync()
	b = w.update(b, contact.Values{contact.Pronouns: "she/her"}) // a field the CRMs do not have
	w.clock.Advance(5 * time.Minute)
	a := w.contacts()["person1@example.com"]
	_, err := w.hubspot.Merge(string(a.Link(hubspotConn).ExternalID), string(b.Link(hubspotConn).ExternalID))
	w.must(err)
	for range 3 {
		w.clock.Advance(time.Minute)
		w.sync()
	}
	if got := w.only().Values()[contact.Pronouns]; got != "she/her" {
		t.Errorf("the pronouns are %q", got)
	}
}

// An edit in the app that no CRM has seen ends with the contact it was made in, and is
// in the conflict log.
func TestAMergeLogsTheEditsItEnds(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.create(person(2))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	a, b := w.contacts()["person1@example.com"], w.contacts()["person2@example.com"]
	_, err := w.hubspot.Merge(string(a.Link(hubspotConn).ExternalID), string(b.Link(hubspotConn).ExternalID))
	w.must(err)
	w.update(b, contact.Values{contact.FirstName: "Unseen"})
	for range 3 {
		w.clock.Advance(time.Minute)
		w.sync()
	}
	list := w.conflicts()
	if len(list) != 1 || list[0].ContactID != w.only().ID || list[0].Values[1].Value != "Unseen" {
		t.Fatalf("the conflict log has %+v", list)
	}
	_, err = w.service.ResolveConflict(w.ctx, acme, list[0].ID, contact.App, &list[0].Values[1].Value)
	w.must(err)
	w.sync()
	if got := w.only().Values()[contact.FirstName]; got != "Unseen" {
		t.Errorf("the app has %q", got)
	}
}
