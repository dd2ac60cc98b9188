// Package hubspot speaks to one HubSpot account: contacts, their properties, and
// the events HubSpot sends.
//
// It implements the port [sync.CRM] and [sync.Webhook]: it translates words,
// batches, matches results to rows and classifies errors. It decides nothing about
// contacts, keeps no state but the rate windows and what it learned of the size of
// batches, and creates no subscriptions.
package hubspot

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// DefaultBaseURL is HubSpot's API, for accounts in every region.
const DefaultBaseURL = "https://api.hubapi.com"

// DefaultVersion is the API version used unless told otherwise.
const DefaultVersion = "2026-03"

// The sizes HubSpot documents.
const (
	listPage   = 100
	searchPage = 200
	batchSize  = 100
	// edgeTimeout is when HubSpot's edge gives up on a request (status 524).
	edgeTimeout = 100 * time.Second
)

const (
	classGeneral transport.Class = "general"
	classSearch  transport.Class = "search"
)

// Options describes a connection. Only Token is required.
type Options struct {
	// BaseURL defaults to [DefaultBaseURL]. Records of another address are shown on
	// that address's own page.
	BaseURL string
	// APIVersion is "2026-03" (the default), "2026-09", or "v3".
	APIVersion string
	// Token returns the access token for the next call.
	Token func(ctx context.Context) (string, error)
	// Fields holds the properties that were found; those that are not present are
	// neither read nor written.
	Fields map[contact.Field]sync.RemoteField
	// AccountID and AccountURL are those of [Client.Account], as learned at set-up.
	AccountID, AccountURL string
	// RoundTripper carries the calls; nil: the network.
	RoundTripper http.RoundTripper
	// Delay is how long RoundTripper may still send a request that was given up.
	Delay time.Duration
	Clock sync.Clock // default: the wall clock
	// RateLimit fixes the general limit; zero: 100 calls in 10 s until an answer's
	// headers say otherwise. Negative Calls switch every limit off.
	RateLimit transport.Limit
	// Permits shares the account's limits with other clients; nil: this client alone.
	Permits *transport.Permits
	// Parallel is how many batches are under way at once; default 6.
	Parallel int
	// Jitter spreads the waits before repetitions; see [transport.Options].
	Jitter func(most time.Duration) time.Duration
	Log    *slog.Logger
}

// StaticToken is a token that does not change: of a private app or a service key.
func StaticToken(token string) func(context.Context) (string, error) {
	token = strings.TrimSpace(token)
	return func(context.Context) (string, error) { return token, nil }
}

// Client is one account's adapter. It is safe for concurrent use.
type Client struct {
	o        Options
	api      *transport.Client
	contacts string // path of the contacts endpoints
	props    string // path of the contact property definitions
	mapping  mapping
	// fewHistories is set when the account was found to limit batches to [historySize].
	fewHistories atomic.Bool
}

var _ sync.CRM = (*Client)(nil)

// New returns the adapter of a connection. It makes no call.
func New(o Options) *Client {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	if o.APIVersion == "" {
		o.APIVersion = DefaultVersion
	}
	if o.Clock == nil {
		o.Clock = sync.WallClock{}
	}
	if o.Parallel <= 0 {
		o.Parallel = 6
	}
	c := &Client{o: o, mapping: newMapping(o.Fields)}
	c.contacts, c.props = paths(o.APIVersion)
	c.api = transport.New(transport.Options{
		Vendor:       contact.HubSpot.Title(),
		BaseURL:      o.BaseURL,
		Account:      o.AccountID,
		Clock:        o.Clock,
		RoundTripper: o.RoundTripper,
		Permits:      o.Permits,
		Limits:       limits(o.RateLimit),
		FixedLimits:  o.RateLimit.Calls != 0,
		Authorise:    c.authorise,
		Judge:        judge,
		Explain:      c.explain,
		Usage:        usage,
		Urgent:       sync.IsUrgent,
		Count:        func(ctx context.Context, setup bool) { sync.CountCall(ctx, contact.HubSpot, setup) },
		Jitter:       o.Jitter,
		Log:          o.Log,
	})
	return c
}

