package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// newestFirst returns the stored runs that fit.
func (d *documents) newestFirst(fits func(*sync.Run) bool) []*sync.Run {
	runs := slices.SortedFunc(maps.Values(d.runs), func(a, b *sync.Run) int {
		return cmp.Or(b.StartedAt.Compare(a.StartedAt), cmp.Compare(b.ID, a.ID))
	})
	return slices.DeleteFunc(runs, func(r *sync.Run) bool { return !fits(r) })
}

// AcquireRun implements [sync.RunStore]. The error is fault.Conflict if a run of the id
// exists already.
func (s *Store) AcquireRun(ctx context.Context, run *sync.Run, now time.Time) (*sync.Run, bool, error) {
	d, done, err := s.of(ctx, run.CustomerID)
	if err != nil {
		return nil, false, err
	}
	defer done()
	now = rounded(now)
	running := d.newestFirst(func(r *sync.Run) bool { return r.State == sync.RunRunning })
	if i := slices.IndexFunc(running, func(r *sync.Run) bool { return r.LeaseUntil.After(now) }); i >= 0 {
		return kept(running[i]), false, nil
	}
	resumes := func(r *sync.Run) bool { return r.Kind == run.Kind && r.DryRun == run.DryRun }
	var resumed *sync.Run
	for _, r := range running {
		if resumed == nil && resumes(r) {
			resumed = r
			continue
		}
		r.State, r.FinishedAt = sync.RunFailed, now
		r.Error = cmp.Or(r.Error, "It was interrupted and did not go on.")
	}
	if resumed == nil {
		partial := d.newestFirst(func(r *sync.Run) bool { return r.State == sync.RunPartial && resumes(r) })
		if len(partial) > 0 {
			resumed = partial[0]
		}
	}
	if resumed == nil {
		if d.runs[run.ID] != nil {
			return nil, false, fault.New(fault.Conflict, "There is already a run of this id.")
		}
		started := kept(run)
		started.State = sync.RunRunning
		d.runs[run.ID] = started
		return kept(started), true, nil
	}
	resumed.State, resumed.FinishedAt, resumed.LeaseUntil = sync.RunRunning, time.Time{}, rounded(run.LeaseUntil)
	resumed.Fence++
	return kept(resumed), true, nil
}

// AddRun implements [sync.RunStore]. The error is fault.Conflict if there is a run of
// the id.
func (s *Store) AddRun(ctx context.Context, run *sync.Run) error {
	d, done, err := s.of(ctx, run.CustomerID)
	if err != nil {
		return err
	}
	defer done()
	if d.runs[run.ID] != nil {
		return fault.New(fault.Conflict, "There is already a run of this id.")
	}
	d.runs[run.ID] = kept(run)
	return nil
}

// SaveRun implements [sync.RunStore]. A run that was never stored is fault.Stale too.
func (s *Store) SaveRun(ctx context.Context, run *sync.Run) error {
	d, done, err := s.of(ctx, run.CustomerID)
	if err != nil {
		return err
	}
	defer done()
	if stored := d.runs[run.ID]; stored == nil || stored.Fence != run.Fence {
		return fault.New(fault.Stale, "The run was taken over.")
	}
	d.runs[run.ID] = kept(run)
	return nil
}

// Run implements [sync.RunStore].
func (s *Store) Run(ctx context.Context, customer contact.CustomerID, id string) (*sync.Run, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	if d.runs[id] == nil {
		return nil, fault.New(fault.NotFound, "There is no such run.")
	}
	return kept(d.runs[id]), nil
}

// LatestRun implements [sync.RunStore].
func (s *Store) LatestRun(ctx context.Context, customer contact.CustomerID) (*sync.Run, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	for _, fits := range []func(*sync.Run) bool{
		func(r *sync.Run) bool { return !r.DryRun && r.State == sync.RunRunning },
		func(r *sync.Run) bool { return !r.DryRun && r.Kind != sync.Imported },
	} {
		if runs := d.newestFirst(fits); len(runs) > 0 {
			return kept(runs[0]), nil
		}
	}
	return nil, nil
}
