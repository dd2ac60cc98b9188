package conformance

import (
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

var runCases = []storeCase{
	{"a run is stored and comes back", runStored},
	{"a running run keeps others out until its lease is over", runHeld},
	{"a run whose lease is over goes on with a raised fence", runResumed},
	{"a partial run goes on, also after another kind of run", runPartial},
	{"an interrupted run of another kind is closed as failed", runOtherKind},
	{"only dry runs go on with a dry run", runDry},
	{"a run that ended is not handed out again", runEnded},
	{"only the holder of the fence saves", runFenced},
	{"the latest run is the running one, else the newest", runLatest},
	{"a run that has ended is added", runAdded},
}

func newRun(id string, kind sync.Kind, started time.Time) *sync.Run {
	return &sync.Run{
		ID: id, CustomerID: acme, Kind: kind, State: sync.RunRunning, StartedAt: started,
		LeaseUntil: started.Add(time.Second),
	}
}

// acquire acquires a run at its start and expects to hold the run of the id.
func (b *bench) acquire(run *sync.Run, now time.Time, wantID string) *sync.Run {
	b.Helper()
	acquired, ok, err := b.store().AcquireRun(b.ctx, run, now)
	b.must(err)
	if !ok || acquired.ID != wantID {
		b.Fatalf("acquired run %q, %v; want %q", acquired.ID, ok, wantID)
	}
	b.equal("state", acquired.State, sync.RunRunning)
	return acquired
}

func (b *bench) saveRun(run *sync.Run) {
	b.Helper()
	b.must(b.store().SaveRun(b.ctx, run))
}

func (b *bench) run(id string) *sync.Run {
	b.Helper()
	run, err := b.store().Run(b.ctx, acme, id)
	b.must(err)
	return run
}

// end saves the run in a state that is not running.
func (b *bench) end(run *sync.Run, state sync.RunState) {
	b.Helper()
	run.State, run.FinishedAt = state, run.StartedAt.Add(time.Millisecond)
	b.saveRun(run)
}

func runStored(b *bench) {
	run := newRun("r1", sync.Full, noon)
	run.Checkpoint = sync.Checkpoint{
		Phase: sync.PhaseJoin, Connection: hub, After: "1/ä", New: true,
		Listings: map[contact.ConnectionID]sync.Listing{hub: {Cursor: "c", Records: 3, StartedAt: after(1), Error: "left out"}},
	}
	run.Progress = sync.Progress{Phase: sync.PhaseJoin, Done: 3, Total: 9}
	run.Counts = sync.Counts{Pulled: 1, Errors: 2}
	run.Details = map[contact.Source]sync.Counts{contact.App: {Created: 1}}
	run.Calls = map[contact.Provider]int{contact.HubSpot: 4}
	run.Plan = &sync.PlanSummary{Creates: map[contact.Source]int{"hubspot": 2}, Conflicts: 1}
	acquired := b.acquire(run, noon, "r1")
	b.equal("acquired", acquired, run)
	b.equal("stored", b.run("r1"), run)
	acquired.Counts.Updated = 7
	b.end(acquired, sync.RunDone)
	b.equal("saved", b.run("r1"), acquired)
	_, err := b.store().Run(b.ctx, acme, "r9")
	b.kind(err, fault.NotFound)
}

func runHeld(b *bench) {
	b.acquire(newRun("r1", sync.Full, noon), noon, "r1")
	for _, kind := range []sync.Kind{sync.Full, sync.Incremental} {
		held, ok, err := b.store().AcquireRun(b.ctx, newRun("r2", kind, after(1)), after(999))
		b.must(err)
		if ok || held.ID != "r1" {
			b.Fatalf("a %s run acquired %q, %v while another was running", kind, held.ID, ok)
		}
	}
	_, err := b.store().Run(b.ctx, acme, "r2")
	b.kind(err, fault.NotFound)
	b.equal("fence of the holder", b.run("r1").Fence, int64(0))
}

func runResumed(b *bench) {
	first := b.acquire(newRun("r1", sync.Full, noon), noon, "r1")
	first.Checkpoint.Phase = sync.PhaseReconcile
	b.saveRun(first)
	second := b.acquire(newRun("r2", sync.Full, after(1000)), after(1000), "r1")
	b.equal("fence", second.Fence, first.Fence+1)
	b.instant("lease", second.LeaseUntil, after(2000))
	b.instant("start", second.StartedAt, noon)
	b.equal("checkpoint", second.Checkpoint, first.Checkpoint)
	b.equal("stored", b.run("r1"), second)
	b.kind(b.store().SaveRun(b.ctx, first), fault.Stale)
	b.saveRun(second)
}

func runPartial(b *bench) {
	full := b.acquire(newRun("r1", sync.Full, noon), noon, "r1")
	full.Checkpoint.Phase = sync.PhaseWork
	b.end(full, sync.RunPartial)
	b.end(b.acquire(newRun("r2", sync.Incremental, after(10)), after(10), "r2"), sync.RunDone)
	b.equal("the partial run meanwhile", b.run("r1").State, sync.RunPartial)
	again := b.acquire(newRun("r3", sync.Full, after(20)), after(20), "r1")
	b.equal("fence", again.Fence, full.Fence+1)
	b.instant("lease", again.LeaseUntil, after(1020))
	b.equal("checkpoint", again.Checkpoint, full.Checkpoint)
	b.kind(b.store().SaveRun(b.ctx, full), fault.Stale)
}

func runOtherKind(b *bench) {
	b.acquire(newRun("r1", sync.Full, noon), noon, "r1")
	b.acquire(newRun("r2", sync.Incremental, after(1000)), after(1000), "r2")
	closed := b.run("r1")
	b.equal("state of the interrupted run", closed.State, sync.RunFailed)
	if closed.FinishedAt.IsZero() || closed.Error == "" {
		b.Errorf("the interrupted run has no end or no reason: %+v", closed)
	}
	held, ok, err := b.store().AcquireRun(b.ctx, newRun("r3", sync.Full, after(1001)), after(1001))
	b.must(err)
	b.equal("held by", []any{held.ID, ok}, []any{"r2", false})
}

func runDry(b *bench) {
	dry := newRun("d1", sync.Full, noon)
	dry.DryRun = true
	b.acquire(dry, noon, "d1")
	held, ok, err := b.store().AcquireRun(b.ctx, newRun("r1", sync.Full, after(1)), after(1))
	b.must(err)
	b.equal("held by", []any{held.ID, ok}, []any{"d1", false})
	real := b.acquire(newRun("r1", sync.Full, after(1000)), after(1000), "r1")
	b.equal("the interrupted dry run", b.run("d1").State, sync.RunFailed)
	b.end(real, sync.RunPartial)

	again := newRun("d2", sync.Full, after(1001))
	again.DryRun = true
	b.end(b.acquire(again, after(1001), "d2"), sync.RunPartial)
	b.end(b.acquire(newRun("r2", sync.Full, after(1002)), after(1002), "r1"), sync.RunDone)

	third := newRun("d3", sync.Full, after(1003))
	third.DryRun = true
	b.acquire(third, after(1003), "d2")
	fourth := newRun("d4", sync.Full, after(2003))
	fourth.DryRun, fourth.LeaseUntil = true, after(3003)
	again = b.acquire(fourth, after(2003), "d2")
	b.equal("fence", again.Fence, b.run("d2").Fence)
}

func runEnded(b *bench) {
	b.end(b.acquire(newRun("r1", sync.Full, noon), noon, "r1"), sync.RunDone)
	b.end(b.acquire(newRun("r2", sync.Full, after(1)), after(1), "r2"), sync.RunFailed)
	b.acquire(newRun("r3", sync.Full, after(2)), after(2), "r3")
	b.equal("the first", b.run("r1").State, sync.RunDone)
}

func runFenced(b *bench) {
	b.kind(b.store().SaveRun(b.ctx, newRun("r9", sync.Full, noon)), fault.Stale)
	run := b.acquire(newRun("r1", sync.Full, noon), noon, "r1")
	want := b.run("r1")
	for _, fence := range []int64{run.Fence - 1, run.Fence + 1} {
		late := *run
		late.Fence, late.Error = fence, "late"
		b.kind(b.store().SaveRun(b.ctx, &late), fault.Stale)
	}
	b.equal("stored", b.run("r1"), want)
	run.LeaseUntil = after(5000)
	b.saveRun(run)
	held, ok, err := b.store().AcquireRun(b.ctx, newRun("r2", sync.Full, after(4999)), after(4999))
	b.must(err)
	b.equal("a prolonged lease", []any{held.ID, ok}, []any{"r1", false})
}

func runLatest(b *bench) {
	latest := func(want string) {
		b.Helper()
		run, err := b.store().LatestRun(b.ctx, acme)
		b.must(err)
		got := ""
		if run != nil {
			got = run.ID
		}
		b.equal("latest run", got, want)
	}
	latest("")
	first := b.acquire(newRun("r1", sync.Full, after(10)), after(10), "r1")
	latest("r1")
	b.end(first, sync.RunDone)
	b.end(b.acquire(newRun("r2", sync.Full, after(30)), after(30), "r2"), sync.RunFailed)
	b.end(b.acquire(newRun("r0", sync.Evented, after(20)), after(20), "r0"), sync.RunDone)
	latest("r2")
	dry := newRun("d1", sync.Full, after(40))
	dry.DryRun = true
	dryRun := b.acquire(dry, after(40), "d1")
	latest("r2")
	b.end(dryRun, sync.RunDone)
	latest("r2")
	b.acquire(newRun("r3", sync.Incremental, after(5)), after(50), "r3")
	latest("r3")
}

func runAdded(b *bench) {
	b.end(b.acquire(newRun("r1", sync.Full, noon), noon, "r1"), sync.RunDone)
	imported := newRun("i1", sync.Imported, after(10))
	imported.State, imported.FinishedAt, imported.LeaseUntil = sync.RunDone, after(20), time.Time{}
	imported.Counts.Created = 3
	b.must(b.store().AddRun(b.ctx, imported))
	b.equal("stored", b.run("i1"), imported)
	latest, err := b.store().LatestRun(b.ctx, acme)
	b.must(err)
	b.equal("latest run", latest.ID, "r1")
	b.acquire(newRun("r2", sync.Full, after(30)), after(30), "r2")
}
