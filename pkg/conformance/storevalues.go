package conformance

import (
	"fmt"
	"slices"
	"strconv"
	gosync "sync"
	"sync/atomic"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/sync/pace"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

var settingsCases = []storeCase{
	{"settings are zero until they are saved, and come back whole", settingsWhole},
	{"a save of another revision is stale", settingsStale},
}

var valueCases = []storeCase{
	{"a value counts until its time", valueEnds},
	{"a value that counts for long ends no other", valueStays},
	{"a value can be replaced and dropped", valueReplaced},
	{"a value is changed as one step", valueChanged},
	{"attempts are counted within the window of the first", attemptsCounted},
}

func settingsWhole(b *bench) {
	got, err := b.store().Settings(b.ctx, acme)
	b.must(err)
	b.equal("before", got, &sync.Settings{})
	s := &sync.Settings{
		Policy: reconcile.LatestWins, Region: "US",
		Fields: map[contact.Field]sync.FieldSettings{"favouriteTea": {
			Label: "Favourite tea ☕", Policy: "source:pipedrive",
			Remotes: map[contact.Provider]sync.RemoteSettings{contact.HubSpot: {Remote: "tea", Direction: reconcile.ToCRM}},
		}},
	}
	b.must(b.store().SaveSettings(b.ctx, acme, s))
	b.equal("revision", s.Rev, int64(1))
	got, err = b.store().Settings(b.ctx, acme)
	b.must(err)
	b.equal("stored", got, s)
	got, err = b.store().Settings(b.ctx, other)
	b.must(err)
	b.equal("of another customer", got, &sync.Settings{})
}

func settingsStale(b *bench) {
	s := &sync.Settings{Region: "US"}
	b.must(b.store().SaveSettings(b.ctx, acme, s))
	for _, rev := range []int64{0, 7} {
		err := b.store().SaveSettings(b.ctx, acme, &sync.Settings{Rev: rev})
		if !fault.Is(err, fault.Stale) {
			b.Errorf("a save of revision %d: %v, want stale", rev, err)
		}
	}
	s.Region = "DE"
	b.must(b.store().SaveSettings(b.ctx, acme, s))
	b.equal("revision", s.Rev, int64(2))
}

// valueIs demands that the key's value at a time is want; "" for none.
func (b *bench) valueIs(key string, at time.Time, want string) {
	b.Helper()
	got, err := b.store().Value(b.ctx, key, at)
	if want == "" {
		if !fault.Is(err, fault.NotFound) {
			b.Errorf("value of %q: %q, %v; want none", key, got, err)
		}
		return
	}
	b.must(err)
	b.equal("value", string(got), want)
}

func valueEnds(b *bench) {
	b.must(b.store().PutValue(b.ctx, "k", []byte("v"), after(10)))
	b.valueIs("k", after(9), "v")
	b.valueIs("k", after(10), "")
	b.valueIs("another", noon, "")
}

func valueStays(b *bench) {
	b.must(b.store().PutValue(b.ctx, "short", []byte("v"), after(10)))
	b.must(b.store().PutValue(b.ctx, "long", []byte("v"), noon.AddDate(100, 0, 0)))
	_, _, err := b.store().CountAttempt(b.ctx, "attempts", after(5), time.Hour)
	b.must(err)
	b.valueIs("short", after(9), "v")
	b.valueIs("long", noon.AddDate(99, 0, 0), "v")
}

func valueReplaced(b *bench) {
	b.must(b.store().PutValue(b.ctx, "k", []byte("one"), after(10)))
	b.must(b.store().PutValue(b.ctx, "k", []byte("zwei ✓"), after(20)))
	b.valueIs("k", after(15), "zwei ✓")
	b.must(b.store().DropValue(b.ctx, "k"))
	b.valueIs("k", noon, "")
	b.must(b.store().DropValue(b.ctx, "k"))
}

// appending returns a change that appends text, and notes what it was given.
func appending(text string, given *string) func([]byte) []byte {
	return func(old []byte) []byte {
		*given = string(old)
		return append(slices.Clone(old), text...)
	}
}

func valueChanged(b *bench) {
	var given string
	b.must(b.store().ChangeValue(b.ctx, "k", noon, after(10), appending("a", &given)))
	b.equal("before there was one", given, "")
	b.must(b.store().ChangeValue(b.ctx, "k", after(5), after(20), appending("b", &given)))
	b.equal("before", given, "a")
	b.valueIs("k", after(15), "ab")
	b.must(b.store().ChangeValue(b.ctx, "k", after(15), after(90), func([]byte) []byte { return nil }))
	b.valueIs("k", after(15), "ab")
	b.valueIs("k", after(20), "")
	b.must(b.store().ChangeValue(b.ctx, "k", after(20), after(30), appending("c", &given)))
	b.equal("after its time", given, "")
	b.valueIs("k", after(25), "c")
	b.valueIs("another", after(25), "")
}

func attemptsCounted(b *bench) {
	for i, tt := range []struct{ at, n, until int }{
		{0, 1, 100}, {50, 2, 100}, {99, 3, 100}, {100, 1, 200}, {500, 1, 600}, {501, 2, 600},
	} {
		n, until, err := b.store().CountAttempt(b.ctx, "k", after(tt.at), 100*time.Millisecond)
		b.must(err)
		b.equal(fmt.Sprintf("attempt %d", i), []any{n, until}, []any{tt.n, after(tt.until)})
	}
	b.must(b.store().ForgetAttempts(b.ctx, "k"))
	n, _, err := b.store().CountAttempt(b.ctx, "k", after(502), 100*time.Millisecond)
	b.must(err)
	b.equal("after forgetting", n, 1)
}

// raceValues demands that no change of a value is lost.
func raceValues(b *bench) {
	const each = 12
	b.together(func(s sync.Store, _ int) error {
		for range each {
			err := s.ChangeValue(b.ctx, "k", noon, after(1000), func(old []byte) []byte {
				n, err := strconv.Atoi("0" + string(old))
				if err != nil {
					b.Error(err)
				}
				return strconv.AppendInt(nil, int64(n+1), 10)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	b.valueIs("k", noon, strconv.Itoa(callers*each))
}

// raceWindow demands that no window of a limit holds more calls than it allows, however
// many take of them at once: by what each of them was granted.
func raceWindow(b *bench) {
	const limit, per, length = 20, time.Second, 8000
	var clock atomic.Int64 // milliseconds after noon
	var mu gosync.Mutex
	var granted []time.Time
	b.together(func(s sync.Store, caller int) error {
		for clock.Load() < length {
			asked := after(int(clock.Load()))
			var starts []time.Time
			err := s.ChangeValue(b.ctx, "pace", asked, asked.Add(time.Hour), func(old []byte) []byte {
				// The time is read when it is this caller's turn: one that had to wait for
				// long must not be granted what is over.
				now := after(int(clock.Add(7)))
				a := pace.Decode(old)
				starts, _ = a.Window("c", per).Take(limit, 1+caller%4, now, per/4)
				if len(starts) > 0 && starts[0].Before(now) {
					b.Errorf("granted for %v at %v", starts[0], now)
				}
				return a.Encode(now)
			})
			if err != nil {
				return err
			}
			mu.Lock()
			granted = append(granted, starts...)
			mu.Unlock()
		}
		return nil
	})
	slices.SortFunc(granted, time.Time.Compare)
	for i := limit; i < len(granted); i++ {
		if d := granted[i].Sub(granted[i-limit]); d < per {
			b.Errorf("%d calls in %v, before %v", limit+1, d, granted[i])
		}
	}
	if least := length / 1000 * limit * 9 / 10; len(granted) < least {
		b.Errorf("%d calls were granted, want %d at least", len(granted), least)
	}
}

// concurrentAttempts demands that no attempt is counted twice or lost.
func concurrentAttempts(b *bench) {
	const callers, each = 8, 10
	seen := make([]bool, callers*each+1)
	var mu gosync.Mutex
	var wg gosync.WaitGroup
	for i := range callers {
		store := b.stores[i%len(b.stores)]
		wg.Go(func() {
			for range each {
				n, _, err := store.CountAttempt(b.ctx, "k", noon, time.Minute)
				mu.Lock()
				switch {
				case err != nil:
					b.Error(err)
				case n < 1 || n >= len(seen) || seen[n]:
					b.Errorf("attempt %d was counted twice", n)
				default:
					seen[n] = true
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}
