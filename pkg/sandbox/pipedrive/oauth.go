package pipedrive

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// accent is the colour of the pages.
const accent = "#1f7a43"

// How long what the consent and the token endpoint issue works.
const (
	codeLife    = 5 * time.Minute
	accessLife  = time.Hour
	refreshLife = 60 * 24 * time.Hour // since its last use
)

// grants holds what OAuth issued. The zero value is ready; the server's mutex guards it.
type grants struct {
	codes   map[string]consent
	access  map[string]time.Time // end by token
	refresh map[string]time.Time // end by token
}

// consent is a user's agreement that no token was asked for yet.
type consent struct {
	redirect string
	end      time.Time
}

type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	Scope        string `json:"scope"`
	APIDomain    string `json:"api_domain"`
}

// oauthError has the texts of the vendor; that they stand in message is a guess.
type oauthError struct {
	Success bool   `json:"success"`
	Error   string `json:"error"`
	Message string `json:"message"`
}

// oauth serves what oauth.pipedrive.com does.
func (s *Server) oauth() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oauth/authorize", s.authorize)
	mux.HandleFunc("POST /oauth/authorize", s.authorize)
	mux.HandleFunc("POST /oauth/token", s.oauthCall(s.issueToken))
	mux.HandleFunc("POST /oauth/revoke", s.oauthCall(s.revokeToken))
	return mux
}

// authorize is the consent page.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	back, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || !back.IsAbs() || s.clientID == "" || query.Get("client_id") != s.clientID {
		http.Error(w, "The client_id or the redirect_uri does not match this app.", http.StatusBadRequest)
		return
	}
	kit.Consent{
		Title: "Pipedrive", Accent: accent, Scopes: s.scopes(), Denied: "user_denied",
		Agree: func(redirect string) string {
			s.lock()
			defer s.unlock()
			code := s.uuid()
			s.grants.codes = keep(s.grants.codes, code, consent{redirect, s.now.Add(codeLife)})
			return code
		},
	}.ServeHTTP(w, r)
}

func (s *Server) scopes() []string {
	s.lock()
	defer s.unlock()
	return s.grantedScopes()
}

// oauthCall checks the client's id and secret, which come as Basic.
func (s *Server) oauthCall(serve func(*http.Request) (any, *refusal)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		if s.clientID == "" || id != s.clientID || secret != s.clientSecret {
			refuseGrant("invalid_client", "Invalid client: client is invalid").write(w)
			return
		}
		s.lock()
		body, problem := serve(r)
		s.unlock()
		switch {
		case problem != nil:
			problem.write(w)
		case body == nil:
			w.WriteHeader(http.StatusOK)
		default:
			writeJSON(w, http.StatusOK, body)
		}
	}
}

func refuseGrant(code, text string) *refusal {
	return &refusal{status: http.StatusBadRequest, text: text, body: oauthError{Error: code, Message: text}}
}

// issueToken exchanges a code, once, or a refresh token, which lives on.
func (s *Server) issueToken(r *http.Request) (any, *refusal) {
	refresh := r.PostFormValue("refresh_token")
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		code := r.PostFormValue("code")
		given, known := s.grants.codes[code]
		if !known || !s.now.Before(given.end) {
			return nil, refuseGrant("invalid_grant", "Invalid grant: authorization code is invalid")
		}
		if r.PostFormValue("redirect_uri") != given.redirect {
			return nil, refuseGrant("invalid_request", "Invalid request: `redirect_uri` is invalid")
		}
		delete(s.grants.codes, code)
		refresh = s.uuid()
	case "refresh_token":
		if !s.now.Before(s.grants.refresh[refresh]) {
			return nil, refuseGrant("invalid_grant", "Invalid grant: refresh_token is invalid")
		}
	default:
		return nil, refuseGrant("unsupported_grant_type", "Unsupported grant type: `grant_type` is invalid")
	}
	s.grants.refresh = keep(s.grants.refresh, refresh, s.now.Add(refreshLife))
	access := strings.Join([]string{"v1u", s.uuid(), strconv.FormatInt(s.companyID, 36)}, ":")
	s.grants.access = keep(s.grants.access, access, s.now.Add(accessLife))
	return tokenAnswer{
		AccessToken: access, TokenType: "Bearer", ExpiresIn: int(accessLife.Seconds()) - 1, RefreshToken: refresh,
		Scope: strings.Join(s.grantedScopes(), ","), APIDomain: "https://" + s.domain + ".pipedrive.com",
	}, nil
}

func keep[V any](m map[string]V, key string, value V) map[string]V {
	if m == nil {
		m = map[string]V{}
	}
	m[key] = value
	return m
}

func (s *Server) grantedScopes() []string {
	if s.knobs.Scopes != nil {
		return slices.Clone(s.knobs.Scopes)
	}
	return anyScope
}

// revokeToken ends one access token, or with a refresh token the whole installation.
// Unknown tokens are no error.
func (s *Server) revokeToken(r *http.Request) (any, *refusal) {
	token := r.PostFormValue("token")
	if _, known := s.grants.refresh[token]; known {
		s.grants.refresh, s.grants.access = nil, nil
		return nil, nil
	}
	delete(s.grants.access, token)
	return nil, nil
}
