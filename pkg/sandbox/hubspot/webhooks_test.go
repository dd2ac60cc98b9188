package hubspot

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

const hookURL = "https://sync.example.com/hooks/hubspot"

// listen returns a sandbox whose webhooks go to the inbox.
func listen(t *testing.T, change ...func(*Options)) (*bench, *inbox) {
	t.Helper()
	in := &inbox{}
	b := start(t, append([]func(*Options){func(o *Options) {
		o.WebhookURL, o.Webhooks = hookURL, &http.Client{Transport: kit.Transport{Handler: in}}
	}}, change...)...)
	return b, in
}

func (b *bench) flush() {
	b.t.Helper()
	if err := b.FlushWebhooks(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// summary names events as type/property=value by source.
func summary(events []event) []string {
	var list []string
	for _, e := range events {
		text := strings.TrimPrefix(e.Type, "contact.")
		if e.PropertyName != "" {
			text += " " + e.PropertyName + "=" + *e.PropertyValue
		}
		list = append(list, text+" "+strconv.FormatInt(e.ObjectID-firstID, 10)+" "+e.ChangeSource+" "+e.SourceID)
	}
	return list
}

func TestEveryChangeSendsItsEvents(t *testing.T) {
	b, in := listen(t, func(o *Options) { o.Knobs.Subscriptions = []string{"email", "phone"} })
	step := func(what string, do func(), want ...string) {
		t.Helper()
		in.bodies = nil
		do()
		b.flush()
		if got := summary(in.events(t)); !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", what, got, want)
		}
	}
	one, two := contacts+"/171600000001", contacts+"/171600000002"
	step("create", func() { b.add(map[string]string{"email": "A@example.com", "firstname": "A", "phone": "1"}) },
		"creation 1 INTEGRATION 54321", "propertyChange email=a@example.com 1 INTEGRATION 54321", "propertyChange phone=1 1 INTEGRATION 54321")
	step("person creates", func() { _, _ = b.Create(map[string]string{"email": "b@example.com"}) },
		"creation 2 CRM_UI userId:77", "propertyChange email=b@example.com 2 CRM_UI userId:77")
	step("update", func() { b.call("PATCH", one, `{"properties":{"phone":"","firstname":"B"}}`).want(200) }, "propertyChange phone= 1 INTEGRATION 54321")
	step("no change", func() { b.call("PATCH", one, `{"properties":{"email":"a@example.com"}}`).want(200) })
	step("refused", func() { b.call("PATCH", one, `{"properties":{"email":"b@example.com"}}`).want(409) })
	step("person edits", func() { _ = b.Edit("171600000002", map[string]string{"phone": "7"}) }, "propertyChange phone=7 2 CRM_UI userId:77")
	step("touch", func() { _ = b.Touch("171600000002") })
	step("archive", func() { b.call("DELETE", two, "").want(204) }, "deletion 2 INTEGRATION 54321")
	step("archive again", func() { b.call("DELETE", two, "").want(204) })
	step("restore", func() { _ = b.Restore("171600000002") }, "restore 2 CRM_UI userId:77")
	step("merge", func() { b.mergeCall("171600000001", "171600000002").want(200) },
		"merge 3 INTEGRATION 54321", "deletion 1 INTEGRATION 54321", "deletion 2 INTEGRATION 54321")
	step("erase", func() { _ = b.Purge("171600000003") }, "privacyDeletion 3 CRM_UI userId:77", "deletion 3 CRM_UI userId:77")
	step("silent import", func() { b.seed(1) })
	b.SetWebhook("")
	step("nobody listens", func() { b.add(map[string]string{"firstname": "x"}) })
}

func TestEventsOnTheWire(t *testing.T) {
	b, in := listen(t)
	ids := b.seed(2)
	b.call("PATCH", contacts+"/"+ids[0], `{"properties":{"company":"O'Brien & Söhne <x>"}}`).want(200)
	b.mergeCall(ids[0], ids[1]).want(200)
	b.flush()
	for i, want := range []string{
		`[{"eventId":3900000001,"subscriptionId":2000001,"portalId":62515,"appId":54321,"occurredAt":1795348800000,"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":171600000001,"propertyName":"company","propertyValue":"O'Brien & Söhne <x>","changeSource":"INTEGRATION","sourceId":"54321"},`,
		`{"eventId":3900000002,"subscriptionId":2000002,"portalId":62515,"appId":54321,"occurredAt":1795348800000,"subscriptionType":"contact.merge","attemptNumber":0,"objectId":171600000003,"changeSource":"INTEGRATION","sourceId":"54321","primaryObjectId":171600000001,"mergedObjectIds":[171600000002],"newObjectId":171600000003,"numberOfPropertiesMoved":0},`,
		`"subscriptionType":"contact.deletion","attemptNumber":0,"objectId":171600000001,"changeFlag":"DELETED",`,
	} {
		if !strings.Contains(in.bodies[0], want) {
			t.Errorf("%d: the body lacks %s:\n%s", i, want, in.bodies[0])
		}
	}
}

func TestBatchesOfAHundred(t *testing.T) {
	b, in := listen(t, func(o *Options) { o.Knobs.Subscriptions = []string{} })
	for range 250 {
		b.add(map[string]string{"firstname": "x"})
	}
	if b.Pending() != 250 {
		t.Errorf("pending %d", b.Pending())
	}
	b.flush()
	if len(in.bodies) != 3 || strings.Count(in.bodies[0], "eventId") != 100 || strings.Count(in.bodies[2], "eventId") != 50 || b.Pending() != 0 {
		t.Errorf("%d requests, pending %d", len(in.bodies), b.Pending())
	}
}

func TestRetriesAreSignedAnew(t *testing.T) {
	b, in := listen(t, func(o *Options) { o.Knobs.NoCreatePropertyChange = true })
	in.statuses = slices.Repeat([]int{500}, 20)
	b.add(map[string]string{"firstname": "A"})
	b.flush()
	for {
		due, waits := b.NextWebhook()
		if !waits {
			break
		}
		b.advance(due.Sub(b.clock()))
		b.flush()
	}
	if len(in.bodies) != 11 {
		t.Fatalf("%d attempts, want 11", len(in.bodies))
	}
	if total := b.clock().Sub(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)); total < 20*time.Hour || total > 29*time.Hour {
		t.Errorf("retries over %v", total)
	}
	seen := make(map[string]bool)
	for i, body := range in.bodies {
		header := in.headers[i]
		ts := header.Get("X-HubSpot-Request-Timestamp")
		if !strings.Contains(body, `"attemptNumber":`+strconv.Itoa(i)+`,`) || !strings.Contains(body, `"eventId":3900000001,`) || seen[ts] {
			t.Errorf("attempt %d at %s: %s", i, ts, body)
		}
		seen[ts] = true
		if header.Get("X-HubSpot-Signature") != signatureV1("secret", []byte(body)) || header.Get("X-HubSpot-Signature-Version") != "v1" ||
			header.Get("X-HubSpot-Signature-v3") != signatureV3("secret", "POST", hookURL, []byte(body), ts) {
			t.Errorf("attempt %d: %v", i, header)
		}
	}
}

