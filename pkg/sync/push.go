package sync

import (
	"context"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// push is one write to a CRM.
type push struct {
	item     *item
	channel  *channel
	intent   Intent
	id       contact.ExternalID // record to write; "" for a create
	key      contact.ID         // to be written with it; "" when it is there already
	current  *Record            // as read
	lookup   bool               // the create may have happened: look for the key first
	findOnly bool               // look only: the contact was deleted meanwhile
	adopted  bool               // the lookup found the record
	held     bool               // the record found belongs to another contact
	result   WriteResult
}

func (u *push) values() contact.Values { return u.intent.values() }

// values are the raw values to write.
func (in Intent) values() contact.Values {
	values := make(contact.Values, len(in.Fields))
	for f, v := range in.Fields {
		values[f] = v.Val
	}
	return values
}

// modified is the vendor's time of the write, zero if it did not say.
func (u *push) modified() time.Time {
	if u.result.Record == nil {
		return time.Time{}
	}
	return u.result.Record.Modified
}

// foundID returns the record that a create made or ran into, or "".
func (u *push) foundID() contact.ExternalID {
	if u.result.Record != nil {
		return u.result.Record.ID
	}
	if e := fault.As(u.result.Err); e != nil && e.Kind == fault.Conflict {
		return contact.ExternalID(e.ExistingID)
	}
	return ""
}

// conflicting lists the record that was to be written and the one that was in its way.
func (u *push) conflicting() []contact.ExternalID {
	ids := []contact.ExternalID{u.id}
	if other := u.foundID(); other != "" {
		ids = append(ids, other)
	}
	return ids
}

// undecided reports whether a record may still have been made: the intent stays
// until a lookup has shown it.
func (u *push) undecided() bool {
	err := u.result.Err
	if u.intent.Op != OpCreate || err == nil {
		return false
	}
	return fault.Is(err, fault.OutcomeUnknown) || u.lookup && !final(err) && !fault.Is(err, fault.NotFound)
}

// drain sends what is queued for one connection and returns what was answered.
func (p *pass) drain(ctx context.Context, ch *channel, all bool) []*push {
	var now, later []*push
	for _, kind := range []struct {
		op   Op
		size int
	}{{OpCreate, ch.limits.Create}, {OpUpdate, ch.limits.Update}, {OpDelete, ch.limits.Delete}} {
		var same []*push
		for _, u := range ch.queue {
			if u.intent.Op == kind.op {
				same = append(same, u)
			}
		}
		n := len(same)
		if !all {
			n -= n % max(kind.size, 1)
		}
		now, later = append(now, same[:n]...), append(later, same[n:]...)
	}
	ch.queue = later
	p.write(ctx, ch, now)
	return now
}

// write sends writes and stores each one's answer.
func (p *pass) write(ctx context.Context, ch *channel, pushes []*push) {
	var creates, updates, deletes []*push
	for _, u := range pushes {
		switch {
		case ch.stopped != nil:
			u.result.Err = ch.stopped
		case u.intent.Op == OpCreate:
			creates = append(creates, u)
		case u.intent.Op == OpUpdate:
			updates = append(updates, u)
		default:
			deletes = append(deletes, u)
		}
	}
	p.writeCreates(ctx, ch, p.lookUp(ctx, ch, creates))
	p.writeUpdates(ctx, ch, updates)
	p.writeDeletes(ctx, ch, deletes)
	for _, u := range pushes {
		if err := u.result.Err; err != nil && concernsConnection(err) {
			p.halt(ctx, ch, err)
		}
	}
}

// lookUp answers creates whose record an earlier attempt may have made, and
// returns those that still have to be made.
func (p *pass) lookUp(ctx context.Context, ch *channel, creates []*push) []*push {
	var keys []contact.ID
	var since time.Time
	for _, u := range creates {
		if u.lookup {
			keys = append(keys, u.key)
			if since.IsZero() || u.intent.At.Before(since) {
				since = u.intent.At
			}
		}
	}
	if len(keys) == 0 {
		return creates
	}
	if !ch.conn.Has(contact.SyncKey) {
		return p.leaveToReview(ch, creates)
	}
	found, err := ch.crm.FindByKeys(ctx, keys, since.Add(-pollOverlap))
	return slices.DeleteFunc(creates, func(u *push) bool {
		if !u.lookup {
			return false
		}
		records := found[u.key]
		switch {
		case err != nil:
			u.result.Err = err
		case len(records) > 0:
			u.result.Record, u.adopted = p.chooseMade(ctx, ch, u, records), true
		case u.findOnly:
			u.result.Err = fault.New(fault.NotFound, "The record was never made.")
		default:
			return false
		}
		return true
	})
}

// leaveToReview holds creates that may have happened where nothing can be looked up
// by key: a person looks. It returns the others.
func (p *pass) leaveToReview(ch *channel, creates []*push) []*push {
	return slices.DeleteFunc(creates, func(u *push) bool {
		if !u.lookup {
			return false
		}
		title := ch.conn.Provider.Title()
		p.review(u.item.next, ch.conn.ID, reviewUnknown, nil,
			title+" did not confirm a new record, and has no field for the Contact Sync ID to look it up by. See whether it is there.")
		u.result.Err = fault.New(fault.Conflict, "%s did not confirm the new record.", title)
		u.held = true
		return true
	})
}

func (p *pass) writeCreates(ctx context.Context, ch *channel, pushes []*push) {
	requests := make([]CreateRequest, len(pushes))
	for i, u := range pushes {
		requests[i] = CreateRequest{Key: u.key, Fields: u.values()}
	}
	if len(requests) > 0 {
		for i, r := range ch.crm.Create(ctx, requests) {
			pushes[i].result = r
		}
	}
}

func (p *pass) writeUpdates(ctx context.Context, ch *channel, pushes []*push) {
	requests := make([]UpdateRequest, len(pushes))
	for i, u := range pushes {
		requests[i] = UpdateRequest{ID: u.id, Fields: u.values(), Key: u.key, Current: u.current}
	}
	if len(requests) > 0 {
		for i, r := range ch.crm.Update(ctx, requests) {
			pushes[i].result = r
		}
	}
}

func (p *pass) writeDeletes(ctx context.Context, ch *channel, pushes []*push) {
	ids := make([]contact.ExternalID, len(pushes))
	for i, u := range pushes {
		ids[i] = u.id
	}
	if len(ids) > 0 {
		for i, err := range ch.crm.Delete(ctx, ids) {
			pushes[i].result.Err = err
		}
	}
}
