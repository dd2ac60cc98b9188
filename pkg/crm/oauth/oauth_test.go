package oauth_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/crm/oauth"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// wire answers every request alike and remembers the last.
type wire struct {
	status int
	header http.Header
	body   string
	err    error

	asked *http.Request
	form  url.Values
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	w.asked = r
	if w.form, err = url.ParseQuery(string(body)); err != nil {
		return nil, err
	}
	if w.err != nil {
		return nil, w.err
	}
	header := w.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	return &http.Response{
		StatusCode: w.status, Status: http.StatusText(w.status), Header: header, Body: io.NopCloser(strings.NewReader(w.body)), Request: r,
	}, nil
}

// expect checks the last request: where it went, how the client identified itself, and
// its form.
func (w *wire) expect(t *testing.T, address string, basic bool, form url.Values) {
	t.Helper()
	id, secret, _ := w.asked.BasicAuth()
	if !basic {
		id, secret = w.form.Get("client_id"), w.form.Get("client_secret")
	}
	if w.asked.Method != http.MethodPost || w.asked.URL.String() != address || id != "id" || secret != "secret" || basic == w.form.Has("client_secret") {
		t.Errorf("%s %s, identified as %q, form %v", w.asked.Method, w.asked.URL, id, w.form)
	}
	for name := range form {
		if w.form.Get(name) != form.Get(name) {
			t.Errorf("%s is %q, want %q", name, w.form.Get(name), form.Get(name))
		}
	}
}

func TestWhereAndHowVendorsAreAsked(t *testing.T) {
	const back = "https://sync.test/back"
	answer := `{"token_type":"bearer","access_token":"a","refresh_token":"r","expires_in":1800}`
	for name, c := range map[string]struct {
		open                     func(http.RoundTripper) sync.OAuth
		authorize, token, revoke string
		basic                    bool
		scope                    string
	}{
		"HubSpot": {func(w http.RoundTripper) sync.OAuth {
			return hubspot.NewOAuth(hubspot.OAuthOptions{ClientID: "id", Secret: "secret", Redirect: back, RoundTripper: w})
		}, "https://app.hubspot.com/oauth/authorize", "https://api.hubapi.com/oauth/2026-03/token", "https://api.hubapi.com/oauth/2026-03/token/revoke", false, "crm.schemas.contacts.write"},
		"HubSpot elsewhere": {func(w http.RoundTripper) sync.OAuth {
			return hubspot.NewOAuth(hubspot.OAuthOptions{BaseURL: "http://127.0.0.1:9", APIVersion: "v3", ClientID: "id", Secret: "secret", Redirect: back, RoundTripper: w})
		}, "http://127.0.0.1:9/oauth/authorize", "http://127.0.0.1:9/oauth/v3/token", "http://127.0.0.1:9/oauth/v3/token/revoke", false, "crm.objects.contacts.read"},
		"Pipedrive": {func(w http.RoundTripper) sync.OAuth {
			return pipedrive.NewOAuth(pipedrive.OAuthOptions{ClientID: "id", Secret: "secret", Redirect: back, RoundTripper: w})
		}, "https://oauth.pipedrive.com/oauth/authorize", "https://oauth.pipedrive.com/oauth/token", "https://oauth.pipedrive.com/oauth/revoke", true, ""},
		"Pipedrive, a company's": {func(w http.RoundTripper) sync.OAuth {
			return pipedrive.NewOAuth(pipedrive.OAuthOptions{BaseURL: "https://acme.pipedrive.com", ClientID: "id", Secret: "secret", Redirect: back, RoundTripper: w})
		}, "https://oauth.pipedrive.com/oauth/authorize", "https://oauth.pipedrive.com/oauth/token", "https://oauth.pipedrive.com/oauth/revoke", true, ""},
		"Pipedrive elsewhere": {func(w http.RoundTripper) sync.OAuth {
			return pipedrive.NewOAuth(pipedrive.OAuthOptions{BaseURL: "http://127.0.0.1:9", ClientID: "id", Secret: "secret", Redirect: back, RoundTripper: w})
		}, "http://127.0.0.1:9/oauth/authorize", "http://127.0.0.1:9/oauth/token", "http://127.0.0.1:9/oauth/revoke", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{status: 200, body: answer}
			vendor := c.open(w)
			page, err := url.Parse(vendor.AuthorizeURL("st&te"))
			if err != nil {
				t.Fatal(err)
			}
			query := page.Query()
			if page.Scheme+"://"+page.Host+page.Path != c.authorize || query.Get("state") != "st&te" || query.Get("client_id") != "id" ||
				query.Get("redirect_uri") != back || !strings.Contains(query.Get("scope"), c.scope) || strings.Contains(page.String(), "secret") {
				t.Errorf("consent page %s", page)
			}
			began := time.Now()
			grant, err := vendor.Exchange(t.Context(), "c0de")
			if err != nil || grant.Access != "a" || grant.Refresh != "r" || grant.ExpiresAt.Sub(grant.IssuedAt) != 30*time.Minute || grant.IssuedAt.Before(began.Add(-time.Second)) {
				t.Errorf("%+v, %v", grant, err)
			}
			w.expect(t, c.token, c.basic, url.Values{"grant_type": {"authorization_code"}, "code": {"c0de"}, "redirect_uri": {back}})
			if _, err := vendor.Refresh(t.Context(), "r"); err != nil {
				t.Error(err)
			}
			w.expect(t, c.token, c.basic, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"r"}})
			if err := vendor.Revoke(t.Context(), "r"); err != nil {
				t.Error(err)
			}
			w.expect(t, c.revoke, c.basic, url.Values{"token": {"r"}, "token_type_hint": {"refresh_token"}})
		})
	}
}

