package hubspot_test

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/fault"
	sandbox "github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// signatures were made by HubSpot's own client, @hubspot/api-client 14.0.1.
//
//go:embed testdata/signatures.json
var signatures []byte

type vector struct {
	Name      string `json:"name"`
	Method    string `json:"method"`
	Version   string `json:"version"`
	Secret    string `json:"clientSecret"`
	URL       string `json:"url"`
	Timestamp int64  `json:"timestamp"`
	Body      string `json:"requestBody"`
	Signature string `json:"signature"`
}

func vectors(t *testing.T, version string) []vector {
	t.Helper()
	var all, some []vector
	if err := json.Unmarshal(signatures, &all); err != nil {
		t.Fatal(err)
	}
	for _, v := range all {
		if v.Version == version {
			some = append(some, v)
		}
	}
	if len(some) == 0 {
		t.Fatal("no vectors")
	}
	return some
}

// request is the vector as a proxy hands it on: under its own host.
func (v vector) request() *http.Request {
	address := v.URL
	if address == "" {
		address = "https://sync.example.com/hooks/hubspot"
	}
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(v.Method, "http://10.0.0.7:3000"+u.RequestURI(), strings.NewReader(v.Body))
	if v.Version == "v3" {
		r.Header.Set("X-HubSpot-Signature-v3", v.Signature)
		r.Header.Set("X-HubSpot-Request-Timestamp", strconv.FormatInt(v.Timestamp, 10))
	} else {
		r.Header.Set("X-HubSpot-Signature", v.Signature)
		r.Header.Set("X-HubSpot-Signature-Version", v.Version)
	}
	return r
}

func (v vector) now() time.Time { return time.UnixMilli(v.Timestamp) }

func verifier(secrets ...string) *hubspot.Webhook {
	return &hubspot.Webhook{
		Secrets: secrets, PublicBaseURL: "https://sync.example.com/",
		Paths: []string{"/api/webhook/hubspot", "/hooks/hubspot"},
	}
}

func refused(t *testing.T, what string, err error) {
	t.Helper()
	if !fault.Is(err, fault.Unauthorised) {
		t.Errorf("%s: %v, want it refused", what, err)
	}
}

func TestVerifiesVersion3(t *testing.T) {
	for _, v := range vectors(t, "v3") {
		t.Run(v.Name, func(t *testing.T) {
			hook, body := verifier("old-secret", v.Secret), []byte(v.Body)
			hook.RequireV3 = true
			for _, age := range []time.Duration{0, 5 * time.Minute, -5 * time.Minute} {
				if err := hook.Verify(v.request(), body, v.now().Add(age)); err != nil {
					t.Errorf("at the age of %v: %v", age, err)
				}
			}
			for _, age := range []time.Duration{5*time.Minute + time.Millisecond, -5*time.Minute - time.Millisecond, 24 * time.Hour} {
				refused(t, "at the age of "+age.String(), hook.Verify(v.request(), body, v.now().Add(age)))
			}
			refused(t, "another body", hook.Verify(v.request(), append(body, ' '), v.now()))
			refused(t, "another secret", verifier("other").Verify(v.request(), body, v.now()))
			other := verifier(v.Secret)
			other.PublicBaseURL = "https://evil.example.com"
			refused(t, "another origin", other.Verify(v.request(), body, v.now()))
			other = verifier(v.Secret)
			other.Paths = []string{"/elsewhere"}
			refused(t, "another path", other.Verify(v.request(), body, v.now()))
			r := v.request()
			r.Method = "PUT"
			refused(t, "another method", hook.Verify(r, body, v.now()))
		})
	}
}

func TestVersion3Headers(t *testing.T) {
	v := vectors(t, "v3")[0]
	hook := verifier(v.Secret)
	for name, change := range map[string]func(http.Header){
		"no timestamp":          func(h http.Header) { h.Del("X-HubSpot-Request-Timestamp") },
		"seconds":               func(h http.Header) { h.Set("X-HubSpot-Request-Timestamp", "1764000001") },
		"not a number":          func(h http.Header) { h.Set("X-HubSpot-Request-Timestamp", "176400000100x") },
		"a signed number":       func(h http.Header) { h.Set("X-HubSpot-Request-Timestamp", "+764000001000") },
		"hex":                   func(h http.Header) { h.Set("X-HubSpot-Signature-v3", strings.Repeat("ab", 32)) },
		"cut off":               func(h http.Header) { h.Set("X-HubSpot-Signature-v3", v.Signature[:20]) },
		"a later time":          func(h http.Header) { h.Set("X-HubSpot-Request-Timestamp", "1764000001001") },
		"a valid v1 beside it":  func(h http.Header) { h.Set("X-HubSpot-Signature-v3", "AAAA"); signV1(h, v.Secret, v.Body) },
		"v3 replaced by blanks": func(h http.Header) { h.Set("X-HubSpot-Signature-v3", " "); signV1(h, v.Secret, v.Body) },
	} {
		r := v.request()
		change(r.Header)
		refused(t, name, hook.Verify(r, []byte(v.Body), v.now()))
	}
	r := v.request()
	hook.PublicBaseURL, hook.Paths = "", nil
	r.Host = "sync.example.com"
	if err := hook.Verify(r, []byte(v.Body), v.now()); err != nil {
		t.Errorf("the request's own address: %v", err)
	}
}

