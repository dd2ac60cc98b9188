package pipedrive

import (
	"iter"
	"net/http"
	"time"
)

const (
	maxPage         = 500
	maxIDs          = 100
	maxCustomFields = 15
)

// showing are the parameters of every read that shows persons.
var showing = []string{"include_fields", "custom_fields", "include_option_labels", "include_labels"}

// view reads how the caller wants persons shown.
func (s *Server) view(q *query) view {
	v := s.plainView()
	v.only = q.list("custom_fields", maxCustomFields)
	v.include = q.list("include_fields", len(optional), optional...)
	v.optionLabels = q.flag("include_option_labels")
	if q.flag("include_labels") {
		v.labels = s.fields.labels()
	}
	return v
}

func (s *Server) plainView() view {
	return view{fields: s.fields.customs(), placeholder: s.knobs.PlaceholderEmpty}
}

// listing is a request for a page of persons.
type listing struct {
	ids               []int64   // nil for all
	owner, org, deal  int64     // 0 for any
	since, until      time.Time // since inclusive, until exclusive; zero is open
	sortBy, direction string
	from              key
	limit             int
	showGone          bool
}

func (s *Server) readListing(q *query) listing {
	l := listing{
		ids:       q.ids("ids", maxIDs),
		owner:     q.integer("owner_id"),
		org:       q.integer("org_id"),
		deal:      q.integer("deal_id"),
		sortBy:    q.oneOf("sort_by", sortFields...),
		direction: q.oneOf("sort_direction", ascending, descending),
		limit:     q.limit(maxPage, s.knobs.ClampLimit),
		showGone:  s.knobs.ListDeleted,
	}
	l.since, _ = q.instant("updated_since")
	l.until, _ = q.instant("updated_until")
	l.from = l.start()
	if q.has("cursor") && q.err == nil {
		last, err := decodeCursor(q.values.Get("cursor"), l.sortBy, l.direction)
		if err != nil {
			q.err = err
		}
		l.from = beyond(last, l.direction)
	}
	return l
}

// start is where the first page begins; sorted by update_time the bounds of the
// request save most of the walk.
func (l listing) start() key {
	switch {
	case l.direction == descending && l.sortBy == "update_time" && !l.until.IsZero():
		return key{at: l.until.Unix()}
	case l.direction == descending:
		return lastKey
	case l.sortBy == "update_time" && !l.since.IsZero():
		return key{at: l.since.Unix()}
	}
	return firstKey
}

// over reports that no later person of the walk can match.
func (l listing) over(p *person) bool {
	if l.sortBy != "update_time" {
		return false
	}
	if l.direction == descending {
		return !l.since.IsZero() && p.updated.Before(l.since)
	}
	return !l.until.IsZero() && !p.updated.Before(l.until)
}

func (l listing) matches(p *person) bool {
	return (l.showGone || !p.deleted) &&
		(l.owner == 0 || p.owner == l.owner) &&
		(l.org == 0 || p.org != nil && *p.org == l.org) &&
		l.deal == 0 && // deals are not modelled: nobody takes part in one
		(l.since.IsZero() || !p.updated.Before(l.since)) &&
		(l.until.IsZero() || p.updated.Before(l.until))
}

func (s *Server) listPersons(c *call) (answer, error) {
	q := &c.query
	q.only(append([]string{
		"filter_id", "ids", "owner_id", "org_id", "deal_id", "updated_since", "updated_until", "sort_by", "sort_direction",
		"limit", "cursor",
	}, showing...)...)
	view, l := s.view(q), s.readListing(q)
	if q.integer("filter_id"); q.err != nil {
		return answer{}, q.err
	}
	if q.has("filter_id") {
		return answer{}, refuse(http.StatusNotFound, "", "Filter not found")
	}
	page, more := s.pageOf(l)
	shown := make([]personV2, 0, len(page))
	for _, p := range page {
		shown = append(shown, view.person(s.asListed(l, p)))
	}
	var next nextCursor
	if more {
		_, keyOf := s.people.order(l.sortBy)
		next.NextCursor = new(encodeCursor(l.sortBy, l.direction, keyOf(page[len(page)-1])))
	}
	return answer{data: shown, additional: next}, nil
}

