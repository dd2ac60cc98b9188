// Package app wires the product from its environment: store, adapters, service and
// the HTTP server around them, once per process.
//
// It holds no rules of its own. Functions use [Serve]; programs that bring their
// own store, such as the local host and tests, call [New] and [SetDefault] first.
package app

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
	"github.com/contactsync/contactsync/pkg/web"
)

// EnvironmentCustomer is the customer of connections made from the environment.
const EnvironmentCustomer contact.CustomerID = "default"

// minTokenSecret is how many characters the key of HS256 should have: as many bytes
// as its hash (RFC 7518, section 3.2).
const minTokenSecret = 32

// Options is what an [App] is made of. Config and Store are required.
type Options struct {
	Config Config
	Store  sync.Store
	// Developer, when it is not empty, is the customer that requests from this
	// machine without credentials act for. For the local host only.
	Developer contact.CustomerID
	Clock     sync.Clock        // nil: the wall clock
	Transport http.RoundTripper // carries the calls to CRMs; nil: the network
	Log       *slog.Logger      // nil: slog's default
}

// App is the product, wired. It is safe for concurrent use.
type App struct {
	Service *sync.Service
	Server  *web.Server
}

// New wires an app, and makes sure that the connections of the environment exist.
// The store stays the caller's to close.
func New(ctx context.Context, o Options) (*App, error) {
	if o.Clock == nil {
		o.Clock = sync.WallClock{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	settings, server := serviceConfig(o), serverConfig(o)
	if c := newChain(o.Config, o.Log); c != nil {
		settings.Trigger = func(ctx context.Context) { c.call(ctx, 1) }
		server.Chain = c.call
	}
	service := sync.New(settings)
	for _, provider := range o.Config.providers() {
		if err := service.EnsureConnection(ctx, EnvironmentCustomer, provider); err != nil {
			return nil, err
		}
		if err := service.NoteToken(ctx, EnvironmentCustomer, provider, o.Config.token(provider)); err != nil {
			return nil, err
		}
	}
	server.Service = service
	return &App{Service: service, Server: web.New(server)}, nil
}

func serviceConfig(o Options) sync.Config {
	grants := newGrants(o)
	c := sync.Config{
		Store:  o.Store,
		CRMs:   newCRMs(o, grants),
		Grants: grants,
		Fields: fields(),
		Clock:  o.Clock,
		Events: eventAddresses(o.Config),
		Rules:  reconcile.Rules{Default: o.Config.Policy},
		Region: o.Config.PhoneRegion,
		Log:    o.Log,
	}
	if o.Config.Vault != nil {
		c.Vault = o.Config.Vault
	}
	return c
}

func serverConfig(o Options) web.Config {
	c := web.Config{
		Ping:          o.Store.Ping,
		SessionSecret: o.Config.SessionSecret,
		Values:        o.Store,
		Keys:          o.Config.Keys,
		TokenSecret:   o.Config.TokenSecret,
		Developer:     o.Developer,
		CronSecret:    o.Config.CronSecret,
		HubSpot:       hubspotWebhook(o.Config),
		Pipedrive:     pipedriveWebhook(o.Config),
		PublicBaseURL: o.Config.PublicBaseURL,
		HasToken:      o.Config.hasToken,
		OAuthMissing:  o.Config.missingForOAuth,
		Membrane:      membraneAccess(o),
		Version:       o.Config.Version,
		Clock:         o.Clock,
		Log:           o.Log,
	}
	if o.Config.Password != nil {
		c.Account = &web.Account{Name: "admin", Customer: EnvironmentCustomer, Password: o.Config.Password}
	}
	if n := len(o.Config.TokenSecret); n > 0 && n < minTokenSecret {
		o.Log.Warn("APP_JWT_SECRET is short enough to be guessed from a token: use 32 random characters or more")
	}
	return c
}
