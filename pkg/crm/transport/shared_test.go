package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync/pace"
)

// shelf is a ledger that several instances reach over a network.
type shelf struct {
	mu       gosync.Mutex
	accounts map[string][]byte
	changes  int
	broken   bool
}

func (s *shelf) Change(_ context.Context, account string, now time.Time, change func(*pace.Account)) (pace.Account, error) {
	time.Sleep(time.Millisecond + rand.N(9*time.Millisecond))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return pace.Account{}, errSome
	}
	a := pace.Decode(s.accounts[account])
	change(&a)
	if s.accounts == nil {
		s.accounts = map[string][]byte{}
	}
	s.accounts[account] = a.Encode(now)
	s.changes++
	return a, nil
}

func (s *shelf) Read(_ context.Context, account string, _ time.Time) (pace.Account, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return pace.Decode(s.accounts[account]), nil
}

func (s *shelf) breaks(broken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = broken
}

// instances are clients of one account in so many processes.
func (v *vendor) instances(s *shelf, n int, limit Limit, change ...func(*Options)) []*Client {
	var all []*Client
	for range n {
		all = append(all, v.client(append([]func(*Options){func(o *Options) {
			o.Account, o.Limits, o.Permits = "one", map[Class]Limit{"": limit}, NewPermits(s, slog.New(slog.NewTextHandler(v, nil)))
		}}, change...)...))
	}
	return all
}

// sendAll has every client make n calls at the same time, and returns how long the
// longest took.
func sendAll(t *testing.T, all []*Client, n, atOnce int) time.Duration {
	t.Helper()
	began := time.Now()
	var group gosync.WaitGroup
	for _, c := range all {
		group.Go(func() { send(t, c, n, atOnce) })
	}
	group.Wait()
	return time.Since(began)
}

// TestInstancesKeepTheWindowTogether: several processes that share a ledger use nine
// tenths of a limit, no call is refused, and a round trip is paid for several calls.
func TestInstancesKeepTheWindowTogether(t *testing.T) {
	for _, limit := range []Limit{{20, 2 * time.Second}, {80, 2 * time.Second}, {100, 10 * time.Second}} {
		for _, jitter := range []time.Duration{2 * time.Millisecond, 30 * time.Millisecond} {
			for _, headers := range []bool{false, true} {
				for _, count := range []int{1, 2, 4} {
					t.Run(fmt.Sprintf("%d in %v, %v, headers %v, %d instances", limit.Calls, limit.Per, jitter, headers, count), func(t *testing.T) {
						in(t, func(t *testing.T) {
							v, refused := windowed(limit, jitter, headers)
							s := &shelf{}
							each := 40 * limit.Calls / count
							took := sendAll(t, v.instances(s, count, limit, func(o *Options) { o.Usage = usageHeaders }), each, 12)
							if *refused > 0 {
								t.Errorf("%d of %d calls refused", *refused, v.count())
							}
							use := float64(each*count-limit.Calls) / float64(limit.Calls) * limit.Per.Seconds() / took.Seconds()
							want := 0.95
							if count > 1 {
								want = 0.90
							}
							// A call holds its place until it is answered.
							if want -= 1.5 * jitter.Seconds() / limit.Per.Seconds(); use < want {
								t.Errorf("%.1f %% of the limit is used", 100*use)
							}
							most := v.count() / 2
							if count > 1 { // of a window's room, each finds a part
								most = v.count() * 3 / 4
							}
							if s.changes > most {
								t.Errorf("%d round trips for %d calls", s.changes, v.count())
							}
						})
					})
				}
			}
		}
	}
}

// TestARefusalHoldsForAllInstances: what one is told, the others keep to.
func TestARefusalHoldsForAllInstances(t *testing.T) {
	in(t, func(t *testing.T) {
		v := script(200)
		all := v.instances(&shelf{}, 2, Limit{20, 2 * time.Second})
		v.serve = retryAfter(v, "600")
		if _, err := all[0].Do(t.Context(), get); !fault.Is(err, fault.Throttled) {
			t.Fatal(err)
		}
		_, err := all[1].Do(t.Context(), get)
		if f := fault.As(err); !fault.Is(err, fault.Throttled) || time.Until(f.Until) < 9*time.Minute || v.count() != 1 {
			t.Errorf("the other instance: %v, %d calls", err, v.count())
		}
		time.Sleep(10 * time.Minute)
		if _, err := all[1].Do(t.Context(), get); err != nil {
			t.Errorf("after it: %v", err)
		}
	})
}

// TestGoesOnWithoutTheLedger: an instance whose ledger fails keeps to a quarter of the
// limit, says so once, and tells the ledger afterwards what it did.
func TestGoesOnWithoutTheLedger(t *testing.T) {
	in(t, func(t *testing.T) {
		limit := Limit{40, 2 * time.Second}
		v, refused := windowed(limit, 2*time.Millisecond, false)
		s := &shelf{}
		all := v.instances(s, 4, limit)
		s.breaks(true)
		took := sendAll(t, all, 100, 8)
		if least := 4 * limit.Per * 90 / 40; took < least-limit.Per || *refused > 0 {
			t.Errorf("took %v, %d refused", took, *refused)
		}
		log := v.logged()
		if n := strings.Count(log, "does not keep the pace"); n != 4 {
			t.Errorf("said %d times: %s", n, log)
		}
		s.breaks(false)
		time.Sleep(aloneFor)
		sendAll(t, all, 60, 8)
		if *refused > 0 || strings.Count(v.logged(), "keeps the pace of calls again") != 4 {
			t.Errorf("%d refused afterwards: %s", *refused, v.logged())
		}
	})
}

