package sync

import (
	"cmp"
	"context"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/match"
)

// A create whose answer was lost is looked up by its key before it is sent again, but
// where the CRM has no unique key, the first one may still show up later: then two
// records carry the contact's key. Of those, one that we are known to have made, and
// that nobody has touched, is removed. Any other second record, such as a copy that
// somebody made in the CRM, is left to a person.

// mostSent is how many fingerprints of a link's creates are kept.
const mostSent = 8

// noteSent remembers what a create of unknown outcome, or one after it, was made of.
func (p *pass) noteSent(l *Link, values contact.Values) {
	sum := p.choices.canonical.Fingerprint(values)
	if !slices.Contains(l.Sent, sum) && len(l.Sent) < mostSent {
		l.Sent = append(l.Sent, sum)
	}
}

// made reports whether the record, which is not the link's, holds exactly what one of
// the link's creates of doubtful outcome would have made. A nil link has made nothing.
func (l *Link) made(r *Record, canonical contact.Canonical) bool {
	if l == nil || l.ExternalID == r.ID || len(r.Emails) > 1 {
		return false
	}
	sum := canonical.Fingerprint(r.Fields)
	return slices.Contains(l.Sent, sum) || slices.ContainsFunc(l.Intents, func(in Intent) bool {
		return in.Op == OpCreate && canonical.Fingerprint(in.values()) == sum
	})
}

// noteUnanswered remembers the creates of a link that were not acknowledged, before
// the link goes on with a record that was found.
func (p *pass) noteUnanswered(l *Link) {
	if l == nil {
		return
	}
	for _, in := range l.Intents {
		if in.Op == OpCreate {
			p.noteSent(l, in.values())
		}
	}
}

// chooseMade picks the record to go on with of those that carry the contact's key: one
// that somebody has touched, else the first. The others are removed or reviewed.
func (p *pass) chooseMade(ctx context.Context, ch *channel, u *push, records []*Record) *Record {
	if len(records) == 1 {
		return records[0]
	}
	made := Link{Sent: []string{p.choices.canonical.Fingerprint(u.values())}}
	if l := u.item.next.Link(ch.conn.ID); l != nil {
		made.Sent = append(made.Sent, l.Sent...)
	}
	untouched := func(r *Record) bool { return made.made(r, p.choices.canonical) }
	records = slices.SortedFunc(slices.Values(records), func(a, b *Record) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID)) // ids are numbers that grow
	})
	kept := records[max(0, slices.IndexFunc(records, func(r *Record) bool { return !untouched(r) }))]
	for _, r := range records {
		if r == kept || untouched(r) && p.removeCopy(ctx, ch, u.item.next, r.ID) == nil {
			continue
		}
		p.review(u.item.next, ch.conn.ID, match.DuplicateKey, []contact.ExternalID{kept.ID, r.ID}, "Two records were made for this contact.")
	}
	return kept
}

// removeCopies removes the second records among the pairs that we made by mistake. One
// that the CRM does not delete is left to a person.
func (p *pass) removeCopies(ctx context.Context, ch *channel, pairs []pairing) {
	for _, x := range pairs {
		if x.verdict.Kind != match.Remove {
			continue
		}
		if err := p.removeCopy(ctx, ch, x.contact, x.record.ID); err != nil {
			p.review(x.contact, ch.conn.ID, match.DuplicateKey, []contact.ExternalID{x.record.ID}, "Two records were made for this contact.")
		}
	}
}

// removeCopy deletes a second record of the contact. Should it come back, somebody
// wanted it: that is remembered before it is deleted.
func (p *pass) removeCopy(ctx context.Context, ch *channel, c *Contact, id contact.ExternalID) error {
	err := p.store.PutTombstones(ctx, p.customer, []Tombstone{{ConnectionID: ch.conn.ID, ExternalID: id,
		ContactID: c.ID, Reason: stoneDuplicate, By: contact.App, At: p.clock.Now()}})
	if err == nil {
		err = ch.crm.Delete(ctx, []contact.ExternalID{id})[0]
	}
	if err != nil {
		return err
	}
	p.count(ch.conn.Provider.Source(), func(n *Counts) { n.Deleted++ })
	p.note(c, Activity{Provider: ch.conn.Provider, Op: "deleted", Direction: "out",
		Message: "Removed a second record that was made for the contact in " + ch.conn.Provider.Title()})
	return nil
}
