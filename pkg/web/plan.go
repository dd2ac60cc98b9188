package web

import (
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// planView is what a run would do, per side, and what it would cost.
type planView struct {
	Creates   sidesView                     `json:"creates"`
	Updates   sidesView                     `json:"updates"`
	Links     sidesView                     `json:"links"`
	Deletes   sidesView                     `json:"deletes"`
	Conflicts int                           `json:"conflicts"`
	Reviews   int                           `json:"reviews"`
	Calls     callsView                     `json:"calls"`
	Costs     map[contact.Provider]costView `json:"costs"`
	Seconds   int                           `json:"seconds"`
	Changed   bool                          `json:"changed"`
	Sample    []planItemView                `json:"sample"`
}

// costView is what a plan takes of one CRM's limits.
type costView struct {
	Units    int        `json:"units"`
	Unit     string     `json:"unit"`
	Seconds  int        `json:"seconds"`
	Left     *int       `json:"left"`
	ResetsAt *time.Time `json:"resetsAt,omitempty"`
	Exceeds  bool       `json:"exceeds"`
}

type planItemView struct {
	Kind        sync.PlanKind        `json:"kind"`
	Side        contact.Source       `json:"side"`
	ContactID   contact.ID           `json:"contactId,omitempty"`
	ContactName string               `json:"contactName,omitempty"`
	ExternalIDs []contact.ExternalID `json:"externalIds,omitempty"`
	Message     string               `json:"message,omitempty"`
	Fields      []planFieldView      `json:"fields"`
}

type planFieldView struct {
	Field  contact.Field `json:"field"`
	Before string        `json:"before"`
	After  string        `json:"after"`
}

func viewPlan(p *sync.PlanSummary) *planView {
	v := &planView{
		Creates: viewSides(p.Creates), Updates: viewSides(p.Updates), Links: viewSides(p.Links), Deletes: viewSides(p.Deletes),
		Conflicts: p.Conflicts, Reviews: p.Reviews, Calls: viewCalls(p.Calls), Costs: map[contact.Provider]costView{},
		Seconds: int(p.Duration().Seconds()), Changed: p.Changed, Sample: make([]planItemView, len(p.Sample)),
	}
	for provider, c := range p.Costs {
		cost := costView{Units: c.Units, Unit: c.Unit, Seconds: c.Seconds, ResetsAt: moment(c.ResetsAt), Exceeds: c.Exceeds()}
		if c.Daily {
			cost.Left = &c.Left
		}
		v.Costs[provider] = cost
	}
	for i, item := range p.Sample {
		v.Sample[i] = planItemView{
			item.Kind, item.Side, item.ContactID, item.ContactName, item.ExternalIDs, item.Message, make([]planFieldView, len(item.Fields)),
		}
		for j, f := range item.Fields {
			v.Sample[i].Fields[j] = planFieldView(f)
		}
	}
	return v
}
