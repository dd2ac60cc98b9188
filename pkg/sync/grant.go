package sync

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	gosync "sync"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// Grant is the access that a person granted through OAuth.
type Grant struct {
	Access    string    `json:"access"`
	Refresh   string    `json:"refresh"`
	IssuedAt  time.Time `json:"issuedAt"`
	ExpiresAt time.Time `json:"expiresAt"`
}

const (
	// refreshLease is how long one instance may take to renew a grant before another
	// tries. A renewal that failed is repeated no sooner.
	refreshLease = 30 * time.Second
	// refreshWait is how often an instance without a token that works looks whether
	// another has got one.
	refreshWait = 250 * time.Millisecond
	// lastUse is how long before its end a token is not used any more.
	lastUse = 15 * time.Second
)

// due is when the grant is renewed: at 80 % of its life. Never because a call was
// refused: that does not mean that the token has expired.
func (g Grant) due() time.Time { return g.IssuedAt.Add(g.ExpiresAt.Sub(g.IssuedAt) * 4 / 5) }

// works reports whether a call that begins now can be made with the grant.
func (g Grant) works(now time.Time) bool { return now.Before(g.ExpiresAt.Add(-lastUse)) }

// Grants keeps the grants of connections fresh. Of all instances one renews a grant;
// the others go on with the old token as long as it works, and then wait. A renewed
// grant is stored before it is used: if that fails, the old one is still good, and
// the vendor takes its refresh token again.
type Grants struct {
	Store interface {
		ConnectionStore
		ValueStore
	}
	Vault Vault // nil: no grant can be read
	OAuth map[contact.Provider]OAuth
	Clock Clock
	Log   *slog.Logger
}

// Source returns what tells the access token of a connection at each call. The
// connection is as it was loaded, and holds a grant. It makes no call, and fails when
// the grant cannot be read.
func (g *Grants) Source(c *Connection) (func(ctx context.Context) (string, error), error) {
	s := &grantSource{Grants: g, conn: *c}
	_, err := s.current()
	return s.token, err
}

// grantSource is one connection's grant as this instance knows it.
type grantSource struct {
	*Grants
	mu     gosync.Mutex // guards what follows; not held during calls
	conn   Connection
	grant  Grant         // of sealed
	sealed string        // "" before the first use
	busy   chan struct{} // closed when the renewal under way has ended; nil: there is none
}

