package sync

import (
	"context"
	"maps"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// How changes come into the change log. What a decision changes is kept in the
// contact's document by the very save that changes it, with the writes it plans. When
// the CRMs have answered, the writes that took effect stay in it, it is appended to the
// log, and the acknowledging save takes it out of the document. After a crash in
// between, the next pass over the contact finds it there and sees by the records
// whether the writes took effect.

// settleChanges finds out about the writes of changes that an interrupted pass left:
// those that are planned again stay planned, those that show in the records took
// effect, and the others did not.
func (p *pass) settleChanges(it *item) {
	var kept []Change
	for _, c := range it.next.Changes {
		var remotes []RemoteChange
		for _, r := range c.Remotes {
			if r.Intent == "" || it.pushFor(r.Intent) != nil || p.tookEffect(it, &r) {
				remotes = append(remotes, r)
			}
		}
		if c.Remotes = remotes; !c.empty() {
			kept = append(kept, c)
		}
	}
	it.next.Changes = kept
}

// pushFor returns the write of an intent, or nil.
func (it *item) pushFor(intent string) *push {
	i := slices.IndexFunc(it.pushes, func(u *push) bool { return u.intent.ID == intent })
	if i < 0 {
		return nil
	}
	return it.pushes[i]
}

// tookEffect reports whether the record shows what was planned, and leaves in r what
// it shows.
func (p *pass) tookEffect(it *item, r *RemoteChange) bool {
	if l := it.next.Link(r.ConnectionID); r.Op == ChangeCreated {
		if l == nil || !p.madeBefore(it, l) {
			return false
		}
		r.ExternalID, r.Intent = l.ExternalID, ""
		return true
	}
	ch := p.channel(r.ConnectionID)
	if ch == nil {
		return false
	}
	reading, read := ch.reads[r.ExternalID]
	if !read || reading.Err != nil {
		return false
	}
	r.Intent = ""
	if r.Op == ChangeDeleted {
		return reading.Gone()
	}
	if reading.Record == nil {
		return false
	}
	r.Fields = maps.Clone(r.Fields)
	maps.DeleteFunc(r.Fields, func(f contact.Field, v FieldChange) bool {
		return !p.choices.canonical.Equal(f, v.After, reading.Record.Fields[f])
	})
	return len(r.Fields) > 0
}

// logChanges moves the items' changes to the log, with the writes that took effect.
// Appending comes before the acknowledging save: what it says has happened.
func (p *pass) logChanges(ctx context.Context, items []*item) error {
	var all []Change
	for _, it := range items {
		for _, c := range it.next.Changes {
			entry, known := c.answered(it)
			if !known {
				continue // of a worker that has taken over
			}
			it.logged = append(it.logged, c.ID)
			if !entry.empty() {
				all = append(all, entry)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return p.store.AppendChanges(ctx, p.customer, all)
}

// answered is the change with what became of its writes. That is not known while one
// of them is not the item's.
func (c Change) answered(it *item) (entry Change, known bool) {
	var remotes []RemoteChange
	for _, r := range c.Remotes {
		if r.Intent == "" {
			remotes = append(remotes, r)
			continue
		}
		u := it.pushFor(r.Intent)
		if u == nil {
			return c, false
		}
		if r, done := u.outcome(r); done {
			remotes = append(remotes, r)
		}
	}
	c.Remotes = remotes
	return c, true
}

// outcome is what a write changed, if it is known to have changed anything.
func (u *push) outcome(r RemoteChange) (RemoteChange, bool) {
	r.Intent = ""
	switch id := u.foundID(); {
	case u.result.Err == nil && u.result.Record != nil:
		r.ExternalID = id
		r.Fields = maps.Clone(r.Fields)
		for f, v := range r.Fields {
			if got, ok := u.result.Record.Fields[f]; ok {
				r.Fields[f] = FieldChange{Before: v.Before, After: got}
			}
		}
		return r, true
	case u.result.Err == nil:
		return r, true
	case fault.Is(u.result.Err, fault.Conflict) && u.intent.Op == OpCreate && id != "" && !u.held:
		r.Op, r.ExternalID, r.Fields = ChangeLinked, id, nil // it was there already
		return r, true
	}
	return r, false
}

// dropLogged takes out of the contact what is in the log.
func (c *Contact) dropLogged(ids []string) {
	c.Changes = slices.DeleteFunc(c.Changes, func(kept Change) bool { return slices.Contains(ids, kept.ID) })
	if len(c.Changes) == 0 {
		c.Changes = nil
	}
}

// settled lists the contact's changes that no answer is waited for.
func (c *Contact) settled() []Change {
	var list []Change
	for _, kept := range c.Changes {
		if entry, known := kept.answered(&item{}); known {
			list = append(list, entry)
		}
	}
	return list
}

// changesOf lists the contact's settled changes of a run.
func (c *Contact) changesOf(run string) []Change {
	return slices.DeleteFunc(c.settled(), func(kept Change) bool { return kept.RunID != run })
}

// unlogged reports whether something decided is not known to be in the logs.
func (c *Contact) unlogged() bool { return len(c.Outbox)+len(c.Changes) > 0 }

// correctLog takes back what the log says of records that turned out to belong to other
// contacts.
func (p *pass) correctLog(ctx context.Context, it *item) error {
	var wrong []Change
	for _, c := range it.next.Changes {
		if entry, known := c.answered(it); known {
			wrong = append(wrong, entry)
		}
	}
	return p.store.SaveChanges(ctx, p.customer, wrong)
}

// clearChanges takes what is settled out of contacts that are about to be saved, and
// makes sure that it is in the log.
func (s *Service) clearChanges(ctx context.Context, customer contact.CustomerID, contacts ...*Contact) error {
	if err := s.logEdits(ctx, customer, contacts...); err != nil {
		return err
	}
	for _, c := range contacts {
		for _, entry := range c.settled() {
			c.dropLogged([]string{entry.ID})
		}
	}
	return nil
}

// logEdits appends the changes of contacts that no pass may look at for long. They
// stay in the documents until a pass does, or the next edit.
func (s *Service) logEdits(ctx context.Context, customer contact.CustomerID, contacts ...*Contact) error {
	var all []Change
	for _, c := range contacts {
		all = append(all, c.settled()...)
	}
	if len(all) == 0 {
		return nil
	}
	return s.store.AppendChanges(ctx, customer, all)
}
