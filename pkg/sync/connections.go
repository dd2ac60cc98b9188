package sync

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// Vault encrypts credentials for a purpose and decrypts them for the same one.
type Vault interface {
	Seal(plain, purpose string) (sealed string, err error)
	Open(sealed, purpose string) (plain string, old bool, err error)
}

// Purpose is what the connection's credential is sealed for: it opens for no other
// connection, of whatever customer.
func (c *Connection) Purpose() string {
	return "connection\x00" + string(c.CustomerID) + "\x00" + string(c.ID)
}

// current lists the connections that stand for their provider, by provider.
func current(conns []*Connection) []*Connection {
	conns = slices.DeleteFunc(slices.Clone(conns), func(c *Connection) bool { return c.State == ConnectionReplaced })
	slices.SortFunc(conns, func(a, b *Connection) int { return strings.Compare(string(a.Provider), string(b.Provider)) })
	return conns
}

// connection returns the customer's connection to the provider; fault.NotFound.
func (s *Service) connection(ctx context.Context, customer contact.CustomerID, provider contact.Provider) (*Connection, error) {
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return nil, err
	}
	for _, c := range current(conns) {
		if c.Provider == provider {
			return c, nil
		}
	}
	return nil, fault.New(fault.NotFound, "%s is not connected.", provider.Title())
}

// Connections returns the customer's connections as people see them.
func (s *Service) Connections(ctx context.Context, customer contact.CustomerID) ([]ConnectionStatus, error) {
	o, err := s.Status(ctx, customer)
	if err != nil {
		return nil, err
	}
	return o.Connections, nil
}

// Connect takes a credential that a person entered: for a provider that is not
// connected, or in place of the present credential of the same account. The
// credential is tried first; what is refused changes nothing. It fails with
// fault.Conflict when it belongs to another account than the one connected.
func (s *Service) Connect(ctx context.Context, customer contact.CustomerID, provider contact.Provider, token string) error {
	if _, known := s.fields[provider]; !known {
		return fault.InvalidFields(map[string]string{"provider": "This CRM cannot be connected with a token."})
	}
	token = strings.TrimSpace(token)
	if token == "" || len(token) > 4096 || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fault.InvalidFields(map[string]string{"token": "Enter the token as the CRM shows it: one word, without spaces."})
	}
	return s.connectWith(ctx, customer, provider, credential{plain: token})
}

// ConnectThrough takes a connection that the customer made in Membrane, by its id
// there: for a provider that is not connected, or as the new [Route] of the present
// connection to the same account. Otherwise as [Service.Connect].
func (s *Service) ConnectThrough(ctx context.Context, customer contact.CustomerID, provider contact.Provider, carrier string) error {
	if _, known := s.fields[provider]; !known {
		return fault.InvalidFields(map[string]string{"provider": "This CRM cannot be connected through Membrane."})
	}
	if carrier == "" || len(carrier) > 200 || strings.ContainsFunc(carrier, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fault.InvalidFields(map[string]string{"connectionId": "Enter the id of the connection in Membrane."})
	}
	return s.connectWith(ctx, customer, provider, credential{carrier: carrier})
}

// credential is what a connection is made with: a token, the JSON of a [Grant], or
// the id of a connection in Membrane.
type credential struct {
	plain   string
	oauth   bool
	carrier string
}

// sealed encrypts what the deployment keeps of a credential.
func (s *Service) sealed(c *Connection, with credential) (string, error) {
	if with.carrier != "" {
		return "", nil
	}
	if s.vault == nil {
		return "", fault.New(fault.Unavailable, "Credentials cannot be stored: ENCRYPTION_KEYS is not set.")
	}
	return s.vault.Seal(with.plain, c.Purpose())
}

// use gives the connection a credential in place of the present one.
func (c *Connection) use(with credential, sealed string) {
	c.Credential, c.OAuth, c.Carrier = sealed, with.oauth, with.carrier
}

// connectWith connects an account, or gives the present connection another credential.
func (s *Service) connectWith(ctx context.Context, customer contact.CustomerID, provider contact.Provider, with credential) error {
	c, err := s.connection(ctx, customer, provider)
	if fault.Is(err, fault.NotFound) {
		c, err = s.newConnection(customer, provider), nil
	}
	if err != nil {
		return err
	}
	account, sealed, err := s.try(ctx, c, with)
	if err != nil {
		return err
	}
	if c.AccountID != "" && c.AccountID != account.ID {
		if c.State != ConnectionDisconnected {
			return fault.New(fault.Conflict, "This is another %s account than the one connected. Disconnect that one first.", provider.Title())
		}
		if c, sealed, err = s.replace(ctx, c, account, with); err != nil {
			return err
		}
	}
	return s.updateConnection(ctx, c, func(c *Connection) {
		c.use(with, sealed)
		c.AccountID, c.AccountURL = account.ID, account.URL
		c.revive()
	})
}

// try asks the vendor who a credential belongs to, and seals it.
func (s *Service) try(ctx context.Context, c *Connection, with credential) (Account, string, error) {
	sealed, err := s.sealed(c, with)
	if err != nil {
		return Account{}, "", err
	}
	trial := *c
	trial.use(with, sealed)
	crm, err := s.crms.Open(ctx, &trial)
	if err != nil {
		return Account{}, "", err
	}
	account, err := crm.Account(ctx)
	if fault.Is(err, fault.Unauthorised) {
		if with.carrier != "" {
			return Account{}, "", fault.InvalidFields(map[string]string{"connectionId": fault.Public(err)})
		}
		return Account{}, "", fault.InvalidFields(map[string]string{"token": c.Provider.Title() + " refused the token."})
	}
	return account, sealed, err
}

