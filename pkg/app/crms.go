package app

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	gosync "sync"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/secret"
	"github.com/contactsync/contactsync/pkg/sync"
)

// The adapters fit the ports.
var (
	_ sync.CRM     = (*hubspot.Client)(nil)
	_ sync.CRM     = (*pipedrive.Client)(nil)
	_ sync.Webhook = (*hubspot.Webhook)(nil)
	_ sync.CRMs    = (*crms)(nil)
	_ sync.Vault   = (*secret.Box)(nil)

	_ transport.Ledger = ledger{}
)

// fields lists what each CRM's records are mapped to.
func fields() map[contact.Provider][]sync.FieldSpec {
	return map[contact.Provider][]sync.FieldSpec{
		contact.HubSpot:   hubspot.DefaultFields(),
		contact.Pipedrive: pipedrive.DefaultFields(),
	}
}

// crms opens the adapters of connections. An adapter is kept while nothing it was
// made from changes. All share the permits that the store keeps, so that the limits of
// an account hold in all instances together, whoever connected it.
type crms struct {
	config    Config
	clock     sync.Clock
	transport http.RoundTripper // nil: the network
	permits   *transport.Permits
	grants    *sync.Grants
	log       *slog.Logger

	mu   gosync.Mutex
	open map[contact.ConnectionID]opened
}

type opened struct {
	made sync.Connection // the state of the connection the adapter was made from
	crm  sync.CRM
}

func newCRMs(o Options, grants *sync.Grants) *crms {
	return &crms{
		config: o.Config, clock: o.Clock, transport: o.Transport, grants: grants, log: o.Log,
		permits: transport.NewPermits(ledger{o.Store}, o.Log), open: map[contact.ConnectionID]opened{},
	}
}

// Open implements [sync.CRMs]. It makes no call.
func (c *crms) Open(_ context.Context, connection *sync.Connection) (sync.CRM, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.open[connection.ID]; ok && sameTarget(&known.made, connection) {
		return known.crm, nil
	}
	crm, err := c.make(connection)
	if err != nil {
		return nil, err
	}
	made := *connection
	made.Fields = maps.Clone(connection.Fields)
	c.open[connection.ID] = opened{made, crm}
	return crm, nil
}

// permitsOf returns the permits of a connection's calls. While its account is not
// known it has its own, so that nobody else's first calls wait for it; what it used by
// then, the account's next answer tells.
func (c *crms) permitsOf(connection *sync.Connection) *transport.Permits {
	if connection.AccountID == "" {
		return nil
	}
	return c.permits
}

// sameTarget reports whether one adapter serves both states of a connection.
func sameTarget(a, b *sync.Connection) bool {
	return a.CustomerID == b.CustomerID && a.Provider == b.Provider && a.Credential == b.Credential && a.OAuth == b.OAuth && a.Carrier == b.Carrier &&
		a.AccountID == b.AccountID && a.AccountURL == b.AccountURL && maps.Equal(a.Fields, b.Fields)
}

func (c *crms) make(connection *sync.Connection) (sync.CRM, error) {
	way, err := c.way(connection)
	if err != nil {
		return nil, err
	}
	switch settings := c.config; connection.Provider {
	case contact.HubSpot:
		return hubspot.New(hubspot.Options{
			BaseURL:      settings.HubSpot.BaseURL,
			APIVersion:   settings.HubSpot.APIVersion,
			Token:        way.token,
			Fields:       connection.Fields,
			AccountID:    connection.AccountID,
			AccountURL:   connection.AccountURL,
			RoundTripper: way.transport,
			Delay:        way.delay,
			Clock:        c.clock,
			RateLimit:    settings.HubSpot.RateLimit,
			Permits:      c.permitsOf(connection),
			Log:          c.log,
		}), nil
	case contact.Pipedrive:
		return pipedrive.New(pipedrive.Options{
			BaseURL:      settings.Pipedrive.BaseURL,
			Token:        way.token,
			OAuth:        way.bearer,
			Fields:       connection.Fields,
			AccountID:    connection.AccountID,
			AccountURL:   connection.AccountURL,
			RoundTripper: way.transport,
			Delay:        way.delay,
			Clock:        c.clock,
			RateLimit:    settings.Pipedrive.RateLimit,
			Permits:      c.permitsOf(connection),
			Log:          c.log,
		}), nil
	}
	return nil, fault.New(fault.Unavailable, "This version has no adapter for %s.", connection.Provider.Title())
}

// way is how an adapter's calls are sent.
type way struct {
	token     func(context.Context) (string, error) // of each call
	bearer    bool                                  // where the vendor takes other tokens too
	transport http.RoundTripper
	delay     time.Duration
}

// way follows the connection's route. A grant is renewed meanwhile; a token for
// Membrane is made for each call.
func (c *crms) way(connection *sync.Connection) (way, error) {
	switch {
	case connection.Route() == sync.RouteMembrane:
		return c.config.Membrane.way(connection, c.transport, c.clock)
	case connection.OAuth:
		token, err := c.grants.Source(connection)
		return way{token: token, bearer: true, transport: c.transport}, err
	}
	token, err := c.token(connection)
	return way{
		token:     func(context.Context) (string, error) { return strings.TrimSpace(token), nil },
		transport: c.transport,
	}, err
}

// token returns the credential of a connection: the one that a person entered for
// it, else the environment's, which is good for [EnvironmentCustomer] only.
func (c *crms) token(connection *sync.Connection) (string, error) {
	if sealed := connection.Credential; sealed != "" {
		if c.config.Vault == nil {
			return "", fault.New(fault.Unavailable, "The stored credential cannot be read: ENCRYPTION_KEYS is not set.")
		}
		token, _, err := c.config.Vault.Open(sealed, connection.Purpose())
		return token, err
	}
	if connection.CustomerID != EnvironmentCustomer {
		return "", fault.New(fault.Unauthorised, "%s has no credential. Enter a token.", connection.Provider.Title())
	}
	if token := c.config.token(connection.Provider); token != "" {
		return token, nil
	}
	return "", fault.New(fault.Unauthorised, "%s has no credential: enter a token, or set %s.", connection.Provider.Title(), tokenVariable[connection.Provider])
}

var tokenVariable = map[contact.Provider]string{
	contact.HubSpot:   "HUBSPOT_ACCESS_TOKEN",
	contact.Pipedrive: "PIPEDRIVE_API_TOKEN",
}
