package hubspot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func (b *bench) search(body string) answer {
	b.t.Helper()
	return b.call("POST", contacts+"/search", body)
}

func TestSearchFilters(t *testing.T) {
	b := start(t)
	ada := b.add(map[string]string{"email": "ada@example.com", "firstname": "Ada", "company": "Analytical Engines"})
	b.advance(time.Minute)
	bob := b.add(map[string]string{"email": "bob@example.org", "firstname": "bob", "lifecyclestage": "customer"})
	b.advance(time.Minute)
	eve := b.add(map[string]string{"firstname": "Eve", "lastname": "O'Neil"})
	if err := b.Edit(ada, map[string]string{"hs_additional_emails": "lovelace@example.com"}); err != nil {
		t.Fatal(err)
	}
	gone := b.add(map[string]string{"firstname": "Gone"})
	_ = b.Delete(gone)
	bobTime := b.clock().Add(-time.Minute)
	for _, c := range []struct {
		name, filters string
		want          []string
	}{
		{"none", ``, []string{ada, bob, eve}},
		{"text without case", `{"propertyName":"firstname","operator":"EQ","value":"ADA"}`, []string{ada}},
		{"not equal", `{"propertyName":"firstname","operator":"NEQ","value":"Ada"}`, []string{bob, eve}},
		{"secondary address is not the e-mail", `{"propertyName":"email","operator":"EQ","value":"lovelace@example.com"}`, nil},
		{"secondary address", `{"propertyName":"hs_additional_emails","operator":"EQ","value":"lovelace@example.com"}`, []string{ada}},
		{"in, lower case", `{"propertyName":"firstname","operator":"IN","values":["ada","eve"]}`, []string{ada, eve}},
		{"in, as written", `{"propertyName":"firstname","operator":"IN","values":["Ada"]}`, nil},
		{"enumeration with case", `{"propertyName":"lifecyclestage","operator":"EQ","value":"Customer"}`, nil},
		{"enumeration", `{"propertyName":"lifecyclestage","operator":"IN","values":["customer"]}`, []string{bob}},
		{"has", `{"propertyName":"email","operator":"HAS_PROPERTY"}`, []string{ada, bob}},
		{"has not", `{"propertyName":"email","operator":"NOT_HAS_PROPERTY"}`, []string{eve}},
		{"token", `{"propertyName":"company","operator":"CONTAINS_TOKEN","value":"engines"}`, []string{ada}},
		{"token with a wildcard", `{"propertyName":"email","operator":"CONTAINS_TOKEN","value":"*.org"}`, []string{bob}},
		{"modified since, milliseconds", fmt.Sprintf(`{"propertyName":"lastmodifieddate","operator":"GTE","value":"%d"}`, bobTime.UnixMilli()), []string{ada, bob, eve}},
		{"modified after, RFC 3339", `{"propertyName":"lastmodifieddate","operator":"GT","value":"` + bobTime.Format(time.RFC3339) + `"}`, []string{ada, eve}},
		{"between", fmt.Sprintf(`{"propertyName":"createdate","operator":"BETWEEN","value":"%d","highValue":"%d"}`, bobTime.UnixMilli(), bobTime.UnixMilli()), []string{bob}},
		{"wrong last-modified property", `{"propertyName":"hs_lastmodifieddate","operator":"GTE","value":"0"}`, nil},
		{"id", `{"propertyName":"hs_object_id","operator":"GT","value":"` + ada + `"}`, []string{bob, eve}},
		{"and", `{"propertyName":"hs_object_id","operator":"GT","value":"` + ada + `"},{"propertyName":"firstname","operator":"LT","value":"c"}`, []string{bob}},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := `{"filterGroups":[{"filters":[` + c.filters + `]}]}`
			if c.filters == "" {
				body = `{}`
			}
			r := b.search(body).want(200).decode()
			if !slices.Equal(r.ids(), c.want) || r.Total != len(c.want) {
				t.Errorf("got %v of %d, want %v", r.ids(), r.Total, c.want)
			}
		})
	}
	r := b.search(`{"filterGroups":[{"filters":[{"propertyName":"firstname","operator":"EQ","value":"ada"}]},{"filters":[{"propertyName":"firstname","operator":"EQ","value":"eve"}]}]}`).want(200).decode()
	if !slices.Equal(r.ids(), []string{ada, eve}) {
		t.Errorf("groups: %v", r.ids())
	}
	if r := b.search(`{"query":"neil o'"}`).want(200).decode(); len(r.Results) != 0 {
		t.Errorf("query matched within a word: %v", r.ids())
	}
	if r := b.search(`{"query":"EVE o'n"}`).want(200).decode(); !slices.Equal(r.ids(), []string{eve}) {
		t.Errorf("query: %v", r.ids())
	}
}

