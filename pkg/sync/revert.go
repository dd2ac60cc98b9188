package sync

import (
	"context"
	"errors"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// Reverts take changes back: one, or all of a run, the newest first. A revert is a run
// of its own, whose changes can be taken back in turn.

// RevertReport says what a revert takes back, and how far it came.
type RevertReport struct {
	RunID    string        `json:"runId,omitempty"` // a whole run; or
	ChangeID string        `json:"changeId,omitempty"`
	Field    contact.Field `json:"field,omitempty"` // of the change; "" all of it
	Reverted int           `json:"reverted"`        // changes taken back
	Skipped  int           `json:"skipped"`         // parts that were left as they are
	Skips    []Skip        `json:"skips,omitempty"` // the first of those
}

// maxSkips is how many skipped parts a report names. The sync log has them all.
const maxSkips = 50

// RevertChange takes one change back, or one field of it. The app's values travel to
// the CRMs like any other edit. It fails with fault.NotFound, with fault.Invalid if the
// change has no such field, and with fault.Conflict if nothing of it can be taken back.
func (s *Service) RevertChange(ctx context.Context, customer contact.CustomerID, id string, field contact.Field) (*Run, error) {
	c, err := s.store.Change(ctx, customer, id)
	if err != nil {
		return nil, err
	}
	if _, there := c.Fields[field]; !there && field != "" {
		return nil, fault.InvalidFields(map[string]string{"field": "The change did not touch this field."})
	}
	now := s.clock.Now()
	run := &Run{ID: s.newID(now), CustomerID: customer, Kind: Reverting, State: RunDone, StartedAt: now,
		Progress: Progress{Phase: PhaseDone, Done: 1, Total: 1}, Checkpoint: Checkpoint{Phase: PhaseDone},
		Revert: &RevertReport{ChangeID: id, Field: field}}
	p := &pass{Service: s, customer: customer, run: run, meter: &Meter{}}
	if p.choices, err = s.choicesOf(ctx, customer); err != nil {
		return nil, err
	}
	saved, err := p.revertBatch(ctx, []Change{*c}, field)
	if err != nil {
		return nil, err
	}
	if r := run.Revert; r.Reverted == 0 && r.Skipped > 0 {
		return nil, fault.New(fault.Conflict, "%s", r.Skips[0].Reason)
	}
	run.FinishedAt = s.clock.Now()
	if err := s.store.AddRun(ctx, run); err != nil {
		return nil, err
	}
	p.flushLog(ctx)
	for _, c := range saved {
		s.pushNow(ctx, c)
	}
	return run, nil
}

// RevertRun takes back what a run, or an import, changed. It works until it is done or
// the time of ctx is nearly over; then the revert is RunPartial, and goes on with the
// next call, or the next run. It fails with fault.NotFound, and with fault.Conflict
// while the run, or another, is under way.
func (s *Service) RevertRun(ctx context.Context, customer contact.CustomerID, runID string) (*Run, error) {
	target, err := s.store.Run(ctx, customer, runID)
	if err != nil {
		return nil, err
	}
	if target.State != RunDone && target.State != RunFailed {
		return nil, fault.New(fault.Conflict, "The run has not ended yet.")
	}
	for {
		run, ok, err := s.acquire(ctx, customer, &Run{Kind: Reverting, Revert: &RevertReport{RunID: runID}})
		if err != nil {
			return nil, err
		}
		if ok {
			if err := s.carryOut(ctx, customer, run); err != nil {
				return nil, err
			}
		}
		deadline, bounded := ctx.Deadline()
		switch {
		case ok && run.Revert != nil && run.Revert.RunID == runID:
			return run, nil
		case ok && run.State == RunDone:
			continue // it was another that had not come to its end
		case bounded && deadline.Sub(s.clock.Now()) < maxMargin || s.clock.Sleep(ctx, runWait) != nil:
			return nil, fault.New(fault.Conflict, "Another run is under way. Try again when it has ended.")
		}
	}
}

// revert does the work of a revert of a run.
func (p *pass) revert(ctx context.Context) error {
	if p.run.Checkpoint.Phase == PhaseRevert {
		if done, err := p.takeBack(ctx); err != nil || !done {
			return err
		}
		p.run.Checkpoint = Checkpoint{Phase: PhaseWork}
		if err := p.checkpoint(ctx); err != nil {
			return err
		}
	}
	done, err := p.workOff(ctx)
	if done && err == nil {
		p.run.Checkpoint.Phase = PhaseDone
	}
	return err
}

// takeBack takes the changes of the run back, page by page. A page that was done before
// an interruption has nothing left to take back.
func (p *pass) takeBack(ctx context.Context) (bool, error) {
	report := p.run.Revert
	if report == nil {
		return true, nil // what it was to go on with has ended meanwhile
	}
	if p.run.Checkpoint.After == "" {
		if err := p.finishFailed(ctx, report.RunID); err != nil {
			return false, err
		}
	}
	for {
		if p.outOfTime(ctx) {
			return false, nil
		}
		page, next, err := p.store.ListChanges(ctx, p.customer, LogQuery{RunID: report.RunID, Cursor: p.run.Checkpoint.After, Limit: 200})
		if err != nil {
			return false, err
		}
		for _, part := range oncePerContact(page) {
			if _, err := p.revertBatch(ctx, part, ""); err != nil {
				return false, err
			}
		}
		p.flushLog(ctx)
		if next == "" {
			return true, nil
		}
		p.run.Checkpoint.After = next
		if err := p.progress(ctx, PhaseRevert, len(page), 0); err != nil {
			return false, err
		}
	}
}

// finishFailed works off what a run that failed may have left: some of its changes
// could not be in the log yet.
func (p *pass) finishFailed(ctx context.Context, runID string) error {
	target, err := p.store.Run(ctx, p.customer, runID)
	if err != nil || target.State != RunFailed {
		return err
	}
	return p.work(ctx, false)
}

// oncePerContact splits changes so that no contact is twice in a part. Their order
// stays.
func oncePerContact(changes []Change) [][]Change {
	var parts [][]Change
	var part []Change
	for _, c := range changes {
		if slices.ContainsFunc(part, func(o Change) bool { return o.ContactID == c.ContactID }) {
			parts, part = append(parts, part), nil
		}
		part = append(part, c)
	}
	if len(part) > 0 {
		parts = append(parts, part)
	}
	return parts
}

// revertBatch takes changes of different contacts back and returns the contacts that
// changed by it. It makes a fixed number of store calls, again for contacts that
// another writer interfered with.
func (p *pass) revertBatch(ctx context.Context, changes []Change, field contact.Field) ([]*Contact, error) {
	synced, err := p.isSynced(ctx, p.customer)
	if err != nil {
		return nil, err
	}
	left := slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return c.State == ChangeReverted })
	var saved []*Contact
	for attempt := 0; len(left) > 0; attempt++ {
		if attempt == 3*casAttempts {
			return nil, fault.New(fault.Retryable, "The contacts are being changed by others at this moment.")
		}
		undone, err := p.undo(ctx, left, field, synced)
		if err != nil {
			return nil, err
		}
		left = nil
		for _, u := range undone {
			if u.outcome == SaveStale {
				left = append(left, u.change)
			} else if u.outcome == Saved && u.changed {
				saved = append(saved, u.contact)
			}
		}
	}
	return saved, nil
}

