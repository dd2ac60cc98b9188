package transport

import (
	"sync"
	"time"
)

// slack lengthens the vendor's window a little, for clocks that tick in
// milliseconds.
const slack = 2 * time.Millisecond

// window is a rolling log of calls. The vendor counts a call when it arrives,
// which is at some time between sending it and having its answer. So a call
// counts from when it is sent until the window's length after its answer came:
// more than that cannot be in the vendor's window at any time, whatever the delays.
type window struct {
	mu     sync.Mutex
	flying int         // sent, not answered
	done   []time.Time // answered, oldest first
	taken  int         // all calls ever
	until  time.Time   // blocked
}

// permit is a call in a window.
type permit struct {
	w *window
	// bound is how many calls the window held with this one, and serial the call's
	// number: with what is sent later, the most that the vendor can count of us.
	bound, serial int
}

// unlimited is the permit of a call that no window counts.
type unlimited struct{}

func (unlimited) Done(time.Time, Usage) {}

func (w *window) take(limit Limit, now time.Time) (Permit, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if wait := w.until.Sub(now); wait > 0 {
		return nil, wait
	}
	if limit.Calls <= 0 {
		return unlimited{}, 0
	}
	w.expire(limit.Per, now)
	if wait := w.fullFor(limit, now); wait > 0 {
		return nil, wait
	}
	w.flying++
	w.taken++
	return &permit{w: w, bound: w.flying + len(w.done), serial: w.taken}, 0
}

// fullFor returns how long the window has no room.
func (w *window) fullFor(limit Limit, now time.Time) time.Duration {
	over := w.flying + len(w.done) - limit.Calls
	switch {
	case over < 0:
		return 0
	case over < len(w.done):
		return w.done[over].Add(limit.Per + slack).Sub(now)
	}
	// Everything is in flight: look again when a call may have been answered.
	return max(time.Millisecond, limit.Per/time.Duration(10*limit.Calls))
}

// Done implements [Permit].
func (p *permit) Done(now time.Time, vendor Usage) {
	w := p.w
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flying--
	if n := len(w.done); n > 0 && now.Before(w.done[n-1]) {
		now = w.done[n-1]
	}
	w.done = append(w.done, now)
	if vendor.Known && vendor.Limit.Calls > 0 {
		w.addOthers(vendor.Limit.Calls-vendor.Remaining-p.mostOfUs(), now)
	}
}

// mostOfUs is the most calls of this window that the vendor can have counted when
// it answered.
func (p *permit) mostOfUs() int { return p.bound + p.w.taken - p.serial }

// addOthers notes n calls that somebody else made with the same limit.
func (w *window) addOthers(n int, now time.Time) {
	for range n {
		w.done = append(w.done, now)
	}
}

func (w *window) expire(per time.Duration, now time.Time) {
	n := 0
	for n < len(w.done) && !w.done[n].Add(per+slack).After(now) {
		n++
	}
	w.done = w.done[n:]
}

func (w *window) used(limit Limit, now time.Time) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expire(limit.Per, now)
	return w.flying + len(w.done)
}

func (w *window) block(until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if until.After(w.until) {
		w.until = until
	}
}

func (w *window) blocked(now time.Time) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.until.Sub(now)
}
