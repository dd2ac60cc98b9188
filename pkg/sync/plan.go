package sync

import (
	"context"
	"slices"
	"strings"
	gosync "sync"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// The plan of a run that is only rehearsed: what it would do on each side, examples
// of that, and what it would cost in calls, in the vendors' daily budgets and in time.

// planSamples is how many examples of each kind a plan keeps.
const planSamples = 20

// searchClass is the limit that no call of a full run counts for.
const searchClass = "search"

// PlanSummary is what a rehearsed run found.
type PlanSummary struct {
	Creates   map[contact.Source]int `json:"creates"`
	Updates   map[contact.Source]int `json:"updates"`
	Links     map[contact.Source]int `json:"links"`
	Deletes   map[contact.Source]int `json:"deletes"`
	Conflicts int                    `json:"conflicts"`
	// Reviews counts what people would be asked that they were not asked yet; Joined
	// are those of them that joining the listings alone has brought.
	Reviews int `json:"reviews"`
	Joined  int `json:"joined,omitempty"`
	// Calls are those of the whole run, its listings included; Kinds says which.
	Calls map[contact.Provider]int       `json:"calls"`
	Kinds map[contact.Provider]CallKinds `json:"kinds"`
	Costs map[contact.Provider]PlanCost  `json:"costs"`
	// Sample has examples, the first of each kind.
	Sample []PlanItem `json:"sample,omitempty"`
	// Basis tells what the plan was made from; see [Service.Approve].
	Basis string `json:"basis,omitempty"`
	// Agreed holds the numbers that a person approved before the plan was made again.
	Agreed map[string]int `json:"agreed,omitempty"`
	// Changed reports that this plan does more than the one that was approved before.
	Changed bool `json:"changed,omitempty"`
}

// CallKinds holds a number for each kind of call.
type CallKinds struct {
	List    int `json:"list,omitempty"`
	Read    int `json:"read,omitempty"` // of many records by id
	Get     int `json:"get,omitempty"`  // of one record
	History int `json:"history,omitempty"`
	Create  int `json:"create,omitempty"`
	Update  int `json:"update,omitempty"`
	Delete  int `json:"delete,omitempty"`
}

func (k CallKinds) plus(o CallKinds) CallKinds {
	return CallKinds{
		List: k.List + o.List, Read: k.Read + o.Read, Get: k.Get + o.Get, History: k.History + o.History,
		Create: k.Create + o.Create, Update: k.Update + o.Update, Delete: k.Delete + o.Delete,
	}
}

func (k CallKinds) times(o CallKinds) int {
	return k.List*o.List + k.Read*o.Read + k.Get*o.Get + k.History*o.History + k.Create*o.Create + k.Update*o.Update + k.Delete*o.Delete
}

func (k CallKinds) sum() int { return k.times(oneEach) }

var oneEach = CallKinds{List: 1, Read: 1, Get: 1, History: 1, Create: 1, Update: 1, Delete: 1}

// PlanCost is what a plan takes of one vendor's limits.
type PlanCost struct {
	// Units is the part of the daily budget, in Unit: calls or tokens.
	Units int    `json:"units"`
	Unit  string `json:"unit"`
	// Seconds is how long the calls take at the present limits; 0: they are not limited.
	Seconds int `json:"seconds,omitempty"`
	// Daily reports that the daily budget is known: Left is what was left of it when
	// the plan was made, until ResetsAt (zero: not known).
	Daily    bool      `json:"daily,omitempty"`
	Left     int       `json:"left,omitempty"`
	ResetsAt time.Time `json:"resetsAt,omitzero"`
}

// Exceeds reports whether the plan takes more than is left of the daily budget.
func (c PlanCost) Exceeds() bool { return c.Daily && c.Units > c.Left }

// PlanKind says what an example is of.
type PlanKind string

const (
	PlanCreate   PlanKind = "create"
	PlanUpdate   PlanKind = "update"
	PlanLink     PlanKind = "link"
	PlanDelete   PlanKind = "delete"
	PlanConflict PlanKind = "conflict"
	PlanReview   PlanKind = "review"
)

// PlanItem is one thing that the run would do, or ask.
type PlanItem struct {
	Kind        PlanKind             `json:"kind"`
	Side        contact.Source       `json:"side"` // where
	ContactID   contact.ID           `json:"contactId,omitempty"`
	ContactName string               `json:"contactName,omitempty"`
	ExternalIDs []contact.ExternalID `json:"externalIds,omitempty"` // the records of a link or a review
	Message     string               `json:"message,omitempty"`
	Fields      []PlanField          `json:"fields,omitempty"`
}

// PlanField is a field before and after. A conflict has the last agreed value, and
// the one that would win.
type PlanField struct {
	Field  contact.Field `json:"field"`
	Before string        `json:"before"`
	After  string        `json:"after"`
}

func newPlan() *PlanSummary {
	return &PlanSummary{
		Creates: map[contact.Source]int{}, Updates: map[contact.Source]int{}, Links: map[contact.Source]int{},
		Deletes: map[contact.Source]int{}, Calls: map[contact.Provider]int{}, Kinds: map[contact.Provider]CallKinds{},
		Costs: map[contact.Provider]PlanCost{},
	}
}

// again returns a plan that knows only what the listings and their join have shown:
// what was reconciled by an earlier invocation is reconciled again, as the drafts that
// it made are gone.
func (s *PlanSummary) again() *PlanSummary {
	plan := newPlan()
	plan.Reviews, plan.Joined, plan.Basis, plan.Agreed = s.Joined, s.Joined, s.Basis, s.Agreed
	for _, item := range s.Sample {
		if item.Kind == PlanReview && len(plan.Sample) < min(s.Joined, planSamples) {
			plan.Sample = append(plan.Sample, item)
		}
	}
	return plan
}

// planning fills a plan, for connections that are worked on at the same time.
type planning struct {
	mu   gosync.Mutex
	plan *PlanSummary
}

func (p *planning) count(provider contact.Provider, k CallKinds) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan.Kinds[provider] = p.plan.Kinds[provider].plus(k)
}

