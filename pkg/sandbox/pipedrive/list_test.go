package pipedrive

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestListQueriesAreStrict(t *testing.T) {
	manyIDs := strings.TrimSuffix(strings.Repeat("1,", 101), ",")
	manyKeys := strings.TrimSuffix(strings.Repeat("k,", 16), ",")
	cases := []struct{ query, words string }{
		{"type=person", "type: unknown query parameter"},
		{"limit=501", "limit: must be between 1 and 500"},
		{"limit=0", "limit: must be between"},
		{"limit=ten", "limit: must be"},
		{"updated_since=2025-01-01T10:20:00.000Z", "not a valid datetime"},
		{"updated_since=2025-01-01%2010:20:00", "not a valid datetime"},
		{"updated_until=2025-13-01T10:20:00Z", "not a valid datetime"},
		{"sort_by=name", "sort_by: must be one of id, update_time, add_time"},
		{"sort_by=id,update_time", "sort_by"},
		{"sort_direction=ASC", "sort_direction"},
		{"ids=" + manyIDs, "ids: at most 100"},
		{"ids=1,x", `"x" is not an integer`},
		{"custom_fields=" + manyKeys, "custom_fields: at most 15"},
		{"include_fields=pictures", "include_fields"},
		{"include_labels=1", "include_labels: must be true or false"},
		{"cursor=!", "cursor: invalid cursor"},
		{"cursor=" + base64.RawURLEncoding.EncodeToString([]byte("{}")), "cursor"},
		{"limit=1&limit=2", "given more than once"},
	}
	for _, c := range cases {
		t.Run(c.query[:min(40, len(c.query))], func(t *testing.T) {
			a := unlimited(t)
			r := a.do("GET", "/api/v2/persons?"+c.query, "")
			refused(t, r, 400, "ERR_SCHEMA_VALIDATION_FAILED", "Validation failed: ")
			if message, _ := r.json["error"].(string); !strings.Contains(message, c.words) {
				t.Errorf("got %q, want it to contain %q", message, c.words)
			}
		})
	}
	a := open(t, Knobs{LimitsOff: true, ClampLimit: true})
	a.must("GET", "/api/v2/persons?limit=5000", "")
	refused(t, a.do("GET", "/api/v2/persons?filter_id=3", ""), 404)
	refused(t, a.do("GET", "/api/v2/persons/1?limit=3", ""), 400, "limit: unknown query parameter")
	refused(t, a.do("POST", "/api/v2/persons?x=1", `{"name":"A"}`), 400, "x: unknown query parameter")
}

// spread makes persons 1 to n, three in every second.
func spread(a *account, n int) {
	for i := range n {
		if i > 0 && i%3 == 0 {
			a.pass(time.Second)
		}
		if _, err := a.Create(map[string]string{"first_name": fmt.Sprint("P", i+1)}); err != nil {
			a.t.Fatal(err)
		}
	}
}

// walk reads every page of a list.
func walk(a *account, query string) (ids []int, pages int) {
	a.t.Helper()
	path := "/api/v2/persons?" + query
	r := a.must("GET", path, "")
	ids, pages = r.ids(), 1
	for cursor := r.cursor(); cursor != ""; cursor = r.cursor() {
		r = a.must("GET", path+"&cursor="+url.QueryEscape(cursor), "")
		ids, pages = append(ids, r.ids()...), pages+1
	}
	return ids, pages
}

func TestListPages(t *testing.T) {
	a := unlimited(t)
	spread(a, 20)
	a.pass(time.Minute)
	a.must("PATCH", "/api/v2/persons/4", `{"name":"moved"}`)
	a.must("DELETE", "/api/v2/persons/7", "")
	living := slices.DeleteFunc(upTo(20), func(id int) bool { return id == 7 })
	byUpdate := append(slices.DeleteFunc(slices.Clone(living), func(id int) bool { return id == 4 }), 4)
	backwards := func(ids []int) []int { ids = slices.Clone(ids); slices.Reverse(ids); return ids }
	cases := []struct {
		query string
		want  []int
		pages int
	}{
		{"", living, 1},
		{"limit=500", living, 1},
		{"limit=19", living, 1},
		{"limit=7", living, 3},
		{"limit=1", living, 19},
		{"limit=4&sort_by=id&sort_direction=desc", backwards(living), 5},
		{"limit=4&sort_by=update_time", byUpdate, 5},
		{"limit=4&sort_by=update_time&sort_direction=desc", backwards(byUpdate), 5},
		{"limit=4&sort_by=add_time", living, 5},
		{"limit=4&sort_by=add_time&sort_direction=desc", backwards(living), 5},
		{"limit=2&ids=9,3,7,77,5,3", []int{3, 5, 9}, 2},
		{"ids=9,3,5&sort_direction=desc", []int{9, 5, 3}, 1},
		{"owner_id=12415232", []int{}, 1},
		{"deal_id=1", []int{}, 1},
	}
	for _, c := range cases {
		if ids, pages := walk(a, c.query); !slices.Equal(ids, c.want) || pages != c.pages {
			t.Errorf("%q: got %v in %d pages, want %v in %d", c.query, ids, pages, c.want, c.pages)
		}
	}
}

func upTo(n int) []int {
	ids := make([]int, n)
	for i := range ids {
		ids[i] = i + 1
	}
	return ids
}

