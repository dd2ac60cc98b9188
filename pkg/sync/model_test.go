package sync_test

import (
	"net/http"
	"reflect"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// model keeps what every person entered, saw and removed, where and when, and every
// value that any side ever held: what the invariants are checked against.
type model struct {
	now     int // counts what happens
	entries []entry
	sights  []sight
	removed []removal
	merged  []place                                     // survivors of merges
	gone    map[place]int                               // when a record was seen gone
	same    map[place]place                             // union-find of places of one person
	had     map[place]map[contact.Field]map[string]bool // every value ever
	hub     map[place]*sync.Contact                     // as stored last
	synced  map[place][]int                             // when contacts were stored with other links than before
	paired  map[[2]place]int                            // when a contact and a record were first paired
}

// place is a contact or a record.
type place struct {
	tenant int
	side   contact.Source
	id     string
}

// entry is a value that a person entered.
type entry struct {
	n     int
	place place
	field contact.Field
	value string
}

// sight is a value that a person saw, and overwrote, removed or merged away.
type sight struct {
	n     int
	place place
	field contact.Field
	value string
}

// removal is a contact or record that a person deleted.
type removal struct {
	n     int
	place place
	// undone reports that a person restored it, or made it anew.
	undone bool
}

func newModel() *model {
	return &model{
		same: map[place]place{}, had: map[place]map[contact.Field]map[string]bool{},
		gone: map[place]int{}, hub: map[place]*sync.Contact{}, synced: map[place][]int{}, paired: map[[2]place]int{},
	}
}

// person is the place that stands for all places of one person.
func (m *model) person(p place) place {
	for {
		parent, ok := m.same[p]
		if !ok {
			return p
		}
		p = parent
	}
}

func (m *model) join(a, b place) {
	if a, b = m.person(a), m.person(b); a != b {
		m.same[a] = b
	}
}

func (m *model) pair(c, record place) {
	if _, known := m.paired[[2]place{c, record}]; !known {
		m.paired[[2]place{c, record}] = m.now
		m.join(c, record)
	}
}

// beforeMatch reports whether the entry was made before the person's contact was
// matched with a record: at first match, a blank is filled from the other side.
func (m *model) beforeMatch(e entry) bool {
	person := m.person(e.place)
	matched := false
	for pair, n := range m.paired {
		if m.person(pair[0]) == person {
			matched = true
			if e.n < n {
				return true
			}
		}
	}
	return !matched
}

func (m *model) enter(p place, f contact.Field, v string) {
	m.now++
	m.entries = append(m.entries, entry{m.now, p, f, v})
	m.hold(p, f, v)
}

// change notes that a person put a value in the place of another. One that means the
// same is none.
func (m *model) change(p place, f contact.Field, old, v string) {
	m.hold(p, f, v)
	if !(contact.Canonical{}).Equal(f, old, v) {
		m.see(p, f, old)
		m.enter(p, f, v)
	}
}

func (m *model) see(p place, f contact.Field, v string) {
	m.now++
	m.sights = append(m.sights, sight{m.now, p, f, v})
}

// hold notes that a side holds a value.
func (m *model) hold(p place, f contact.Field, v string) {
	if m.had[p] == nil {
		m.had[p] = map[contact.Field]map[string]bool{}
	}
	if m.had[p][f] == nil {
		m.had[p][f] = map[string]bool{}
	}
	m.had[p][f][contact.Canonical{}.Of(f, v)] = true
}

var comparedFields = append([]contact.Field{contact.Email}, wordFields...)

func (t *tenant) place(side contact.Source, id string) place { return place{t.number, side, id} }

// saved looks at documents that were stored: a value that comes from the app and is
// new was entered by a person there.
func (m *model) saved(s *simulation, contacts []*sync.Contact, outcomes []sync.SaveOutcome) {
	for i, c := range contacts {
		if i >= len(outcomes) || outcomes[i] != sync.Saved {
			continue
		}
		t := s.tenant(c.CustomerID)
		p := t.place(contact.App, string(c.ID))
		before := m.hub[p]
		m.hub[p] = c.Clone()
		for _, f := range comparedFields {
			v, old := c.Fields[f], sync.Value{}
			if before != nil {
				old = before.Fields[f]
			}
			m.hold(p, f, v.V)
			if v.Src == contact.App && (v.V != old.V || !v.At.Equal(old.At)) {
				m.change(p, f, old.V, v.V)
			}
		}
		if m.now++; before == nil || !reflect.DeepEqual(before.Links, c.Links) {
			m.synced[p] = append(m.synced[p], m.now)
		}
		if before != nil && before.Lifecycle == sync.Active && c.Lifecycle == sync.Archived && s.byPerson() {
			m.deletedInApp(p)
		}
		if before != nil && before.Lifecycle == sync.Archived && c.Lifecycle == sync.Active && s.byPerson() {
			m.restored(p)
		}
		for _, l := range c.Links {
			if l.ExternalID != "" {
				record := t.place(l.Provider.Source(), string(l.ExternalID))
				m.pair(p, record)
			}
		}
		if c.MergedInto != "" {
			m.join(p, t.place(contact.App, string(c.MergedInto)))
		}
	}
}

// answered looks at an account after a call that may have changed it.
func (m *model) answered(x wire, req *http.Request) {
	if writes(req) {
		m.look(x.tenant, x.provider)
	}
}

// look notes what an account holds, and which records are gone that nobody there
// deleted: the product did.
func (m *model) look(t *tenant, p contact.Provider) {
	for _, row := range t.box(p).Records() {
		at := t.place(p.Source(), row.ID)
		if row.Deleted && m.gone[at] == 0 {
			m.now++
			m.gone[at] = m.now
		}
		for _, f := range comparedFields {
			m.hold(at, f, remoteValue(p, row, f))
		}
	}
}

// inTheGap reports whether the entry was made between our reading of a record and our
// deletion of it, which no CRM lets us make conditional.
func (m *model) inTheGap(e entry) bool {
	n := m.gone[e.place]
	return n > e.n && !slices.ContainsFunc(m.removed, func(r removal) bool { return r.place == e.place }) && !m.storedBetween(m.person(e.place), e.n, n-1)
}

func (m *model) createdRemotely(t *tenant, p contact.Provider, id string) {
	row, _ := t.box(p).Record(id)
	at := t.place(p.Source(), id)
	for _, f := range comparedFields {
		m.hold(at, f, "")
		if v := remoteValue(p, row, f); v != "" {
			m.enter(at, f, v)
		}
	}
}

func (m *model) editedRemotely(t *tenant, p contact.Provider, before kit.Row) {
	at := t.place(p.Source(), before.ID)
	row, _ := t.box(p).Record(before.ID)
	for _, f := range comparedFields {
		// A name in Pipedrive may stand for another until it is given.
		m.change(at, f, remoteValue(p, before, f), remoteValue(p, row, f))
	}
}

func (m *model) seeAll(t *tenant, p contact.Provider, row kit.Row) {
	for _, f := range comparedFields {
		m.see(t.place(p.Source(), row.ID), f, remoteValue(p, row, f))
	}
}

func (m *model) deletedRemotely(t *tenant, p contact.Provider, row kit.Row) {
	m.seeAll(t, p, row)
	m.now++
	if m.linked(t, p, row.ID) { // the record is some contact's, and not one it had before
		m.removed = append(m.removed, removal{n: m.now, place: t.place(p.Source(), row.ID)})
	}
}

func (m *model) linked(t *tenant, p contact.Provider, id string) bool {
	for at, c := range m.hub {
		if at.tenant == t.number && slices.ContainsFunc(c.Links, func(l sync.Link) bool {
			return l.Provider == p && string(l.ExternalID) == id && l.State != sync.LinkDetached
		}) {
			return true
		}
	}
	return false
}

// deletedInApp notes that a person deleted a contact, of which they saw what is stored.
func (m *model) deletedInApp(p place) {
	for _, f := range comparedFields {
		m.see(p, f, m.hub[p].Fields[f].V)
	}
	m.now++
	m.removed = append(m.removed, removal{n: m.now, place: p})
}

// restored notes that a person brought a contact or a record back.
func (m *model) restored(p place) {
	for i := range m.removed {
		if m.person(m.removed[i].place) == m.person(p) {
			m.removed[i].undone = true
		}
	}
}

// choosing notes that a person decides a conflict, of which they see every value.
func (m *model) choosing(t *tenant, k *sync.Conflict) {
	at := t.place(contact.App, string(k.ContactID))
	for _, v := range k.Values {
		m.see(at, k.Field, v.Value)
	}
	if k.Field == sync.Existence {
		m.restored(at) // it lives or not as the person says
	}
}

// mergedRemotely notes a merge: who merges sees both, and keeps what the survivor has.
func (m *model) mergedRemotely(t *tenant, p contact.Provider, into, from kit.Row, survivor string) {
	m.seeAll(t, p, into)
	m.seeAll(t, p, from)
	side := p.Source()
	m.join(t.place(side, into.ID), t.place(side, survivor))
	m.join(t.place(side, from.ID), t.place(side, survivor))
	m.merged = append(m.merged, t.place(side, survivor))
	m.look(t, p)
}

// history reports whether any place of the person on the side ever held the value.
func (m *model) history(p place, f contact.Field, v string) bool {
	v = contact.Canonical{}.Of(f, v)
	person := m.person(p)
	for at, fields := range m.had {
		if at.tenant == p.tenant && at.side == p.side && fields[f][v] && m.person(at) == person {
			return true
		}
	}
	return false
}

// overwritten reports whether somebody saw the value of the entry and put another in
// its place: after it was entered, or so shortly before that the two did not know of
// each other.
func (m *model) overwritten(e entry) bool {
	person := m.person(e.place)
	return slices.ContainsFunc(m.sights, func(s sight) bool {
		return s.field == e.field && contact.Canonical{}.Equal(e.field, s.value, e.value) && m.person(s.place) == person &&
			(s.n > e.n || !m.storedBetween(person, s.n, e.n))
	})
}

// storedBetween reports whether a contact of the person was stored in that time.
func (m *model) storedBetween(person place, from, to int) bool {
	for p, list := range m.synced {
		if m.person(p) == person && slices.ContainsFunc(list, func(n int) bool { return from < n && n < to }) {
			return true
		}
	}
	return false
}

// mergedAway reports whether the entry was made in a contact that a merge in a CRM
// has ended since: it keeps its values, and fills only the blanks of the other.
func (m *model) mergedAway(e entry) bool {
	c := m.hub[e.place]
	return c != nil && c.Lifecycle == sync.Merged
}
