package sync

import (
	"context"
	"errors"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// poll asks every connection what changed since its watermark. One that fails is
// left for the next run: its watermark stays.
func (p *pass) poll(ctx context.Context) error {
	counts, err := p.store.CountContacts(ctx, p.customer)
	if err != nil {
		return err
	}
	errs := make([]error, len(p.channels))
	tasks := make([]func(), len(p.channels))
	for i, ch := range p.channels {
		q := polling{
			pass: p, channel: ch, linked: counts.Links[ch.conn.ID].Linked,
			since: ch.conn.Watermark.Add(-pollOverlap), seen: map[contact.ExternalID]bool{},
		}
		q.whole = !ch.limits.Deletions && q.linked < sweepBelow
		tasks[i] = func() { errs[i] = q.do(ctx) }
	}
	p.parallel(tasks...)
	return errors.Join(errs...)
}

// failed stops the connection's part of the run: its watermark stays.
func (q *polling) failed(ctx context.Context, err error) {
	if q.tooLate(err) {
		q.mu.Lock()
		q.late = true
		q.mu.Unlock()
	}
	q.halt(ctx, q.channel, err)
}

// polling is the poll of one connection. A small account that does not report
// deletions is listed whole instead: that costs little and shows what is gone.
type polling struct {
	*pass
	channel *channel
	whole   bool
	since   time.Time
	linked  int // links of the connection before the poll
	found   int // links whose record was listed
	seen    map[contact.ExternalID]bool
}

// do polls. Its error is the store's.
func (q *polling) do(ctx context.Context) error {
	start := q.clock.Now()
	for cursor := ""; ; {
		asked := q.clock.Now()
		page, err := q.page(ctx, cursor)
		if err != nil {
			q.failed(ctx, err)
			return nil
		}
		if err := q.notice(ctx, page, asked); err != nil {
			return err
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if q.whole && q.found < q.linked {
		if err := q.holdIfHalf(ctx, q.channel, q.found, q.linked); err != nil {
			return err
		}
		if err := q.noticeMissing(ctx); err != nil {
			return err
		}
	}
	return q.updateConnection(ctx, q.channel.conn, func(c *Connection) {
		c.Watermark, c.LastSuccessAt = start, q.clock.Now()
		if c.State != ConnectionPaused {
			c.State, c.Message = ConnectionActive, ""
		}
	})
}

func (q *polling) page(ctx context.Context, cursor string) (Page, error) {
	if q.whole {
		return q.channel.crm.List(ctx, cursor)
	}
	return q.channel.crm.ListChanged(ctx, q.since, cursor)
}

// notice stores what a page reports that was asked for at a time.
func (q *polling) notice(ctx context.Context, page Page, asked time.Time) error {
	records := page.Records
	if q.whole {
		var err error
		if records, err = q.relevant(ctx, records); err != nil {
			return err
		}
	}
	latest := map[contact.ExternalID]time.Time{}
	for _, r := range records {
		q.channel.reads[r.ID] = Reading{Record: r, At: asked}
		latest[r.ID] = time.Time{}
	}
	for _, id := range page.IDs {
		latest[id] = time.Time{}
	}
	if len(latest) == 0 {
		return nil
	}
	_, err := q.noticeRecords(ctx, q.channel.conn, latest)
	return err
}

// relevant keeps the records of a whole listing that a poll would have returned,
// and linked ones that do not hold what was last agreed.
func (q *polling) relevant(ctx context.Context, records []*Record) ([]*Record, error) {
	ids := make([]contact.ExternalID, len(records))
	for i, r := range records {
		ids[i] = r.ID
		q.seen[r.ID] = true
	}
	contacts, err := q.store.ContactsByLink(ctx, q.customer, q.channel.conn.ID, ids)
	if err != nil {
		return nil, err
	}
	q.found += len(contacts)
	holders := map[contact.ExternalID]*Contact{}
	for _, c := range contacts {
		holders[c.Link(q.channel.conn.ID).ExternalID] = c
	}
	var kept []*Record
	for _, r := range records {
		recent := !r.Modified.Before(q.since.Truncate(time.Second))
		if recent || q.differs(holders[r.ID], r) {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

// differs reports whether the record of a contact is back, or was changed.
func (q *polling) differs(c *Contact, r *Record) bool {
	if c == nil {
		return false
	}
	l := c.Link(q.channel.conn.ID)
	return l.State == LinkMissing || l.readable() && q.changedRemotely(c, l, r) != ""
}

// noticeMissing marks links whose record a complete listing did not show. Nothing
// follows from that before the record was confirmed gone by id.
func (q *polling) noticeMissing(ctx context.Context) error {
	now := q.clock.Now()
	for after := contact.ID(""); ; {
		page, err := q.store.ScanContacts(ctx, q.customer, after, batch)
		if err != nil || len(page) == 0 {
			return err
		}
		after = page[len(page)-1].ID
		var gone []*Contact
		for _, c := range page {
			if l := c.Link(q.channel.conn.ID); l != nil && l.readable() && !q.seen[l.ExternalID] &&
				l.State == LinkActive && c.Lifecycle == Active && !c.leased(now) {
				l.State, l.MissingSince = LinkMissing, now
				c.Due = &Due{At: l.graceEnds()}
				c.settle()
				gone = append(gone, c)
			}
		}
		if len(gone) == 0 {
			continue
		}
		// One that was changed meanwhile is not saved; the next listing sees.
		if _, err := q.store.SaveContacts(ctx, q.customer, gone); err != nil {
			return err
		}
	}
}