// pageOf returns a page of the listing and whether more follow.
func (s *Server) pageOf(l listing) (page []*person, more bool) {
	var persons iter.Seq[*person]
	if l.ids != nil {
		persons = s.people.pick(l.ids, l.sortBy, l.direction, l.from)
	} else {
		persons = s.people.walk(l.sortBy, l.direction, l.from)
	}
	for p := range persons {
		if l.over(p) {
			break
		}
		if !l.matches(s.asListed(l, p)) || !s.visible(p) {
			continue
		}
		if len(page) == l.limit {
			return page, true
		}
		page = append(page, p)
	}
	return page, false
}

// asListed is a person as a listing shows it: one by ids is a read.
func (s *Server) asListed(l listing, p *person) *person {
	if l.ids != nil {
		return s.seen(p)
	}
	return p
}

// seen is a person as it was before its latest write, while the knob makes that
// write too fresh to be read. A new person is read at once.
func (s *Server) seen(p *person) *person {
	fresh := s.now.Before(p.touched.Add(time.Duration(s.knobs.StaleReadMS) * time.Millisecond))
	if old := s.people.previous[p.id]; fresh && old != nil {
		return old
	}
	return p
}

// visible reports whether the credentials' user may see the person.
func (s *Server) visible(p *person) bool {
	return !s.knobs.RegularUser || p.visible != 1 || p.owner == ownUser
}

// readable returns the person of the path, deleted or not.
func (s *Server) readable(c *call) (*person, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	p := s.people.byID[id]
	if p == nil || !s.visible(p) {
		return nil, notFound()
	}
	return p, nil
}

func (s *Server) getPerson(c *call) (answer, error) {
	q := &c.query
	q.only(showing...)
	view := s.view(q)
	if q.err != nil {
		return answer{}, q.err
	}
	p, err := s.readable(c)
	if err != nil {
		return answer{}, err
	}
	switch p = s.seen(p); {
	case p.deleted && s.knobs.DeletedGet404:
		return answer{}, notFound()
	case p.deleted && s.knobs.DeletedGet410:
		return answer{}, refuse(http.StatusGone, "", "Entity is deleted")
	}
	return answer{data: view.person(p)}, nil
}

func (s *Server) postPerson(c *call) (answer, error) {
	c.query.only()
	if c.query.err != nil {
		return answer{}, c.query.err
	}
	change, err := s.readPerson(c.body, true)
	if err != nil {
		return answer{}, err
	}
	return answer{data: s.plainView().person(s.create(change, fromAPI))}, nil
}

func (s *Server) patchPerson(c *call) (answer, error) {
	c.query.only()
	if c.query.err != nil {
		return answer{}, c.query.err
	}
	p, err := s.readable(c)
	if err != nil {
		return answer{}, err
	}
	if p.deleted && s.knobs.DeletedGet404 {
		return answer{}, notFound()
	}
	if p.deleted {
		return answer{}, refuse(http.StatusBadRequest, "ERR_PERSON_DELETED",
			"Entity is deleted. You must first restore it before you can edit")
	}
	change, err := s.readPerson(c.body, false)
	if err != nil {
		return answer{}, err
	}
	return answer{data: s.plainView().person(s.update(p, change, fromAPI))}, nil
}

type idOnly struct {
	ID int64 `json:"id"`
}

type deletion struct {
	Success bool   `json:"success"`
	Data    idOnly `json:"data"`
}

func (s *Server) deletePerson(c *call) (answer, error) {
	c.query.only()
	if c.query.err != nil {
		return answer{}, c.query.err
	}
	p, err := s.readable(c)
	if err != nil {
		return answer{}, err
	}
	gone := answer{body: deletion{Success: true, Data: idOnly{p.id}}}
	switch {
	case !p.deleted:
		s.remove(p, 0, fromAPI)
	case s.knobs.SecondDelete404:
		return answer{}, notFound()
	default:
		gone.status = http.StatusGone
	}
	return gone, nil
}
