package sync

import (
	"context"
	"maps"
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

// choices are settings and defaults together, as a pass works with them.
type choices struct {
	rules      reconcile.Rules
	canonical  contact.Canonical
	specs      map[contact.Provider][]FieldSpec
	directions map[contact.Provider]map[contact.Field]reconcile.Direction
}

func (s *Service) choose(settings *Settings) choices {
	c := choices{
		rules: s.rules, canonical: s.canonical, specs: map[contact.Provider][]FieldSpec{},
		directions: map[contact.Provider]map[contact.Field]reconcile.Direction{},
	}
	if settings.Policy != "" {
		c.rules.Default = settings.Policy
	}
	if settings.Region != "" {
		c.canonical.Region = settings.Region
	}
	c.rules.Fields = maps.Clone(c.rules.Fields)
	for provider, specs := range s.fields {
		c.specs[provider] = slices.Clone(specs)
		c.directions[provider] = map[contact.Field]reconcile.Direction{}
	}
	for _, f := range sortedKeys(settings.Fields) {
		c.add(f, settings.Fields[f])
	}
	return c
}

// add applies the settings of one field.
func (c *choices) add(f contact.Field, field FieldSettings) {
	if field.Policy != "" {
		if c.rules.Fields == nil {
			c.rules.Fields = map[contact.Field]reconcile.Policy{}
		}
		c.rules.Fields[f] = field.Policy
	}
	for provider, remote := range field.Remotes {
		if c.directions[provider] == nil {
			continue // a CRM this deployment does not have
		}
		c.directions[provider][f] = remote.Direction
		if remote.Remote == "" {
			continue
		}
		specs := c.specs[provider]
		if i := slices.IndexFunc(specs, func(s FieldSpec) bool { return s.Field == f }); i >= 0 {
			specs[i].Remote = remote.Remote
		} else {
			c.specs[provider] = append(specs, FieldSpec{Field: f, Remote: remote.Remote, Custom: true})
		}
	}
}

// choicesOf loads what applies to a customer.
func (s *Service) choicesOf(ctx context.Context, customer contact.CustomerID) (choices, error) {
	settings, err := s.store.Settings(ctx, customer)
	if err != nil {
		return choices{}, err
	}
	return s.choose(settings), nil
}

// SettingsView is a customer's settings with everything a person needs to choose.
type SettingsView struct {
	Rev    int64
	Policy reconcile.Policy // in force
	Region string           // in force; "" none
	Fields []FieldView      // standard ones first
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
	view := &SettingsView{Rev: settings.Rev, Policy: policy, Region: c.canonical.Region}
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
