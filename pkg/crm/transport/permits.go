package transport

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync/pace"
)

// Class names calls that share a rate limit.
type Class string

// Limit allows so many calls in any window of the given length. Calls of 0 or
// less means no limit.
type Limit struct {
	Calls int
	Per   time.Duration
}

// Usage is the vendor's own count, as told by the headers of an answer. The zero
// value says nothing.
type Usage struct {
	Limit     Limit // zero Calls: not told
	Remaining int
	Known     bool // Remaining is told
	// DayLimit and DayRemaining are of the limit per day; DayLimit 0: not told.
	DayLimit, DayRemaining int
}

// Ledger keeps what is known of the limits of every account, for all instances.
type Ledger interface {
	// Change replaces the account by what change makes of it, as one step, and returns
	// the result, which is the caller's. Change only computes; it may be called several
	// times.
	Change(ctx context.Context, account string, now time.Time, change func(*pace.Account)) (pace.Account, error)
	// Read returns the account, which is the caller's.
	Read(ctx context.Context, account string, now time.Time) (pace.Account, error)
}

// Permits bounds the calls of all clients that share it: an account's calls stay
// within its limits in whichever instance they are made, and clients of one account
// in one process take their permits from the same blocks. It is safe for concurrent
// use.
//
// Permits come from the ledger in blocks, so that a round trip is paid for several
// calls. They are for times in the near future; one that is not used by then goes
// back, and those of an instance that is gone grow old like calls that were made.
type Permits struct {
	ledger Ledger
	log    *slog.Logger

	mu       sync.Mutex
	accounts map[string]*holder
}

// NewPermits returns permits of a ledger; nil: of this process alone. Log may be nil.
func NewPermits(ledger Ledger, log *slog.Logger) *Permits {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Permits{ledger: ledger, log: log, accounts: map[string]*holder{}}
}

// wish is what a call needs.
type wish struct {
	vendor, account string
	class           Class
	limit           Limit
	fixed           bool // whatever answers say
	cost            int  // of the day's limit
	urgent          bool
	underway        int // cost of this process's calls that are not answered
}

// bounds returns how many calls a window allows for the wish, if it is shared by so
// many.
func (w wish) bounds(window *pace.Window, now time.Time, share int) int {
	limit := w.limit.Calls
	if !w.fixed {
		limit = window.LimitOr(limit, now)
	}
	return max(1, window.For(w.urgent, limit, now)/share)
}

// spent is the error of a call that the day's limit does not allow.
func (w wish) spent(day *pace.Day, until time.Time) error {
	text := "%s's daily limit of calls is used up; it goes on at %s."
	if !day.Spent() {
		text = "%s's daily limit of calls is used up but for what is kept for events and edits; the rest goes on at %s."
	}
	return fault.ThrottledUntil(until, text, w.vendor, clockTime(until))
}

// clockTime is a time of these days, for people.
func clockTime(t time.Time) string { return t.UTC().Format("15:04 UTC on 2 January") }

// ahead is how far in the future permits are taken.
func (l Limit) ahead() time.Duration { return min(l.Per/4, 2500*time.Millisecond) }

// lasts is how long after its time a permit may be used.
func (l Limit) lasts() time.Duration { return min(l.Per/10, time.Second) }

// take returns a permit, and how long to wait before it is used; or no permit, and
// how long to wait before asking again. When the day's limit is spent it fails with
// Throttled.
func (p *Permits) take(ctx context.Context, w wish, clock func() time.Time) (*permit, time.Duration, error) {
	h := p.holder(w.account)
	if got := h.fromHeld(w, clock()); got.decided() {
		return got.permit, got.wait, got.err
	}
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, 0, fault.Wrap(fault.Retryable, "permits", ctx.Err())
	}
	defer func() { <-h.turn }()
	got := h.fromHeld(w, clock()) // somebody may have fetched some
	if !got.decided() {
		got = h.fetch(ctx, w, clock())
	}
	return got.permit, got.wait, got.err
}

// block grants no call of the class until then; of no class, if class is "".
func (p *Permits) block(ctx context.Context, account string, class Class, now, until time.Time) error {
	h := p.holder(account)
	h.drop(class)
	return h.tell(ctx, now, func(a *pace.Account) { a.Block(string(class), until) })
}

// exhaust notes that the day's limit is spent, and returns when to ask again.
func (p *Permits) exhaust(ctx context.Context, account string, now time.Time, after time.Duration) (time.Time, error) {
	h := p.holder(account)
	h.drop("")
	h.mu.Lock()
	known := h.state.Clone()
	h.mu.Unlock()
	return known.Exhaust(now, after), h.tell(ctx, now, func(a *pace.Account) { a.Exhaust(now, after) })
}

// state returns what is known of an account.
func (p *Permits) state(ctx context.Context, account string, now time.Time) (pace.Account, error) {
	return p.holder(account).read(ctx, now)
}

func (p *Permits) holder(account string) *holder {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.accounts[account]
	if h == nil {
		h = &holder{
			ledger: p.ledger, log: p.log, account: account, turn: make(chan struct{}, 1),
			held: map[Class]*held{}, flying: map[*permit]bool{},
		}
		p.accounts[account] = h
	}
	return h
}

// permit is the right to send one request. The zero value is that of a call which
// nothing limits.
type permit struct {
	h     *holder
	wish  wish
	start time.Time // the time it is for
	open  time.Time // where it stands in the log
	sent  time.Time
	probe bool // sent though the day's limit is spent
}

// send notes that the request is about to be sent. It reports whether the permit is
// still good; else it is returned, and another has to be taken.
func (p *permit) send(now time.Time) bool {
	if p.h == nil {
		return true
	}
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	if p.h.state.Blocked(string(p.wish.class), now) > 0 || now.After(p.start.Add(p.wish.limit.lasts())) {
		p.h.giveBack(p, now)
		return false
	}
	p.sent = now
	return true
}

// giveUp returns a permit that is not going to be used.
func (p *permit) giveUp(now time.Time) {
	if p == nil || p.h == nil {
		return
	}
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	p.h.giveBack(p, now)
}

// done tells that the request was answered, or came to nothing, at now, and what the
// vendor said of its own count. Passed: the vendor did not refuse it.
func (p *permit) done(now time.Time, vendor Usage, passed bool) {
	if p.h == nil {
		return
	}
	h, w := p.h, p.wish
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.flying, p)
	others := 0
	if vendor.Known && vendor.Limit.Calls > 0 {
		used, per, sent := vendor.Limit.Calls-vendor.Remaining, vendor.Limit.Per, p.sent
		compare := func(a *pace.Account) int {
			return a.Window(string(w.class), w.limit.Per).Others(used, per, sent, now)
		}
		others = compare(&h.state)
		h.queue(func(a *pace.Account) { compare(a) })
	}
	if limit := vendor.Limit.Calls; limit > 0 && !w.fixed {
		h.record(func(a *pace.Account) { a.Window(string(w.class), w.limit.Per).Learn(limit, now) })
	}
	h.record(func(a *pace.Account) {
		switch {
		case vendor.DayLimit > 0:
			a.Day.Observe(vendor.DayLimit, vendor.DayRemaining, now)
		case p.probe && passed:
			a.Day.Reopen(now)
		default:
			a.Day.Spend(w.cost, now)
		}
	})
	start, open := p.start, p.open
	h.record(func(a *pace.Account) {
		window := a.Window(string(w.class), w.limit.Per)
		window.Answer(open, now)
		window.Took(now.Sub(start))
	})
	if others > 0 {
		h.release(w.class) // what is held may be too many by now
	}
}
