package hubspot

import "net/http"

// tokenMetadata is what HubSpot tells of a token. Of a token it does not know it
// tells no more than that it is not active.
type tokenMetadata struct {
	Active    *bool    `json:"active,omitempty"` // introspection only
	Token     string   `json:"token,omitempty"`
	TokenType string   `json:"token_type,omitempty"`
	ClientID  string   `json:"client_id,omitempty"`
	AppID     int64    `json:"app_id,omitempty"`
	HubID     int64    `json:"hub_id,omitempty"`
	UserID    int64    `json:"user_id,omitempty"`
	User      string   `json:"user,omitempty"`
	HubDomain string   `json:"hub_domain,omitempty"`
	ExpiresIn int      `json:"expires_in,omitempty"` // seconds; access tokens only
	Scopes    []string `json:"scopes,omitempty"`
}

// describeToken returns what is known of a token that works.
func (s *Server) describeToken(c *call, token string) (tokenMetadata, bool) {
	m := tokenMetadata{
		Token: token, HubID: s.options.PortalID, UserID: 77, User: "owner@sandbox.example", HubDomain: "sandbox.hubspot.example", Scopes: s.grantedScopes(),
	}
	expiry, isAccess := s.tokens.access[token]
	switch {
	case isAccess && c.now.Before(expiry):
		m.TokenType, m.AppID, m.ExpiresIn = "access", s.options.AppID, int(expiry.Sub(c.now).Seconds())
		return m, true
	case s.tokens.refresh[token]:
		m.TokenType, m.ClientID = "refresh", s.options.ClientID
		return m, true
	}
	return tokenMetadata{}, false
}

func (s *Server) introspectToken(c *call) (int, any, error) {
	form, ok := s.clientForm(c)
	if !ok {
		return refuseClient()
	}
	metadata, active := s.describeToken(c, form.Get("token"))
	metadata.Active = &active
	return http.StatusOK, metadata, nil
}

// revokeToken succeeds for unknown tokens too, as RFC 7009 wants it. Access tokens
// made from a revoked refresh token work until they expire.
func (s *Server) revokeToken(c *call) (int, any, error) {
	form, ok := s.clientForm(c)
	if !ok {
		return refuseClient()
	}
	delete(s.tokens.access, form.Get("token"))
	delete(s.tokens.refresh, form.Get("token"))
	return http.StatusOK, nil, nil
}

// tokenByPath serves the v1 paths, which name the token in the address.
func tokenByPath(kind string) func(*Server, *call) (int, any, error) {
	return func(s *Server, c *call) (int, any, error) {
		metadata, active := s.describeToken(c, c.PathValue("token"))
		if !active || metadata.TokenType != kind {
			return 0, nil, &problem{code: http.StatusNotFound, Message: kind + " token not found"}
		}
		return http.StatusOK, metadata, nil
	}
}

func (s *Server) deleteRefreshToken(c *call) (int, any, error) {
	delete(s.tokens.refresh, c.PathValue("token"))
	return http.StatusNoContent, nil, nil
}
