package hubspot

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// oauthProblem is the body of a refused token request.
type oauthProblem struct {
	Error            string `json:"error"`
	ErrorDescription string `json:"error_description"`
	Status           string `json:"status"`
	Message          string `json:"message"`
}

type tokenAnswer struct {
	TokenType    string   `json:"token_type"`
	RefreshToken string   `json:"refresh_token"`
	AccessToken  string   `json:"access_token"`
	ExpiresIn    int      `json:"expires_in"`
	HubID        int64    `json:"hub_id,omitempty"`
	Scopes       []string `json:"scopes,omitempty"`
}

func oauthRoutes(version string) []route {
	token := route{label: "oauth.token", method: "POST", path: "/token", serve: (*Server).issueToken}
	if version == "v1" {
		return []route{
			token,
			{label: "oauth.access-token.get", method: "GET", path: "/access-tokens/{token}", serve: tokenByPath("access")},
			{label: "oauth.refresh-token.get", method: "GET", path: "/refresh-tokens/{token}", serve: tokenByPath("refresh")},
			{label: "oauth.refresh-token.delete", method: "DELETE", path: "/refresh-tokens/{token}", serve: (*Server).deleteRefreshToken},
		}
	}
	return []route{
		token,
		{label: "oauth.introspect", method: "POST", path: "/token/introspect", serve: (*Server).introspectToken},
		{label: "oauth.revoke", method: "POST", path: "/token/revoke", serve: (*Server).revokeToken},
	}
}

// authorize stands for the consent page of app.hubspot.com.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	back, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || !back.IsAbs() || query.Get("client_id") != s.options.ClientID {
		http.Error(w, "The client_id or the redirect_uri does not match this app.", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	scopes := s.grantedScopes()
	s.mu.Unlock()
	kit.Consent{
		Title: "HubSpot", Accent: accent, Scopes: scopes, Denied: "access_denied",
		Agree: func(redirect string) string {
			s.mu.Lock()
			defer s.mu.Unlock()
			code := s.tokens.next("code")
			s.tokens.codes[code] = redirect
			return code
		},
	}.ServeHTTP(w, r)
}

// issueToken exchanges a code, once, or a refresh token, as often as it is sent.
func (s *Server) issueToken(c *call) (int, any, error) {
	form, ok := s.clientForm(c)
	if !ok {
		return refuseClient()
	}
	refresh := form.Get("refresh_token")
	switch form.Get("grant_type") {
	case "authorization_code":
		redirect, known := s.tokens.codes[form.Get("code")]
		if !known {
			return refuseToken("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code")
		}
		if form.Get("redirect_uri") != redirect {
			return refuseToken("invalid_grant", "BAD_REDIRECT_URI", "missing or invalid redirect uri")
		}
		delete(s.tokens.codes, form.Get("code"))
		refresh = s.tokens.next("refresh")
		s.tokens.refresh[refresh] = true
	case "refresh_token":
		if !s.tokens.refresh[refresh] {
			return refuseToken("invalid_grant", "BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked")
		}
	default:
		return refuseToken("unsupported_grant_type", "BAD_GRANT_TYPE", "missing or unknown grant type")
	}
	access := s.tokens.next("access")
	s.tokens.access[access] = c.now.Add(tokenLife)
	answer := tokenAnswer{TokenType: "bearer", RefreshToken: refresh, AccessToken: access, ExpiresIn: int(tokenLife.Seconds())}
	if c.version != "v1" {
		answer.HubID, answer.Scopes = s.options.PortalID, s.grantedScopes()
	}
	return http.StatusOK, answer, nil
}

// clientForm reads the call's form, and reports whether it names this app's client.
func (s *Server) clientForm(c *call) (url.Values, bool) {
	form, err := url.ParseQuery(string(c.body))
	known := err == nil && s.options.ClientID != "" && form.Get("client_id") == s.options.ClientID && form.Get("client_secret") == s.options.ClientSecret
	return form, known
}

func refuseClient() (int, any, error) {
	return refuseToken("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id or secret")
}

func refuseToken(code, status, message string) (int, any, error) {
	return http.StatusBadRequest, oauthProblem{Error: code, ErrorDescription: message, Status: status, Message: message}, nil
}

func (s *Server) grantedScopes() []string {
	if s.knobs.Scopes != nil {
		return slices.Clone(s.knobs.Scopes)
	}
	return []string{"oauth", scopeRead, scopeWrite, scopeSchemaRead, scopeSchemaWrite}
}

// RevokeRefreshTokens makes every refresh token useless, as uninstalling the app does.
func (s *Server) RevokeRefreshTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens.refresh)
}
