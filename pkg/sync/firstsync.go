package sync

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// A full run: the first sync of a connection, and the sweep that proves later that
// both sides still agree. Every account is listed into the staging rows, the rows
// are joined to contacts there, and then contact by contact goes through decide
// and apply with the listed records as its readings: nothing is searched for or
// read one by one.

// full runs the phases that are left. It returns when all are done or the time is
// out; the checkpoint says which.
func (p *pass) full(ctx context.Context) error {
	if p.rehearsal != nil {
		if err := p.startRehearsal(ctx); err != nil {
			return err
		}
	}
	steps := []struct {
		phase Phase
		do    func(context.Context) (done bool, err error)
	}{
		{PhaseList, p.list}, {PhaseJoin, p.join}, {PhaseReconcile, p.reconcileAll}, {PhaseWork, p.workOff},
	}
	for i, step := range steps {
		if p.run.Checkpoint.Phase != step.phase {
			continue
		}
		done, err := step.do(ctx)
		if err != nil || !done {
			return err
		}
		next := PhaseDone
		if i+1 < len(steps) {
			next = steps[i+1].phase
		}
		p.run.Checkpoint = Checkpoint{Phase: next, Listings: p.run.Checkpoint.Listings}
		if err := p.checkpoint(ctx); err != nil {
			return err
		}
	}
	return nil
}

// list pages every account into the staging rows, all accounts at the same time. A
// page is stored before the cursor behind it is.
func (p *pass) list(ctx context.Context) (bool, error) {
	if p.run.Checkpoint.Listings == nil {
		p.run.Checkpoint.Listings = map[contact.ConnectionID]Listing{}
	}
	errs := make([]error, len(p.channels))
	tasks := make([]func(), len(p.channels))
	for i, ch := range p.channels {
		tasks[i] = func() { errs[i] = p.listOne(ctx, ch) }
	}
	p.parallel(tasks...)
	if err := errors.Join(errs...); err != nil {
		return false, err
	}
	// What is not listed completely goes on at the same page next time.
	return !slices.ContainsFunc(p.live(), func(ch *channel) bool { return !p.listing(ch).Done }), nil
}

// listingFailed leaves the connection out of the run, unless there only was no time.
func (p *pass) listingFailed(ctx context.Context, ch *channel, err error) {
	if p.tooLate(err) {
		return
	}
	p.halt(ctx, ch, err)
	p.setListing(ch, func(l *Listing) { l.Error = fault.Public(err) })
}

