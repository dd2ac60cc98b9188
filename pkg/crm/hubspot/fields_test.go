package hubspot_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/fault"
	sandbox "github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

const definitions = "/crm/properties/2026-03/contacts"

var (
	pronouns = sync.FieldSpec{Field: contact.Pronouns, Remote: "pronouns", Custom: true}
	key      = sync.FieldSpec{Field: contact.SyncKey, Remote: "contact_sync_id", Custom: true, Unique: true}
)

// adapter opens the adapter on an account that was not set up.
func adapter(s *sandbox.Server) *hubspot.Client {
	return hubspot.New(hubspot.Options{
		Token: hubspot.StaticToken("pat-na1-5ecret-0f-the-conformance-suite"), RoundTripper: kit.Transport{Handler: s},
	})
}

// define creates a property as an administrator's own tool does.
func define(t *testing.T, s *sandbox.Server, property map[string]any) {
	t.Helper()
	property["groupName"] = "contactinformation"
	body, err := json.Marshal(property)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, definitions, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer pat-na1-5ecret-0f-the-conformance-suite")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusCreated {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

func TestPropertiesOfAnotherKind(t *testing.T) {
	options := []map[string]any{{"label": "she/her", "value": "she_her", "displayOrder": 0, "hidden": false}}
	for name, c := range map[string]struct {
		spec     sync.FieldSpec
		property map[string]any
		text     string
	}{
		"a choice":   {pronouns, map[string]any{"name": "pronouns", "label": "Pronouns", "type": "enumeration", "fieldType": "select", "options": options}, "enumeration"},
		"a number":   {pronouns, map[string]any{"name": "pronouns", "label": "Pronouns", "type": "number", "fieldType": "number"}, "number"},
		"not unique": {key, map[string]any{"name": "contact_sync_id", "label": "Key", "type": "string", "fieldType": "text"}, "unique"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSandbox(t)
				define(t, s, c.property)
				crm := adapter(s)
				found, err := crm.Discover(t.Context(), []sync.FieldSpec{c.spec})
				if err != nil {
					t.Fatal(err)
				}
				ensured, err := crm.Ensure(t.Context(), c.spec)
				for _, got := range []sync.RemoteField{found[c.spec.Field], ensured} {
					if err != nil || got.State != sync.FieldAmbiguous || !strings.Contains(got.Message, c.text) {
						t.Errorf("%+v, %v", got, err)
					}
				}
			})
		})
	}
}

func TestPropertyComesBack(t *testing.T) {
	run(t, func(b *bench) {
		made := b.Create(b.ctx, []sync.CreateRequest{{Key: "k", Fields: contact.Values{contact.FirstName: "A", contact.Pronouns: "they/them"}}})[0]
		b.delete(definitions + "/pronouns")
		found, err := b.Discover(b.ctx, []sync.FieldSpec{pronouns})
		if err != nil || found[contact.Pronouns].State != sync.FieldMissing {
			t.Fatalf("%+v, %v", found, err)
		}
		if got, err := b.Ensure(b.ctx, pronouns); err != nil || got.State != sync.FieldPresent {
			t.Fatalf("%+v, %v", got, err)
		}
		if r := b.Read(b.ctx, []contact.ExternalID{made.Record.ID}, nil)[made.Record.ID]; r.Record.Fields[contact.Pronouns] != "they/them" {
			t.Errorf("%+v", r.Record)
		}
	})
}

// TestPropertyTurnsUpLate: somebody else created the property a moment ago, and it
// cannot be read yet.
func TestPropertyTurnsUpLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, func(o *sandbox.Options) { o.Knobs.PropertyLagMS = 700 })
		define(t, s, map[string]any{"name": "pronouns", "label": "Pronouns", "type": "string", "fieldType": "text"})
		got, err := adapter(s).Ensure(t.Context(), pronouns)
		if err != nil || got.State != sync.FieldPresent {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestEnsureNamesTheScope(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, func(o *sandbox.Options) {
			o.Knobs.Scopes = []string{"crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.read"}
		})
		for _, spec := range []sync.FieldSpec{pronouns, key} {
			got, err := adapter(s).Ensure(t.Context(), spec)
			if err != nil || got.State != sync.FieldForbidden || !strings.Contains(got.Message, "crm.schemas.contacts.write") {
				t.Errorf("%+v, %v", got, err)
			}
		}
	})
}

func TestEnsureReportsFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t)
		s.Faults().Add(kit.Fault{PathPrefix: definitions, Status: 503, Times: -1})
		if _, err := adapter(s).Ensure(t.Context(), pronouns); !fault.Is(err, fault.Retryable) {
			t.Errorf("%v", err)
		}
		if _, err := adapter(s).Discover(t.Context(), []sync.FieldSpec{pronouns}); !fault.Is(err, fault.Retryable) {
			t.Errorf("%v", err)
		}
	})
}
