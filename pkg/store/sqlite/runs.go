package sqlite

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	runningRuns = `
SELECT doc FROM runs INDEXED BY runs_by_state
WHERE customer = ? AND state = 'running' ORDER BY started DESC, id DESC`

	partialRun = `
SELECT doc FROM runs INDEXED BY runs_by_state
WHERE customer = ? AND state = 'partial' AND kind = ? AND dry_run = ? ORDER BY started DESC, id DESC LIMIT 1`

	insertRun = `
INSERT INTO runs (kind, state, dry_run, started, lease_until, fence, doc, customer, id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`

	updateRun = `
UPDATE runs SET kind = ?, state = ?, dry_run = ?, started = ?, lease_until = ?, fence = ?, doc = ?
WHERE customer = ? AND id = ?`

	oneRun = `SELECT doc FROM runs WHERE customer = ? AND id = ?`

	latestRunning = `
SELECT doc FROM runs INDEXED BY runs_by_state
WHERE customer = ? AND state = 'running' AND dry_run = 0 ORDER BY started DESC, id DESC LIMIT 1`

	latestRun = `
SELECT doc FROM runs INDEXED BY runs_by_start
WHERE customer = ? AND dry_run = 0 AND kind <> 'import' ORDER BY started DESC, id DESC LIMIT 1`
)

// AcquireRun implements [sync.RunStore].
// The error is fault.Conflict if a run of the id exists already and has ended.
func (s *Store) AcquireRun(ctx context.Context, run *sync.Run, now time.Time) (acquired *sync.Run, ok bool, err error) {
	err = s.write(ctx, "sqlite.acquireRun", func(ctx context.Context, c *conn) error {
		acquired, ok, err = acquireRun(ctx, c, run, now)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return acquired, ok, nil
}

func acquireRun(ctx context.Context, c *conn, run *sync.Run, now time.Time) (*sync.Run, bool, error) {
	running, err := list(ctx, c, scanRun, runningRuns, run.CustomerID)
	if err != nil {
		return nil, false, err
	}
	now = rounded(now)
	if i := slices.IndexFunc(running, func(r *sync.Run) bool { return r.LeaseUntil.After(now) }); i >= 0 {
		return running[i], false, nil
	}
	var resumed *sync.Run
	for _, r := range running {
		if resumed == nil && r.Kind == run.Kind && r.DryRun == run.DryRun {
			resumed = r
			continue
		}
		r.State, r.FinishedAt = sync.RunFailed, now
		if r.Error == "" {
			r.Error = "It was interrupted and did not go on."
		}
		if err := c.saveRun(ctx, updateRun, r); err != nil {
			return nil, false, err
		}
	}
	if resumed == nil {
		partial, err := list(ctx, c, scanRun, partialRun, run.CustomerID, run.Kind, run.DryRun)
		if err != nil {
			return nil, false, err
		}
		if len(partial) > 0 {
			resumed = partial[0]
		}
	}
	if resumed != nil {
		resumed.State, resumed.FinishedAt = sync.RunRunning, time.Time{}
		resumed.Fence++
		resumed.LeaseUntil = rounded(run.LeaseUntil)
		return resumed, true, c.saveRun(ctx, updateRun, resumed)
	}
	return c.startRun(ctx, run)
}

func (c *conn) startRun(ctx context.Context, run *sync.Run) (*sync.Run, bool, error) {
	started := *run
	started.State = sync.RunRunning
	if err := c.saveRun(ctx, insertRun, &started); err != nil {
		return nil, false, err
	}
	stored, err := list(ctx, c, scanRun, oneRun, run.CustomerID, run.ID)
	if err != nil {
		return nil, false, err
	}
	return stored[0], true, nil
}

// saveRun writes a run; it fails with fault.Conflict when no row takes it.
func (c *conn) saveRun(ctx context.Context, query string, r *sync.Run) error {
	doc, err := json.Marshal(r)
	if err != nil {
		return err
	}
	n, err := c.exec(ctx, query, r.Kind, r.State, r.DryRun, millis(r.StartedAt), millis(r.LeaseUntil), r.Fence, doc, r.CustomerID, r.ID)
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "There is already a run of this id.")
	}
	return err
}

// AddRun implements [sync.RunStore]. The error is fault.Conflict if there is a run
// of the id.
func (s *Store) AddRun(ctx context.Context, run *sync.Run) error {
	return s.write(ctx, "sqlite.addRun", func(ctx context.Context, c *conn) error {
		return c.saveRun(ctx, insertRun, run)
	})
}

// SaveRun implements [sync.RunStore]. A run that was never stored is fault.Stale too.
func (s *Store) SaveRun(ctx context.Context, run *sync.Run) error {
	return s.write(ctx, "sqlite.saveRun", func(ctx context.Context, c *conn) error {
		fences, err := list(ctx, c, func(row scanner) (fence int64, err error) {
			return fence, row.Scan(&fence)
		}, `SELECT fence FROM runs WHERE customer = ? AND id = ?`, run.CustomerID, run.ID)
		if err != nil {
			return err
		}
		if len(fences) == 0 || fences[0] != run.Fence {
			return fault.New(fault.Stale, "The run was taken over.")
		}
		return c.saveRun(ctx, updateRun, run)
	})
}

// Run implements [sync.RunStore].
func (s *Store) Run(ctx context.Context, customer contact.CustomerID, id string) (*sync.Run, error) {
	run, err := s.run(ctx, "sqlite.run", []string{oneRun}, customer, id)
	if err == nil && run == nil {
		return nil, fault.New(fault.NotFound, "There is no such run.")
	}
	return run, err
}

// LatestRun implements [sync.RunStore].
func (s *Store) LatestRun(ctx context.Context, customer contact.CustomerID) (*sync.Run, error) {
	return s.run(ctx, "sqlite.latestRun", []string{latestRunning, latestRun}, customer)
}

// run returns the first run that any of the queries finds, or nil.
func (s *Store) run(ctx context.Context, op string, queries []string, args ...any) (found *sync.Run, err error) {
	err = s.read(ctx, op, func(c *conn) error {
		for _, query := range queries {
			runs, err := list(ctx, c, scanRun, query, args...)
			if err != nil {
				return err
			}
			if len(runs) > 0 {
				found = runs[0]
				return nil
			}
		}
		return nil
	})
	return found, err
}

func scanRun(row scanner) (*sync.Run, error) {
	r := &sync.Run{}
	err := scanDoc(row, r)
	roundRun(r)
	return r, err
}
