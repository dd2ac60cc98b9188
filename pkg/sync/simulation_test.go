package sync_test

import (
	"context"
	"flag"
	"fmt"
	"hash"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/store/memory"
	"github.com/contactsync/contactsync/pkg/store/sqlite"
	"github.com/contactsync/contactsync/pkg/sync"
)

var (
	scheduleCount = flag.Int("schedules", 60, "how many schedules to simulate")
	scheduleSeed  = flag.Uint64("seed", 1, "seed of the first schedule; the others follow")
	// Off until what it finds is dealt with.
	lossesChecked = flag.Bool("losses", false, "check I2 too")
	failuresShown = flag.Int("failures", 1, "how many failing schedules to name before giving up; the last one is shrunk and shown")
)

// TestSimulation carries out random schedules: several instances of the product at
// once, people on every side, a network and a store that fail, crashes anywhere. After
// each it lets everything settle and checks the invariants. A failure is shrunk to a
// schedule with nothing needless in it, and shown.
func TestSimulation(t *testing.T) {
	began := time.Now()
	total := reached{}
	failed := 0
	for i := range uint64(*scheduleCount) {
		seed := *scheduleSeed + i
		s := simulate(t.Context(), memory.New(), seed, movesOf(seed), false)
		total.add(s.reached)
		if len(s.broken) == 0 {
			continue
		}
		if failed++; failed < *failuresShown {
			t.Errorf("seed %d breaks:\n%s", seed, s.report())
			continue
		}
		moves := shrink(t.Context(), seed, movesOf(seed), s.broken[0].invariant)
		s = simulate(t.Context(), memory.New(), seed, moves, true)
		t.Fatalf("seed %d breaks:\n%s\n\nshrunk schedule:\n%s\n\nreplay: go test ./pkg/sync -run Simulation -schedules 1 -seed %d",
			seed, s.report(), strings.Join(s.lines, "\n"), seed)
	}
	took := time.Since(began)
	t.Logf("%d schedules from seed %d in %v, %v each", *scheduleCount, *scheduleSeed, took.Round(time.Millisecond), took/time.Duration(*scheduleCount))
	t.Log(total.summary())
}

// TestSimulationIsRepeatable holds that a seed always gives the same schedule, step by
// step and answer by answer.
func TestSimulationIsRepeatable(t *testing.T) {
	for i := range uint64(10) {
		seed := *scheduleSeed + i
		a := simulate(t.Context(), memory.New(), seed, movesOf(seed), true)
		b := simulate(t.Context(), memory.New(), seed, movesOf(seed), true)
		sameTrace(t, a, b)
	}
}

// TestSimulationOnSQLite holds that the store in memory stands for one that lasts: a
// schedule goes the same way on both, step by step and answer by answer.
func TestSimulationOnSQLite(t *testing.T) {
	for i := range uint64(10) {
		seed := *scheduleSeed + i
		store, err := sqlite.Open(t.Context(), sqlite.Memory)
		if err != nil {
			t.Fatal(err)
		}
		a := simulate(t.Context(), store, seed, movesOf(seed), true)
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		sameTrace(t, a, simulate(t.Context(), memory.New(), seed, movesOf(seed), true))
	}
}

// sameTrace fails the test at the first step in which two simulations differ.
func sameTrace(t *testing.T, a, b *simulation) {
	t.Helper()
	for n := range min(len(a.lines), len(b.lines)) {
		if a.lines[n] != b.lines[n] {
			t.Fatalf("seed %d differs at step %d:\n%s\n%s\nafter\n%s", a.seed, n, a.lines[n], b.lines[n], strings.Join(a.lines[max(0, n-10):n], "\n"))
		}
	}
	if len(a.lines) != len(b.lines) || a.hash.Sum64() != b.hash.Sum64() {
		t.Fatalf("seed %d: %d and %d steps, or other answers", a.seed, len(a.lines), len(b.lines))
	}
}

