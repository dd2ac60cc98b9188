package sync

import (
	"context"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/match"
)

// Step 2: claim. Due contacts and hints are leased in batches, oldest first; hints
// turn into contacts, and the batch goes on to be read.

// work goes on until nothing is due or the time is out. With wait it also waits
// for what is about to be due.
func (p *pass) work(ctx context.Context, wait bool) error {
	for !p.outOfTime(ctx) {
		n, err := p.workOnce(ctx, Claim{Limit: batch})
		if err != nil {
			return err
		}
		if n > 0 {
			if err := p.checkpoint(ctx); err != nil {
				return err
			}
			continue
		}
		queued := p.queued()
		if err := p.finish(ctx); err != nil {
			return err
		}
		if queued == 0 && !(wait && p.waitForWork(ctx)) {
			return nil
		}
	}
	return p.finish(ctx)
}

func (p *pass) queued() int {
	n := 0
	for _, ch := range p.channels {
		n += len(ch.queue)
	}
	return n
}

// workOnce takes one batch through the steps and returns its size. A claim of named
// contacts leaves hints alone.
func (p *pass) workOnce(ctx context.Context, claim Claim) (int, error) {
	claim.Now = p.clock.Now()
	claim.Until = p.leaseUntil(claim.Now)
	contacts, err := p.store.ClaimContacts(ctx, p.customer, claim)
	if err != nil {
		return 0, err
	}
	var hints []Hint
	if claim.IDs == nil {
		if hints, err = p.store.ClaimHints(ctx, p.customer, claim); err != nil {
			return 0, err
		}
	}
	if len(contacts)+len(hints) == 0 {
		return 0, nil
	}
	p.prefetch(ctx, contacts, hints)
	b := newBatch(contacts)
	if err := p.resolve(ctx, b, hints); err != nil {
		return 0, err
	}
	if err := p.apply(ctx, b.items); err != nil {
		return 0, err
	}
	for _, it := range b.items {
		p.forget(it.next)
	}
	return len(contacts) + len(hints), nil
}

// waitForWork waits for work that is due within linger. It reports whether there
// is some now.
func (p *pass) waitForWork(ctx context.Context) bool {
	counts, err := p.store.CountContacts(ctx, p.customer)
	if err != nil {
		return false
	}
	_, hint, err := p.store.CountHints(ctx, p.customer)
	if err != nil {
		return false
	}
	next := counts.NextDue
	if next.IsZero() || !hint.IsZero() && hint.Before(next) {
		next = hint
	}
	wait := next.Sub(p.clock.Now())
	if next.IsZero() || wait > linger {
		return false
	}
	if p.rehearsal == nil && !p.deadline.IsZero() && p.clock.Now().Add(wait+p.margin).After(p.deadline) {
		return false
	}
	return wait <= 0 || p.clock.Sleep(ctx, wait) == nil
}

// batchItems are the contacts of one batch, each once.
type batchItems struct {
	items []*item
	byID  map[contact.ID]*item
	// fresh are contacts that are being made in the batch, by canonical e-mail.
	fresh []Staged
}

func newBatch(contacts []*Contact) *batchItems {
	b := &batchItems{byID: map[contact.ID]*item{}}
	for _, c := range contacts {
		b.add(newItem(c))
	}
	return b
}

func (b *batchItems) add(it *item) {
	b.items = append(b.items, it)
	b.byID[it.next.ID] = it
}

// itemOf returns the batch's item of a contact, which it takes into the batch if it is
// not there; nil when another worker holds it.
func (b *batchItems) itemOf(c *Contact, id contact.ID, now time.Time) *item {
	if it := b.byID[id]; it != nil || c.leased(now) {
		return it
	}
	it := newItem(c)
	b.add(it)
	return it
}

// byEmail and byContact let records of one batch find each other: a person who is
// new in two CRMs at once is one contact.
func (b *batchItems) byEmail(context.Context, []string) ([]Staged, error) { return b.fresh, nil }

func (b *batchItems) byContact(context.Context, []contact.ID) ([]Staged, error) { return nil, nil }

