package hubspot

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// tokenLife is how long an OAuth access token works.
const tokenLife = 30 * time.Minute

// tokens holds the credentials that were issued. The server's mutex guards it.
type tokens struct {
	static  string
	access  map[string]time.Time // expiry by token
	codes   map[string]string    // redirect address of unused authorization codes
	refresh map[string]bool
	count   int
}

func newTokens(o Options) *tokens {
	return &tokens{static: o.Token, access: make(map[string]time.Time), codes: make(map[string]string), refresh: make(map[string]bool)}
}

func (t *tokens) next(kind string) string {
	t.count++
	return fmt.Sprintf("na1-sandbox-%s-%04d", kind, t.count)
}

// SetToken rotates the static token; the old one stops working at once.
func (s *Server) SetToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens.static = token
}

func (s *Server) authenticate(c *call) error {
	token, bearer := strings.CutPrefix(c.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		token = ""
	}
	if token != "" && token == s.tokens.static && !s.knobs.Revoked {
		return nil
	}
	expiry, issued := s.tokens.access[token]
	switch {
	case !issued:
		return &problem{
			code:     http.StatusUnauthorized,
			Message:  "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
			Category: "INVALID_AUTHENTICATION",
		}
	case !c.now.Before(expiry):
		return &problem{
			code:     http.StatusUnauthorized,
			Message:  fmt.Sprintf("The OAuth token used to make this call expired %d second(s) ago.", int(c.now.Sub(expiry)/time.Second)),
			Category: "EXPIRED_AUTHENTICATION",
		}
	}
	return nil
}

func (s *Server) permit(r *route) error {
	if s.knobs.Scopes == nil || len(r.scopes) == 0 {
		return nil
	}
	for _, scope := range r.scopes {
		if slices.Contains(s.knobs.Scopes, scope) {
			return nil
		}
	}
	return missingScopes(r.scopes)
}
