package pipedrive

import (
	"fmt"
	"testing"
	"time"
)

func TestUsers(t *testing.T) {
	a := unlimited(t)
	me := a.must("GET", "/v1/users/me", "").data()
	if me["id"] != 12415231.0 || me["company_id"] != 7421053.0 || me["company_domain"] != "sandbox" || me["is_admin"] != 1.0 {
		t.Errorf("me: %v", me)
	}
	if rows := a.must("GET", "/api/v1/users", "").rows(); len(rows) != 2 {
		t.Errorf("users: %v", rows)
	}
}

func TestRecents(t *testing.T) {
	a := unlimited(t)
	spread(a, 7)
	a.pass(time.Minute)
	a.must("DELETE", "/api/v2/persons/2", "")
	r := a.must("GET", "/v1/recents?since_timestamp=2026-11-22+12:00:01&items=person&limit=3&sort=ignored", "")
	if got := fmt.Sprint(r.ids()); got != "[4 5 6]" {
		t.Errorf("first page: %s", got)
	}
	want := `{"last_timestamp_on_page":"2026-11-22 12:00:01","pagination":{"limit":3,"more_items_in_collection":true,"next_start":3,"start":0},"since_timestamp":"2026-11-22 12:00:01"}`
	if got := compact(t, r.json["additional_data"]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	rows := a.must("GET", "/v1/recents?since_timestamp=2026-11-22+12:00:01&start=3", "").rows()
	gone := rows[len(rows)-1]
	data := gone["data"].(map[string]any)
	if gone["item"] != "person" || gone["id"] != 2.0 || data["active_flag"] != false || data["delete_time"] != "2026-11-22 12:01:02" {
		t.Errorf("deleted: %v", gone)
	}
	a.SetKnobs(Knobs{LimitsOff: true, RecentsData: "null"})
	if rows := a.must("GET", "/v1/recents?since_timestamp=2026-11-22+12:01:00", "").rows(); len(rows) != 1 || rows[0]["data"] != nil {
		t.Errorf("with null: %v", rows)
	}
	a.SetKnobs(Knobs{LimitsOff: true, RecentsData: "list"})
	if rows := a.must("GET", "/v1/recents?since_timestamp=2026-11-22+12:01:00", "").rows(); len(rows[0]["data"].([]any)) != 1 {
		t.Errorf("with a list: %v", rows)
	}
	if rows := a.must("GET", "/v1/recents?since_timestamp=2026-11-22+12:00:00&items=deal", "").rows(); len(rows) != 0 {
		t.Errorf("deals: %v", rows)
	}
	refused(t, a.do("GET", "/v1/recents?since_timestamp=2026-11-22T12:00:00Z", ""), 400, "since_timestamp")
}

func TestPersonShapeV1(t *testing.T) {
	a := unlimited(t)
	text, mood := a.AddField("Pronouns", "varchar"), a.AddField("Mood", "enum", "calm")
	id := a.fields.find(mood).options[0].ID
	a.must("POST", "/api/v2/persons", fmt.Sprintf(`{"name":"Ann Lee","phones":[{"value":"1"}],"custom_fields":{"%s":"she","%s":%d}}`, text, mood, id))
	p := a.must("GET", "/v1/recents?since_timestamp=2026-11-22+12:00:00", "").rows()[0]["data"].(map[string]any)
	want := map[string]string{
		"email": `[{"label":"","primary":true,"value":""}]`, "phone": `[{"label":"work","primary":true,"value":"1"}]`,
		text: `"she"`, mood: fmt.Sprintf(`"%d"`, id), "visible_to": `"3"`, "update_time": `"2026-11-22 12:00:00"`, "delete_time": "null",
	}
	for name, value := range want {
		if got := compact(t, p[name]); got != value {
			t.Errorf("%s: got %s, want %s", name, got, value)
		}
	}
}

func TestMergeRefusals(t *testing.T) {
	a := unlimited(t)
	for range 3 {
		a.must("POST", "/api/v2/persons", `{"name":"A"}`)
	}
	a.must("DELETE", "/api/v2/persons/3", "")
	refused(t, a.do("PUT", "/v1/persons/1/merge", `{}`), 400, "merge_with_id")
	refused(t, a.do("PUT", "/v1/persons/1/merge", `{"merge_with_id":1}`), 400, "itself")
	refused(t, a.do("PUT", "/v1/persons/1/merge", `{"merge_with_id":3}`), 404)
	refused(t, a.do("PUT", "/v1/persons/3/merge", `{"merge_with_id":1}`), 404)
	refused(t, a.do("PUT", "/v1/persons/9/merge", `{"merge_with_id":1}`), 404)
}
