package sync_test

import (
	"fmt"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// checkNoSilentLoss is I2: every value that a person entered is current, or was
// overwritten by someone who could see it, or is in the conflict log.
func (s *simulation) checkNoSilentLoss() {
	const name = "I2 no silent loss"
	for _, t := range s.tenants {
		standing, logged := s.standing(t), s.logged(t)
		for _, e := range s.model.entries {
			if e.place.tenant != t.number {
				continue
			}
			key := s.model.known(e.place, e.field, e.value)
			if standing[key] || logged[key] || s.model.overwritten(e) {
				continue
			}
			if s.model.inTheGap(e) || s.model.mergedAway(e) {
				continue
			}
			if (contact.Canonical{}).Of(e.field, e.value) == "" && s.model.beforeMatch(e) {
				continue
			}
			if e.place.side == contact.Pipedrive.Source() && !t.verified {
				continue // an edit between a read and a write is found only with verified writes
			}
			s.breaks(name, "%q, entered as %s of %s %s, is gone: no side holds it, nobody saw it, and it is in no conflict",
				e.value, e.field, e.place.side, e.place.id)
		}
	}
}

// known is a value of a field of a person.
type known struct {
	person place
	field  contact.Field
	value  string
}

func (m *model) known(p place, f contact.Field, v string) known {
	return known{m.person(p), f, contact.Canonical{}.Of(f, v)}
}

// standing collects the values that a living contact or record holds.
func (s *simulation) standing(t *tenant) map[known]bool {
	values := map[known]bool{}
	for _, c := range s.stored(t, sync.Active) {
		for _, f := range comparedFields {
			values[s.model.known(t.place(contact.App, string(c.ID)), f, c.Fields[f].V)] = true
		}
	}
	for _, p := range []contact.Provider{contact.HubSpot, contact.Pipedrive} {
		for _, row := range t.box(p).Records() {
			for _, f := range comparedFields {
				if !row.Deleted {
					values[s.model.known(t.place(p.Source(), row.ID), f, remoteValue(p, row, f))] = true
				}
			}
		}
	}
	return values
}

// logged collects the values in the conflict log.
func (s *simulation) logged(t *tenant) map[known]bool {
	values := map[known]bool{}
	for _, k := range s.conflicts(t) {
		for _, v := range k.Values {
			values[s.model.known(t.place(contact.App, string(k.ContactID)), k.Field, v.Value)] = true
		}
	}
	return values
}

func (s *simulation) conflicts(t *tenant) (all []sync.Conflict) {
	for cursor := ""; ; {
		page, next, _, err := s.store.ListConflicts(s.ctx, t.customer, sync.LogQuery{Limit: 200, Cursor: cursor})
		if err != nil {
			panic(err)
		}
		all = append(all, page...)
		if cursor = next; cursor == "" {
			return all
		}
	}
}

// checkNoResurrection is I5: what a person deleted stays deleted, unless a person
// brought it back or something that the deletion could not know of speaks against it,
// which then is in the conflict log.
func (s *simulation) checkNoResurrection() {
	const name = "I5 no resurrection"
	for _, t := range s.tenants {
		excused := map[place]bool{}
		for _, k := range s.conflicts(t) {
			if k.Field == sync.Existence {
				excused[s.model.person(t.place(contact.App, string(k.ContactID)))] = true
			}
		}
		for _, survivor := range s.model.merged {
			excused[s.model.person(survivor)] = true // which of the merged was deleted is not told apart
		}
		for _, c := range s.stored(t, sync.Active) {
			person := s.model.person(t.place(contact.App, string(c.ID)))
			if excused[person] {
				continue
			}
			i := slices.IndexFunc(s.model.removed, func(r removal) bool { return !r.undone && s.model.person(r.place) == person })
			if i >= 0 {
				at := s.model.removed[i].place
				if at.id != string(c.ID) && c.Fields[contact.Email].Rule == sync.Edited {
					continue // a person entered somebody of that address in the app again
				}
				s.breaks(name, "%s lives although %s %s was deleted: %s", c.ID, at.side, at.id, links(c))
			}
		}
	}
}

// checkShadows is I9: a shadow holds only values that both sides really had.
func (s *simulation) checkShadows() {
	const name = "I9 true shadows"
	for _, t := range s.tenants {
		for _, c := range s.stored(t, sync.Active) {
			for _, l := range c.Links {
				if l.State == sync.LinkDetached {
					continue
				}
				for _, f := range comparedFields {
					shadow, agreed := l.Shadow[f]
					if agreed && !s.model.history(t.place(contact.App, string(c.ID)), f, shadow.H) {
						s.breaks(name, "%s of %s never was %q in the app, as its shadow of %s says", f, c.ID, shadow.H, l.Provider)
					}
					if agreed && !s.model.history(t.place(l.Provider.Source(), string(l.ExternalID)), f, shadow.R) {
						s.breaks(name, "%s of %s %s never was %q there, as its shadow says", f, l.Provider, l.ExternalID, shadow.R)
					}
				}
			}
		}
	}
}

// checkIsolation is I10: nothing of one customer is found at another.
func (s *simulation) checkIsolation() {
	const name = "I10 isolation"
	if len(s.tenants) < 2 {
		return
	}
	for _, t := range s.tenants {
		foreign := func(what, v string) {
			for _, other := range s.tenants {
				if other != t && other.marks(v) {
					s.breaks(name, "%s of %s holds %q, which is of %s", what, t.customer, v, other.customer)
				}
			}
		}
		for _, c := range s.stored(t, "") {
			for _, f := range comparedFields {
				foreign("contact "+string(c.ID), c.Fields[f].V)
			}
		}
		for _, p := range []contact.Provider{contact.HubSpot, contact.Pipedrive} {
			for _, row := range t.box(p).Records() {
				for field, v := range row.Fields {
					foreign(fmt.Sprintf("%s %s, %s", p, row.ID, field), v)
				}
			}
		}
		for _, k := range s.conflicts(t) {
			for _, v := range k.Values {
				foreign("conflict "+k.ID, v.Value)
			}
		}
	}
}
