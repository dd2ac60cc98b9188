package sync

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	gosync "sync"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// pass is one piece of work for one customer within one invocation.
type pass struct {
	*Service
	choices   choices
	customer  contact.CustomerID
	run       *Run // what it counts into; only stored for runs
	channels  []*channel
	replaced  []contact.ConnectionID // whose links have ended
	late      bool                   // there was no time to open every connection
	meter     *Meter
	follows   string     // the change of an edit that is being sent; "" none
	rehearsal *rehearsal // nil: it is in earnest
	deadline  time.Time  // zero: none
	margin    time.Duration
	ready     []*item            // all writes answered, to be acknowledged
	rounds    map[contact.ID]int // how often a contact was found due again

	mu       gosync.Mutex // guards log, run and late while connections are listed in parallel
	activity []Activity
	reviews  []Review
}

// begin opens every usable connection of the customer. One that cannot be opened
// is left out and its state says why.
func (s *Service) begin(ctx context.Context, customer contact.CustomerID, run *Run) (*pass, context.Context, error) {
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return nil, ctx, err
	}
	chosen, err := s.choicesOf(ctx, customer)
	if err != nil {
		return nil, ctx, err
	}
	p := &pass{Service: s, choices: chosen, customer: customer, run: run, meter: &Meter{}, rounds: map[contact.ID]int{}}
	if run.rehearses() {
		p.Service, p.rehearsal = s.rehearse(p)
		s = p.Service
	}
	if deadline, ok := ctx.Deadline(); ok {
		p.deadline = deadline
		p.margin = min(max(deadline.Sub(s.clock.Now())/5, minMargin), maxMargin)
	}
	ctx = WithMeter(ctx, p.meter)
	if run.Fence == 0 { // of an edit or an event, not of a run
		ctx = urgent(ctx)
	}
	now := s.clock.Now()
	for _, c := range conns {
		if c.State == ConnectionReplaced {
			p.replaced = append(p.replaced, c.ID)
		}
	}
	conns = slices.DeleteFunc(conns, func(c *Connection) bool {
		usable := c.usable(now) || IsUrgent(ctx) && c.takesUrgent()
		return !usable || p.rehearsal == nil && chosen.toApprove(c)
	})
	slices.SortFunc(conns, func(a, b *Connection) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.ID, b.ID))
	})
	if p.rehearsal != nil {
		p.rehearsal.first = neverListed(conns)
	}
	opened, late, unopened := make([]*channel, len(conns)), make([]bool, len(conns)), make([]error, len(conns))
	tasks := make([]func(), len(conns))
	for i, c := range conns {
		tasks[i] = func() {
			ch, err := s.open(ctx, c, chosen.specs[c.Provider])
			if err != nil {
				late[i] = p.tooLate(err)
				s.stop(ctx, c, err)
				unopened[i] = err
				return
			}
			opened[i] = ch
		}
	}
	s.parallel(tasks...)
	p.late = slices.Contains(late, true)
	if p.rehearsal != nil {
		p.rehearsal.without(conns, unopened)
	}
	p.channels = slices.DeleteFunc(opened, func(ch *channel) bool { return ch == nil })
	return p, ctx, nil
}

// tooLate reports whether a call was not sent because the invocation, or a rate
// window, left no time for it: the next invocation has that time.
func (p *pass) tooLate(err error) bool {
	return fault.Is(err, fault.Throttled) && fault.As(err).Until.Sub(p.clock.Now()) < time.Minute
}

// outOfTime reports whether too little of the invocation is left to begin anything.
func (p *pass) outOfTime(ctx context.Context) bool {
	if ctx.Err() != nil {
		return true
	}
	return !p.deadline.IsZero() && p.deadline.Sub(p.clock.Now()) < p.margin
}

// leaseUntil is how long the pass may hold claimed work: until it must have ended.
func (p *pass) leaseUntil(now time.Time) time.Time {
	if !p.deadline.IsZero() && p.deadline.Add(leaseSpare).Before(now.Add(lease)) {
		return p.deadline.Add(leaseSpare)
	}
	return now.Add(lease)
}

func (p *pass) channel(id contact.ConnectionID) *channel {
	for _, ch := range p.channels {
		if ch.conn.ID == id {
			return ch
		}
	}
	return nil
}