// TestErrors goes through the answers that are documented or were recorded, and
// through those of the network.
func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		wire wire
		kind fault.Kind
		says string
	}{
		"refresh token revoked, HubSpot":   {wire{status: 400, body: `{"error":"invalid_grant","error_description":"refresh token is invalid, expired or revoked","status":"BAD_REFRESH_TOKEN","message":"refresh token is invalid, expired or revoked"}`}, fault.Unauthorised, "Connect HubSpot again"},
		"refresh token revoked, Pipedrive": {wire{status: 400, body: `{"success":false,"message":"Invalid grant: refresh_token is invalid"}`}, fault.Unauthorised, "Connect HubSpot again"},
		"client unknown":                   {wire{status: 401, body: `{"error":"invalid_client"}`}, fault.Unavailable, "client id"},
		"client unknown, Pipedrive":        {wire{status: 400, body: `{"message":"Invalid client: client is invalid"}`}, fault.Unavailable, "client id"},
		"another refusal":                  {wire{status: 400, body: `{"error":"invalid_scope","error_description":"no such scope"}`}, fault.Forbidden, "no such scope"},
		"another refusal, without reason":  {wire{status: 403, body: `<html>`}, fault.Forbidden, "no reason"},
		"too many":                         {wire{status: 429, header: http.Header{"Retry-After": {"60"}}, body: `{}`}, fault.Throttled, "too often"},
		"failing":                          {wire{status: 502, body: `<html>bad gateway</html>`}, fault.Retryable, "could not issue"},
		"a redirect":                       {wire{status: 307, header: http.Header{"Location": {"https://elsewhere.test"}}}, fault.Retryable, ""},
		"no token in it":                   {wire{status: 200, body: `{"token_type":"bearer"}`}, fault.Retryable, ""},
		"broken off":                       {wire{status: 200, body: `{"access_token":"s3cr`}, fault.Retryable, ""},
		"empty":                            {wire{status: 200}, fault.Retryable, ""},
		"no network":                       {wire{err: errors.New("connection reset")}, fault.Retryable, "did not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			vendor := oauth.New(oauth.Options{
				Provider: contact.HubSpot, ClientID: "id", ClientSecret: "t0psecret", TokenURL: "https://hubspot.test/token",
				RevokeURL: "https://hubspot.test/revoke", RoundTripper: &c.wire,
			})
			_, err := vendor.Refresh(t.Context(), "refresh-t0psecret")
			if !fault.Is(err, c.kind) || !strings.Contains(fault.Public(err), c.says) || strings.Contains(err.Error(), "t0psecret") {
				t.Errorf("%v", err)
			}
			if e := fault.As(err); c.kind == fault.Throttled && time.Until(e.Until) < 50*time.Second {
				t.Errorf("until %v", e.Until)
			}
			t.Logf("%-34s %-14s %s", name, fault.KindOf(err), fault.Public(err))
		})
	}
}
