package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// caller is who a request speaks for.
type caller struct {
	user     string
	customer contact.CustomerID
	via      string    // byPassword and so on
	ends     time.Time // zero: not by itself
}

// Ways of being signed in.
const (
	byPassword  = "password"
	byKey       = "key"
	byToken     = "token"
	byDeveloper = "developer"
)

// maxName is the longest name of a user, in bytes.
const maxName = 200

var customerID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$`)

// validCustomer reports whether a text can be a customer's id: up to 100 letters,
// digits and the characters . _ @ -, beginning with a letter or digit. It is part of
// keys in the store, which use other characters between their parts.
func validCustomer(id string) bool { return customerID.MatchString(id) }

// Account is the built-in user.
type Account struct {
	Name     string
	Customer contact.CustomerID
	Password *Password
}

// errNobody means that a request carries nothing that says who sends it.
var errNobody = fault.New(fault.Unauthorised, "This needs a sign-in.")

// identify returns whom the request speaks for. What is presented has to be right:
// something that cannot be used is never treated as nothing.
func (s *Server) identify(c *call) (caller, error) {
	if err := s.closed(); err != nil {
		return caller{}, err
	}
	if token, given := bearer(c.Request); given {
		return s.identifyBearer(token)
	}
	if s.sessions != nil {
		if cookies := c.CookiesNamed(cookieName(c.Request)); len(cookies) > 0 {
			return s.identifyCookie(c, cookies)
		}
	}
	if s.Developer != "" {
		return caller{user: "developer", customer: s.Developer, via: byDeveloper}, fromThisMachine(c.Request)
	}
	return caller{}, errNobody
}

// closed reports that nobody can be signed in, and what is missing for it.
func (s *Server) closed() error {
	switch {
	case s.sessions != nil, s.Developer != "", len(s.Keys) > 0, s.TokenSecret != "":
		return nil
	case s.Account != nil:
		return errNoSessions
	}
	return fault.New(fault.Unavailable, "None of APP_PASSWORD, API_KEYS and APP_JWT_SECRET is set, so nobody can be let in.")
}

var errNoSessions = fault.New(fault.Unavailable, "SESSION_SECRET is not set, so nobody can sign in with APP_PASSWORD.")

func (s *Server) identifyBearer(token string) (caller, error) {
	if key, known := s.key(token); known {
		return caller{user: key.Name, customer: key.Customer, via: byKey}, nil
	}
	if who, ok := s.hostToken(token); ok {
		return who, nil
	}
	return caller{}, fault.New(fault.Unauthorised, "The API key or token is not known, or has expired.")
}

// identifyCookie finds the session of a browser. That a page of another site made it
// send the request is told from its Origin and Sec-Fetch-Site headers.
func (s *Server) identifyCookie(c *call, cookies []*http.Cookie) (caller, error) {
	if err := s.sameOrigin(c.Request); err != nil {
		return caller{}, err
	}
	if len(cookies) > 1 {
		return caller{}, errSignedOut // somebody planted one
	}
	found, err := s.sessions.find(c.Context(), cookies[0].Value, s.Clock.Now())
	if err != nil {
		return caller{}, err
	}
	return caller{user: found.User, customer: found.Customer, via: byPassword, ends: found.Ends}, nil
}

// sameOrigin refuses requests that change something and come from another site.
func (s *Server) sameOrigin(r *http.Request) error {
	if s.origins.Check(r) != nil {
		return fault.New(fault.Forbidden, "Requests from other sites are refused.")
	}
	return nil
}

// isNobody reports that err says no more than that nobody is signed in.
func isNobody(err error) bool { return errors.Is(err, errNobody) || errors.Is(err, errSignedOut) }

// key finds the key of a secret. It looks at all keys in any case, so that its
// time tells nothing.
func (s *Server) key(secret string) (Key, bool) {
	var found Key
	matched := 0
	hash := sha256.Sum256([]byte(secret))
	for _, key := range s.Keys {
		if subtle.ConstantTimeCompare(key.secret[:], hash[:]) == 1 {
			found, matched = key, matched+1
		}
	}
	return found, matched > 0
}

// bearer returns the token of the Authorization header. given is true for any
// such header.
func bearer(r *http.Request) (token string, given bool) {
	header := r.Header.Get("Authorization")
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		token = ""
	}
	return strings.TrimSpace(token), header != ""
}
