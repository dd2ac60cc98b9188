package sync

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// SyncRequest asks for a run.
type SyncRequest struct {
	Kind   Kind // "" is Incremental; a connection that was never listed makes it Full
	DryRun bool // decide and count only; always Full
}

// Sync works on a run until it is done or the time of ctx is nearly over; then the
// run is RunPartial, and the next call goes on with it. What was left partial goes on
// first, and while another invocation works on the customer it waits for that to end:
// what changed before the call is always covered. If there is no time for that, the
// other's run is returned, as RunPartial.
func (s *Service) Sync(ctx context.Context, customer contact.CustomerID, req SyncRequest) (*Run, error) {
	if req.DryRun {
		return s.syncNext(ctx, customer, req)
	}
	began := s.clock.Now()
	if err := s.store.HurryContacts(ctx, customer, began); err != nil {
		return nil, err
	}
	run, err := s.syncNext(ctx, customer, req)
	if err != nil || run.State != RunDone || !run.StartedAt.Before(began) {
		return run, err
	}
	// That was one left partial, which has looked at the CRMs before.
	if run.Kind == Full {
		req.Kind = Incremental
	}
	next, err := s.syncNext(ctx, customer, req)
	if err == nil && next.State == RunDone && run.Kind == Full {
		return run, nil
	}
	return next, err
}

// syncNext works on the run that is next, once nobody else works on the customer.
func (s *Service) syncNext(ctx context.Context, customer contact.CustomerID, req SyncRequest) (*Run, error) {
	for {
		run, err := s.sync(ctx, customer, req)
		if err != nil || run.State != RunRunning {
			return run, err
		}
		deadline, ok := ctx.Deadline()
		if ok && deadline.Sub(s.clock.Now()) < maxMargin || s.clock.Sleep(ctx, runWait) != nil {
			run.State = RunPartial
			return run, nil
		}
	}
}

// runWait is how often a run that is waited for is looked at.
const runWait = 250 * time.Millisecond

// sync is Sync without waiting: while another invocation works on the customer, its
// run is returned as RunRunning.
func (s *Service) sync(ctx context.Context, customer contact.CustomerID, req SyncRequest) (*Run, error) {
	kind, approval, err := s.kindOf(ctx, customer, req)
	if err != nil {
		return nil, err
	}
	run, ok, err := s.acquire(ctx, customer, &Run{Kind: kind, DryRun: req.DryRun, Approval: approval})
	if err != nil || !ok {
		return run, err
	}
	if err := s.carryOut(ctx, customer, run); err != nil {
		return nil, err
	}
	return run, nil
}

// carryOut works on an acquired run. Its error is that the store is gone.
func (s *Service) carryOut(ctx context.Context, customer contact.CustomerID, run *Run) error {
	p, work, err := s.begin(ctx, customer, run)
	if err == nil {
		err = p.steps(work)
	}
	s.end(ctx, p, run, err)
	if storeGone(err) {
		return err
	}
	return nil
}

