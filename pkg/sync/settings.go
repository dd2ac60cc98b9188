package sync

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// Settings are one customer's choices. The zero value holds the defaults of the
// deployment.
type Settings struct {
	Rev int64 `json:"rev"`
	// Policy decides conflicts; "" is the deployment's.
	Policy reconcile.Policy `json:"policy,omitempty"`
	// Region is the default country of phone numbers; "" is the deployment's.
	Region string `json:"region,omitempty"`
	// Fields holds what differs from the defaults, by field.
	Fields map[contact.Field]FieldSettings `json:"fields,omitempty"`
	// DeletePolicy decides what follows a deletion; "" is PropagateDeletes.
	DeletePolicy DeletePolicy `json:"deletePolicy,omitempty"`
	// Brake is from when on deletions wait for a person.
	Brake BrakeLimits `json:"brake,omitzero"`
	// RetentionDays is how long activity, conflicts and changes are kept, in days from
	// 7 to 3650; 0 is 400.
	RetentionDays int `json:"retentionDays,omitempty"`
	// ApproveFirstSync makes the first full run of a connection wait for a person
	// before it writes anything.
	ApproveFirstSync bool `json:"approveFirstSync,omitempty"`
}

// DeletePolicy decides what follows when a contact's record was deleted in a CRM, or
// the contact in the app.
type DeletePolicy string

const (
	// PropagateDeletes archives the contact and deletes its other records.
	PropagateDeletes DeletePolicy = "propagate"
	// UnlinkDeleted only ends the link: the contact and the other records stay, and
	// the deleted one is not made again.
	UnlinkDeleted DeletePolicy = "unlink"
	// KeepDeleted keeps the contact and makes the record again in the CRM that
	// deleted it. For deletions in the app it is UnlinkDeleted.
	KeepDeleted DeletePolicy = "keep"
)

// DeletePolicies are the valid ones, the default first.
var DeletePolicies = []DeletePolicy{PropagateDeletes, UnlinkDeleted, KeepDeleted}

// BrakeLimits say how many deletions of a connection within an hour are held until a
// person confirms them: more than both of its limits.
type BrakeLimits struct {
	Least int `json:"least,omitempty"` // records, from 1 to 100,000; 0 is 10
	Share int `json:"share,omitempty"` // percent of the connection's links, from 1 to 100; 0 is 5
}

// FieldSettings are the choices for one field. Fields that are not standard exist
// because they are listed here.
type FieldSettings struct {
	Label   string                              `json:"label,omitempty"`  // of a custom field
	Policy  reconcile.Policy                    `json:"policy,omitempty"` // "" is the customer's
	Remotes map[contact.Provider]RemoteSettings `json:"remotes,omitempty"`
}

// RemoteSettings say where a field is found in a CRM and which way it goes.
type RemoteSettings struct {
	// Remote is the remote field's name; "" is the default one. A custom field has no
	// default: "" leaves the CRM out.
	Remote    string              `json:"remote,omitempty"`
	Direction reconcile.Direction `json:"direction,omitempty"`
}

// SettingsView is a customer's settings with everything a person needs to choose.
type SettingsView struct {
	Rev    int64
	Policy reconcile.Policy // in force
	Region string           // in force; "" none
	Fields []FieldView      // standard ones first

	DeletePolicy     DeletePolicy // in force
	Brake            BrakeLimits  // in force
	RetentionDays    int          // in force
	ApproveFirstSync bool
}

// FieldView is one field's part.
type FieldView struct {
	Field   contact.Field
	Label   string
	Custom  bool
	Policy  reconcile.Policy // of its own; "" follows SettingsView.Policy
	Remotes map[contact.Provider]RemoteView
}

// RemoteView is where the field goes in one CRM.
type RemoteView struct {
	Remote    string // the name it is looked for by
	Direction reconcile.Direction
	State     string // a FieldState, or NotConnected
	Key       string // the CRM's own name, when present
	Message   string
}

// Settings returns the customer's settings.
func (s *Service) Settings(ctx context.Context, customer contact.CustomerID) (*SettingsView, error) {
	settings, err := s.store.Settings(ctx, customer)
	if err != nil {
		return nil, err
	}
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return nil, err
	}
	return s.view(settings, current(conns)), nil
}

