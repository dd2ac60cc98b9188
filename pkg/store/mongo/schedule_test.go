package mongo

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"pgregory.net/rapid"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// The tests of this file have several callers work at the same time, one command
// at a time, in an order that is drawn; any of them may break off before any of its
// commands. So they find what a race finds by luck, and can be repeated.

// stage is where callers work.
type stage struct {
	admin  *Store // looks on, and waits for nothing
	stores []*Store
	steps  []*stepper
}

func newStage(t *testing.T, callers int) *stage {
	st := &stage{admin: emptyStore(t, nil)}
	for range callers {
		steps := &stepper{arrived: make(chan bool), proceed: make(chan struct{})}
		st.steps = append(st.steps, steps)
		st.stores = append(st.stores, openTest(t, steps.monitor()))
	}
	return st
}

// schedules checks many drawn histories, each beginning with empty collections.
func (st *stage) schedules(t *testing.T, history func(*rapid.T), collections ...string) {
	rounds := 5
	if theServer(t).ferret {
		rounds = 1
	}
	for range rounds {
		rapid.Check(t, func(t *rapid.T) {
			for _, name := range collections {
				if _, err := st.admin.db.Collection(name).DeleteMany(context.Background(), bson.D{}); err != nil {
					t.Fatal(err)
				}
			}
			history(t)
		})
	}
}

// run has the callers do what they do, the i-th on the i-th store, until all have
// ended. A caller that breaks off has its context ended; it reports whether any did.
func (st *stage) run(t *rapid.T, callers ...func(context.Context, *Store)) (brokeOff bool) {
	var running []*stepper
	for i, work := range callers {
		s := st.steps[i]
		ctx, cancel := context.WithCancel(context.Background())
		s.cancel = cancel
		go func() {
			work(ctx, st.stores[i])
			s.arrived <- false
		}()
		if <-s.arrived {
			running = append(running, s)
		}
	}
	for len(running) > 0 {
		i := rapid.IntRange(0, len(running)-1).Draw(t, "next")
		if rapid.IntRange(0, 12).Draw(t, "breaks off") == 12 {
			running[i].cancel()
			brokeOff = true
		}
		running[i].proceed <- struct{}{}
		if !<-running[i].arrived {
			running[i].cancel()
			running = slices.Delete(running, i, i+1)
		}
	}
	return brokeOff
}

// stepper stops a store before each of its commands.
type stepper struct {
	arrived chan bool // before a command; false at the end of it all
	proceed chan struct{}
	cancel  context.CancelFunc
}

func (s *stepper) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		if comment, ok := e.Command.Lookup("comment").StringValueOK(); ok && comment != schemaByKey.name {
			s.arrived <- true
			<-s.proceed
		}
	}}
}

// TestSchedulesOfSaves has callers save contacts with links to few records. However
// that goes, a record has one contact at most, and a contact has the reservations of
// its links.
func TestSchedulesOfSaves(t *testing.T) {
	st := newStage(t, 3)
	st.schedules(t, func(t *rapid.T) {
		for n := range 2 {
			if rapid.Bool().Draw(t, "stored") {
				saveAll(context.Background(), st.admin, []*sync.Contact{withLinks(t, n)})
			}
		}
		st.run(t, drawSaves(t), drawSaves(t), drawSaves(t))
		checkHolders(t, st.admin)
	}, contacts, links)
}

// withLinks is the n-th contact with links to some of two records.
func withLinks(t *rapid.T, n int) *sync.Contact {
	c := person(n, false)
	for n := range 2 {
		if rapid.Bool().Draw(t, "linked") {
			l := hubspotLink(n)
			l.ConnectionID = contact.ConnectionID(fmt.Sprint("acme:", n))
			c.Links = append(c.Links, l)
		}
	}
	return c
}

// drawSaves is a caller that saves one or two batches.
func drawSaves(t *rapid.T) func(context.Context, *Store) {
	var batches [][]*sync.Contact
	for range rapid.IntRange(1, 2).Draw(t, "batches") {
		var batch []*sync.Contact
		for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(0, 2), 1, 2, rapid.ID).Draw(t, "contacts") {
			batch = append(batch, withLinks(t, n))
		}
		batches = append(batches, batch)
	}
	return func(ctx context.Context, s *Store) {
		for _, batch := range batches {
			saveAll(ctx, s, batch)
		}
	}
}

