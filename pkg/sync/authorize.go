package sync

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// consentLife is how long a person may take to agree.
const consentLife = 10 * time.Minute

// consent is what the store knows of a person who was sent to a vendor.
type consent struct {
	Customer contact.CustomerID `json:"customer"`
	Provider contact.Provider   `json:"provider"`
	Browser  string             `json:"browser,omitempty"`
}

// Authorize returns where a person agrees to connect a CRM. Browser names who has to
// come back from there, in words of the caller; "" leaves it at the state, which
// nobody but the vendor and that person gets to see. It fails with fault.Unavailable
// when this deployment has no app at the vendor.
func (s *Service) Authorize(ctx context.Context, customer contact.CustomerID, provider contact.Provider, browser string) (address string, ends time.Time, err error) {
	vendor := s.grants.OAuth[provider]
	if vendor == nil || s.vault == nil {
		return "", time.Time{}, fault.New(fault.Unavailable, "This deployment is not set up for connecting %s without a token.", provider.Title())
	}
	value, err := json.Marshal(consent{customer, provider, browser})
	if err != nil {
		return "", time.Time{}, err
	}
	state := rand.Text() + rand.Text()
	ends = s.clock.Now().Add(consentLife)
	if err := s.store.PutValue(ctx, consentKey(state), value, ends); err != nil {
		return "", time.Time{}, err
	}
	return vendor.AuthorizeURL(state), ends, nil
}

// consentKey is under which name the store keeps a state: who reads the store cannot
// use it.
func consentKey(state string) string {
	hash := sha256.Sum256([]byte(state))
	return "oauth:" + hex.EncodeToString(hash[:])
}

// Authorised connects the CRM of a person who has agreed, with the code that the
// vendor sent along. A state counts once, for the provider it was made for and for
// one of these browsers. It fails with fault.Invalid when it does not count.
func (s *Service) Authorised(ctx context.Context, provider contact.Provider, state, code string, browsers []string) error {
	given, err := s.takeConsent(ctx, provider, state, browsers)
	if err != nil {
		return err
	}
	vendor := s.grants.OAuth[provider]
	if vendor == nil {
		return fault.New(fault.Unavailable, "This deployment is not set up for connecting %s without a token.", provider.Title())
	}
	grant, err := vendor.Exchange(ctx, code)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(grant)
	if err != nil {
		return err
	}
	return s.connectWith(ctx, given.Customer, provider, credential{plain: string(plain), oauth: true})
}

// CancelAuthorization ends a state whose person did not agree.
func (s *Service) CancelAuthorization(ctx context.Context, provider contact.Provider, state string, browsers []string) error {
	_, err := s.takeConsent(ctx, provider, state, browsers)
	return err
}

// takeConsent uses a state up.
func (s *Service) takeConsent(ctx context.Context, provider contact.Provider, state string, browsers []string) (*consent, error) {
	over := fault.New(fault.Invalid, "This sign-in at %s was begun elsewhere, was used already, or took longer than 10 minutes. Begin again.", provider.Title())
	key, now := consentKey(state), s.clock.Now()
	value, err := s.store.Value(ctx, key, now)
	if fault.Is(err, fault.NotFound) {
		return nil, over
	}
	if err != nil {
		return nil, err
	}
	var given consent
	if err := json.Unmarshal(value, &given); err != nil {
		return nil, err
	}
	if given.Provider != provider || given.Browser != "" && !slices.Contains(browsers, given.Browser) {
		return nil, over
	}
	// Of several requests with one state, one counts.
	if n, _, err := s.store.CountAttempt(ctx, key, now, consentLife); err != nil || n > 1 {
		if err == nil {
			err = over
		}
		return nil, err
	}
	return &given, s.store.DropValue(ctx, key)
}
