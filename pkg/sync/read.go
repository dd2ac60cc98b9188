package sync

import (
	"context"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Step 3: read. Remote records are read by id, in batches of the vendor's size,
// all connections at the same time. What a listing of this pass already brought
// is not read again.

// item is one contact on its way through the steps.
type item struct {
	contact *Contact // as loaded
	next    *Contact // as it shall be
	reads   map[contact.ConnectionID]Reading
	pushes  []*push
	open    int         // pushes not answered yet
	logged  []string    // ids of the changes that are in the log
	created bool        // the contact is new in the app
	stones  []Tombstone // to be stored before the contact is
	again   bool        // it waits for the contact it merges into
	heir    contact.ID  // the contact it merges into
	// passedOn is the record that heir goes on with.
	passedOn contact.ExternalID
	// followed are the connections whose deletion of the record was followed.
	followed []contact.ConnectionID
	// restored are the tombstones to be dropped once the contact is stored.
	restored []Tombstone
}

// merging reports whether the contact is on its way into another.
func (it *item) merging() bool { return it.again || it.heir != "" }

// prefetch reads every record that the contacts and hints need.
func (p *pass) prefetch(ctx context.Context, contacts []*Contact, hints []Hint) {
	wanted := map[contact.ConnectionID][]contact.ExternalID{}
	for _, c := range contacts {
		for i := range c.Links {
			if l := &c.Links[i]; l.readable() {
				p.forgetUseless(l)
				wanted[l.ConnectionID] = append(wanted[l.ConnectionID], l.ExternalID)
			}
		}
	}
	for _, h := range hints {
		wanted[h.ConnectionID] = append(wanted[h.ConnectionID], h.ExternalID)
	}
	p.eachLive(func(ch *channel) {
		p.read(ctx, ch, wanted[ch.conn.ID], historyFields(ch, contacts))
		p.readHistories(ctx, ch, contacts)
	})
}

// readable reports whether the link's record is read before anything is decided.
func (l *Link) readable() bool {
	return l.ExternalID != "" && (l.State == LinkActive || l.State == LinkMissing || l.State == LinkEnding)
}

// historyFields lists the fields that were written and not checked since.
func historyFields(ch *channel, contacts []*Contact) []contact.Field {
	if !ch.limits.History {
		return nil
	}
	wanted := map[contact.Field]bool{}
	for _, c := range contacts {
		if l := c.Link(ch.conn.ID); l != nil {
			for _, f := range l.unchecked() {
				wanted[f] = true
			}
		}
	}
	return sortedKeys(wanted)
}

// read reads the records that were not read in this pass yet.
func (p *pass) read(ctx context.Context, ch *channel, ids []contact.ExternalID, history []contact.Field) {
	ids = slices.DeleteFunc(ids, func(id contact.ExternalID) bool { _, ok := ch.reads[id]; return ok })
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return
	}
	asked := p.clock.Now()
	readings := ch.crm.Read(ctx, ids, history)
	for _, id := range ids {
		r, answered := readings[id]
		if !answered {
			continue
		}
		r.At = asked
		if r.Err != nil && concernsConnection(r.Err) {
			p.halt(ctx, ch, r.Err)
			continue // not read: nothing is decided about this side
		}
		ch.reads[id] = r
	}
}

// forgetUseless drops what was read of a link's record before the link's latest
// agreement: it may show a value that was replaced since. And what a listing brought,
// when writes are to be checked in the record's history, which listings do not bring.
func (p *pass) forgetUseless(l *Link) {
	ch := p.channel(l.ConnectionID)
	if ch == nil {
		return
	}
	r, ok := ch.reads[l.ExternalID]
	if !ok || r.At.IsZero() {
		return
	}
	unchecked := ch.limits.History && r.Record != nil && r.Record.History == nil && len(l.unchecked()) > 0
	if unchecked || l.SyncedAt.After(r.At) {
		delete(ch.reads, l.ExternalID)
	}
}

// forget drops what was read about a contact's records, because it changed since.
func (p *pass) forget(c *Contact) {
	for i := range c.Links {
		if ch := p.channel(c.Links[i].ConnectionID); ch != nil {
			delete(ch.reads, c.Links[i].ExternalID)
		}
	}
}

// forgetAll empties the cache between batches: a read is good for one decision.
func (p *pass) forgetAll() {
	for _, ch := range p.channels {
		clear(ch.reads)
	}
}

// attach gives the item the readings of its contact's links.
func (p *pass) attach(it *item) {
	it.reads = map[contact.ConnectionID]Reading{}
	for i := range it.next.Links {
		l := &it.next.Links[i]
		ch := p.channel(l.ConnectionID)
		if ch == nil || !l.readable() {
			continue
		}
		if r, ok := ch.reads[l.ExternalID]; ok {
			it.reads[l.ConnectionID] = r
		}
	}
}