// saveAll saves the contacts over whatever is stored of them. What comes of it does
// not matter here.
func saveAll(ctx context.Context, s *Store, batch []*sync.Contact) {
	stored, err := s.Contacts(ctx, acme, idsOf(batch))
	if err != nil {
		return
	}
	for _, c := range batch {
		for _, old := range stored {
			if old.ID == c.ID {
				c.Rev, c.Fence = old.Rev, old.Fence
			}
		}
	}
	_, _ = s.SaveContacts(ctx, acme, batch)
}

// checkHolders holds what has to be true of links when nobody saves.
func checkHolders(t *rapid.T, s *Store) {
	ctx := context.Background()
	all, err := find[contactDoc](ctx, s, contactsAbove, scoped(acme, keysOf(acme).above("")), 0)
	if err != nil {
		t.Fatal(err)
	}
	standing, err := find[reservation](ctx, s, linksByKey, scoped(acme), 0)
	if err != nil {
		t.Fatal(err)
	}
	holders := map[string]contact.ID{}
	for _, c := range all {
		for _, record := range c.Keys.Records {
			if other, twice := holders[record]; twice {
				t.Fatalf("record %s has the contacts %s and %s", record, other, c.ID)
			}
			holders[record] = c.ID
			if !slices.ContainsFunc(standing, func(r reservation) bool { return r.Key == record && r.ContactID == c.ID }) {
				t.Fatalf("contact %s holds %s without a reservation", c.ID, record)
			}
		}
	}
}

// TestSchedulesOfRuns has callers start runs, while who held the last one may come
// back and end it. Never are there two runs whose leases last, and everybody else is
// told of the one.
func TestSchedulesOfRuns(t *testing.T) {
	st := newStage(t, 3)
	st.schedules(t, func(t *rapid.T) {
		now := noon
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{10, 2000}).Draw(t, "wait")) * time.Millisecond)
			r := &starts{T: t, now: now, admin: st.admin, won: map[string]int64{}}
			before := r.running()
			callers := []func(context.Context, *Store){r.start(0), r.start(1), r.start(2)}
			if len(before) > 0 && rapid.Bool().Draw(t, "comes back") {
				callers[0] = r.end(&before[0].Run)
			}
			brokeOff := st.run(t, callers...)
			r.check()
			if !brokeOff && len(r.won)+len(r.told) == 0 {
				t.Fatal("nobody could start a run, and none is running")
			}
		}
	}, runs, gates)
}

// starts are several starts of runs at a time.
type starts struct {
	*rapid.T
	now   time.Time
	admin *Store
	won   map[string]int64 // fences by run
	told  []string         // runs of others
}

// start is a caller that starts a run.
func (r *starts) start(n int) func(context.Context, *Store) {
	run := &sync.Run{
		ID: fmt.Sprintf("%d-%d", r.now.UnixMilli(), n), CustomerID: acme, State: sync.RunRunning, StartedAt: r.now,
		Kind: rapid.SampledFrom([]sync.Kind{sync.Full, sync.Incremental}).Draw(r.T, "kind"), LeaseUntil: r.now.Add(time.Second),
	}
	return func(ctx context.Context, s *Store) {
		got, ok, err := s.AcquireRun(ctx, run, r.now)
		switch {
		case err != nil && ctx.Err() == nil:
			r.Errorf("acquire: %v", err)
		case err == nil && ok:
			r.won[got.ID] = got.Fence
		case err == nil:
			r.told = append(r.told, got.ID)
		}
	}
}

// end is the holder of a run that ends it, however late.
func (r *starts) end(run *sync.Run) func(context.Context, *Store) {
	return func(ctx context.Context, s *Store) {
		run.State = sync.RunDone
		if err := s.SaveRun(ctx, run); err != nil && ctx.Err() == nil && !fault.Is(err, fault.Stale) {
			r.Errorf("save: %v", err)
		}
	}
}

// running returns the runs that are running, their leases over or not.
func (r *starts) running() []runDoc {
	found, err := find[runDoc](context.Background(), r.admin, runsRunning, scoped(acme, is("state", sync.RunRunning)), 0)
	if err != nil {
		r.Fatal(err)
	}
	return found
}

// check holds that one run was won at most.
func (r *starts) check() {
	if len(r.won) > 1 {
		r.Fatalf("the runs %v were started at once", r.won)
	}
	live := slices.DeleteFunc(r.running(), func(d runDoc) bool { return !d.LeaseUntil.After(r.now) })
	if len(live) > 1 {
		r.Fatalf("%d runs are running", len(live))
	}
	for id, fence := range r.won {
		if len(live) != 1 || live[0].ID != id || live[0].Fence != fence {
			r.Fatalf("%s was won under fence %d, and %v is running", id, fence, live)
		}
	}
}
