package sync

import (
	"fmt"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
)

// What a save changes: the difference between a contact before and after, and the
// writes that a decision plans, as an entry of the change log.

// differenceOf is what the app's side of a contact changed by; before is nil for a new
// contact. It is empty if nothing did.
func differenceOf(before, after *Contact) Change {
	c := Change{
		ID:        changeID(after),
		ContactID: after.ID, ContactName: after.Values().DisplayName(), Op: ChangeUpdated,
	}
	was := map[contact.Field]Value{}
	if before != nil {
		was = before.Fields
	}
	for f, v := range after.Fields {
		if v.V != was[f].V {
			c.setField(f, was[f].V, v.V)
		}
	}
	switch {
	case before == nil:
		c.Op = ChangeCreated
	case before.Lifecycle == after.Lifecycle:
	case after.Lifecycle == Merged:
		c.Op = ChangeMerged
	case after.Lifecycle == Archived:
		c.Op = ChangeDeleted
	default:
		c.Op = ChangeRestored
	}
	return c
}

// changeID names the change that the next save of a contact makes. Of those of one
// contact a later one sorts behind.
func changeID(c *Contact) string {
	return fmt.Sprintf("%08x-%s", c.Rev, digest("change", string(c.ID)))
}

func (c *Change) setField(f contact.Field, before, after string) {
	if c.Fields == nil {
		c.Fields = map[contact.Field]FieldChange{}
	}
	c.Fields[f] = FieldChange{Before: before, After: after}
}

// keepEdit keeps what was changed in the app, outside of a pass.
func (s *Service) keepEdit(before, after *Contact, runID string) {
	c := differenceOf(before, after)
	if c.empty() {
		return
	}
	c.At, c.RunID, c.By = s.clock.Now(), runID, contact.App
	after.Changes = append(after.Changes, c)
}

// keepChange keeps what a decision changes, and what it plans to write.
func (p *pass) keepChange(it *item) {
	p.settleChanges(it)
	p.endingChanges(it, p.clock.Now())
	before := it.contact
	if before.Rev == 0 {
		before = nil
	}
	c := differenceOf(before, it.next)
	inApp := !c.empty()
	c.At, c.RunID, c.By = p.clock.Now(), p.run.ID, causeOf(it, &c)
	c.Remotes = append(p.landed(it), p.found(it)...)
	linked := len(c.Remotes) > 0
	for _, u := range it.pushes {
		if !it.next.plans(u.intent.ID) {
			c.Remotes = append(c.Remotes, u.plan())
		}
	}
	switch n := len(it.next.Changes); {
	case inApp:
	case len(c.Remotes) == 0:
		return
	case n > 0 && p.follows != "" && it.next.Changes[n-1].ID == p.follows:
		last := &it.next.Changes[n-1]
		last.Remotes = append(last.Remotes, c.Remotes...)
		return
	case linked && c.remote(c.Remotes[0].ConnectionID, ChangeLinked) != nil:
		c.Op = ChangeLinked
	default:
		c.Op = ChangeSent
	}
	it.next.Changes = append(it.next.Changes, c)
}

// causeOf says who caused what an item changes: the source of the values it sets, or
// sends; else of the deletion it follows.
func causeOf(it *item, c *Change) contact.Source {
	causes := map[contact.Source]bool{}
	for f := range c.Fields {
		causes[it.next.Fields[f].Src] = true
	}
	if len(c.Fields) == 0 && len(it.stones) > 0 {
		return it.stones[0].By
	}
	if len(causes) == 0 {
		for _, u := range it.pushes {
			for f := range u.intent.Fields {
				causes[it.next.Fields[f].Src] = true
			}
		}
	}
	if len(causes) != 1 {
		return ""
	}
	for s := range causes {
		return s
	}
	return ""
}

