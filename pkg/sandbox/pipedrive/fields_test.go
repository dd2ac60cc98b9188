package pipedrive

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestFieldLifecycle(t *testing.T) {
	a := unlimited(t)
	r := a.must("POST", "/api/v2/personFields", `{"field_name":" Pronouns ","field_type":"varchar"}`)
	code := r.data()["field_code"].(string)
	if r.status != 200 || !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(code) {
		t.Fatalf("created: %d %s", r.status, r.text)
	}
	want := `{"description":null,"field_code":"` + code + `","field_name":"Pronouns","field_type":"varchar","is_custom_field":true,` +
		`"is_optional_response_field":false,"options":null,"subfields":null,"ui_visibility":{"add_visible_flag":false,"details_visible_flag":true}}`
	if got := compact(t, r.data()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := a.must("GET", "/api/v2/personFields/"+code, "").data(); got["field_name"] != "Pronouns" || got["ui_visibility"] != nil {
		t.Errorf("read: %v", got)
	}
	got := a.must("PATCH", "/api/v2/personFields/"+code, `{"field_name":"Anrede"}`).data()
	if got["field_name"] != "Anrede" || got["field_code"] != code {
		t.Errorf("renamed: %v", got)
	}
	refused(t, a.do("PATCH", "/api/v2/personFields/"+code, `{"field_type":"text"}`), 400, "field_type")
	a.must("DELETE", "/api/v2/personFields/"+code, "")
	refused(t, a.do("GET", "/api/v2/personFields/"+code, ""), 404)
	refused(t, a.do("DELETE", "/api/v2/personFields/"+code, ""), 404)
	refused(t, a.do("DELETE", "/api/v2/personFields/name", ""), 403)
}

func TestFieldBodiesAreStrict(t *testing.T) {
	cases := []struct{ body, words string }{
		{`{"field_type":"varchar"}`, "field_name: is required"},
		{`{"field_name":" ","field_type":"varchar"}`, "field_name: is required"},
		{`{"field_name":"` + strings.Repeat("x", 256) + `","field_type":"varchar"}`, "at most 255"},
		{`{"field_name":"P"}`, "field_type: must be one of"},
		{`{"field_name":"P","field_type":"int"}`, "field_type: must be one of"},
		{`{"field_name":"P","field_type":"enum"}`, "options: are required"},
		{`{"field_name":"P","field_type":"set","options":[]}`, "at least one"},
		{`{"field_name":"P","field_type":"varchar","options":[{"label":"a"}]}`, "options: not allowed"},
		{`{"field_name":"P","field_type":"enum","options":["a"]}`, "array of objects"},
		{`{"field_name":"P","field_type":"varchar","description":"d"}`, "description: unknown property"},
		{`{"name":"P","field_type":"varchar"}`, "name: unknown property"},
		{`{"field_name":"P","field_type":"varchar","ui_visibility":{"add_visible_flag":1}}`, "must be true or false"},
	}
	for _, c := range cases {
		a := unlimited(t)
		refused(t, a.do("POST", "/api/v2/personFields", c.body), 400, c.words, "ERR_SCHEMA_VALIDATION_FAILED")
		if n := len(a.fields.customs()); n != 0 {
			t.Errorf("%s: left %d fields", c.body, n)
		}
	}
	a := unlimited(t)
	refused(t, a.do("GET", "/api/v2/personFields?start=0", ""), 400, "start: unknown query parameter")
	refused(t, a.do("GET", "/api/v2/personFields?limit=501", ""), 400, "limit")
}

func TestFieldNamesAreNotUnique(t *testing.T) {
	a, other := unlimited(t), New(Options{CompanyID: 1})
	codes := map[any]bool{}
	for range 2 {
		codes[a.must("POST", "/api/v2/personFields", `{"field_name":"Pronouns","field_type":"varchar"}`).data()["field_code"]] = true
	}
	if codes[any(other.AddField("Pronouns", "varchar"))] || len(codes) != 2 {
		t.Errorf("codes must differ between fields and between accounts: %v", codes)
	}
	again := unlimited(t)
	if code := again.AddField("Pronouns", "varchar"); !codes[code] {
		t.Errorf("the same account gives other codes in another run: %s, %v", code, codes)
	}
}

func TestFieldCap(t *testing.T) {
	a := open(t, Knobs{LimitsOff: true, CustomFieldCap: 1})
	a.must("POST", "/api/v2/personFields", `{"field_name":"A","field_type":"varchar"}`)
	refused(t, a.do("POST", "/api/v2/personFields", `{"field_name":"B","field_type":"varchar"}`), 403, "feature_capping_custom_fields_limit")
	refused(t, a.do("POST", "/api/v1/personFields", `{"name":"B","field_type":"varchar"}`), 403, "feature_capping_custom_fields_limit")
}

func TestFieldPages(t *testing.T) {
	a := unlimited(t)
	for i := range 7 {
		a.AddField(fmt.Sprint("F", i), "varchar")
	}
	all := a.must("GET", "/api/v2/personFields?limit=500&include_fields=ui_visibility", "")
	names := []any{}
	for cursor := "start"; cursor != ""; {
		path := "/api/v2/personFields?limit=4"
		if cursor != "start" {
			path += "&cursor=" + cursor
		}
		r := a.must("GET", path, "")
		for _, row := range r.rows() {
			names = append(names, row["field_name"])
		}
		cursor = r.cursor()
	}
	if len(names) != len(all.rows()) || names[len(names)-1] != "F6" || all.rows()[0]["ui_visibility"] == nil {
		t.Errorf("paged %v, at once %d", names, len(all.rows()))
	}
}

func TestOptions(t *testing.T) {
	a := unlimited(t)
	field := a.must("POST", "/api/v2/personFields", `{"field_name":"Mood","field_type":"set","options":[{"label":"calm"},{"label":"busy"}]}`).data()
	path := "/api/v2/personFields/" + field["field_code"].(string) + "/options"
	labels := func() (text string, ids []int) {
		for _, o := range a.fields.find(field["field_code"].(string)).options {
			text, ids = text+o.Label+" ", append(ids, int(o.ID))
		}
		return text, ids
	}
	a.must("POST", path, `[{"label":"sad"}]`)
	_, ids := labels()
	a.must("POST", "/api/v2/persons", fmt.Sprintf(`{"name":"A","custom_fields":{"%s":[%d,%d]}}`, field["field_code"], ids[0], ids[2]))
	a.must("PATCH", path, fmt.Sprintf(`[{"id":%d,"label":"quiet"}]`, ids[0]))
	refused(t, a.do("PATCH", path, fmt.Sprintf(`[{"id":%d,"label":"loud"},{"id":1,"label":"x"}]`, ids[0])), 400, "option 1")
	if got, _ := labels(); got != "quiet busy sad " {
		t.Errorf("got %q", got)
	}
	a.must("DELETE", path, fmt.Sprintf(`[{"id":%d}]`, ids[0]))
	value := a.must("GET", "/api/v2/persons/1", "").data()["custom_fields"].(map[string]any)[field["field_code"].(string)]
	if got := compact(t, value); got != fmt.Sprintf("[%d]", ids[2]) {
		t.Errorf("a deleted option stays in the person: %s", got)
	}
	refused(t, a.do("POST", path, `{"label":"x"}`), 400, "array")
	text := a.AddField("Text", "varchar")
	refused(t, a.do("POST", "/api/v2/personFields/"+text+"/options", `[{"label":"x"}]`), 400, "has no options")
}

func TestDeletedEnumOptionClearsTheValue(t *testing.T) {
	a := unlimited(t)
	code := a.AddField("Mood", "enum", "calm", "busy")
	for _, mood := range []string{"calm", "busy"} {
		if _, err := a.Create(map[string]string{"first_name": "A", "Mood": mood}); err != nil {
			t.Fatal(err)
		}
	}
	a.must("DELETE", "/api/v2/personFields/"+code+"/options", fmt.Sprintf(`[{"id":%d}]`, a.fields.find(code).options[0].ID))
	for i, want := range []string{"", "busy"} {
		if row := a.Records()[i]; row.Fields["Mood"] != want {
			t.Errorf("person %s: %q, want %q", row.ID, row.Fields["Mood"], want)
		}
	}
}

func TestSubfields(t *testing.T) {
	a := unlimited(t)
	field := a.must("POST", "/api/v2/personFields", `{"field_name":"Price","field_type":"monetary"}`).data()
	want := `[{"field_code":"value","field_name":"Price value","field_type":"double"},{"field_code":"currency","field_name":"Price currency","field_type":"varchar"}]`
	if got := compact(t, field["subfields"]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFieldsV1(t *testing.T) {
	a := unlimited(t)
	r := a.must("POST", "/v1/personFields", `{"name":"Pronouns","field_type":"enum","options":[{"label":"she/her"}],"add_visible_flag":true,"unknown":1}`)
	f := r.data()
	if r.status != 201 || f["edit_flag"] != true || f["add_visible_flag"] != true || len(f["key"].(string)) != 40 || f["id"].(float64) < 9000 {
		t.Errorf("created: %d %s", r.status, r.text)
	}
	refused(t, a.do("POST", "/v1/personFields", `{"field_type":"varchar"}`), 400, "name: is required")
	a.AddField("Price", "monetary")
	rows := a.must("GET", "/v1/personFields?limit=500", "").rows()
	if last := rows[len(rows)-1]; last["name"] != "Price currency" || last["is_subfield"] != true {
		t.Errorf("last row: %v", last)
	}
	page := a.must("GET", "/v1/personFields?start=2&limit=3", "")
	want := `{"pagination":{"limit":3,"more_items_in_collection":true,"next_start":5,"start":2}}`
	if got := compact(t, page.json["additional_data"]); got != want || len(page.rows()) != 3 {
		t.Errorf("got %s, want %s", got, want)
	}
}
