package sync

import (
	"context"
	"maps"
	gosync "sync"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Meter counts the API calls made for one piece of work. Safe for concurrent use.
type Meter struct {
	mu    gosync.Mutex
	calls map[contact.Provider]int
	setup map[contact.Provider]int
}

type meterKey struct{}

// WithMeter returns a context in which [CountCall] counts into m.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

// CountCall counts one call that is sent to a provider; adapters call it for every
// attempt. Set-up calls (account, fields, tokens) are counted apart. Without a
// meter in ctx it does nothing.
func CountCall(ctx context.Context, provider contact.Provider, setup bool) {
	m, ok := ctx.Value(meterKey{}).(*Meter)
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	counted := &m.calls
	if setup {
		counted = &m.setup
	}
	if *counted == nil {
		*counted = map[contact.Provider]int{}
	}
	(*counted)[provider]++
}

// Take returns the counts since the last Take and starts again from zero.
func (m *Meter) Take() (calls, setup map[contact.Provider]int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	calls, setup = maps.Clone(m.calls), maps.Clone(m.setup)
	m.calls, m.setup = nil, nil
	return calls, setup
}
