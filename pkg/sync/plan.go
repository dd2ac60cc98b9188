package sync

import (
	"maps"

	"github.com/contactsync/contactsync/pkg/contact"
)

// The plan of a dry run: what a full run would do, and what it would cost in calls.

func newPlan() *PlanSummary {
	return &PlanSummary{
		Creates: map[contact.Source]int{}, Updates: map[contact.Source]int{}, Links: map[contact.Source]int{},
		Deletes: map[contact.Source]int{}, Calls: map[contact.Provider]int{},
	}
}

// tally adds what a dry run would do to its plan.
func (p *pass) tally(items []*item) {
	plan := p.run.Plan
	for _, it := range items {
		switch {
		case it.created:
			plan.Creates[contact.App]++
		case !maps.Equal(it.contact.Fields, it.next.Fields):
			plan.Updates[contact.App]++
		}
		for i := range it.next.Links {
			l := &it.next.Links[i]
			if before := it.contact.Link(l.ConnectionID); before == nil && l.ExternalID != "" {
				plan.Links[l.Provider.Source()]++
			}
		}
		plan.Conflicts += len(it.next.Outbox)
		for _, u := range it.pushes {
			side := u.channel.conn.Provider.Source()
			switch u.intent.Op {
			case OpCreate:
				plan.Creates[side]++
			case OpUpdate:
				plan.Updates[side]++
			case OpDelete:
				plan.Deletes[side]++
			}
		}
	}
}

// priceOfPlan adds the calls that the plan's writes cost to those of the listing.
func (p *pass) priceOfPlan() {
	if p.run.Plan == nil {
		return
	}
	for _, ch := range p.channels {
		side := ch.conn.Provider.Source()
		calls := listingCalls(p.run.Checkpoint.Listings[ch.conn.ID].Records, ch.limits.ListPage)
		calls += (p.run.Plan.Creates[side] + ch.limits.Create - 1) / ch.limits.Create
		calls += (p.run.Plan.Updates[side] + ch.limits.Update - 1) / ch.limits.Update
		calls += (p.run.Plan.Deletes[side] + ch.limits.Delete - 1) / ch.limits.Delete
		p.run.Plan.Calls[ch.conn.Provider] = calls
	}
}

func listingCalls(records, page int) int { return max(1, (records+page-1)/page) }
