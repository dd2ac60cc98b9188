package app

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/store/sqlite"
	"github.com/contactsync/contactsync/pkg/sync"
)

// answering is a network on which every call succeeds with an empty answer.
type answering struct{}

func (answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"success":true,"data":[],"results":[]}`)), Request: r}, nil
}

// TestInstancesCountCallsTogether: what one instance calls, another one knows, for
// the same account of the same vendor.
func TestInstancesCountCallsTogether(t *testing.T) {
	store, err := sqlite.Open(t.Context(), sqlite.Memory)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	config, err := Read(from(map[string]string{
		"HUBSPOT_ACCESS_TOKEN": "t", "PIPEDRIVE_API_TOKEN": "t", "HUBSPOT_RATE_LIMIT": "100/3600", "PIPEDRIVE_RATE_LIMIT": "100/3600",
	}))
	if err != nil {
		t.Fatal(err)
	}
	open := func(provider contact.Provider, account string) sync.CRM {
		instance := newCRMs(Options{Config: config, Store: store, Transport: answering{}, Clock: sync.WallClock{}}, nil)
		crm, err := instance.Open(t.Context(), &sync.Connection{ID: "1", CustomerID: EnvironmentCustomer, Provider: provider, AccountID: account})
		if err != nil {
			t.Fatal(err)
		}
		return crm
	}
	used := func(crm sync.CRM) int {
		b, err := crm.Budget(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b.Used
	}
	for range 2 {
		if _, err := open(contact.HubSpot, "7").List(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		provider contact.Provider
		account  string
		want     int
	}{{contact.HubSpot, "7", 2}, {contact.HubSpot, "8", 0}, {contact.Pipedrive, "7", 0}} {
		if n := used(open(c.provider, c.account)); n != c.want {
			t.Errorf("%s account %s: %d calls, want %d", c.provider, c.account, n, c.want)
		}
	}
}
