package transport

import (
	"context"
	"sync"
	"time"
)

// Class names calls that share a rate limit.
type Class string

// Limit allows so many calls in any window of the given length. Calls of 0 or
// less means no limit.
type Limit struct {
	Calls int
	Per   time.Duration
}

// Usage is the vendor's own count, as told by the headers of an answer. The zero
// value says nothing.
type Usage struct {
	Limit     Limit // zero Calls: not told
	Remaining int
	Known     bool // Remaining is told
}

// Permits is the log of calls in the vendors' rolling windows. It is what keeps
// calls within the limits. Implementations are safe for concurrent use.
type Permits interface {
	// Take asks for one call of the account's class at now. It returns a permit, or
	// how long to wait before asking again.
	Take(ctx context.Context, account string, class Class, limit Limit, now time.Time) (Permit, time.Duration, error)
	// Block grants no call of the class until then; of no class, if class is "".
	Block(ctx context.Context, account string, class Class, until time.Time) error
	// Used returns how many calls the window holds.
	Used(account string, class Class, limit Limit, now time.Time) int
}

// Permit is the right to send one request.
type Permit interface {
	// Done tells that the request was answered, or came to nothing, at now, and what
	// the vendor said of its own count.
	Done(now time.Time, vendor Usage)
}

// NewPermits returns permits for the clients of one process.
func NewPermits() Permits { return &localPermits{windows: map[windowKey]*window{}} }

type localPermits struct {
	mu      sync.RWMutex
	windows map[windowKey]*window
}

type windowKey struct {
	account string
	class   Class
}

func (p *localPermits) Take(_ context.Context, account string, class Class, limit Limit, now time.Time) (Permit, time.Duration, error) {
	if wait := p.window(account, "").blocked(now); wait > 0 {
		return nil, wait, nil
	}
	permit, wait := p.window(account, class).take(limit, now)
	if wait > 0 {
		return nil, wait, nil
	}
	return permit, 0, nil
}

func (p *localPermits) Block(_ context.Context, account string, class Class, until time.Time) error {
	p.window(account, class).block(until)
	return nil
}

func (p *localPermits) Used(account string, class Class, limit Limit, now time.Time) int {
	return p.window(account, class).used(limit, now)
}

func (p *localPermits) window(account string, class Class) *window {
	key := windowKey{account, class}
	p.mu.RLock()
	w := p.windows[key]
	p.mu.RUnlock()
	if w != nil {
		return w
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if w = p.windows[key]; w == nil {
		w = &window{}
		p.windows[key] = w
	}
	return w
}
