// Package pipedrive speaks to one Pipedrive account: persons and their fields.
//
// It implements the port [sync.CRM] over version 2 of the API: it translates
// words, writes one person a call, keeps the addresses and numbers we do not map,
// and classifies errors. It decides nothing about contacts, keeps no state but the
// rate windows, and never uses the search, whose index lags behind.
package pipedrive

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// DefaultBaseURL is Pipedrive's API for every company.
const DefaultBaseURL = "https://api.pipedrive.com"

// The sizes Pipedrive documents.
const (
	listPage = 500
	readSize = 100
	// edgeTimeout is when Pipedrive's edge gives up on a request (status 524).
	edgeTimeout = 100 * time.Second
)

const classBurst transport.Class = "burst"

// Options describes a connection. Only Token is required.
type Options struct {
	// BaseURL defaults to [DefaultBaseURL]; a company's own, such as
	// "https://acme.pipedrive.com", works too. Records of any other address are shown
	// on that address's own page.
	BaseURL string
	// Token returns the token for the next call.
	Token func(ctx context.Context) (string, error)
	// OAuth sends the token as an OAuth access token instead of an API token.
	OAuth bool
	// Fields holds the fields that were found; those that are not present are neither
	// read nor written.
	Fields map[contact.Field]sync.RemoteField
	// AccountID and AccountURL are those of [Client.Account], as learned at set-up.
	AccountID, AccountURL string
	// RoundTripper carries the calls; nil: the network.
	RoundTripper http.RoundTripper
	// Delay is how long RoundTripper may still send a request that was given up.
	Delay time.Duration
	Clock sync.Clock // default: the wall clock
	// RateLimit fixes the burst limit; zero: 20 calls in 2 s until an answer's headers
	// say otherwise. Negative Calls switch the limit off.
	RateLimit transport.Limit
	// Permits shares the token's limits with other clients; nil: this client alone.
	Permits *transport.Permits
	// Parallel is how many writes are under way at once; default 12.
	Parallel int
	// Jitter spreads the waits before repetitions; see [transport.Options].
	Jitter func(most time.Duration) time.Duration
	Log    *slog.Logger
}

// StaticToken is a token that does not change: a user's API token.
func StaticToken(token string) func(context.Context) (string, error) {
	token = strings.TrimSpace(token)
	return func(context.Context) (string, error) { return token, nil }
}

// Client is one account's adapter. It is safe for concurrent use.
type Client struct {
	o       Options
	api     *transport.Client
	mapping mapping
}

var _ sync.CRM = (*Client)(nil)

// New returns the adapter of a connection. It makes no call.
func New(o Options) *Client {
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	if o.Clock == nil {
		o.Clock = sync.WallClock{}
	}
	if o.Parallel <= 0 {
		o.Parallel = 12
	}
	c := &Client{o: o, mapping: newMapping(o.Fields)}
	c.api = transport.New(transport.Options{
		Vendor:       contact.Pipedrive.Title(),
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
		Cost:         cost,
		DayUnit:      "tokens",
		Count:        func(ctx context.Context, setup bool) { sync.CountCall(ctx, contact.Pipedrive, setup) },
		Jitter:       o.Jitter,
		Log:          o.Log,
	})
	return c
}

// limits is the burst limit of an API token on the lowest plan.
func limits(fixed transport.Limit) map[transport.Class]transport.Limit {
	burst := transport.Limit{Calls: 20, Per: burstWindow}
	switch {
	case fixed.Calls < 0:
		burst = transport.Limit{}
	case fixed.Calls > 0:
		burst = fixed
	}
	return map[transport.Class]transport.Limit{classBurst: burst}
}

func (c *Client) authorise(ctx context.Context) (transport.Credential, error) {
	token, err := c.o.Token(ctx)
	if c.o.OAuth {
		return transport.Credential{Header: "Authorization", Value: "Bearer " + token}, err
	}
	return transport.Credential{Header: "X-Api-Token", Value: token}, err
}

