package sync_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

func TestACreateOfUnknownOutcomeIsNeverDoubled(t *testing.T) {
	for _, drop := range []string{"before", "after"} {
		t.Run(drop, func(t *testing.T) {
			w := newWorld(t)
			w.sync()
			w.pipedrive.Faults().Add(kit.Fault{Method: "POST", PathPrefix: "/api/v2/persons", Drop: drop})
			w.hubspot.Faults().Add(kit.Fault{Method: "POST", PathPrefix: "/crm/objects/2026-03/contacts/batch/upsert", Drop: drop})
			w.create(person(1))
			w.clock.Advance(time.Minute)
			w.sync()
			w.clock.Advance(time.Minute)
			w.sync()
			w.equal(1)
		})
	}
}

// An instance hangs in a create for so long that another one takes the contact over
// and makes the record: what the first then answers changes nothing.
func TestTheAnswerOfACreateThatWasTakenOverIsIgnored(t *testing.T) {
	w := newWorld(t)
	w.sync()
	w.once("POST", "/api/v2/persons", func() {
		w.clock.Advance(3 * time.Minute)
		w.sync()
		if id := w.only().Link(pipedriveCo).ExternalID; id != "1" {
			t.Errorf("the other instance linked %q", id)
		}
	})
	w.create(person(1))
	if l := w.only().Link(pipedriveCo); l.ExternalID != "1" || len(l.Intents) != 0 {
		t.Errorf("the link is %s with intents %v", l.ExternalID, l.Intents)
	}
}

// Two people with one address: HubSpot refuses the second, and a person is asked.
func TestAnUpdateThatAnotherRecordIsInTheWayOfGoesToReview(t *testing.T) {
	w := synced(t)
	other, err := w.hubspot.Create(map[string]string{"firstname": "Other"})
	w.must(err)
	w.sync()
	w.clock.Advance(time.Minute)
	w.must(w.hubspot.Edit(other, map[string]string{"email": "taken@example.com"}))
	c := w.contacts()["person1@example.com"]
	w.update(c, contact.Values{contact.Email: "taken@example.com"})
	reviews, err := w.service.Reviews(w.ctx, acme)
	w.must(err)
	want := []contact.ExternalID{c.Link(hubspotConn).ExternalID, contact.ExternalID(other)}
	if len(reviews) != 1 || reviews[0].ContactID != c.ID || !slices.Equal(reviews[0].ExternalIDs, want) {
		t.Errorf("reviews: %+v", reviews)
	}
}

func TestAFailingRecordShowsItsErrorAndTheNextRunPicksItUp(t *testing.T) {
	for _, f := range []kit.Fault{
		{Status: 500, Body: `{"success":false,"error":"boom"}`},
		{Status: 502, Body: "<html>Bad gateway</html>", ContentType: "text/html"},
		{Status: 200, Body: ""},
		{Status: 429, Body: `{"success":false,"error":"request over limit","errorCode":429}`},
	} {
		t.Run(fmt.Sprint(f.Status), func(t *testing.T) {
			w := newWorld(t)
			for i := range 3 {
				w.create(person(i))
			}
			w.sync()
			w.clock.Advance(5 * time.Minute)
			c := w.contacts()["person1@example.com"]
			f.Method, f.Times = "PATCH", -1
			f.PathPrefix = "/api/v2/persons/" + string(c.Link(pipedriveCo).ExternalID)
			w.pipedrive.Faults().Add(f)
			for i := range 3 {
				c := w.contacts()[fmt.Sprintf("person%d@example.com", i)]
				if _, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.LastName: "New"}, nil); err != nil {
					t.Fatal(err)
				}
			}
			failing := w.contacts()["person1@example.com"]
			if failing.Status == sync.StatusSynced {
				t.Errorf("status %q although Pipedrive refused", failing.Status)
			}
			if got := w.contacts()["person2@example.com"].Status; got != sync.StatusSynced {
				t.Errorf("the next contact is %q", got)
			}
			w.pipedrive.Faults().Clear()
			w.clock.Advance(5 * time.Minute)
			w.sync()
			w.equal(3)
			if l := w.contacts()["person1@example.com"].Link(pipedriveCo); l.Error != nil {
				t.Errorf("the error stays: %+v", l.Error)
			}
		})
	}
}

