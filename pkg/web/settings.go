package web

import (
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

func (s *Server) getSettings(c *call) (reply, error) {
	settings, err := s.Service.Settings(c.Context(), c.customer)
	if err != nil {
		return reply{}, err
	}
	return ok(viewSettings(settings))
}

func (s *Server) updateSettings(c *call) (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	patch := sync.SettingsPatch{Rev: o.number("rev"), Policy: optional(o, "policy"), Region: optional(o, "region")}
	limitChoices(o, &patch)
	if fields := o.object("fields"); fields != nil {
		patch.Fields = map[contact.Field]*sync.FieldSettings{}
		for _, name := range fields.names() {
			patch.Fields[contact.Field(name)] = fieldChoice(fields.object(name))
		}
	}
	if err := o.done(); err != nil {
		return reply{}, err
	}
	settings, err := s.Service.UpdateSettings(c.Context(), c.customer, patch)
	if err != nil {
		return reply{}, err
	}
	return ok(viewSettings(settings))
}

// optional returns a text member: nil when it is absent, "" when it is null.
func optional(o *object, name string) *string {
	value, given := o.text(name)
	if !given {
		return nil
	}
	return &value
}

// limitChoices reads the choices around deletions, retention and approval; null takes
// each back to its default.
func limitChoices(o *object, patch *sync.SettingsPatch) {
	if policy := optional(o, "deletePolicy"); policy != nil {
		patch.DeletePolicy = (*sync.DeletePolicy)(policy)
	}
	if o.has("brake") {
		patch.Brake = &sync.BrakeLimits{}
		if limits := o.object("brake"); limits != nil {
			patch.Brake.Least, patch.Brake.Share = limits.count("least"), limits.count("share")
		}
	}
	if o.has("retentionDays") {
		days := o.count("retentionDays")
		patch.RetentionDays = &days
	}
	if o.has("approveFirstSync") {
		approve := o.flag("approveFirstSync")
		patch.ApproveFirstSync = &approve
	}
}

// fieldChoice reads the choices for one field; nil for null, which takes them back.
func fieldChoice(o *object) *sync.FieldSettings {
	if o == nil {
		return nil
	}
	label, _ := o.text("label")
	policy, _ := o.text("policy")
	choice := &sync.FieldSettings{Label: label, Policy: reconcile.Policy(policy), Remotes: map[contact.Provider]sync.RemoteSettings{}}
	if remotes := o.object("remotes"); remotes != nil {
		for _, name := range remotes.names() {
			if remote := remotes.object(name); remote != nil {
				choice.Remotes[contact.Provider(name)] = remoteChoice(remote)
			}
		}
	}
	return choice
}

func remoteChoice(o *object) sync.RemoteSettings {
	remote, _ := o.text("remote")
	direction, _ := o.text("direction")
	if direction == both {
		direction = string(reconcile.BothWays)
	}
	return sync.RemoteSettings{Remote: remote, Direction: reconcile.Direction(direction)}
}

// both is what the API calls the direction that the core leaves empty.
const both = "both"

type settingsView struct {
	Rev      int64            `json:"rev"`
	Policy   reconcile.Policy `json:"policy"`
	Policies []policyView     `json:"policies"`
	Region   string           `json:"region"`
	Fields   []fieldView      `json:"fields"`

	DeletePolicy     sync.DeletePolicy  `json:"deletePolicy"`
	DeletePolicies   []deletePolicyView `json:"deletePolicies"`
	Brake            brakeView          `json:"brake"`
	RetentionDays    int                `json:"retentionDays"`
	ApproveFirstSync bool               `json:"approveFirstSync"`
}

type deletePolicyView struct {
	Value       sync.DeletePolicy `json:"value"`
	Label       string            `json:"label"`
	Description string            `json:"description"`
}

type brakeView struct {
	Least int `json:"least"`
	Share int `json:"share"`
}

type policyView struct {
	Value       reconcile.Policy `json:"value"`
	Label       string           `json:"label"`
	Description string           `json:"description"`
}

type fieldView struct {
	Field   contact.Field                   `json:"field"`
	Label   string                          `json:"label"`
	Custom  bool                            `json:"custom"`
	Policy  *string                         `json:"policy"`
	Remotes map[contact.Provider]remoteView `json:"remotes"`
}

type remoteView struct {
	Remote    string `json:"remote"`
	Direction string `json:"direction"`
	State     string `json:"state"`
	Key       string `json:"key,omitempty"`
	Message   string `json:"message,omitempty"`
}

// policies are offered in this order.
var policies = func() []policyView {
	list := []policyView{
		{reconcile.CRMWins, "The CRM wins", "When a field was changed on several sides, a CRM's value stands over the app's, and HubSpot's over Pipedrive's."},
		{reconcile.AppWins, "The app wins", "When a field was changed on several sides, the app's value stands over every CRM's."},
		{reconcile.LatestWins, "The latest change wins", "When a field was changed on several sides, the change that was made last stands."},
	}
	list = append(list, policyView{reconcile.Manual, "Ask a person", "When a field was changed on several sides, it stays as it is on each of them until somebody chooses."})
	for _, p := range providers {
		list = append(list, policyView{
			reconcile.Policy("source:" + p), p.Title() + " wins",
			"When a field was changed on several sides, " + p.Title() + "'s value stands over all others.",
		})
	}
	return list
}()

// deletePolicies are offered in this order.
var deletePolicies = []deletePolicyView{
	{sync.PropagateDeletes, "Delete everywhere", "A contact that is deleted on one side is archived in the app and deleted in every CRM."},
	{sync.UnlinkDeleted, "Only end the link", "A deleted record is no longer synchronised and not made again. The contact and its other records stay."},
	{sync.KeepDeleted, "Keep contacts", "A record that is deleted in a CRM is made again there. Deleting a contact in the app leaves the CRMs' records alone."},
}

func viewSettings(s *sync.SettingsView) settingsView {
	v := settingsView{
		Rev: s.Rev, Policy: s.Policy, Policies: policies, Region: s.Region, Fields: make([]fieldView, len(s.Fields)),
		DeletePolicy: s.DeletePolicy, DeletePolicies: deletePolicies, Brake: brakeView(s.Brake),
		RetentionDays: s.RetentionDays, ApproveFirstSync: s.ApproveFirstSync,
	}
	for i, f := range s.Fields {
		v.Fields[i] = fieldView{f.Field, f.Label, f.Custom, given(string(f.Policy)), map[contact.Provider]remoteView{}}
		for provider, r := range f.Remotes {
			direction := string(r.Direction)
			if r.Direction == reconcile.BothWays {
				direction = both
			}
			v.Fields[i].Remotes[provider] = remoteView{r.Remote, direction, r.State, r.Key, r.Message}
		}
	}
	return v
}
