package sqlite

import (
	"time"

	"github.com/contactsync/contactsync/pkg/sync"
)

// millis is how a time stands in a column; 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// rounded is t as the port promises it: UTC, to the millisecond. A document holds
// times as they were given; they are rounded where they are read.
func rounded(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func round(times ...*time.Time) {
	for _, t := range times {
		*t = rounded(*t)
	}
}

func roundContact(c *sync.Contact) {
	round(&c.CreatedAt, &c.UpdatedAt, &c.Edited, &c.DeletedAt)
	for f, v := range c.Fields {
		if at := rounded(v.At); at != v.At {
			v.At = at
			c.Fields[f] = v
		}
	}
	for f, h := range c.Held {
		h.At = rounded(h.At)
		c.Held[f] = h
	}
	for i := range c.Links {
		roundLink(&c.Links[i])
	}
	for i := range c.Outbox {
		roundConflict(&c.Outbox[i])
	}
	for i := range c.Changes {
		round(&c.Changes[i].At)
	}
}

func roundLink(l *sync.Link) {
	round(&l.Modified, &l.MissingSince, &l.SyncedAt, &l.ReadAgainAt)
	for f, s := range l.Shadow {
		if at := rounded(s.At); at != s.At {
			s.At = at
			l.Shadow[f] = s
		}
	}
	for i := range l.Intents {
		round(&l.Intents[i].At)
	}
	for i := range l.InDoubt {
		round(&l.InDoubt[i].Until)
	}
	for i := range l.Verify {
		round(&l.Verify[i].At, &l.Verify[i].Modified)
	}
	for f, lost := range l.Lost {
		lost.At = rounded(lost.At)
		l.Lost[f] = lost
	}
	for f, flips := range l.Flips {
		round(&flips.Since, &flips.Base)
		l.Flips[f] = flips
	}
	if l.Error != nil {
		round(&l.Error.At, &l.Error.RetryAt)
	}
}

func roundConflict(c *sync.Conflict) {
	round(&c.At)
	for i := range c.Values {
		round(&c.Values[i].At)
	}
}

func roundStaged(s *sync.Staged) {
	if s.Record != nil {
		round(&s.Record.Modified)
	}
}

func roundRun(r *sync.Run) {
	round(&r.StartedAt, &r.FinishedAt, &r.LeaseUntil)
	for id, l := range r.Checkpoint.Listings {
		if at := rounded(l.StartedAt); at != l.StartedAt {
			l.StartedAt = at
			r.Checkpoint.Listings[id] = l
		}
	}
	if r.Plan == nil {
		return
	}
	for provider, c := range r.Plan.Costs {
		if at := rounded(c.ResetsAt); at != c.ResetsAt {
			c.ResetsAt = at
			r.Plan.Costs[provider] = c
		}
	}
}

func roundConnection(c *sync.Connection) {
	for f, at := range c.FieldSince {
		c.FieldSince[f] = rounded(at)
	}
	round(&c.FieldsAt, &c.Watermark, &c.BackfilledAt, &c.SweptAt, &c.SnoozedUntil, &c.LastSuccessAt, &c.ApprovedAt, &c.Brake.HeldAt, &c.Brake.ConfirmedUntil, &c.Brake.Since, &c.CreatedAt, &c.Subscription.DueAt)
}