func signV1(h http.Header, secret, body string) {
	sum := sha256.Sum256([]byte(secret + body))
	h.Set("X-HubSpot-Signature", hex.EncodeToString(sum[:]))
	h.Set("X-HubSpot-Signature-Version", "v1")
}

func TestVerifiesVersion1(t *testing.T) {
	published := vector{Name: "published", Method: "POST", Version: "v1", Secret: "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
		Body:      `[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]`,
		Signature: "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"}
	for _, v := range append(vectors(t, "v1"), published) {
		t.Run(v.Name, func(t *testing.T) {
			hook, body := verifier("new-secret", v.Secret), []byte(v.Body)
			if err := hook.Verify(v.request(), body, time.Now()); err != nil {
				t.Error(err)
			}
			refused(t, "another body", hook.Verify(v.request(), append(body, ' '), time.Now()))
			refused(t, "another secret", verifier("other").Verify(v.request(), body, time.Now()))
			hook.RequireV3 = true
			refused(t, "version 3 is required", hook.Verify(v.request(), body, time.Now()))
		})
	}
	for _, v := range vectors(t, "v2") {
		refused(t, v.Name, verifier(v.Secret).Verify(v.request(), []byte(v.Body), time.Now()))
	}
	bare := httptest.NewRequest("POST", "/hooks/hubspot", nil)
	refused(t, "no signature at all", verifier("s").Verify(bare, nil, time.Now()))
	if err := verifier().Verify(bare, nil, time.Now()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without a secret: %v", err)
	}
}

// TestEventsOfTheSandbox lets the sandbox sign and send what happens in an account.
func TestEventsOfTheSandbox(t *testing.T) {
	for name, knobs := range map[string]sandbox.Knobs{
		"both signatures": {}, "v3 only": {NoV1Signature: true}, "v1 only": {NoV3Signature: true}, "shuffled": {ShuffleEvents: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				// A bubble begins in the year 2000, when times had a digit less.
				time.Sleep(time.Until(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)))
				hook := &hubspot.Webhook{Secrets: []string{"client-secret"}, PublicBaseURL: "https://sync.example.com", Paths: []string{"/api/webhook/hubspot"}}
				var events []sync.Event
				receive := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					if err := hook.Verify(r, body, time.Now()); err != nil {
						t.Errorf("Verify: %v", err)
					}
					decoded, err := hook.Decode(body)
					if err != nil {
						t.Errorf("Decode: %v", err)
					}
					events = append(events, decoded...)
				})
				s := newSandbox(t, func(o *sandbox.Options) {
					o.ClientSecret, o.WebhookURL, o.Knobs = "client-secret", "https://sync.example.com/api/webhook/hubspot", knobs
					o.Webhooks = &http.Client{Transport: kit.Transport{Handler: receive}}
				})
				happen := func(do func() error) map[contact.ExternalID]bool {
					t.Helper()
					events = nil
					if err := do(); err != nil {
						t.Fatal(err)
					}
					if err := s.FlushWebhooks(t.Context()); err != nil {
						t.Fatal(err)
					}
					about := map[contact.ExternalID]bool{}
					for _, e := range events {
						if e.AccountID != "62515" || e.Provider != contact.HubSpot || !e.At.Equal(time.Now()) {
							t.Errorf("event %+v", e)
						}
						about[e.ExternalID] = about[e.ExternalID] || e.Deleted
					}
					return about
				}
				var a, b string
				expect(t, "creation", happen(func() (err error) { a, err = s.Create(map[string]string{"email": "a@example.com"}); return }), map[string]bool{a: false})
				expect(t, "edit", happen(func() error { return s.Edit(a, map[string]string{"firstname": "Ada"}) }), map[string]bool{a: false})
				expect(t, "deletion", happen(func() error { return s.Delete(a) }), map[string]bool{a: true})
				expect(t, "restore", happen(func() error { return s.Restore(a) }), map[string]bool{a: false})
				expect(t, "second", happen(func() (err error) { b, err = s.Create(map[string]string{"email": "b@example.com"}); return }), map[string]bool{b: false})
				var survivor string
				merged := happen(func() (err error) { survivor, err = s.Merge(a, b); return })
				expect(t, "merge", merged, map[string]bool{a: true, b: true, survivor: false})
				expect(t, "purge", happen(func() error { return s.Purge(survivor) }), map[string]bool{survivor: true})
			})
		})
	}
}

func expect(t *testing.T, what string, got map[contact.ExternalID]bool, want map[string]bool) {
	t.Helper()
	for id, deleted := range want {
		if is, told := got[contact.ExternalID(id)]; !told || is != deleted {
			t.Errorf("%s: record %s: told %v, deleted %v", what, id, told, is)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: events about %v, want %v", what, got, want)
	}
}
