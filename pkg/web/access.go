package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// access says who may call a function. The zero value is the strict one.
type access int

const (
	signedIn     access = iota // someone who speaks for a customer
	cronOnly                   // the platform's scheduler
	checksItself               // the handler decides: by a vendor's signature, or a password
	anyone
)

// Key lets a program speak for a customer.
type Key struct {
	Name     string // for logs
	Customer contact.CustomerID
	secret   [sha256.Size]byte
}

// ParseKeys reads API_KEYS: comma-separated name:customerId:secret.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	owner := map[[sha256.Size]byte]string{}
	for i, entry := range strings.Split(text, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		name, rest, _ := strings.Cut(entry, ":")
		customer, secret, _ := strings.Cut(rest, ":")
		if name == "" || customer == "" || secret == "" {
			return nil, fault.New(fault.Unavailable, "API_KEYS: entry %d has to read name:customerId:secret.", i+1)
		}
		if len(name) > maxName || !validCustomer(customer) {
			return nil, fault.New(fault.Unavailable,
				"API_KEYS: entry %d: a customerId has up to 100 letters, digits and . _ @ -, and begins with a letter or digit.", i+1)
		}
		key := Key{Name: name, Customer: contact.CustomerID(customer), secret: sha256.Sum256([]byte(secret))}
		if other, taken := owner[key.secret]; taken {
			return nil, fault.New(fault.Unavailable, "API_KEYS: %q and %q have the same secret.", other, name)
		}
		owner[key.secret] = name
		keys = append(keys, key)
	}
	return keys, nil
}

// admit lets the call in or says why not, and settles for which customer it speaks.
func (s *Server) admit(c *call, who access) error {
	if c.broken != nil {
		return c.broken
	}
	switch who {
	case anyone, checksItself:
		return nil
	case cronOnly:
		return s.admitCron(c)
	}
	return s.admitSignedIn(c)
}

func (s *Server) admitCron(c *call) error {
	if s.CronSecret == "" {
		return fault.New(fault.Unavailable, "CRON_SECRET is not set.")
	}
	token, _ := bearer(c.Request)
	want, got := sha256.Sum256([]byte(s.CronSecret)), sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
		return fault.New(fault.Unauthorised, "This needs the cron secret.")
	}
	return nil
}

func (s *Server) admitSignedIn(c *call) error {
	who, err := s.identify(c)
	if err != nil {
		return err
	}
	c.customer, c.via = who.customer, who.via
	return nil
}

// fromThisMachine refuses requests that a web page elsewhere makes a browser on
// this machine send: by a name that resolves here (Host), or across sites (Origin).
func fromThisMachine(r *http.Request) error {
	if !isLoopback(r.Host) {
		return fault.New(fault.Forbidden, "The local host answers to localhost only, not to %q.", r.Host)
	}
	site := r.Header.Get("Sec-Fetch-Site")
	if site == "cross-site" || site == "same-site" || !ownOrigin(r, site) {
		return fault.New(fault.Forbidden, "Requests from other sites are refused.")
	}
	return nil
}

// ownOrigin reports whether the Origin header, if any, is ours. A development
// server in front of this host shows its own port there; that the browser calls
// the request same-origin, which no page can feign, tells it from other programs.
func ownOrigin(r *http.Request, site string) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	return u.Host == r.Host || site == "same-origin" && isLoopback(u.Host)
}

// isLoopback reports whether a Host header names this machine.
func isLoopback(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if strings.EqualFold(name, "localhost") {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}
