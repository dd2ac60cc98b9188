package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// The first sync of a connection can be made to wait for a person, who sees what it
// would do before it writes anything. While it waits, the connection takes no part in
// other runs, and nothing is polled, read or written there; the other connections go
// on.

// planAge is how old the listings behind a plan may be when it is carried out.
const planAge = time.Hour

// neverListed lists the connections whose first full run is still to come.
func neverListed(conns []*Connection) []contact.ConnectionID {
	var list []contact.ConnectionID
	for _, c := range conns {
		if c.BackfilledAt.IsZero() && c.ApprovedAt.IsZero() {
			list = append(list, c.ID)
		}
	}
	return list
}

// listedBefore reports whether any of the run's listings began before then.
func (r *Run) listedBefore(then time.Time) bool {
	for _, l := range r.Checkpoint.Listings {
		if !l.StartedAt.IsZero() && l.StartedAt.Before(then) {
			return true
		}
	}
	return false
}

// basis tells the state of the app that a plan is made from: it is another when
// contacts or links came, went or changed, or the settings did.
func (s *Service) basis(ctx context.Context, customer contact.CustomerID) (string, error) {
	counts, err := s.store.CountContacts(ctx, customer)
	if err != nil {
		return "", err
	}
	settings, err := s.store.Settings(ctx, customer)
	if err != nil {
		return "", err
	}
	newest, err := s.store.SearchContacts(ctx, customer, ContactQuery{Sort: SortUpdated, Desc: true, Limit: 1})
	if err != nil {
		return "", err
	}
	parts := []string{fmt.Sprint(settings.Rev), fmt.Sprint(counts.Total)}
	for _, id := range sortedKeys(counts.Links) {
		parts = append(parts, fmt.Sprint(id, counts.Links[id].Linked))
	}
	for _, c := range newest.Contacts {
		parts = append(parts, fmt.Sprint(c.ID, c.UpdatedAt.UnixMilli()))
	}
	return digest(parts...), nil
}

// takePlan ends the part of a run that makes its plan: the run waits for a person, or
// goes on if it only had to be planned again and does what was approved.
func (s *Service) takePlan(_ context.Context, p *pass) {
	run := p.run
	if run.Approval != ApprovalNeeded {
		return
	}
	if len(p.toHold()) == 0 {
		run.State, run.Progress.Phase = RunFailed, PhaseDone
		return
	}
	agreed := run.Plan.Agreed
	run.Checkpoint = Checkpoint{Phase: PhaseReconcile, Listings: run.Checkpoint.Listings}
	run.State, run.FinishedAt, run.Plan.Agreed = RunWaiting, time.Time{}, nil
	if agreed == nil {
		return
	}
	if run.Plan.Changed = !run.Plan.within(agreed); !run.Plan.Changed {
		run.give()
	}
}

// give lets an approved run go on with what was planned.
func (r *Run) give() {
	r.State, r.Approval = RunPartial, ApprovalGiven
	r.Counts, r.Details, r.Progress = Counts{}, nil, Progress{}
}

// toHold lists the connections whose first listing the run's plan has.
func (p *pass) toHold() []*channel {
	return slices.DeleteFunc(p.listed(), func(ch *channel) bool { return !slices.Contains(p.rehearsal.first, ch.conn.ID) })
}

// holdForApproval has the connections of a plan wait.
func (s *Service) holdForApproval(ctx context.Context, p *pass) error {
	for _, ch := range p.toHold() {
		c, err := s.connection(ctx, p.customer, ch.conn.Provider)
		if err != nil {
			return err
		}
		if c.WaitsFor != "" && c.WaitsFor != p.run.ID {
			if err := s.dropPlan(ctx, p.customer, c.WaitsFor); err != nil {
				return err
			}
		}
		err = s.updateConnection(ctx, c, func(c *Connection) {
			if c.left() {
				return
			}
			c.State, c.WaitsFor = ConnectionWaiting, p.run.ID
			c.Message = "Its first sync waits for approval."
			c.AccountID, c.AccountURL = ch.conn.AccountID, ch.conn.AccountURL
		})
		if err != nil {
			return err
		}
	}
	s.noteApproval(ctx, p.run, "The plan of a first sync waits for approval")
	return nil
}

// approveAgain has the approval of a plan count for the one that took its place.
func (s *Service) approveAgain(ctx context.Context, p *pass) error {
	now := s.clock.Now()
	for _, ch := range p.toHold() {
		c, err := s.connection(ctx, p.customer, ch.conn.Provider)
		if err != nil {
			return err
		}
		if err := s.updateConnection(ctx, c, func(c *Connection) { c.ApprovedAt = now }); err != nil {
			return err
		}
	}
	return nil
}

