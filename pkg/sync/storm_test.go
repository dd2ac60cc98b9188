package sync_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	hubspotbox "github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// TestEventStorm: thousands of events about a thousand records, in any order, each
// twice, and one in ten never. After the next poll all sides are equal, and every
// record was written once, whatever became of its events.
func TestEventStorm(t *testing.T) {
	const people, rounds = 1000, 5
	w := newWorld(t)
	received := 0
	hook := &hubspot.Webhook{Secrets: []string{"secret"}, PublicBaseURL: "https://sync.test", RequireV3: true}
	receive := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		w.must(err)
		w.must(hook.Verify(r, body, w.clock.Now()))
		events, err := hook.Decode(body)
		w.must(err)
		received += len(events)
		w.deliver(events...)
	})
	w.hubspot = hubspotbox.New(hubspotbox.Options{
		Clock: w.clock.Now, Token: "hubspot-token", AppID: 7, ClientSecret: "secret", Seed: 1,
		Webhooks: &http.Client{Transport: kit.Transport{Handler: receive}},
		Knobs: hubspotbox.Knobs{
			TenSecondlyLimit: -1, SearchPerSecond: -1, DailyLimit: -1, ShuffleEvents: true, DuplicatePercent: 100, DropPercent: 10,
		},
	})
	ids := make([]string, people)
	for i := range ids {
		id, err := w.hubspot.Create(map[string]string{"email": fmt.Sprintf("p%d@example.com", i), "firstname": "First"})
		w.must(err)
		ids[i] = id
	}
	w.sync()
	w.equal(people)

	w.clock.Advance(time.Hour)
	w.hubspot.SetWebhook("https://sync.test/api/webhook/hubspot")
	for round := range rounds {
		for i, id := range ids {
			w.must(w.hubspot.Edit(id, map[string]string{"jobtitle": fmt.Sprintf("Title %d of %d", round, i)}))
		}
		w.clock.Advance(time.Second)
	}
	w.resetCalls()
	w.must(w.hubspot.FlushWebhooks(w.ctx))
	if least := people * rounds * 2 * 85 / 100; received < least || received > people*rounds*2*95/100 {
		t.Fatalf("%d events were received", received)
	}
	w.sync()
	w.equal(people)
	calls := w.pipedrive.Calls().Snapshot()
	if calls["PATCH /v2/persons/{id}"] != people || calls["POST /v2/persons"] != 0 {
		t.Errorf("calls to Pipedrive: %v", calls)
	}
	if writes := w.writes(); writes != people {
		t.Errorf("%d writes", writes)
	}
	w.resetCalls()
	w.sync()
	if n := w.writes(); n != 0 {
		t.Errorf("%d writes after that", n)
	}
	if c := w.contacts()["p7@example.com"]; c.Fields[contact.JobTitle].V != "Title 4 of 7" {
		t.Errorf("the app has %q", c.Fields[contact.JobTitle].V)
	}
}
