package hubspot

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// form posts a form of the page, as a browser does.
func (b *bench) form(path string, values url.Values) answer {
	b.t.Helper()
	req := httptest.NewRequest("POST", path, strings.NewReader(values.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(req)
}

func TestAPersonWorksOnThePage(t *testing.T) {
	b := start(t)
	b.call("GET", "/", "").want(200, "No records yet")
	b.define("pronouns", "")
	b.define("contact_sync_id", `,"hasUniqueValue":true`)

	created := b.form("/records/new", url.Values{"email": {"Ada@example.com"}, "firstname": {"Ada <b>"}, "contact_sync_id": {"forged"}}).want(303)
	id := "171600000001"
	if to := created.header.Get("Location"); to != "/records/"+id+"?done=created" {
		t.Fatalf("sent to %s", to)
	}
	b.call("GET", "/records/"+id+"?done=created", "").want(200, "Record created.", `value="ada@example.com"`, `value="Ada &lt;b&gt;"`, "Pronouns")
	if row, _ := b.Record(id); row.Fields["contact_sync_id"] != "" {
		t.Error("a read-only field was written")
	}
	b.form("/records/"+id, url.Values{"email": {"ada@example.com"}, "firstname": {"Ada"}, "pronouns": {"she/her"}}).want(303)
	b.form("/records/"+id, url.Values{"email": {"not an address"}}).want(422, "Email address not an address is invalid", `value="not an address"`)
	if row, _ := b.Record(id); row.Fields["firstname"] != "Ada" || row.Fields["pronouns"] != "she/her" {
		t.Errorf("%v", row.Fields)
	}
	if history := b.account.resolve(firstID + 1).props["pronouns"][0].by; history.source != "CRM_UI" {
		t.Errorf("changed by %+v", history)
	}

	b.form("/records/new", url.Values{"email": {"ADA@example.com"}}).want(422, "Contact already exists. Existing ID: "+id)
	other, _ := b.Create(map[string]string{"email": "other@example.com", "firstname": "Other"})
	b.call("GET", "/?q=OTHER", "").want(200, other, "1–1 of 1")
	b.call("GET", "/?q=nobody", "").want(200, "No record contains")
	b.call("GET", "/records/merge?id="+id, "").want(422, "Select exactly two records")
	b.call("GET", "/records/merge?id="+id+"&id="+other, "").want(200, "Keep", "other@example.com")
	merged := b.form("/records/merge", url.Values{"id": {id, other}, "primary": {other}}).want(303).header.Get("Location")
	b.call("GET", merged, "").want(200, "Records merged.", `value="other@example.com"`, "she/her")

	survivor := "171600000003"
	b.form("/records/delete", url.Values{"id": {survivor}}).want(303)
	b.call("GET", "/?done=deleted&n=1", "").want(200, "1 record deleted. You find it under Deleted.")
	b.call("GET", "/?show=deleted", "").want(200, survivor)
	b.form("/records/restore", url.Values{"id": {survivor}}).want(303)
	b.call("GET", "/", "").want(200, survivor)
	b.call("GET", "/records/999", "").want(404)

	foreign := httptest.NewRequest("POST", "/records/delete?id="+survivor, nil)
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	b.send(foreign).want(403)
}

func TestManyRowsAtOnce(t *testing.T) {
	b := start(t)
	ids := b.seed(5)
	b.call("GET", "/", "").want(200, "Merge two", "Delete", "Erase")
	b.form("/records/delete", nil).want(422, "Select at least one record.")
	sent := b.form("/records/delete", url.Values{"id": {ids[0], ids[1], ids[2], ids[2]}}).want(303)
	if to := sent.header.Get("Location"); to != "/?done=deleted&n=3" {
		t.Errorf("sent to %s", to)
	}
	b.call("GET", "/?show=deleted&done=deleted&n=3", "").want(200, "3 records deleted. You find them under Deleted.", ids[0], ids[1], ids[2])
	b.form("/records/delete", url.Values{"id": {ids[0], ids[3]}}).want(422, "1 of 2 records deleted. contact "+ids[0]+": resource not found")
	b.form("/records/restore", url.Values{"id": {ids[0], ids[3]}}).want(303)

	b.call("GET", "/records/erase?id="+ids[0]+"&id="+ids[1]+"&id=5", "").want(200, "p000@example.com", "p001@example.com", "these 2 records")
	b.call("GET", "/records/erase", "").want(422, "Select at least one record.")
	b.form("/records/erase", url.Values{"id": {ids[0], ids[1]}}).want(303) // one live, one archived
	for _, id := range ids[:2] {
		if _, known := b.Record(id); known {
			t.Errorf("%s is still there", id)
		}
	}
	b.form("/records/erase", url.Values{"id": {ids[0]}}).want(422, "0 of 1 records erased.")
}

func TestTrouble(t *testing.T) {
	b := start(t)
	b.call("GET", "/behaviour", "").want(200, "Cause trouble", "Answer lost", "Search behind", "Pending webhooks")
	trouble := func(label string) { b.form("/behaviour/trouble", url.Values{"trouble": {label}}).want(303) }
	trouble("Down for a moment")
	trouble("Search behind")
	b.call("GET", "/behaviour", "").want(200, "1 fault waits for a call.")
	if waiting := b.Faults().Pending(); len(waiting) != 1 || waiting[0].Status != 503 {
		t.Errorf("faults: %+v", waiting)
	}
	if b.Knobs().IndexLagMS != 30_000 {
		t.Error("the knob did not move")
	}
	b.form("/behaviour/trouble", url.Values{"normal": {"1"}}).want(303)
	b.call("GET", contacts, "").want(200)
	if k := b.Knobs(); k.IndexLagMS != 0 || k.DailyLimit != -1 {
		t.Errorf("not back to normal: %+v", k)
	}
	b.form("/behaviour/trouble", url.Values{"trouble": {"Earthquake"}}).want(422, "there is no trouble")
	for _, each := range b.page().Troubles {
		trouble(each.Label)
	}
}

func TestPagesOfFifty(t *testing.T) {
	b := start(t)
	ids := b.seed(60)
	b.call("GET", "/", "").want(200, ids[59], ids[10], "1–50 of 60", "Older")
	b.call("GET", "/?offset=50", "").want(200, ids[9], ids[0], "51–60 of 60", "Newer")
}

func TestBehaviourPage(t *testing.T) {
	b := start(t)
	b.call("GET", "/behaviour", "").want(200, "searchPerSecond", "Pending webhooks")
	b.form("/behaviour", url.Values{"knobs": {`{"dailyLimit":1}`}, "faults": {`[{"status":503}]`}}).want(303)
	if b.Knobs().DailyLimit != 1 {
		t.Error("the knob did not move")
	}
	b.call("GET", contacts, "").want(503)
	b.form("/behaviour", url.Values{"knobs": {`{"nope":1}`}, "faults": {`[]`}}).want(422, "unknown field")
	b.form("/behaviour", url.Values{"knobs": {`{}`}, "faults": {`{`}}).want(422, "faults:")
}

func TestControl(t *testing.T) {
	b, in := listen(t)
	b.call("POST", "/__sandbox/records?silent=true", `[{"email":"a@example.com","annualrevenue":12,"phone":null},{"email":"b@example.com"}]`).want(201, `{"ids":["171600000001","171600000002"]}`)
	b.flush()
	if len(in.bodies) != 0 {
		t.Errorf("a silent load sent %v", in.bodies)
	}
	b.call("POST", "/__sandbox/records", `[{"email":"c@example.com"},{"email":"A@example.com"}]`).want(422, "record 2: Contact already exists")
	b.call("GET", "/__sandbox/records?limit=1&offset=1", "").want(200, `"total":2`, `"fields":{"email":"b@example.com","lifecyclestage":"lead"},"deleted":false`)
	b.call("PATCH", "/__sandbox/records/171600000001", `{"phone":"1"}`).want(204)
	b.call("DELETE", "/__sandbox/records/171600000002", "").want(204)
	b.call("GET", "/__sandbox/records/171600000002", "").want(200, `"deleted":true`)
	b.call("POST", "/__sandbox/records/171600000002/restore", "").want(204)
	b.call("POST", "/__sandbox/records/171600000001/merge", `{"other":"171600000002"}`).want(200, `"id":"171600000003"`)
	b.call("DELETE", "/__sandbox/records/999", "").want(422)
	b.call("PATCH", "/__sandbox/knobs", `{"indexLagMs":5}`).want(200, `"indexLagMs":5`)
	b.call("GET", "/__sandbox/state", "").want(200, `"contacts":1`, `"merged":2`, `"indexLagMs":5`)
	b.call("POST", "/__sandbox/faults", `[{"method":"GET","status":500,"times":2}]`).want(204)
	b.call("GET", contacts, "").want(500)
	b.call("GET", "/__sandbox/faults", "").want(200, `"times":1`)
	b.call("DELETE", "/__sandbox/faults", "").want(204)
	b.call("GET", contacts, "").want(200)
	b.call("GET", "/__sandbox/calls", "").want(200, `"routes":{"contacts.list":2},"total":2`)
	b.call("POST", "/__sandbox/calls/reset", "").want(204)
	b.call("GET", "/__sandbox/calls", "").want(200, `"total":0`)
}
