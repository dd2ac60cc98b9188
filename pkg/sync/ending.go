package sync

import (
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Links that end because a person took back what made them. Nothing travels over such
// a link any more. What we did to its record is undone first: a record that we made is
// deleted, values that we wrote are put back where nobody has changed them since. That
// waits for as long as the CRM is away.

// Ending is what is still to be done to the record of a link that ends.
type Ending struct {
	Delete bool `json:"delete,omitempty"`
	// Fields go back to Before where the record still holds After.
	Fields map[contact.Field]FieldChange `json:"fields,omitempty"`
	// RunID and Change are the run that asked for it and what it takes back.
	RunID  string `json:"runId,omitempty"`
	Change string `json:"change,omitempty"`
}

// letGo ends a link without touching its record.
func (l *Link) letGo() {
	l.State, l.Ending = LinkDetached, nil
	l.MissingSince, l.Intents, l.InDoubt, l.Error, l.Attempts = time.Time{}, nil, nil, nil, 0
}

func (l *Link) revertedStone(c *Contact, now time.Time) Tombstone {
	return Tombstone{ConnectionID: l.ConnectionID, ExternalID: l.ExternalID, ContactID: c.ID,
		Reason: stoneReverted, By: contact.App, At: now}
}

// endLinks does what ending links wait for. Their readings are of no concern to what
// is decided afterwards.
func (p *pass) endLinks(it *item, now time.Time) {
	for i := range it.next.Links {
		l := &it.next.Links[i]
		if l.State != LinkEnding {
			continue
		}
		r, read := it.reads[l.ConnectionID]
		if !read || p.keepsOn(it, l, r) {
			continue
		}
		delete(it.reads, l.ConnectionID)
		p.endOne(it, l, r, now)
	}
}

// keepsOn lets a link go on whose record was to be deleted and has been changed by
// somebody since: a change beats a deletion.
func (p *pass) keepsOn(it *item, l *Link, r Reading) bool {
	if !l.Ending.Delete || r.Record == nil || r.Record.ID != l.ExternalID || it.next.Lifecycle != Active || p.changedRemotely(it.next, l, r.Record) == "" {
		return false
	}
	l.State, l.Ending = LinkActive, nil
	p.note(it.next, Activity{Level: Warning, Provider: l.Provider, Op: "skipped", Direction: "out",
		Message: "Not deleted in " + l.Provider.Title() + ": the record was changed there"})
	return true
}

func (p *pass) endOne(it *item, l *Link, r Reading, now time.Time) {
	switch {
	case r.Err != nil:
		l.fail(r.Err, nil, now)
		p.noteFailure(it.next, l, r.Err)
	case r.Gone() || r.Record.ID != l.ExternalID: // merged: the survivor is not ours
		it.stones = append(it.stones, l.revertedStone(it.next, now))
		l.letGo()
	case l.Error != nil && len(l.Error.Rejected) > 0 && p.run.Kind != Full:
	case l.Ending.Delete:
		p.pushEnding(it, l, r, Intent{ID: p.newID(now), Op: OpDelete, At: now}, now)
	default:
		fields := p.putBack(l, r.Record)
		if len(fields) == 0 {
			it.stones = append(it.stones, l.revertedStone(it.next, now))
			l.letGo()
			return
		}
		p.pushEnding(it, l, r, Intent{ID: p.newID(now), Op: OpUpdate, Fields: fields, At: now}, now)
	}
}

// putBack lists the values of a record that still are as we wrote them.
func (p *pass) putBack(l *Link, r *Record) map[contact.Field]IntentValue {
	fields := map[contact.Field]IntentValue{}
	for f, v := range l.Ending.Fields {
		now, defined := r.Fields[f]
		if defined && p.choices.canonical.Equal(f, now, v.After) && !p.choices.canonical.Equal(f, now, v.Before) {
			fields[f] = IntentValue{Val: v.Before, H: v.Before, Expect: now}
		}
	}
	return fields
}

func (p *pass) pushEnding(it *item, l *Link, r Reading, intent Intent, now time.Time) {
	l.Intents = []Intent{intent}
	it.stones = append(it.stones, l.revertedStone(it.next, now))
	it.pushes = append(it.pushes, &push{item: it, channel: p.channel(l.ConnectionID), intent: intent, id: l.ExternalID, current: r.Record})
}

// endingChanges keeps what is done to the records of ending links: it belongs to the
// run that took the links back, whoever does it.
func (p *pass) endingChanges(it *item, now time.Time) {
	for _, u := range it.pushes {
		l := it.next.Link(u.channel.conn.ID)
		if l == nil || l.State != LinkEnding || it.next.plans(u.intent.ID) {
			continue
		}
		it.next.Changes = append(it.next.Changes, Change{
			ID: changeID(it.next) + "-" + digest(string(l.ConnectionID)), At: now, RunID: l.Ending.RunID,
			ContactID: it.next.ID, ContactName: it.next.Values().DisplayName(), Op: ChangeSent, By: contact.App,
			Reverts: l.Ending.Change, Remotes: []RemoteChange{u.plan()},
		})
	}
}
