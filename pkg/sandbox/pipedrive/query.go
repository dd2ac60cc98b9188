package pipedrive

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// query reads the parameters of a v2 request, which are strict: each has one type,
// and what the endpoint does not know is an error. It keeps the first complaint.
type query struct {
	values url.Values
	err    error
}

func (q *query) complain(format string, args ...any) {
	if q.err == nil {
		q.err = invalid(format, args...)
	}
}

// only refuses every parameter that is not named. The token may come as a
// parameter everywhere.
func (q *query) only(names ...string) {
	for _, name := range sortedKeys(q.values) {
		if name != "api_token" && !slices.Contains(names, name) {
			q.complain("%s: unknown query parameter", name)
		}
		if len(q.values[name]) > 1 {
			q.complain("%s: given more than once", name)
		}
	}
}

func (q *query) has(name string) bool { return q.values.Has(name) }

func (q *query) integer(name string) int64 {
	if !q.has(name) {
		return 0
	}
	n, err := strconv.ParseInt(q.values.Get(name), 10, 64)
	if err != nil {
		q.complain("%s: must be an integer", name)
	}
	return n
}

// limit reads a page size between 1 and most.
func (q *query) limit(most int, clamp bool) int {
	if !q.has("limit") {
		return min(100, most)
	}
	n := q.integer("limit")
	if n < 1 || n > int64(most) && !clamp {
		q.complain("limit: must be between 1 and %d", most)
		return most
	}
	return int(min(n, int64(most)))
}

func (q *query) flag(name string) bool {
	switch text := q.values.Get(name); {
	case !q.has(name) || text == "false":
		return false
	case text == "true":
		return true
	}
	q.complain("%s: must be true or false", name)
	return false
}

// oneOf reads an enumerated value; the first is the default.
func (q *query) oneOf(name string, values ...string) string {
	if !q.has(name) {
		return values[0]
	}
	text := q.values.Get(name)
	if !slices.Contains(values, text) {
		q.complain("%s: must be one of %s", name, strings.Join(values, ", "))
	}
	return text
}

// list reads comma-separated values, at most most of them; nil means not given.
// With allowed, every value must be one of them.
func (q *query) list(name string, most int, allowed ...string) []string {
	if !q.has(name) {
		return nil
	}
	values := strings.Split(q.values.Get(name), ",")
	if len(values) > most {
		q.complain("%s: at most %d values are allowed", name, most)
	}
	for i, value := range values {
		values[i] = strings.TrimSpace(value)
		if len(allowed) > 0 && !slices.Contains(allowed, values[i]) {
			q.complain("%s: %q is not allowed", name, values[i])
		}
	}
	return values
}

func (q *query) ids(name string, most int) []int64 {
	texts := q.list(name, most)
	if texts == nil {
		return nil
	}
	ids := make([]int64, 0, len(texts))
	for _, text := range texts {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			q.complain("%s: %q is not an integer", name, text)
		}
		ids = append(ids, id)
	}
	return ids
}

var wholeSecond = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$`)

// instant reads an RFC 3339 time in whole seconds; the vendor refuses fractions.
func (q *query) instant(name string) (time.Time, bool) {
	if !q.has(name) {
		return time.Time{}, false
	}
	t, ok := parseInstant(q.values.Get(name))
	if !ok {
		q.complain("%s: %q is not a valid datetime", name, q.values.Get(name))
	}
	return t, ok
}

func parseInstant(text string) (time.Time, bool) {
	if !wholeSecond.MatchString(text) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339, text)
	return t.UTC(), err == nil
}
