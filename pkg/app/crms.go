package app

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	gosync "sync"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// The adapters fit the ports.
var (
	_ sync.CRM     = (*hubspot.Client)(nil)
	_ sync.CRM     = (*pipedrive.Client)(nil)
	_ sync.Webhook = (*hubspot.Webhook)(nil)
	_ sync.CRMs    = (*crms)(nil)
)

// fields lists what each CRM's records are mapped to.
func fields() map[contact.Provider][]sync.FieldSpec {
	return map[contact.Provider][]sync.FieldSpec{
		contact.HubSpot:   hubspot.DefaultFields(),
		contact.Pipedrive: pipedrive.DefaultFields(),
	}
}

// crms opens the adapters of connections made from the environment. An adapter is
// kept while nothing it was made from changes, and all share one log of calls, so
// that pacing lives as long as the process.
type crms struct {
	config    Config
	clock     sync.Clock
	transport http.RoundTripper // nil: the network
	permits   transport.Permits
	log       *slog.Logger

	mu   gosync.Mutex
	open map[contact.ConnectionID]opened
}

type opened struct {
	made sync.Connection // the state of the connection the adapter was made from
	crm  sync.CRM
}

func newCRMs(o Options) *crms {
	return &crms{
		config: o.Config, clock: o.Clock, transport: o.Transport, log: o.Log,
		permits: transport.NewPermits(), open: map[contact.ConnectionID]opened{},
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

// sameTarget reports whether one adapter serves both states of a connection.
func sameTarget(a, b *sync.Connection) bool {
	return a.Provider == b.Provider && a.AccountID == b.AccountID && a.AccountURL == b.AccountURL && maps.Equal(a.Fields, b.Fields)
}

func (c *crms) make(connection *sync.Connection) (sync.CRM, error) {
	switch settings := c.config; {
	case connection.Provider == contact.HubSpot && settings.HubSpot.Token != "":
		return hubspot.New(hubspot.Options{
			BaseURL:      settings.HubSpot.BaseURL,
			APIVersion:   settings.HubSpot.APIVersion,
			Token:        hubspot.StaticToken(settings.HubSpot.Token),
			Fields:       connection.Fields,
			AccountID:    connection.AccountID,
			AccountURL:   connection.AccountURL,
			RoundTripper: c.transport,
			Clock:        c.clock,
			RateLimit:    settings.HubSpot.RateLimit,
			Permits:      c.permits,
			Log:          c.log,
		}), nil
	case connection.Provider == contact.Pipedrive && settings.Pipedrive.Token != "":
		return pipedrive.New(pipedrive.Options{
			BaseURL:      settings.Pipedrive.BaseURL,
			Token:        pipedrive.StaticToken(settings.Pipedrive.Token),
			Fields:       connection.Fields,
			AccountID:    connection.AccountID,
			AccountURL:   connection.AccountURL,
			RoundTripper: c.transport,
			Clock:        c.clock,
			RateLimit:    settings.Pipedrive.RateLimit,
			Permits:      c.permits,
			Log:          c.log,
		}), nil
	}
	return nil, fault.New(fault.Unauthorised, "%s has no credentials: %s is not set.", connection.Provider.Title(), tokenVariable[connection.Provider])
}

var tokenVariable = map[contact.Provider]string{
	contact.HubSpot:   "HUBSPOT_ACCESS_TOKEN",
	contact.Pipedrive: "PIPEDRIVE_API_TOKEN",
}
