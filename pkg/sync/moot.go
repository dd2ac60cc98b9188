package sync

import (
	"context"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
)

// closeMoot drops the reviews of fully listed connections that there is nothing to
// decide about any more, and lets their contacts go on. It reads the records that
// reviews from before the run are about, and costs nothing where there are none.
func (p *pass) closeMoot(ctx context.Context) error {
	items, err := p.store.ListReviews(ctx, p.customer)
	if err != nil {
		return err
	}
	for _, ch := range p.listed() {
		var of []Review
		for _, r := range items {
			if r.ConnectionID == ch.conn.ID && r.At.Before(p.run.StartedAt) {
				of = append(of, r)
			}
		}
		if len(of) == 0 {
			continue
		}
		moot, hints, err := p.moot(ctx, ch, of)
		if err != nil {
			return err
		}
		if err := p.store.PutHints(ctx, p.customer, hints); err != nil {
			return err
		}
		ids := make([]string, len(moot))
		for i, r := range moot {
			ids[i] = r.ID
		}
		if err := p.store.DropReviews(ctx, p.customer, ids); err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(items), func(r Review) bool { return slices.Contains(ids, r.ID) })
		for i := range moot {
			if err := p.letGoOn(ctx, &moot[i], true, left); err != nil {
				return err
			}
		}
	}
	return nil
}

// moot picks the reviews that are over, and hints at records to be matched anew.
func (p *pass) moot(ctx context.Context, ch *channel, items []Review) (over []Review, hints []Hint, err error) {
	var ids []contact.ExternalID
	var about []contact.ID
	for _, r := range items {
		ids = append(ids, r.ExternalIDs...)
		about = append(about, r.ContactID)
	}
	linked, err := p.linkedAmong(ctx, ch, ids)
	if err != nil {
		return nil, nil, err
	}
	docs, err := p.store.Contacts(ctx, p.customer, about)
	if err != nil {
		return nil, nil, err
	}
	contacts := map[contact.ID]*Contact{}
	for _, c := range docs {
		contacts[c.ID] = c
	}
	p.read(ctx, ch, slices.Clone(ids), nil)
	gone := func(id contact.ExternalID) bool { r, read := ch.reads[id]; return read && r.Gone() }
	for _, r := range items {
		c := contacts[r.ContactID]
		living := c != nil && c.Lifecycle == Active
		waits := living && c.Link(ch.conn.ID) != nil && c.Link(ch.conn.ID).State == LinkReview
		switch {
		case r.Kind == reviewUnknown && !waits,
			len(r.ExternalIDs) > 0 && !slices.ContainsFunc(r.ExternalIDs, func(id contact.ExternalID) bool { return !gone(id) }):
			over = append(over, r)
		case r.Kind == reviewUnknown || r.Kind == reviewErasure || len(r.ExternalIDs) == 0:
		case linked[r.ExternalIDs[0]] && (r.Kind == reviewMerge || !waits):
			over = append(over, r)
		case r.Kind != reviewMerge && !linked[r.ExternalIDs[0]] &&
			(gone(r.ExternalIDs[0]) || c != nil && !living || len(r.ExternalIDs) > 1 && !slices.ContainsFunc(r.ExternalIDs[1:], func(id contact.ExternalID) bool { return !gone(id) })):
			over = append(over, r)
			for _, id := range r.ExternalIDs {
				if !gone(id) {
					hints = append(hints, Hint{ConnectionID: ch.conn.ID, ExternalID: id, DueAt: p.clock.Now()})
				}
			}
		}
	}
	return over, hints, nil
}