func (p *planning) review(r Review, reconciling bool) {
	p.plan.Reviews++
	if !reconciling {
		p.plan.Joined++
	}
	p.plan.show(PlanItem{
		Kind: PlanReview, Side: r.Provider.Source(), ContactID: r.ContactID, ContactName: r.ContactName,
		ExternalIDs: r.ExternalIDs, Message: r.Message,
	})
}

// show keeps an example, unless there are enough of its kind.
func (s *PlanSummary) show(item PlanItem) {
	n := 0
	for _, other := range s.Sample {
		if other.Kind == item.Kind {
			n++
		}
	}
	if n < planSamples {
		s.Sample = append(s.Sample, item)
	}
}

// tally adds to the plan what was decided about the items.
func (p *pass) tally(items []*item) {
	plan := p.run.Plan
	for _, it := range items {
		app := PlanItem{Side: contact.App, ContactID: it.next.ID, ContactName: it.next.Values().DisplayName(), Fields: appFields(it)}
		switch {
		case it.created:
			plan.Creates[contact.App]++
			plan.show(app.as(PlanCreate))
		case it.next.Lifecycle != Active && it.contact.Lifecycle == Active:
			plan.show(app.as(PlanDelete))
		case len(app.Fields) > 0:
			plan.Updates[contact.App]++
			plan.show(app.as(PlanUpdate))
		}
		for i := range it.next.Links {
			l := &it.next.Links[i]
			if before := it.contact.Link(l.ConnectionID); l.ExternalID != "" && (before == nil || before.ExternalID == "") && !it.created {
				link := PlanItem{Side: l.Provider.Source(), ContactID: app.ContactID, ContactName: app.ContactName}
				link.ExternalIDs = []contact.ExternalID{l.ExternalID}
				plan.show(link.as(PlanLink))
			}
		}
		for _, c := range it.next.Outbox {
			plan.show(conflictItem(c))
		}
		for _, u := range it.pushes {
			plan.show(u.planned(app.ContactName))
		}
	}
}

func (i PlanItem) as(kind PlanKind) PlanItem {
	i.Kind = kind
	if kind == PlanDelete {
		i.Fields = nil
	}
	return i
}

// appFields lists what changes in the app.
func appFields(it *item) []PlanField {
	var list []PlanField
	for _, f := range sortedKeys(it.next.Fields) {
		if before, after := it.contact.Fields[f].V, it.next.Fields[f].V; before != after {
			list = append(list, PlanField{Field: f, Before: before, After: after})
		}
	}
	return list
}

