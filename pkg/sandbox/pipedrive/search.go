package pipedrive

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const maxSearchPage = 100

type searchHit struct {
	Score float64    `json:"result_score"`
	Item  searchItem `json:"item"`
}

type searchItem struct {
	ID           int64               `json:"id"`
	Type         string              `json:"type"`
	Name         string              `json:"name"`
	Phones       []string            `json:"phones"`
	Emails       []string            `json:"emails"`
	VisibleTo    int64               `json:"visible_to"`
	Owner        idOnly              `json:"owner"`
	Organization *searchOrganization `json:"organization"`
	CustomFields []string            `json:"custom_fields"`
	Notes        []string            `json:"notes"`
}

type searchOrganization struct {
	ID      int64   `json:"id"`
	Name    string  `json:"name"`
	Address *string `json:"address"`
}

var searchable = []string{"custom_fields", "email", "notes", "phone", "name"}

// searchPersons finds by a part of a value, or by a whole value when exact_match
// is set; case never counts. A person written within the lag is not found.
func (s *Server) searchPersons(c *call) (answer, error) {
	q := &c.query
	q.only("term", "fields", "exact_match", "organization_id", "include_fields", "limit", "cursor")
	exact := q.flag("exact_match")
	term := readTerm(q, exact)
	fields := q.list("fields", len(searchable), searchable...)
	if fields == nil {
		fields = searchable
	}
	organization := q.integer("organization_id")
	q.list("include_fields", 1, "person.picture")
	limit := q.limit(maxSearchPage, s.knobs.ClampLimit)
	offset := 0
	if q.has("cursor") && q.err == nil {
		offset, q.err = decodeOffset(q.values.Get("cursor"))
	}
	if q.err != nil {
		return answer{}, q.err
	}
	hits := s.find(term, exact, fields, organization)
	from, to := min(offset, len(hits)), min(offset+limit, len(hits))
	var next nextCursor
	if to < len(hits) {
		next.NextCursor = new(encodeMark(offsetMark{to}))
	}
	return answer{data: map[string]any{"items": hits[from:to]}, additional: next}, nil
}

func readTerm(q *query, exact bool) string {
	term := strings.TrimSpace(q.values.Get("term"))
	switch {
	case term == "":
		q.err = cmp.Or(q.err, error(refuse(400, codeInput, `Invalid input: "term" is not allowed to be empty`)))
	case !exact && utf8.RuneCountInString(term) < 2:
		q.err = cmp.Or(q.err, error(refuse(400, codeInput, `Invalid input: "term" length must be at least 2 characters long`)))
	}
	return strings.ToLower(term)
}

func (s *Server) find(term string, exact bool, fields []string, organization int64) []searchHit {
	texts := searchTexts{fields: fields, custom: s.fields.customs()}
	hits := []searchHit{}
	for p := range s.people.walk("id", ascending, firstKey) {
		if p.deleted || !s.visible(p) || s.lagging(p) || organization != 0 && (p.org == nil || *p.org != organization) {
			continue
		}
		if score := texts.score(p, term, exact); score > 0 {
			hits = append(hits, searchHit{Score: score, Item: searchResult(p)})
		}
	}
	slices.SortStableFunc(hits, func(a, b searchHit) int { return cmp.Compare(b.Score, a.Score) })
	return hits
}

func (s *Server) lagging(p *person) bool {
	lag := time.Duration(s.knobs.SearchLagSeconds) * time.Second
	return s.now.Before(p.touched.Add(lag))
}

// searchTexts knows which values of a person are searched.
type searchTexts struct {
	fields []string
	custom []*field
}

func (t searchTexts) score(p *person, term string, exact bool) float64 {
	best := 0.0
	see := func(text string) {
		text = strings.ToLower(text)
		switch {
		case text == term:
			best = max(best, 1)
		case !exact && strings.Contains(text, term):
			best = max(best, 0.5)
		}
	}
	for _, name := range t.fields {
		switch name {
		case "name":
			see(p.name.full)
		case "email":
			eachValue(p.emails, see)
		case "phone":
			eachValue(p.phones, see)
		case "notes":
			if notes, ok := p.extras["notes"].(string); ok {
				see(notes)
			}
		case "custom_fields":
			for _, f := range t.custom {
				see(searchText(p.custom[f.code]))
			}
		}
	}
	return best
}

func eachValue(points []contactPoint, see func(string)) {
	for _, point := range points {
		see(point.Value)
	}
}

// searchText is a custom value as the search sees it; options are not searched.
func searchText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case map[string]any:
		return searchText(v["value"])
	}
	return ""
}

func searchResult(p *person) searchItem {
	item := searchItem{
		ID: p.id, Type: "person", Name: p.name.full, Phones: []string{}, Emails: []string{}, VisibleTo: p.visible,
		Owner: idOnly{p.owner}, CustomFields: []string{}, Notes: []string{},
	}
	eachValue(p.emails, func(v string) { item.Emails = append(item.Emails, v) })
	eachValue(p.phones, func(v string) { item.Phones = append(item.Phones, v) })
	for _, code := range sortedKeys(p.custom) {
		if text := searchText(p.custom[code]); text != "" {
			item.CustomFields = append(item.CustomFields, text)
		}
	}
	if p.org != nil {
		item.Organization = &searchOrganization{ID: *p.org, Name: "Organization " + formatID(*p.org)}
	}
	return item
}
