package pipedrive_test

import (
	"context"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	sandbox "github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
	"github.com/contactsync/contactsync/pkg/sync"
)

const persons = "/api/v2/persons"

// TestConformance runs the suite on the plainest account, and on accounts that
// behave in other ways that Pipedrive's documentation leaves open.
func TestConformance(t *testing.T) {
	for name, knobs := range map[string]sandbox.Knobs{
		"as documented": {},
		"deleted ones are shown": {
			ListDeleted: true, SecondDelete404: true, PostCreateBump: true, PlaceholderEmpty: true, SendRetryAfter: true,
			ChangelogText: "json",
		},
		"deleted ones are 404": {
			DeletedGet404: true, SilentNoops: true, EpochReset: true, HideDailyHeaders: true, NameTogether400: true, Plan: "growth",
			ChangelogText: "joined",
		},
	} {
		t.Run(name, func(t *testing.T) {
			conformance.CRM(t, conformance.CRMHarness{
				Specs: pipedrive.DefaultFields(),
				Account: func(t *testing.T) conformance.CRMAccount {
					return account(newSandbox(t, func(o *sandbox.Options) { o.Knobs = knobs }))
				},
				Routes: conformance.CRMRoutes{
					List:    conformance.CRMRoute{Method: "GET", Path: persons},
					Changed: conformance.CRMRoute{Method: "GET", Path: persons},
					Read:    conformance.CRMRoute{Method: "GET", Path: persons},
					Create:  conformance.CRMRoute{Method: "POST", Path: persons},
					Update:  conformance.CRMRoute{Method: "PATCH", Path: persons},
					Delete:  conformance.CRMRoute{Method: "DELETE", Path: persons},
				},
				Refused: contact.Values{contact.FirstName: "Bad", contact.Pronouns: strings.Repeat("x", 256)},
			})
		})
	}
}

// columns are the names of our fields in Pipedrive, written down a second time:
// the sandbox's side of a test must not go through the adapter's mapping.
var columns = map[contact.Field]string{
	contact.Email: "emails", contact.FirstName: "first_name", contact.LastName: "last_name", contact.Phone: "phones",
	contact.JobTitle: "Job title", contact.Pronouns: "Pronouns", contact.SyncKey: "Contact Sync ID",
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

func account(s *sandbox.Server) conformance.CRMAccount {
	return conformance.CRMAccount{
		API: s,
		Open: func(line conformance.CRMLine) sync.CRM {
			return pipedrive.New(pipedrive.Options{
				Token: pipedrive.StaticToken(conformance.CRMToken), Fields: line.Fields,
				AccountURL: "https://acme.pipedrive.com", RoundTripper: line.RoundTripper, Log: line.Log,
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
			return survivor, s.Merge(string(survivor), string(loser))
		},
		Live: func() map[contact.ExternalID]contact.Values { return live(s.Records()) },
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

func named(values contact.Values) map[string]string {
	fields := make(map[string]string, len(values))
	for field, value := range values {
		fields[columns[field]] = value
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
		for field, name := range columns {
			values[field] = row.Fields[name]
		}
		records[contact.ExternalID(row.ID)] = values
	}
	return records
}

// bench is an account that was set up, for tests of what only Pipedrive does.
type bench struct {
	*testing.T
	account *sandbox.Server
	*pipedrive.Client
	ctx    context.Context
	fields map[contact.Field]sync.RemoteField
}

// newBench sets an account up. change alters the adapter's options.
func newBench(t *testing.T, s *sandbox.Server, change ...func(*pipedrive.Options)) *bench {
	t.Helper()
	b := &bench{T: t, account: s, ctx: t.Context(), fields: map[contact.Field]sync.RemoteField{}}
	o := pipedrive.Options{
		Token: pipedrive.StaticToken(conformance.CRMToken), RoundTripper: kit.Transport{Handler: s},
	}
	for _, f := range change {
		f(&o)
	}
	setup := pipedrive.New(o)
	for _, spec := range pipedrive.DefaultFields() {
		field, err := setup.Ensure(b.ctx, spec)
		if err != nil {
			t.Fatalf("Ensure(%s): %v", spec.Field, err)
		}
		b.fields[spec.Field] = field
	}
	if o.Fields == nil {
		o.Fields = b.fields
	}
	b.Client = pipedrive.New(o)
	s.Calls().Reset()
	return b
}
