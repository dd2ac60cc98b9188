package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// Attempts to sign in. An address has a few; all addresses together have more, for
// those who own many. While the latter is used up nobody can sign in, but whoever is
// signed in stays so.
const (
	attemptsWindow     = 15 * time.Minute
	attemptsPerAddress = 5
	attemptsInAll      = 100
	attemptsInAllKey   = "sign-in:all"
)

// maxPassword is the longest password looked at, in bytes.
const maxPassword = 1024

// getSession tells who is signed in, and how one can. That nobody is, is an answer.
func (s *Server) getSession(c *call) (reply, error) {
	who, err := s.identify(c)
	if isNobody(err) {
		if s.Account != nil && s.sessions == nil {
			return reply{}, errNoSessions
		}
		return ok(s.viewSession(caller{}))
	}
	if err != nil {
		return reply{}, err
	}
	return ok(s.viewSession(who))
}

// signIn opens a session for the built-in user.
func (s *Server) signIn(c *call) (reply, error) {
	switch {
	case s.Account == nil:
		return reply{}, fault.New(fault.Unavailable, "APP_PASSWORD is not set, so there is nobody to sign in.")
	case s.sessions == nil:
		return reply{}, errNoSessions
	}
	if err := s.sameOrigin(c.Request); err != nil {
		return reply{}, err
	}
	password, err := enteredPassword(c)
	if err != nil {
		return reply{}, err
	}
	if err := s.checkPassword(c, password); err != nil {
		return reply{}, err
	}
	value, opened, err := s.sessions.begin(c.Context(), s.Account.Name, s.Account.Customer, s.Clock.Now())
	if err != nil {
		return reply{}, err
	}
	who := caller{user: opened.User, customer: opened.Customer, via: byPassword, ends: opened.Ends}
	cookie := sessionCookie(c.Request, value, int(sessionLife/time.Second))
	return reply{status: http.StatusOK, body: s.viewSession(who), header: map[string]string{"Set-Cookie": cookie}}, nil
}

func enteredPassword(c *call) (string, error) {
	o, err := c.object()
	if err != nil {
		return "", err
	}
	password, _ := o.text("password")
	switch {
	case password == "":
		o.reject("password", "Enter the password.")
	case len(password) > maxPassword:
		o.reject("password", "The password is too long.")
	}
	return password, o.done()
}

// checkPassword lets an address try a few times, the more slowly the more often.
// Attempts are counted before they are made, so that many at once are no more.
func (s *Server) checkPassword(c *call, password string) error {
	ctx, key := c.Context(), attemptsKey(c.RemoteAddr)
	n, until, err := s.Values.CountAttempt(ctx, key, s.Clock.Now(), attemptsWindow)
	if err != nil {
		return err
	}
	if n > attemptsPerAddress {
		return s.waitUntil(until)
	}
	all, allUntil, err := s.Values.CountAttempt(ctx, attemptsInAllKey, s.Clock.Now(), attemptsWindow)
	if err != nil {
		return err
	}
	if all > attemptsInAll {
		return s.waitUntil(allUntil)
	}
	if err := s.slowDown(ctx, n); err != nil {
		return err
	}
	if !s.Account.Password.Matches(password) {
		if n == attemptsPerAddress {
			return fault.New(fault.Unauthorised, "The password is not right. Try again %s.", inTime(until, s.Clock.Now()))
		}
		return fault.New(fault.Unauthorised, "The password is not right.")
	}
	if err := s.Values.ForgetAttempts(ctx, key); err != nil {
		return err
	}
	return s.Values.ForgetAttempts(ctx, attemptsInAllKey)
}

// slowDown waits before the n-th attempt: not at all, then 250 ms, doubling.
func (s *Server) slowDown(ctx context.Context, n int) error {
	if n < 2 {
		return nil
	}
	return s.Clock.Sleep(ctx, 250*time.Millisecond<<(n-2))
}

func (s *Server) waitUntil(until time.Time) error {
	return fault.ThrottledUntil(until, "Too many attempts to sign in. Try again %s.", inTime(until, s.Clock.Now()))
}

// inTime says for people when a time is.
func inTime(at, now time.Time) string {
	minutes := int((at.Sub(now) + time.Minute - 1) / time.Minute)
	if minutes <= 1 {
		return "in a minute"
	}
	return fmt.Sprintf("in %d minutes", minutes)
}

// attemptsKey names the client's network. An IPv6 client owns a /64 of addresses at
// least. Addresses are personal data, so the store gets a hash.
func attemptsKey(remote string) string {
	if host, _, err := net.SplitHostPort(remote); err == nil {
		remote = host
	}
	if ip, err := netip.ParseAddr(remote); err == nil {
		remote = ip.Unmap().WithZone("").String()
		if prefix, err := ip.Unmap().Prefix(64); err == nil && ip.Unmap().Is6() {
			remote = prefix.Masked().String()
		}
	}
	hash := sha256.Sum256([]byte("sign-in\x00" + remote))
	return "sign-in:" + hex.EncodeToString(hash[:16])
}

// signOut ends the session of the browser, if it has one.
func (s *Server) signOut(c *call) (reply, error) {
	if err := s.sameOrigin(c.Request); err != nil {
		return reply{}, err
	}
	if s.sessions != nil {
		for _, cookie := range c.CookiesNamed(cookieName(c.Request)) {
			if err := s.sessions.end(c.Context(), cookie.Value); err != nil {
				return reply{}, err
			}
		}
	}
	gone := sessionCookie(c.Request, "", -1)
	return reply{status: http.StatusNoContent, header: map[string]string{"Set-Cookie": gone}}, nil
}

// cookieName is the session's cookie. On this machine, where there is no TLS, it
// cannot have the prefix that keeps other hosts of a domain from planting it.
func cookieName(r *http.Request) string {
	if isLoopback(r.Host) {
		return "contactsync"
	}
	return "__Host-contactsync"
}

func sessionCookie(r *http.Request, value string, maxAge int) string {
	cookie := http.Cookie{ //nolint:gosec // Secure everywhere but on this machine, where there is no TLS
		Name: cookieName(r), Value: value, Path: "/", MaxAge: maxAge,
		Secure: !isLoopback(r.Host), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	return cookie.String()
}

// sessionView says who is signed in.
type sessionView struct {
	SignedIn   bool                `json:"signedIn"`
	User       *string             `json:"user"`
	CustomerID *contact.CustomerID `json:"customerId"`
	Via        *string             `json:"via"`
	ExpiresAt  *time.Time          `json:"expiresAt"`
	Methods    []string            `json:"methods"`
}

func (s *Server) viewSession(who caller) sessionView {
	v := sessionView{Methods: []string{}}
	if s.sessions != nil {
		v.Methods = append(v.Methods, byPassword)
	}
	if len(s.Keys) > 0 {
		v.Methods = append(v.Methods, byKey)
	}
	if s.TokenSecret != "" {
		v.Methods = append(v.Methods, byToken)
	}
	if who.via != "" {
		v.SignedIn, v.User, v.CustomerID, v.Via, v.ExpiresAt = true, &who.user, &who.customer, &who.via, moment(who.ends)
	}
	return v
}
