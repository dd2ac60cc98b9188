package hubspot

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// test is a compiled filter.
type test func(*record) bool

// sortKey is a value in the order of its property's type: text without case,
// numbers and times by size.
type sortKey struct {
	empty bool
	num   float64
	text  string
}

func (k sortKey) compare(other sortKey) int {
	return cmp.Or(cmp.Compare(k.num, other.num), strings.Compare(k.text, other.text))
}

func (a *account) sortKey(name, value string) sortKey {
	if value == "" {
		return sortKey{empty: true}
	}
	if p := a.byName[name]; p != nil {
		switch p.Type {
		case "number":
			if n, err := strconv.ParseFloat(value, 64); err == nil {
				return sortKey{num: n}
			}
		case "date", "datetime":
			if at, ok := parseTime(value); ok {
				return sortKey{num: float64(at.UnixMilli())}
			}
			if day, ok := parseDay(value); ok {
				return sortKey{num: float64(day.UnixMilli())}
			}
		}
	}
	return sortKey{text: strings.ToLower(value)}
}

// compile checks a filter and turns it into a test. Values compare without case,
// except those of enumerations, and except that IN and NOT_IN expect text in
// lower case already.
func (a *account) compile(f filter, now time.Time) (test, error) {
	p := a.defined(f.PropertyName, now)
	if p == nil {
		return nil, badRequest("There was a problem with the request: property %q does not exist", f.PropertyName)
	}
	if f.PropertyName == "hs_lastmodifieddate" {
		return func(*record) bool { return false }, nil // not indexed for contacts
	}
	if err := a.checkOperands(p, f); err != nil {
		return nil, err
	}
	key := func(value string) sortKey {
		if p.Type == "enumeration" {
			return sortKey{empty: value == "", text: value}
		}
		return a.sortKey(p.Name, value)
	}
	read := func(r *record) sortKey { return key(r.read(p.Name)) }
	want := key(f.Value)
	compared := func(accept func(int) bool) test {
		return func(r *record) bool { have := read(r); return !have.empty && accept(have.compare(want)) }
	}
	switch f.Operator {
	case "EQ":
		if p.Type == "enumeration" {
			return func(r *record) bool { return slices.Contains(splitList(r.read(p.Name)), f.Value) }, nil
		}
		return compared(func(n int) bool { return n == 0 }), nil
	case "NEQ":
		return func(r *record) bool { return read(r).compare(want) != 0 }, nil
	case "LT":
		return compared(func(n int) bool { return n < 0 }), nil
	case "LTE":
		return compared(func(n int) bool { return n <= 0 }), nil
	case "GT":
		return compared(func(n int) bool { return n > 0 }), nil
	case "GTE":
		return compared(func(n int) bool { return n >= 0 }), nil
	case "BETWEEN":
		high := key(f.HighValue)
		return func(r *record) bool {
			have := read(r)
			return !have.empty && have.compare(want) >= 0 && have.compare(high) <= 0
		}, nil
	case "HAS_PROPERTY":
		return func(r *record) bool { return r.read(p.Name) != "" }, nil
	case "NOT_HAS_PROPERTY":
		return func(r *record) bool { return r.read(p.Name) == "" }, nil
	case "IN":
		return func(r *record) bool { return inList(p, f.Values, r.read(p.Name)) }, nil
	case "NOT_IN":
		return func(r *record) bool { value := r.read(p.Name); return value != "" && !inList(p, f.Values, value) }, nil
	case "CONTAINS_TOKEN":
		return func(r *record) bool { return containsToken(r.read(p.Name), f.Value) }, nil
	case "NOT_CONTAINS_TOKEN":
		return func(r *record) bool { return !containsToken(r.read(p.Name), f.Value) }, nil
	}
	return nil, badRequest("Invalid input JSON: %q is not an operator", f.Operator)
}

func (a *account) checkOperands(p *property, f filter) error {
	operands := []string{f.Value}
	switch f.Operator {
	case "HAS_PROPERTY", "NOT_HAS_PROPERTY":
		return nil
	case "IN", "NOT_IN":
		operands = f.Values
	case "BETWEEN":
		operands = append(operands, f.HighValue)
	}
	if len(operands) == 0 || slices.Contains(operands, "") {
		return badRequest("Filter on %q with operator %s needs a value", p.Name, f.Operator)
	}
	for _, operand := range operands {
		ok := true
		switch p.Type {
		case "number":
			_, err := strconv.ParseFloat(operand, 64)
			ok = err == nil
		case "datetime", "date":
			_, isTime := parseTime(operand)
			_, isDay := parseDay(operand)
			ok = isTime || isDay
		}
		if !ok {
			return badRequest("Filter on %q: %q is not a valid %s", p.Name, operand, p.Type)
		}
	}
	return nil
}

func inList(p *property, values []string, value string) bool {
	if p.Type == "enumeration" {
		return slices.ContainsFunc(splitList(value), func(v string) bool { return slices.Contains(values, v) })
	}
	return value != "" && slices.Contains(values, strings.ToLower(value))
}

// containsToken reports whether a word of value, or the whole of it, is the token;
// "*" stands for any text at an end of the token.
func containsToken(value, token string) bool {
	value, token = strings.ToLower(value), strings.ToLower(token)
	prefix, suffix := strings.HasSuffix(token, "*"), strings.HasPrefix(token, "*")
	token = strings.Trim(token, "*")
	matches := func(word string) bool {
		switch {
		case prefix && suffix:
			return strings.Contains(word, token)
		case prefix:
			return strings.HasPrefix(word, token)
		case suffix:
			return strings.HasSuffix(word, token)
		}
		return word == token
	}
	words := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" @.;,-_+()/", r) })
	return value != "" && (matches(value) || slices.ContainsFunc(words, matches))
}
