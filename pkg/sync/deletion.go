package sync

import (
	"fmt"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Deletions are part of step 4. A record that cannot be found is only missing at
// first; after a grace it is confirmed by id, and then the deletion travels like
// an edit would, unless something newer speaks against it.

// revivedRule is the rule in the conflict log when a change beats a deletion.
const revivedRule = "change_beats_delete"

// followDeletion handles the links of a living contact whose record is gone.
func (p *pass) followDeletion(it *item, now time.Time) {
	for i := range it.next.Links {
		l := &it.next.Links[i]
		r, read := it.reads[l.ConnectionID]
		if !read || !r.Gone() {
			continue
		}
		if l.State != LinkMissing || l.MissingSince.IsZero() {
			l.State, l.MissingSince = LinkMissing, now
			continue
		}
		if !l.confirmable(now) || p.channel(l.ConnectionID).conn.Brake.Held() {
			continue
		}
		p.followOne(it, l, now)
	}
	it.next.Links = slices.DeleteFunc(it.next.Links, func(l Link) bool { return l.State == linkAnew })
}

// followOne acts on the confirmed deletion of l's record, as the customer chose.
func (p *pass) followOne(it *item, l *Link, now time.Time) {
	it.followed = append(it.followed, l.ConnectionID)
	p.endLink(it, l, stoneDeleted, now)
	title := l.Provider.Title()
	note := Activity{Provider: l.Provider, Op: "deleted", Direction: "in", Message: "Deleted in " + title}
	what := p.newerThan(it, l)
	if what != "" {
		p.addConflict(it, p.deletionConflict(it, l.Provider.Source(), contact.App, what, now))
	}
	switch policy := p.choices.deletePolicy; {
	case policy == KeepDeleted:
		l.State = linkAnew
		note.Message += "; it is made there again"
	case policy == UnlinkDeleted:
		note.Message += "; the contact stays"
	case what != "":
		return // said by the conflict
	default:
		it.next.Lifecycle, it.next.DeletedAt, it.next.UpdatedAt = Archived, now, now
		p.count(contact.App, func(n *Counts) { n.Deleted++ })
	}
	p.note(it.next, note)
}

// linkAnew marks a link that makes room for a new record within a decision. It is
// never stored.
const linkAnew LinkState = "anew"

// newerThan describes a change that the deletion of l's record cannot have known
// of: in the app, or in another CRM. "" means there is none.
func (p *pass) newerThan(it *item, l *Link) string {
	directions := p.choices.directions[l.Provider]
	for _, f := range contact.Standard {
		sent := p.channel(l.ConnectionID).conn.Has(f) && directions[f].Sends()
		if sent && !p.choices.canonical.Equal(f, l.baseline(it.next, f).H, it.next.Fields[f].V) {
			return f.Label() + " was changed in the app"
		}
	}
	for i := range it.next.Links {
		other := &it.next.Links[i]
		r, ok := it.reads[other.ConnectionID]
		if other == l || !ok || r.Record == nil {
			continue
		}
		if f := p.changedRemotely(it.next, other, r.Record); f != "" {
			return f.Label() + " was changed in " + other.Provider.Title()
		}
	}
	return ""
}

// changedRemotely returns a field that somebody changed in the record since the
// last agreement, or "".
func (p *pass) changedRemotely(c *Contact, l *Link, r *Record) contact.Field {
	for _, f := range sortedKeys(r.Fields) {
		if p.changedField(c, l, r, f) {
			return f
		}
	}
	return ""
}

// changedField reports whether somebody changed a field of the record since the last
// agreement about it.
func (p *pass) changedField(c *Contact, l *Link, r *Record, f contact.Field) bool {
	v, defined := r.Fields[f]
	same := func(o string) bool { return p.choices.canonical.Equal(f, o, v) }
	if !defined || !p.choices.directions[l.Provider][f].Receives() || same(l.baseline(c, f).R) {
		return false
	}
	now := p.clock.Now()
	return !slices.ContainsFunc(l.ours(now)[f], same) && !slices.ContainsFunc(l.replaced(now)[f], same)
}

// baseline is what was last agreed about a field. Where there was nothing to agree
// about, both sides were blank; as long as nothing at all was agreed, it is what the
// app holds.
func (l *Link) baseline(c *Contact, f contact.Field) Shadow {
	if s, agreed := l.Shadow[f]; agreed || len(l.Shadow) > 0 {
		return s
	}
	return Shadow{H: c.Fields[f].V, R: c.Fields[f].V}
}

// endLink detaches a link for good, and remembers its record.
func (p *pass) endLink(it *item, l *Link, reason string, now time.Time) {
	it.stones = append(it.stones, Tombstone{ConnectionID: l.ConnectionID, ExternalID: l.ExternalID,
		ContactID: it.next.ID, Reason: reason, By: l.Provider.Source(), At: now})
	l.State, l.MissingSince, l.Intents, l.InDoubt, l.Error, l.Attempts = LinkDetached, time.Time{}, nil, nil, nil, 0
}

// revive brings a contact that was deleted in the app back when one of its records
// was changed since: a change beats a delete. It reports whether it did.
func (p *pass) revive(it *item, now time.Time) bool {
	if it.next.MergedInto != "" {
		p.leaveChanged(it, now)
		return false
	}
	for i := range it.next.Links {
		l := &it.next.Links[i]
		r, ok := it.reads[l.ConnectionID]
		if !ok || r.Record == nil || l.State == LinkDetached {
			continue
		}
		f := p.changedRemotely(it.next, l, r.Record)
		if f == "" {
			continue
		}
		p.bringBack(it, l, f.Label()+" was changed in "+l.Provider.Title(), now)
		return true
	}
	return false
}

// bringBack undoes the deletion of a contact in the app for what happened to its
// record l.
func (p *pass) bringBack(it *item, l *Link, what string, now time.Time) {
	it.next.Lifecycle, it.next.DeletedAt, it.next.UpdatedAt = Active, time.Time{}, now
	for i := range it.next.Links {
		it.next.Links[i].dropIntents(OpDelete)
	}
	p.addConflict(it, p.deletionConflict(it, contact.App, l.Provider.Source(), what, now))
}

func (l *Link) dropIntents(op Op) {
	l.Intents = slices.DeleteFunc(l.Intents, func(in Intent) bool { return in.Op == op })
}

func (p *pass) deletionConflict(it *item, deletedBy, winner contact.Source, what string, now time.Time) Conflict {
	return Conflict{
		ID:        digest("deletion", string(it.next.ID), string(deletedBy), fmt.Sprint(it.next.Rev)),
		ContactID: it.next.ID, ContactName: it.next.Values().DisplayName(), Field: Existence, Base: "exists",
		Values: []ConflictValue{{Source: winner, Value: what, At: now}, {Source: deletedBy, Value: wasDeleted, At: now}},
		Winner: winner, Rule: revivedRule, At: now, State: ConflictDecided, RunID: p.run.ID,
	}
}

// wasDeleted is the value of the side that deleted the contact.
const wasDeleted = "deleted"

// Existence is the field of a conflict about whether the contact exists at all.
const Existence contact.Field = "existence"

// remove plans the deletion of every record of a deleted contact; or, where deletions
// do not propagate, only ends its links: the records stay, and are remembered so that
// they do not come back as new contacts.
func (p *pass) remove(it *item, now time.Time) {
	for i := range it.next.Links {
		l := &it.next.Links[i]
		ch := p.channel(l.ConnectionID)
		if ch == nil || l.State == LinkDetached || l.State == LinkEnding {
			continue
		}
		r, read := it.reads[l.ConnectionID]
		switch {
		case l.ExternalID == "" && len(l.Intents) > 0:
			p.findCreated(it, ch, l, now)
		case l.ExternalID == "" || l.State == LinkReview:
			l.State, l.Error = LinkDetached, nil
		case !read:
		case r.Gone():
			p.endLink(it, l, stoneDeleted, now)
		case r.Err != nil:
			l.fail(r.Err, nil, now)
			p.noteFailure(it.next, l, r.Err)
		case p.choices.deletePolicy != PropagateDeletes:
			p.endLink(it, l, stoneUnlinked, now)
		case l.Error == nil || len(l.Error.Rejected) == 0:
			intent := Intent{ID: p.newID(now), Op: OpDelete, At: now}
			l.Intents = []Intent{intent}
			it.stones = append(it.stones, Tombstone{ConnectionID: l.ConnectionID, ExternalID: l.ExternalID,
				ContactID: it.next.ID, Reason: stoneDeleted, By: contact.App, At: now})
			it.pushes = append(it.pushes, &push{item: it, channel: ch, intent: intent, id: l.ExternalID, current: r.Record})
		}
	}
}

// findCreated looks for the record of a create that was never acknowledged, in
// order to delete it.
func (p *pass) findCreated(it *item, ch *channel, l *Link, now time.Time) {
	if in := l.Intents[0]; in.Op == OpCreate && !now.Before(in.At.Add(ch.limits.Timeout)) {
		it.pushes = append(it.pushes, &push{item: it, channel: ch, intent: in, key: it.next.ID, lookup: true, findOnly: true})
	}
}
