package app

import (
	"context"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/sync/pace"
)

// ledger keeps the pace of calls in the store, one value per vendor account: all
// instances keep to its limits together, and a new one knows what was called before.
type ledger struct{ store sync.ValueStore }

// paceKept is how long an account that is not called is remembered: longer than any
// of its limits lasts, and long enough to know when its days begin.
const paceKept = 30 * 24 * time.Hour

func paceKey(account string) string { return "pace:" + account }

// Change implements [transport.Ledger].
func (l ledger) Change(ctx context.Context, account string, now time.Time, change func(*pace.Account)) (pace.Account, error) {
	var written []byte
	err := l.store.ChangeValue(ctx, paceKey(account), now, now.Add(paceKept), func(value []byte) []byte {
		a := pace.Decode(value)
		change(&a)
		written = a.Encode(now)
		return written
	})
	return pace.Decode(written), err
}

// Read implements [transport.Ledger].
func (l ledger) Read(ctx context.Context, account string, now time.Time) (pace.Account, error) {
	value, err := l.store.Value(ctx, paceKey(account), now)
	if fault.Is(err, fault.NotFound) {
		return pace.Account{}, nil
	}
	return pace.Decode(value), err
}
