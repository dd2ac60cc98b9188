package sync

import (
	"context"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// Setup says where the pronouns field exists.
type Setup struct {
	Fields []SetupField
	Ready  bool // present in every connected CRM, and there is one
}

// SetupField is one CRM's side of it.
type SetupField struct {
	Provider contact.Provider
	Field    contact.Field
	State    string // a FieldState, or NotConnected
	FieldKey string // the CRM's own name of the field
	Message  string // what to do about it
}

// NotConnected is the state of a field in a CRM without a usable connection.
const NotConnected = "not_connected"

// Pronouns looks up where the pronouns field exists. It asks the CRMs, so that a
// field that somebody made or removed there is seen at once.
func (s *Service) Pronouns(ctx context.Context, customer contact.CustomerID) (Setup, error) {
	return s.setUp(ctx, customer, func(ctx context.Context, crm CRM, spec FieldSpec) (RemoteField, error) {
		found, err := crm.Discover(ctx, []FieldSpec{spec})
		return found[spec.Field], err
	})
}

// SetUpPronouns creates the pronouns field where it is missing. Each CRM is tried
// and reported on its own; doing it again changes nothing. Where the field is new,
// the connection is listed in full by the next run, which is asked for.
func (s *Service) SetUpPronouns(ctx context.Context, customer contact.CustomerID) (Setup, error) {
	return s.setUp(ctx, customer, func(ctx context.Context, crm CRM, spec FieldSpec) (RemoteField, error) {
		return crm.Ensure(ctx, spec)
	})
}

func (s *Service) setUp(ctx context.Context, customer contact.CustomerID, look func(context.Context, CRM, FieldSpec) (RemoteField, error)) (Setup, error) {
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return Setup{}, err
	}
	conns = slices.DeleteFunc(current(conns), func(c *Connection) bool { return c.State == ConnectionDisconnected })
	chosen, err := s.choicesOf(ctx, customer)
	if err != nil {
		return Setup{}, err
	}
	providers := sortedKeys(chosen.specs)
	fields := make([]SetupField, len(providers))
	appeared := make([]bool, len(providers))
	tasks := make([]func(), len(providers))
	for i, provider := range providers {
		fields[i] = SetupField{Provider: provider, Field: contact.Pronouns, State: NotConnected}
		j := slices.IndexFunc(conns, func(c *Connection) bool { return c.Provider == provider })
		tasks[i] = func() {
			if j >= 0 {
				fields[i], appeared[i] = s.setUpOne(ctx, conns[j], chosen.specs[provider], look)
			}
		}
	}
	s.parallel(tasks...)
	setup := Setup{Fields: fields, Ready: len(conns) > 0}
	for _, f := range fields {
		setup.Ready = setup.Ready && (f.State == string(FieldPresent) || f.State == NotConnected)
	}
	if slices.Contains(appeared, true) {
		if err := s.reconsider(ctx, customer, contact.Pronouns); err != nil {
			return Setup{}, err
		}
		s.trigger(context.WithoutCancel(ctx))
	}
	return setup, nil
}

// setUpOne deals with one connection and remembers what it found. It reports
// whether the field can be used that could not be before.
func (s *Service) setUpOne(ctx context.Context, c *Connection, specs []FieldSpec, look func(context.Context, CRM, FieldSpec) (RemoteField, error)) (SetupField, bool) {
	out := SetupField{Provider: c.Provider, Field: contact.Pronouns}
	i := slices.IndexFunc(specs, func(spec FieldSpec) bool { return spec.Field == contact.Pronouns })
	if i < 0 {
		out.State = NotConnected
		return out, false
	}
	ch, err := s.open(ctx, c, specs)
	var found RemoteField
	if err == nil {
		found, err = look(ctx, ch.crm, specs[i])
	}
	if err != nil {
		found = failedField(err)
		if fault.Is(err, fault.Unauthorised) {
			s.stop(ctx, c, err)
		}
	}
	out.State, out.FieldKey, out.Message = string(found.State), found.Key, found.Message
	before := c.Fields[contact.Pronouns]
	if err != nil || before == found {
		return out, false
	}
	err = s.updateConnection(ctx, c, func(c *Connection) {
		c.setField(contact.Pronouns, found, s.clock.Now())
	})
	if err != nil {
		s.log.ErrorContext(ctx, "save connection", "error", err)
	}
	appeared := found.State == FieldPresent && before.State != FieldPresent
	if found.State == FieldPresent {
		p := pass{Service: s, customer: c.CustomerID, run: s.unstoredRun(c.CustomerID, Incremental)}
		p.note(nil, Activity{Provider: c.Provider, Op: "setup", Direction: "out", Fields: []contact.Field{contact.Pronouns},
			Message: "The pronouns field is ready in " + c.Provider.Title()})
		p.flushLog(ctx)
	}
	return out, appeared
}

// failedField says why a field could not be looked up or made.
func failedField(err error) RemoteField {
	state := FieldUnreachable
	if k := fault.KindOf(err); k == fault.Forbidden || k == fault.Unauthorised {
		state = FieldForbidden
	}
	return RemoteField{State: state, Message: fault.Public(err)}
}

// reconsider marks the connections that have the field for a full listing: values
// wait in the app and in the CRMs, and have somewhere to go now.
func (s *Service) reconsider(ctx context.Context, customer contact.CustomerID, f contact.Field) error {
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return err
	}
	for _, c := range conns {
		if c.Has(f) && !c.BackfilledAt.IsZero() {
			if err := s.updateConnection(ctx, c, func(c *Connection) { c.Behind = true }); err != nil {
				return err
			}
		}
	}
	return nil
}
