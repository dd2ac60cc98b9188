package hubspot_test

import (
	"context"
	"maps"
	"testing"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	sandbox "github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	contacts   = "/crm/objects/2026-03/contacts"
	contactsV3 = "/crm/v3/objects/contacts"
)

// TestConformance runs the suite on every API version, and on accounts that
// behave in other ways that HubSpot's documentation leaves open.
func TestConformance(t *testing.T) {
	for name, v := range map[string]struct {
		version string
		knobs   sandbox.Knobs
	}{
		"2026-03": {version: "2026-03"},
		"2026-09": {version: "2026-09", knobs: sandbox.Knobs{OAuthApp: true, NoopKeepsModified: true, HistoryInputs: 50}},
		"v3":      {version: "v3", knobs: sandbox.Knobs{KeepEmailCase: true, PreservePrimaryID: true, BatchConflictNamesID: true}},
	} {
		t.Run(name, func(t *testing.T) {
			base := "/crm/objects/" + v.version + "/contacts"
			if v.version == "v3" {
				base = contactsV3
			}
			conformance.CRM(t, conformance.CRMHarness{
				Specs: hubspot.DefaultFields(),
				Account: func(t *testing.T) conformance.CRMAccount {
					s := newSandbox(t, func(o *sandbox.Options) { o.Knobs = v.knobs })
					return account(s, v.version)
				},
				Routes: conformance.CRMRoutes{
					List:    conformance.CRMRoute{Method: "GET", Path: base},
					Changed: conformance.CRMRoute{Method: "POST", Path: base + "/search"},
					Read:    conformance.CRMRoute{Method: "POST", Path: base + "/batch/read"},
					Create:  conformance.CRMRoute{Method: "POST", Path: base + "/batch/upsert"},
					Update:  conformance.CRMRoute{Method: "POST", Path: base + "/batch/update"},
					Delete:  conformance.CRMRoute{Method: "POST", Path: base + "/batch/archive"},
				},
				Refused:       contact.Values{contact.Email: "not an address", contact.FirstName: "Bad"},
				UniqueEmail:   true,
				MergeResolves: true,
			})
		})
	}
}

// properties are the names of our fields in HubSpot, written down a second time:
// the sandbox's side of a test must not go through the adapter's mapping.
var properties = map[contact.Field]string{
	contact.Email: "email", contact.FirstName: "firstname", contact.LastName: "lastname", contact.Phone: "phone",
	contact.Company: "company", contact.JobTitle: "jobtitle", contact.Pronouns: "pronouns", contact.SyncKey: "contact_sync_id",
}

func newSandbox(t *testing.T, change ...func(*sandbox.Options)) *sandbox.Server {
	o := sandbox.Options{Token: conformance.CRMToken}
	for _, f := range change {
		f(&o)
	}
	server := sandbox.New(o)
	t.Cleanup(func() { _ = server.Close() })
	return server
}

func account(s *sandbox.Server, version string) conformance.CRMAccount {
	return conformance.CRMAccount{
		API: s,
		Open: func(line conformance.CRMLine) sync.CRM {
			return hubspot.New(hubspot.Options{
				Token: hubspot.StaticToken(conformance.CRMToken), Fields: line.Fields, APIVersion: version,
				AccountID: "62515", RoundTripper: line.RoundTripper, Log: line.Log,
			})
		},
		Faults: s.Faults(),
		Add: func(v contact.Values) (contact.ExternalID, error) {
			id, err := s.Create(named(v))
			return contact.ExternalID(id), err
		},
		Edit:   func(id contact.ExternalID, v contact.Values) error { return s.Edit(string(id), named(v)) },
		Remove: func(id contact.ExternalID) error { return s.Delete(string(id)) },
		Merge: func(survivor, loser contact.ExternalID) (contact.ExternalID, error) {
			id, err := s.Merge(string(survivor), string(loser))
			return contact.ExternalID(id), err
		},
		Live: func() map[contact.ExternalID]contact.Values { return live(s.Records()) },
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

func named(values contact.Values) map[string]string {
	fields := make(map[string]string, len(values))
	for field, value := range values {
		fields[properties[field]] = value
	}
	return fields
}

func live(rows []kit.Row) map[contact.ExternalID]contact.Values {
	records := map[contact.ExternalID]contact.Values{}
	for _, row := range rows {
		if row.Deleted {
			continue
		}
		values := contact.Values{}
		for field, name := range properties {
			values[field] = row.Fields[name]
		}
		records[contact.ExternalID(row.ID)] = values
	}
	return records
}

// bench is an account that was set up, for tests of what only HubSpot does.
type bench struct {
	*testing.T
	account *sandbox.Server
	*hubspot.Client
	ctx    context.Context
	fields map[contact.Field]sync.RemoteField
}

// newBench sets an account up. change alters the adapter's options.
func newBench(t *testing.T, s *sandbox.Server, change ...func(*hubspot.Options)) *bench {
	t.Helper()
	b := &bench{T: t, account: s, ctx: t.Context(), fields: map[contact.Field]sync.RemoteField{}}
	o := hubspot.Options{
		Token: hubspot.StaticToken(conformance.CRMToken), RoundTripper: kit.Transport{Handler: s},
		AccountID: "62515",
	}
	for _, f := range change {
		f(&o)
	}
	setup := hubspot.New(o)
	for _, spec := range hubspot.DefaultFields() {
		field, err := setup.Ensure(b.ctx, spec)
		if err != nil {
			t.Fatalf("Ensure(%s): %v", spec.Field, err)
		}
		b.fields[spec.Field] = field
	}
	if o.Fields == nil {
		o.Fields = maps.Clone(b.fields)
	}
	b.Client = hubspot.New(o)
	s.Calls().Reset()
	return b
}
