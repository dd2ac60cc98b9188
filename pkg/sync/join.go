package sync

import (
	"context"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/match"
)

// join assigns a contact to every staged row, one connection after the other, so
// that the records of the second find the contacts the first will bring.
func (p *pass) join(ctx context.Context) (bool, error) {
	at := &p.run.Checkpoint
	for _, ch := range p.listed() {
		if at.Connection > ch.conn.ID {
			continue
		}
		if at.Connection != ch.conn.ID {
			at.Connection, at.After = ch.conn.ID, ""
		}
		for {
			if p.outOfTime(ctx) {
				return false, nil
			}
			rows, err := p.store.StagedPage(ctx, p.customer, p.run.ID, ch.conn.ID, contact.ExternalID(at.After), batch)
			if err != nil {
				return false, err
			}
			if len(rows) == 0 {
				break
			}
			last := rows[len(rows)-1].Record.ID // joinPage may take rows out
			if err := p.joinPage(ctx, ch, rows); err != nil {
				return false, err
			}
			at.After = string(last)
			if err := p.checkpoint(ctx); err != nil {
				return false, err
			}
		}
	}
	p.flushLog(ctx)
	return true, nil
}

// stagedPeers finds the other rows of the run.
type stagedPeers struct{ *pass }

func (s stagedPeers) byEmail(ctx context.Context, emails []string) ([]Staged, error) {
	return s.store.StagedByEmail(ctx, s.customer, s.run.ID, emails)
}

func (s stagedPeers) byContact(ctx context.Context, ids []contact.ID) ([]Staged, error) {
	return s.store.StagedByContact(ctx, s.customer, s.run.ID, ids)
}

func (p *pass) joinPage(ctx context.Context, ch *channel, rows []Staged) error {
	rows = slices.DeleteFunc(rows, func(r Staged) bool { return r.ContactID != "" || r.Review != "" })
	records := make([]*Record, len(rows))
	for i := range rows {
		records[i] = rows[i].Record
	}
	if len(records) == 0 {
		return nil
	}
	pairs, err := p.pair(ctx, ch, records, stagedPeers{p})
	if err != nil {
		return err
	}
	now := p.clock.Now()
	var hints []Hint // of records that are read again by id before anything follows
	for i, x := range pairs {
		row := &rows[i]
		row.ContactID = x.verdict.ContactID
		switch x.verdict.Kind {
		case match.Restore, match.Remove:
			row.ContactID, row.Review = "", "read again"
			hints = append(hints, Hint{ConnectionID: ch.conn.ID, ExternalID: x.record.ID, DueAt: now})
		case match.New:
			row.ContactID, row.New = contact.ID(p.newID(now)), true
		case match.Review:
			row.Review = x.verdict.Reason
			if x.verdict.ContactID == "" && x.verdict.Reason == match.Ambiguous {
				p.setListing(ch, func(l *Listing) { l.Shared = true })
			}
			p.review(x.contact, ch.conn.ID, x.verdict.Reason, append([]contact.ExternalID{x.record.ID}, x.verdict.Others...), x.verdict.Message)
		case match.Ignore:
			row.Review = "deleted"
		}
	}
	if len(hints) > 0 {
		if err := p.store.PutHints(ctx, p.customer, hints); err != nil {
			return err
		}
	}
	return p.store.PutStaged(ctx, p.customer, p.run.ID, rows)
}
