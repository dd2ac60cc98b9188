package membrane_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/crm/membrane"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	hubspotbox "github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	membranebox "github.com/contactsync/contactsync/pkg/sandbox/membrane"
	pipedrivebox "github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	workspaceKey    = "workspace"
	workspaceSecret = "the secret of the workspace"
	customer        = "acme"

	hubspotContacts  = "/crm/objects/2026-03/contacts"
	pipedrivePersons = "/api/v2/persons"
)

// variants are the ways of Membrane that its documentation leaves open.
var variants = map[string]membranebox.Knobs{
	"as documented":           {},
	"everything in an answer": {OutputHeaders: true, ErrorsAsOutput: true},
	"bare data":               {BareOutput: true, NestedErrors: true},
}

// TestHubSpotConformance: a HubSpot account that is reached through Membrane passes
// what a direct one passes.
func TestHubSpotConformance(t *testing.T) {
	for name, knobs := range variants {
		t.Run(name, func(t *testing.T) {
			conformance.CRM(t, conformance.CRMHarness{
				Specs:   hubspot.DefaultFields(),
				Account: func(t *testing.T) conformance.CRMAccount { return hubspotAccount(t, knobs) },
				Routes: conformance.CRMRoutes{
					List:    conformance.CRMRoute{Method: "GET", Path: hubspotContacts},
					Changed: conformance.CRMRoute{Method: "POST", Path: hubspotContacts + "/search"},
					Read:    conformance.CRMRoute{Method: "POST", Path: hubspotContacts + "/batch/read"},
					Create:  conformance.CRMRoute{Method: "POST", Path: hubspotContacts + "/batch/upsert"},
					Update:  conformance.CRMRoute{Method: "POST", Path: hubspotContacts + "/batch/update"},
					Delete:  conformance.CRMRoute{Method: "POST", Path: hubspotContacts + "/batch/archive"},
				},
				Refused:       contact.Values{contact.Email: "not an address", contact.FirstName: "Bad"},
				UniqueEmail:   true,
				MergeResolves: true,
			})
		})
	}
}

func TestPipedriveConformance(t *testing.T) {
	for name, knobs := range variants {
		t.Run(name, func(t *testing.T) {
			conformance.CRM(t, conformance.CRMHarness{
				Specs:   pipedrive.DefaultFields(),
				Account: func(t *testing.T) conformance.CRMAccount { return pipedriveAccount(t, knobs) },
				Routes: conformance.CRMRoutes{
					List:    conformance.CRMRoute{Method: "GET", Path: pipedrivePersons},
					Changed: conformance.CRMRoute{Method: "GET", Path: pipedrivePersons},
					Read:    conformance.CRMRoute{Method: "GET", Path: pipedrivePersons},
					Create:  conformance.CRMRoute{Method: "POST", Path: pipedrivePersons},
					Update:  conformance.CRMRoute{Method: "PATCH", Path: pipedrivePersons},
					Delete:  conformance.CRMRoute{Method: "DELETE", Path: pipedrivePersons},
				},
				Refused: contact.Values{contact.FirstName: "Bad", contact.Pronouns: strings.Repeat("x", 256)},
			})
		})
	}
}

// properties and columns are the names of our fields in the CRMs, written down apart
// from the adapters' mapping.
var (
	properties = map[contact.Field]string{
		contact.Email: "email", contact.FirstName: "firstname", contact.LastName: "lastname", contact.Phone: "phone",
		contact.Company: "company", contact.JobTitle: "jobtitle", contact.Pronouns: "pronouns", contact.SyncKey: "contact_sync_id",
	}
	columns = map[contact.Field]string{
		contact.Email: "emails", contact.FirstName: "first_name", contact.LastName: "last_name", contact.Phone: "phones",
		contact.JobTitle: "Job title", contact.Pronouns: "Pronouns", contact.SyncKey: "Contact Sync ID",
	}
)

// line is a Membrane with one connection.
type line struct {
	engine     *membranebox.Server
	connection string
	token      string
	// permits are of all adapters of the account: without the headers of the CRM's
	// answers an adapter cannot tell what another one used.
	permits *transport.Permits
}

// lineTo connects the customer to a sandbox. The token outlives every case, so that
// the suite can look for it.
func lineTo(t *testing.T, to membranebox.Integration, knobs membranebox.Knobs) line {
	t.Helper()
	engine := membranebox.New(membranebox.Options{
		WorkspaceKey: workspaceKey, WorkspaceSecret: workspaceSecret,
		Integrations: []membranebox.Integration{to}, Knobs: knobs,
	})
	connection, err := engine.Connect(customer, to.Key)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS512, jwt.MapClaims{
		"iss": workspaceKey, "id": customer, "exp": time.Now().AddDate(1, 0, 0).Unix(),
	}).SignedString([]byte(workspaceSecret))
	if err != nil {
		t.Fatal(err)
	}
	return line{engine, connection, token, transport.NewPermits(nil, slog.New(slog.DiscardHandler))}
}

func (l line) carrier(over http.RoundTripper) *membrane.Carrier {
	return &membrane.Carrier{
		APIURL: "https://api.getmembrane.com", Connection: l.connection, Transport: over, Now: time.Now,
	}
}

