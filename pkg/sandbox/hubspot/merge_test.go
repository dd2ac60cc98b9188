package hubspot

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func (b *bench) mergeCall(primary, other string) answer {
	b.t.Helper()
	return b.call("POST", contacts+"/merge", `{"primaryObjectId":"`+primary+`","objectIdToMerge":"`+other+`"}`)
}

func TestMergeMintsANewID(t *testing.T) {
	b := start(t)
	one := b.add(map[string]string{"email": "one@example.com", "firstname": "One", "lifecyclestage": "lead"})
	two := b.add(map[string]string{"email": "two@example.com", "firstname": "Two", "phone": "2", "lifecyclestage": "customer"})
	b.advance(time.Second)
	merged := b.mergeCall(one, two).want(200).decode()
	if merged.ID == one || merged.ID == two {
		t.Fatalf("survivor %s", merged.ID)
	}
	for _, id := range []string{one, two, merged.ID} {
		r := b.call("GET", contacts+"/"+id+"?properties=email,firstname,phone,lifecyclestage,hs_additional_emails,hs_merged_object_ids,hs_all_contact_vids", "").want(200).decode()
		for name, want := range map[string]string{
			"email": "one@example.com", "firstname": "One", "phone": "2", "lifecyclestage": "customer", "hs_additional_emails": "two@example.com",
			"hs_merged_object_ids": one + ";" + two, "hs_all_contact_vids": merged.ID + ";" + one + ";" + two, "lastmodifieddate": "2026-11-22T12:00:01Z", "createdate": "2026-11-22T12:00:00Z",
		} {
			if r.ID != merged.ID || r.prop(name) != want {
				t.Errorf("GET %s: id %s, %s = %q, want %q", id, r.ID, name, r.prop(name), want)
			}
		}
	}
	if r := b.call("GET", contacts, "").decode(); !slices.Equal(r.ids(), []string{merged.ID}) {
		t.Errorf("listed %v", r.ids())
	}
	if r := b.call("GET", contacts+"?archived=true", "").decode(); len(r.Results) != 0 {
		t.Errorf("archived %v", r.ids())
	}
	if r := b.call("POST", contacts+"/batch/read", inputs(`{"id":"`+one+`"}`, `{"id":"`+two+`"}`)).want(200).decode(); !slices.Equal(r.ids(), []string{merged.ID}) {
		t.Errorf("batch read %v", r.ids())
	}
	b.call("POST", contacts, `{"properties":{"email":"two@example.com"}}`).want(409, "Existing ID: "+merged.ID)
	b.call("PATCH", contacts+"/"+one, `{"properties":{"phone":"3"}}`).want(200, `"id":"`+merged.ID+`"`)
	b.call("DELETE", contacts+"/"+two, "").want(204)
	b.call("GET", contacts+"/"+merged.ID, "").want(404)
}

func TestMergeChains(t *testing.T) {
	b := start(t)
	ids := b.seed(3)
	first := b.mergeCall(ids[0], ids[1]).want(200).decode().ID
	second := b.mergeCall(ids[2], first).want(200).decode().ID
	for _, id := range append(ids, first) {
		b.call("GET", contacts+"/"+id, "").want(200, `"id":"`+second+`"`)
	}
	if row, _ := b.Record(second); row.Fields["email"] != "p002@example.com" || row.Fields["hs_additional_emails"] != "p000@example.com;p001@example.com" {
		t.Errorf("%v", row.Fields)
	}
}

func TestMergeErrors(t *testing.T) {
	b := start(t)
	ids := b.seed(2)
	b.mergeCall(ids[0], ids[0]).want(400)
	b.mergeCall(ids[0], "999").want(404)
	many := make([]string, maxMerged-1)
	for i := range many {
		many[i] = strconv.Itoa(i + 1)
	}
	b.account.resolve(firstID+1).set("hs_merged_object_ids", strings.Join(many, ";"), b.app(), b.clock())
	b.mergeCall(ids[0], ids[1]).want(414, "Cannot have more than 250 identities on a profile")
}

func TestMergePreservingThePrimary(t *testing.T) {
	b := start(t, func(o *Options) { o.Knobs.PreservePrimaryID = true })
	ids := b.seed(2)
	b.mergeCall(ids[1], ids[0]).want(200, `"id":"`+ids[1]+`"`)
	b.call("GET", contacts+"/"+ids[0], "").want(200, `"id":"`+ids[1]+`"`)
	if row, _ := b.Record(ids[1]); row.Fields["hs_merged_object_ids"] != ids[0] {
		t.Errorf("%v", row.Fields)
	}
}

func TestErasure(t *testing.T) {
	b := start(t)
	ids := b.seed(3)
	purge := func(body string) { b.t.Helper(); b.call("POST", contacts+"/gdpr-delete", body).want(204) }
	purge(`{"objectId":"` + ids[0] + `"}`)
	purge(`{"objectId":"p001@example.com","idProperty":"email"}`)
	purge(`{"objectId":"unknown@example.com","idProperty":"email"}`)
	_ = b.Delete(ids[2])
	purge(`{"objectId":"` + ids[2] + `"}`)
	for _, id := range ids {
		b.call("GET", contacts+"/"+id, "").want(404)
		b.call("GET", contacts+"/"+id+"?archived=true", "").want(404)
	}
	if len(b.Records()) != 0 {
		t.Errorf("%d left", len(b.Records()))
	}
	b.add(map[string]string{"email": "p001@example.com"})
}
