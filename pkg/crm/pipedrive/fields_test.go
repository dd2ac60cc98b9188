package pipedrive_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	sandbox "github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
	"github.com/contactsync/contactsync/pkg/sync"
)

var pronouns = sync.FieldSpec{Field: contact.Pronouns, Remote: "Pronouns", Custom: true}

// adapter opens the adapter on an account that was not set up.
func adapter(s *sandbox.Server) *pipedrive.Client {
	return pipedrive.New(pipedrive.Options{
		Token: pipedrive.StaticToken(conformance.CRMToken), RoundTripper: kit.Transport{Handler: s},
	})
}

func TestFieldsOfOneName(t *testing.T) {
	for name, c := range map[string]struct {
		fields [][2]string // name and type
		state  sync.FieldState
		use    int // index of the field to use
		text   string
	}{
		"one":                     {[][2]string{{"Pronouns", "varchar"}}, sync.FieldPresent, 0, ""},
		"spelt otherwise":         {[][2]string{{" pronouns ", "varchar"}}, sync.FieldPresent, 0, ""},
		"a long text":             {[][2]string{{"Pronouns", "text"}}, sync.FieldPresent, 0, ""},
		"two":                     {[][2]string{{"Pronouns", "varchar"}, {"pronouns", "varchar"}}, sync.FieldAmbiguous, 0, "2 person fields"},
		"of another type":         {[][2]string{{"Pronouns", "double"}}, sync.FieldAmbiguous, 0, "double"},
		"one, and of another one": {[][2]string{{"Pronouns", "double"}, {"Pronouns", "varchar"}}, sync.FieldPresent, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSandbox(t)
				var codes []string
				for _, f := range c.fields {
					codes = append(codes, s.AddField(f[0], f[1]))
				}
				found, err := adapter(s).Discover(t.Context(), []sync.FieldSpec{pronouns})
				if err != nil {
					t.Fatal(err)
				}
				ensured, err := adapter(s).Ensure(t.Context(), pronouns)
				if err != nil {
					t.Fatal(err)
				}
				for _, got := range []sync.RemoteField{found[contact.Pronouns], ensured} {
					if got.State != c.state || !strings.Contains(got.Message, c.text) || c.state == sync.FieldPresent && got.Key != codes[c.use] {
						t.Errorf("%+v of %v", got, codes)
					}
				}
			})
		})
	}
}

func TestDiscoverManyFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t)
		for range 1100 {
			s.AddField("Another", "varchar")
		}
		code := s.AddField("Pronouns", "varchar")
		found, err := adapter(s).Discover(t.Context(), []sync.FieldSpec{pronouns})
		if err != nil || found[contact.Pronouns].Key != code {
			t.Errorf("%+v, %v", found, err)
		}
		native, err := adapter(s).Discover(t.Context(), []sync.FieldSpec{{Field: contact.Company, Remote: "org"}})
		if err != nil || native[contact.Company].State != sync.FieldMissing {
			t.Errorf("%+v, %v", native, err)
		}
	})
}

// TestVersion1 sets fields up where version 2 of that endpoint is not there.
func TestVersion1(t *testing.T) {
	for _, status := range []int{404, 405, 501} {
		synctest.Test(t, func(t *testing.T) {
			s := newSandbox(t)
			for range 600 {
				s.AddField("Another", "varchar")
			}
			s.Faults().Add(kit.Fault{PathPrefix: "/api/v2/personFields", Status: status, Body: `{"success":false}`, Times: -1})
			crm := adapter(s)
			missing, err := crm.Discover(t.Context(), []sync.FieldSpec{pronouns})
			if err != nil || missing[contact.Pronouns].State != sync.FieldMissing {
				t.Fatalf("%+v, %v", missing, err)
			}
			made, err := crm.Ensure(t.Context(), pronouns)
			if err != nil || made.State != sync.FieldPresent || len(made.Key) != 40 {
				t.Fatalf("%+v, %v", made, err)
			}
			again, err := crm.Ensure(t.Context(), pronouns)
			if err != nil || again != made {
				t.Fatalf("%+v, %v", again, err)
			}
			s.Faults().Clear()
			if found, err := crm.Discover(t.Context(), []sync.FieldSpec{pronouns}); err != nil || found[contact.Pronouns] != made {
				t.Errorf("by version 2: %+v, %v", found, err)
			}
		})
	}
}

func TestEnsureSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		knobs sandbox.Knobs
		text  string
	}{
		"no administrator": {sandbox.Knobs{RegularUser: true}, "administrator"},
		"the plan's cap":   {sandbox.Knobs{CustomFieldCap: 1}, "plan"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSandbox(t, func(o *sandbox.Options) { o.Knobs = c.knobs })
				s.AddField("Another", "varchar")
				got, err := adapter(s).Ensure(t.Context(), pronouns)
				if err != nil || got.State != sync.FieldForbidden || !strings.Contains(got.Message, c.text) {
					t.Errorf("%+v, %v", got, err)
				}
			})
		})
	}
}

// TestEnsureAfterALostAnswer: the field was created, but the answer is lost. No
// second one is made.
func TestEnsureAfterALostAnswer(t *testing.T) {
	for drop, want := range map[string]bool{kit.DropAfter: true, kit.DropBefore: false} {
		synctest.Test(t, func(t *testing.T) {
			s := newSandbox(t)
			s.Faults().Add(kit.Fault{Method: http.MethodPost, PathPrefix: "/api/v2/personFields", Drop: drop})
			got, err := adapter(s).Ensure(t.Context(), pronouns)
			if want && (err != nil || got.State != sync.FieldPresent) || !want && !fault.Is(err, fault.OutcomeUnknown) {
				t.Errorf("%s: %+v, %v", drop, got, err)
			}
			found, err := adapter(s).Discover(t.Context(), []sync.FieldSpec{pronouns})
			if err != nil || (found[contact.Pronouns].State == sync.FieldPresent) != want {
				t.Errorf("%s: %+v, %v", drop, found, err)
			}
		})
	}
}

// TestFieldIsRemoved: a custom field that somebody deletes is absent from then on.
func TestFieldIsRemoved(t *testing.T) {
	run(t, func(b *bench) {
		r := b.create(contact.Values{contact.FirstName: "Ada", contact.Pronouns: "she/her"})
		b.account.RemoveField(b.fields[contact.Pronouns].Key)
		if value, ok := b.read(r.ID).Fields[contact.Pronouns]; ok {
			t.Errorf("it is still %q", value)
		}
		result := b.Update(b.ctx, []sync.UpdateRequest{{ID: r.ID, Current: r, Fields: contact.Values{contact.Pronouns: "they"}}})[0]
		if f := fault.As(result.Err); !fault.Is(result.Err, fault.Invalid) || f.Fields["pronouns"] == "" {
			t.Errorf("%+v", result)
		}
	})
}
