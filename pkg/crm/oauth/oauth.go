// Package oauth speaks the authorization code grant of OAuth 2 to the vendor of a
// CRM: where a person agrees, and how tokens are got, renewed and given back.
//
// It keeps no tokens and decides nothing about when to renew them: that is package
// sync's. What the vendors do differently is in [Options].
package oauth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	// timeout bounds one request.
	timeout = 10 * time.Second
	// defaultLife is how long an access token is believed to work when the vendor does
	// not say.
	defaultLife = 30 * time.Minute
	// throttledFor is the wait after a refusal that names none.
	throttledFor = 10 * time.Second
	maxAnswer    = 1 << 20
)

// Options describe a vendor and this deployment's app there. All are required but
// Scopes, RoundTripper and Clock.
type Options struct {
	Provider               contact.Provider
	ClientID, ClientSecret string
	AuthorizeURL, TokenURL string
	RevokeURL              string
	Redirect               string // where the person comes back to
	Scopes                 []string
	Basic                  bool // the client identifies itself with HTTP Basic, else in the form
	RoundTripper           http.RoundTripper
	Clock                  sync.Clock
}

// Client speaks to one vendor for one app. It is safe for concurrent use.
type Client struct {
	o      Options
	config oauth2.Config
	http   *http.Client
}

var _ sync.OAuth = (*Client)(nil)

// New returns a client. It makes no call.
func New(o Options) *Client {
	if o.Clock == nil {
		o.Clock = sync.WallClock{}
	}
	style := oauth2.AuthStyleInParams
	if o.Basic {
		style = oauth2.AuthStyleInHeader
	}
	return &Client{
		o: o,
		config: oauth2.Config{
			ClientID: o.ClientID, ClientSecret: o.ClientSecret, RedirectURL: o.Redirect, Scopes: o.Scopes,
			Endpoint: oauth2.Endpoint{AuthURL: o.AuthorizeURL, TokenURL: o.TokenURL, AuthStyle: style},
		},
		http: &http.Client{
			Transport: o.RoundTripper, Timeout: timeout,
			// A redirect would turn the POST into a GET.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// AuthorizeURL implements [sync.OAuth].
func (c *Client) AuthorizeURL(state string) string { return c.config.AuthCodeURL(state) }

// Exchange implements [sync.OAuth].
func (c *Client) Exchange(ctx context.Context, code string) (sync.Grant, error) {
	token, err := c.config.Exchange(context.WithValue(ctx, oauth2.HTTPClient, c.http), code)
	return c.granted("exchange", token, err)
}

// Refresh implements [sync.OAuth].
func (c *Client) Refresh(ctx context.Context, refresh string) (sync.Grant, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, c.http)
	token, err := c.config.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
	return c.granted("refresh", token, err)
}

func (c *Client) granted(op string, token *oauth2.Token, err error) (sync.Grant, error) {
	if err != nil {
		return sync.Grant{}, c.explain(op, err)
	}
	now, life := c.o.Clock.Now(), defaultLife
	if token.ExpiresIn > 0 {
		life = time.Duration(token.ExpiresIn) * time.Second
	}
	return sync.Grant{Access: token.AccessToken, Refresh: token.RefreshToken, IssuedAt: now, ExpiresAt: now.Add(life)}, nil
}

// Revoke implements [sync.OAuth]: RFC 7009.
func (c *Client) Revoke(ctx context.Context, refresh string) error {
	form := url.Values{"token": {refresh}, "token_type_hint": {"refresh_token"}}
	if !c.o.Basic {
		form.Set("client_id", c.o.ClientID)
		form.Set("client_secret", c.o.ClientSecret)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.o.RevokeURL, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.o.Basic {
		req.SetBasicAuth(url.QueryEscape(c.o.ClientID), url.QueryEscape(c.o.ClientSecret))
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.explain("revoke", err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // of a refusal; what broke off tells enough
	if resp.StatusCode/100 != 2 {
		return c.explain("revoke", &oauth2.RetrieveError{Response: resp, Body: body})
	}
	return nil
}

// explain classifies what went wrong. A code or a refresh token that the vendor does
// not take any more is gone for good; everything else may pass.
func (c *Client) explain(op string, err error) error {
	title := c.o.Provider.Title()
	op = "oauth." + op
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.Response == nil {
		return &fault.Error{Kind: fault.Retryable, Op: op, Message: title + " did not answer when it was asked for a token.", Err: withoutURL(err)}
	}
	status := refused.Response.StatusCode
	cause := errors.New(refused.Response.Status + ": " + excerpt(refused.Body))
	failed := func(kind fault.Kind, message, hint string) error {
		return &fault.Error{Kind: kind, Op: op, Message: message, Hint: hint, Err: cause}
	}
	switch {
	case status == http.StatusTooManyRequests:
		now := c.o.Clock.Now()
		wait := max(throttledFor, transport.RetryAfter(refused.Response.Header, now))
		return &fault.Error{Kind: fault.Throttled, Op: op, Until: now.Add(wait), Message: title + " is asked for tokens too often; it goes on by itself.", Err: cause}
	case status >= 500:
		return failed(fault.Retryable, title+" could not issue a token just now.", "")
	case says(refused, "invalid_grant", "invalid grant", "BAD_REFRESH_TOKEN", "BAD_AUTH_CODE"):
		return failed(fault.Unauthorised, title+" does not accept our access any more: it was taken back, or has ended.", "Connect "+title+" again.")
	case says(refused, "invalid_client", "invalid client", "BAD_CLIENT_ID"):
		return failed(fault.Unavailable, title+" does not know the client id and secret of this deployment.", "")
	case status/100 == 4:
		return failed(fault.Forbidden, title+" refused the connection: "+reason(refused), "")
	}
	return failed(fault.Retryable, title+" sent no token.", "")
}

// says reports whether a refusal has one of the words, in whatever member.
func says(refused *oauth2.RetrieveError, words ...string) bool {
	text := strings.ToLower(refused.ErrorCode + " " + string(refused.Body))
	for _, word := range words {
		if strings.Contains(text, strings.ToLower(word)) {
			return true
		}
	}
	return false
}

// reason is the vendor's own text, for people.
func reason(refused *oauth2.RetrieveError) string {
	switch {
	case refused.ErrorDescription != "":
		return contact.Tidy(refused.ErrorDescription)
	case refused.ErrorCode != "":
		return contact.Tidy(refused.ErrorCode)
	}
	return "it gave no reason."
}

func excerpt(body []byte) string {
	text := string(bytes.ToValidUTF8(body[:min(len(body), 300)], nil))
	return strings.Join(strings.Fields(text), " ")
}

// withoutURL drops the address from an error.
func withoutURL(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	return err
}
