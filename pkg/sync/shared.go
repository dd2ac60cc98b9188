package sync

import (
	"context"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/match"
)

// holdShared keeps contacts from getting a record on a connection where one was listed
// that may belong to any of several of them: which one is for a person to say. It costs
// one store call, and none where there is no such record.
func (p *pass) holdShared(ctx context.Context, items []*item, rows map[contact.ID][]Staged) error {
	shared := slices.DeleteFunc(p.listed(), func(ch *channel) bool { return !p.listing(ch).Shared })
	if len(shared) == 0 {
		return nil
	}
	byEmail := map[string][]*item{}
	for _, it := range items {
		emails := it.next.addresses()
		for _, row := range rows[it.next.ID] {
			emails = append(emails, row.Emails...)
		}
		for _, e := range emails {
			byEmail[e] = append(byEmail[e], it)
		}
	}
	staged, err := p.store.StagedByEmail(ctx, p.customer, p.run.ID, sortedKeys(byEmail))
	if err != nil {
		return err
	}
	for _, row := range staged {
		ch := p.channel(row.ConnectionID)
		if row.Review != match.Ambiguous || row.ContactID != "" || !slices.Contains(shared, ch) {
			continue
		}
		for _, e := range row.Emails {
			for _, it := range byEmail[e] {
				it.next.holdLink(ch)
			}
		}
	}
	return nil
}
