package web

import (
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

var levels = []sync.Level{sync.Info, sync.Warning, sync.Failure}

// logQuery reads which log entries to list.
func logQuery(c *call) (sync.LogQuery, error) {
	p := c.params()
	q := sync.LogQuery{
		ContactID: contact.ID(p.text("contactId")),
		RunID:     p.text("runId"),
		Level:     oneOf(p, "level", levels),
		Cursor:    p.text("cursor"),
		Limit:     p.limit(),
	}
	return q, p.done()
}

func (s *Server) listActivity(c *call) (reply, error) {
	q, err := logQuery(c)
	if err != nil {
		return reply{}, err
	}
	entries, next, err := s.Service.Activity(c.Context(), c.customer, q)
	if err != nil {
		return reply{}, err
	}
	return ok(viewActivity(entries, next))
}

func (s *Server) listConflicts(c *call) (reply, error) {
	q, err := logQuery(c)
	if err != nil {
		return reply{}, err
	}
	entries, next, total, err := s.Service.Conflicts(c.Context(), c.customer, q)
	if err != nil {
		return reply{}, err
	}
	view := conflictPageView{Conflicts: make([]conflictView, len(entries)), NextCursor: cursor(next), Total: total}
	for i := range entries {
		view.Conflicts[i] = viewConflict(&entries[i])
	}
	return ok(view)
}

func (s *Server) resolveConflict(c *call) (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	choose, _ := o.text("choose")
	if choose == "" {
		o.reject("choose", "has to name whose value to take: app, or a provider")
	}
	var value *string
	if text, given := o.text("value"); given {
		value = &text
	}
	if err := o.done(); err != nil {
		return reply{}, err
	}
	decided, err := s.Service.ResolveConflict(c.Context(), c.customer, c.id, contact.Source(choose), value)
	if err != nil {
		return reply{}, err
	}
	return ok(viewConflict(decided))
}

type activityPageView struct {
	Entries    []activityView `json:"entries"`
	NextCursor *string        `json:"nextCursor"`
}

type activityView struct {
	ID          string           `json:"id"`
	At          time.Time        `json:"at"`
	Level       sync.Level       `json:"level"`
	RunID       string           `json:"runId,omitempty"`
	ContactID   contact.ID       `json:"contactId,omitempty"`
	ContactName string           `json:"contactName,omitempty"`
	Provider    contact.Provider `json:"provider,omitempty"`
	Op          string           `json:"op"`
	Direction   string           `json:"direction"`
	Message     string           `json:"message"`
	Fields      []contact.Field  `json:"fields,omitempty"`
}

func viewActivity(entries []sync.Activity, next string) activityPageView {
	v := activityPageView{Entries: make([]activityView, len(entries)), NextCursor: cursor(next)}
	for i, e := range entries {
		v.Entries[i] = activityView(e)
	}
	return v
}

type conflictPageView struct {
	Conflicts  []conflictView `json:"conflicts"`
	NextCursor *string        `json:"nextCursor"`
	Total      int            `json:"total"`
}

type conflictView struct {
	ID          string              `json:"id"`
	ContactID   contact.ID          `json:"contactId"`
	ContactName string              `json:"contactName"`
	Field       contact.Field       `json:"field"`
	Base        string              `json:"base"`
	Values      []conflictValueView `json:"values"`
	Winner      *contact.Source     `json:"winner"`
	Rule        string              `json:"rule"`
	At          time.Time           `json:"at"`
	State       sync.ConflictState  `json:"state"`
}

type conflictValueView struct {
	Source contact.Source `json:"source"`
	Value  string         `json:"value"`
	At     *time.Time     `json:"at"`
}

func viewConflict(c *sync.Conflict) conflictView {
	v := conflictView{
		ID: c.ID, ContactID: c.ContactID, ContactName: c.ContactName, Field: c.Field, Base: c.Base,
		Values: make([]conflictValueView, len(c.Values)), Rule: c.Rule, At: c.At, State: c.State,
	}
	if c.Winner != "" {
		v.Winner = &c.Winner
	}
	for i, value := range c.Values {
		v.Values[i] = conflictValueView{value.Source, value.Value, moment(value.At)}
	}
	return v
}