func TestAValueTheCRMRefusesIsShownAndNotSentAgain(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	c := w.contacts()["person1@example.com"]
	body := `{"status":"error","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"Email address is invalid\",\"error\":\"INVALID_EMAIL\",\"name\":\"email\"}]","category":"VALIDATION_ERROR"}`
	w.hubspot.Faults().Add(kit.Fault{Method: "POST", PathPrefix: "/crm/objects/2026-03/contacts/batch/update", Status: 400, Body: body, Times: -1})
	w.hubspot.Faults().Add(kit.Fault{Method: "PATCH", Status: 400, Body: body, Times: -1})
	got, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.Email: "ada@example.com"}, nil)
	w.must(err)
	if got.Status != sync.StatusError || got.Link(hubspotConn).Error.Fields[contact.Email] == "" {
		t.Fatalf("status %q, error %+v", got.Status, got.Link(hubspotConn).Error)
	}
	w.resetCalls()
	w.clock.Advance(time.Hour)
	w.sync()
	if n := w.writes(); n != 0 {
		t.Errorf("%d writes of what was refused", n)
	}
	w.hubspot.Faults().Clear()
	if _, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.Email: "ada@example.org"}, nil); err != nil {
		t.Fatal(err)
	}
	w.equal(1)
}

func TestAnEmailThatHubSpotGaveToAnotherRecordIsAdopted(t *testing.T) {
	w := newWorld(t)
	w.sync()
	id, err := w.hubspot.Create(map[string]string{"email": "person1@example.com", "company": "Acme"})
	w.must(err)
	w.create(person(1))
	w.sync()
	c := w.contacts()["person1@example.com"]
	if c.Link(hubspotConn) == nil || string(c.Link(hubspotConn).ExternalID) != id {
		t.Fatalf("linked to %+v, want the existing record %s", c.Link(hubspotConn), id)
	}
	w.equal(1)
}

func TestOneFailingCRMNeverHoldsUpTheOther(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	w.pipedrive.Faults().Add(kit.Fault{Status: 401, Times: -1, Body: `{"success":false,"error":"unauthorized access","errorCode":401}`})
	c := w.contacts()["person1@example.com"]
	w.must(w.hubspot.Edit(string(c.Link(hubspotConn).ExternalID), map[string]string{"phone": "+16502531111"}))
	run, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{})
	w.must(err)
	if run.State != sync.RunDone || !strings.Contains(run.Error, "Pipedrive") {
		t.Errorf("run %s: %q", run.State, run.Error)
	}
	if got := w.contacts()["person1@example.com"].Fields[contact.Phone].V; got != "+16502531111" {
		t.Errorf("phone %q", got)
	}
	o, err := w.service.Status(w.ctx, acme)
	w.must(err)
	if o.State != "attention" || o.Connections[1].State != sync.ConnectionUnauthorised || o.Connections[1].Message == "" {
		t.Errorf("overview %+v", o)
	}
	w.pipedrive.Faults().Clear()
	w.reconnect(contact.Pipedrive)
	w.sync()
	w.equal(1)
}

func TestARunThatIsCutOffGoesOnWhereItWas(t *testing.T) {
	w := newWorld(t)
	for i := range 700 {
		_, err := w.hubspot.Create(map[string]string{"email": fmt.Sprintf("p%d@example.com", i), "firstname": "P"})
		w.must(err)
	}
	cut := 0
	for {
		ctx, cancel := context.WithCancel(w.ctx)
		w.cutAfter(40+cut*17, cancel)
		run, err := w.service.Sync(ctx, acme, sync.SyncRequest{})
		cancel()
		w.must(err)
		if run.State == sync.RunDone {
			break
		}
		if cut++; cut > 60 {
			t.Fatalf("the run does not end: %+v", run)
		}
		w.cutAfter(0, nil)
		w.restart()
		w.clock.Advance(3 * time.Minute)
	}
	w.cutAfter(0, nil)
	w.clock.Advance(3 * time.Minute)
	w.sync()
	w.equal(700)
	t.Logf("cut off %d times", cut)
}

