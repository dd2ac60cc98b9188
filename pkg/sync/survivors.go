package sync

import (
	"context"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Some CRMs answer for a record that was merged away as for a deleted one, and only
// their event names the survivor. It is remembered in a tombstone, and believed once
// the one is gone and the other is there. From then on the merge is like any other.
//
// Without the event such a merge is a deletion. That a living record has the address
// of the one that is gone proves nothing: it may have had it all along.

// longestMerge is how many merges in a row are followed to find the survivor.
const longestMerge = 5

// noteMerges remembers the survivors that events name. What is remembered of a record
// already stays: its end was followed.
func (s *Service) noteMerges(ctx context.Context, c *Connection, events []Event) error {
	survivors := map[contact.ExternalID]contact.ExternalID{}
	for _, e := range events {
		if e.MergedInto != "" && e.MergedInto != e.ExternalID {
			survivors[e.ExternalID] = e.MergedInto
		}
	}
	if len(survivors) == 0 {
		return nil
	}
	known, err := s.store.Tombstones(ctx, c.CustomerID, c.ID, sortedKeys(survivors))
	if err != nil {
		return err
	}
	for _, t := range known {
		delete(survivors, t.ExternalID)
	}
	var stones []Tombstone
	for _, id := range sortedKeys(survivors) {
		stones = append(stones, Tombstone{ConnectionID: c.ID, ExternalID: id, Survivor: survivors[id],
			Reason: stoneMerging, By: c.Provider.Source(), At: s.clock.Now()})
	}
	return s.store.PutTombstones(ctx, c.CustomerID, stones)
}

// readSurvivors lets linked records that are gone, and were reported merged, answer
// with their survivor. It costs nothing where no record is gone.
func (p *pass) readSurvivors(ctx context.Context, items []*item) error {
	for _, ch := range p.live() {
		gone := map[contact.ExternalID]*Contact{}
		for _, it := range items {
			if l := it.next.Link(ch.conn.ID); l != nil && l.readable() {
				if r, read := ch.reads[l.ExternalID]; read && r.Gone() {
					gone[l.ExternalID] = it.next
				}
			}
		}
		if len(gone) == 0 {
			continue
		}
		merged, err := p.findSurvivors(ctx, ch, sortedKeys(gone))
		if err != nil {
			return err
		}
		var confirmed []Tombstone
		for _, id := range sortedKeys(merged) {
			t := merged[id]
			r, read := ch.reads[t.Survivor]
			if !read {
				delete(ch.reads, id) // then nothing is known about either
				continue
			}
			ch.reads[id] = r
			if r.Record != nil {
				t.ExternalID, t.ContactID, t.Reason = id, gone[id].ID, stoneMerged
				confirmed = append(confirmed, t)
			}
		}
		if len(confirmed) == 0 {
			continue
		}
		if err := p.store.PutTombstones(ctx, p.customer, confirmed); err != nil {
			return err
		}
	}
	return nil
}

// findSurvivors returns, for those of the records that were merged into one that is
// there or could not be read, what is remembered of the last merge.
func (p *pass) findSurvivors(ctx context.Context, ch *channel, ids []contact.ExternalID) (map[contact.ExternalID]Tombstone, error) {
	found := map[contact.ExternalID]Tombstone{}
	origins := map[contact.ExternalID][]contact.ExternalID{} // the records that led to one
	for _, id := range ids {
		origins[id] = []contact.ExternalID{id}
	}
	for range longestMerge {
		stones, err := p.store.Tombstones(ctx, p.customer, ch.conn.ID, sortedKeys(origins))
		if err != nil {
			return nil, err
		}
		stones = slices.DeleteFunc(stones, func(t Tombstone) bool { return t.Survivor == "" })
		if len(stones) == 0 {
			break
		}
		var survivors []contact.ExternalID
		for _, t := range stones {
			survivors = append(survivors, t.Survivor)
		}
		p.read(ctx, ch, survivors, nil)
		next := map[contact.ExternalID][]contact.ExternalID{}
		for _, t := range stones {
			if r, read := ch.reads[t.Survivor]; read && r.Gone() {
				next[t.Survivor] = append(next[t.Survivor], origins[t.ExternalID]...)
				continue
			}
			for _, id := range origins[t.ExternalID] {
				found[id] = t
			}
		}
		origins = next
	}
	return found, nil
}