func paths(version string) (contacts, properties string) {
	if version == "v3" {
		return "/crm/v3/objects/contacts", "/crm/v3/properties/contacts"
	}
	return "/crm/objects/" + version + "/contacts", "/crm/properties/" + version + "/contacts"
}

// limits are HubSpot's lowest tier. Search has a limit of its own, which no header
// tells, and does not count in the general one.
func limits(fixed transport.Limit) map[transport.Class]transport.Limit {
	general := transport.Limit{Calls: 100, Per: 10 * time.Second}
	search := transport.Limit{Calls: 5, Per: time.Second}
	switch {
	case fixed.Calls < 0:
		general, search = transport.Limit{}, transport.Limit{}
	case fixed.Calls > 0:
		general = fixed
	}
	return map[transport.Class]transport.Limit{classGeneral: general, classSearch: search}
}

func (c *Client) authorise(ctx context.Context) (transport.Credential, error) {
	token, err := c.o.Token(ctx)
	return transport.Credential{Header: "Authorization", Value: "Bearer " + token}, err
}

// Limits implements [sync.CRM].
func (c *Client) Limits() sync.Limits {
	return sync.Limits{
		ListPage: listPage, Read: batchSize, Create: batchSize, Update: batchSize, Delete: batchSize,
		Timeout:    edgeTimeout + c.o.Delay,
		CreateOnce: c.mapping.key != "",
		Deletions:  true,
		History:    true,
	}
}

// Account implements [sync.CRM]: see
// https://developers.hubspot.com/docs/api-reference/latest/account/account-information/guide
func (c *Client) Account(ctx context.Context) (sync.Account, error) {
	var details struct {
		PortalID json.Number `json:"portalId"`
		UIDomain string      `json:"uiDomain"`
		Name     string      `json:"portalName"`
	}
	request := transport.Request{
		Op: "hubspot.account", Method: http.MethodGet, Path: "/account-info/" + c.o.APIVersion + "/details",
		Class: classGeneral, Effect: transport.Read, Setup: true,
	}
	_, err := c.api.JSON(ctx, request, &details)
	if fault.Is(err, fault.NotFound) && c.o.APIVersion != "v3" {
		request.Path = "/account-info/v3/details"
		_, err = c.api.JSON(ctx, request, &details)
	}
	if err != nil {
		return sync.Account{}, err
	}
	id := details.PortalID.String()
	account := sync.Account{ID: id, Name: details.Name, URL: c.o.BaseURL}
	if account.Name == "" {
		account.Name = "HubSpot account " + id
	}
	if c.o.BaseURL == DefaultBaseURL {
		domain := details.UIDomain
		if domain == "" {
			domain = "app.hubspot.com"
		}
		account.URL = "https://" + domain + "/contacts/" + id
	}
	return account, nil
}

// RecordURL implements [sync.CRM].
func (c *Client) RecordURL(id contact.ExternalID) string {
	switch {
	case id == "":
		return ""
	case c.o.BaseURL != DefaultBaseURL:
		return c.o.BaseURL + "/records/" + url.PathEscape(string(id))
	case c.o.AccountURL != "":
		return c.o.AccountURL + "/record/0-1/" + url.PathEscape(string(id))
	case c.o.AccountID != "":
		return "https://app.hubspot.com/contacts/" + c.o.AccountID + "/record/0-1/" + url.PathEscape(string(id))
	}
	return ""
}

// Budget implements [sync.CRM].
func (c *Client) Budget(ctx context.Context) (sync.Budget, error) { return c.api.Budget(ctx) }

// inBatches runs step for every batch of so many of n things, and waits.
func (c *Client) inBatches(n, size int, step func(from, to int)) {
	var steps []func()
	for from := 0; from < n; from += size {
		steps = append(steps, func() { step(from, min(from+size, n)) })
	}
	c.parallel(steps)
}

// parallel runs the steps, so many at once as the connection allows, and waits.
func (c *Client) parallel(steps []func()) {
	if len(steps) < 2 || c.o.Parallel == 1 {
		for _, step := range steps {
			step()
		}
		return
	}
	p := pool.New().WithMaxGoroutines(c.o.Parallel)
	for _, step := range steps {
		p.Go(step)
	}
	p.Wait()
}
