package sync

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync/match"
)

// Step 5: apply. The decision is saved first, one compare-and-set per contact;
// then the writes are sent in the vendor's batches; then their answers are saved.
// A crash at any point leaves a document that says what may have been sent.

// apply takes a batch through steps 3 to 5. Writes that do not fill a vendor's
// batch wait for the next one; finish sends them.
func (p *pass) apply(ctx context.Context, items []*item) error {
	for attempt := 0; len(items) > 0 && attempt < casAttempts; attempt++ {
		contacts := make([]*Contact, len(items))
		for i, it := range items {
			contacts[i] = it.next
		}
		p.prefetch(ctx, contacts, nil)
		var err error
		if items, err = p.followErasures(ctx, items); err != nil {
			return err
		}
		if err := p.readSurvivors(ctx, items); err != nil {
			return err
		}
		if items, err = p.followMerges(ctx, items); err != nil {
			return err
		}
		if err := p.checkBrake(ctx, items); err != nil {
			return err
		}
		for _, it := range items {
			p.decide(it)
			p.keepChange(it)
		}
		if p.rehearsal != nil {
			p.tally(items)
		}
		stale, err := p.saveDecisions(ctx, items)
		if err != nil {
			return err
		}
		if items, err = p.reload(ctx, stale); err != nil {
			return err
		}
	}
	return p.send(ctx, false)
}

// finish sends what is still queued and acknowledges everything.
func (p *pass) finish(ctx context.Context) error {
	err := p.send(ctx, true)
	p.flushLog(ctx)
	return err
}

// saveDecisions saves what was decided and queues the writes of contacts that were
// saved. It returns the items that lost against another writer.
func (p *pass) saveDecisions(ctx context.Context, items []*item) (stale []*item, err error) {
	now := p.clock.Now()
	var stones []Tombstone
	changed := slices.Clone(items)
	changed = slices.DeleteFunc(changed, func(it *item) bool {
		stones = append(stones, it.stones...)
		p.schedule(it, now)
		if it.quiet() {
			p.count(contact.App, func(n *Counts) { n.Unchanged++ })
		}
		return reflect.DeepEqual(it.contact, it.next)
	})
	if len(stones) > 0 {
		if err := p.store.PutTombstones(ctx, p.customer, stones); err != nil {
			return nil, err
		}
	}
	outcomes, err := p.save(ctx, changed)
	if err != nil {
		return nil, err
	}
	var saved []*item
	for i, it := range changed {
		switch outcomes[i] {
		case SaveStale:
			stale = append(stale, it)
		case SaveLinkTaken:
			p.giveUpLink(it)
			stale = append(stale, it)
		default:
			saved = append(saved, it)
			p.enqueue(it)
		}
	}
	if err := p.countFollowed(ctx, saved); err != nil {
		return nil, err
	}
	return stale, p.dropRestored(ctx, saved)
}

func (p *pass) save(ctx context.Context, items []*item) ([]SaveOutcome, error) {
	if len(items) == 0 {
		return nil, nil
	}
	docs := make([]*Contact, len(items))
	for i, it := range items {
		docs[i] = it.next
	}
	return p.store.SaveContacts(ctx, p.customer, docs)
}

// schedule sets when the contact is due again and what its status is: while writes
// are on their way it stays claimed.
func (p *pass) schedule(it *item, now time.Time) {
	switch {
	case len(it.pushes) > 0 || it.next.unlogged():
		it.next.Due = &Due{At: now, LeaseUntil: p.leaseUntil(now)}
	case it.again:
		it.next.Due = &Due{At: p.notTooOften(it.next.ID, now, now)}
	default:
		it.next.Due = p.nextDue(it.next, now)
	}
	it.next.settle()
}

// nextDue returns when there is something to do for the contact, or nil. Links of
// connections that cannot be used make nothing due.
func (p *pass) nextDue(c *Contact, now time.Time) *Due {
	var at time.Time
	earlier := func(t time.Time) {
		if at.IsZero() || t.Before(at) {
			at = t
		}
	}
	for i := range c.Links {
		l := &c.Links[i]
		ch := p.channel(l.ConnectionID)
		if ch == nil || l.State == LinkDetached || l.State == LinkReview {
			continue
		}
		if fault.Is(ch.stopped, fault.Throttled) {
			earlier(fault.As(ch.stopped).Until)
		}
		if l.State == LinkMissing && c.Lifecycle == Active && !(l.confirmable(now) && ch.conn.Brake.Held()) {
			earlier(l.graceEnds())
		}
		if !l.ReadAgainAt.IsZero() {
			earlier(l.ReadAgainAt)
		}
		retry := l.retryAt()
		if len(l.Intents) == 0 && !retry.IsZero() {
			earlier(retry)
		}
		for _, in := range l.Intents {
			earlier(later(in.At.Add(ch.limits.Timeout), retry))
		}
		for _, d := range l.InDoubt {
			earlier(d.Until)
		}
	}
	if at.IsZero() {
		return nil
	}
	return &Due{At: p.notTooOften(c.ID, later(at, now), now)}
}

