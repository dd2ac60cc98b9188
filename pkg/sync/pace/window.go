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
	// The lag of a window is at most one part in lagPart of it, and a longer one than
	// the latest is forgotten by one part in lagMemory with each answer.
	lagPart   = 8
	lagMemory = 16
	// reservedShare is the part of a limit, in percent, that is kept for urgent calls.
	// A limit of less than 50 calls has nothing to spare; there an urgent call has the
	// next place that becomes free, see [Window.Claim].
	reservedShare = 2
)

// Reserved is the part of a limit that only urgent calls may use.
func Reserved(limit int) int { return limit * reservedShare / 100 }

// Window is the log of the calls of one class.
type Window struct {
	Per int64 `json:"per"` // milliseconds
	// Limit is what the vendor's answers said at Learned; 0: nothing.
	Limit   int   `json:"limit,omitempty"`
	Learned int64 `json:"learned,omitempty"`
	Until   int64 `json:"until,omitempty"` // blocked
	// Open are the calls that were granted and, as far as is known, not answered: at
	// the times they are for.
	Open Log `json:"open,omitempty"`
	// Done are those that were answered, and those of others.
	Done Log `json:"done,omitempty"`
	// Lag is how many milliseconds answers lately took.
	Lag int64 `json:"lag,omitempty"`
	// Now is when calls were granted last, by the clock of whoever asked.
	Now int64 `json:"now,omitempty"`
	// Wanted is until when an urgent call that found no room has the next place.
	Wanted int64 `json:"wanted,omitempty"`
}

// Log counts calls by time, ascending.
type Log []Mark

// Mark is a number of calls at a step: its beginning in Unix milliseconds, and how
// many.
type Mark [2]int64

func (l Log) find(at int64) (int, bool) {
	return slices.BinarySearchFunc(l, at, func(m Mark, at int64) int { return int(m[0] - at) })
}

func (l *Log) add(at, n int64) {
	i, found := l.find(at)
	if found {
		(*l)[i][1] += n
		return
	}
	*l = slices.Insert(*l, i, Mark{at, n})
}

// take takes one call out, if there is one at the time.
func (l *Log) take(at int64) {
	i, found := l.find(at)
	if !found {
		return // forgotten already
	}
	if (*l)[i][1]--; (*l)[i][1] <= 0 {
		*l = slices.Delete(*l, i, i+1)
	}
}

// forget drops what is before a time.
func (l *Log) forget(oldest int64) {
	n, _ := l.find(oldest)
	*l = slices.Delete(*l, 0, n)
}

// between counts the calls from one time to another.
func (l Log) between(from, to int64) int {
	n := 0
	for _, m := range l {
		if m[0] >= from && m[0] <= to {
			n += int(m[1])
		}
	}
	return n
}

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

// For returns how many calls a window may hold for those that are urgent, or for the
// others, of a limit.
func (w *Window) For(urgent bool, limit int, now time.Time) int {
	if urgent {
		return limit
	}
	limit -= Reserved(limit)
	if now.UnixMilli() < w.Wanted {
		limit--
	}
	return limit
}

// Claim gives the next place to an urgent call that found no room, and takes that back
// when one was granted.
func (w *Window) Claim(granted bool, now time.Time) {
	w.Wanted = 0
	if !granted {
		w.Wanted = now.UnixMilli() + w.Per
	}
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
// the limit allows in every window that may hold it. When there is no room, it
// returns when there will be.
func (w *Window) Take(limit, want int, now time.Time, ahead time.Duration) (starts []time.Time, retry time.Time) {
	now = w.latest(now)
	w.expire(now)
	size, long := step(w.Per), w.long()
	first := w.begin(now)
	last := ahead.Milliseconds() / size
	load := w.load(first, last+2*long+2)
	for i := int64(0); len(starts) < want; {
		start := time.UnixMilli(first + i*size).UTC()
		if start.Before(now) {
			start = now
		}
		switch {
		case i+long >= int64(len(load)) || limit <= 0:
			return starts, start // everything that is logged is over by then
		case slices.Max(load[i:i+long+1]) >= limit:
			i++
			continue
		case i > last:
			return starts, start
		}
		w.Open.add(first+i*size, 1)
		for j := i; j <= i+long; j++ {
			load[j]++
		}
		starts = append(starts, start)
	}
	return starts, time.Time{}
}

// latest returns the time by which calls are granted: it never goes back, whichever
// instance's clock is behind, or whoever was held up on the way here. A clock that is
// ahead by more than some windows is not believed.
func (w *Window) latest(now time.Time) time.Time {
	if behind := w.Now - now.UnixMilli(); behind > 0 && behind < 4*w.Per {
		return time.UnixMilli(w.Now).UTC()
	}
	w.Now = now.UnixMilli()
	return now
}

// long is for how many steps from the one it is granted for a call may be in a window.
func (w *Window) long() int64 { return reach(w.Per) + w.Lag/step(w.Per) }

// load counts the calls that may be in the windows that end with each of n steps from
// first.
func (w *Window) load(first, n int64) []int {
	load := make([]int, n)
	count := func(l Log, long int64) {
		for _, m := range l {
			i := floorDiv(m[0]-first, step(w.Per))
			for j := max(0, i); j <= min(i+long, n-1); j++ {
				load[j] += int(m[1])
			}
		}
	}
	count(w.Done, reach(w.Per))
	count(w.Open, w.long())
	return load
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Add logs n calls that were granted for a time elsewhere.
func (w *Window) Add(start time.Time, n int) { w.Open.add(w.begin(start), int64(n)) }

// Return takes a call out of the log that was granted for a time, and is not made.
func (w *Window) Return(start time.Time) { w.Open.take(w.begin(start)) }

// Delay tells that a call that was granted for a time is not answered at a later one.
func (w *Window) Delay(start, now time.Time) {
	w.Open.take(w.begin(start))
	w.Open.add(w.begin(now), 1)
}

// Answer tells that a call that was granted for a time, or delayed until then, was
// answered at another: the vendor counted it by then.
func (w *Window) Answer(start, answered time.Time) {
	w.Open.take(w.begin(start))
	w.Done.add(w.begin(answered), 1)
}

// Took notes how long after the time that it was granted for a call was answered.
func (w *Window) Took(d time.Duration) {
	w.Lag = max(min(d.Milliseconds(), w.Per/lagPart), (lagMemory-1)*w.Lag/lagMemory)
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
	ours := w.Done.between(from, to) + w.Open.between(from, to)
	if used <= ours {
		return 0
	}
	w.Done.add(w.begin(answered), int64(used-ours))
	return used - ours
}

// Used counts the calls of the window that ends now.
func (w *Window) Used(now time.Time) int {
	from, to := w.begin(now.Add(-time.Duration(w.Per)*time.Millisecond)), now.UnixMilli()
	return w.Done.between(from+1, to) + w.Open.between(from+1, to)
}

// expire forgets calls that no window from now on can hold.
func (w *Window) expire(now time.Time) {
	if w == nil {
		return
	}
	w.Done.forget(w.begin(now) - reach(w.Per)*step(w.Per))
	w.Open.forget(w.begin(now) - w.long()*step(w.Per))
}
