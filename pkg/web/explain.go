package web

import (
	"cmp"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

func (s *Server) explainContact(c *call) (reply, error) {
	e, err := s.Service.Explain(c.Context(), c.customer, contact.ID(c.id))
	if err != nil {
		return reply{}, err
	}
	return ok(viewExplanation(e))
}

type explanationView struct {
	ContactID contact.ID             `json:"contactId"`
	Name      string                 `json:"name"`
	Lifecycle sync.Lifecycle         `json:"lifecycle"`
	Status    sync.Status            `json:"status"`
	Fields    []fieldExplanationView `json:"fields"`
	Links     []linkExplanationView  `json:"links"`
}

type fieldExplanationView struct {
	Field  contact.Field    `json:"field"`
	Label  string           `json:"label"`
	Value  string           `json:"value"`
	Source *contact.Source  `json:"source"`
	At     *time.Time       `json:"at"`
	Rule   string           `json:"rule"`
	Why    string           `json:"why"`
	Held   bool             `json:"held"`
	CRMs   []fieldThereView `json:"crms"`
}

type fieldThereView struct {
	Provider  contact.Provider   `json:"provider"`
	State     sync.FieldStanding `json:"state"`
	Direction string             `json:"direction"`
	Agreed    *agreedView        `json:"agreed"`
	Waiting   *string            `json:"waiting"`
	Why       string             `json:"why"`
}

// agreedView holds both values at the last agreement.
type agreedView struct {
	App string    `json:"app"`
	CRM string    `json:"crm"`
	At  time.Time `json:"at"`
}

type linkExplanationView struct {
	Provider     contact.Provider   `json:"provider"`
	ExternalID   contact.ExternalID `json:"externalId"`
	State        sync.LinkState     `json:"state"`
	LastSyncedAt *time.Time         `json:"lastSyncedAt"`
	URL          string             `json:"url,omitempty"`
	Error        string             `json:"error,omitempty"`
	Why          string             `json:"why"`
}

func viewExplanation(e *sync.Explanation) explanationView {
	v := explanationView{
		ContactID: e.ContactID, Name: e.Name, Lifecycle: e.Lifecycle, Status: e.Status,
		Fields: make([]fieldExplanationView, len(e.Fields)), Links: make([]linkExplanationView, len(e.Links)),
	}
	for i, f := range e.Fields {
		v.Fields[i] = fieldExplanationView{
			Field: f.Field, Label: f.Label, Value: f.Value, At: moment(f.At), Rule: string(f.Rule), Why: f.Why, Held: f.Held,
			CRMs: make([]fieldThereView, len(f.CRMs)),
		}
		if f.Source != "" {
			v.Fields[i].Source = &f.Source
		}
		for j, there := range f.CRMs {
			v.Fields[i].CRMs[j] = viewFieldThere(there)
		}
	}
	for i, l := range e.Links {
		v.Links[i] = linkExplanationView{
			Provider: l.Provider, ExternalID: l.ExternalID, State: l.State, LastSyncedAt: moment(l.SyncedAt),
			URL: l.URL, Error: l.Error, Why: l.Why,
		}
	}
	return v
}

func viewFieldThere(t sync.FieldThere) fieldThereView {
	v := fieldThereView{Provider: t.Provider, State: t.State, Direction: cmp.Or(string(t.Direction), "both"), Waiting: t.Waiting, Why: t.Why}
	if t.Agreed != nil {
		v.Agreed = &agreedView{t.Agreed.H, t.Agreed.R, t.Agreed.At}
	}
	return v
}