func (s *Service) view(settings *Settings, conns []*Connection) *SettingsView {
	c := s.choose(settings)
	policy, _ := reconcile.ParsePolicy(string(c.rules.Default)) // was checked when it was set
	view := &SettingsView{
		Rev: settings.Rev, Policy: policy, Region: c.canonical.Region, DeletePolicy: c.deletePolicy, Brake: c.brake,
		RetentionDays: int(c.retention / day), ApproveFirstSync: c.approve,
	}
	for _, f := range fieldNames(settings) {
		own := settings.Fields[f]
		row := FieldView{Field: f, Label: f.Label(), Custom: !f.IsStandard(), Policy: own.Policy, Remotes: map[contact.Provider]RemoteView{}}
		if own.Label != "" {
			row.Label = own.Label
		}
		for provider, specs := range c.specs {
			if i := slices.IndexFunc(specs, func(s FieldSpec) bool { return s.Field == f }); i >= 0 {
				row.Remotes[provider] = remoteView(specs[i], c.directions[provider][f], provider, conns)
			}
		}
		view.Fields = append(view.Fields, row)
	}
	return view
}

func remoteView(spec FieldSpec, direction reconcile.Direction, provider contact.Provider, conns []*Connection) RemoteView {
	v := RemoteView{Remote: spec.Remote, Direction: direction, State: NotConnected}
	i := slices.IndexFunc(conns, func(c *Connection) bool { return c.Provider == provider && c.State != ConnectionDisconnected })
	if i >= 0 {
		found := conns[i].Fields[spec.Field]
		v.State, v.Key, v.Message = string(found.State), found.Key, found.Message
		if found.State == "" {
			v.State = string(FieldMissing)
		}
	}
	return v
}

// fieldNames lists the standard fields, then the customer's own by name.
func fieldNames(settings *Settings) []contact.Field {
	names := slices.Clone(contact.Standard)
	for _, f := range sortedKeys(settings.Fields) {
		if !f.IsStandard() {
			names = append(names, f)
		}
	}
	return names
}

// SettingsPatch changes settings. Nil and absent leave a choice as it is.
type SettingsPatch struct {
	Rev    *int64  // the revision the change is based on; nil: whatever there is
	Policy *string // "" goes back to the deployment's
	Region *string // "" goes back to the deployment's
	// Fields replaces the choices of the fields named; nil takes a standard field back
	// to its defaults and removes a custom one.
	Fields map[contact.Field]*FieldSettings

	DeletePolicy     *DeletePolicy // "" goes back to the default
	Brake            *BrakeLimits  // replaces both limits; 0 is the default
	RetentionDays    *int          // 0 goes back to the default
	ApproveFirstSync *bool
}

// UpdateSettings changes the customer's settings. It fails with fault.Invalid and a
// message per choice, or with fault.Stale. Connections are listed in full by the
// next run when fields or their directions changed.
func (s *Service) UpdateSettings(ctx context.Context, customer contact.CustomerID, patch SettingsPatch) (*SettingsView, error) {
	settings, err := s.store.Settings(ctx, customer)
	if err != nil {
		return nil, err
	}
	if patch.Rev != nil && *patch.Rev != settings.Rev {
		return nil, fault.New(fault.Stale, "The settings were changed in the meantime. Look at them again, then repeat your change.")
	}
	if problems := s.apply(settings, patch); len(problems) > 0 {
		return nil, fault.InvalidFields(problems)
	}
	if err := s.store.SaveSettings(ctx, customer, settings); err != nil {
		return nil, err
	}
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return nil, err
	}
	conns = current(conns)
	if len(patch.Fields) > 0 {
		for _, c := range conns {
			err := s.updateConnection(ctx, c, func(c *Connection) { c.FieldsAt, c.Behind = time.Time{}, true })
			if err != nil {
				return nil, err
			}
		}
	}
	return s.view(settings, conns), nil
}