func conflictItem(c Conflict) PlanItem {
	item := PlanItem{Kind: PlanConflict, Side: c.Winner, ContactID: c.ContactID, ContactName: c.ContactName}
	field := PlanField{Field: c.Field, Before: c.Base}
	for _, v := range c.Values {
		if v.Source == c.Winner {
			field.After = v.Value
		}
	}
	item.Fields = []PlanField{field}
	return item
}

// planned describes a write.
func (u *push) planned(name string) PlanItem {
	item := PlanItem{Side: u.channel.conn.Provider.Source(), ContactID: u.item.next.ID, ContactName: name}
	for _, f := range sortedKeys(u.intent.Fields) {
		field := PlanField{Field: f, After: u.intent.Fields[f].Val}
		if u.current != nil {
			field.Before = u.current.Fields[f]
		}
		item.Fields = append(item.Fields, field)
	}
	switch u.intent.Op {
	case OpCreate:
		return item.as(PlanCreate)
	case OpUpdate:
		return item.as(PlanUpdate)
	}
	return item.as(PlanDelete)
}

// closePlan sums the plan up and prices it.
func (p *pass) closePlan(ctx context.Context) {
	plan := p.run.Plan
	for side, n := range p.run.Details {
		if side != contact.App {
			plan.Creates[side], plan.Updates[side], plan.Links[side] = n.Created, n.Updated, n.Linked
		}
		plan.Deletes[side] = n.Deleted
	}
	plan.Conflicts = p.run.Counts.Conflicts
	for _, ch := range p.channels {
		provider := ch.conn.Provider
		plan.Kinds[provider] = plan.Kinds[provider].plus(CallKinds{List: p.listing(ch).Pages})
		plan.Calls[provider] = plan.Kinds[provider].sum()
		plan.Costs[provider] = p.price(ctx, ch, plan.Kinds[provider])
	}
}

// price works out what calls take of a vendor's limits. Limits that cannot be told are
// left out.
func (p *pass) price(ctx context.Context, ch *channel, calls CallKinds) PlanCost {
	cost := PlanCost{Units: calls.sum(), Unit: "calls"}
	if ch.limits.Tokens != (CallKinds{}) {
		cost.Units, cost.Unit = calls.times(ch.limits.Tokens), "tokens"
	}
	budget, err := ch.crm.Budget(ctx)
	if err != nil {
		p.log.WarnContext(ctx, "budget", "provider", ch.conn.Provider, "error", err)
		return cost
	}
	for _, c := range budget.Classes {
		switch {
		case c.Limit <= 0 || c.WindowSeconds <= 0:
		case time.Duration(c.WindowSeconds)*time.Second >= day:
			cost.Daily, cost.Left, cost.ResetsAt = true, max(0, c.Left-c.Reserved), c.ResetsAt
		case c.Name != searchClass:
			cost.Seconds = max(cost.Seconds, callsFor(calls.sum()*c.WindowSeconds, c.Limit))
		}
	}
	return cost
}

// numbers are what a person approves, by what and where.
func (s *PlanSummary) numbers() map[string]int {
	all := map[string]int{"conflicts": s.Conflicts, "reviews": s.Reviews}
	for what, sides := range map[string]map[contact.Source]int{
		"creates": s.Creates, "updates": s.Updates, "links": s.Links, "deletes": s.Deletes,
	} {
		for side, n := range sides {
			all[what+" "+string(side)] = n
		}
	}
	return all
}

// within reports whether the plan does about what was agreed: no number is larger by
// more than 10 and 5 percent, and nothing more is deleted.
func (s *PlanSummary) within(agreed map[string]int) bool {
	for what, n := range s.numbers() {
		most := agreed[what] + max(brakeLeast, agreed[what]*brakeShare/100)
		if strings.HasPrefix(what, "deletes ") {
			most = agreed[what]
		}
		if n > most {
			return false
		}
	}
	return true
}

// Warnings lists the vendors whose daily budget the plan exceeds.
func (s *PlanSummary) Warnings() []contact.Provider {
	return slices.DeleteFunc(sortedKeys(s.Costs), func(p contact.Provider) bool { return !s.Costs[p].Exceeds() })
}

// Duration is how long the calls take at the present limits of the slowest vendor; 0:
// nothing is limited.
func (s *PlanSummary) Duration() time.Duration {
	slowest := 0
	for _, c := range s.Costs {
		slowest = max(slowest, c.Seconds)
	}
	return time.Duration(slowest) * time.Second
}
