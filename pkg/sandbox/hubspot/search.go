package hubspot

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	searchLimit    = 200
	searchWindow   = 10_000
	searchBody     = 3_000 // characters
	maxGroups      = 5
	maxGroupFilter = 6
	maxFilters     = 18
)

type searchRequest struct {
	Query        string        `json:"query"`
	FilterGroups []filterGroup `json:"filterGroups"`
	Filters      []filter      `json:"filters"` // legacy form of one group
	Sorts        []sortOrder   `json:"sorts"`
	Properties   []string      `json:"properties"`
	Limit        int           `json:"limit"`
	After        cursor        `json:"after"`
}

type filterGroup struct {
	Filters []filter `json:"filters"`
}

type filter struct {
	PropertyName string   `json:"propertyName"`
	Operator     string   `json:"operator"`
	Value        string   `json:"value"`
	HighValue    string   `json:"highValue"`
	Values       []string `json:"values"`
}

// sortOrder is {"propertyName","direction"}, or a name with "-" in front for descending.
type sortOrder struct {
	name       string
	descending bool
}

// UnmarshalJSON implements [json.Unmarshaler].
func (o *sortOrder) UnmarshalJSON(data []byte) error {
	var name string
	if json.Unmarshal(data, &name) == nil {
		o.name, o.descending = strings.CutPrefix(name, "-")
		return nil
	}
	var long struct {
		PropertyName string `json:"propertyName"`
		Direction    string `json:"direction"`
	}
	err := json.Unmarshal(data, &long)
	o.name, o.descending = long.PropertyName, long.Direction == "DESCENDING"
	return err
}

// cursor is the offset of the next page, a number in a string or bare.
type cursor int

// UnmarshalJSON implements [json.Unmarshaler].
func (c *cursor) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if text == "" || text == "null" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < 0 {
		return unreadable("Cannot deserialize value of type `int` from String %q: not a valid `int` value", text)
	}
	*c = cursor(n)
	return nil
}

type searchJSON struct {
	Total   int          `json:"total"`
	Results []objectJSON `json:"results"`
	Paging  *pagingJSON  `json:"paging,omitempty"`
}

func (s *Server) searchContacts(c *call) (int, any, error) {
	var in searchRequest
	if len([]rune(string(c.body))) > searchBody {
		return 0, nil, badRequest("The request body is limited to %d characters", searchBody)
	}
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	groups, err := s.searchPlan(&in, c.now)
	if err != nil {
		return 0, nil, err
	}
	found := s.searchIndex(in, groups, c.now)
	from := min(int(in.After), len(found))
	page := found[from:min(from+in.Limit, len(found))]
	answer := searchJSON{Total: len(found), Results: make([]objectJSON, 0, len(page))}
	for _, r := range page {
		answer.Results = append(answer.Results, s.account.render(r, selection{properties: in.Properties}, c.now))
	}
	if next := from + len(page); next < len(found) {
		answer.Paging = &pagingJSON{nextJSON{After: strconv.Itoa(next)}}
	}
	return http.StatusOK, answer, nil
}

// searchPlan checks the request's limits, fills its defaults, and compiles its filters.
func (s *Server) searchPlan(in *searchRequest, now time.Time) ([][]test, error) {
	if in.Limit == 0 {
		in.Limit = defaultPageSize
	}
	if in.Limit < 0 || in.Limit > searchLimit {
		return nil, badRequest("The limit must be between 1 and %d", searchLimit)
	}
	if int(in.After)+in.Limit > searchWindow {
		return nil, badRequest("Paging beyond %d results is not supported", searchWindow)
	}
	if len(in.Sorts) > 1 {
		return nil, badRequest("Only one sort is supported, %d were sent", len(in.Sorts))
	}
	if len(in.Sorts) == 0 {
		in.Sorts = []sortOrder{{name: "createdate"}}
	}
	if s.account.defined(in.Sorts[0].name, now) == nil {
		return nil, badRequest("Property %q to sort by does not exist", in.Sorts[0].name)
	}
	if len(in.Filters) > 0 {
		in.FilterGroups = append(in.FilterGroups, filterGroup{in.Filters})
	}
	if len(in.FilterGroups) > maxGroups {
		return nil, badRequest("At most %d filter groups are supported, %d were sent", maxGroups, len(in.FilterGroups))
	}
	total := 0
	groups := make([][]test, 0, len(in.FilterGroups))
	for _, group := range in.FilterGroups {
		total += len(group.Filters)
		if len(group.Filters) > maxGroupFilter || total > maxFilters {
			return nil, badRequest("At most %d filters per group and %d in all are supported", maxGroupFilter, maxFilters)
		}
		tests := make([]test, 0, len(group.Filters))
		for _, f := range group.Filters {
			t, err := s.account.compile(f, now)
			if err != nil {
				return nil, err
			}
			tests = append(tests, t)
		}
		groups = append(groups, tests)
	}
	return groups, nil
}

// searchIndex returns the matching contacts in order, as the index knows them:
// as they were a lag ago, archived ones left out.
func (s *Server) searchIndex(in searchRequest, groups [][]test, now time.Time) []*record {
	var found []*record
	lag, query := milliseconds(s.knobs.IndexLagMS), strings.Fields(strings.ToLower(in.Query))
	for _, r := range s.account.order {
		if lag > 0 {
			old, known := r.snapshot(now.Add(-lag))
			if !known {
				continue
			}
			r = old
		}
		if !r.archived() && matchesAny(r, groups) && r.mentions(query) {
			found = append(found, r)
		}
	}
	s.account.sort(found, in.Sorts[0])
	return found
}

func matchesAny(r *record, groups [][]test) bool {
	if len(groups) == 0 {
		return true
	}
	return slices.ContainsFunc(groups, func(tests []test) bool {
		return !slices.ContainsFunc(tests, func(t test) bool { return !t(r) })
	})
}

// mentions reports whether each word begins a word of a default searchable property.
func (r *record) mentions(words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := strings.ToLower(strings.Join([]string{
		r.value("firstname"), r.value("lastname"), r.value("email"), r.value("phone"), r.value("company"), r.value("hs_additional_emails"),
	}, " "))
	for _, word := range words {
		if !strings.Contains(" "+strings.ReplaceAll(text, ";", " "), " "+word) {
			return false
		}
	}
	return true
}

// sort orders contacts by one property, those without a value last, ties by id.
func (a *account) sort(found []*record, order sortOrder) {
	if order.name == "hs_object_id" {
		if order.descending {
			slices.Reverse(found)
		}
		return
	}
	type keyed struct {
		key sortKey
		r   *record
	}
	list := make([]keyed, len(found))
	for i, r := range found {
		list[i] = keyed{a.sortKey(order.name, r.read(order.name)), r}
	}
	slices.SortStableFunc(list, func(x, y keyed) int {
		if x.key.empty != y.key.empty {
			return boolOrder(x.key.empty, y.key.empty)
		}
		if order.descending {
			return y.key.compare(x.key)
		}
		return x.key.compare(y.key)
	})
	for i := range list {
		found[i] = list[i].r
	}
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