// noteApproval tells the sync log what became of a plan.
func (s *Service) noteApproval(ctx context.Context, run *Run, message string) {
	p := pass{Service: s, customer: run.CustomerID, run: run}
	p.note(nil, Activity{Op: "run", Direction: "app", Message: message})
	p.flushLog(ctx)
}

// Approve lets a waiting run go on, and works on it as [Service.Sync] does. What was
// planned is carried out if it was made within the last hour and no contact, link or
// setting has changed since. Else the plan is made again; the run goes on when that
// does about the same, and waits for another approval when it does more. It fails with
// fault.NotFound, or with fault.Conflict when the run does not wait for approval.
func (s *Service) Approve(ctx context.Context, customer contact.CustomerID, id string) (*Run, error) {
	run, waiting, err := s.waitingRun(ctx, customer, id)
	if err != nil {
		return nil, err
	}
	basis, err := s.basis(ctx, customer)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	trusted := basis == run.Plan.Basis && !run.listedBefore(now.Add(-planAge))
	for _, c := range waiting {
		err := s.updateConnection(ctx, c, func(c *Connection) {
			c.State, c.Message, c.WaitsFor = ConnectionNew, "", ""
			if trusted {
				c.ApprovedAt = now
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if trusted {
		run.give()
	} else {
		agreed := run.Plan.numbers()
		run.State, run.Plan, run.Checkpoint = RunPartial, newPlan(), Checkpoint{Phase: PhaseList}
		run.Plan.Agreed = agreed
		if err := s.store.DropStaged(ctx, customer, id); err != nil {
			return nil, err
		}
	}
	if err := s.store.SaveRun(ctx, run); err != nil {
		return nil, err
	}
	s.noteApproval(ctx, run, "The plan of a first sync was approved")
	if _, err := s.Sync(ctx, customer, SyncRequest{Kind: Full}); err != nil {
		return nil, err
	}
	return s.store.Run(ctx, customer, id)
}

// CancelPlan drops a run that waits for approval. Its connections are paused; when
// they are resumed, another plan is made. It fails as Approve does.
func (s *Service) CancelPlan(ctx context.Context, customer contact.CustomerID, id string) (*Run, error) {
	run, waiting, err := s.waitingRun(ctx, customer, id)
	if err != nil {
		return nil, err
	}
	for _, c := range waiting {
		err := s.updateConnection(ctx, c, func(c *Connection) {
			c.State, c.WaitsFor = ConnectionPaused, ""
			c.Message = "Its first sync was not approved. Resume it to see another plan."
		})
		if err != nil {
			return nil, err
		}
	}
	if err := s.dropPlan(ctx, customer, id); err != nil {
		return nil, err
	}
	s.noteApproval(ctx, run, "The plan of a first sync was dropped")
	return s.store.Run(ctx, customer, id)
}

// waitingRun returns a run that waits for approval, and the connections that wait with
// it. One that nobody waits for any more is dropped.
func (s *Service) waitingRun(ctx context.Context, customer contact.CustomerID, id string) (*Run, []*Connection, error) {
	run, err := s.store.Run(ctx, customer, id)
	if err != nil {
		return nil, nil, err
	}
	if run.State != RunWaiting {
		return nil, nil, fault.New(fault.Conflict, "This run does not wait for approval.")
	}
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return nil, nil, err
	}
	waiting := slices.DeleteFunc(conns, func(c *Connection) bool { return c.State != ConnectionWaiting || c.WaitsFor != id })
	if len(waiting) == 0 {
		if err := s.dropPlan(ctx, customer, id); err != nil {
			return nil, nil, err
		}
		return nil, nil, fault.New(fault.Conflict, "The connections have changed since; another plan will be made.")
	}
	return run, waiting, nil
}

// dropPlan cancels a waiting run and forgets its rows.
func (s *Service) dropPlan(ctx context.Context, customer contact.CustomerID, id string) error {
	run, err := s.store.Run(ctx, customer, id)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if run.State == RunWaiting {
		run.State, run.FinishedAt, run.Progress.Phase = RunCancelled, s.clock.Now(), PhaseDone
		if err := s.store.SaveRun(ctx, run); err != nil {
			return err
		}
	}
	return s.store.DropStaged(ctx, customer, id)
}