func hubspotAccount(t *testing.T, knobs membranebox.Knobs) conformance.CRMAccount {
	s := hubspotbox.New(hubspotbox.Options{Token: conformance.CRMToken})
	t.Cleanup(func() { _ = s.Close() })
	l := lineTo(t, membranebox.Integration{
		Key: "hubspot", BaseURL: hubspot.DefaultBaseURL, Transport: kit.Transport{Handler: s},
		Credential: http.Header{"Authorization": {"Bearer " + conformance.CRMToken}},
	}, knobs)
	return conformance.CRMAccount{
		API: l.engine, Faults: s.Faults(), Credential: l.token,
		Open: func(line conformance.CRMLine) sync.CRM {
			return hubspot.New(hubspot.Options{
				Token: hubspot.StaticToken(l.token), Fields: line.Fields, AccountID: "62515",
				RoundTripper: l.carrier(line.RoundTripper), Delay: membrane.ActTimeout, Permits: l.permits, Log: line.Log,
			})
		},
		Add: func(v contact.Values) (contact.ExternalID, error) {
			id, err := s.Create(named(v, properties))
			return contact.ExternalID(id), err
		},
		Edit:   func(id contact.ExternalID, v contact.Values) error { return s.Edit(string(id), named(v, properties)) },
		Remove: func(id contact.ExternalID) error { return s.Delete(string(id)) },
		Merge: func(survivor, loser contact.ExternalID) (contact.ExternalID, error) {
			id, err := s.Merge(string(survivor), string(loser))
			return contact.ExternalID(id), err
		},
		Live: func() map[contact.ExternalID]contact.Values { return live(s.Records(), properties) },
		Revoke: func() {
			k := s.Knobs()
			k.Revoked = true
			s.SetKnobs(k)
		},
		ForbidFields: func() {
			k := s.Knobs()
			k.Scopes = []string{"crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.read"}
			s.SetKnobs(k)
		},
	}
}

func pipedriveAccount(t *testing.T, knobs membranebox.Knobs) conformance.CRMAccount {
	s := pipedrivebox.New(pipedrivebox.Options{Token: conformance.CRMToken})
	t.Cleanup(func() { _ = s.Close() })
	l := lineTo(t, membranebox.Integration{
		Key: "pipedrive", BaseURL: pipedrive.DefaultBaseURL, Transport: kit.Transport{Handler: s},
		Credential: http.Header{"X-Api-Token": {conformance.CRMToken}},
	}, knobs)
	return conformance.CRMAccount{
		API: l.engine, Faults: s.Faults(), Credential: l.token,
		Open: func(line conformance.CRMLine) sync.CRM {
			return pipedrive.New(pipedrive.Options{
				Token: pipedrive.StaticToken(l.token), OAuth: true, Fields: line.Fields,
				AccountID: "1", AccountURL: "https://acme.pipedrive.com",
				RoundTripper: l.carrier(line.RoundTripper), Delay: membrane.ActTimeout, Permits: l.permits, Log: line.Log,
			})
		},
		Add: func(v contact.Values) (contact.ExternalID, error) {
			id, err := s.Create(named(v, columns))
			return contact.ExternalID(id), err
		},
		Edit:   func(id contact.ExternalID, v contact.Values) error { return s.Edit(string(id), named(v, columns)) },
		Remove: func(id contact.ExternalID) error { return s.Delete(string(id)) },
		Merge: func(survivor, loser contact.ExternalID) (contact.ExternalID, error) {
			return survivor, s.Merge(string(survivor), string(loser))
		},
		Live: func() map[contact.ExternalID]contact.Values { return live(s.Records(), columns) },
		Revoke: func() {
			k := s.Knobs()
			k.Revoked = true
			s.SetKnobs(k)
		},
		ForbidFields: func() {
			k := s.Knobs()
			k.RegularUser = true
			s.SetKnobs(k)
		},
	}
}

func named(values contact.Values, names map[contact.Field]string) map[string]string {
	fields := make(map[string]string, len(values))
	for field, value := range values {
		fields[names[field]] = value
	}
	return fields
}

func live(rows []kit.Row, names map[contact.Field]string) map[contact.ExternalID]contact.Values {
	records := map[contact.ExternalID]contact.Values{}
	for _, row := range rows {
		if row.Deleted {
			continue
		}
		values := contact.Values{}
		for field, name := range names {
			values[field] = row.Fields[name]
		}
		records[contact.ExternalID(row.ID)] = values
	}
	return records
}

// TestWholeAddressesRefused: should Membrane put whole addresses behind the base of a
// connector, the CRM knows none of them. That must end at the first call of a
// connection, before a missing path passes for a missing record.
func TestWholeAddressesRefused(t *testing.T) {
	knobs := membranebox.Knobs{RelativePathsOnly: true}
	for name, account := range map[string]conformance.CRMAccount{
		"HubSpot": hubspotAccount(t, knobs), "Pipedrive": pipedriveAccount(t, knobs),
	} {
		crm := account.Open(conformance.CRMLine{RoundTripper: kit.Transport{Handler: account.API}})
		if _, err := crm.Account(t.Context()); err == nil {
			t.Errorf("%s: the account was found", name)
		}
	}
}