// TestANewInstanceKnowsTheLimit: what one has learned from answers holds for all.
func TestANewInstanceKnowsTheLimit(t *testing.T) {
	in(t, func(t *testing.T) {
		v, refused := windowed(Limit{10, 2 * time.Second}, 0, true)
		all := v.instances(&shelf{}, 2, Limit{100, 2 * time.Second}, func(o *Options) { o.Usage = usageHeaders })
		send(t, all[0], 2, 1)
		time.Sleep(300 * time.Millisecond)
		send(t, all[0], 1, 1) // tells what it was told
		send(t, all[1], 30, 30)
		if *refused > 0 {
			t.Errorf("%d calls refused", *refused)
		}
		b, err := all[1].Budget(t.Context())
		if err != nil || b.Limit != 10 {
			t.Errorf("budget %+v, %v", b, err)
		}
	})
}

// TestUrgentCallsGoFirst: while others use up what there is, an urgent call of another
// instance has the next place, or one that is kept for it.
func TestUrgentCallsGoFirst(t *testing.T) {
	type urgentKey struct{}
	for limit, most := range map[Limit]time.Duration{{20, 2 * time.Second}: 2 * time.Second, {100, 10 * time.Second}: 200 * time.Millisecond} {
		t.Run(fmt.Sprint(limit.Calls), func(t *testing.T) {
			in(t, func(t *testing.T) {
				v, refused := windowed(limit, 2*time.Millisecond, false)
				all := v.instances(&shelf{}, 2, limit, func(o *Options) {
					o.Urgent = func(ctx context.Context) bool { return ctx.Value(urgentKey{}) != nil }
				})
				done := make(chan struct{})
				go func() { send(t, all[0], 10*limit.Calls, 12); close(done) }()
				time.Sleep(2 * limit.Per)
				for range 5 {
					began := time.Now()
					if _, err := all[1].Do(context.WithValue(t.Context(), urgentKey{}, true), get); err != nil {
						t.Fatal(err)
					}
					if took := time.Since(began); took > most {
						t.Errorf("an urgent call took %v", took)
					} else {
						t.Log(took)
					}
					time.Sleep(limit.Per / 2)
				}
				<-done
				if *refused > 0 {
					t.Errorf("%d calls refused", *refused)
				}
			})
		})
	}
}

// TestADaySpentByAnotherInstance stops this one before it asks, and lets urgent calls
// have what is kept for them.
func TestADaySpentByAnotherInstance(t *testing.T) {
	in(t, func(t *testing.T) {
		left := 100
		v := &vendor{}
		v.serve = func(w http.ResponseWriter, _ *http.Request) {
			left--
			w.Header().Set("Left", fmt.Sprint(left))
		}
		usage := func(h http.Header) Usage {
			var u Usage
			_, _ = fmt.Sscan(h.Get("Left"), &u.DayRemaining)
			u.DayLimit = 100
			return u
		}
		urgent := false
		all := v.instances(&shelf{}, 2, Limit{50, time.Second}, func(o *Options) {
			o.Usage, o.Urgent = usage, func(context.Context) bool { return urgent }
		})
		var err error
		for err == nil {
			_, err = all[0].Do(t.Context(), get)
		}
		if v.count() != 98 || !fault.Is(err, fault.Throttled) || !strings.Contains(fault.Public(err), "kept for events") {
			t.Fatalf("%d calls, then %v", v.count(), err)
		}
		if _, err := all[1].Do(t.Context(), get); !fault.Is(err, fault.Throttled) || v.count() != 98 {
			t.Errorf("the other instance: %v, %d calls", err, v.count())
		}
		urgent = true
		for range 2 {
			if _, err := all[1].Do(t.Context(), get); err != nil {
				t.Error(err)
			}
		}
		if _, err := all[1].Do(t.Context(), get); !fault.Is(err, fault.Throttled) || strings.Contains(fault.Public(err), "kept") {
			t.Errorf("with nothing left: %v", err)
		}
	})
}

func TestWaitsForTheLedgerNoLongerThanTheCaller(t *testing.T) {
	in(t, func(t *testing.T) {
		v := script(200)
		c := v.instances(&shelf{}, 1, Limit{20, 2 * time.Second})[0]
		h := c.permits.holder(c.account())
		h.turn <- struct{}{} // somebody is at it, and does not come back
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := c.Do(ctx, get); !errors.Is(err, context.DeadlineExceeded) || v.count() != 0 {
			t.Errorf("%v, %d calls", err, v.count())
		}
	})
}