// apply changes settings and returns what is wrong with the patch, by name.
func (s *Service) apply(settings *Settings, patch SettingsPatch) map[string]string {
	problems := map[string]string{}
	if patch.Policy != nil {
		settings.Policy = reconcile.Policy(*patch.Policy)
		if text := s.checkPolicy(settings.Policy); text != "" {
			problems["policy"] = text
		}
	}
	if patch.Region != nil {
		settings.Region = strings.ToUpper(strings.TrimSpace(*patch.Region))
		if settings.Region != "" && !contact.IsRegion(settings.Region) {
			problems["region"] = "Enter a country as two letters, such as US."
		}
	}
	settings.applyLimits(patch, problems)
	for _, f := range sortedKeys(patch.Fields) {
		if text := s.checkField(f, patch.Fields[f]); text != "" {
			problems["fields."+string(f)] = text
			continue
		}
		if patch.Fields[f] == nil {
			delete(settings.Fields, f)
			continue
		}
		if settings.Fields == nil {
			settings.Fields = map[contact.Field]FieldSettings{}
		}
		settings.Fields[f] = *patch.Fields[f]
	}
	if len(settings.Fields) > maxFields {
		problems["fields"] = "There can be 50 fields at most."
	}
	return problems
}

// applyLimits changes the choices around deletions, retention and approval.
func (settings *Settings) applyLimits(patch SettingsPatch, problems map[string]string) {
	if patch.DeletePolicy != nil {
		settings.DeletePolicy = *patch.DeletePolicy
		if settings.DeletePolicy != "" && !slices.Contains(DeletePolicies, settings.DeletePolicy) {
			problems["deletePolicy"] = "The delete policy is one of propagate, unlink and keep."
		}
	}
	if patch.Brake != nil {
		settings.Brake = *patch.Brake
		if n := settings.Brake.Least; n < 0 || n > 100_000 {
			problems["brake.least"] = "Enter a number of records from 1 to 100,000."
		}
		if n := settings.Brake.Share; n < 0 || n > 100 {
			problems["brake.share"] = "Enter a percentage from 1 to 100."
		}
	}
	if patch.RetentionDays != nil {
		settings.RetentionDays = *patch.RetentionDays
		if n := settings.RetentionDays; n != 0 && (n < 7 || n > 3650) {
			problems["retentionDays"] = "Enter a number of days from 7 to 3650."
		}
	}
	if patch.ApproveFirstSync != nil {
		settings.ApproveFirstSync = *patch.ApproveFirstSync
	}
}

const maxFields = 50

var fieldName = regexp.MustCompile(`^[a-z][A-Za-z0-9_]{0,39}$`)

var directions = []reconcile.Direction{reconcile.BothWays, reconcile.ToCRM, reconcile.FromCRM, reconcile.NoWay}

// checkPolicy says what is wrong with a policy, or "". Empty follows the next one up.
func (s *Service) checkPolicy(p reconcile.Policy) string {
	if _, err := reconcile.ParsePolicy(string(p)); err != nil {
		return "There is no such policy."
	}
	if provider, ok := p.Provider(); ok && s.fields[provider] == nil {
		return "There is no CRM called " + string(provider) + "."
	}
	return ""
}

func (s *Service) checkField(f contact.Field, choice *FieldSettings) string {
	switch {
	case f == contact.SyncKey || f == Existence || !fieldName.MatchString(string(f)):
		return "A field's name is up to 40 letters, digits and underscores, and begins with a small letter."
	case choice == nil:
		return ""
	}
	if text := s.checkPolicy(choice.Policy); text != "" {
		return text
	}
	if text := contact.Check(contact.Company, choice.Label); text != "" {
		return "The label " + text + "."
	}
	for provider, remote := range choice.Remotes {
		if _, known := s.fields[provider]; !known {
			return "There is no CRM called " + string(provider) + "."
		}
		if text := contact.Check(contact.Company, remote.Remote); text != "" {
			return "The name in " + provider.Title() + " " + text + "."
		}
		if !slices.Contains(directions, remote.Direction) {
			return "The direction is one of to_crm, from_crm, none, or empty for both ways."
		}
	}
	return ""
}