// notTooOften postpones what stays due whatever is done for it.
func (p *pass) notTooOften(id contact.ID, at, now time.Time) time.Time {
	if p.rounds[id]++; p.rounds[id] > maxRounds {
		return later(at, now.Add(time.Minute))
	}
	return at
}

// retryAt is when what failed is tried again; zero: nothing is.
func (l *Link) retryAt() time.Time {
	switch {
	case l.Error == nil || len(l.Error.Rejected) > 0:
		return time.Time{}
	case !l.Error.RetryAt.IsZero():
		return l.Error.RetryAt
	}
	return l.Error.At.Add(backoff(l.Attempts))
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// settle derives the contact's status from its links.
func (c *Contact) settle() {
	c.Status = StatusLocalOnly
	if len(c.Held) > 0 {
		c.Status = StatusConflict
		return
	}
	for i := range c.Links {
		l := &c.Links[i]
		switch {
		case l.State == LinkDetached:
		case l.State == LinkReview:
			c.Status = StatusConflict
			return
		case l.Error != nil:
			c.Status = StatusError
			return
		case l.ExternalID != "" && c.Status == StatusLocalOnly:
			c.Status = StatusSynced
		}
	}
	if c.Due != nil {
		c.Status = StatusSyncing
	}
}

// reload loads the items that lost a compare-and-set, to be decided again from
// what is stored and from new readings.
func (p *pass) reload(ctx context.Context, stale []*item) ([]*item, error) {
	var ids []contact.ID
	for _, it := range stale {
		if it.contact.Rev != 0 {
			ids = append(ids, it.next.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	docs, err := p.store.Contacts(ctx, p.customer, ids)
	if err != nil {
		return nil, err
	}
	items := make([]*item, 0, len(docs))
	for _, c := range docs {
		p.forget(c)
		items = append(items, newItem(c))
	}
	return items, nil
}

// quiet reports whether the item changes no value and writes nothing.
func (it *item) quiet() bool {
	return len(it.pushes) == 0 && maps.Equal(it.contact.Fields, it.next.Fields) && it.contact.Lifecycle == it.next.Lifecycle
}

func newItem(c *Contact) *item { return &item{contact: c, next: c.Clone()} }

// giveUpLink leaves a record to the contact that holds it: a person decides.
func (p *pass) giveUpLink(it *item) {
	if it.contact.Rev == 0 {
		return // another worker made the contact of this record first
	}
	for i := range it.next.Links {
		l := &it.next.Links[i]
		if before := it.contact.Link(l.ConnectionID); before == nil || before.ExternalID != l.ExternalID {
			p.review(it.next, l.ConnectionID, match.EmailTaken, []contact.ExternalID{l.ExternalID},
				"The record belongs to another contact already.")
		}
	}
}

// review notes something for a person to decide.
func (p *pass) review(c *Contact, connection contact.ConnectionID, kind string, ids []contact.ExternalID, message string) {
	r := Review{Kind: kind, ConnectionID: connection, ExternalIDs: ids, Message: message, At: p.clock.Now()}
	if ch := p.channel(connection); ch != nil {
		r.Provider = ch.conn.Provider
	}
	if c != nil {
		r.ContactID, r.ContactName = c.ID, c.Values().DisplayName()
	}
	r = newReview(r)
	p.mu.Lock()
	p.reviews = append(p.reviews, r)
	p.mu.Unlock()
	p.note(c, Activity{ID: "review-" + r.ID, Level: Warning, Provider: r.Provider, Op: "review", Direction: "in", Message: message})
}

// newReview names an item for review by what it is about.
func newReview(r Review) Review {
	parts := []string{r.Kind, string(r.ConnectionID), string(r.ContactID)}
	for _, id := range r.ExternalIDs {
		parts = append(parts, string(id))
	}
	r.ID = digest(parts...)
	return r
}

// The kinds of reviews besides those of package match.
const (
	reviewMerge   = "merge"
	reviewErasure = "erasure"
	reviewUnknown = "unknown_outcome"
)

// enqueue hands the writes of a saved item to their connections.
func (p *pass) enqueue(it *item) {
	it.open = len(it.pushes)
	if it.open == 0 {
		if it.next.unlogged() {
			p.ready = append(p.ready, it)
		}
		return
	}
	for _, u := range it.pushes {
		u.channel.queue = append(u.channel.queue, u)
	}
}

// send sends queued writes, full batches only unless all, and acknowledges every
// contact whose writes are all answered.
func (p *pass) send(ctx context.Context, all bool) error {
	sent := make([][]*push, len(p.channels))
	tasks := make([]func(), len(p.channels))
	for i, ch := range p.channels {
		tasks[i] = func() { sent[i] = p.drain(ctx, ch, all) }
	}
	p.parallel(tasks...)
	for _, pushes := range sent {
		for _, u := range pushes {
			p.record(u)
			if u.item.open--; u.item.open == 0 {
				p.ready = append(p.ready, u.item)
			}
		}
	}
	return p.acknowledge(ctx)
}
