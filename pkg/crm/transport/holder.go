package transport

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync/pace"
)

const (
	// aloneShare is the part of a limit, one in so many, that an instance allows itself
	// while the ledger does not answer and others may do the same.
	aloneShare = 4
	// aloneFor is how long the ledger is left alone after it failed, at least.
	aloneFor = 2 * time.Second
	// untoldMost bounds what is kept for a ledger that does not answer.
	untoldMost = 1000
)

// holder is what this process knows and holds of one account.
type holder struct {
	ledger  Ledger // nil: state is all there is
	log     *slog.Logger
	account string
	// turn is held by the one that speaks to the ledger.
	turn chan struct{}

	mu sync.Mutex // guards what follows
	// state is the ledger's, as last seen, with what happened here since.
	state pace.Account
	// untold is what happened since, for the ledger.
	untold []func(*pace.Account)
	held   map[Class]*held
	flying map[*permit]bool // taken, not answered
	// alone reports that the ledger did not answer; it is asked again at askAgain.
	alone    bool
	askAgain time.Time
}

// held are the permits of a class that wait for a call, and how they were come by.
type held struct {
	starts []time.Time // earliest first
	want   int         // how many were asked for last
	asked  time.Time
	wasted bool // some of those were not used
	// retry is when there may be room again, for calls that are not urgent and for
	// those that are.
	retry [2]time.Time
}

// grant is the outcome of asking for a permit. The zero value: none was decided.
type grant struct {
	permit *permit
	wait   time.Duration
	err    error
}

func (g grant) decided() bool { return g.permit != nil || g.wait > 0 || g.err != nil }

// record notes what happened, here and for the ledger. The mutex is held.
func (h *holder) record(event func(*pace.Account)) {
	event(&h.state)
	h.queue(event)
}

// queue keeps what happened for the ledger. The mutex is held.
func (h *holder) queue(event func(*pace.Account)) {
	if h.ledger == nil {
		return
	}
	if len(h.untold) >= untoldMost {
		h.untold = slices.Delete(h.untold, 0, untoldMost/2)
	}
	h.untold = append(h.untold, event)
}

// fromHeld answers from what this process holds, if it can.
func (h *holder) fromHeld(w wish, now time.Time) grant {
	h.mu.Lock()
	defer h.mu.Unlock()
	if wait := h.state.Blocked(string(w.class), now); wait > 0 {
		return grant{wait: wait}
	}
	if w.limit.Calls <= 0 {
		return grant{permit: &permit{}}
	}
	w.underway = h.underway()
	ok, probe, retry := h.state.Day.Admit(w.cost+w.underway, w.urgent, now)
	switch {
	case probe, !ok && len(h.untold) > 0 && !h.alone:
		return grant{} // the ledger has to know
	case !ok:
		return grant{err: w.spent(&h.state.Day, retry)}
	}
	hs := h.of(w.class)
	h.forgetOld(w, now)
	if len(hs.starts) > 0 {
		start := hs.starts[0]
		hs.starts = hs.starts[1:]
		return h.hand(w, start, false, now)
	}
	if retry := hs.retry[index(w.urgent)]; retry.After(now) {
		return grant{wait: retry.Sub(now)}
	}
	return grant{}
}

// underway is what the calls that are not answered may take from the day. The mutex
// is held.
func (h *holder) underway() int {
	sum := 0
	for p := range h.flying {
		sum += p.wish.cost
	}
	return sum
}

func index(urgent bool) int {
	if urgent {
		return 1
	}
	return 0
}

func (h *holder) of(class Class) *held {
	if h.held[class] == nil {
		h.held[class] = &held{}
	}
	return h.held[class]
}

// hand gives a permit away. The mutex is held.
func (h *holder) hand(w wish, start time.Time, probe bool, now time.Time) grant {
	p := &permit{h: h, wish: w, start: start, open: start, sent: start, probe: probe}
	h.flying[p] = true
	return grant{permit: p, wait: max(0, start.Sub(now))}
}

// giveBack keeps a permit for another call, or returns it when it is too old.
func (h *holder) giveBack(p *permit, now time.Time) {
	delete(h.flying, p)
	if !p.open.Equal(p.start) {
		h.putBack(p.wish.class, p.open)
		return
	}
	h.of(p.wish.class).add(p.start)
	h.forgetOld(p.wish, now)
}

func (hs *held) add(starts ...time.Time) {
	hs.starts = append(hs.starts, starts...)
	slices.SortFunc(hs.starts, time.Time.Compare)
}

// delay notes that a call may be counted as late as now, or later. The mutex is held.
func (h *holder) delay(p *permit, now time.Time) {
	open, w := p.open, p.wish
	h.record(func(a *pace.Account) { a.Window(string(w.class), w.limit.Per).Delay(open, now) })
	p.open = now
}

// forgetOld returns held permits whose time is over. The mutex is held.
func (h *holder) forgetOld(w wish, now time.Time) {
	hs := h.of(w.class)
	for len(hs.starts) > 0 && now.After(hs.starts[0].Add(w.limit.lasts())) {
		h.putBack(w.class, hs.starts[0])
		hs.starts, hs.wasted = hs.starts[1:], true
	}
}

func (h *holder) putBack(class Class, start time.Time) {
	h.record(func(a *pace.Account) { a.Window(string(class), 0).Return(start) })
}

// release returns the held permits of a class. The mutex is held.
func (h *holder) release(class Class) {
	hs := h.of(class)
	for _, start := range hs.starts {
		h.putBack(class, start)
	}
	hs.starts, hs.want = nil, 0
}

