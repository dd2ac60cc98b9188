package pipedrive

import (
	"strings"
	"testing"
)

// The tests of this file are about knobs for what the vendor leaves open.

func TestDeletedPersonsAnsweredOtherwise(t *testing.T) {
	a := open(t, Knobs{LimitsOff: true, DeletedGet410: true})
	a.must("POST", "/api/v2/persons", `{"name":"Ann"}`)
	a.must("DELETE", "/api/v2/persons/1", "")
	refused(t, a.do("GET", "/api/v2/persons/1", ""), 410)
	refused(t, a.do("PATCH", "/api/v2/persons/1", `{"name":"B"}`), 400)
	a.SetKnobs(Knobs{LimitsOff: true, DeletedGet404: true})
	refused(t, a.do("GET", "/api/v2/persons/1", ""), 404)
	refused(t, a.do("PATCH", "/api/v2/persons/1", `{"name":"B"}`), 404)
}

func TestEmptyListsAndObjects(t *testing.T) {
	a := open(t, Knobs{LimitsOff: true, EmptyList400: true})
	code := a.AddField("Pronouns", "varchar")
	a.must("POST", "/api/v2/persons", `{"name":"Ann","emails":[{"value":"a@x"}],"custom_fields":{"`+code+`":"she"}}`)
	if r := a.do("PATCH", "/api/v2/persons/1", `{"emails":[]}`); r.status != 400 || !strings.Contains(r.text, "emails") {
		t.Errorf("got %d %s", r.status, r.text)
	}
	if r := a.must("PATCH", "/api/v2/persons/1", `{"custom_fields":{}}`); !strings.Contains(r.text, `"she"`) {
		t.Errorf("an empty object cleared: %s", r.text)
	}
	a.SetKnobs(Knobs{LimitsOff: true, EmptyCustomClears: true})
	if r := a.must("PATCH", "/api/v2/persons/1", `{"emails":[],"custom_fields":{}}`); strings.Contains(r.text, `"she"`) || !strings.Contains(r.text, `"emails":[]`) {
		t.Errorf("not cleared: %s", r.text)
	}
}