// resealed returns the connection's credential, encrypted with the newest key if it is
// with an older one.
func (s *Service) resealed(c *Connection) string {
	if s.vault == nil || c.Credential == "" {
		return c.Credential
	}
	plain, old, err := s.vault.Open(c.Credential, c.Purpose())
	if err != nil || !old {
		return c.Credential
	}
	sealed, err := s.vault.Seal(plain, c.Purpose())
	if err != nil {
		return c.Credential
	}
	return sealed
}

// replace retires a disconnected connection for another account of its provider.
func (s *Service) replace(ctx context.Context, old *Connection, account Account, with credential) (*Connection, string, error) {
	c := s.newConnection(old.CustomerID, old.Provider)
	c.ID = contact.ConnectionID(string(c.ID) + ":" + account.ID)
	conns, err := s.store.Connections(ctx, old.CustomerID)
	if err != nil {
		return nil, "", err
	}
	if i := slices.IndexFunc(conns, func(o *Connection) bool { return o.ID == c.ID }); i >= 0 {
		c = conns[i] // an account that was connected before
	}
	sealed, err := s.sealed(c, with)
	if err != nil {
		return nil, "", err
	}
	return c, sealed, s.updateConnection(ctx, old, func(o *Connection) {
		o.State = ConnectionReplaced
		o.use(credential{}, "")
	})
}

func (s *Service) newConnection(customer contact.CustomerID, provider contact.Provider) *Connection {
	return &Connection{
		ID: contact.ConnectionID(string(customer) + ":" + string(provider)), CustomerID: customer,
		Provider: provider, State: ConnectionNew, CreatedAt: s.clock.Now(),
	}
}

// revive makes a connection work again. What it missed is found by a full listing.
func (c *Connection) revive() {
	c.State, c.Message, c.SnoozedUntil, c.FieldsAt = ConnectionNew, "", time.Time{}, time.Time{}
	c.Subscription.DueAt = time.Time{}
	if !c.BackfilledAt.IsZero() {
		c.State, c.Behind = ConnectionActive, true
	}
}

// TestConnection asks the vendor whether the credential works and records the
// answer in the connection's state. The error is the vendor's.
func (s *Service) TestConnection(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error {
	c, err := s.connection(ctx, customer, provider)
	if err != nil {
		return err
	}
	if c.State == ConnectionDisconnected {
		return fault.New(fault.NotFound, "%s is not connected.", provider.Title())
	}
	crm, err := s.crms.Open(ctx, c)
	if err == nil {
		_, err = crm.Account(ctx)
	}
	if err != nil {
		s.stop(ctx, c, err)
		return err
	}
	if c.State != ConnectionUnauthorised && c.State != ConnectionError {
		return nil
	}
	return s.updateConnection(ctx, c, (*Connection).revive)
}

// PauseConnection ends all calls to the CRM until it is resumed. Edits go on, and
// reach it after that.
func (s *Service) PauseConnection(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error {
	return s.changeState(ctx, customer, provider, func(c *Connection) {
		if c.State != ConnectionDisconnected {
			c.State, c.Message, c.Behind = ConnectionPaused, "Paused by a person.", true
		}
	})
}

// ResumeConnection ends a pause; the next run finds what happened meanwhile.
func (s *Service) ResumeConnection(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error {
	return s.changeState(ctx, customer, provider, func(c *Connection) {
		if c.State == ConnectionPaused {
			c.revive()
		}
	})
}

// Disconnect forgets the credential and ends all calls and events. The links stay, so
// that connecting the same account again loses and doubles nothing.
func (s *Service) Disconnect(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error {
	c, err := s.connection(ctx, customer, provider)
	if err != nil {
		return err
	}
	if err := s.unsubscribe(ctx, c); err != nil {
		return err
	}
	if c.OAuth {
		s.grants.revoke(ctx, c)
	}
	return s.updateConnection(ctx, c, func(c *Connection) {
		c.State, c.Message, c.Behind = ConnectionDisconnected, "", true
		c.use(credential{}, "")
		c.Subscription = Subscription{}
	})
}

// Reconnect takes up a disconnected connection with the credential of the
// environment; fault.Unauthorised if there is none.
func (s *Service) Reconnect(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error {
	c, err := s.connection(ctx, customer, provider)
	if err != nil {
		return err
	}
	crm, err := s.crms.Open(ctx, c)
	if err != nil {
		return err
	}
	account, err := crm.Account(ctx)
	if err != nil {
		return err
	}
	if c.AccountID != "" && c.AccountID != account.ID {
		return fault.New(fault.Conflict, "The environment's token belongs to another %s account than the one that was connected. Enter the token to go on with that account.", provider.Title())
	}
	return s.updateConnection(ctx, c, (*Connection).revive)
}

// VerifyWrites turns the check of every write for edits it may have replaced on or
// off, for vendors where it costs calls of its own. In HubSpot it costs none and is
// always on.
func (s *Service) VerifyWrites(ctx context.Context, customer contact.CustomerID, provider contact.Provider, on bool) error {
	return s.changeState(ctx, customer, provider, func(c *Connection) { c.VerifyWrites = on })
}

func (s *Service) changeState(ctx context.Context, customer contact.CustomerID, provider contact.Provider, change func(*Connection)) error {
	c, err := s.connection(ctx, customer, provider)
	if err != nil {
		return err
	}
	return s.updateConnection(ctx, c, change)
}
