package sync

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// EventAddress says where a vendor's events are received.
type EventAddress struct {
	// Base is the address, without a slash at its end; "" while the vendor could not
	// reach one, and Problem says why.
	Base, Problem string
	// User and Password are those of connections with the environment's credential,
	// whose events come to Base itself. Version changes with them and tells nothing
	// about them. Without them, and for all other connections, there is an address
	// below Base that nobody can guess, with a password of its own.
	User, Password, Version string
}

// Subscription is how a connection's CRM was asked to send its events. That it does
// not only makes changes arrive later: with the next poll.
type Subscription struct {
	// ID is the vendor's; "" means that there is none.
	ID string `json:"id,omitempty"`
	// For is the address and the credentials it was made for, without telling them.
	For string `json:"for,omitempty"`
	// Secret holds the connection's own address and credentials, encrypted.
	Secret string `json:"secret,omitempty"`
	// DueAt is when it is looked at again; nobody else does so before.
	DueAt time.Time `json:"dueAt,omitzero"`
	// Problem is why there is none, for people.
	Problem string `json:"problem,omitempty"`
}

// How soon a subscription is looked at again: one that works, one that was refused,
// and one of which it is not known.
const (
	subscriptionAge   = 24 * time.Hour
	subscriptionRetry = time.Hour
	subscriptionSoon  = 5 * time.Minute
)

// eventSecret is what only the vendor and this product know of a subscription.
type eventSecret struct {
	Key      string `json:"key"` // the last part of the address
	User     string `json:"user"`
	Password string `json:"password"`
}

// subscribe has the CRM send its events, if it can and there is an address for them,
// and looks once a day whether it still does. Of several instances one does so. The
// error is the store's; what the CRM refuses is only noted.
func (s *Service) subscribe(ctx context.Context, c *Connection, crm CRM) error {
	subscriber, able := crm.(Subscriber)
	at := s.events[c.Provider]
	if !able || at.Base == "" {
		return nil
	}
	version := at.Base + " " + at.Version
	if !at.shared(c) {
		version = at.Base + " own"
		if s.vault == nil {
			return nil
		}
	}
	claimed, err := s.claimSubscription(ctx, c, version)
	if err != nil || !claimed {
		return err
	}
	to, err := s.eventTarget(ctx, c, at)
	if err != nil {
		return err
	}
	next, failed := renew(ctx, subscriber, c.Subscription, version, to)
	now := s.clock.Now()
	switch {
	case failed == nil:
		next.DueAt = now.Add(subscriptionAge)
	case final(failed):
		next.DueAt = now.Add(subscriptionRetry)
	default:
		next.DueAt = now.Add(subscriptionSoon)
	}
	if failed != nil {
		s.log.WarnContext(ctx, "subscribe to events", "provider", c.Provider, "error", failed)
		next.Problem = fault.Public(failed)
	}
	return s.updateConnection(context.WithoutCancel(ctx), c, func(c *Connection) { c.Subscription = next })
}

// shared reports whether the connection's events come to the deployment's address.
func (at EventAddress) shared(c *Connection) bool {
	return c.Credential == "" && at.User != "" && at.Password != ""
}

// claimSubscription reports whether the caller is to look at the subscription now:
// when it is due, or made for another address than the present one.
func (s *Service) claimSubscription(ctx context.Context, c *Connection, version string) (claimed bool, err error) {
	due := func(c *Connection) bool {
		in := c.Subscription.DueAt.Sub(s.clock.Now())
		return in <= 0 || c.Subscription.For != version && in > subscriptionSoon
	}
	if !due(c) {
		return false, nil
	}
	err = s.updateConnection(ctx, c, func(c *Connection) {
		if claimed = due(c) && !c.left(); claimed {
			c.Subscription.DueAt = s.clock.Now().Add(subscriptionSoon)
		}
	})
	return claimed, err
}

// renew looks whether the subscription is there, and makes it where it is not.
func renew(ctx context.Context, crm Subscriber, old Subscription, version string, to EventTarget) (Subscription, error) {
	next := Subscription{For: version, Secret: old.Secret}
	if old.ID != "" && old.For == version {
		next.ID = old.ID
		if there, err := crm.Subscribed(ctx, old.ID); there || err != nil {
			return next, err
		}
	}
	id, err := crm.Subscribe(ctx, to)
	next.ID = id
	if err == nil && old.ID != "" && old.For != version {
		err = crm.Unsubscribe(ctx, old.ID)
	}
	return next, err
}

