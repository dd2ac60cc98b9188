package sync_test

import (
	"io"
	"net/http"
	gosync "sync"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	pipedrivebox "github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
)

// overtaking delivers Pipedrive's events while writes are under way: before each
// call to a CRM, all that wait. It returns what delivers them.
func (w *world) overtaking() (deliver func()) {
	receive := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		w.must(err)
		events, err := (&pipedrive.Webhook{}).Decode(body)
		w.must(err)
		w.deliver(events...)
	})
	w.pipedrive = pipedrivebox.New(pipedrivebox.Options{
		Clock: w.clock.Now, Token: "pipedrive-token", Knobs: pipedrivebox.Knobs{LimitsOff: true},
		WebhookURL: "https://sync.test/", Webhooks: &http.Client{Transport: kit.Transport{Handler: receive}},
	})
	var delivering gosync.Mutex
	deliver = func() {
		if delivering.TryLock() { // not from within a delivery
			w.must(w.pipedrive.FlushWebhooks(w.ctx))
			delivering.Unlock()
		}
	}
	w.before = func(*http.Request) { deliver() }
	return deliver
}

// Events about our own writes that arrive before the writes' answers are saved leave
// nothing to do, and cost no call.
func TestEventsOvertakeTheAnswersOfOurWrites(t *testing.T) {
	w := newWorld(t)
	deliver := w.overtaking()
	w.sync()
	const people = 30
	w.must(w.service.PauseConnection(w.ctx, acme, contact.Pipedrive))
	for i := range people {
		w.create(person(i))
	}
	w.must(w.service.ResumeConnection(w.ctx, acme, contact.Pipedrive))
	quiet := func(write string) {
		t.Helper()
		w.sync()
		deliver()
		counts, err := w.store.CountContacts(w.ctx, acme)
		w.must(err)
		hints, _, err := w.store.CountHints(w.ctx, acme)
		w.must(err)
		calls := w.pipedrive.Calls().Snapshot()
		if counts.Due+hints > 0 || calls["GET /v2/persons/{id}"] > 0 || calls["GET /v2/persons"] > 2 || calls[write] != people {
			t.Errorf("%d contacts and %d hints are left after %v", counts.Due, hints, calls)
		}
		w.equal(people)
	}
	w.resetCalls()
	quiet("POST /v2/persons")

	w.clock.Advance(time.Hour)
	for _, r := range w.hubspot.Records() {
		w.must(w.hubspot.Edit(r.ID, map[string]string{"jobtitle": "Engineer"}))
	}
	w.resetCalls()
	quiet("PATCH /v2/persons/{id}")
}

// What a person changes while our write is under way is looked at, and so is what a
// program changes when no write of ours is.
func TestEventsThatAreNoEchoes(t *testing.T) {
	w := newWorld(t)
	deliver := w.overtaking()
	w.create(person(1))
	w.sync()
	deliver()
	w.clock.Advance(time.Minute)
	id := string(w.contacts()["person1@example.com"].Link(pipedriveCo).ExternalID)
	var once gosync.Once
	flush := w.before
	w.before = func(r *http.Request) {
		if r.Method == http.MethodPatch {
			once.Do(func() { w.must(w.pipedrive.Edit(id, map[string]string{"last_name": "Person"})) })
		}
		flush(r)
	}
	if _, err := w.service.UpdateContact(w.ctx, acme, w.contacts()["person1@example.com"].ID, contact.Values{contact.Phone: "+16502530099"}, nil); err != nil {
		t.Fatal(err)
	}
	deliver()
	w.sync()
	if got := w.contacts()["person1@example.com"].Values(); got[contact.LastName] != "Person" || got[contact.Phone] != "+16502530099" {
		t.Errorf("the app has %v", got)
	}
	w.equal(1)
}
