package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync/match"
)

// The end of step 5: the answers of the CRMs are written into the documents. What
// was confirmed becomes the shadow, not what was planned.

// acknowledge saves the answers of every item that has all of them. Against other
// writers it loads the document again and writes the same answers into that.
func (p *pass) acknowledge(ctx context.Context) error {
	items := p.ready
	p.ready = nil
	ctx = context.WithoutCancel(ctx) // an answer is never thrown away for lack of time
	if err := p.logDecisions(ctx, items); err != nil {
		return err
	}
	for attempt := 0; len(items) > 0 && attempt < 2*casAttempts; attempt++ {
		now := p.clock.Now()
		for _, it := range items {
			p.takeAnswers(it, attempt > 0, now)
		}
		outcomes, err := p.save(ctx, items)
		if err != nil {
			return err
		}
		if items, err = p.reloadUnsaved(ctx, items, outcomes); err != nil {
			return err
		}
	}
	p.flushLog(ctx)
	return nil
}

// logDecisions moves what was decided from the documents to the logs.
func (p *pass) logDecisions(ctx context.Context, items []*item) error {
	if err := p.logConflicts(ctx, items); err != nil {
		return err
	}
	return p.logChanges(ctx, items)
}

// logConflicts moves decided conflicts from the documents to the conflict log.
func (p *pass) logConflicts(ctx context.Context, items []*item) error {
	var all, over []Conflict
	for _, it := range items {
		for _, c := range it.next.Outbox {
			if c.State == ConflictSuperseded {
				over = append(over, c)
			} else {
				all = append(all, c)
			}
		}
	}
	if len(all) > 0 {
		if err := p.store.AppendConflicts(ctx, p.customer, all); err != nil {
			return err
		}
	}
	for _, c := range over {
		if err := p.closeConflict(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// closeConflict notes that an open conflict needs no decision any more.
func (p *pass) closeConflict(ctx context.Context, id string) error {
	c, err := p.store.Conflict(ctx, p.customer, id)
	if fault.Is(err, fault.NotFound) || err == nil && c.State != ConflictOpen {
		return nil
	}
	if err != nil {
		return err
	}
	c.State = ConflictSuperseded
	return p.store.SaveConflict(ctx, p.customer, c)
}

// takeAnswers writes an item's answers into its document. A document that was
// changed meanwhile stays due: the answers do not cover that change.
func (p *pass) takeAnswers(it *item, changedMeanwhile bool, now time.Time) {
	c := it.next
	again := changedMeanwhile || it.again
	for _, u := range it.pushes {
		again = p.takeAnswer(c, u, now) || again
	}
	c.Outbox = nil
	c.dropLogged(it.logged)
	c.Due = p.nextDue(c, now)
	if again {
		c.Due = &Due{At: p.notTooOften(c.ID, now, now)}
	}
	c.settle()
}

// reloadUnsaved loads the documents of the items that were not saved.
func (p *pass) reloadUnsaved(ctx context.Context, items []*item, outcomes []SaveOutcome) ([]*item, error) {
	byID := map[contact.ID]*item{}
	var ids []contact.ID
	for i, it := range items {
		if outcomes[i] == Saved {
			continue
		}
		if outcomes[i] == SaveLinkTaken {
			p.refuseTaken(it)
			if err := p.correctLog(ctx, it); err != nil {
				return nil, err
			}
		}
		byID[it.next.ID] = it
		ids = append(ids, it.next.ID)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	docs, err := p.store.Contacts(ctx, p.customer, ids)
	if err != nil {
		return nil, err
	}
	unsaved := make([]*item, 0, len(docs))
	for _, c := range docs {
		byID[c.ID].next = c
		unsaved = append(unsaved, byID[c.ID])
	}
	return unsaved, p.logDecisions(ctx, unsaved)
}

// refuseTaken turns answers that name a record of another contact into a refusal.
func (p *pass) refuseTaken(it *item) {
	for _, u := range it.pushes {
		if id := u.foundID(); id != "" && u.intent.Op == OpCreate {
			p.review(it.next, u.channel.conn.ID, match.EmailTaken, []contact.ExternalID{id},
				u.channel.conn.Provider.Title()+" has a record with this e-mail address, and it belongs to another contact.")
			u.result = WriteResult{Err: fault.New(fault.Conflict, "A record of another contact has this e-mail address.")}
			u.held = true
		}
	}
}

// takeAnswer writes one answer into the document. It reports whether the contact
// has to be looked at again right away.
func (p *pass) takeAnswer(c *Contact, u *push, now time.Time) (again bool) {
	l := c.Link(u.channel.conn.ID)
	if l == nil || l.State == LinkDetached {
		return false
	}
	i := slices.IndexFunc(l.Intents, func(in Intent) bool { return in.ID == u.intent.ID })
	if i < 0 && u.intent.Op != OpCreate {
		return true // another worker has taken over
	}
	if i >= 0 && !u.undecided() {
		l.Intents = slices.Delete(l.Intents, i, i+1)
	}
	if u.intent.Op == OpCreate && l.ExternalID != "" {
		// Another worker has made or found the record meanwhile. If this made a second
		// one, the key it carries tells.
		return true
	}
	if u.result.Err != nil {
		return p.takeError(c, l, u, now)
	}
	l.Attempts, l.SyncedAt = 0, now
	if l.Error != nil && len(l.Error.Rejected) == 0 {
		l.Error = nil
	}
	switch u.intent.Op {
	case OpDelete:
		l.State, l.Error, l.Ending = LinkDetached, nil, nil
	case OpCreate:
		l.Made = true
		l.ExternalID, l.Modified = u.result.Record.ID, u.result.Record.Modified
		l.dropIntents(OpCreate)
		l.Keyed = u.channel.conn.Has(contact.SyncKey)
		l.URL = u.channel.crm.RecordURL(l.ExternalID)
		l.Error = nil
		if u.adopted {
			return true // made by an earlier attempt: what it holds is read first
		}
		l.confirm(u, now)
		if c.Lifecycle != Active {
			return true // deleted meanwhile
		}
		if u.lookup {
			p.noteSent(l, u.values())
		}
	case OpUpdate:
		l.Keyed = l.Keyed || u.key != ""
		l.confirm(u, now)
		if l.State == LinkEnding {
			l.letGo()
		}
	}
	return false
}

// confirm sets the shadow to what both sides hold after a write.
func (l *Link) confirm(u *push, now time.Time) {
	for _, f := range sortedKeys(u.intent.Fields) {
		v := u.intent.Fields[f]
		r := v.Val
		if u.result.Record != nil {
			if got, ok := u.result.Record.Fields[f]; ok {
				r = got
			}
		}
		l.agree(f, v.H, r, now)
		if u.intent.Op == OpUpdate && r != v.Expect {
			l.remember(Verify{Field: f, Wrote: r, Expect: v.Expect, H: v.H, At: now, Modified: u.modified()})
		}
	}
	for _, f := range sortedKeys(u.intent.Along) {
		v := u.intent.Along[f]
		l.remember(Verify{Field: f, Wrote: v, Expect: v, H: l.Shadow[f].H, At: now, Modified: u.modified()})
	}
}

// takeError writes a failed write into the document.
func (p *pass) takeError(c *Contact, l *Link, u *push, now time.Time) (again bool) {
	err := u.result.Err
	switch kind := fault.KindOf(err); {
	case u.findOnly && kind == fault.NotFound:
		l.State, l.Intents = LinkDetached, nil
		return false
	case u.held:
		l.State = LinkReview
		return false
	case kind == fault.Unauthorised:
		return false // the connection's state says so, and its next run lists it in full
	case kind == fault.Throttled:
		c.deferTo(l, fault.As(err).Until, err, now)
		return false
	case kind == fault.NotFound && l.State == LinkEnding:
		l.letGo()
		return false
	case kind == fault.NotFound && u.intent.Op == OpUpdate:
		l.State, l.MissingSince = LinkMissing, now
		return false
	case kind == fault.Conflict && u.intent.Op == OpCreate && u.foundID() != "":
		l.ExternalID, l.Shadow = u.foundID(), nil // adopted; read and merged next
		return true
	case kind == fault.Conflict && u.intent.Op == OpUpdate:
		p.review(c, l.ConnectionID, match.EmailTaken, u.conflicting(), l.Provider.Title()+
			" refused a value because another record has it. Change one of the two, or merge the records there.")
	case kind == fault.OutcomeUnknown || kind == fault.Retryable || kind == fault.Unexpected:
		if u.intent.Op == OpUpdate {
			l.doubt(u.intent, now.Add(u.channel.limits.Timeout))
		}
	}
	l.fail(err, u.values(), now)
	return false
}

// deferTo makes a link wait for the vendor's limit without counting an attempt.
func (c *Contact) deferTo(l *Link, until time.Time, err error, now time.Time) {
	attempts := l.Attempts
	l.fail(err, nil, now)
	l.Attempts = attempts
	l.Error.RetryAt = until
}

// record counts and logs one answer.
func (p *pass) record(u *push) {
	side, title := u.channel.conn.Provider.Source(), u.channel.conn.Provider.Title()
	if err := u.result.Err; err != nil {
		if u.findOnly || u.held || fault.Is(err, fault.Conflict) && u.foundID() != "" || concernsConnection(err) {
			return
		}
		p.noteFailure(u.item.next, u.item.next.Link(u.channel.conn.ID), err)
		return
	}
	a := Activity{Provider: u.channel.conn.Provider, Direction: "out", Fields: sortedKeys(u.intent.Fields)}
	switch {
	case u.intent.Op == OpDelete:
		p.count(side, func(n *Counts) { n.Deleted++ })
		a.Op, a.Message = "deleted", "Deleted in "+title
	case u.intent.Op == OpUpdate:
		p.count(side, func(n *Counts) { n.Updated++ })
		a.Op, a.Message = "updated", fmt.Sprintf("%s sent to %s", labels(a.Fields), title)
	case u.adopted:
		p.count(side, func(n *Counts) { n.Linked++ })
		a.Op, a.Message = "linked", "Linked to the record made before in "+title
	default:
		p.count(side, func(n *Counts) { n.Created++ })
		a.Op, a.Message = "created", "Created in "+title
	}
	p.note(u.item.next, a)
}
