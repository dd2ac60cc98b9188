package web

import (
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// overviewView is the state of the synchronisation as a whole.
type overviewView struct {
	State         string           `json:"state"`
	LastSuccessAt *time.Time       `json:"lastSuccessAt"`
	Pending       int              `json:"pending"`
	Errors        int              `json:"errors"`
	Conflicts     int              `json:"conflicts"`
	Contacts      int              `json:"contacts"`
	Connections   []connectionView `json:"connections"`
	Run           *runView         `json:"run,omitempty"`
	Waiting       *runView         `json:"waiting,omitempty"`
}

func (s *Server) viewOverview(customer contact.CustomerID, o *sync.Overview) overviewView {
	v := overviewView{
		State:         o.State,
		LastSuccessAt: moment(o.LastSuccessAt),
		Pending:       o.Pending,
		Errors:        o.Errors,
		Conflicts:     o.Conflicts,
		Contacts:      o.Contacts,
		Connections:   make([]connectionView, len(o.Connections)),
	}
	for i := range o.Connections {
		v.Connections[i] = s.viewConnection(customer, &o.Connections[i])
	}
	if o.Run != nil {
		run := viewRun(o.Run)
		v.Run = &run
	}
	if o.Waiting != nil {
		run := viewRun(o.Waiting)
		v.Waiting = &run
	}
	return v
}
