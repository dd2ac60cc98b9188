package web

import (
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

func (s *Server) pronouns(c *call) (reply, error) {
	setup, err := s.Service.Pronouns(c.Context(), c.customer)
	if err != nil {
		return reply{}, err
	}
	return ok(viewSetup(setup))
}

func (s *Server) setUpPronouns(c *call) (reply, error) {
	setup, err := s.Service.SetUpPronouns(c.Context(), c.customer)
	if err != nil {
		return reply{}, err
	}
	return ok(viewSetup(setup))
}

type setupView struct {
	Fields []setupFieldView `json:"fields"`
	Ready  bool             `json:"ready"`
}

type setupFieldView struct {
	Provider contact.Provider `json:"provider"`
	Field    contact.Field    `json:"field"`
	State    string           `json:"state"`
	FieldKey string           `json:"fieldKey,omitempty"`
	Message  string           `json:"message,omitempty"`
}

func viewSetup(s sync.Setup) setupView {
	v := setupView{Fields: make([]setupFieldView, len(s.Fields)), Ready: s.Ready}
	for i, f := range s.Fields {
		v.Fields[i] = setupFieldView{f.Provider, f.Field, f.State, f.FieldKey, f.Message}
	}
	return v
}