// eventTarget is where the connection's events are to go. A secret of its own is
// stored before anybody is told about it, and stays the same as long as it can be read.
func (s *Service) eventTarget(ctx context.Context, c *Connection, at EventAddress) (EventTarget, error) {
	if at.shared(c) {
		return EventTarget{at.Base, at.User, at.Password}, nil
	}
	secret, err := s.eventSecret(c)
	if err != nil {
		secret = &eventSecret{Key: rand.Text(), User: "contactsync", Password: rand.Text()}
		if err := s.keepEventSecret(ctx, c, secret); err != nil {
			return EventTarget{}, err
		}
	}
	owner, err := json.Marshal(eventOwner{c.CustomerID, c.ID})
	if err != nil {
		return EventTarget{}, err
	}
	err = s.store.PutValue(ctx, eventKey(secret.Key), owner, s.clock.Now().Add(noteAge))
	return EventTarget{at.Base + "/" + secret.Key, secret.User, secret.Password}, err
}

// eventOwner is whose events come to an address.
type eventOwner struct {
	Customer   contact.CustomerID   `json:"customer"`
	Connection contact.ConnectionID `json:"connection"`
}

// eventKey is under which name the store keeps the owner of an address: who reads the
// store does not learn the address.
func eventKey(key string) string {
	hash := sha256.Sum256([]byte(key))
	return "events:" + hex.EncodeToString(hash[:])
}

func eventPurpose(c *Connection) string { return c.Purpose() + "\x00events" }

// eventSecret returns the connection's own secret; an error when it has none that can
// be read.
func (s *Service) eventSecret(c *Connection) (*eventSecret, error) {
	if s.vault == nil || c.Subscription.Secret == "" {
		return nil, fault.New(fault.NotFound, "The connection has no address for events.")
	}
	plain, _, err := s.vault.Open(c.Subscription.Secret, eventPurpose(c))
	if err != nil {
		return nil, err
	}
	var secret eventSecret
	return &secret, json.Unmarshal([]byte(plain), &secret)
}

func (s *Service) keepEventSecret(ctx context.Context, c *Connection, secret *eventSecret) error {
	plain, err := json.Marshal(secret) //nolint:gosec // encrypted before it goes anywhere
	if err != nil {
		return err
	}
	sealed, err := s.vault.Seal(string(plain), eventPurpose(c))
	if err != nil {
		return err
	}
	return s.updateConnection(ctx, c, func(c *Connection) { c.Subscription.Secret = sealed })
}

// unsubscribe has the CRM send no more events. That it could not be asked is no
// reason to stay connected: nobody listens at the address any more.
func (s *Service) unsubscribe(ctx context.Context, c *Connection) error {
	if secret, err := s.eventSecret(c); err == nil {
		if err := s.store.DropValue(ctx, eventKey(secret.Key)); err != nil {
			return err
		}
	}
	if c.Subscription.ID == "" {
		return nil
	}
	crm, err := s.crms.Open(ctx, c)
	if err == nil {
		if subscriber, able := crm.(Subscriber); able {
			err = subscriber.Unsubscribe(ctx, c.Subscription.ID)
		}
	}
	if err != nil {
		s.log.WarnContext(ctx, "unsubscribe from events", "provider", c.Provider, "error", err)
	}
	return nil
}

// EventSource is the connection whose events come to an address of its own.
type EventSource struct {
	// AccountID is the only account that events from there may be about.
	AccountID      string
	User, Password string
}

// EventSource returns whose events come to the address that ends with a key;
// fault.Unauthorised when nobody's do.
func (s *Service) EventSource(ctx context.Context, provider contact.Provider, key string) (*EventSource, error) {
	nobody := fault.New(fault.Unauthorised, "Nobody's events come to this address.")
	known, err := s.store.Value(ctx, eventKey(key), s.clock.Now())
	if fault.Is(err, fault.NotFound) {
		return nil, nobody
	}
	if err != nil {
		return nil, err
	}
	var owner eventOwner
	if err := json.Unmarshal(known, &owner); err != nil {
		return nil, err
	}
	conns, err := s.store.Connections(ctx, owner.Customer)
	if err != nil {
		return nil, err
	}
	for _, c := range conns {
		if c.ID != owner.Connection || c.Provider != provider {
			continue
		}
		secret, err := s.eventSecret(c)
		if err != nil || secret.Key != key || c.AccountID == "" {
			return nil, nobody
		}
		return &EventSource{c.AccountID, secret.User, secret.Password}, nil
	}
	return nil, nobody
}

// EventState says how changes in a CRM are noticed.
type EventState struct {
	// Live reports that the CRM sends its events.
	Live bool
	// Problem is why it does not, for people; "" while it was not asked yet.
	Problem string
}

// eventState returns nil where events are not asked for: a person sets that up.
func (s *Service) eventState(c *Connection) *EventState {
	at, known := s.events[c.Provider]
	switch {
	case !known || c.left() && c.State != ConnectionPaused:
		return nil
	case at.Base == "":
		return &EventState{Problem: at.Problem}
	case s.vault == nil && !at.shared(c):
		return &EventState{Problem: "ENCRYPTION_KEYS is not set, so the password of its events cannot be kept."}
	}
	return &EventState{Live: c.Subscription.ID != "", Problem: c.Subscription.Problem}
}
