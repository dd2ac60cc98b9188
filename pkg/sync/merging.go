package sync

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Merges are part of step 4. When two records are merged in a CRM, reading either
// answers with the survivor, under another id; or only an event tells of it. If one
// contact was linked, its link follows; if two were, one contact takes in the other.
// Nothing is deleted anywhere because of that: records of the other CRMs are left to a
// person.
//
// Contacts that were deleted in the app take part while a CRM still has their
// record. A living contact keeps the survivor before a deleted one, whose record is
// part of it then: that link ends, and the deletion goes on elsewhere, but for records
// that were changed since: those are left to a person. Among deleted contacts the
// merge is a change that the deletions cannot have known of, and it brings one of
// them back.

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
	reading Reading
	record  *Record // of the reading
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

// merged groups the contacts whose record answered under another id, by that.
func merged(ch *channel, items []*item) map[contact.ExternalID]*heirs {
	groups := map[contact.ExternalID]*heirs{}
	for _, it := range items {
		l := it.next.Link(ch.conn.ID)
		if l == nil || !l.readable() || l.State == LinkEnding {
			continue
		}
		reading := ch.reads[l.ExternalID]
		r := reading.Record
		if r == nil || r.ID == l.ExternalID {
			continue
		}
		if groups[r.ID] == nil {
			groups[r.ID] = &heirs{channel: ch, reading: reading, record: r}
		}
		groups[r.ID].items = append(groups[r.ID].items, it)
		ch.reads[r.ID] = reading
	}
	return groups
}

// inherit picks the contact that keeps the record. The other living ones first give it
// what it lacks, and merge into it once that is saved.
func (p *pass) inherit(g *heirs, holders []*Contact, items []*item) []*item {
	now := p.clock.Now()
	var holding *item
	for _, c := range holders {
		id := c.Link(g.channel.conn.ID).ExternalID
		if !g.record.isOrAbsorbed(id) {
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
			i, items = len(items), append(items, newItem(c))
		}
		g.channel.reads[id] = g.reading
		if !slices.Contains(g.items, items[i]) {
			g.items = append(g.items, items[i])
		}
		if id == g.record.ID {
			holding = items[i]
		}
	}
	keeper := g.keeper(holding)
	if l := keeper.next.Link(g.channel.conn.ID); keeper.next.Lifecycle != Active {
		p.bringBack(keeper, l, "The record was merged in "+l.Provider.Title(), now)
	}
	for _, it := range g.items {
		switch {
		case it == keeper:
		case it.next.Lifecycle != Active:
			p.endLink(it, it.next.Link(g.channel.conn.ID), stoneMerged, now)
			it.next.MergedInto = keeper.next.ID
		case keeper.takeIn(it.next, now):
			it.again = true // once that is saved
		default:
			it.heir, it.passedOn = keeper.next.ID, g.record.ID
			p.logUnsynced(it, keeper.next, now)
		}
	}
	if holding != nil && holding != keeper {
		keeper.again = true // once the record is let go
	}
	return items
}

// keeper is the item that goes on with the record: a living one if there is one; of
// those the one whose key the record carries, else the one that holds it already,
// else the oldest.
func (g *heirs) keeper(holding *item) *item {
	slices.SortFunc(g.items, func(a, b *item) int { return strings.Compare(string(a.next.ID), string(b.next.ID)) })
	candidates := slices.DeleteFunc(slices.Clone(g.items), func(it *item) bool { return it.next.Lifecycle != Active })
	if len(candidates) == 0 {
		candidates = g.items
	}
	for _, it := range candidates {
		if it.next.ID == g.record.Key {
			return it
		}
	}
	if slices.Contains(candidates, holding) {
		return holding
	}
	return candidates[0]
}

// mergedRule is the rule in the conflict log when a merge of records ended a contact
// whose edits had not reached them.
const mergedRule = "merged"

// logUnsynced logs the edits in the app that end with a contact, because its records
// had not seen them when they were merged: any of them can be chosen for the keeper.
func (p *pass) logUnsynced(it *item, keeper *Contact, now time.Time) {
	for _, f := range sortedKeys(it.next.Fields) {
		v, kept := it.next.Fields[f], keeper.Fields[f]
		base, unsynced := "", false
		for i := range it.next.Links {
			if s, agreed := it.next.Links[i].Shadow[f]; agreed && !p.choices.canonical.Equal(f, s.H, v.V) {
				base, unsynced = s.H, true
			}
		}
		if !unsynced || v.V == "" || p.choices.canonical.Equal(f, v.V, kept.V) {
			continue
		}
		p.addConflict(it, Conflict{
			ID:        digest("merged", string(it.next.ID), string(f), fmt.Sprint(it.next.Rev)),
			ContactID: keeper.ID, ContactName: keeper.Values().DisplayName(), Field: f, Base: base,
			Values: []ConflictValue{{Source: cmp.Or(kept.Src, contact.App), Value: kept.V, At: kept.At}, {Source: v.Src, Value: v.V, At: v.At}},
			Winner: cmp.Or(kept.Src, contact.App), Rule: mergedRule, At: now, State: ConflictDecided, RunID: p.run.ID,
		})
	}
}

// takeIn fills the contact's blanks from another and reports whether there were any.
func (it *item) takeIn(other *Contact, now time.Time) bool {
	filled := false
	for f, v := range other.Fields {
		if v.V != "" && it.next.Fields[f].V == "" {
			v.Rule = FromMerge
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
				ContactID: c.ID, Reason: stoneMerged, By: l.Provider.Source(), At: now})
			if ch := p.channel(l.ConnectionID); ch == nil || ch.reads[l.ExternalID].Record == nil || ch.reads[l.ExternalID].Record.ID == l.ExternalID {
				p.offerMerge(c, l)
			}
		}
		l.State, l.Intents, l.InDoubt, l.Error, l.MissingSince = LinkDetached, nil, nil, nil, time.Time{}
	}
	p.count(contact.App, func(n *Counts) { n.Deleted++ })
	p.note(c, Activity{Op: "merged", Direction: "in", Message: "Merged into another contact, as in the CRM",
		Fields: slices.Sorted(maps.Keys(c.Fields))})
}

// offerMerge asks a person what to do with a record of a contact that is merged into
// another.
func (p *pass) offerMerge(c *Contact, l *Link) {
	p.review(c, l.ConnectionID, reviewMerge, []contact.ExternalID{l.ExternalID},
		"The contact was merged with another. Merge the records in "+l.Provider.Title()+" too, or leave this one.")
}

// leaveChanged leaves the changed records of a deleted contact, one of whose records
// was merged into another contact's, to a person.
func (p *pass) leaveChanged(it *item, now time.Time) {
	for i := range it.next.Links {
		l := &it.next.Links[i]
		if r := it.reads[l.ConnectionID]; r.Record != nil && p.changedRemotely(it.next, l, r.Record) != "" {
			p.offerMerge(it.next, l)
			p.endLink(it, l, stoneMerged, now)
		}
	}
}