// resolve turns hints into contacts of the batch. A hint whose record could not be
// read stays, and is claimed again when its lease is over.
func (p *pass) resolve(ctx context.Context, b *batchItems, hints []Hint) error {
	var done []Hint
	var due []contact.ID
	for _, ch := range p.channels {
		records, byRecord, answered := hinted(ch, hints)
		done = append(done, answered...)
		if len(records) == 0 {
			continue
		}
		pairs, err := p.pair(ctx, ch, records, b)
		if err != nil {
			return err
		}
		p.removeCopies(ctx, ch, pairs)
		p.readRestored(ctx, ch, pairs)
		for _, x := range pairs {
			if x.verdict.Kind == match.Known {
				if len(x.known) > 1 || !seenBefore(x.contact.Link(ch.conn.ID), byRecord[x.record.ID]) {
					due = append(due, slices.DeleteFunc(x.known, func(id contact.ID) bool { return b.byID[id] != nil })...)
				}
			} else if !p.resolveOne(ch, b, x) {
				continue
			}
			done = append(done, byRecord[x.record.ID]...)
		}
	}
	if len(due) > 0 {
		if err := p.store.MarkDue(ctx, p.customer, due, p.clock.Now()); err != nil {
			return err
		}
	}
	if len(done) == 0 {
		return nil
	}
	return p.store.DropHints(ctx, p.customer, done)
}

// hinted lists the records that a channel's hints led to. Hints of records that are
// gone, and of links unknown, are answered by that.
func hinted(ch *channel, hints []Hint) (records []*Record, byRecord map[contact.ExternalID][]Hint, answered []Hint) {
	byRecord = map[contact.ExternalID][]Hint{}
	for _, h := range hints {
		r, read := ch.reads[h.ExternalID]
		switch {
		case h.ConnectionID != ch.conn.ID || !read || r.Err != nil:
		case r.Gone():
			answered = append(answered, h)
		default:
			if _, seen := byRecord[r.Record.ID]; !seen {
				records = append(records, r.Record)
			}
			byRecord[r.Record.ID] = append(byRecord[r.Record.ID], h)
			ch.reads[r.Record.ID] = r
		}
	}
	return records, byRecord, answered
}

// resolveOne follows the verdict about a record that is linked to nothing. It reports
// whether its hints are done with.
func (p *pass) resolveOne(ch *channel, b *batchItems, x pairing) bool {
	now := p.clock.Now()
	switch x.verdict.Kind {
	case match.Ignore, match.Remove:
		return true
	case match.Restore:
		return p.restoreOne(ch, b, x, now)
	case match.New:
		it := p.newContact(contact.ID(p.newID(now)), now)
		it.next.addLink(ch, x.record.ID)
		b.add(it)
		b.fresh = append(b.fresh, Staged{ConnectionID: ch.conn.ID, Record: x.record, Emails: x.emails, ContactID: it.next.ID, New: true})
		return true
	case match.Review:
		p.review(x.contact, ch.conn.ID, x.verdict.Reason, append([]contact.ExternalID{x.record.ID}, x.verdict.Others...), x.verdict.Message)
		return true
	}
	it := b.itemOf(x.contact, x.verdict.ContactID, now)
	if it == nil {
		return false // its own worker is about to link it, or will find it later
	}
	p.noteUnanswered(it.next.Link(ch.conn.ID))
	it.next.addLink(ch, x.record.ID)
	p.count(ch.conn.Provider.Source(), func(n *Counts) { n.Linked++ })
	p.note(it.next, Activity{Provider: ch.conn.Provider, Op: "linked", Direction: "in", Message: "Linked to a record in " + ch.conn.Provider.Title()})
	return true
}

// seenBefore reports whether the record was read or made after everything the
// hints tell of: they are echoes.
func seenBefore(l *Link, hints []Hint) bool {
	return !slices.ContainsFunc(hints, func(h Hint) bool { return h.EventAt.IsZero() || h.EventAt.After(l.Modified) })
}

func (c *Contact) leased(now time.Time) bool { return c.Due != nil && now.Before(c.Due.LeaseUntil) }