// Limits implements [sync.CRM]. What calls cost is told in
// https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
func (c *Client) Limits() sync.Limits {
	return sync.Limits{
		ListPage: listPage, Read: readSize, Create: 1, Update: 1, Delete: 1, Timeout: edgeTimeout + c.o.Delay,
		Together: [][]contact.Field{{contact.FirstName, contact.LastName}},
		Tokens:   sync.CallKinds{List: 10, Read: 10, Get: 1, History: 20, Create: 5, Update: 5, Delete: 3},
	}
}

// Account implements [sync.CRM]: see
// https://developers.pipedrive.com/docs/api/v1/Users#getCurrentUser
func (c *Client) Account(ctx context.Context) (sync.Account, error) {
	me, _, err := call[struct {
		CompanyID     json.Number `json:"company_id"`
		CompanyName   string      `json:"company_name"`
		CompanyDomain string      `json:"company_domain"`
	}](ctx, c, transport.Request{
		Op: "pipedrive.account", Method: http.MethodGet, Path: "/api/v1/users/me",
		Class: classBurst, Effect: transport.Read, Setup: true,
	})
	if err != nil {
		return sync.Account{}, err
	}
	account := sync.Account{ID: me.CompanyID.String(), Name: me.CompanyName, URL: c.o.BaseURL}
	if account.Name == "" {
		account.Name = "Pipedrive company " + account.ID
	}
	if isVendor(c.o.BaseURL) && me.CompanyDomain != "" {
		account.URL = "https://" + strings.TrimSuffix(me.CompanyDomain, ".pipedrive.com") + ".pipedrive.com"
	}
	return account, nil
}

// RecordURL implements [sync.CRM].
func (c *Client) RecordURL(id contact.ExternalID) string {
	switch {
	case id == "":
		return ""
	case !isVendor(c.o.BaseURL):
		return c.o.BaseURL + "/records/" + url.PathEscape(string(id))
	case c.o.AccountURL != "":
		return c.o.AccountURL + "/person/" + url.PathEscape(string(id))
	case c.o.BaseURL != DefaultBaseURL:
		return c.o.BaseURL + "/person/" + url.PathEscape(string(id))
	}
	return ""
}

// isVendor reports whether an address is one of Pipedrive itself.
func isVendor(address string) bool {
	u, err := url.Parse(address)
	return err == nil && strings.HasSuffix("."+u.Hostname(), ".pipedrive.com")
}

// Budget implements [sync.CRM].
func (c *Client) Budget(ctx context.Context) (sync.Budget, error) { return c.api.Budget(ctx) }

// parallel runs step for 0 to n-1, so many at once as the connection allows, and waits.
func (c *Client) parallel(n int, step func(i int)) {
	if n == 1 || c.o.Parallel == 1 {
		for i := range n {
			step(i)
		}
		return
	}
	p := pool.New().WithMaxGoroutines(c.o.Parallel)
	for i := range n {
		p.Go(func() { step(i) })
	}
	p.Wait()
}

// envelope is the form of every answer.
type envelope[T any] struct {
	Success *bool `json:"success"`
	Data    *T    `json:"data"`
	// Additional holds the cursor of version 2 and the offset of version 1.
	Additional struct {
		Next       string `json:"next_cursor"`
		Pagination struct {
			More bool `json:"more_items_in_collection"`
			Next int  `json:"next_start"`
		} `json:"pagination"`
	} `json:"additional_data"`
}

// call sends a request and returns the data of its answer, which is not null.
func call[T any](ctx context.Context, c *Client, r transport.Request) (data T, answer envelope[T], err error) {
	resp, err := c.api.JSON(ctx, r, &answer)
	switch {
	case err != nil:
		return data, answer, err
	case answer.Success != nil && !*answer.Success:
		// A status of 2xx does not make it a success.
		return data, answer, c.explain(resp)
	case answer.Data == nil:
		kind := fault.OutcomeUnknown
		if r.Effect == transport.Read {
			kind = fault.Retryable
		}
		missing := fault.New(kind, "Pipedrive sent an answer without data.")
		missing.Op, missing.Err = r.Op, resp.Cause()
		return data, answer, missing
	}
	return *answer.Data, answer, nil
}
