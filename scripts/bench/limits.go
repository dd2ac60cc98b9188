package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"time"
)

// The use of the vendors' limits during a first sync. HubSpot takes a hundred records
// a call, so it is Pipedrive, with one person a call, whose limit decides how long it
// takes.

func measureLimits(ctx context.Context, b *bench) ([]row, error) {
	return b.firstSync(ctx, "one instance", 1, 95, nil)
}

// measureLimitsOfTwo has two processes on one store go on with the run in turn, and
// people edit contacts at the one that does not work on it.
func measureLimitsOfTwo(ctx context.Context, b *bench) ([]row, error) {
	return b.firstSync(ctx, "two instances, and edits meanwhile", 2, 90, editOn)
}

// firstSync syncs the CRMs with so many instances and returns the use of their limits.
// Meanwhile runs until the sync is over.
func (b *bench) firstSync(ctx context.Context, name string, instances, want int, meanwhile func(context.Context, *instance) error) (rows []row, err error) {
	s, err := b.startSandboxes(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	data := filepath.Join(b.folder, fmt.Sprint("data", instances))
	var all []*instance
	for range instances {
		i, err := b.startInstance(ctx, data, s)
		if err != nil {
			return nil, err
		}
		all = append(all, i)
		defer func() { err = errors.Join(err, i.stop()) }()
	}
	began := time.Now()
	run, err := syncWith(ctx, all, meanwhile)
	if err != nil {
		return nil, err
	}
	if run.State != "done" || run.Counts.Errors > 0 {
		return nil, fmt.Errorf("the sync ended %+v", run)
	}
	fmt.Fprintf(b.log, "%s: %d contacts in %v: %+v\n", name, 2*b.people, time.Since(began).Round(time.Millisecond), run.Counts)
	calls, err := s.calls(ctx)
	if err != nil {
		return nil, err
	}
	return b.judge(name, calls, want), nil
}

// syncWith drives the instances until the run that they share is done.
func syncWith(ctx context.Context, all []*instance, meanwhile func(context.Context, *instance) error) (last runView, err error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var group sync.WaitGroup
	errs := make([]error, len(all)+1)
	runs := make([]runView, len(all))
	for n, i := range all {
		group.Go(func() {
			runs[n], errs[n] = i.untilDone(ctx)
			if n == 0 || errs[n] != nil {
				end()
			}
		})
	}
	if meanwhile != nil {
		group.Go(func() { errs[len(all)] = meanwhile(ctx, all[len(all)-1]) })
	}
	group.Wait()
	for n := range errs {
		if errors.Is(errs[n], context.Canceled) {
			errs[n] = nil // the first of them has seen the end
		}
	}
	return runs[0], errors.Join(errs...)
}

// editOn changes contacts that Pipedrive has, one after the other, twice a second and
// as people do, until ctx ends.
func editOn(ctx context.Context, i *instance) error {
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(500 * time.Millisecond):
		}
		var page struct{ Contacts []struct{ ID string } }
		if err := getJSON(ctx, i.url+"/api/contacts?provider=pipedrive&limit=50", &page); err != nil {
			return err
		}
		if len(page.Contacts) == 0 {
			continue // none is linked yet
		}
		body := map[string]any{"company": fmt.Sprint("Edited ", n)}
		if err := exchange(ctx, http.MethodPatch, i.url+"/api/contacts/"+page.Contacts[n%len(page.Contacts)].ID, body, &struct{}{}); err != nil {
			return err
		}
	}
}

// judge turns the calls that arrived into the figures.
func (b *bench) judge(name string, calls map[string][]call, want int) []row {
	var refused int
	for _, list := range calls {
		for _, c := range list {
			if c.Status == http.StatusTooManyRequests {
				refused++
			}
		}
	}
	made := calls["pipedrive"]
	use := useOf(made, b.burst, 2*time.Second)
	return []row{
		{
			what: "use of Pipedrive's limit in a first sync, " + name,
			seen: fmt.Sprintf("%.1f %% of %d in 2 s, over %d calls", use, b.burst, len(made)),
			want: fmt.Sprintf("at least %d %%", want), reached: use >= float64(want),
		},
		{
			what: "calls refused with 429, " + name,
			seen: fmt.Sprintf("%d of %d", refused, len(made)+len(calls["hubspot"])),
			want: "0", reached: refused == 0,
		},
	}
}

// useOf is the time that the limit makes so many calls take at least, as a part of
// the time they took, in percent.
func useOf(calls []call, limit int, per time.Duration) float64 {
	if len(calls) <= limit {
		return 0
	}
	first, last := calls[0].At, calls[0].At
	for _, c := range calls {
		if c.At.Before(first) {
			first = c.At
		}
		if c.At.After(last) {
			last = c.At
		}
	}
	least := float64(len(calls)-limit) / float64(limit) * float64(per)
	return 100 * least / float64(last.Sub(first))
}
