package pace

import (
	"slices"
	"time"
)

const (
	// steps is how finely the log of a window is kept. What it is too coarse for
	// costs one step of the window's use.
	steps = 200
	// margin lengthens a window, in steps, for clocks that differ a little.
	margin = 2
	// learnedFor is how long a limit that answers told of is believed.
	learnedFor = 24 * time.Hour
	// reservedShare is the part of a limit, in percent, that is kept for urgent calls.
	// A limit of less than 50 calls has nothing to spare; there an urgent call has the
	// next place that becomes free.
	reservedShare = 2
)

// Reserved is the part of a limit that only urgent calls may use.
func Reserved(limit int) int { return limit * reservedShare / 100 }

// Window is the log of the calls of one class.
type Window struct {
	Per int64 `json:"per"` // milliseconds
	// Limit is what the vendor's answers said at Learned; 0: nothing.
	Limit   int    `json:"limit,omitempty"`
	Learned int64  `json:"learned,omitempty"`
	Until   int64  `json:"until,omitempty"` // blocked
	Log     []Mark `json:"log,omitempty"`   // in the order of time
}

// Mark is a number of calls at a step: its beginning in Unix milliseconds, and how
// many.
type Mark [2]int64

// LimitOr returns the limit that answers told of lately, else the one given.
func (w *Window) LimitOr(otherwise int, now time.Time) int {
	if w.Limit > 0 && now.UnixMilli()-w.Learned < learnedFor.Milliseconds() {
		return w.Limit
	}
	return otherwise
}

// Learn notes the limit that an answer told of.
func (w *Window) Learn(limit int, now time.Time) {
	w.Limit, w.Learned = limit, now.UnixMilli()
}

// step is the length of a step in milliseconds.
func step(per int64) int64 { return max(1, per/steps) }

// reach is how many steps before its own a window may hold calls of.
func reach(per int64) int64 { return (per+step(per)-1)/step(per) + margin }

// begin is the beginning of the step in which a time is.
func (w *Window) begin(t time.Time) int64 {
	ms := t.UnixMilli()
	return ms - ms%step(w.Per)
}

// Take grants up to want calls, each at a time from now to now+ahead: as early as
// the limit allows in every window that holds that time. When there is no room, it
// returns when there will be.
func (w *Window) Take(limit, want int, now time.Time, ahead time.Duration) (starts []time.Time, retry time.Time) {
	w.expire(now)
	long, size := reach(w.Per), step(w.Per)
	first := w.begin(now)
	last := ahead.Milliseconds() / size
	load := w.load(first, last+2*long+2)
	for i := int64(0); len(starts) < want; {
		at := first + i*size
		start := time.UnixMilli(max(at, now.UnixMilli())).UTC()
		switch {
		case i+long >= int64(len(load)) || limit <= 0:
			return starts, start // everything that is logged is over by then
		case slices.Max(load[i:i+long+1]) >= limit:
			i++
			continue
		case i > last:
			return starts, start
		}
		w.add(at, 1)
		for j := i; j <= i+long; j++ {
			load[j]++
		}
		starts = append(starts, start)
	}
	return starts, time.Time{}
}

// load counts the calls in the windows that end with each of n steps from first.
func (w *Window) load(first, n int64) []int {
	load := make([]int, n)
	size, long := step(w.Per), reach(w.Per)
	for _, m := range w.Log {
		i := floorDiv(m[0]-first, size)
		for j := max(0, i); j <= min(i+long, n-1); j++ {
			load[j] += int(m[1])
		}
	}
	return load
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Add logs n calls that were made, by whomever.
func (w *Window) Add(at time.Time, n int) { w.add(w.begin(at), int64(n)) }

func (w *Window) add(at, n int64) {
	i, found := w.find(at)
	if found {
		w.Log[i][1] += n
		return
	}
	w.Log = slices.Insert(w.Log, i, Mark{at, n})
}

func (w *Window) find(at int64) (int, bool) {
	return slices.BinarySearchFunc(w.Log, at, func(m Mark, at int64) int { return int(m[0] - at) })
}

// Return takes a call out of the log that was granted for a time, and not made.
func (w *Window) Return(start time.Time) {
	i, found := w.find(w.begin(start))
	if !found {
		return // forgotten already
	}
	if w.Log[i][1]--; w.Log[i][1] <= 0 {
		w.Log = slices.Delete(w.Log, i, i+1)
	}
}

// Move tells that a call logged at a time may have been counted as late as another.
func (w *Window) Move(from, to time.Time) {
	if w.begin(to) <= w.begin(from) {
		return
	}
	w.Return(from)
	w.Add(to, 1)
}

// Others notes the calls that somebody else makes with the same limit, and returns
// their number. Used is the vendor's count of its window of length per, in an answer
// to a call that was sent and answered at those times: what it holds beyond the calls
// of the log is not ours.
func (w *Window) Others(used int, per time.Duration, sent, answered time.Time) int {
	size := step(w.Per)
	from := w.begin(sent.Add(-per)) - size
	// Calls under way at the same time may be logged as much later as they take.
	to := w.begin(answered.Add(answered.Sub(sent))) + size
	ours := 0
	for _, m := range w.Log {
		if m[0] >= from && m[0] <= to {
			ours += int(m[1])
		}
	}
	if used <= ours {
		return 0
	}
	w.Add(answered, used-ours)
	return used - ours
}

// Used counts the calls of the window that ends now.
func (w *Window) Used(now time.Time) int {
	n := 0
	for _, m := range w.Log {
		if ms := now.UnixMilli(); m[0] > ms-w.Per-step(w.Per) && m[0] <= ms {
			n += int(m[1])
		}
	}
	return n
}

// expire forgets calls that no window from now on can hold.
func (w *Window) expire(now time.Time) {
	if w == nil {
		return
	}
	oldest := w.begin(now) - reach(w.Per)*step(w.Per)
	n := 0
	for n < len(w.Log) && w.Log[n][0] < oldest {
		n++
	}
	w.Log = slices.Delete(w.Log, 0, n)
}
