package sync_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// settle ends all trouble, lets every invocation end and every event arrive, makes two
// passes and checks the invariants.
func (s *simulation) settle() {
	s.say("trouble ends")
	s.faults.waiting = nil
	for _, w := range s.workers {
		w.dying = false
		w.finish()
	}
	for len(s.late) > 0 {
		s.land(0)
	}
	// What the CRMs asked to wait for is over.
	s.clock.advance(time.Hour)
	for _, t := range s.tenants {
		s.takeUpConnections(t)
		s.deliverAll(t)
	}
	for range 2 {
		s.pass(sync.Full)
	}
	if len(s.broken) > 0 {
		return
	}
	s.checkAll()
}

// deliverAll lets every event arrive.
func (s *simulation) deliverAll(t *tenant) {
	w := s.workers[2]
	for range 50 {
		w.finish()
		if s.deliver(w, t, 100); len(w.tasks) == 0 {
			return
		}
	}
	s.breaks("I3 quiet", "events never end")
}

// pass is one scheduled run of every customer, some time after the last. What was left
// of earlier runs is done first.
func (s *simulation) pass(kind sync.Kind) {
	s.clock.advance(5 * time.Minute)
	began := s.clock.now
	for _, t := range s.tenants {
		for n := 0; len(s.broken) == 0; n++ {
			if n == 10 {
				s.breaks("I1 convergence", "a run does not end")
			}
			var run *sync.Run
			w := s.workers[0]
			w.run("a pass", func(ctx context.Context) {
				var err error
				run, err = w.service.Sync(ctx, t.customer, sync.SyncRequest{Kind: kind})
				s.ended(w, run, err)
			})
			if run != nil && run.State != sync.RunPartial && !run.StartedAt.Before(began) {
				break
			}
		}
	}
}

func (s *simulation) checkAll() {
	s.checkConvergence()
	if s.strict || *lossesChecked {
		s.checkNoSilentLoss()
	}
	s.checkNoResurrection()
	s.checkUniqueness()
	s.checkShadows()
	s.checkIsolation()
	s.checkQuiet()
}

// checkConvergence is I1: all settled fields are equal.
func (s *simulation) checkConvergence() {
	const name = "I1 convergence"
	for _, t := range s.tenants {
		for _, c := range s.stored(t, sync.Active) {
			if c.Due != nil {
				s.breaks(name, "%s is still due at %v: %s", c.ID, c.Due.At, links(c))
			}
			for i := range c.Links {
				l := &c.Links[i]
				if l.State == sync.LinkReview || l.State == sync.LinkDetached {
					continue
				}
				if l.Error != nil && len(l.Error.Rejected) > 0 {
					s.reached["rejected for good"]++
					continue // shown with its reason
				}
				if l.State != sync.LinkActive || l.ExternalID == "" || len(l.Intents) > 0 || l.Error != nil {
					s.breaks(name, "%s is not settled in %s: %s", c.ID, l.Provider, links(c))
					continue
				}
				s.checkRecord(name, t, c, l)
			}
		}
	}
}

func (s *simulation) checkRecord(name string, t *tenant, c *sync.Contact, l *sync.Link) {
	row, ok := t.box(l.Provider).Record(string(l.ExternalID))
	if !ok || row.Deleted {
		s.breaks(name, "the record %s of %s in %s is gone", l.ExternalID, c.ID, l.Provider)
		return
	}
	conn := s.connection(t, l.ConnectionID)
	for _, f := range comparedFields {
		if _, held := c.Held[f]; held || !conn.Has(f) {
			continue // a person has to decide, or it is undefined on that side
		}
		got, want := remoteValue(l.Provider, row, f), c.Fields[f].V
		if want == "" && l.Provider == contact.Pipedrive && l.Shadow[f].R == got {
			continue // of several addresses or numbers the next took the place of the one that was cleared
		}
		if !(contact.Canonical{}).Equal(f, got, want) {
			s.breaks(name, "%s of %s is %q in the app and %q in %s %s", f, c.ID, want, got, l.Provider, l.ExternalID)
		}
	}
}

// connection returns a stored connection.
func (s *simulation) connection(t *tenant, id contact.ConnectionID) *sync.Connection {
	conns, err := s.store.Connections(s.ctx, t.customer)
	if err != nil {
		panic(err)
	}
	return conns[slices.IndexFunc(conns, func(c *sync.Connection) bool { return c.ID == id })]
}

// remoteValue is what a record says about a field. Of several addresses and numbers
// that is the first. Pipedrive's persons need a name: where there is none, their address
// or number stands for it.
func remoteValue(p contact.Provider, row kit.Row, f contact.Field) string {
	v := row.Fields[remoteName(p, f)]
	if p == contact.HubSpot {
		return v
	}
	if f == contact.FirstName && v == "(no" || f == contact.LastName && v == "name)" {
		return ""
	}
	switch f {
	case contact.Email, contact.Phone:
		v, _, _ = strings.Cut(v, ";")
	case contact.FirstName:
		if v != "" && (v == remoteValue(p, row, contact.Email) || v == remoteValue(p, row, contact.Phone)) {
			return ""
		}
	}
	return v
}

// links shows the state of a contact's links.
func links(c *sync.Contact) string {
	var parts []string
	for _, l := range c.Links {
		part := fmt.Sprintf("%s %s %s", l.Provider, l.ExternalID, l.State)
		if len(l.Intents) > 0 {
			part += fmt.Sprintf(" intents %+v", l.Intents)
		}
		if l.Error != nil {
			part += " error " + l.Error.Message
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// checkUniqueness is I6: no record has two links, and no contact two of one provider.
func (s *simulation) checkUniqueness() {
	const name = "I6 one link for one record"
	for _, t := range s.tenants {
		holders := map[string][]contact.ID{}
		for _, c := range s.stored(t, "") {
			providers := map[contact.Provider]int{}
			for _, l := range c.Links {
				if l.State == sync.LinkDetached {
					continue
				}
				providers[l.Provider]++
				if l.ExternalID != "" {
					key := string(l.Provider) + " " + string(l.ExternalID)
					holders[key] = append(holders[key], c.ID)
				}
			}
			for p, n := range providers {
				if n > 1 {
					s.breaks(name, "%s has %d links to %s", c.ID, n, p)
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(holders)) {
			if len(holders[key]) > 1 {
				s.breaks(name, "%s is linked to %v", key, holders[key])
			}
		}
	}
}

// checkQuiet is I3: the pass after the two makes no writes.
func (s *simulation) checkQuiet() {
	for _, t := range s.tenants {
		t.hubspot.Calls().Reset()
		t.pipedrive.Calls().Reset()
	}
	s.pass(sync.Incremental)
	for _, t := range s.tenants {
		if n := written(t); n > 0 {
			s.breaks("I3 quiet", "%d writes after all was settled: %v %v", n, t.hubspot.Calls().Snapshot(), t.pipedrive.Calls().Snapshot())
		}
	}
}

// written counts the calls that changed records.
func written(t *tenant) int {
	n := 0
	for route, calls := range t.hubspot.Calls().Snapshot() {
		if strings.Contains(route, "create") || strings.Contains(route, "update") || strings.Contains(route, "upsert") || strings.Contains(route, "archive") {
			n += calls
		}
	}
	for route, calls := range t.pipedrive.Calls().Snapshot() {
		if !strings.HasPrefix(route, "GET") {
			n += calls
		}
	}
	return n
}
