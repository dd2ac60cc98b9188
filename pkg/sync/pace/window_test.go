package pace

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// most is the largest number of times in any window of length per: the number that a
// vendor counts, whose window ends with each call.
func most(times []time.Time, per time.Duration) int {
	slices.SortFunc(times, time.Time.Compare)
	n, from := 0, 0
	for i, t := range times {
		for !times[from].Add(per).After(t) {
			from++
		}
		n = max(n, i-from+1)
	}
	return n
}

// flight is a call on its way. The vendor counts it when it arrives.
type flight struct{ mark, sent, arrived, answered time.Time }

// TestNoWindowHoldsMoreThanTheLimit: whatever is granted, returned, late and slow, no
// window of the vendor's holds more calls than the limit, as long as the instances
// report in time.
func TestNoWindowHoldsMoreThanTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		per := rapid.SampledFrom([]time.Duration{time.Second, 2 * time.Second, 10 * time.Second}).Draw(t, "per")
		limit := rapid.IntRange(1, 60).Draw(t, "limit")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		a := Account{}
		var arrived []time.Time
		var flying []flight
		short := func(part int64) time.Duration { return time.Duration(random.Int64N(int64(per) / part)) }
		for now := noon; now.Before(noon.Add(8 * per)); now = now.Add(short(30)) {
			w := a.Window("burst", per)
			// What was answered meanwhile moves there, and what was not may still arrive.
			flying = slices.DeleteFunc(flying, func(f flight) bool {
				done := !f.answered.After(now)
				if done {
					w.Answer(f.mark, f.answered)
				}
				return done
			})
			for i := range flying {
				if flying[i].mark.Before(now) {
					w.Delay(flying[i].mark, now)
					flying[i].mark = now
				}
			}
			starts, retry := w.Take(limit, 1+random.IntN(8), now, short(4))
			if len(starts) == 0 && !retry.After(now) {
				t.Fatalf("nothing is granted at %v, to be asked again at %v", now, retry)
			}
			for _, start := range starts {
				if start.Before(now) {
					t.Fatalf("granted for %v at %v", start, now)
				}
				if random.IntN(10) == 0 {
					w.Return(start)
					continue
				}
				f := flight{mark: start, sent: start.Add(short(20))}
				f.arrived = f.sent.Add(short(20))
				f.answered = f.arrived.Add(short(20))
				flying = append(flying, f)
				arrived = append(arrived, f.arrived)
				if random.IntN(3) == 0 {
					w.Took(f.answered.Sub(start))
				}
			}
			a = Decode(a.Encode(now))
		}
		if n := most(arrived, per); n > limit {
			t.Fatalf("%d calls in a window of %v, limit %d", n, per, limit)
		}
	})
}

// TestTheLimitIsUsed: who asks for all there is gets at least 97 in 100 of it.
func TestTheLimitIsUsed(t *testing.T) {
	for _, limit := range []int{1, 5, 20, 98, 190, 480} {
		for _, per := range []time.Duration{time.Second, 2 * time.Second, 10 * time.Second} {
			var a Account
			var got int
			now, end := noon, noon.Add(50*per)
			for now.Before(end) {
				starts, retry := a.Window("c", per).Take(limit, 3, now, 0)
				got += len(starts)
				if len(starts) == 0 {
					now = retry
				}
				a = Decode(a.Encode(now))
			}
			if use := float64(got-limit) / float64(limit*50); use < 0.95 {
				t.Errorf("%d in %v: %.3f of the limit", limit, per, use)
			}
		}
	}
}

func TestReturnedCallsAreFreeAgain(t *testing.T) {
	var a Account
	w := a.Window("c", time.Second)
	starts, _ := w.Take(3, 3, noon, 0)
	if more, _ := w.Take(3, 1, noon, 0); len(starts) != 3 || len(more) != 0 {
		t.Fatalf("%v, then %v", starts, more)
	}
	w.Return(starts[0])
	if more, _ := w.Take(3, 5, noon, 0); len(more) != 1 {
		t.Errorf("%v after one was returned", more)
	}
	w.Return(noon.Add(time.Hour)) // was never granted
	if n := w.Used(noon); n != 3 {
		t.Errorf("%d used", n)
	}
}

// TestOthers: what the vendor counts beyond the log makes room for somebody else.
func TestOthers(t *testing.T) {
	for _, c := range []struct{ ours, used, want int }{
		{5, 5, 0}, {5, 4, 0}, {5, 12, 7}, {0, 20, 20}, {20, 20, 0},
	} {
		t.Run(fmt.Sprintf("%d of %d", c.ours, c.used), func(t *testing.T) {
			var a Account
			w := a.Window("c", 2*time.Second)
			w.Take(20, c.ours, noon, 0)
			at := noon.Add(100 * time.Millisecond)
			if got := w.Others(c.used, 2*time.Second, noon, at); got != c.want {
				t.Errorf("%d calls of others, want %d", got, c.want)
			}
			if got := w.Others(c.used, 2*time.Second, noon, at); got != 0 {
				t.Errorf("%d calls are counted twice", got)
			}
			left, _ := w.Take(20, 100, at, 0)
			if want := 20 - max(c.ours, c.used); len(left) != want {
				t.Errorf("%d are left, want %d", len(left), want)
			}
		})
	}
}

func TestLimitsThatAnswersTellOf(t *testing.T) {
	var w Window
	if n := w.LimitOr(20, noon); n != 20 {
		t.Error(n)
	}
	w.Learn(80, noon)
	if n := w.LimitOr(20, noon.Add(23*time.Hour)); n != 80 {
		t.Error(n)
	}
	if n := w.LimitOr(20, noon.Add(25*time.Hour)); n != 20 {
		t.Errorf("an old limit of %d is believed", n)
	}
}

func TestBlocks(t *testing.T) {
	var a Account
	a.Block("one", noon.Add(time.Minute))
	a.Block("one", noon.Add(time.Second)) // shortens nothing
	if a.Blocked("one", noon) != time.Minute || a.Blocked("two", noon) > 0 {
		t.Errorf("%v, %v", a.Blocked("one", noon), a.Blocked("two", noon))
	}
	a.Block("", noon.Add(2*time.Minute))
	a = Decode(a.Encode(noon))
	if a.Blocked("one", noon) != 2*time.Minute || a.Blocked("two", noon) != 2*time.Minute || a.Blocked("two", noon.Add(2*time.Minute)) > 0 {
		t.Errorf("%+v", a)
	}
}

// TestADocumentStaysSmall: whatever happens, what is stored is a few kilobytes, and of
// what is over nothing remains.
func TestADocumentStaysSmall(t *testing.T) {
	var a Account
	for i := range 5000 {
		now := noon.Add(time.Duration(i) * 3 * time.Millisecond)
		a.Window("burst", 2*time.Second).Take(480, 2, now, 0)
		a.Day.Spend(5, now)
		data := a.Encode(now)
		if len(data) > 8000 {
			t.Fatalf("%d bytes", len(data))
		}
		a = Decode(data)
	}
	if data := a.Encode(noon.Add(time.Hour)); len(data) > 200 {
		t.Errorf("an hour later: %s", data)
	}
	if a := Decode([]byte("{broken")); len(a.Windows) != 0 {
		t.Errorf("%+v", a)
	}
}