// plan is what a write is going to change.
func (u *push) plan() RemoteChange {
	r := RemoteChange{
		Provider: u.channel.conn.Provider, ConnectionID: u.channel.conn.ID, ExternalID: u.id,
		Intent: u.intent.ID, Fields: map[contact.Field]FieldChange{},
	}
	for f, v := range u.intent.Fields {
		r.Fields[f] = FieldChange{Before: v.Expect, After: v.Val}
	}
	switch u.intent.Op {
	case OpCreate:
		r.Op = ChangeCreated
	case OpUpdate:
		r.Op = ChangeUpdated
	default:
		r.Op = ChangeDeleted
		if u.current != nil {
			for f, v := range u.current.Fields {
				if v != "" {
					r.Fields[f] = FieldChange{Before: v}
				}
			}
		}
	}
	return r
}

// plans reports whether a write is kept in one of the contact's changes already.
func (c *Contact) plans(intent string) bool {
	return slices.ContainsFunc(c.Changes, func(kept Change) bool {
		return slices.ContainsFunc(kept.Remotes, func(r RemoteChange) bool { return r.Intent == intent })
	})
}

// found lists the records that the item's contact was paired with: those that were
// there, and those of creates that were not known to have happened.
func (p *pass) found(it *item) []RemoteChange {
	var list []RemoteChange
	for i := range it.next.Links {
		l := &it.next.Links[i]
		before := it.contact.Link(l.ConnectionID)
		if l.ExternalID == "" || l.State == LinkDetached || before != nil && before.State != LinkDetached && before.ExternalID != "" {
			continue
		}
		r := RemoteChange{Provider: l.Provider, ConnectionID: l.ConnectionID, ExternalID: l.ExternalID, Op: ChangeLinked}
		if p.madeBefore(it, l) {
			r.Op, l.Made = ChangeCreated, true
		}
		if !slices.ContainsFunc(it.next.Changes, func(c Change) bool { return c.remote(l.ConnectionID, ChangeCreated) != nil && r.Op == ChangeCreated }) {
			list = append(list, r)
		}
	}
	return list
}

// madeBefore reports whether the link's record is what an earlier create made.
func (p *pass) madeBefore(it *item, l *Link) bool {
	before, ch := it.contact.Link(l.ConnectionID), p.channel(l.ConnectionID)
	if before == nil || before.ExternalID != "" || len(before.Intents) == 0 || l.ExternalID == "" || ch == nil {
		return false
	}
	r := ch.reads[l.ExternalID].Record
	return r != nil && r.Key == it.next.ID
}

// landed lists writes of earlier passes that were not known to have taken effect, and
// are seen now. Those that are kept in a change are not among them.
func (p *pass) landed(it *item) []RemoteChange {
	var list []RemoteChange
	now := p.clock.Now()
	for i := range it.next.Links {
		l := &it.next.Links[i]
		before := it.contact.Link(l.ConnectionID)
		if before == nil || before.ExternalID != l.ExternalID || len(before.Intents)+len(before.InDoubt) == 0 {
			continue
		}
		r := RemoteChange{Provider: l.Provider, ConnectionID: l.ConnectionID, ExternalID: l.ExternalID, Op: ChangeUpdated}
		ours := before.ours(now)
		for f, s := range l.Shadow {
			old, agreed := before.Shadow[f]
			isOurs := slices.ContainsFunc(ours[f], func(v string) bool { return p.choices.canonical.Equal(f, v, s.R) })
			if !agreed || old.R == s.R || !isOurs || it.next.sent(l.ConnectionID, f, s.R) {
				continue
			}
			if r.Fields == nil {
				r.Fields = map[contact.Field]FieldChange{}
			}
			r.Fields[f] = FieldChange{Before: old.R, After: s.R}
		}
		if r.Fields != nil {
			list = append(list, r)
		}
	}
	return list
}

// sent reports whether one of the kept changes has the field's value in the record.
func (c *Contact) sent(connection contact.ConnectionID, f contact.Field, v string) bool {
	return slices.ContainsFunc(c.Changes, func(kept Change) bool {
		return slices.ContainsFunc(kept.Remotes, func(r RemoteChange) bool {
			have, ok := r.Fields[f]
			return r.ConnectionID == connection && ok && have.After == v
		})
	})
}
