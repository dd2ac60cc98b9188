package web

import (
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

func (s *Server) listChanges(c *call) (reply, error) {
	q, err := logQuery(c)
	if err != nil {
		return reply{}, err
	}
	changes, next, err := s.Service.Changes(c.Context(), c.customer, q)
	if err != nil {
		return reply{}, err
	}
	view := changePageView{Changes: make([]changeView, len(changes)), NextCursor: cursor(next)}
	for i := range changes {
		view.Changes[i] = viewChange(&changes[i])
	}
	return ok(view)
}

func (s *Server) revertChange(c *call) (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	field, _ := o.text("field")
	if err := o.done(); err != nil {
		return reply{}, err
	}
	run, err := s.Service.RevertChange(c.Context(), c.customer, c.id, contact.Field(field))
	if err != nil {
		return reply{}, err
	}
	return ok(viewRun(run))
}

func (s *Server) revertRun(c *call) (reply, error) {
	run, err := s.Service.RevertRun(c.Context(), c.customer, c.id)
	if err != nil {
		return reply{}, err
	}
	return ok(viewRun(run))
}

type changePageView struct {
	Changes    []changeView `json:"changes"`
	NextCursor *string      `json:"nextCursor"`
}

type changeView struct {
	ID          string                            `json:"id"`
	At          time.Time                         `json:"at"`
	RunID       string                            `json:"runId,omitempty"`
	ContactID   contact.ID                        `json:"contactId"`
	ContactName string                            `json:"contactName"`
	Op          sync.ChangeOp                     `json:"op"`
	By          contact.Source                    `json:"by,omitempty"`
	Fields      map[contact.Field]fieldChangeView `json:"fields"`
	Remotes     []remoteChangeView                `json:"remotes"`
	Reverts     string                            `json:"reverts,omitempty"`
	Reverted    bool                              `json:"reverted"`
}

type fieldChangeView struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

type remoteChangeView struct {
	Provider   contact.Provider                  `json:"provider"`
	ExternalID contact.ExternalID                `json:"externalId"`
	Op         sync.ChangeOp                     `json:"op"`
	Fields     map[contact.Field]fieldChangeView `json:"fields"`
}

func viewChange(c *sync.Change) changeView {
	v := changeView{
		ID: c.ID, At: c.At, RunID: c.RunID, ContactID: c.ContactID, ContactName: c.ContactName, Op: c.Op, By: c.By,
		Fields: viewFieldChanges(c.Fields), Remotes: make([]remoteChangeView, len(c.Remotes)),
		Reverts: c.Reverts, Reverted: c.State == sync.ChangeReverted,
	}
	for i, r := range c.Remotes {
		v.Remotes[i] = remoteChangeView{r.Provider, r.ExternalID, r.Op, viewFieldChanges(r.Fields)}
	}
	return v
}

func viewFieldChanges(fields map[contact.Field]sync.FieldChange) map[contact.Field]fieldChangeView {
	v := make(map[contact.Field]fieldChangeView, len(fields))
	for f, change := range fields {
		v[f] = fieldChangeView(change)
	}
	return v
}

// revertView is what a revert takes back, and how far it came.
type revertView struct {
	RunID    string        `json:"runId,omitempty"`
	ChangeID string        `json:"changeId,omitempty"`
	Field    contact.Field `json:"field,omitempty"`
	Reverted int           `json:"reverted"`
	Skipped  int           `json:"skipped"`
	Skips    []skipView    `json:"skips"`
}

type skipView struct {
	ContactID   contact.ID    `json:"contactId"`
	ContactName string        `json:"contactName"`
	Field       contact.Field `json:"field,omitempty"`
	Reason      string        `json:"reason"`
}

func viewRevert(r *sync.RevertReport) *revertView {
	if r == nil {
		return nil
	}
	v := &revertView{
		RunID: r.RunID, ChangeID: r.ChangeID, Field: r.Field, Reverted: r.Reverted, Skipped: r.Skipped,
		Skips: make([]skipView, len(r.Skips)),
	}
	for i, s := range r.Skips {
		v.Skips[i] = skipView(s)
	}
	return v
}
