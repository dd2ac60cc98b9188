package sync

import (
	"context"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Our own writes come back as events. One that arrives after the write's answer was
// saved is known by the time of change that both show. One that overtakes the answer
// is known by the write being under way: whoever sent it is about to save what became
// of it. Looking at the record would only cost calls. What another program changed in
// the very same moment the next poll finds.

// withoutEchoes leaves out events about records that programs alone changed, where
// the change is one of ours.
func (s *Service) withoutEchoes(ctx context.Context, c *Connection, events []Event) ([]Event, error) {
	made, changed := candidates(c, events)
	if len(made)+len(changed) == 0 {
		return events, nil
	}
	now := s.clock.Now()
	echoes := map[contact.ExternalID]bool{}
	creating, err := s.store.Contacts(ctx, c.CustomerID, sortedKeys(made))
	if err != nil {
		return nil, err
	}
	for _, doc := range creating {
		if l := doc.Link(c.ID); l != nil && l.ExternalID == "" && l.underWay(doc, now) {
			echoes[made[doc.ID]] = true
		}
	}
	writing, err := s.store.ContactsByLink(ctx, c.CustomerID, c.ID, sortedKeys(changed))
	if err != nil {
		return nil, err
	}
	for _, doc := range writing {
		l := doc.Link(c.ID)
		if l.underWay(doc, now) || !c.VerifyWrites && l.wroteAt(changed[l.ExternalID]) {
			echoes[l.ExternalID] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(events), func(e Event) bool { return echoes[e.ExternalID] }), nil
}

// candidates are the records that programs alone changed: those that carry our key,
// by the contact it names, and all of them with the time of the latest change.
func candidates(c *Connection, events []Event) (made map[contact.ID]contact.ExternalID, changed map[contact.ExternalID]time.Time) {
	made, changed = map[contact.ID]contact.ExternalID{}, map[contact.ExternalID]time.Time{}
	foreign := map[contact.ExternalID]bool{}
	for _, e := range events {
		if !e.ByAPI || e.Deleted {
			foreign[e.ExternalID] = true
		}
	}
	for _, e := range events {
		if foreign[e.ExternalID] {
			continue
		}
		if at, known := changed[e.ExternalID]; !known || e.Written.After(at) {
			changed[e.ExternalID] = e.Written
		}
		if key := e.Marks[c.Fields[contact.SyncKey].Key]; key != "" {
			made[contact.ID(key)] = e.ExternalID
		}
	}
	return made, changed
}

// underWay reports whether somebody is at work on a write to the link's record.
func (l *Link) underWay(c *Contact, now time.Time) bool { return len(l.Intents) > 0 && c.leased(now) }

// wroteAt reports whether the record's latest change that we know of, as read or as
// written by us, is of that time.
func (l *Link) wroteAt(at time.Time) bool {
	latest := l.Modified
	for _, v := range l.Verify {
		if v.Modified.After(latest) {
			latest = v.Modified
		}
	}
	return !at.IsZero() && !at.After(latest)
}