// tried is an undoing and what became of it.
type tried struct {
	*undoing
	outcome SaveOutcome
}

// undo tries once.
func (p *pass) undo(ctx context.Context, changes []Change, field contact.Field, synced bool) ([]tried, error) {
	list, err := p.loadUndoings(ctx, changes, field)
	if err != nil {
		return nil, err
	}
	var docs []*Contact
	var stones []Tombstone
	for _, u := range list {
		before := u.contact.Clone()
		if u.decide(); !u.changed {
			continue
		}
		if !synced {
			if err := p.clearChanges(ctx, p.customer, u.contact); err != nil {
				return nil, err
			}
		}
		p.keepRevert(before, u.undoing)
		p.makeDue(u.contact, synced, u.now)
		docs, stones = append(docs, u.contact), append(stones, u.stones...)
	}
	if len(stones) > 0 {
		if err := p.store.PutTombstones(ctx, p.customer, stones); err != nil {
			return nil, err
		}
	}
	if err := p.saveUndoings(ctx, list, docs); err != nil {
		return nil, err
	}
	if !synced {
		if err := p.logEdits(ctx, p.customer, docs...); err != nil {
			return nil, err
		}
	}
	return list, p.report(ctx, list)
}

func (p *pass) loadUndoings(ctx context.Context, changes []Change, field contact.Field) ([]tried, error) {
	ids := make([]contact.ID, len(changes))
	for i, c := range changes {
		ids[i] = c.ContactID
	}
	docs, err := p.store.Contacts(ctx, p.customer, ids)
	if err != nil {
		return nil, err
	}
	var list []tried
	for _, c := range changes {
		i := slices.IndexFunc(docs, func(d *Contact) bool { return d.ID == c.ContactID })
		if i < 0 {
			continue // there is nothing to take it back from
		}
		list = append(list, tried{undoing: &undoing{change: c, contact: docs[i], field: field, runID: p.run.ID,
			canonical: p.choices.canonical, now: p.clock.Now()}})
	}
	return list, nil
}

