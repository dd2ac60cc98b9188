package pipedrive

import (
	"slices"
	"strings"
	"time"
)

// person is one record. A stored person is never changed: a write stores another
// one in its place, so that readers need no lock on what they got.
type person struct {
	id, owner int64
	org       *int64
	name      fullName
	emails    []contactPoint
	phones    []contactPoint
	labels    []int64
	visible   int64
	custom    map[string]any // by field code; unset fields have no entry
	extras    map[string]any // what only Contact Sync accounts have
	added     time.Time
	updated   time.Time // whole seconds
	touched   time.Time // of the last write, for the search's lag
	deleted   bool
}

// contactPoint is one item of emails or phones.
type contactPoint struct {
	Value   string `json:"value"`
	Primary bool   `json:"primary"`
	Label   string `json:"label"`
}

type fullName struct{ full, first, last string }

const defaultLabel = "work"

// splitName is the vendor's rule: the first word is the first name, all the rest
// the last name.
func splitName(name string) fullName {
	name = strings.TrimSpace(name)
	first, last, _ := strings.Cut(name, " ")
	return fullName{full: name, first: first, last: strings.TrimSpace(last)}
}

func joinName(first, last string) fullName {
	first, last = strings.TrimSpace(first), strings.TrimSpace(last)
	return fullName{full: strings.TrimSpace(first + " " + last), first: first, last: last}
}

// tidyPoints drops blank items, fills in labels and makes one item primary: the
// first, unless one is.
func tidyPoints(points []contactPoint) []contactPoint {
	tidy := make([]contactPoint, 0, len(points))
	for _, point := range points {
		if strings.TrimSpace(point.Value) == "" {
			continue
		}
		if point.Label == "" {
			point.Label = defaultLabel
		}
		tidy = append(tidy, point)
	}
	if len(tidy) > 0 && !slices.ContainsFunc(tidy, func(p contactPoint) bool { return p.Primary }) {
		tidy[0].Primary = true
	}
	return tidy
}

// change is what a write asks for. A nil pointer, slice or map leaves the person's
// value alone; an empty slice clears it. In custom and extras, a nil value clears
// and a missing key leaves alone.
type change struct {
	name    *fullName
	owner   *int64
	org     **int64
	emails  []contactPoint
	phones  []contactPoint
	labels  []int64
	visible *int64
	added   *time.Time
	custom  map[string]any
	extras  map[string]any
}

// apply returns p as the change wants it.
func (c change) apply(p person) person {
	set(&p.name, c.name)
	set(&p.owner, c.owner)
	set(&p.org, c.org)
	set(&p.visible, c.visible)
	set(&p.added, c.added)
	if c.emails != nil {
		p.emails = tidyPoints(c.emails)
	}
	if c.phones != nil {
		p.phones = tidyPoints(c.phones)
	}
	if c.labels != nil {
		p.labels = c.labels
	}
	p.custom = merged(p.custom, c.custom)
	p.extras = merged(p.extras, c.extras)
	return p
}

func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

func merged(old, changes map[string]any) map[string]any {
	if len(changes) == 0 {
		return old
	}
	all := make(map[string]any, len(old)+len(changes))
	for name, value := range old {
		all[name] = value
	}
	for name, value := range changes {
		if value == nil {
			delete(all, name)
		} else {
			all[name] = value
		}
	}
	return all
}
