package sync_test

import (
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
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

func TestFirstSyncJoinsBothSidesByEmail(t *testing.T) {
	w := newWorld(t)
	for i := range 120 {
		p := person(i)
		if i%4 == 0 {
			w.create(p)
		}
		if i%4 == 1 || i%3 == 0 {
			_, err := w.hubspot.Create(map[string]string{"email": p[contact.Email], "firstname": p[contact.FirstName], "company": "Acme"})
			w.must(err)
		}
		if i%4 >= 2 || i%5 == 0 {
			_, err := w.pipedrive.Create(map[string]string{"emails": "PERSON" + p[contact.Email][6:], "last_name": p[contact.LastName], "first_name": p[contact.FirstName], "phones": p[contact.Phone]})
			w.must(err)
		}
	}
	w.sync()
	app, hub, pipe := w.sides()
	if len(app) != 120 || len(hub) != 120 || len(pipe) != 120 {
		t.Fatalf("%d, %d, %d people; want 120 each", len(app), len(hub), len(pipe))
	}
	w.resetCalls()
	w.sync()
	if n := w.writes(); n != 0 {
		t.Errorf("the second sync made %d writes", n)
	}
}

func TestEditsTravelFromEverySide(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	c := w.contacts()["person1@example.com"]
	hubspotID, pipedriveID := string(c.Link(hubspotConn).ExternalID), string(c.Link(pipedriveCo).ExternalID)

	w.clock.Advance(time.Minute)
	w.must(w.hubspot.Edit(hubspotID, map[string]string{"phone": "+16502531111"}))
	w.deliver(w.hubspotEvent(hubspotID))
	w.equal(1)
	if got := w.contacts()["person1@example.com"].Fields[contact.Phone]; got.V != "+16502531111" || got.Src != "hubspot" {
		t.Errorf("phone in the app is %+v", got)
	}

	w.clock.Advance(time.Minute)
	w.must(w.pipedrive.Edit(pipedriveID, map[string]string{"last_name": "Lovelace"}))
	w.sync()
	w.equal(1)

	w.clock.Advance(time.Minute)
	w.resetCalls()
	if _, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.FirstName: "Ada", contact.Company: "Engines"}, nil); err != nil {
		t.Fatal(err)
	}
	w.equal(1)
	if h, p := w.hubspot.Calls().Total(), w.pipedrive.Calls().Total(); h != 2 || p != 2 {
		t.Errorf("an app edit cost %d calls on HubSpot and %d on Pipedrive, want one read and one write each", h, p)
	}
	w.clock.Advance(10 * time.Minute)
	w.sync()
	w.resetCalls()
	w.sync()
	if n := w.writes(); n != 0 {
		t.Errorf("%d writes although nothing changed", n)
	}
}

func TestCreatesTravelFromEverySide(t *testing.T) {
	w := newWorld(t)
	w.sync()
	w.clock.Advance(time.Minute)
	w.create(person(1))
	id, err := w.hubspot.Create(map[string]string{"email": "grace@example.com", "firstname": "Grace"})
	w.must(err)
	w.deliver(w.hubspotEvent(id))
	_, err = w.pipedrive.Create(map[string]string{"emails": "alan@example.com", "first_name": "Alan", "last_name": "Turing"})
	w.must(err)
	w.sync()
	w.equal(3)
}

func TestDeletionsTravelFromEverySide(t *testing.T) {
	w := newWorld(t)
	for i := range 4 {
		w.create(person(i))
	}
	w.sync()
	all := w.contacts()
	w.clock.Advance(5 * time.Minute)

	w.must(w.service.DeleteContact(w.ctx, acme, all["person0@example.com"].ID, nil))
	w.equal(3)

	id := string(all["person1@example.com"].Link(hubspotConn).ExternalID)
	w.must(w.hubspot.Delete(id))
	gone := w.hubspotEvent(id)
	gone.Deleted = true
	w.deliver(gone)
	if len(w.contacts()) != 3 {
		t.Error("a deletion was followed before its grace was over")
	}
	if w.triggered == 0 {
		t.Error("nobody was asked to confirm the deletion")
	}
	w.sync()
	w.equal(2)

	w.must(w.pipedrive.Delete(string(all["person2@example.com"].Link(pipedriveCo).ExternalID)))
	w.sync()
	w.equal(1)

	w.clock.Advance(time.Hour)
	w.sync()
	w.equal(1)
	if _, err := w.service.RestoreContact(w.ctx, acme, all["person0@example.com"].ID); err != nil {
		t.Fatal(err)
	}
	w.equal(2)
}

