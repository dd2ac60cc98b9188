package conformance

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// model is a store of one customer in maps: what random operations are compared
// with. Where the port leaves a choice, the model follows the store's.
type model struct {
	contacts map[contact.ID]*sync.Contact
	hints    map[record]sync.Hint
	staged   map[record]sync.Staged
	runs     []*sync.Run // in the order of their starts
}

// record names a remote record.
type record struct {
	connection contact.ConnectionID
	external   contact.ExternalID
}

func newModel() *model {
	return &model{
		contacts: map[contact.ID]*sync.Contact{},
		hints:    map[record]sync.Hint{},
		staged:   map[record]sync.Staged{},
	}
}

// holds lists the records that a contact's links reserve.
func holds(c *sync.Contact) []record {
	var list []record
	for _, l := range c.Index().Links {
		list = append(list, record{l.ConnectionID, l.ExternalID})
	}
	return list
}

func (m *model) save(c *sync.Contact) sync.SaveOutcome {
	stored := m.contacts[c.ID]
	if (stored == nil) != (c.Rev == 0) || stored != nil && (stored.Rev != c.Rev || stored.Fence != c.Fence) {
		return sync.SaveStale
	}
	wanted := holds(c)
	for _, holder := range m.contacts {
		if holder.ID != c.ID && slices.ContainsFunc(holds(holder), func(r record) bool { return slices.Contains(wanted, r) }) {
			return sync.SaveLinkTaken
		}
	}
	saved := c.Clone()
	saved.Rev++
	m.contacts[c.ID] = saved
	return sync.Saved
}

func (m *model) markDue(ids []contact.ID, at time.Time) {
	for _, id := range ids {
		c := m.contacts[id]
		if c == nil {
			continue
		}
		c.Rev++
		switch {
		case c.Due == nil:
			c.Due = &sync.Due{At: at}
		case at.Before(c.Due.At):
			c.Due.At = at
		}
	}
}

func (m *model) hurry(now time.Time) {
	for _, c := range m.contacts {
		if c.Due != nil && c.Due.At.After(now) && !c.Due.LeaseUntil.After(now) {
			c.Due.At = now
		}
	}
}

// all returns the contacts by id.
func (m *model) all() []*sync.Contact {
	return slices.SortedFunc(maps.Values(m.contacts), func(x, y *sync.Contact) int {
		return strings.Compare(string(x.ID), string(y.ID))
	})
}

// claimable returns the contacts that a claim may lease.
func (m *model) claimable(claim sync.Claim) []*sync.Contact {
	var list []*sync.Contact
	for _, c := range m.all() {
		if c.Due != nil && c.Due.LeaseUntil.After(claim.Now) {
			continue
		}
		if claim.IDs != nil && slices.Contains(claim.IDs, c.ID) || claim.IDs == nil && c.Due != nil && !c.Due.At.After(claim.Now) {
			list = append(list, c)
		}
	}
	return list
}

// claim leases the contact as the store did.
func (m *model) claim(id contact.ID, claim sync.Claim) *sync.Contact {
	c := m.contacts[id]
	if c.Due == nil {
		c.Due = &sync.Due{At: claim.Now}
	}
	c.Fence++
	c.Due.LeaseUntil = claim.Until
	return c
}

func (m *model) counts() (counts sync.ContactCounts, due []*sync.Contact) {
	counts.ByStatus = map[sync.Status]int{}
	counts.Links = map[contact.ConnectionID]sync.LinkCounts{}
	for _, c := range m.contacts {
		if c.Lifecycle == sync.Active {
			counts.Total++
			counts.ByStatus[c.Status]++
		}
		if c.Due != nil {
			counts.Due++
			due = append(due, c)
		}
		for i := range c.Links {
			l := &c.Links[i]
			n := counts.Links[l.ConnectionID]
			if l.State != sync.LinkDetached && l.ExternalID != "" {
				n.Linked++
			}
			if l.State == sync.LinkActive && l.Error == nil && (l.ExternalID == "" || len(l.Intents) > 0) {
				n.Pending++
			}
			if l.State != sync.LinkDetached && l.Error != nil {
				n.Errors++
			}
			counts.Links[l.ConnectionID] = n
		}
	}
	counts.Links = nonZero(counts.Links)
	return counts, due
}

func (m *model) search(q sync.ContactQuery) []*sync.Contact {
	var found []*sync.Contact
	for _, c := range m.contacts {
		index := c.Index()
		begins := func(term string) bool {
			return slices.ContainsFunc(index.Words, func(word string) bool { return strings.HasPrefix(word, term) })
		}
		if c.Lifecycle == cmp.Or(q.Lifecycle, sync.Active) && (q.Status == "" || c.Status == q.Status) &&
			(q.Provider == "" || slices.Contains(index.Providers, q.Provider)) &&
			!slices.ContainsFunc(q.Terms, func(term string) bool { return !begins(term) }) {
			found = append(found, c)
		}
	}
	return sorted(found, q.Sort, q.Desc)
}

func (m *model) putHint(h sync.Hint) {
	key := record{h.ConnectionID, h.ExternalID}
	h.LeaseUntil = time.Time{}
	if before, ok := m.hints[key]; ok {
		if before.DueAt.Before(h.DueAt) {
			h.DueAt = before.DueAt
		}
		if before.EventAt.After(h.EventAt) {
			h.EventAt = before.EventAt
		}
	}
	m.hints[key] = h
}

func (m *model) dropHint(h sync.Hint) {
	key := record{h.ConnectionID, h.ExternalID}
	if stored, ok := m.hints[key]; ok && stored.LeaseUntil.Equal(h.LeaseUntil) {
		delete(m.hints, key)
	}
}

// stagedWith returns the names of the rows that fit.
func (m *model) stagedWith(fits func(sync.Staged) bool) string {
	var rows []sync.Staged
	for _, row := range m.staged {
		if fits(row) {
			rows = append(rows, row)
		}
	}
	return rowNames(rows)
}

// acquire returns the run that a caller gets.
func (m *model) acquire(run *sync.Run, now time.Time) (*sync.Run, bool) {
	var resumed *sync.Run
	for _, r := range slices.Backward(m.runs) {
		fits := r.Kind == run.Kind && r.DryRun == run.DryRun
		switch {
		case r.State == sync.RunRunning && r.LeaseUntil.After(now):
			return r, false
		case r.State == sync.RunRunning && fits:
			resumed = r
		case r.State == sync.RunRunning:
			r.State = sync.RunFailed
		}
	}
	if resumed == nil {
		for _, r := range m.runs {
			if r.State == sync.RunPartial && r.Kind == run.Kind && r.DryRun == run.DryRun {
				resumed = r
			}
		}
	}
	if resumed != nil {
		resumed.State, resumed.LeaseUntil, resumed.Fence = sync.RunRunning, run.LeaseUntil, resumed.Fence+1
		return resumed, true
	}
	stored := *run
	m.runs = append(m.runs, &stored)
	return &stored, true
}

func (m *model) latest() string {
	id := ""
	for _, r := range m.runs {
		if !r.DryRun {
			id = r.ID
		}
	}
	for _, r := range m.runs {
		if !r.DryRun && r.State == sync.RunRunning {
			id = r.ID
		}
	}
	return id
}
