package sync

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// The scheduled run of every customer. Customers take turns in one order that goes on
// from invocation to invocation, so that whoever was worked for longest ago comes
// first, and one with much to do takes no more than its share from the others.

const (
	// leastTurn is the least time a turn is worth beginning with.
	leastTurn = 10 * time.Second
	// lastTurn is where the store keeps which customer had the last turn.
	lastTurn = "schedule:last-turn"
)

// SyncAll works for every customer in turn, each with a fair part of the time; what is
// left of it goes to those that have more to do. It returns the run of the last
// customer worked for, as partial when anything is left to do anywhere.
func (s *Service) SyncAll(ctx context.Context) (*Run, error) {
	waiting, err := s.inTurn(ctx)
	if err != nil {
		return nil, err
	}
	last := &Run{Kind: Incremental, State: RunDone, StartedAt: s.clock.Now(), FinishedAt: s.clock.Now()}
	left, reached := false, map[contact.CustomerID]string{}
	var more []contact.CustomerID
	for first := true; len(waiting) > 0; first = false {
		turn, cancel, ok := s.turn(ctx, len(waiting))
		if !ok && !first {
			left = true
			break
		}
		customer := waiting[0]
		run, err := s.sync(turn, customer, SyncRequest{})
		cancel()
		if err != nil {
			return nil, err
		}
		if err := s.store.PutValue(ctx, lastTurn, []byte(customer), s.clock.Now().AddDate(1, 0, 0)); err != nil {
			return nil, err
		}
		last, waiting = run, waiting[1:]
		if run.State == RunPartial {
			if at := run.place(); at != reached[customer] { // else it waits for something
				more, reached[customer] = append(more, customer), at
			} else {
				left = true
			}
		}
		if len(waiting) == 0 {
			waiting, more = more, nil
		}
	}
	if left && last.State != RunPartial {
		shown := *last
		shown.State = RunPartial
		return &shown, nil
	}
	return last, nil
}

// inTurn lists the customers, the one that is next first.
func (s *Service) inTurn(ctx context.Context) ([]contact.CustomerID, error) {
	customers, err := s.store.Customers(ctx)
	if err != nil {
		return nil, err
	}
	before, err := s.store.Value(ctx, lastTurn, s.clock.Now())
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	next := slices.IndexFunc(customers, func(c contact.CustomerID) bool { return string(c) > string(before) })
	if next <= 0 {
		return customers, nil
	}
	return slices.Concat(customers[next:], customers[:next]), nil
}

// turn gives one of n customers its part of the time that is left. It reports whether
// that is worth beginning with.
func (s *Service) turn(ctx context.Context, n int) (context.Context, context.CancelFunc, bool) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}, true
	}
	left := deadline.Sub(s.clock.Now())
	turn, cancel := s.clock.WithTimeout(ctx, min(left, max(left/time.Duration(n), leastTurn)))
	return turn, cancel, left >= leastTurn
}

// place tells how far a run has come.
func (r *Run) place() string {
	return fmt.Sprint(r.ID, r.Checkpoint.Phase, r.Checkpoint.After, r.Progress, r.Counts, r.Calls)
}