// simulation is one schedule being carried out.
type simulation struct {
	ctx     context.Context
	seed    uint64
	clock   *simClock
	sched   *scheduler
	store   sync.Store
	tenants []*tenant
	workers []*worker
	faults  faults
	late    []lateRequest
	model   *model
	reached reached
	broken  []breach
	ids     int
	spread  *rand.Rand // of waits
	strict  bool       // I2 is checked

	hash  hash.Hash64
	keep  bool // the lines too
	lines []string
}

// simulate carries out a schedule, lets everything settle and checks it.
func simulate(ctx context.Context, store sync.Store, seed uint64, moves []move, keep bool) *simulation {
	s := newSimulation(ctx, store, seed, keep)
	defer s.close()
	for _, m := range moves {
		if len(s.broken) > 0 {
			break
		}
		s.do(m)
	}
	if len(s.broken) == 0 {
		s.settle()
	}
	return s
}

func newSimulation(ctx context.Context, store sync.Store, seed uint64, keep bool) *simulation {
	s := &simulation{
		ctx: ctx, seed: seed, clock: &simClock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		reached: reached{}, hash: fnv.New64a(), keep: keep, spread: rand.New(rand.NewPCG(seed, 3)),
	}
	s.sched = &scheduler{clock: s.clock, failure: func(text string) { s.breaks("no panic", "%s", text) }}
	s.clock.pause, s.clock.passed = s.sched.pause, s.landOverdue
	s.model = newModel()
	s.store = store
	s.tenants = append(s.tenants, newTenant(s, "acme", 1))
	if seed%6 == 0 {
		s.tenants = append(s.tenants, newTenant(s, "brew", 2))
	}
	for _, role := range []string{"cron 1", "cron 2", "events", "person 1", "person 2"} {
		s.workers = append(s.workers, &worker{sim: s, name: role})
	}
	for _, w := range s.workers {
		w.restart()
	}
	for _, t := range s.tenants {
		for _, p := range []contact.Provider{contact.HubSpot, contact.Pipedrive} {
			if err := s.workers[0].service.EnsureConnection(ctx, t.customer, p); err != nil {
				panic(err)
			}
		}
		s.configure(t)
	}
	return s
}

// configure makes the choices of a customer, by the seed.
func (s *simulation) configure(t *tenant) {
	r := rand.New(rand.NewPCG(s.seed, 17))
	service := s.workers[0].service
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	t.verified = r.IntN(3) > 0
	must(service.VerifyWrites(s.ctx, t.customer, contact.Pipedrive, t.verified))
	policy := []string{"", "", "", "app_wins", "latest_wins", "manual", "source:pipedrive"}[r.IntN(7)]
	_, err := service.UpdateSettings(s.ctx, t.customer, sync.SettingsPatch{Policy: &policy})
	must(err)
	s.say("%s: policy %q, writes to Pipedrive verified: %v", t.customer, policy, t.verified)
}

func (s *simulation) close() {
	for _, w := range s.workers {
		s.sched.kill(w)
	}
}

// byPerson reports whether it is a person's request in the app that goes on.
func (s *simulation) byPerson() bool {
	return s.sched.running != nil && strings.HasPrefix(s.sched.running.worker.name, "person")
}

func (s *simulation) tenant(id contact.CustomerID) *tenant {
	return s.tenants[slices.IndexFunc(s.tenants, func(t *tenant) bool { return t.customer == id })]
}

// say adds a line to the trace.
func (s *simulation) say(format string, args ...any) {
	s.trace(s.clock.now.Format("15:04:05.000 ") + fmt.Sprintf(format, args...))
}

func (s *simulation) trace(line string) {
	s.hash.Write([]byte(line))
	if s.keep {
		s.lines = append(s.lines, line)
	}
}

// breach is an invariant that did not hold.
type breach struct{ invariant, text string }

func (s *simulation) breaks(invariant, format string, args ...any) {
	s.broken = append(s.broken, breach{invariant, fmt.Sprintf(format, args...)})
}

