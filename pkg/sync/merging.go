package sync

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Merges are part of step 4. When two records are merged in a CRM, reading either
// answers with the survivor, under another id. If one contact was linked, its link
// follows; if two were, one contact takes in the other. Nothing is deleted anywhere
// because of that: records of the other CRMs are left to a person.

// follow lets the link go on with the record that its own was merged into. What was
// agreed stays only if the survivor is known to be the contact's own record.
func (l *Link) follow(r *Record, id contact.ID) {
	if r.ID == l.ExternalID {
		return
	}
	l.ExternalID = r.ID
	l.Verify, l.Lost = nil, nil // the survivor has a history of its own
	if r.Key != id {
		l.Shadow = nil
	}
}

// heirs are the contacts whose records one surviving record has taken in.
type heirs struct {
	channel *channel
	record  *Record
	items   []*item
}

// followMerges decides which contact goes on with each surviving record, and sets
// the others to merge into it. It adds contacts that are concerned to the items. It
// costs one store call per connection that has merges, and none otherwise.
func (p *pass) followMerges(ctx context.Context, items []*item) ([]*item, error) {
	for _, ch := range p.channels {
		groups := merged(ch, items)
		if len(groups) == 0 {
			continue
		}
		var ids []contact.ExternalID
		for _, id := range sortedKeys(groups) {
			ids = append(append(ids, id), groups[id].record.Absorbed...)
		}
		holders, err := p.store.ContactsByLink(ctx, p.customer, ch.conn.ID, ids)
		if err != nil {
			return nil, err
		}
		for _, id := range sortedKeys(groups) {
			items = p.inherit(groups[id], holders, items)
		}
	}
	return items, nil
}

// merged groups the living contacts whose record answered under another id, by that.
func merged(ch *channel, items []*item) map[contact.ExternalID]*heirs {
	groups := map[contact.ExternalID]*heirs{}
	for _, it := range items {
		l := it.next.Link(ch.conn.ID)
		if l == nil || !l.readable() || it.next.Lifecycle != Active {
			continue
		}
		r := ch.reads[l.ExternalID].Record
		if r == nil || r.ID == l.ExternalID {
			continue
		}
		if groups[r.ID] == nil {
			groups[r.ID] = &heirs{channel: ch, record: r}
		}
		groups[r.ID].items = append(groups[r.ID].items, it)
		ch.reads[r.ID] = Reading{Record: r}
	}
	return groups
}

// inherit picks the contact that keeps the record: the one whose key it carries, else
// the one that holds it already, else the oldest. The others first give it what it
// lacks, and merge into it once that is saved.
func (p *pass) inherit(g *heirs, holders []*Contact, items []*item) []*item {
	now := p.clock.Now()
	var holding *item
	for _, c := range holders {
		id := c.Link(g.channel.conn.ID).ExternalID
		if c.Lifecycle != Active || id != g.record.ID && !slices.Contains(g.record.Absorbed, id) {
			continue
		}
		i := slices.IndexFunc(items, func(it *item) bool { return it.next.ID == c.ID })
		if i < 0 && c.leased(now) {
			for _, it := range g.items {
				it.again = true
			}
			return items
		}
		if i < 0 {
			g.channel.reads[id] = Reading{Record: g.record}
			i, items = len(items), append(items, newItem(c))
		}
		if !slices.Contains(g.items, items[i]) {
			g.items = append(g.items, items[i])
		}
		if id == g.record.ID {
			holding = items[i]
		}
	}
	keeper := g.keeper(holding)
	for _, it := range g.items {
		switch {
		case it == keeper:
		case keeper.takeIn(it.next, now):
			it.again = true // once that is saved
		default:
			it.heir, it.passedOn = keeper.next.ID, g.record.ID
		}
	}
	if holding != nil && holding != keeper {
		keeper.again = true // once the record is let go
	}
	return items
}

// keeper is the item that goes on with the record.
func (g *heirs) keeper(holding *item) *item {
	slices.SortFunc(g.items, func(a, b *item) int { return strings.Compare(string(a.next.ID), string(b.next.ID)) })
	for _, it := range g.items {
		if it.next.ID == g.record.Key {
			return it
		}
	}
	if holding != nil {
		return holding
	}
	return g.items[0]
}

// takeIn fills the contact's blanks from another and reports whether there were any.
func (it *item) takeIn(other *Contact, now time.Time) bool {
	filled := false
	for f, v := range other.Fields {
		if v.V != "" && it.next.Fields[f].V == "" {
			it.next.Fields[f] = v
			filled = true
		}
	}
	if filled {
		it.next.UpdatedAt = now
	}
	return filled
}

// mergeAway ends a contact that was merged into another. Its records in other CRMs
// stay, linked to nothing and kept from coming back as new people.
func (p *pass) mergeAway(it *item, now time.Time) {
	if it.again {
		return
	}
	c := it.next
	c.Lifecycle, c.MergedInto, c.DeletedAt, c.UpdatedAt = Merged, it.heir, now, now
	for i := range c.Links {
		l := &c.Links[i]
		if l.ExternalID != "" && l.State != LinkDetached && l.ExternalID != it.passedOn {
			it.stones = append(it.stones, Tombstone{ConnectionID: l.ConnectionID, ExternalID: l.ExternalID,
				ContactID: c.ID, Reason: "merged", By: l.Provider.Source(), At: now})
			if ch := p.channel(l.ConnectionID); ch == nil || ch.reads[l.ExternalID].Record == nil || ch.reads[l.ExternalID].Record.ID == l.ExternalID {
				p.review(c, l.ConnectionID, "merge", []contact.ExternalID{l.ExternalID},
					"The contact was merged with another. Merge the records in "+l.Provider.Title()+" too, or leave this one.")
			}
		}
		l.State, l.Intents, l.InDoubt, l.Error, l.MissingSince = LinkDetached, nil, nil, nil, time.Time{}
	}
	p.count(contact.App, func(n *Counts) { n.Deleted++ })
	p.note(c, Activity{Op: "merged", Direction: "in", Message: "Merged into another contact, as in the CRM",
		Fields: slices.Sorted(maps.Keys(c.Fields))})
}