// What was left partial goes on first, but it looked at the CRMs before: what is asked
// for is done all the same.
func TestASyncCoversWhatHappenedSinceAPartialRun(t *testing.T) {
	for _, kind := range []sync.Kind{sync.Full, sync.Incremental} {
		t.Run(string(kind), func(t *testing.T) {
			w := synced(t)
			w.must(w.hubspot.Edit(w.hubspotID(), map[string]string{"firstname": "One"}))
			ctx, cancel := context.WithCancel(w.ctx)
			w.cutAfter(3, cancel) // a search, a list, and the read
			run, err := w.service.Sync(ctx, acme, sync.SyncRequest{})
			w.cutAfter(0, nil)
			if err == nil && run.State != sync.RunPartial {
				t.Fatalf("the run is %s", run.State)
			}
			w.clock.Advance(5 * time.Minute)
			w.must(w.pipedrive.Edit(w.pipedriveID(), map[string]string{"phones": "+16505550000"}))
			run, err = w.service.Sync(w.ctx, acme, sync.SyncRequest{Kind: kind})
			w.must(err)
			if run.Kind != kind || run.State != sync.RunDone {
				t.Errorf("the run is %s and %s", run.Kind, run.State)
			}
			w.equal(1)
			if got := w.only().Values(); got[contact.Phone] != "+16505550000" || got[contact.FirstName] != "One" {
				t.Errorf("the app has %v", got)
			}
		})
	}
}

func TestSeveralInstancesDoNotDoubleWork(t *testing.T) {
	w := newWorld(t)
	for i := range 300 {
		w.create(person(i))
	}
	var wg gosync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.sync()
	w.equal(300)
	w.clock.Advance(5 * time.Minute)
	for _, c := range w.contacts() {
		if _, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.JobTitle: "Engineer"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	w.equal(300)
}

func TestEchoesOfOurOwnCreatesCostNothing(t *testing.T) {
	w := newWorld(t)
	for i := range 20 {
		w.create(person(i))
	}
	w.sync()
	var events []sync.Event
	for _, r := range w.hubspot.Records() {
		e := w.hubspotEvent(r.ID)
		e.At = r.Modified
		events = append(events, e, e)
	}
	w.resetCalls()
	w.deliver(events...)
	if n := w.hubspot.Calls().Total() + w.pipedrive.Calls().Total(); n != 0 {
		t.Errorf("%d calls for echoes", n)
	}
}

func TestADryRunChangesNothingAndCounts(t *testing.T) {
	w := newWorld(t)
	for i := range 30 {
		w.create(person(i))
	}
	for i := range 10 {
		_, err := w.hubspot.Create(map[string]string{"email": person(i)[contact.Email], "company": "Acme"})
		w.must(err)
	}
	_, err := w.pipedrive.Create(map[string]string{"emails": "new@example.com", "first_name": "New"})
	w.must(err)
	run, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{DryRun: true})
	w.must(err)
	plan := run.Plan
	if plan.Creates["hubspot"] != 21 || plan.Creates["pipedrive"] != 30 || plan.Creates["app"] != 1 ||
		plan.Links["hubspot"] != 10 || plan.Updates["hubspot"] != 10 || plan.Updates["app"] != 10 {
		t.Errorf("plan %+v", plan)
	}
	if plan.Calls["hubspot"] != 1+1+1 || plan.Calls["pipedrive"] != 1+30 {
		t.Errorf("calls %v", plan.Calls)
	}
	if n := len(w.contacts()); n != 30 || len(w.hubspot.Records()) != 10 || len(w.pipedrive.Records()) != 1 {
		t.Error("the dry run changed something")
	}
	real := w.sync()
	if got := real.Calls; got[contact.HubSpot] != plan.Calls["hubspot"] || got[contact.Pipedrive] != plan.Calls["pipedrive"] {
		t.Errorf("the plan said %v calls, the run made %v", plan.Calls, got)
	}
}