// listOne lists one account from where the checkpoint is. Its error is the store's.
func (p *pass) listOne(ctx context.Context, ch *channel) error {
	at := p.listing(ch)
	if at.StartedAt.IsZero() {
		at.StartedAt, at.Planned = p.clock.Now(), ch.conn.planned()
	}
	for !at.Done {
		if p.outOfTime(ctx) {
			return nil
		}
		page, err := ch.crm.List(ctx, at.Cursor)
		if err != nil {
			p.listingFailed(ctx, ch, err)
			return nil
		}
		rows := make([]Staged, len(page.Records))
		for i, r := range page.Records {
			rows[i] = Staged{ConnectionID: ch.conn.ID, Record: r, Emails: p.canonicalEmails(r)}
		}
		if err := p.store.PutStaged(ctx, p.customer, p.run.ID, rows); err != nil {
			return err
		}
		at.Cursor, at.Done, at.Records, at.Pages = page.Next, page.Next == "", at.Records+len(rows), at.Pages+1
		p.setListing(ch, func(l *Listing) { *l = at })
		if err := p.progress(ctx, PhaseList, len(rows), 0); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) listing(ch *channel) Listing {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.run.Checkpoint.Listings[ch.conn.ID]
}

func (p *pass) setListing(ch *channel, change func(*Listing)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.run.Checkpoint.Listings[ch.conn.ID]
	change(&l)
	p.run.Checkpoint.Listings[ch.conn.ID] = l
}

// listed lists the channels whose account this run has listed completely.
func (p *pass) listed() []*channel {
	return slices.DeleteFunc(p.live(), func(ch *channel) bool { return !p.listing(ch).Done })
}

// reconcileAll takes every contact through decide and apply: those the app has,
// then those the listings bring.
func (p *pass) reconcileAll(ctx context.Context) (bool, error) {
	for _, ch := range p.listed() {
		ch.listed = true
	}
	if err := p.lookOver(ctx); err != nil {
		return false, err
	}
	done, err := p.reconcilePages(ctx, false, p.knownPage)
	if err != nil || !done {
		return done, err
	}
	if done, err = p.reconcilePages(ctx, true, p.newPage); err != nil || !done {
		return done, err
	}
	if err := p.finish(ctx); err != nil {
		return true, err
	}
	return true, p.complete(ctx)
}

// reconcilePages works through one of the two sources of contacts.
func (p *pass) reconcilePages(ctx context.Context, fresh bool, next func(context.Context, contact.ID) ([]*item, contact.ID, error)) (bool, error) {
	at := &p.run.Checkpoint
	if at.New && !fresh {
		return true, nil
	}
	if fresh && !at.New {
		at.New, at.After = true, ""
	}
	for {
		if p.outOfTime(ctx) {
			return false, p.finish(ctx)
		}
		items, after, err := next(ctx, contact.ID(at.After))
		if err != nil {
			return false, err
		}
		if after == "" {
			return true, nil
		}
		if err := p.apply(ctx, items); err != nil {
			return false, err
		}
		p.forgetAll()
		at.After = string(after)
		if err := p.progress(ctx, PhaseReconcile, len(items), 0); err != nil {
			return false, err
		}
	}
}

// knownPage loads contacts of the app with their staged records.
func (p *pass) knownPage(ctx context.Context, after contact.ID) ([]*item, contact.ID, error) {
	docs, err := p.store.ScanContacts(ctx, p.customer, after, batch)
	if err != nil || len(docs) == 0 {
		return nil, "", err
	}
	after = docs[len(docs)-1].ID
	now := p.clock.Now()
	docs = slices.DeleteFunc(docs, func(c *Contact) bool { return c.leased(now) || c.Lifecycle != Active && !c.hasRecords() })
	items := make([]*item, len(docs))
	for i, c := range docs {
		items[i] = newItem(c)
	}
	rows, err := p.rowsOf(ctx, items)
	if err != nil {
		return nil, "", err
	}
	for _, it := range items {
		p.attachRows(it, rows[it.next.ID])
		p.absent(it, rows[it.next.ID])
	}
	return items, after, p.holdShared(ctx, items, rows)
}

// hasRecords reports whether any CRM may still have a record of the contact: those
// of a deleted one are still to be deleted.
func (c *Contact) hasRecords() bool {
	return slices.ContainsFunc(c.Links, func(l Link) bool { return l.State != LinkDetached })
}

// newPage makes contacts for staged records that belong to none.
func (p *pass) newPage(ctx context.Context, after contact.ID) ([]*item, contact.ID, error) {
	ids, err := p.store.StagedNew(ctx, p.customer, p.run.ID, after, batch)
	if err != nil || len(ids) == 0 {
		return nil, "", err
	}
	now := p.clock.Now()
	items := make([]*item, len(ids))
	for i, id := range ids {
		items[i] = p.newContact(id, now)
	}
	rows, err := p.rowsOf(ctx, items)
	if err != nil {
		return nil, "", err
	}
	for _, it := range items {
		p.attachRows(it, rows[it.next.ID])
	}
	return items, ids[len(ids)-1], p.holdShared(ctx, items, rows)
}

func (p *pass) rowsOf(ctx context.Context, items []*item) (map[contact.ID][]Staged, error) {
	ids := make([]contact.ID, len(items))
	for i, it := range items {
		ids[i] = it.next.ID
	}
	rows, err := p.store.StagedByContact(ctx, p.customer, p.run.ID, ids)
	if err != nil {
		return nil, err
	}
	byContact := map[contact.ID][]Staged{}
	for _, row := range rows {
		byContact[row.ContactID] = append(byContact[row.ContactID], row)
	}
	return byContact, nil
}

// attachRows gives an item the links its staged records mean, and the records as read.
func (p *pass) attachRows(it *item, rows []Staged) {
	for _, row := range rows {
		ch := p.channel(row.ConnectionID)
		switch {
		case ch == nil || ch.stopped != nil:
		case row.Review != "":
			it.next.holdLink(ch)
		default:
			p.attachRow(it, ch, row.Record)
		}
	}
}

// attachRow takes a listed record for a reading, as of when its listing began. A link
// whose record was reported missing since is read by id instead.
func (p *pass) attachRow(it *item, ch *channel, r *Record) {
	p.fillPlanned(ch, r)
	listed := p.listing(ch).StartedAt
	l := it.next.Link(ch.conn.ID)
	switch own := l != nil && r.isOrAbsorbed(l.ExternalID); {
	case own && l.MissingSince.After(listed):
	case own:
		ch.reads[r.ID] = Reading{Record: r, At: listed}
		ch.reads[l.ExternalID] = ch.reads[r.ID]
	case l != nil && l.ExternalID != "" && l.State != LinkDetached: // linked to another one meanwhile
	default:
		ch.reads[r.ID] = Reading{Record: r, At: listed}
		p.noteUnanswered(l)
		it.next.addLink(ch, r.ID)
		p.count(ch.conn.Provider.Source(), func(n *Counts) { n.Linked++ })
	}
}

// fillPlanned gives a record the fields that were made since it was listed.
func (p *pass) fillPlanned(ch *channel, r *Record) {
	for _, f := range p.listing(ch).Planned {
		if _, listed := r.Fields[f]; !listed && f != contact.SyncKey && ch.conn.Has(f) {
			r.Fields[f] = ""
		}
	}
}

// absent treats a record that the complete listing of its account did not show as
// not found for the first time; it will be confirmed by id.
func (p *pass) absent(it *item, rows []Staged) {
	for i := range it.next.Links {
		l := &it.next.Links[i]
		ch := p.channel(l.ConnectionID)
		if ch == nil || ch.stopped != nil || !l.readable() || l.State != LinkActive {
			continue
		}
		at := p.listing(ch)
		shown := slices.ContainsFunc(rows, func(r Staged) bool { return r.Record.isOrAbsorbed(l.ExternalID) })
		if at.Done && !shown && l.SyncedAt.Before(at.StartedAt) {
			ch.reads[l.ExternalID] = Reading{}
		}
	}
}

// lookOver sets what the progress counts towards, and stops deletions where a
// listing is suspiciously short.
func (p *pass) lookOver(ctx context.Context) error {
	if p.run.Progress.Phase == PhaseReconcile {
		return nil
	}
	counts, err := p.store.CountContacts(ctx, p.customer)
	if err != nil {
		return err
	}
	largest := counts.Total
	for _, ch := range p.listed() {
		records := p.listing(ch).Records
		largest = max(largest, records)
		if err := p.holdIfHalf(ctx, ch, records, counts.Links[ch.conn.ID].Linked); err != nil {
			return err
		}
	}
	p.run.Progress = Progress{Phase: PhaseReconcile, Total: largest}
	return nil
}

// complete records what the run has proven about each listed connection, and
// forgets the rows, and log entries that are older than the customer wants to keep.
func (p *pass) complete(ctx context.Context) error {
	now := p.clock.Now()
	for _, ch := range p.listed() {
		started := p.listing(ch).StartedAt
		err := p.updateConnection(ctx, ch.conn, func(c *Connection) {
			if c.BackfilledAt.IsZero() {
				c.BackfilledAt = now
			}
			c.Watermark, c.SweptAt, c.LastSuccessAt, c.Behind = started, started, now, false
			if c.State != ConnectionPaused {
				c.State, c.Message, c.SnoozedUntil = ConnectionActive, "", time.Time{}
			}
		})
		if err != nil {
			return err
		}
	}
	if err := p.store.PruneLogs(ctx, p.customer, now.Add(-p.choices.retention)); err != nil {
		return err
	}
	if err := p.closeMoot(ctx); err != nil {
		return err
	}
	return p.store.DropStaged(ctx, p.customer, p.run.ID)
}

// workOff finishes what the phases before left due.
func (p *pass) workOff(ctx context.Context) (bool, error) {
	err := p.work(ctx, true)
	return !p.outOfTime(ctx), err
}
