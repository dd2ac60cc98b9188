package sync

import (
	"context"
	"maps"
	"slices"
	gosync "sync"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// A rehearsal is a full run of the engine with nothing coming of it: what it would
// write to the store stays in [drafts], what it would write to a CRM is answered at
// once as if it had worked, waiting takes no time, and every call is counted. So a
// plan is what the same code would do, and not a second opinion of it.
//
// What a rehearsal cannot know is how a CRM will answer: that it refuses a value, that
// somebody is faster, or that a run is interrupted and has to send a smaller batch.
// And it leaves hints alone: the records behind them are in the listings.

// rehearsal is what takes the place of the ports of a pass.
type rehearsal struct {
	stored Store
	pass   *pass
	crms   map[contact.ConnectionID]*rehearsedCRM
	// first are the connections that were never listed in full.
	first  []contact.ConnectionID
	absent []string // why connections are not in the plan

	mu      gosync.Mutex
	asked   map[string]bool // reviews that a person was asked already
	planned planning
}

// rehearses reports whether the run only finds out what a run would do.
func (r *Run) rehearses() bool { return r.DryRun || r.Approval == ApprovalNeeded }

// rehearse returns the service on whose ports the rehearsal of a pass is done.
func (s *Service) rehearse(p *pass) (*Service, *rehearsal) {
	r := &rehearsal{stored: s.store, pass: p, crms: map[contact.ConnectionID]*rehearsedCRM{}}
	r.planned.plan = p.run.Plan
	on := *s
	on.store = newDrafts(s.store, r)
	on.crms = rehearsedCRMs{s.crms, r}
	on.clock = &hurriedClock{Clock: s.clock, rehearsal: r}
	on.trigger = func(context.Context) {}
	return &on, r
}

// startRehearsal prepares the run for what it has to do again: everything, when its
// listings are too old; what was reconciled, when it goes on after an interruption,
// because the drafts that an earlier invocation made are gone.
func (p *pass) startRehearsal(ctx context.Context) error {
	r, run := p.rehearsal, p.run
	phase := run.Checkpoint.Phase
	switch {
	case run.listedBefore(p.clock.Now().Add(-planAge)):
		if err := r.stored.DropStaged(ctx, p.customer, run.ID); err != nil {
			return err
		}
		agreed := run.Plan.Agreed
		run.Plan, run.Checkpoint = newPlan(), Checkpoint{Phase: PhaseList}
		run.Plan.Agreed = agreed
	case phase == PhaseReconcile || phase == PhaseWork:
		run.Plan, run.Checkpoint = run.Plan.again(), Checkpoint{Phase: PhaseReconcile, Listings: run.Checkpoint.Listings}
	}
	if phase != PhaseJoin {
		run.Counts, run.Details, run.Progress = Counts{}, nil, Progress{}
	}
	r.planned.plan = run.Plan
	if run.Plan.Basis != "" {
		return nil
	}
	var err error
	run.Plan.Basis, err = p.basis(ctx, p.customer)
	return err
}

// reconciling reports whether the run has come to what is rehearsed.
func (r *rehearsal) reconciling() bool {
	phase := r.pass.run.Checkpoint.Phase
	return phase == PhaseReconcile || phase == PhaseWork
}

// without notes which connections could not be opened: the plan lacks them.
func (r *rehearsal) without(conns []*Connection, errs []error) {
	for i, err := range errs {
		if err != nil {
			r.absent = append(r.absent, conns[i].Provider.Title()+": "+fault.Public(err))
		}
	}
}

// forget drops what was made up about the records of a contact that is done with.
func (r *rehearsal) forget(c *Contact) {
	for i := range c.Links {
		if crm := r.crms[c.Links[i].ConnectionID]; crm != nil {
			crm.forget(c.Links[i].ExternalID)
		}
	}
}

// takeReviews counts the items that nobody was asked about before.
func (r *rehearsal) takeReviews(ctx context.Context, customer contact.CustomerID, items []Review) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asked == nil {
		known, err := r.stored.ListReviews(ctx, customer)
		if err != nil {
			return err
		}
		r.asked = map[string]bool{}
		for _, item := range known {
			r.asked[item.ID] = true
		}
	}
	for _, item := range items {
		if !r.asked[item.ID] {
			r.asked[item.ID] = true
			r.planned.review(item, r.reconciling())
		}
	}
	return nil
}

// hurriedClock lets waiting take no time: it runs ahead instead.
type hurriedClock struct {
	Clock
	rehearsal *rehearsal
	ahead     time.Duration
}

func (c *hurriedClock) Now() time.Time { return c.Clock.Now().Add(c.ahead) }

// Sleep moves the time, and with it the end of the invocation.
func (c *hurriedClock) Sleep(ctx context.Context, d time.Duration) error {
	c.ahead += d
	if p := c.rehearsal.pass; !p.deadline.IsZero() {
		p.deadline = p.deadline.Add(d)
	}
	return ctx.Err()
}

// rehearsedCRMs opens adapters that write nothing.
type rehearsedCRMs struct {
	CRMs
	rehearsal *rehearsal
}

// plannedField is the key of a remote field that would be made.
const plannedField = "(planned)"

// Open opens the adapter with the fields that there really are.
func (o rehearsedCRMs) Open(ctx context.Context, c *Connection) (CRM, error) {
	there := *c
	there.Fields = maps.Clone(c.Fields)
	maps.DeleteFunc(there.Fields, func(_ contact.Field, f RemoteField) bool { return f.Key == plannedField })
	crm, err := o.CRMs.Open(ctx, &there)
	if err != nil {
		return nil, err
	}
	o.rehearsal.mu.Lock()
	defer o.rehearsal.mu.Unlock()
	rehearsed := newRehearsedCRM(crm, c, &o.rehearsal.planned)
	o.rehearsal.crms[c.ID] = rehearsed
	return rehearsed, nil
}

// planned lists the fields that would be made before anything is written.
func (c *Connection) planned() []contact.Field {
	return slices.DeleteFunc(sortedKeys(c.Fields), func(f contact.Field) bool { return c.Fields[f].Key != plannedField })
}
