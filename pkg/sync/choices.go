package sync

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// choices are settings and defaults together, as a pass works with them.
type choices struct {
	rules      reconcile.Rules
	canonical  contact.Canonical
	specs      map[contact.Provider][]FieldSpec
	directions map[contact.Provider]map[contact.Field]reconcile.Direction

	deletePolicy DeletePolicy
	brake        BrakeLimits
	retention    time.Duration // of activity, conflicts and changes
	approve      bool          // the first full run of a connection waits for a person
}

const day = 24 * time.Hour

// defaultRetention is for how long logs are kept unless the customer chose.
const defaultRetention = 400 * day

func (s *Service) choose(settings *Settings) choices {
	c := choices{
		rules: s.rules, canonical: s.canonical, specs: map[contact.Provider][]FieldSpec{},
		directions:   map[contact.Provider]map[contact.Field]reconcile.Direction{},
		deletePolicy: cmp.Or(settings.DeletePolicy, PropagateDeletes),
		brake:        BrakeLimits{Least: cmp.Or(settings.Brake.Least, brakeLeast), Share: cmp.Or(settings.Brake.Share, brakeShare)},
		retention:    cmp.Or(time.Duration(settings.RetentionDays)*day, defaultRetention),
		approve:      settings.ApproveFirstSync,
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

// toApprove reports whether a person has to approve the first sync of a connection.
func (c *choices) toApprove(conn *Connection) bool {
	return c.approve && conn.BackfilledAt.IsZero() && conn.ApprovedAt.IsZero()
}

// choicesOf loads what applies to a customer.
func (s *Service) choicesOf(ctx context.Context, customer contact.CustomerID) (choices, error) {
	settings, err := s.store.Settings(ctx, customer)
	if err != nil {
		return choices{}, err
	}
	return s.choose(settings), nil
}