func TestUpdatedWindowsTile(t *testing.T) {
	a := unlimited(t)
	spread(a, 12) // at :00, :01, :02 and :03
	for _, sort := range []string{"sort_by=id", "sort_by=update_time", "sort_by=update_time&sort_direction=desc", "sort_by=add_time&sort_direction=desc"} {
		cases := []struct {
			query string
			want  []int
		}{
			{"updated_since=2026-11-22T12:00:01Z", []int{4, 5, 6, 7, 8, 9, 10, 11, 12}},
			{"updated_until=2026-11-22T12:00:01Z", []int{1, 2, 3}},
			{"updated_since=2026-11-22T12:00:01Z&updated_until=2026-11-22T12:00:03Z", []int{4, 5, 6, 7, 8, 9}},
			{"updated_since=2026-11-22T12:00:04Z", []int{}},
			{"updated_since=2026-11-22T14:00:03%2B02:00", []int{10, 11, 12}},
		}
		for _, c := range cases {
			ids, _ := walk(a, sort+"&limit=2&"+c.query)
			if slices.Sort(ids); !slices.Equal(ids, c.want) {
				t.Errorf("%s %s: got %v, want %v", sort, c.query, ids, c.want)
			}
		}
	}
}

func TestCursorIsAKeysetMarker(t *testing.T) {
	a := unlimited(t)
	spread(a, 4)
	r := a.must("GET", "/api/v2/persons?limit=2&sort_by=update_time", "")
	decoded, err := base64.RawURLEncoding.DecodeString(r.cursor())
	if want := `{"field":"update_time","fieldValue":"2026-11-22T12:00:00Z","sortDirection":"asc","id":2}`; err != nil || string(decoded) != want {
		t.Errorf("got %s, %v, want %s", decoded, err, want)
	}
	refused(t, a.do("GET", "/api/v2/persons?limit=2&cursor="+r.cursor(), ""), 400, "does not belong to sort_by=id")
	refused(t, a.do("GET", "/api/v2/persons?limit=2&sort_by=update_time&sort_direction=desc&cursor="+r.cursor(), ""), 400, "sort_direction=desc")
	last := a.must("GET", "/api/v2/persons?limit=2&sort_by=update_time&cursor="+r.cursor(), "")
	if got := compact(t, last.json["additional_data"]); got != `{"next_cursor":null}` {
		t.Errorf("the last page: %s", got)
	}
}

// A row edited during an ascending walk by update_time comes again at the end; in
// a descending one it is missed.
func TestWalkMeetsEdits(t *testing.T) {
	for direction, want := range map[string][]int{"asc": {1, 2, 3, 4, 1}, "desc": {4, 3, 2}} {
		a := unlimited(t)
		spread(a, 4)
		a.pass(time.Minute)
		path := "/api/v2/persons?limit=2&sort_by=update_time&sort_direction=" + direction
		first := a.must("GET", path, "")
		a.must("PATCH", "/api/v2/persons/1", `{"name":"edited"}`)
		ids := first.ids()
		for cursor := first.cursor(); cursor != ""; {
			r := a.must("GET", path+"&cursor="+cursor, "")
			ids, cursor = append(ids, r.ids()...), r.cursor()
		}
		if !slices.Equal(ids, want) {
			t.Errorf("%s: got %v, want %v", direction, ids, want)
		}
	}
}

func TestViews(t *testing.T) {
	a := unlimited(t)
	mood := a.AddField("Mood", "enum", "calm", "busy")
	tags := a.AddField("Tags", "set", "a", "b")
	text := a.AddField("Text", "varchar")
	options := func(code string) []option { return a.fields.find(code).options }
	a.must("POST", "/api/v2/persons", fmt.Sprintf(`{"name":"A","label_ids":[2],"custom_fields":{"%s":%d,"%s":[%d],"%s":"x"}}`,
		mood, options(mood)[1].ID, tags, options(tags)[0].ID, text))
	custom := func(query string) map[string]any {
		return a.must("GET", "/api/v2/persons/1?"+query, "").data()["custom_fields"].(map[string]any)
	}
	if got := custom(""); got[mood] != float64(options(mood)[1].ID) || compact(t, got[tags]) != fmt.Sprintf("[%d]", options(tags)[0].ID) {
		t.Errorf("plain: %v", got)
	}
	if got := custom("include_option_labels=true"); compact(t, got[mood]) != fmt.Sprintf(`{"id":%d,"label":"busy"}`, options(mood)[1].ID) ||
		compact(t, got[tags]) != fmt.Sprintf(`[{"id":%d,"label":"a"}]`, options(tags)[0].ID) {
		t.Errorf("with labels: %v", got)
	}
	if got := custom("custom_fields=" + text); len(got) != 1 || got[text] != "x" {
		t.Errorf("one field: %v", got)
	}
	p := a.must("GET", "/api/v2/persons/1?include_labels=true&include_fields=notes_count,marketing_status", "").data()
	if compact(t, p["labels"]) != `[{"id":2,"label":"Hot lead"}]` || p["notes_count"] != 0.0 {
		t.Errorf("included: %v", p)
	}
	if value, ok := p["marketing_status"]; !ok || value != nil {
		t.Errorf("marketing_status: %v, %v", value, ok)
	}
}

func TestManyPersonsPage(t *testing.T) {
	a := unlimited(t)
	records := make([]map[string]string, 20_000)
	for i := range records {
		records[i] = map[string]string{"first_name": fmt.Sprint("P", i), "emails": fmt.Sprintf("p%d@x.example", i)}
	}
	if _, err := a.Load(records, true); err != nil {
		t.Fatal(err)
	}
	ids, pages := walk(a, "limit=500&sort_by=update_time")
	if len(ids) != 20_000 || pages != 40 || ids[19_999] != 20_000 {
		t.Errorf("got %d ids in %d pages", len(ids), pages)
	}
}
