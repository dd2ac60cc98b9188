package sync

import (
	"bytes"
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// EnsureConnection stores a connection of the customer to the provider if there is
// none; for connections that are configured by the environment. Idempotent.
func (s *Service) EnsureConnection(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error {
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(conns, func(c *Connection) bool { return c.Provider == provider }) {
		return nil
	}
	err = s.store.SaveConnection(ctx, s.newConnection(customer, provider))
	if fault.Is(err, fault.Stale) {
		return nil // another instance was first
	}
	return err
}

// noteAge is how long the store keeps what is noted about a connection beside its
// document, unless it is noted again. It is no longer than the store waits before it
// removes values that have ended: see [ValueStore].
const noteAge = 60 * 24 * time.Hour

// NoteToken tells which token the environment has for the customer's connection. When
// it is another than before, the account is asked for before anything else is done
// with it: it may be another account, where none of the links' records are.
func (s *Service) NoteToken(ctx context.Context, customer contact.CustomerID, provider contact.Provider, token string) error {
	c, err := s.connection(ctx, customer, provider)
	if err != nil {
		return err
	}
	key, hash := "environment-token:"+string(c.ID), sha256.Sum256([]byte(token))
	known, err := s.store.Value(ctx, key, s.clock.Now())
	if err != nil && !fault.Is(err, fault.NotFound) || bytes.Equal(known, hash[:]) {
		return err
	}
	if c.AccountID != "" {
		if err := s.updateConnection(ctx, c, func(c *Connection) {
			c.FieldsAt, c.Subscription.DueAt = time.Time{}, time.Time{}
		}); err != nil {
			return err
		}
	}
	return s.store.PutValue(ctx, key, hash[:], s.clock.Now().Add(noteAge))
}

func otherAccount(c *Connection) error {
	e := fault.New(fault.Conflict, "The token belongs to another %s account than the one connected, %s.", c.Provider.Title(), c.AccountID)
	e.Hint = "Put the old token back. Or disconnect, and enter the new token, to go on with the other account."
	return e
}

// updateConnection applies change to the stored connection until no other writer
// interferes, and copies the result into c.
func (s *Service) updateConnection(ctx context.Context, c *Connection, change func(*Connection)) error {
	return updateConnection(ctx, s.store, c, change)
}

func updateConnection(ctx context.Context, store ConnectionStore, c *Connection, change func(*Connection)) error {
	for {
		next := *c
		next.Fields, next.FieldSince = maps.Clone(c.Fields), maps.Clone(c.FieldSince)
		change(&next)
		err := store.SaveConnection(ctx, &next)
		if err == nil {
			*c = next
			return nil
		}
		if !fault.Is(err, fault.Stale) {
			return err
		}
		conns, err := store.Connections(ctx, c.CustomerID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(conns, func(o *Connection) bool { return o.ID == c.ID })
		if i < 0 {
			return fault.New(fault.NotFound, "The connection was removed.")
		}
		*c = *conns[i]
	}
}

// channel is a connection in use.
type channel struct {
	conn   *Connection
	crm    CRM
	limits Limits
	// listed reports that the account's records are known, so that making new ones
	// doubles nothing.
	listed bool
	// stopped is why the connection takes no more calls for now; nil: it does.
	stopped error
	reads   map[contact.ExternalID]Reading
	queue   []*push
}

// open prepares a connection: its adapter, account and fields. Set-up calls are
// made once a day.
func (s *Service) open(ctx context.Context, c *Connection, specs []FieldSpec) (*channel, error) {
	crm, err := s.crms.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	if c.AccountID == "" || c.FieldsAt.IsZero() || now.Sub(c.FieldsAt) > fieldsAge {
		if err := s.learn(ctx, c, crm, specs, now); err != nil {
			return nil, err
		}
		if crm, err = s.crms.Open(ctx, c); err != nil {
			return nil, err
		}
	}
	if err := s.subscribe(ctx, c, crm); err != nil {
		return nil, err
	}
	return &channel{
		conn: c, crm: crm, limits: crm.Limits(),
		listed: !c.BackfilledAt.IsZero(), reads: map[contact.ExternalID]Reading{},
	}, nil
}

// learn asks the vendor who the account is and which of our fields it has, and
// creates those that the sync itself needs. That one of them is not allowed stops
// nothing: the sync goes on without it.
func (s *Service) learn(ctx context.Context, c *Connection, crm CRM, specs []FieldSpec, now time.Time) error {
	account, err := crm.Account(ctx)
	if err != nil {
		return err
	}
	if c.AccountID != "" && account.ID != c.AccountID {
		return otherAccount(c)
	}
	found, err := crm.Discover(ctx, specs)
	if err != nil {
		return err
	}
	for _, spec := range specs {
		if !ensuredAlways(spec) || found[spec.Field].State != FieldMissing {
			continue
		}
		field, err := crm.Ensure(ctx, spec)
		if final(err) {
			field, err = failedField(err), nil
		}
		if err != nil {
			return err
		}
		found[spec.Field] = field
	}
	return s.updateConnection(ctx, c, func(c *Connection) {
		c.Credential = s.resealed(c)
		c.AccountID, c.AccountURL = account.ID, account.URL
		c.setFields(found, now)
		c.FieldsAt = now
	})
}

// setFields takes what was found about all fields.
func (c *Connection) setFields(found map[contact.Field]RemoteField, now time.Time) {
	for f, field := range found {
		c.setField(f, field, now)
	}
	maps.DeleteFunc(c.Fields, func(f contact.Field, _ RemoteField) bool { _, asked := found[f]; return !asked })
}

// setField takes what was found about a field. Under another identity than before it
// has agreed on nothing yet.
func (c *Connection) setField(f contact.Field, found RemoteField, now time.Time) {
	if before, known := c.Fields[f]; known && before.Key != found.Key && found.State == FieldPresent {
		if c.FieldSince == nil {
			c.FieldSince = map[contact.Field]time.Time{}
		}
		c.FieldSince[f] = now
	}
	if c.Fields == nil {
		c.Fields = map[contact.Field]RemoteField{}
	}
	c.Fields[f] = found
}

// ensuredAlways reports whether a field is created without asking: our key, and
// the job title where it is a custom field. Pronouns wait for a person's click.
func ensuredAlways(spec FieldSpec) bool {
	return spec.Custom && (spec.Field == contact.SyncKey || spec.Field == contact.JobTitle)
}

// stop records why a connection cannot be used, in its state and for this pass.
// Errors of single records must not come here.
func (s *Service) stop(ctx context.Context, c *Connection, err error) {
	state, until := failedState(err), time.Time{}
	if state == ConnectionThrottled {
		if until = fault.As(err).Until; until.Sub(s.clock.Now()) < time.Minute {
			return // a short wait is no state worth showing
		}
	}
	message := fault.Public(err)
	s.log.WarnContext(ctx, "connection", "provider", c.Provider, "state", state, "error", err)
	if c.State == state && c.Message == message && c.Behind && c.SnoozedUntil.Equal(until) {
		return
	}
	update := s.updateConnection(context.WithoutCancel(ctx), c, func(c *Connection) {
		if c.State != ConnectionPaused {
			c.State, c.Message, c.SnoozedUntil, c.Behind = state, message, until, true
		}
	})
	if update != nil {
		s.log.ErrorContext(ctx, "save connection", "error", update)
	}
}

// failedState is the state of a connection that cannot be used because of err.
func failedState(err error) ConnectionState {
	switch fault.KindOf(err) {
	case fault.Unauthorised:
		return ConnectionUnauthorised
	case fault.Throttled:
		return ConnectionThrottled
	}
	return ConnectionError
}

// concernsConnection reports whether err is about the whole connection rather than
// one record.
func concernsConnection(err error) bool {
	k := fault.KindOf(err)
	return k == fault.Unauthorised || k == fault.Throttled
}
