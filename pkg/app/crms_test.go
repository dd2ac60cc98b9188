package app

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/store/sqlite"
	"github.com/contactsync/contactsync/pkg/sync"
)

const newKey, oldKey = "a-new-key-of-at-least-32-characters", "an-old-key-of-at-least-32-characters"

// lookingAt is a network on which every token is seen and refused.
type lookingAt struct{ tokens []string }

func (l *lookingAt) RoundTrip(r *http.Request) (*http.Response, error) {
	l.tokens = append(l.tokens, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+r.Header.Get("X-Api-Token"))
	return &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// withKeys opens connections with the environment's tokens and these keys.
func withKeys(t *testing.T, network http.RoundTripper, keys string) (*crms, Config) {
	t.Helper()
	config, err := Read(from(map[string]string{
		"HUBSPOT_ACCESS_TOKEN": "environments", "PIPEDRIVE_API_TOKEN": "environments", "ENCRYPTION_KEYS": keys,
	}))
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), sqlite.Memory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return newCRMs(Options{Config: config, Store: store, Transport: network, Clock: sync.WallClock{}}, nil), config
}

// entered is a connection with a credential of its own.
func entered(t *testing.T, customer contact.CustomerID, provider contact.Provider, config Config, token string) *sync.Connection {
	t.Helper()
	c := &sync.Connection{ID: contact.ConnectionID(string(customer) + ":" + string(provider)), CustomerID: customer, Provider: provider}
	sealed, err := config.Vault.Seal(token, c.Purpose())
	if err != nil {
		t.Fatal(err)
	}
	c.Credential = sealed
	return c
}

func TestEveryConnectionUsesItsOwnCredential(t *testing.T) {
	network := &lookingAt{}
	c, config := withKeys(t, network, newKey)
	for _, provider := range []contact.Provider{contact.HubSpot, contact.Pipedrive} {
		for token, connection := range map[string]*sync.Connection{
			"environments": {ID: "1", CustomerID: EnvironmentCustomer, Provider: provider},
			"defaults-own": entered(t, EnvironmentCustomer, provider, config, "defaults-own"),
			"acmes":        entered(t, "acme", provider, config, "acmes"),
		} {
			network.tokens = nil
			crm, err := c.Open(t.Context(), connection)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := crm.Account(t.Context()); !fault.Is(err, fault.Unauthorised) || len(network.tokens) == 0 || network.tokens[0] != token {
				t.Errorf("%s of %s: called with %q instead of %q (%v)", provider, connection.CustomerID, network.tokens, token, err)
			}
		}
	}
}

func TestTheEnvironmentServesItsCustomerOnly(t *testing.T) {
	c, _ := withKeys(t, &lookingAt{}, newKey)
	for _, customer := range []contact.CustomerID{"acme", "", "Default", "default2"} {
		connection := &sync.Connection{ID: "1", CustomerID: customer, Provider: contact.HubSpot}
		if _, err := c.Open(t.Context(), connection); !fault.Is(err, fault.Unauthorised) {
			t.Errorf("%q: %v", customer, err)
		}
	}
}

func TestACredentialThatChangesNeedsAnotherAdapter(t *testing.T) {
	c, config := withKeys(t, &lookingAt{}, newKey)
	connection := entered(t, "acme", contact.HubSpot, config, "one")
	first, err := c.Open(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Open(t.Context(), connection)
	if err != nil || again != first {
		t.Errorf("a new adapter for the same credential: %v", err)
	}
	connection.Credential = entered(t, "acme", contact.HubSpot, config, "two").Credential
	if other, err := c.Open(t.Context(), connection); err != nil || other == first {
		t.Errorf("the old adapter for a new credential: %v", err)
	}
}

func TestCredentialsThatDoNotOpen(t *testing.T) {
	c, config := withKeys(t, &lookingAt{}, newKey)
	_, old := withKeys(t, nil, oldKey)
	both, _ := withKeys(t, &lookingAt{}, newKey+","+oldKey)
	without, _ := withKeys(t, &lookingAt{}, "")
	mine, byOld := entered(t, "acme", contact.HubSpot, config, "token"), entered(t, "acme", contact.HubSpot, old, "token")
	moved := *mine
	moved.CustomerID = "other"
	for name, test := range map[string]struct {
		crms       *crms
		connection *sync.Connection
		kind       fault.Kind
		says       string
	}{
		"an old key":             {both, byOld, -1, ""},
		"an unknown key":         {c, byOld, fault.Unavailable, "ENCRYPTION_KEYS"},
		"no keys":                {without, mine, fault.Unavailable, "ENCRYPTION_KEYS"},
		"another customer's one": {c, &moved, fault.Unauthorised, "Enter it again"},
		"no credential at all":   {c, &sync.Connection{ID: "x", CustomerID: "acme", Provider: contact.HubSpot, Credential: "plain"}, fault.Unauthorised, "Enter it again"},
	} {
		_, err := test.crms.Open(t.Context(), test.connection)
		if test.kind == -1 && err != nil || test.kind >= 0 && (!fault.Is(err, test.kind) || !strings.Contains(fault.Public(err), test.says)) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), "token ") {
			t.Errorf("%s: the error shows a secret: %v", name, err)
		}
	}
}
