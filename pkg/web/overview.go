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
}

type connectionView struct {
	Provider      contact.Provider     `json:"provider"`
	State         sync.ConnectionState `json:"state"`
	Message       string               `json:"message,omitempty"`
	LastSuccessAt *time.Time           `json:"lastSuccessAt"`
	LagSeconds    *int64               `json:"lagSeconds"`
	Pending       int                  `json:"pending"`
	Errors        int                  `json:"errors"`
	Linked        int                  `json:"linked"`
	Budget        *sync.Budget         `json:"budget"`
	URL           string               `json:"url,omitempty"`
}

func viewOverview(o *sync.Overview) overviewView {
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
		v.Connections[i] = viewConnection(&o.Connections[i])
	}
	if o.Run != nil {
		run := viewRun(o.Run)
		v.Run = &run
	}
	return v
}

func viewConnection(c *sync.ConnectionStatus) connectionView {
	v := connectionView{
		Provider:      c.Provider,
		State:         c.State,
		Message:       c.Message,
		LastSuccessAt: moment(c.LastSuccessAt),
		Pending:       c.Pending,
		Errors:        c.Errors,
		Linked:        c.Linked,
		Budget:        c.Budget,
		URL:           c.URL,
	}
	if c.Lag > 0 {
		lag := int64(c.Lag / time.Second)
		v.LagSeconds = &lag
	}
	return v
}