func TestRetryKnobs(t *testing.T) {
	b, in := listen(t, func(o *Options) {
		o.Knobs.RetrySeconds, o.Knobs.RetryNewEventIDs, o.Knobs.NoV3Signature = []int{2}, true, true
	})
	in.statuses = []int{404}
	b.SetKnobs(func() Knobs { k := b.Knobs(); k.NoCreatePropertyChange = true; return k }())
	b.add(map[string]string{"firstname": "A"})
	b.flush()
	b.advance(2 * time.Second)
	b.flush()
	events := in.events(t)
	if len(events) != 2 || events[0].EventID == events[1].EventID || in.headers[0].Get("X-HubSpot-Signature-v3") != "" || in.headers[0].Get("X-HubSpot-Signature") == "" {
		t.Errorf("%+v, headers %v", events, in.headers[0])
	}
}

func TestUnpleasantDelivery(t *testing.T) {
	order := func(k Knobs) []int64 {
		b, in := listen(t, func(o *Options) { o.Knobs = k })
		b.SetKnobs(k)
		for range 60 {
			if _, err := b.Create(map[string]string{"firstname": "x"}); err != nil {
				t.Fatal(err)
			}
		}
		b.flush()
		var ids []int64
		for _, e := range in.events(t) {
			ids = append(ids, e.ObjectID)
		}
		return ids
	}
	plain := order(Knobs{Subscriptions: []string{}})
	if len(plain) != 60 || !slices.IsSorted(plain) {
		t.Errorf("plain: %v", plain)
	}
	shuffled := order(Knobs{Subscriptions: []string{}, ShuffleEvents: true})
	if slices.IsSorted(shuffled) || !slices.Equal(slices.Sorted(slices.Values(shuffled)), plain) {
		t.Errorf("shuffled: %v", shuffled)
	}
	if again := order(Knobs{Subscriptions: []string{}, ShuffleEvents: true}); !slices.Equal(again, shuffled) {
		t.Error("the same seed gave another order")
	}
	if doubled := order(Knobs{Subscriptions: []string{}, DuplicatePercent: 30}); len(doubled) <= 60 || len(slices.Compact(doubled)) != 60 {
		t.Errorf("doubled: %d", len(doubled))
	}
	if lossy := order(Knobs{Subscriptions: []string{}, DropPercent: 30}); len(lossy) >= 60 || len(lossy) < 20 {
		t.Errorf("lossy: %d", len(lossy))
	}
}

func TestBackgroundDelivery(t *testing.T) {
	arrived := make(chan string, 10)
	b := New(Options{Token: token, WebhookURL: hookURL, Webhooks: &http.Client{Transport: kit.Transport{
		Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { arrived <- r.Header.Get("X-HubSpot-Signature-v3") }),
	}}})
	b.Start()
	if _, err := b.Create(map[string]string{"firstname": "A"}); err != nil {
		t.Fatal(err)
	}
	if <-arrived == "" {
		t.Error("not signed")
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}
