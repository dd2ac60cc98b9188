package sync

import (
	"context"
	"fmt"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// The brake stops deletions that are suspiciously many: a filter gone wrong, a
// purge, an account that answers with half of its records. Held deletions wait for a
// person; everything else goes on.

const (
	// brakeWindow is the time in which deletions are counted together, and for which a
	// person's confirmation holds.
	brakeWindow = time.Hour
	// brakeLeast is how many deletions are never too many.
	brakeLeast = 10
	// brakeShare of a connection's links is the most deletions above that, in percent.
	brakeShare = 5
)

// Brake is the part of a connection that counts and holds deletions.
type Brake struct {
	// HeldAt is when deletions were stopped; zero: they are not.
	HeldAt time.Time `json:"heldAt,omitzero"`
	// Reason says why, for the person who decides.
	Reason string `json:"reason,omitempty"`
	// ConfirmedUntil is until when a person let deletions pass.
	ConfirmedUntil time.Time `json:"confirmedUntil,omitzero"`
	// Since and Count are the deletions followed in the present window.
	Since time.Time `json:"since,omitzero"`
	Count int       `json:"count,omitempty"`
}

// Held reports whether deletions wait for a person.
func (b Brake) Held() bool { return !b.HeldAt.IsZero() }

// checkBrake stops the deletions of a connection where those that the items would
// confirm, and those followed in the window before, are too many.
func (p *pass) checkBrake(ctx context.Context, items []*item) error {
	var counts ContactCounts
	for _, ch := range p.live() {
		n := p.confirming(ch, items)
		if n == 0 || ch.conn.Brake.Held() {
			continue
		}
		if counts.Links == nil {
			var err error
			if counts, err = p.store.CountContacts(ctx, p.customer); err != nil {
				return err
			}
		}
		if err := p.holdIfMany(ctx, ch, n, counts.Links[ch.conn.ID].Linked); err != nil {
			return err
		}
	}
	return nil
}

// confirming counts the items whose record on the connection is confirmed gone.
func (p *pass) confirming(ch *channel, items []*item) int {
	now, n := p.clock.Now(), 0
	for _, it := range items {
		l := it.next.Link(ch.conn.ID)
		if l == nil || it.next.Lifecycle != Active || it.merging() || !l.confirmable(now) {
			continue
		}
		if r, read := ch.reads[l.ExternalID]; read && r.Gone() {
			n++
		}
	}
	return n
}

// confirmable reports whether the grace of a missing record is over.
func (l *Link) confirmable(now time.Time) bool {
	return l.State == LinkMissing && !l.MissingSince.IsZero() && !now.Before(l.graceEnds())
}

// graceEnds is when a missing record may be confirmed gone, in whole seconds: records
// that go missing together are confirmed together, where the brake sees them all.
func (l *Link) graceEnds() time.Time {
	return l.MissingSince.Add(DeleteGrace + time.Second - time.Nanosecond).Truncate(time.Second)
}

// holdIfMany stops deletions when n more are too many for the connection's window. The
// links whose end was followed in it still count as links.
func (p *pass) holdIfMany(ctx context.Context, ch *channel, n, linked int) error {
	now := p.clock.Now()
	if followed := ch.conn.Brake.followed(now); followed > 0 {
		n, linked = n+followed, linked+followed
	}
	limits := p.choices.brake
	if n <= max(limits.Least, linked*limits.Share/100) || !now.After(ch.conn.Brake.ConfirmedUntil) {
		return nil
	}
	return p.hold(ctx, ch, fmt.Sprintf("%d of %d records are gone from %s within an hour. Confirm that they were meant to be deleted.",
		n, linked, ch.conn.Provider.Title()))
}

// followed returns how many deletions were followed in the window that is open at now.
func (b Brake) followed(now time.Time) int {
	if now.Sub(b.Since) >= brakeWindow {
		return 0
	}
	return b.Count
}

// countFollowed adds the deletions that saved items have followed to the windows of
// their connections.
func (p *pass) countFollowed(ctx context.Context, items []*item) error {
	followed := map[contact.ConnectionID]int{}
	for _, it := range items {
		for _, id := range it.followed {
			followed[id]++
		}
	}
	for _, ch := range p.channels {
		n := followed[ch.conn.ID]
		if n == 0 {
			continue
		}
		now := p.clock.Now()
		err := p.updateConnection(ctx, ch.conn, func(c *Connection) {
			if before := c.Brake.followed(now); before > 0 {
				c.Brake.Count = before + n
			} else {
				c.Brake.Since, c.Brake.Count = now, n
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hold stops the deletions of a connection until a person confirms them.
func (p *pass) hold(ctx context.Context, ch *channel, reason string) error {
	if ch.conn.Brake.Held() {
		return nil
	}
	p.note(nil, Activity{Level: Failure, Provider: ch.conn.Provider, Op: "brake", Direction: "in", Message: "Deletions are held. " + reason})
	return p.updateConnection(ctx, ch.conn, func(c *Connection) {
		c.Brake.HeldAt, c.Brake.Reason = p.clock.Now(), reason
	})
}

// holdIfHalf stops deletions when a listing shows under half of the records that are
// linked: more likely it is the listing that is wrong.
func (p *pass) holdIfHalf(ctx context.Context, ch *channel, listed, linked int) error {
	if linked <= p.choices.brake.Least || listed*2 >= linked || p.clock.Now().Before(ch.conn.Brake.ConfirmedUntil) {
		return nil
	}
	return p.hold(ctx, ch, fmt.Sprintf("%s shows %d records, and %d are linked. Look whether something is wrong there before you confirm.",
		ch.conn.Provider.Title(), listed, linked))
}

// ConfirmDeletions lets the held deletions of a connection pass, and more for an
// hour. They are followed by the next run.
func (s *Service) ConfirmDeletions(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error {
	c, err := s.connection(ctx, customer, provider)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	err = s.updateConnection(ctx, c, func(c *Connection) { c.Brake = Brake{ConfirmedUntil: now.Add(brakeWindow)} })
	if err != nil {
		return err
	}
	for after := contact.ID(""); ; {
		page, err := s.store.ScanContacts(ctx, customer, after, batch)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].ID
		var due []contact.ID
		for _, doc := range page {
			if l := doc.Link(c.ID); l != nil && l.State == LinkMissing {
				due = append(due, doc.ID)
			}
		}
		if len(due) == 0 {
			continue
		}
		if err := s.store.MarkDue(ctx, customer, due, now); err != nil {
			return err
		}
	}
}