func TestAChangeBeatsADeletion(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	c := w.contacts()["person1@example.com"]
	w.clock.Advance(5 * time.Minute)
	w.must(w.hubspot.Delete(string(c.Link(hubspotConn).ExternalID)))
	w.must(w.pipedrive.Edit(string(c.Link(pipedriveCo).ExternalID), map[string]string{"last_name": "Lovelace"}))
	event := w.hubspotEvent(string(c.Link(hubspotConn).ExternalID))
	event.Deleted = true
	w.deliver(event)
	w.clock.Advance(5 * time.Second)
	w.sync()
	got, ok := w.contacts()["person1@example.com"]
	if !ok {
		t.Fatal("the contact is gone although it was edited in Pipedrive")
	}
	if got.Fields[contact.LastName].V != "Lovelace" {
		t.Errorf("last name %q", got.Fields[contact.LastName].V)
	}
	conflicts, _, _, err := w.service.Conflicts(w.ctx, acme, sync.LogQuery{})
	w.must(err)
	if len(conflicts) != 1 || conflicts[0].Field != sync.Existence {
		t.Errorf("conflicts %+v", conflicts)
	}
}

func TestConflictIsDecidedAndLoggedAndCanBeTurned(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	c := w.contacts()["person1@example.com"]
	w.clock.Advance(time.Minute)
	w.must(w.hubspot.Edit(string(c.Link(hubspotConn).ExternalID), map[string]string{"phone": "+16502531111"}))
	w.must(w.pipedrive.Edit(string(c.Link(pipedriveCo).ExternalID), map[string]string{"phones": "+16502532222"}))
	run := w.sync()
	w.equal(1)
	if got := w.contacts()["person1@example.com"].Fields[contact.Phone].V; got != "+16502531111" {
		t.Errorf("phone %q, want HubSpot's", got)
	}
	conflicts, _, total, err := w.service.Conflicts(w.ctx, acme, sync.LogQuery{})
	w.must(err)
	if total != 1 || len(conflicts) != 1 || run.Counts.Conflicts != 1 {
		t.Fatalf("%d conflicts logged, run counts %d, want 1", total, run.Counts.Conflicts)
	}
	k := conflicts[0]
	if k.Base != "+16502530001" || k.Winner != "hubspot" || len(k.Values) != 2 || k.Rule != "crm_wins" {
		t.Errorf("conflict %+v", k)
	}
	w.clock.Advance(time.Minute)
	turned, err := w.service.ResolveConflict(w.ctx, acme, k.ID, "pipedrive", nil)
	w.must(err)
	if turned.State != "overridden" {
		t.Errorf("state %q", turned.State)
	}
	w.equal(1)
	if got := w.contacts()["person1@example.com"].Fields[contact.Phone].V; got != "+16502532222" {
		t.Errorf("phone %q after choosing Pipedrive's", got)
	}
}

func TestPronounsTravelOnceTheyAreSetUp(t *testing.T) {
	w := newWorld(t)
	p := person(1)
	p[contact.Pronouns] = "she/her"
	w.create(p)
	w.sync()
	setup, err := w.service.Pronouns(w.ctx, acme)
	w.must(err)
	if setup.Ready || len(setup.Fields) != 2 || setup.Fields[0].State != "missing" || setup.Fields[1].State != "missing" {
		t.Fatalf("before set-up: %+v", setup)
	}
	for range 2 {
		if setup, err = w.service.SetUpPronouns(w.ctx, acme); err != nil || !setup.Ready {
			t.Fatalf("set-up: %+v, %v", setup, err)
		}
	}
	w.sync()
	w.equal(1)
	if _, hub, _ := w.sides(); hub[0] == "" || !strings.Contains(hub[0], "pronouns=she/her") {
		t.Errorf("HubSpot has %q", hub[0])
	}
}

