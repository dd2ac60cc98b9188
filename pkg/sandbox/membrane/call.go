package membrane

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// call is an API call of a customer.
type call struct {
	*http.Request
	customer string // "" for the managers of the workspace
	body     []byte
}

// serve answers a call: it checks the token, the limits and the size of the request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, route string, serve func(*call) (any, error)) {
	s.calls.Add(route)
	answer, err := s.answer(w, r, serve)
	if err != nil {
		writeProblem(w, err)
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, serve func(*call) (any, error)) (any, error) {
	c := &call{Request: r}
	text, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		return nil, notAuthenticated("no token")
	}
	if err := s.authenticate(c, text); err != nil {
		return nil, err
	}
	if fits, _, reset := s.window.Take(s.now()); !fits {
		if s.Knobs().SendRetryAfter {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(reset.Seconds()))))
		}
		return nil, &problem{status: http.StatusTooManyRequests, Type: "bad_request", Key: "rate_limit_exceeded", Message: "API requests per second limit exceeded"}
	}
	var err error
	if c.body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest)); err != nil {
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return nil, &problem{status: http.StatusRequestEntityTooLarge, Type: "bad_request", Message: "request entity too large"}
		}
		return nil, badRequest("the body could not be read")
	}
	return serve(c)
}

// authenticate takes the tokens of both dialects of claims.
func (s *Server) authenticate(c *call, text string) error {
	var said struct {
		ID           string `json:"id"`
		TenantKey    string `json:"tenantKey"`
		WorkspaceKey string `json:"workspaceKey"`
		Name         string `json:"name"`
		IsAdmin      bool   `json:"isAdmin"`
		jwt.RegisteredClaims
	}
	if s.options.WorkspaceKey == "" || s.options.WorkspaceSecret == "" {
		return notAuthenticated("the workspace has no secret")
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256", "HS384", "HS512"}), jwt.WithTimeFunc(s.now))
	_, err := parser.ParseWithClaims(text, &said, func(*jwt.Token) (any, error) { return []byte(s.options.WorkspaceSecret), nil })
	switch {
	case err != nil:
		return notAuthenticated(err.Error())
	case said.Issuer != s.options.WorkspaceKey && said.WorkspaceKey != s.options.WorkspaceKey:
		return notAuthenticated("another workspace")
	}
	c.customer = said.ID
	if c.customer == "" {
		c.customer = said.TenantKey
	}
	switch {
	case c.customer == "" && !said.IsAdmin:
		return notAuthenticated("the token names no customer")
	case c.customer != "" && said.IsAdmin:
		return notAuthenticated("a manager's token names no customer")
	case c.customer != "":
		s.meet(c.customer, said.Name)
	}
	return nil
}

// meet makes a customer that is not known yet.
func (s *Server) meet(customer, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name != "" || s.names[customer] == "" {
		s.names[customer] = name
	}
}

// decode reads a body strictly.
func (c *call) decode(into any) error {
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return badRequest("invalid body: " + err.Error())
	}
	return nil
}

func (s *Server) self(c *call) (any, error) {
	if c.customer == "" {
		return map[string]any{"isAdmin": true, "workspaceKey": s.options.WorkspaceKey}, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Method == http.MethodPatch {
		var change struct {
			Name        *string         `json:"name"`
			Fields      json.RawMessage `json:"fields"`
			Credentials json.RawMessage `json:"credentials"`
		}
		if err := c.decode(&change); err != nil {
			return nil, err
		}
		if change.Name != nil {
			s.names[c.customer] = *change.Name
		}
	}
	return map[string]any{
		"id": c.customer, "internalId": c.customer, "name": s.names[c.customer], "fields": map[string]any{},
		"isTest": false, "workspaceKey": s.options.WorkspaceKey,
	}, nil
}

// problem is the engine's error.
type problem struct {
	status   int
	Type     string   `json:"type"`
	Key      string   `json:"key,omitempty"`
	Message  string   `json:"message"`
	Data     any      `json:"data,omitempty"`
	CausedBy *problem `json:"causedByError,omitempty"`
	RunID    string   `json:"actionRunId,omitempty"`
}

func (p *problem) Error() string { return p.Message }

func badRequest(message string) *problem {
	return &problem{status: http.StatusBadRequest, Type: "bad_request", Message: message}
}

func notFound(what string) *problem {
	return &problem{status: http.StatusNotFound, Type: "bad_request", Key: "not_found", Message: what + " not found"}
}

func notAuthenticated(why string) *problem {
	return &problem{status: http.StatusUnauthorized, Type: "bad_request", Key: "not_authenticated", Message: "Not authenticated: " + why}
}

func accessDenied(what string) *problem {
	return &problem{status: http.StatusForbidden, Type: "bad_request", Key: "access_denied", Message: "Access denied: " + what}
}

func writeProblem(w http.ResponseWriter, err error) {
	var p *problem
	if !errors.As(err, &p) {
		p = &problem{status: http.StatusInternalServerError, Type: "internal", Message: err.Error()}
	}
	writeJSON(w, p.status, p)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
}

// next returns an id; the caller holds the mutex.
func (s *Server) next(kind string) string {
	s.issued++
	return fmt.Sprintf("%s_%06d", kind, s.issued)
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