// halt takes a connection out of the pass after an error that concerns all of it.
func (p *pass) halt(ctx context.Context, ch *channel, err error) {
	if ch.stopped == nil {
		ch.stopped = err
		p.stop(ctx, ch.conn, err)
	}
}

// live lists the channels that still take calls.
func (p *pass) live() []*channel {
	return slices.DeleteFunc(slices.Clone(p.channels), func(ch *channel) bool { return ch.stopped != nil })
}

// eachLive runs do for every live channel, at the same time.
func (p *pass) eachLive(do func(*channel)) {
	var tasks []func()
	for _, ch := range p.live() {
		tasks = append(tasks, func() { do(ch) })
	}
	p.parallel(tasks...)
}

// count adds to the run's counts, in all and for one side.
func (p *pass) count(side contact.Source, add func(*Counts)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	add(&p.run.Counts)
	if p.run.Details == nil {
		p.run.Details = map[contact.Source]Counts{}
	}
	c := p.run.Details[side]
	add(&c)
	p.run.Details[side] = c
}

// note adds an entry to the sync log; it is written with the next flushLog. An entry
// that has an id is about something that lasts, and is logged once.
func (p *pass) note(c *Contact, a Activity) {
	a.At = p.clock.Now()
	a.Level = cmp.Or(a.Level, Info)
	a.RunID = p.run.ID
	rev := int64(0)
	if c != nil {
		a.ContactID, a.ContactName, rev = c.ID, c.Values().DisplayName(), c.Rev
	}
	if a.ID == "" {
		a.ID = logID(a.At, string(a.ContactID), string(a.Provider), a.Op, a.Direction, a.RunID, fmt.Sprint(rev), a.Message)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.activity = append(p.activity, a)
}

// flushLog writes what was noted. The log is for people: failing to write it
// fails nothing else.
func (p *pass) flushLog(ctx context.Context) {
	p.mu.Lock()
	entries, reviews := p.activity, p.reviews
	p.activity, p.reviews = nil, nil
	p.mu.Unlock()
	ctx = context.WithoutCancel(ctx)
	if len(reviews) > 0 {
		if err := p.store.PutReviews(ctx, p.customer, reviews); err != nil {
			p.log.ErrorContext(ctx, "write reviews", "error", err)
		}
	}
	if len(entries) > 0 {
		if err := p.store.AppendActivity(ctx, p.customer, entries); err != nil {
			p.log.ErrorContext(ctx, "write activity", "error", err)
		}
	}
}

// logID derives an id from what an entry describes; ids sort by time.
func logID(at time.Time, parts ...string) string {
	return fmt.Sprintf("%013x-%s", at.UnixMilli(), digest(parts...))
}

func digest(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:10])
}

// fail records err on the link, for people and for the retry schedule. Values that
// were refused for good are kept, so that they are not sent again.
func (l *Link) fail(err error, sent contact.Values, now time.Time) {
	l.Attempts++
	l.Error = &LinkError{Kind: fault.KindOf(err).String(), Message: fault.Public(err), At: now}
	f := fault.As(err)
	if f == nil {
		return
	}
	for name, text := range f.Fields {
		if l.Error.Fields == nil {
			l.Error.Fields = map[contact.Field]string{}
		}
		l.Error.Fields[contact.Field(name)] = text
	}
	if !final(err) {
		return
	}
	l.Error.Rejected = contact.Values{}
	if l.ExternalID == "" { // a record is made of all its values or not at all
		l.Error.Rejected = sent
		return
	}
	for field, v := range sent {
		if _, named := l.Error.Fields[field]; named || len(l.Error.Fields) == 0 {
			l.Error.Rejected[field] = v
		}
	}
	if len(l.Error.Rejected) == 0 {
		l.Error.Rejected = sent
	}
}

// final reports whether sending the same again cannot help.
func final(err error) bool {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Conflict, fault.Forbidden, fault.TooLarge:
		return true
	}
	return false
}

// backoff is the wait before attempt n (1 is the first repetition).
func backoff(n int) time.Duration {
	return min(15*time.Second<<min(2*max(n-1, 0), 12), time.Hour)
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
