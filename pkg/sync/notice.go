package sync

import (
	"context"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Step 1: notice. What events and polls report is stored as work to do: known
// records make their contact due, unknown ones leave a hint. Nothing is taken
// from an event but the id.

// eventsWorkedOn is how many records of an event request are worked on within it.
const eventsWorkedOn = 10

// Receive stores what a vendor's events report, then works on it if it is little;
// else another invocation is asked for. It returns an error only if something
// could not be stored. Events of accounts that are not connected are dropped.
func (s *Service) Receive(ctx context.Context, events []Event) error {
	type key struct {
		provider contact.Provider
		account  string
	}
	grouped := map[key][]Event{}
	var keys []key // in the order of their first events
	for _, e := range events {
		k := key{e.Provider, e.AccountID}
		if grouped[k] == nil {
			keys = append(keys, k)
		}
		grouped[k] = append(grouped[k], e)
	}
	customers := map[contact.CustomerID]int{}
	for _, k := range keys {
		conns, err := s.store.ConnectionsByAccount(ctx, k.provider, k.account)
		if err != nil {
			return err
		}
		for _, c := range conns {
			if c.BackfilledAt.IsZero() || c.left() {
				continue // a listing will bring everything
			}
			n, err := s.noticeEvents(ctx, c, grouped[k])
			if err != nil {
				return err
			}
			customers[c.CustomerID] += n
		}
	}
	s.workOnEvents(ctx, customers)
	return nil
}

// noticeEvents stores the records that events are about and returns how many there
// are to look at.
func (s *Service) noticeEvents(ctx context.Context, c *Connection, events []Event) (int, error) {
	if err := s.noteMerges(ctx, c, events); err != nil {
		return 0, err
	}
	if err := s.noteErasures(ctx, c, events); err != nil {
		return 0, err
	}
	events, err := s.withoutEchoes(ctx, c, events)
	if err != nil {
		return 0, err
	}
	latest := map[contact.ExternalID]time.Time{}
	for _, e := range events {
		if at := latest[e.ExternalID]; e.Deleted || e.At.After(at) || at.IsZero() {
			latest[e.ExternalID] = e.At
		}
		if e.Deleted {
			latest[e.ExternalID] = s.clock.Now().Add(time.Hour) // never taken for an echo
		}
	}
	return s.noticeRecords(ctx, c, latest)
}

// noticeRecords makes the contacts of known records due and leaves hints for the
// others. A known record that was read after its event is an echo, and is left out.
func (s *Service) noticeRecords(ctx context.Context, c *Connection, latest map[contact.ExternalID]time.Time) (int, error) {
	now := s.clock.Now()
	ids := sortedKeys(latest)
	contacts, err := s.store.ContactsByLink(ctx, c.CustomerID, c.ID, ids)
	if err != nil {
		return 0, err
	}
	known := map[contact.ExternalID]bool{}
	var due []contact.ID
	for _, doc := range contacts {
		l := doc.Link(c.ID)
		known[l.ExternalID] = true
		if at := latest[l.ExternalID]; at.IsZero() || at.After(l.Modified) {
			due = append(due, doc.ID)
		}
	}
	var hints []Hint
	for _, id := range ids {
		if !known[id] {
			hints = append(hints, Hint{ConnectionID: c.ID, ExternalID: id, DueAt: now, EventAt: latest[id]})
		}
	}
	if len(due) > 0 {
		if err := s.store.MarkDue(ctx, c.CustomerID, due, now); err != nil {
			return 0, err
		}
	}
	if len(hints) > 0 {
		if err := s.store.PutHints(ctx, c.CustomerID, hints); err != nil {
			return 0, err
		}
	}
	return len(due) + len(hints), nil
}

// workOnEvents works on what events left, if it is little; what remains, or is
// about to be due, is for another invocation.
func (s *Service) workOnEvents(ctx context.Context, customers map[contact.CustomerID]int) {
	more := false
	for _, customer := range sortedKeys(customers) {
		n := customers[customer]
		if n == 0 {
			continue
		}
		if n > eventsWorkedOn {
			more = true
			continue
		}
		p, ctx, err := s.begin(ctx, customer, s.unstoredRun(customer, Evented))
		if err == nil {
			err = p.work(ctx, false)
		}
		if err != nil {
			s.log.WarnContext(ctx, "work on events", "customer", customer, "error", err)
		}
		more = more || err != nil || s.hasWorkSoon(ctx, customer)
	}
	if more {
		s.trigger(context.WithoutCancel(ctx))
	}
}

// hasWorkSoon reports whether something is due now or within linger.
func (s *Service) hasWorkSoon(ctx context.Context, customer contact.CustomerID) bool {
	counts, err := s.store.CountContacts(ctx, customer)
	if err != nil {
		return true
	}
	_, hint, err := s.store.CountHints(ctx, customer)
	soon := s.clock.Now().Add(linger)
	return err != nil || !counts.NextDue.IsZero() && counts.NextDue.Before(soon) || !hint.IsZero() && hint.Before(soon)
}