// keepRevert keeps what taking a change back changed.
func (p *pass) keepRevert(before *Contact, u *undoing) {
	c := differenceOf(before, u.contact)
	c.At, c.RunID, c.By, c.Reverts, c.Remotes = u.now, p.run.ID, contact.App, u.change.ID, u.by.Remotes
	if len(c.Fields) == 0 && c.Op == ChangeUpdated && len(c.Remotes) > 0 {
		c.Op = c.Remotes[0].Op
	}
	if !c.empty() || len(c.Remotes) > 0 {
		u.contact.Changes = append(u.contact.Changes, c)
	}
}

// saveUndoings saves the contacts, and forgets the tombstones of records that are
// linked again.
func (p *pass) saveUndoings(ctx context.Context, list []tried, docs []*Contact) error {
	if len(docs) == 0 {
		return nil
	}
	outcomes, err := p.store.SaveContacts(ctx, p.customer, docs)
	if err != nil {
		return err
	}
	relinked := map[contact.ConnectionID][]contact.ExternalID{}
	for i := range list {
		u := &list[i]
		at := slices.Index(docs, u.contact)
		if at < 0 {
			continue
		}
		if u.outcome = outcomes[at]; u.outcome != Saved {
			continue
		}
		for _, l := range u.relinked {
			relinked[l.ConnectionID] = append(relinked[l.ConnectionID], l.ExternalID)
		}
	}
	var errs []error
	for _, connection := range sortedKeys(relinked) {
		errs = append(errs, p.store.DropTombstones(ctx, p.customer, connection, relinked[connection]))
	}
	return errors.Join(errs...)
}

// report counts and notes what was taken back, and marks the changes.
func (p *pass) report(ctx context.Context, list []tried) error {
	r := p.run.Revert
	var marked []Change
	for _, u := range list {
		switch u.outcome {
		case SaveStale:
			continue
		case SaveLinkTaken:
			u.done, u.skips = false, nil
			u.skip("", "The record belongs to another contact now.")
		}
		for _, s := range u.skips {
			r.Skipped++
			if len(r.Skips) < maxSkips {
				r.Skips = append(r.Skips, s)
			}
			p.count(contact.App, func(n *Counts) { n.Unchanged++ })
			if s.Reason != onlySent {
				p.noteSkip(u.contact, s)
			}
		}
		if !u.done {
			continue
		}
		r.Reverted++
		if u.changed {
			p.countUndone(u.undoing)
		}
		if len(u.skips) == 0 && (u.field == "" || len(u.change.Fields) == 1 && len(u.change.Remotes) == 0) {
			u.change.State = ChangeReverted
			marked = append(marked, u.change)
		}
	}
	return p.store.SaveChanges(ctx, p.customer, marked)
}

func (p *pass) noteSkip(c *Contact, s Skip) {
	a := Activity{Level: Warning, Op: "skipped", Direction: "app", Message: "Not taken back: " + s.Reason}
	if s.Field != "" {
		a.Message, a.Fields = s.Field.Label()+" was not taken back: "+s.Reason, []contact.Field{s.Field}
	}
	p.note(c, a)
}

func (p *pass) countUndone(u *undoing) {
	a := Activity{Op: "updated", Direction: "app", Message: "A change was taken back", Fields: sortedKeys(u.change.Fields)}
	count := func(n *Counts) { n.Updated++ }
	switch {
	case u.contact.Lifecycle != Active && u.contact.DeletedAt.Equal(u.now):
		a.Op, a.Message = "deleted", "Deleted: what brought it was taken back"
		count = func(n *Counts) { n.Deleted++ }
	case u.change.Op == ChangeDeleted:
		a.Op, a.Message = "restored", "Restored: its deletion was taken back"
		count = func(n *Counts) { n.Created++ }
	}
	p.count(contact.App, count)
	p.note(u.contact, a)
}