// drop returns the held permits of a class, or of all with "".
func (h *holder) drop(class Class) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.held {
		if class == "" || c == class {
			h.release(c)
		}
	}
}

// fetch asks the ledger for permits. The turn is held.
func (h *holder) fetch(ctx context.Context, w wish, now time.Time) grant {
	h.mu.Lock()
	for p := range h.flying {
		if p.wish.class == w.class && now.After(p.open) {
			h.delay(p, now)
		}
	}
	w.underway = h.underway()
	want := h.of(w.class).next(w.limit, now, h.ledger != nil)
	h.mu.Unlock()

	var got taking
	take := func(a *pace.Account) { got = w.takeFrom(a, want, 1, now) }
	if shared, err := h.change(ctx, now, take); err != nil {
		return grant{err: err}
	} else if !shared {
		h.mu.Lock()
		got = h.takeAlone(w, now)
		h.mu.Unlock()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case got.blocked > 0:
		return grant{wait: got.blocked}
	case got.spent:
		return grant{err: w.spent(&h.state.Day, got.retry)}
	case len(got.starts) == 0:
		retry := now.Add(max(got.retry.Add(-w.limit.ahead()/2).Sub(now), 2*time.Millisecond))
		h.of(w.class).retry[index(w.urgent)] = retry
		return grant{wait: retry.Sub(now)}
	}
	h.of(w.class).add(got.starts[1:]...)
	return h.hand(w, got.starts[0], got.probe, now)
}

// next is how many permits to ask for: twice as many as the last time, as long as
// they are used.
func (hs *held) next(limit Limit, now time.Time, shared bool) int {
	most := max(1, int(int64(limit.Calls)*int64(limit.ahead())/int64(limit.Per)))
	switch {
	case !shared, now.Sub(hs.asked) > limit.Per:
		hs.want = 1
	case hs.wasted:
		hs.want = max(1, hs.want/2)
	default:
		hs.want = min(max(1, 2*hs.want), most)
	}
	hs.asked, hs.wasted = now, false
	return hs.want
}

// taking is what came of a wish.
type taking struct {
	blocked time.Duration
	spent   bool // the day's limit
	probe   bool
	starts  []time.Time
	retry   time.Time
}

func (w wish) takeFrom(a *pace.Account, want, share int, now time.Time) (got taking) {
	if got.blocked = a.Blocked(string(w.class), now); got.blocked > 0 {
		return got
	}
	var ok bool
	if ok, got.probe, got.retry = a.Day.Admit(w.cost+w.underway, w.urgent, now); !ok {
		got.spent = true
		return got
	}
	if got.probe {
		a.Day.Probed(now)
		want = 1
	}
	window := a.Window(string(w.class), w.limit.Per)
	got.starts, got.retry = window.Take(w.bounds(window, now, share), want, now, w.limit.ahead())
	if w.urgent {
		window.Claim(len(got.starts) > 0, now)
	}
	return got
}

// takeAlone takes one permit without the ledger: within a share of the limit, if
// there is one. The mutex is held.
func (h *holder) takeAlone(w wish, now time.Time) taking {
	share := 1
	if h.ledger != nil {
		share = aloneShare
	}
	got := w.takeFrom(&h.state, 1, share, now)
	for _, start := range got.starts {
		h.queue(func(a *pace.Account) { a.Window(string(w.class), w.limit.Per).Add(start, 1) })
	}
	return got
}

// change tells the ledger what happened and applies what is asked of it. It reports
// whether it did: there may be no ledger, or it may not answer.
func (h *holder) change(ctx context.Context, now time.Time, ask func(*pace.Account)) (shared bool, err error) {
	h.mu.Lock()
	if h.ledger == nil || h.alone && now.Before(h.askAgain) {
		h.mu.Unlock()
		return false, nil
	}
	news := h.untold
	h.untold = nil
	h.mu.Unlock()

	state, err := h.ledger.Change(ctx, h.account, now, func(a *pace.Account) {
		for _, event := range news {
			event(a)
		}
		ask(a)
	})

	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.untold = append(news, h.untold...)
		if ctx.Err() != nil {
			return false, fault.Wrap(fault.Retryable, "permits", err)
		}
		h.isAlone(ctx, now, err)
		return false, nil
	}
	if h.alone {
		h.alone = false
		h.log.InfoContext(ctx, "the store keeps the pace of calls again", "account", h.account)
	}
	h.state = state
	for _, event := range h.untold {
		event(&h.state) // happened while the ledger was asked
	}
	return true, nil
}

func (h *holder) isAlone(ctx context.Context, now time.Time, err error) {
	if !h.alone {
		h.log.WarnContext(ctx, "the store does not keep the pace of calls: this instance keeps to a quarter of each limit",
			"account", h.account, "error", err)
	}
	h.alone, h.askAgain = true, now.Add(aloneFor)
}

// tell has the ledger know at once what happened.
func (h *holder) tell(ctx context.Context, now time.Time, event func(*pace.Account)) error {
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.turn }()
	h.mu.Lock()
	h.record(event)
	h.mu.Unlock()
	_, err := h.change(ctx, now, func(*pace.Account) {})
	return err
}

// read returns what is known of the account by all instances.
func (h *holder) read(ctx context.Context, now time.Time) (pace.Account, error) {
	if h.ledger == nil {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.state.Clone(), nil
	}
	state, err := h.ledger.Read(ctx, h.account, now)
	if err != nil {
		return state, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, event := range h.untold {
		event(&state)
	}
	return state, nil
}