func TestImport(t *testing.T) {
	w := newWorld(t)
	rows := []sync.ImportRow{
		{Line: 2, Values: contact.Values{contact.Email: "ada@example.com", contact.FirstName: "Ada", contact.Phone: "1"}},
		{Line: 3, Values: contact.Values{contact.Email: "not an address"}},
		{Line: 4, Problem: "too few columns"},
		{Line: 5, Values: contact.Values{contact.Email: " ADA@example.com", contact.LastName: "Lovelace", contact.Phone: ""}},
		{Line: 6, Values: contact.Values{contact.Company: "Nobody Ltd"}},
	}
	seq := func(yield func(sync.ImportRow, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}
	run, result, err := w.service.Import(w.ctx, acme, seq)
	w.must(err)
	lines := []int{}
	for _, r := range result.Rejected {
		lines = append(lines, r.Line)
	}
	if result.Created != 1 || !slices.Equal(lines, []int{3, 4, 6}) || run.ID == "" {
		t.Errorf("result %+v", result)
	}
	got := w.contacts()["ada@example.com"].Values()
	if got[contact.LastName] != "Lovelace" || got[contact.Phone] != "1" {
		t.Errorf("contact %v", got)
	}
	if _, again, err := w.service.Import(w.ctx, acme, seq); err != nil || again.Unchanged != 2 || again.Created+again.Updated != 0 {
		t.Errorf("importing it again: %+v, %v", again, err)
	}
}

func TestEditsAreCheckedAndGuarded(t *testing.T) {
	w := newWorld(t)
	c := w.create(person(1))
	other := w.create(person(2))
	for name, tt := range map[string]struct {
		do   func() error
		kind fault.Kind
	}{
		"taken e-mail": {func() error { _, err := w.service.CreateContact(w.ctx, acme, person(1)); return err }, fault.Conflict},
		"taken by an edit": {func() error {
			_, err := w.service.UpdateContact(w.ctx, acme, other.ID, contact.Values{contact.Email: "PERSON1@example.com"}, nil)
			return err
		}, fault.Conflict},
		"bad e-mail": {func() error {
			_, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.Email: "x"}, nil)
			return err
		}, fault.Invalid},
		"nothing to be known by": {func() error {
			_, err := w.service.CreateContact(w.ctx, acme, contact.Values{contact.Company: "x"})
			return err
		}, fault.Invalid},
		"stale revision": {func() error {
			rev := c.Rev + 7
			_, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.LastName: "x"}, &rev)
			return err
		}, fault.Stale},
		"another customer's": {func() error { _, err := w.service.Contact(w.ctx, "other", c.ID); return err }, fault.NotFound},
	} {
		if err := tt.do(); !fault.Is(err, tt.kind) {
			t.Errorf("%s: %v, want kind %v", name, err, tt.kind)
		}
	}
}

// until is a context that tells a deadline on the test clock.
type until struct {
	context.Context
	at time.Time
}

func (u until) Deadline() (time.Time, bool) { return u.at, true }

func TestShortInvocationsStillGetThere(t *testing.T) {
	w := newWorld(t)
	for i := range 300 {
		_, err := w.hubspot.Create(map[string]string{"email": fmt.Sprintf("p%d@example.com", i), "firstname": "P"})
		w.must(err)
	}
	w.latency = 200 * time.Millisecond
	for n := 1; ; n++ {
		run, err := w.service.Sync(until{w.ctx, w.clock.Now().Add(5 * time.Second)}, acme, sync.SyncRequest{})
		w.must(err)
		if run.State == sync.RunDone && n > 1 {
			t.Logf("%d invocations", n)
			break
		}
		if run.State != sync.RunPartial || n > 200 {
			t.Fatalf("invocation %d: %s, %+v, %s", n, run.State, run.Checkpoint, run.Error)
		}
		w.clock.Advance(time.Second)
	}
	w.latency = 0
	w.clock.Advance(3 * time.Minute)
	w.sync()
	w.equal(300)
}

func TestARunGoesOnWhereItWasWhenTheStoreComesBack(t *testing.T) {
	w := newWorld(t)
	for i := range 1100 {
		_, err := w.hubspot.Create(map[string]string{"email": fmt.Sprintf("p%d@example.com", i), "firstname": "P"})
		w.must(err)
	}
	w.resetCalls()
	id, cuts := "", 0
	for ; ; cuts++ {
		w.counted.left = 4
		_, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{})
		w.counted.left = 0
		if err == nil {
			break
		}
		if !fault.Is(err, fault.Unavailable) || cuts > 30 {
			t.Fatalf("cut %d: %v", cuts, err)
		}
		run, err := w.store.LatestRun(w.ctx, acme)
		w.must(err)
		if id != "" && run.ID != id {
			if before, err := w.store.Run(w.ctx, acme, id); err != nil || before.State != sync.RunDone {
				t.Errorf("another run began: %s after %s, which is %+v, %v", run.ID, id, before, err)
			}
			break // it is done, and the next one has to come back
		}
		id = run.ID
		w.clock.Advance(3 * time.Minute)
	}
	if cuts < 3 {
		t.Errorf("the store went away %d times only", cuts)
	}
	if n := w.hubspot.Calls().Snapshot()["contacts.list"]; n > 11+cuts {
		t.Errorf("%d pages were listed: a page that was stored is not listed again", n)
	}
	w.clock.Advance(3 * time.Minute)
	w.sync()
	w.equal(1100)
}
