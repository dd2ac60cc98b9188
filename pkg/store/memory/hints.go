package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// hint is a hint and the latest lease it was ever given: none is given twice.
type hint struct {
	sync.Hint
	last time.Time
}

// PutHints implements [sync.HintStore].
func (s *Store) PutHints(ctx context.Context, customer contact.CustomerID, hints []sync.Hint) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	for i := range hints {
		h := *kept(&hints[i])
		h.LeaseUntil = time.Time{}
		key := record{h.ConnectionID, h.ExternalID}
		stored := d.hints[key]
		if stored == nil {
			d.hints[key] = &hint{Hint: h}
			continue
		}
		stored.LeaseUntil = time.Time{}
		if h.DueAt.Before(stored.DueAt) {
			stored.DueAt = h.DueAt
		}
		if h.EventAt.After(stored.EventAt) {
			stored.EventAt = h.EventAt
		}
	}
	return nil
}

// ClaimHints implements [sync.HintStore].
func (s *Store) ClaimHints(ctx context.Context, customer contact.CustomerID, claim sync.Claim) ([]sync.Hint, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	now := rounded(claim.Now)
	var due []*hint
	for _, h := range d.hints {
		if !h.DueAt.After(now) && !h.LeaseUntil.After(now) {
			due = append(due, h)
		}
	}
	slices.SortFunc(due, func(a, b *hint) int {
		return cmp.Or(a.DueAt.Compare(b.DueAt), record{a.ConnectionID, a.ExternalID}.compare(record{b.ConnectionID, b.ExternalID}))
	})
	var claimed []sync.Hint
	for _, h := range due[:min(len(due), max(claim.Limit, 0))] {
		h.LeaseUntil = rounded(claim.Until)
		if !h.LeaseUntil.After(h.last) {
			h.LeaseUntil = h.last.Add(time.Millisecond)
		}
		h.last = h.LeaseUntil
		claimed = append(claimed, h.Hint)
	}
	return claimed, nil
}

// DropHints implements [sync.HintStore].
func (s *Store) DropHints(ctx context.Context, customer contact.CustomerID, hints []sync.Hint) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	for _, h := range hints {
		key := record{h.ConnectionID, h.ExternalID}
		if stored := d.hints[key]; stored != nil && stored.LeaseUntil.Equal(rounded(h.LeaseUntil)) {
			delete(d.hints, key)
		}
	}
	return nil
}

// CountHints implements [sync.HintStore]. A leased hint counts for next with the end
// of its lease, when it can be claimed again.
func (s *Store) CountHints(ctx context.Context, customer contact.CustomerID) (n int, next time.Time, err error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return 0, time.Time{}, err
	}
	defer done()
	for _, h := range d.hints {
		next = earliest(next, h.DueAt, h.LeaseUntil)
	}
	return len(d.hints), next, nil
}
