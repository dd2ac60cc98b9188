package pipedrive

import (
	"fmt"
	"testing"
	"time"
)

func hits(r reply) []int {
	ids := []int{}
	items, _ := r.data()["items"].([]any)
	for _, item := range items {
		ids = append(ids, int(item.(map[string]any)["item"].(map[string]any)["id"].(float64)))
	}
	return ids
}

func TestSearch(t *testing.T) {
	a := unlimited(t)
	key := a.AddField("Contact Sync ID", "varchar")
	a.must("POST", "/api/v2/persons", `{"name":"Ann Lee","emails":[{"value":"ann@x.example"}],"custom_fields":{"`+key+`":"cs_1"}}`)
	a.must("POST", "/api/v2/persons", `{"name":"Annika","phones":[{"value":"+372 555"}],"emails":[{"value":"Ann@X.example"}]}`)
	a.must("POST", "/api/v2/persons", `{"name":"Bo","custom_fields":{"`+key+`":"ann"}}`)
	a.must("POST", "/api/v2/persons", `{"name":"Ann gone"}`)
	a.must("DELETE", "/api/v2/persons/4", "")
	cases := []struct {
		query string
		want  string
	}{
		{"term=ann", "[3 1 2]"}, // the whole value first
		{"term=ann&fields=name", "[1 2]"},
		{"term=ANN@x.example&exact_match=true&fields=email", "[1 2]"},
		{"term=ann@x&exact_match=true", "[]"},
		{"term=cs_1&exact_match=true&fields=custom_fields", "[1]"},
		{"term=555&fields=phone", "[2]"},
		{"term=a&exact_match=true", "[]"},
		{"term=ann&limit=1", "[3]"},
		{"term=ann&organization_id=4", "[]"},
	}
	for _, c := range cases {
		if got := fmt.Sprint(hits(a.must("GET", "/api/v2/persons/search?"+c.query, ""))); got != c.want {
			t.Errorf("%s: got %s, want %s", c.query, got, c.want)
		}
	}
	first := a.must("GET", "/api/v2/persons/search?term=ann&limit=2", "")
	if got := fmt.Sprint(hits(a.must("GET", "/api/v2/persons/search?term=ann&limit=2&cursor="+first.cursor(), ""))); got != "[2]" {
		t.Errorf("second page: %s", got)
	}
	refused(t, a.do("GET", "/api/v2/persons/search?term=", ""), 400, "ERR_INVALID_INPUT", "not allowed to be empty")
	refused(t, a.do("GET", "/api/v2/persons/search?term=a", ""), 400, "at least 2")
	refused(t, a.do("GET", "/api/v2/persons/search?term=ann&limit=101", ""), 400, "between 1 and 100")
	refused(t, a.do("GET", "/api/v2/persons/search?term=ann&fields=address", ""), 400, "fields")
}

func TestSearchLag(t *testing.T) {
	a := open(t, Knobs{LimitsOff: true, SearchLagSeconds: 10})
	a.must("POST", "/api/v2/persons", `{"name":"Ann"}`)
	search := func() string { return fmt.Sprint(hits(a.must("GET", "/api/v2/persons/search?term=ann", ""))) }
	a.pass(9 * time.Second)
	if got := search(); got != "[]" {
		t.Errorf("within the lag: %s", got)
	}
	a.pass(time.Second)
	if got := search(); got != "[1]" {
		t.Errorf("after the lag: %s", got)
	}
}