func (s *simulation) report() string {
	var lines []string
	for _, b := range s.broken {
		lines = append(lines, b.invariant+": "+b.text)
	}
	return strings.Join(lines, "\n")
}

// reached counts what a schedule brought about.
type reached map[string]int

func (r reached) add(other reached) {
	for what, n := range other {
		r[what] += n
	}
}

func (r reached) summary() string {
	var parts []string
	for what, n := range r {
		parts = append(parts, fmt.Sprintf("%s %d", what, n))
	}
	slices.Sort(parts)
	return "reached: " + strings.Join(parts, ", ")
}

// worker is an instance of the product: a process with one invocation at a time.
type worker struct {
	sim     *simulation
	name    string
	service *sync.Service
	tasks   []*task
	crashed bool
	dying   bool // it crashes once the operation under way has taken effect
	ports   int  // used since the process began
	crashAt int  // it crashes at that use of a port; 0: it does not
	before  bool // and the operation takes no effect
}

// restart begins a new process in place of the old one.
func (w *worker) restart() {
	s := w.sim
	w.crashed, w.dying, w.crashAt, w.ports = false, false, 0, 0
	w.service = sync.New(sync.Config{
		Store: &simStore{w, s.store}, CRMs: simCRMs{w}, Clock: s.clock,
		Fields: map[contact.Provider][]sync.FieldSpec{
			contact.HubSpot: hubspot.DefaultFields(), contact.Pipedrive: pipedrive.DefaultFields(),
		},
		NewID: func(now time.Time) string {
			s.ids++
			return fmt.Sprintf("%08x-%08d", now.Unix(), s.ids)
		},
		Vault: plainVault{}, Parallel: s.sched.parallel,
		Trigger: func(context.Context) { s.reached["another invocation asked for"]++ },
	})
}

// arrive stops at a port until the schedule lets the instance go on.
func (w *worker) arrive(at stop) {
	w.sim.sched.pause(at)
	if w.ports++; w.ports == w.crashAt && w.sim.sched.running != nil {
		if w.before {
			w.crashed = true
			panic(crash{})
		}
		w.dying = true
	}
	w.sim.trace(w.sim.clock.now.Format("15:04:05.000   ") + w.name + ": " + at.name)
}

// leave ends the use of a port, and the instance if it is to crash there.
func (w *worker) leave() {
	if w.dying && w.sim.sched.running != nil {
		w.crashed = true
		panic(crash{})
	}
}

// invoke begins an invocation.
func (w *worker) invoke(what string, do func(context.Context)) {
	w.sim.say("%s begins: %s", w.name, what)
	w.sim.sched.spawn(w, nil, func() {
		ctx, cancel := w.sim.clock.WithTimeout(w.sim.ctx, invocation)
		defer cancel()
		do(ctx)
	})
}

// invocation is how long the platform lets a function run.
const invocation = 60 * time.Second

// step lets one task of the instance go on, and ends the instance when it crashed.
func (w *worker) step(choice uint32) {
	ready := w.sim.sched.ready(w)
	if len(ready) == 0 {
		panic("all tasks of " + w.name + " wait for each other")
	}
	w.sim.sched.resume(ready[int(choice)%len(ready)])
	if w.crashed {
		w.crash()
	}
}

func (w *worker) crash() {
	w.sim.say("%s crashes", w.name)
	w.sim.sched.kill(w)
	w.restart()
}

// finish lets the instance go on until its invocation has ended.
func (w *worker) finish() {
	for n := 0; len(w.tasks) > 0 && len(w.sim.broken) == 0; n++ {
		if n > 5000 {
			w.sim.breaks("I1 convergence", "an invocation of %s does not end: %s", w.name, w.tasks[0].at.name)
			return
		}
		w.step(0)
	}
}

// run makes an invocation and waits for its end.
func (w *worker) run(what string, do func(context.Context)) {
	w.finish()
	w.invoke(what, do)
	w.finish()
}