func TestSearchSorts(t *testing.T) {
	b := start(t)
	c, a, n := b.add(map[string]string{"firstname": "c"}), b.add(map[string]string{"firstname": "A"}), b.add(map[string]string{"lastname": "none"})
	for sort, want := range map[string][]string{
		``: {c, a, n},
		`{"propertyName":"firstname","direction":"ASCENDING"}`: {a, c, n},
		`"-firstname"`: {c, a, n},
		`{"propertyName":"hs_object_id","direction":"DESCENDING"}`: {n, a, c},
	} {
		if r := b.search(`{"sorts":[` + sort + `]}`).want(200).decode(); !slices.Equal(r.ids(), want) {
			t.Errorf("%s: %v, want %v", sort, r.ids(), want)
		}
	}
}

func TestSearchLimits(t *testing.T) {
	b := start(t)
	filter := `{"propertyName":"email","operator":"HAS_PROPERTY"}`
	group := func(n int) string {
		return `{"filters":[` + strings.Join(slices.Repeat([]string{filter}, n), ",") + `]}`
	}
	for name, body := range map[string]string{
		"limit":               `{"limit":201}`,
		"two sorts":           `{"sorts":["email","firstname"]}`,
		"sort by nothing":     `{"sorts":["nope"]}`,
		"six groups":          `{"filterGroups":[` + strings.Join(slices.Repeat([]string{group(1)}, 6), ",") + `]}`,
		"seven in a group":    `{"filterGroups":[` + group(7) + `]}`,
		"nineteen in all":     `{"filterGroups":[` + strings.Join([]string{group(6), group(6), group(6), group(1)}, ",") + `]}`,
		"beyond 10,000":       `{"limit":200,"after":"9900"}`,
		"cursor of a listing": `{"after":"171600000123"}`,
		"text cursor":         `{"after":"abc"}`,
		"unknown property":    `{"filters":[{"propertyName":"nope","operator":"EQ","value":"1"}]}`,
		"unknown operator":    `{"filters":[{"propertyName":"email","operator":"LIKE","value":"1"}]}`,
		"no value":            `{"filters":[{"propertyName":"email","operator":"EQ"}]}`,
		"no time":             `{"filters":[{"propertyName":"createdate","operator":"GT","value":"yesterday"}]}`,
		"3,001 characters":    `{"query":"` + strings.Repeat("ö", 3_001-12) + `"}`,
	} {
		if a := b.search(body); a.status != 400 {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	b.search(`{"filterGroups":[` + strings.Join([]string{group(6), group(6), group(6)}, ",") + `]}`).want(200)
	b.search(`{"query":"` + strings.Repeat("ö", 3_000-12) + `"}`).want(200)
	b.search(`{"limit":200,"after":"9800"}`).want(200)
}

func TestSearchPagesByOffset(t *testing.T) {
	b := start(t)
	ids := b.seed(450)
	var got []string
	after := ""
	for {
		r := b.search(`{"limit":200,"sorts":["hs_object_id"],"after":"` + after + `"}`).want(200).decode()
		got = append(got, r.ids()...)
		if r.Total != 450 {
			t.Errorf("total %d", r.Total)
		}
		if r.Paging == nil {
			break
		}
		if after = r.Paging.Next.After; after != strconv.Itoa(len(got)) {
			t.Errorf("cursor %s after %d", after, len(got))
		}
	}
	if !slices.Equal(got, ids) {
		t.Errorf("%d contacts", len(got))
	}
}

func TestSearchIndexLags(t *testing.T) {
	b := start(t, func(o *Options) { o.Knobs.IndexLagMS = 5_000 })
	id := b.add(map[string]string{"firstname": "Ada"})
	names := func() (list []string) {
		for _, r := range b.search(`{}`).want(200).decode().Results {
			list = append(list, r.prop("firstname"))
		}
		return list
	}
	step := func(what string, want ...string) {
		t.Helper()
		if got := names(); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	step("just created")
	b.advance(5 * time.Second)
	step("indexed", "Ada")
	b.call("PATCH", contacts+"/"+id, `{"properties":{"firstname":"Grace"}}`).want(200)
	b.advance(4 * time.Second)
	step("changed", "Ada")
	b.advance(time.Second)
	step("change indexed", "Grace")
	_ = b.Delete(id)
	step("deleted", "Grace")
	b.advance(5 * time.Second)
	step("deletion indexed")
}
