package kit

import (
	"sync"
	"time"
)

// Window is a rolling rate window: at most a limit of calls in any period of the
// given length. A refused call does not count. It is safe for concurrent use.
type Window struct {
	mu    sync.Mutex
	limit int
	per   time.Duration
	taken []time.Time
}

// NewWindow returns a window of limit calls per period; limit 0 or less means unlimited.
func NewWindow(limit int, per time.Duration) *Window {
	return &Window{limit: limit, per: per}
}

// Take asks for one call at now. It reports whether the call fits, how many more
// would fit after it, and how long it takes until one more call fits (0 when one
// fits at once). An unlimited window always has one remaining.
func (w *Window) Take(now time.Time) (ok bool, remaining int, reset time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.limit <= 0 {
		return true, 1, 0
	}
	w.expire(now)
	if len(w.taken) < w.limit {
		w.taken = append(w.taken, now)
		ok = true
	}
	remaining = max(0, w.limit-len(w.taken))
	if remaining == 0 {
		// A limit that was lowered meanwhile needs more than the oldest call to expire.
		reset = w.taken[len(w.taken)-w.limit].Add(w.per).Sub(now)
	}
	return ok, remaining, reset
}

// Limit returns the current limit.
func (w *Window) Limit() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.limit
}

// SetLimit changes the limit from now on; calls already taken still count.
func (w *Window) SetLimit(limit int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit = limit
}

func (w *Window) expire(now time.Time) {
	n := 0
	for n < len(w.taken) && !w.taken[n].Add(w.per).After(now) {
		n++
	}
	w.taken = w.taken[n:]
}
