package sync_test

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"time"
)

// scheduler runs the workers of a simulation as coroutines, of which exactly one
// runs at any time. Each stops before every use of a port; whoever drives the
// scheduler picks who goes on. So a schedule is bit for bit repeatable.
type scheduler struct {
	clock   *simClock
	running *task
	failure func(text string) // reports a panic of the product
}

// task is one thread of an instance: an invocation, or one of the tasks that an
// invocation runs at the same time.
type task struct {
	worker   *worker
	parent   *task
	next     func() (stop, bool)
	yield    func(stop) bool
	at       stop // what it does when it goes on
	children int  // running ones, which it waits for
}

// stop is what a task is about to do.
type stop struct {
	name string
	wake time.Time // it sleeps until then
	// alone reports that the task holds a lock of its invocation, so that its siblings
	// must not run.
	alone bool
}

// crash unwinds the tasks of an instance that has crashed.
type crash struct{}

// spawn adds a task to a worker. It starts when it is picked for the first time.
func (s *scheduler) spawn(w *worker, parent *task, do func()) *task {
	t := &task{worker: w, parent: parent, at: stop{name: "begin"}}
	t.next, _ = iter.Pull(func(yield func(stop) bool) {
		t.yield = yield
		defer func() {
			switch cause := recover(); cause.(type) {
			case nil, crash:
			default:
				s.failure(fmt.Sprintf("panic: %v\n%s", cause, debug.Stack()))
			}
		}()
		if !w.crashed {
			do()
		}
	})
	if parent != nil {
		parent.children++
	}
	w.tasks = append(w.tasks, t)
	return t
}

// resume lets a task go on to its next stop, or to its end.
func (s *scheduler) resume(t *task) {
	s.running = t
	at, more := t.next()
	s.running = nil
	if more {
		t.at = at
		return
	}
	w := t.worker
	w.tasks = slices.DeleteFunc(w.tasks, func(o *task) bool { return o == t })
	if t.parent != nil {
		t.parent.children--
	}
}

// pause stops the running task until it is picked to go on. In an instance that has
// crashed nothing goes on.
func (s *scheduler) pause(at stop) {
	t := s.running
	if t == nil {
		return // the test itself looks
	}
	if !t.worker.crashed {
		t.yield(at)
	}
	if t.worker.crashed {
		panic(crash{})
	}
}

// parallel runs tasks of an invocation at the same time and waits for all.
func (s *scheduler) parallel(tasks ...func()) {
	t := s.running
	if t == nil || len(tasks) < 2 {
		for _, do := range tasks {
			do()
		}
		return
	}
	for _, do := range tasks {
		s.spawn(t.worker, t, do)
	}
	s.pause(stop{name: "wait"})
}

// kill crashes an instance: its tasks unwind, and nothing of them runs on.
func (s *scheduler) kill(w *worker) {
	w.crashed = true
	// The one that holds a lock first, so that the others can have it.
	slices.SortStableFunc(w.tasks, func(a, b *task) int { return alone(b) - alone(a) })
	for len(w.tasks) > 0 {
		s.resume(w.tasks[0])
	}
}

func alone(t *task) int {
	if t.at.alone {
		return 1
	}
	return 0
}

// ready lists the tasks of a worker that can go on. When all of them sleep, time
// passes until the first wakes.
func (s *scheduler) ready(w *worker) []*task {
	var awake, asleep []*task
	for _, t := range w.tasks {
		switch {
		case t.children > 0:
		case t.at.alone:
			return []*task{t}
		case t.at.wake.After(s.clock.now):
			asleep = append(asleep, t)
		default:
			awake = append(awake, t)
		}
	}
	if len(awake) == 0 && len(asleep) > 0 {
		first := slices.MinFunc(asleep, func(a, b *task) int { return a.at.wake.Compare(b.at.wake) })
		s.clock.advance(first.at.wake.Sub(s.clock.now))
		return []*task{first}
	}
	return awake
}

// simClock is the clock of a simulation. It moves when the schedule says so.
type simClock struct {
	now      time.Time
	pause    func(stop)
	timeouts []timeout
	passed   func() // called whenever time has passed
}

// timeout ends a context when the clock gets there.
type timeout struct {
	at  time.Time
	end context.CancelFunc
}

func (c *simClock) Now() time.Time { return c.now }

func (c *simClock) Sleep(ctx context.Context, d time.Duration) error {
	c.pause(stop{name: "sleep", wake: c.now.Add(d)})
	return ctx.Err()
}

func (c *simClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	at := c.now.Add(d)
	if parent, ok := ctx.Deadline(); ok && parent.Before(at) {
		at = parent
	}
	c.timeouts = append(c.timeouts, timeout{at, cancel})
	return until{ctx, at}, cancel
}

func (c *simClock) advance(d time.Duration) {
	c.now = c.now.Add(max(0, d))
	c.timeouts = slices.DeleteFunc(c.timeouts, func(t timeout) bool {
		over := !t.at.After(c.now)
		if over {
			t.end()
		}
		return over
	})
	if c.passed != nil {
		c.passed()
	}
}