// token implements [Grants.Source].
func (s *grantSource) token(ctx context.Context) (string, error) {
	for {
		grant, err := s.current()
		if err != nil {
			return "", err
		}
		now := s.Clock.Now()
		if now.Before(grant.due()) {
			return grant.Access, nil
		}
		renewing, mine := s.begin()
		if mine {
			err = s.renew(ctx, grant)
			s.end(renewing)
			if err == nil {
				continue // what is stored now counts
			}
		}
		switch {
		case fault.Is(err, fault.Unauthorised):
			return "", err
		case grant.works(s.Clock.Now()):
			return grant.Access, nil
		case err != nil:
			return "", err
		}
		select {
		case <-renewing:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// begin joins the renewal that is under way in this instance, or begins one.
func (s *grantSource) begin() (renewing chan struct{}, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy != nil {
		return s.busy, false
	}
	s.busy = make(chan struct{})
	return s.busy, true
}

func (s *grantSource) end(renewing chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = nil
	close(renewing)
}

// current returns the grant as this instance knows it.
func (s *grantSource) current() (Grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sealed == s.conn.Credential && s.sealed != "" {
		return s.grant, nil
	}
	grant, err := s.open(&s.conn)
	if err == nil {
		s.grant, s.sealed = grant, s.conn.Credential
	}
	return grant, err
}

func (s *grantSource) adopt(c *Connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = *c
}

// open reads a connection's grant.
func (g *Grants) open(c *Connection) (Grant, error) {
	switch {
	case c.Credential == "" || !c.OAuth:
		return Grant{}, fault.New(fault.Unauthorised, "%s is not connected any more.", c.Provider.Title())
	case g.Vault == nil:
		return Grant{}, fault.New(fault.Unavailable, "The stored credential cannot be read: ENCRYPTION_KEYS is not set.")
	}
	plain, _, err := g.Vault.Open(c.Credential, c.Purpose())
	if err != nil {
		return Grant{}, err
	}
	var grant Grant
	if json.Unmarshal([]byte(plain), &grant) != nil || grant.Access == "" {
		return Grant{}, fault.New(fault.Unauthorised, "The stored credential is damaged. Connect %s again.", c.Provider.Title())
	}
	return grant, nil
}

// seal encrypts a grant for a connection.
func (g *Grants) seal(c *Connection, grant Grant) (string, error) {
	plain, err := json.Marshal(grant)
	if err != nil {
		return "", err
	}
	return g.Vault.Seal(string(plain), c.Purpose())
}

// renew makes the stored grant one that is fresh, or finds that it is one already.
// While another instance does so and the old token works, it leaves it at that; when
// the old token does not, it waits for the other.
func (s *grantSource) renew(ctx context.Context, old Grant) error {
	for {
		c, err := s.load(ctx)
		if err != nil {
			return err
		}
		stored, err := s.open(c)
		if err != nil {
			return err
		}
		now := s.Clock.Now()
		if now.Before(stored.due()) {
			s.adopt(c)
			return nil
		}
		n, _, err := s.Store.CountAttempt(ctx, refreshKey(c), now, refreshLease)
		if err != nil {
			return err
		}
		if n == 1 {
			return s.refresh(ctx, c, stored)
		}
		if old.works(now) {
			return errRenewing
		}
		if s.Clock.Sleep(ctx, refreshWait) != nil {
			return errRenewing
		}
	}
}

// errRenewing means that another instance renews the grant.
var errRenewing = fault.New(fault.Retryable, "The access is being renewed.")

func refreshKey(c *Connection) string { return "refresh:" + string(c.ID) }

// load reads the connection as it is stored.
func (s *grantSource) load(ctx context.Context) (*Connection, error) {
	s.mu.Lock()
	customer, id, provider := s.conn.CustomerID, s.conn.ID, s.conn.Provider
	s.mu.Unlock()
	conns, err := s.Store.Connections(ctx, customer)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(conns, func(c *Connection) bool { return c.ID == id })
	if i < 0 {
		return nil, fault.New(fault.Unauthorised, "%s is not connected any more.", provider.Title())
	}
	return conns[i], nil
}

// refresh asks the vendor for a new token and stores it, unless the connection has
// got another credential meanwhile.
func (s *grantSource) refresh(ctx context.Context, c *Connection, old Grant) error {
	vendor := s.OAuth[c.Provider]
	if vendor == nil {
		return fault.New(fault.Unavailable, "The client id and secret of the %s app are not set.", c.Provider.Title())
	}
	before := c.Credential
	fresh, err := vendor.Refresh(ctx, old.Refresh)
	if err != nil {
		s.Log.WarnContext(ctx, "renew access", "provider", c.Provider, "error", err)
		if now, failed := s.load(ctx); failed == nil && now.Credential != before {
			s.adopt(now) // a person has connected it again, or ended it
			return nil
		}
		return err
	}
	if fresh.Refresh == "" {
		fresh.Refresh = old.Refresh
	}
	sealed, err := s.seal(c, fresh)
	if err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx) // the vendor has issued it: keep it
	err = updateConnection(ctx, s.Store, c, func(c *Connection) {
		if c.Credential == before {
			c.Credential = sealed
		}
	})
	if err != nil {
		return err
	}
	s.adopt(c)
	return s.Store.ForgetAttempts(ctx, refreshKey(c))
}

// revoke gives a connection's grant back to the vendor. That it could not be is no
// reason to keep it.
func (g *Grants) revoke(ctx context.Context, c *Connection) {
	grant, err := g.open(c)
	if err == nil && g.OAuth[c.Provider] != nil {
		err = g.OAuth[c.Provider].Revoke(ctx, grant.Refresh)
	}
	if err != nil {
		g.Log.WarnContext(ctx, "revoke access", "provider", c.Provider, "error", err)
	}
}
