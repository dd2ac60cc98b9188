package transport

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// windowed refuses what is over the limit in a rolling window, in which calls
// arrive and are answered after random delays up to jitter.
func windowed(limit Limit, jitter time.Duration, headers bool) (*vendor, *int) {
	random := rand.New(rand.NewPCG(1, 2))
	window := kit.NewWindow(limit.Calls, limit.Per)
	refused := new(int)
	v := &vendor{}
	delay := func() time.Duration {
		v.mu.Lock()
		defer v.mu.Unlock()
		if jitter == 0 {
			return 0
		}
		return rand.N(jitter) + time.Duration(random.IntN(2))*jitter/2
	}
	v.serve = func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(delay())
		ok, remaining, _ := window.Take(time.Now())
		time.Sleep(delay())
		if headers {
			w.Header().Set("Limit", strconv.Itoa(limit.Calls))
			w.Header().Set("Remaining", strconv.Itoa(remaining))
		}
		if !ok {
			v.mu.Lock()
			*refused++
			v.mu.Unlock()
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}
	return v, refused
}

func usageHeaders(h http.Header) Usage {
	limit, err := strconv.Atoi(h.Get("Limit"))
	if err != nil {
		return Usage{}
	}
	remaining, err := strconv.Atoi(h.Get("Remaining"))
	return Usage{Limit: Limit{Calls: limit}, Remaining: remaining, Known: err == nil}
}

// send makes n calls, so many at once, and returns how long that took.
func send(t *testing.T, c *Client, n, atOnce int) time.Duration {
	t.Helper()
	began := time.Now()
	work, done := make(chan int), make(chan error)
	for range atOnce {
		go func() {
			for range work {
				_, err := c.Do(t.Context(), get)
				done <- err
			}
		}()
	}
	go func() {
		for i := range n {
			work <- i
		}
		close(work)
	}()
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	return time.Since(began)
}

// TestKeepsTheWindow: whatever the delays, no call is refused, and at least 95 in
// 100 of the calls that the limit allows are made.
func TestKeepsTheWindow(t *testing.T) {
	for _, limit := range []Limit{{20, 2 * time.Second}, {100, 10 * time.Second}, {190, 10 * time.Second}, {5, time.Second}, {1, time.Second}} {
		for _, jitter := range []time.Duration{0, 20 * time.Millisecond, 300 * time.Millisecond} {
			t.Run(fmt.Sprintf("%d in %v, %v", limit.Calls, limit.Per, jitter), func(t *testing.T) {
				in(t, func(t *testing.T) {
					v, refused := windowed(limit, jitter, false)
					c := v.client(func(o *Options) { o.Limits = map[Class]Limit{"": limit} })
					count := 60 * limit.Calls
					took := send(t, c, count, min(64, 20*limit.Calls))
					if *refused > 0 {
						t.Errorf("%d calls refused", *refused)
					}
					least := float64(count-limit.Calls) / float64(limit.Calls) * limit.Per.Seconds()
					use := least / took.Seconds()
					if want := limit.Per.Seconds() / (limit.Per + 3*jitter + 4*time.Millisecond).Seconds() * 0.98; use < want && use < 0.95 {
						t.Errorf("%d calls took %v: %.1f %% of the limit", count, took, 100*use)
					}
				})
			})
		}
	}
}

func TestLearnsTheLimit(t *testing.T) {
	for _, c := range []struct {
		name  string
		fixed bool
		want  time.Duration
	}{{"from the answers", false, 12 * time.Second}, {"unless it is fixed", true, 42 * time.Second}} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				v, refused := windowed(Limit{100, 2 * time.Second}, 0, true)
				client := v.client(func(o *Options) {
					o.Limits, o.FixedLimits, o.Usage = map[Class]Limit{"": {20, 2 * time.Second}}, c.fixed, usageHeaders
				})
				took := send(t, client, 420, 32)
				if *refused > 0 || took > c.want || took < c.want/2 {
					t.Errorf("took %v, %d refused", took, *refused)
				}
			})
		})
	}
}

func TestLowersTheLimit(t *testing.T) {
	in(t, func(t *testing.T) {
		v, refused := windowed(Limit{10, 2 * time.Second}, 0, true)
		client := v.client(func(o *Options) {
			o.Limits, o.Usage = map[Class]Limit{"": {100, 2 * time.Second}}, usageHeaders
		})
		send(t, client, 1, 1)
		send(t, client, 60, 16)
		if *refused > 0 {
			t.Errorf("%d calls refused", *refused)
		}
	})
}

// TestMakesRoomForOthers: another program uses the same limit; its calls show in
// the answers' headers only.
func TestMakesRoomForOthers(t *testing.T) {
	in(t, func(t *testing.T) {
		limit := Limit{20, 2 * time.Second}
		v, refused := windowed(limit, 0, true)
		ours := v.client(func(o *Options) { o.Limits, o.Usage = map[Class]Limit{"": limit}, usageHeaders })
		theirs := v.client()
		send(t, theirs, 15, 15)
		send(t, ours, 30, 1)
		if *refused > 0 {
			t.Errorf("%d calls refused", *refused)
		}
	})
}

// TestSharesPermits: several clients of one account keep its limit together, those
// of other accounts do not.
func TestSharesPermits(t *testing.T) {
	in(t, func(t *testing.T) {
		limit := Limit{20, 2 * time.Second}
		v, refused := windowed(limit, 5*time.Millisecond, false)
		permits := NewPermits(nil, nil)
		done := make(chan time.Duration)
		for range 4 {
			c := v.client(func(o *Options) {
				o.Limits, o.Permits, o.Account = map[Class]Limit{"": limit}, permits, "one"
			})
			go func() { done <- send(t, c, 50, 8) }()
		}
		other := script(200).client(func(o *Options) {
			o.Limits, o.Permits, o.Account = map[Class]Limit{"": limit}, permits, "another"
		})
		if took := send(t, other, 1, 1); took != 0 {
			t.Errorf("another account waited %v", took)
		}
		for range 4 {
			<-done
		}
		if *refused > 0 {
			t.Errorf("%d calls refused", *refused)
		}
	})
}

func TestUnlimitedClassesKeepNoLog(t *testing.T) {
	v := script(200)
	c := v.client(func(o *Options) { o.Limits = map[Class]Limit{"": {Calls: -1}} })
	for range 100 {
		if _, err := c.Do(t.Context(), get); err != nil {
			t.Fatal(err)
		}
	}
	if h := c.permits.holder(c.account()); len(h.flying)+len(h.held)+len(h.state.Windows) > 0 {
		t.Errorf("kept: %+v", h.state)
	}
	if b, err := c.Budget(t.Context()); err != nil || len(b.Classes) > 0 {
		t.Errorf("budget %+v, %v", b, err)
	}
}

// TestRefusesToWaitTooLong: with the window full and little time left, a call is
// refused at once, with the time at which there is room.
func TestRefusesToWaitTooLong(t *testing.T) {
	in(t, func(t *testing.T) {
		v := script(200)
		c := v.client(func(o *Options) { o.Limits = map[Class]Limit{"": {1, time.Minute}} })
		send(t, c, 1, 1)
		began := time.Now()
		_, err := c.Do(t.Context(), get)
		if !fault.Is(err, fault.Throttled) || time.Since(began) != 0 || v.count() != 1 {
			t.Fatalf("%v after %v, %d calls", err, time.Since(began), v.count())
		}
		if until := fault.As(err).Until; until.Before(began.Add(25*time.Second)) || until.After(began.Add(61*time.Second)) {
			t.Errorf("until %v", until.Sub(began))
		}
	})
}