// steps does the work of a run of any kind.
func (p *pass) steps(ctx context.Context) error {
	if p.late {
		return nil
	}
	if p.run.Kind == Reverting {
		return p.revert(ctx)
	}
	if len(p.channels) == 0 {
		p.run.Checkpoint.Phase = PhaseDone
		return nil
	}
	if p.run.Kind == Full {
		return p.full(ctx)
	}
	if p.run.Checkpoint.Phase == PhaseList {
		if err := p.poll(ctx); err != nil || p.late {
			return err
		}
		p.run.Checkpoint.Phase = PhaseWork
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

// kindOf decides whether accounts are listed in full: when asked to, when one was
// never listed or missed work, and once a day. What was left partial goes on
// first. A first listing may have to be approved.
func (s *Service) kindOf(ctx context.Context, customer contact.CustomerID, req SyncRequest) (kind Kind, approval Approval, err error) {
	if req.DryRun {
		return Full, "", nil
	}
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return "", "", err
	}
	chosen, err := s.choicesOf(ctx, customer)
	if err != nil {
		return "", "", err
	}
	kind = Incremental
	if req.Kind == Full {
		kind = Full
	}
	now := s.clock.Now()
	for _, c := range conns {
		if !c.usable(now) {
			continue
		}
		if c.BackfilledAt.IsZero() || c.Behind || now.Sub(c.SweptAt) > sweepEvery {
			kind = Full
		}
		if chosen.toApprove(c) {
			approval = ApprovalNeeded
		}
	}
	latest, err := s.store.LatestRun(ctx, customer)
	if err == nil && latest != nil && latest.State == RunPartial {
		kind = latest.Kind
	}
	return kind, approval, err
}

// acquire begins a run as asked for, or goes on with one that was left partial.
func (s *Service) acquire(ctx context.Context, customer contact.CustomerID, run *Run) (*Run, bool, error) {
	now := s.clock.Now()
	run.ID, run.CustomerID, run.State = s.newID(now), customer, RunRunning
	run.StartedAt, run.LeaseUntil, run.Fence = now, now.Add(lease), 1
	run.Checkpoint, run.Progress = Checkpoint{Phase: PhaseList}, Progress{Phase: PhaseList}
	if run.Kind == Reverting {
		run.Checkpoint.Phase, run.Progress.Phase = PhaseRevert, PhaseRevert
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Add(leaseSpare).Before(run.LeaseUntil) {
		run.LeaseUntil = deadline.Add(leaseSpare)
	}
	if run.rehearses() {
		run.Plan = newPlan()
	}
	return s.store.AcquireRun(ctx, run, now)
}

// unstoredRun is what edits and events count into.
func (s *Service) unstoredRun(customer contact.CustomerID, kind Kind) *Run {
	return &Run{CustomerID: customer, Kind: kind, State: RunRunning, StartedAt: s.clock.Now()}
}

// progress adds to the progress of a phase and saves a checkpoint.
func (p *pass) progress(ctx context.Context, phase Phase, done, total int) error {
	p.mu.Lock()
	if p.run.Progress.Phase != phase {
		p.run.Progress = Progress{Phase: phase}
	}
	p.run.Progress.Done += done
	p.run.Progress.Total = max(p.run.Progress.Total, total)
	if t := p.run.Progress.Total; t > 0 {
		p.run.Progress.Done = min(p.run.Progress.Done, t)
	}
	p.mu.Unlock()
	return p.checkpoint(ctx)
}

// checkpoint saves the run as it stands. It fails with fault.Stale when another
// invocation has taken the run over.
func (p *pass) checkpoint(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.countCalls()
	if p.run.Fence == 0 {
		return nil // not a stored run
	}
	return p.store.SaveRun(context.WithoutCancel(ctx), p.run)
}

func (p *pass) countCalls() {
	calls, setup := p.meter.Take()
	p.run.Calls = addCalls(p.run.Calls, calls)
	p.run.SetupCalls = addCalls(p.run.SetupCalls, setup)
}

func addCalls(sum, more map[contact.Provider]int) map[contact.Provider]int {
	if sum == nil && len(more) > 0 {
		sum = map[contact.Provider]int{}
	}
	for provider, n := range more {
		sum[provider] += n
	}
	return sum
}

// end closes the invocation's part of a run and saves it.
func (s *Service) end(ctx context.Context, p *pass, run *Run, err error) {
	now := s.clock.Now()
	switch {
	case storeGone(err):
		run.State = RunPartial // goes on at the checkpoint when the store is back
		s.log.WarnContext(ctx, "run", "run", run.ID, "customer", run.CustomerID, "error", err)
	case err != nil && !fault.Is(err, fault.Stale) && ctx.Err() == nil:
		run.State, run.FinishedAt, run.Error = RunFailed, now, fault.Public(err)
		s.log.ErrorContext(ctx, "run", "run", run.ID, "customer", run.CustomerID, "error", err)
	case run.Checkpoint.Phase != PhaseDone:
		run.State = RunPartial
	default:
		run.State, run.FinishedAt = RunDone, now
	}
	run.LeaseUntil = time.Time{}
	if p == nil {
		if err := s.store.SaveRun(context.WithoutCancel(ctx), run); err != nil {
			s.log.WarnContext(ctx, "save run", "run", run.ID, "error", err)
		}
		return
	}
	run.Error = strings.Join(p.problems(run.Error), " ")
	if len(p.channels) > 0 && len(p.live()) == 0 && run.State == RunDone && run.Kind != Reverting {
		run.State = RunFailed
	}
	if run.State != RunPartial {
		run.Progress.Phase = PhaseDone
		p.noteRun()
	}
	if p.rehearsal != nil && run.State == RunDone {
		p.closePlan(ctx)
		s.takePlan(ctx, p)
	}
	p.flushLog(ctx)
	if err := p.checkpoint(ctx); err != nil {
		s.log.WarnContext(ctx, "save run", "run", run.ID, "error", err)
		return
	}
	s.afterRun(ctx, p)
}

// afterRun does what follows from a run that is saved.
func (s *Service) afterRun(ctx context.Context, p *pass) {
	ctx = context.WithoutCancel(ctx)
	var err error
	switch p.run.State {
	case RunWaiting:
		err = s.holdForApproval(ctx, p)
	case RunPartial:
		if p.rehearsal != nil && p.run.Approval == ApprovalGiven {
			err = s.approveAgain(ctx, p)
		}
	case RunFailed, RunDone:
		if p.run.Kind == Full && (p.rehearsal != nil || p.run.State == RunFailed) {
			err = s.store.DropStaged(ctx, p.customer, p.run.ID)
		}
	}
	if err != nil {
		s.log.WarnContext(ctx, "after run", "run", p.run.ID, "error", err)
	}
}

// storeGone reports whether a run ended because the store could not be reached. The
// troubles of CRMs never end a run.
func storeGone(err error) bool {
	return fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Retryable)
}

// problems lists what stopped connections in this run.
func (p *pass) problems(first string) []string {
	var list []string
	if first != "" {
		list = append(list, first)
	}
	for _, ch := range p.channels {
		if ch.stopped != nil {
			list = append(list, ch.conn.Provider.Title()+": "+fault.Public(ch.stopped))
		}
	}
	if p.rehearsal != nil {
		list = append(list, p.rehearsal.absent...)
	}
	return list
}

func (p *pass) noteRun() {
	if p.run.DryRun {
		return
	}
	what := "Sync"
	if p.run.Kind == Reverting {
		what = "Revert"
	}
	level, message := Info, what+" finished: "+p.run.Counts.text()
	if p.run.State == RunFailed {
		level, message = Failure, what+" failed: "+p.run.Counts.text()
	}
	if p.run.Error != "" {
		message += ". " + p.run.Error
	}
	p.note(nil, Activity{Level: level, Op: "run", Direction: "app", Message: message})
}

// text sums the counts up for people, leaving out what did not happen.
func (n Counts) text() string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{
		{n.Pulled, "taken into the app"}, {n.Created, "created"}, {n.Updated, "updated"},
		{n.Deleted, "deleted"}, {n.Linked, "linked"}, {n.Conflicts, "in conflict"}, {n.Errors, "failed"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if len(parts) == 0 {
		return "nothing had changed"
	}
	return strings.Join(parts, ", ")
}

// Run returns one run of the customer; fault.NotFound.
func (s *Service) Run(ctx context.Context, customer contact.CustomerID, id string) (*Run, error) {
	return s.store.Run(ctx, customer, id)
}