func TestAmbiguousRecordsWaitForAPersonAndBlockNothing(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.create(person(2))
	for range 2 {
		_, err := w.pipedrive.Create(map[string]string{"emails": "person1@example.com", "first_name": "Twice"})
		w.must(err)
	}
	w.sync()
	reviews, err := w.service.Reviews(w.ctx, acme)
	w.must(err)
	if len(reviews) == 0 {
		t.Fatal("nothing to review")
	}
	_, hub, pipe := w.sides()
	if len(hub) != 2 || len(pipe) != 3 {
		t.Errorf("HubSpot has %d, Pipedrive %d; want 2 and 3: nothing is made for the ambiguous one", len(hub), len(pipe))
	}
	if got := w.contacts()["person1@example.com"].Status; got != sync.StatusConflict {
		t.Errorf("status %q", got)
	}
	w.resetCalls()
	w.sync()
	if n := w.writes(); n != 0 {
		t.Errorf("%d writes", n)
	}
}

func TestAMergeInHubSpotMergesTheContactsAndDeletesNothing(t *testing.T) {
	for _, told := range []string{"by events", "by a poll", "by a full listing"} {
		t.Run(told, func(t *testing.T) {
			w := newWorld(t)
			for i := range 3 {
				w.create(person(i))
			}
			w.sync()
			w.clock.Advance(5 * time.Minute)
			all := w.contacts()
			if _, err := w.service.UpdateContact(w.ctx, acme, all["person1@example.com"].ID, contact.Values{contact.Company: "Engines"}, nil); err != nil {
				t.Fatal(err)
			}
			w.clock.Advance(5 * time.Minute)
			w.sync()
			primary := string(all["person0@example.com"].Link(hubspotConn).ExternalID)
			other := string(all["person1@example.com"].Link(hubspotConn).ExternalID)
			survivor, err := w.hubspot.Merge(primary, other)
			w.must(err)
			kind := sync.Incremental
			switch told {
			case "by events":
				gone := []sync.Event{w.hubspotEvent(primary), w.hubspotEvent(other), w.hubspotEvent(survivor)}
				gone[0].Deleted, gone[1].Deleted = true, true
				w.deliver(gone...)
			case "by a full listing":
				kind = sync.Full
			}
			for range 3 {
				w.clock.Advance(5 * time.Minute)
				if _, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{Kind: kind}); err != nil {
					t.Fatal(err)
				}
			}
			app, hub, pipe := w.sides()
			if len(app) != 2 || len(hub) != 2 || len(pipe) != 3 {
				t.Errorf("app %d, HubSpot %d, Pipedrive %d; want 2, 2 and 3: Pipedrive's records are a person's to merge\n%v", len(app), len(hub), len(pipe), app)
			}
			kept := w.contacts()["person0@example.com"]
			if kept == nil || string(kept.Link(hubspotConn).ExternalID) != survivor || kept.Fields[contact.Company].V != "Engines" {
				t.Errorf("the contact that stays: %+v", kept)
			}
			reviews, err := w.service.Reviews(w.ctx, acme)
			w.must(err)
			if len(reviews) != 1 || reviews[0].Kind != "merge" || reviews[0].Provider != contact.Pipedrive {
				t.Errorf("reviews %+v", reviews)
			}
			w.resetCalls()
			w.clock.Advance(5 * time.Minute)
			w.sync()
			if n := w.writes(); n != 0 {
				t.Errorf("%d writes afterwards", n)
			}
		})
	}
}

func TestAMergeWithARecordNobodyKnewOnlyMovesTheLink(t *testing.T) {
	w := newWorld(t)
	w.create(person(0))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	stranger, err := w.hubspot.Create(map[string]string{"email": "stranger@example.com", "firstname": "Stranger"})
	w.must(err)
	survivor, err := w.hubspot.Merge(stranger, string(w.contacts()["person0@example.com"].Link(hubspotConn).ExternalID))
	w.must(err)
	for range 2 {
		w.sync()
		w.clock.Advance(5 * time.Minute)
	}
	app, hub, pipe := w.sides()
	if len(app) != 1 || len(hub) != 1 || len(pipe) != 1 {
		t.Errorf("app %v, HubSpot %v, Pipedrive %v", app, hub, pipe)
	}
	for _, c := range w.contacts() {
		if string(c.Link(hubspotConn).ExternalID) != survivor {
			t.Errorf("linked to %s, want the survivor %s", c.Link(hubspotConn).ExternalID, survivor)
		}
	}
}
