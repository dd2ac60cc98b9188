package hubspot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// inputs builds a batch body from row objects.
func inputs(rows ...string) string { return `{"inputs":[` + strings.Join(rows, ",") + `]}` }

func row(id, properties, more string) string {
	return fmt.Sprintf(`{"id":%q,"properties":{%s}%s}`, id, properties, more)
}

func TestBatchRead(t *testing.T) {
	b := start(t)
	ids := b.seed(3)
	r := b.call("POST", contacts+"/batch/read", `{"properties":["email","phone"],"propertiesWithHistory":["firstname"],"inputs":[{"id":"`+ids[2]+`"},{"id":"`+ids[0]+`"}]}`).want(200, `"status":"COMPLETE"`).decode()
	if !slices.Equal(r.ids(), []string{ids[0], ids[2]}) || r.Results[0].prop("phone") != "<null>" || len(r.Results[0].History["firstname"]) != 1 {
		t.Errorf("%+v", r.Results)
	}
	b.call("POST", contacts+"/batch/read", inputs(`{"id":"`+ids[0]+`"}`, `{"id":"999"}`, `{"id":"888"}`)).want(207,
		`"errors":[{"status":"error","category":"OBJECT_NOT_FOUND","message":"Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.","context":{"ids":["999","888"]}}],"numErrors":1`, ids[0])
	b.call("POST", contacts+"/batch/read", inputs(`{"id":"1"}`, `{"id":"1"}`)).exactly(400,
		`{"status":"error","message":"Duplicate IDs found in batch input: [1]. IDs must be unique","correlationId":"…","context":{"ids":["1"]},"category":"VALIDATION_ERROR"}`)
	if err := b.Edit(ids[1], map[string]string{"hs_additional_emails": "other@example.com"}); err != nil {
		t.Fatal(err)
	}
	r = b.call("POST", contacts+"/batch/read", `{"idProperty":"email","inputs":[{"id":"OTHER@example.com"},{"id":"p001@example.com"}]}`).want(200).decode()
	if !slices.Equal(r.ids(), ids[1:2]) {
		t.Errorf("by e-mail: %v", r.ids())
	}
	b.call("POST", contacts+"/batch/read", `{"idProperty":"firstname","inputs":[{"id":"x"}]}`).want(400)
	_ = b.Delete(ids[0])
	if r := b.call("POST", contacts+"/batch/read?archived=true", inputs(`{"id":"`+ids[0]+`"}`)).want(200).decode(); !r.Results[0].Archived {
		t.Error("not archived")
	}
	b.call("POST", contacts+"/batch/read", inputs(slices.Repeat([]string{`{"id":"1"}`}, 101)...)).want(400, "limited to 100")
}

func TestBatchCreateWithoutTraceIDsIsAllOrNothing(t *testing.T) {
	b := start(t)
	taken := b.add(map[string]string{"email": "taken@example.com"})
	create := func(rows ...string) answer { return b.call("POST", contacts+"/batch/create", inputs(rows...)) }
	good := row("", `"email":"good@example.com"`, "")
	create(good, row("", `"email":"taken@example.com"`, "")).exactly(409, `{"status":"error","message":"Contact already exists","correlationId":"…","category":"CONFLICT"}`)
	create(good, good).want(409)
	create(good, row("", `"email":"bad@"`, "")).want(400, "INVALID_EMAIL")
	create(row("", `"email":"good@example.com"`, `,"objectWriteTraceId":"same"`), row("", `"email":"bad@"`, `,"objectWriteTraceId":"same"`)).want(400)
	if len(b.Records()) != 1 {
		t.Fatalf("%d contacts", len(b.Records()))
	}
	b.SetKnobs(Knobs{BatchConflictNamesID: true})
	create(good, row("", `"email":"taken@example.com"`, "")).want(409, "Existing ID: "+taken)
	if r := create(good, row("", `"firstname":"B"`, "")).want(201).decode(); len(r.Results) != 2 || r.Results[1].prop("lifecyclestage") != "lead" {
		t.Errorf("%+v", r.Results)
	}
}

func TestBatchCreateWithTraceIDsAnswersPerRow(t *testing.T) {
	b := start(t)
	taken := b.add(map[string]string{"email": "taken@example.com"})
	r := b.call("POST", contacts+"/batch/create", inputs(
		row("", `"email":"taken@example.com"`, `,"objectWriteTraceId":"0"`),
		row("", `"email":"new@example.com"`, `,"objectWriteTraceId":"1"`),
		row("", `"email":"new@example.com"`, `,"objectWriteTraceId":"2"`),
		row("", `"nope":"1"`, `,"objectWriteTraceId":"3"`),
	)).want(207, `{"status":"error","category":"CONFLICT","message":"Contact already exists. Existing ID: `+taken+`","context":{"existingId":["`+taken+`"],"objectWriteTraceId":["0"]}}`, `"numErrors":3`).decode()
	if len(r.Results) != 1 || r.Results[0].TraceID != "1" {
		t.Fatalf("%+v", r.Results)
	}
	if got := r.Errors[1].Context["existingId"]; !slices.Equal(got, []string{r.Results[0].ID}) {
		t.Errorf("the twin names %v, want the row before it", got)
	}
	if r.Errors[2].Category != "VALIDATION_ERROR" || !strings.Contains(r.Errors[2].Message, "PROPERTY_DOESNT_EXIST") {
		t.Errorf("%+v", r.Errors[2])
	}
}

