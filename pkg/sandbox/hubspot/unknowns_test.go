package hubspot

import (
	"strings"
	"testing"
	"time"
)

// The tests of this file are about knobs for what the vendor leaves open.

func TestBatchErrorsWith200(t *testing.T) {
	b := start(t)
	id := b.add(map[string]string{"email": "a@example.com"})
	read := `{"inputs":[{"id":"` + id + `"},{"id":"5"}]}`
	b.call("POST", contacts+"/batch/read", read).want(207, `"numErrors":1`)
	b.SetKnobs(Knobs{BatchErrorsWith200: true})
	b.call("POST", contacts+"/batch/read", read).want(200, `"numErrors":1`, "OBJECT_NOT_FOUND")
}

func TestAdditionalEmailsWritable(t *testing.T) {
	b := start(t)
	id := b.add(map[string]string{"email": "a@example.com"})
	write := `{"properties":{"hs_additional_emails":"B@example.com;c@example.com"}}`
	b.call("PATCH", contacts+"/"+id, write).want(400, "READ_ONLY_VALUE")
	b.SetKnobs(Knobs{AdditionalEmailsWritable: true})
	b.call("PATCH", contacts+"/"+id, write).want(200, `"hs_additional_emails":"b@example.com;c@example.com"`)
	b.call("GET", contacts+"/c@example.com?idProperty=email", "").want(200, id)
}

func TestAnArchivedContactIsKeptFor90Days(t *testing.T) {
	b := start(t)
	id := b.add(map[string]string{"email": "a@example.com"})
	b.call("DELETE", contacts+"/"+id, "").want(204)
	b.advance(90*24*time.Hour - time.Second)
	b.call("GET", contacts+"/"+id+"?archived=true", "").want(200)
	b.advance(time.Second)
	b.call("GET", contacts+"/"+id+"?archived=true", "").want(404)
	b.call("GET", contacts+"?archived=true", "").want(200, `"results":[]`)
	if b.Restore(id) == nil || len(b.Records()) != 0 {
		t.Error("it is still there")
	}
}

func TestOtherFormsOfEvents(t *testing.T) {
	b, in := listen(t, func(o *Options) {
		o.Knobs.OldEvents, o.Knobs.SourceID, o.Knobs.RetryOldTimestamp = true, "service-key-9", true
	})
	in.statuses = []int{500}
	b.add(map[string]string{"email": "a@example.com"})
	if _, err := b.Create(map[string]string{"firstname": "B"}); err != nil {
		t.Fatal(err)
	}
	b.flush()
	b.advance(time.Hour)
	b.flush()
	if len(in.bodies) != 2 {
		t.Fatalf("%d requests", len(in.bodies))
	}
	for _, want := range []string{`"eventType":"contact.creation"`, `"changeFlag":"NEW","changeSource":"INTEGRATION","sourceId":"service-key-9"`, `"changeSource":"CRM","sourceId":"userId:77"`} {
		if !strings.Contains(in.bodies[0], want) {
			t.Errorf("the body lacks %s: %s", want, in.bodies[0])
		}
	}
	if strings.Contains(in.bodies[0], "subscriptionType") {
		t.Errorf("both names: %s", in.bodies[0])
	}
	const stamp = "X-HubSpot-Request-Timestamp"
	if first, again := in.headers[0].Get(stamp), in.headers[1].Get(stamp); first == "" || first != again {
		t.Errorf("signed at %s and %s", first, again)
	}
}
