package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// byOAuth is the method of connecting a CRM through its consent page.
const byOAuth = "oauth"

// maxReason bounds what a vendor says about a failure, in characters.
const maxReason = 200

type authorizationView struct {
	AuthorizeURL string    `json:"authorizeUrl"`
	ExpiresAt    time.Time `json:"expiresAt"`
}

// authorize answers where a person agrees. Whoever asked has to come back from there:
// the browser that holds the session; or for users of a host application the one that
// holds the cookie set here. A program with a key vouches for whom it sends.
func (s *Server) authorize(c *call, provider contact.Provider) (reply, error) {
	if missing := s.OAuthMissing(provider); len(missing) > 0 {
		return reply{}, fault.New(fault.Unavailable, "Connecting %s this way needs %s.", provider.Title(), list(missing))
	}
	browser, header := "", map[string]string{}
	switch c.via {
	case byPassword:
		browser = browserOf(c.CookiesNamed(cookieName(c.Request))[0])
	case byToken:
		cookie := consentCookie(c.Request, rand.Text())
		browser, header["Set-Cookie"] = browserOf(cookie), cookie.String()
	}
	address, ends, err := s.Service.Authorize(c.Context(), c.customer, provider, browser)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: authorizationView{address, ends}, header: header}, nil
}

// browserOf names the browser that holds a cookie, without telling what is in it.
func browserOf(cookie *http.Cookie) string {
	hash := sha256.Sum256([]byte(cookie.Name + "\x00" + cookie.Value))
	return hex.EncodeToString(hash[:])
}

func consentCookie(r *http.Request, value string) *http.Cookie {
	return &http.Cookie{ //nolint:gosec // Secure everywhere but on this machine, where there is no TLS
		Name: cookieName(r) + "-consent", Value: value, Path: "/", MaxAge: 600,
		Secure: !isLoopback(r.Host), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// authorised takes a person back who was at a vendor's consent page. Whatever
// happened, the answer leads to the Connections page, which says it.
func (s *Server) authorised(c *call) (reply, error) {
	provider := contact.Provider(c.id)
	if !slices.Contains(providers, provider) {
		return reply{}, fault.New(fault.NotFound, "There is nothing at this address.")
	}
	query, result := c.URL.Query(), url.Values{}
	err := s.finishAuthorization(c, provider, query)
	if err != nil {
		result.Set("failed", string(provider))
		result.Set("reason", whyNot(err))
	} else {
		result.Set("connected", string(provider))
	}
	return reply{status: http.StatusSeeOther, header: map[string]string{
		"Location": "/connections?" + result.Encode(),
		// The address holds a code.
		"Referrer-Policy": "no-referrer",
	}}, nil
}

func (s *Server) finishAuthorization(c *call, provider contact.Provider, query url.Values) error {
	browsers, err := s.browsers(c)
	if err != nil {
		return err
	}
	state, code := query.Get("state"), query.Get("code")
	refused := query.Get("error")
	if refused == "" && code != "" {
		return s.Service.Authorised(c.Context(), provider, state, code, browsers)
	}
	// Only who was sent there may say what the page shows.
	if err := s.Service.CancelAuthorization(c.Context(), provider, state, browsers); err != nil {
		return err
	}
	switch said := query.Get("error_description"); {
	case refused == "access_denied" || refused == "user_denied":
		return fault.New(fault.Forbidden, "It was not agreed to in %s.", provider.Title())
	case refused == "":
		return fault.New(fault.Invalid, "%s sent no code.", provider.Title())
	case said != "":
		return fault.New(fault.Forbidden, "%s says: %s", provider.Title(), said)
	}
	return fault.New(fault.Forbidden, "%s says: %s", provider.Title(), refused)
}

// browsers names the browser that a request comes from: by its session, if that goes
// on, and by the cookie that authorize set.
func (s *Server) browsers(c *call) ([]string, error) {
	var names []string
	if cookies := c.CookiesNamed(cookieName(c.Request)); s.sessions != nil && len(cookies) == 1 {
		switch _, err := s.sessions.find(c.Context(), cookies[0].Value, s.Clock.Now()); {
		case err == nil:
			names = append(names, browserOf(cookies[0]))
		case !fault.Is(err, fault.Unauthorised):
			return nil, err
		}
	}
	for _, cookie := range c.CookiesNamed(cookieName(c.Request) + "-consent") {
		names = append(names, browserOf(cookie))
	}
	return names, nil
}

// whyNot says for people why a CRM was not connected.
func whyNot(err error) string {
	text := fault.Public(err)
	if e := fault.As(err); e != nil && e.Fields["token"] != "" {
		text = e.Fields["token"]
	}
	if text = contact.Tidy(text); utf8.RuneCountInString(text) > maxReason {
		text = string([]rune(text)[:maxReason]) + "…"
	}
	return text
}
