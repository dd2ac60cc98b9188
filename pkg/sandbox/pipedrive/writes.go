package pipedrive

import "time"

// origin is where a write comes from.
type origin struct {
	source string // app or api, as in webhooks and changelog
	silent bool   // sends no webhooks
}

var (
	fromAPI = origin{source: "api"}
	fromApp = origin{source: "app"}
)

// create stores a new person.
func (s *Server) create(c change, o origin) *person {
	now := s.now.Truncate(time.Second)
	blank := person{
		id: s.people.nextID, owner: ownUser, visible: 3, emails: []contactPoint{}, phones: []contactPoint{}, labels: []int64{},
		added: now, updated: now, touched: s.now,
	}
	p := c.apply(blank)
	s.people.nextID++
	s.people.put(&p)
	if s.knobs.PostCreateBump {
		s.people.bumps = append(s.people.bumps, due{p.id, now.Add(time.Second)})
	}
	s.announce(event{action: "create", after: &p}, o)
	return &p
}

// update stores the changed person and returns it.
func (s *Server) update(before *person, c change, o origin) *person {
	after := c.apply(*before)
	changed := s.record(before, &after, o)
	if !changed && s.knobs.SilentNoops {
		return before
	}
	s.save(&after)
	s.announce(event{action: "change", before: before, after: &after}, o)
	return &after
}

// save stores a changed person at the time of now. The server's clock has one
// update_time a second, and a time never goes back.
func (s *Server) save(p *person) {
	p.touched = s.now
	if now := s.now.Truncate(time.Second); now.After(p.updated) {
		p.updated = now
	}
	s.people.previous[p.id] = s.people.byID[p.id]
	s.people.put(p)
}

// remove marks a person as deleted; it is purged 30 days later.
func (s *Server) remove(before *person, mergedTo int64, o origin) *person {
	after := *before
	after.deleted = true
	s.save(&after)
	s.people.trash = append(s.people.trash, due{after.id, after.updated})
	s.announce(event{action: "delete", before: before, mergedTo: mergedTo}, o)
	return &after
}

// restore brings a deleted person back.
func (s *Server) restore(before *person, o origin) {
	after := *before
	after.deleted = false
	s.save(&after)
	s.announce(event{action: "change", before: before, after: &after}, o)
}

// merge removes the loser and fills the survivor's blanks from it: two events, as
// the vendor sends them.
func (s *Server) merge(loser, survivor *person, o origin) *person {
	after := filled(survivor, loser)
	s.record(survivor, &after, o)
	s.remove(loser, survivor.id, o)
	s.save(&after)
	s.announce(event{action: "change", before: survivor, after: &after, mergedFrom: loser.id}, o)
	return &after
}

// filled is the survivor of a merge: its values win, its blanks come from the
// loser, and lists hold what either had.
func filled(survivor, loser *person) person {
	p := *survivor
	if p.org == nil {
		p.org = loser.org
	}
	p.emails = joined(p.emails, loser.emails)
	p.phones = joined(p.phones, loser.phones)
	p.custom = merged(loser.custom, p.custom)
	p.extras = merged(loser.extras, p.extras)
	return p
}

func joined(points, more []contactPoint) []contactPoint {
	all := append([]contactPoint{}, points...)
	known := map[string]bool{}
	for _, point := range points {
		known[point.Value] = true
	}
	for _, point := range more {
		if !known[point.Value] {
			point.Primary = len(all) == 0
			all = append(all, point)
		}
	}
	return all
}