func TestBatchUpdate(t *testing.T) {
	b := start(t)
	ids := b.seed(2)
	update := func(rows ...string) answer { return b.call("POST", contacts+"/batch/update", inputs(rows...)) }
	r := update(row(ids[0], `"phone":"1"`, ""), row("999", `"phone":"2"`, "")).want(207, `"context":{"ids":["999"]}`).decode()
	if len(r.Results) != 1 || r.Results[0].prop("phone") != "1" {
		t.Errorf("%+v", r.Results)
	}
	update(row(ids[0], `"phone":"9"`, ""), row(ids[1], `"nope":"2"`, "")).want(400)
	if got, _ := b.Record(ids[0]); got.Fields["phone"] != "1" {
		t.Error("a refused batch took effect in part")
	}
	update(row(ids[0], `"phone":"9"`, `,"objectWriteTraceId":"a"`), row(ids[1], `"email":"p000@example.com"`, `,"objectWriteTraceId":"b"`)).want(207, "Existing ID: "+ids[0])
	update(row(ids[0], ``, ""), row(ids[0], ``, "")).want(400, "Duplicate IDs")
	if r := update(row("p001@example.com", `"phone":"5"`, "")).want(200).decode(); len(r.Results) != 0 {
		t.Errorf("an address in id did something: %+v", r.Results)
	}
	update(row("p001@example.com", `"phone":"5"`, `,"idProperty":"email"`)).want(400, "Unable to perform update/upsert by non-unique 0-1 property")
}

func TestBatchUpsertByKey(t *testing.T) {
	b := start(t)
	b.define("contact_sync_id", `,"hasUniqueValue":true`)
	known := b.add(map[string]string{"firstname": "Old", "contact_sync_id": "k1"})
	taken := b.add(map[string]string{"email": "taken@example.com"})
	by := func(trace string) string {
		return `,"idProperty":"contact_sync_id","objectWriteTraceId":"` + trace + `"`
	}
	r := b.call("POST", contacts+"/batch/upsert", inputs(
		row("k1", `"firstname":"New"`, by("0")),
		row("k2", `"firstname":"Two"`, by("1")),
		row("k3", `"email":"taken@example.com"`, by("2")),
	)).want(207, "Existing ID: "+taken, `"objectWriteTraceId":["2"]`).decode()
	if len(r.Results) != 2 || r.Results[0].ID != known || *r.Results[0].New || !*r.Results[1].New || r.Results[1].prop("contact_sync_id") != "k2" {
		t.Errorf("%+v", r.Results)
	}
	again := b.call("POST", contacts+"/batch/upsert", inputs(row("k2", `"firstname":"Two"`, by("0")))).want(200).decode()
	if *again.Results[0].New || again.Results[0].ID != r.Results[1].ID {
		t.Errorf("a second upsert made %+v", again.Results)
	}
	b.call("POST", contacts+"/batch/upsert", inputs(row("x", `"firstname":"A"`, `,"idProperty":"firstname"`))).want(400, "Unable to perform update/upsert by non-unique 0-1 property")
}

func TestBatchUpsertByEmailIsAllOrNothing(t *testing.T) {
	b := start(t)
	id := b.add(map[string]string{"email": "a@example.com"})
	if err := b.Edit(id, map[string]string{"hs_additional_emails": "b@example.com"}); err != nil {
		t.Fatal(err)
	}
	upsert := func(rows ...string) answer { return b.call("POST", contacts+"/batch/upsert", inputs(rows...)) }
	const by = `,"idProperty":"email","objectWriteTraceId":"%d"`
	upsert(row("b@example.com", `"phone":"1"`, fmt.Sprintf(by, 0)), row("c@example.com", `"nope":"1"`, fmt.Sprintf(by, 1))).want(400)
	if len(b.Records()) != 1 {
		t.Error("a refused batch created a contact")
	}
	r := upsert(row("B@example.com", `"phone":"1"`, fmt.Sprintf(by, 0)), row("c@example.com", `"phone":"2"`, fmt.Sprintf(by, 1))).want(200).decode()
	if r.Results[0].ID != id || *r.Results[0].New || r.Results[1].prop("email") != "c@example.com" || !*r.Results[1].New {
		t.Errorf("%+v", r.Results)
	}
}

func TestBatchArchive(t *testing.T) {
	b := start(t)
	ids := b.seed(3)
	b.call("POST", contacts+"/batch/archive", inputs(`{"id":"`+ids[0]+`"}`, `{"id":"`+ids[2]+`"}`, `{"id":"999"}`)).want(204)
	if r := b.call("GET", contacts, "").decode(); !slices.Equal(r.ids(), ids[1:2]) {
		t.Errorf("left %v", r.ids())
	}
}
