package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/store/sqlite"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/web"
)

// call answers a request with the process's app.
func call(fn web.Function) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	Serve(w, httptest.NewRequest(http.MethodGet, "/api/"+fn.Name, nil), fn)
	return w
}

func TestDeployedFunctionWithoutSettings(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"nothing":      {nil, []string{"MONGODB_URI", "API_KEYS"}},
		"only keys":    {map[string]string{"API_KEYS": "shop:acme:s3cret"}, []string{"MONGODB_URI"}},
		"only a store": {map[string]string{"MONGODB_URI": "mongodb://localhost"}, []string{"API_KEYS"}},
		"a store that does not answer": {map[string]string{
			"API_KEYS": "shop:acme:k3y", "MONGODB_URI": "mongodb://user:s3cret@127.0.0.1:1/?serverSelectionTimeoutMS=20",
		}, []string{"cannot be reached", "MONGODB_URI"}},
		"a wrong policy": {map[string]string{"CONFLICT_POLICY": "mine"}, []string{"CONFLICT_POLICY"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"MONGODB_URI", "API_KEYS", "CONFLICT_POLICY"} {
				t.Setenv(variable, test.env[variable])
			}
			for _, fn := range web.Functions() {
				w := call(fn)
				var body struct {
					Error struct{ Code, Message, RequestID string }
				}
				if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
					t.Fatal(err)
				}
				if w.Code != http.StatusServiceUnavailable || body.Error.Code != "unavailable" || body.Error.RequestID == "" {
					t.Errorf("%s: %d %s", fn.Name, w.Code, w.Body)
				}
				if strings.Contains(body.Error.Message, "s3cret") {
					t.Errorf("%s shows a password: %q", fn.Name, body.Error.Message)
				}
				for _, variable := range test.want {
					if !strings.Contains(body.Error.Message, variable) {
						t.Errorf("%s: %q does not name %s", fn.Name, body.Error.Message, variable)
					}
				}
			}
		})
	}
}

// newApp wires an app on a store in memory.
func newApp(t *testing.T, env map[string]string) *App {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Memory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	config, err := Read(from(env))
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), Options{Config: config, Store: store, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAnErrorIsNotKept(t *testing.T) {
	t.Setenv("MONGODB_URI", "")
	if w := call(web.Health); w.Code != http.StatusServiceUnavailable {
		t.Fatalf("without an app: %d", w.Code)
	}
	a := newApp(t, nil)
	SetDefault(a)
	t.Cleanup(func() { SetDefault(nil) })
	if w := call(web.Health); w.Code != http.StatusOK {
		t.Errorf("with one: %d %s", w.Code, w.Body)
	}
	if again, err := Default(t.Context()); err != nil || again != a {
		t.Errorf("another app: %v", err)
	}
}

func TestConnectionsOfTheEnvironment(t *testing.T) {
	a := newApp(t, map[string]string{"HUBSPOT_ACCESS_TOKEN": "pat", "HUBSPOT_BASE_URL": "http://hubspot.test"})
	overview, err := a.Service.Status(t.Context(), EnvironmentCustomer)
	if err != nil {
		t.Fatal(err)
	}
	if len(overview.Connections) != 1 || overview.Connections[0].Provider != contact.HubSpot || overview.Connections[0].State != sync.ConnectionNew {
		t.Errorf("%+v", overview.Connections)
	}
}

func TestAdaptersAreKeptWhileNothingChanges(t *testing.T) {
	config, err := Read(from(map[string]string{"HUBSPOT_ACCESS_TOKEN": "pat", "PIPEDRIVE_API_TOKEN": "token"}))
	if err != nil {
		t.Fatal(err)
	}
	c := newCRMs(Options{Config: config}, nil)
	open := func(connection sync.Connection) sync.CRM {
		t.Helper()
		crm, err := c.Open(t.Context(), &connection)
		if err != nil {
			t.Fatal(err)
		}
		return crm
	}
	present := sync.RemoteField{State: sync.FieldPresent, Key: "email"}
	hub := sync.Connection{ID: "1", CustomerID: EnvironmentCustomer, Provider: contact.HubSpot, AccountID: "7", Fields: map[contact.Field]sync.RemoteField{contact.Email: present}}
	first := open(hub)
	pipe := open(sync.Connection{ID: "2", CustomerID: EnvironmentCustomer, Provider: contact.Pipedrive})
	hub.Rev, hub.State, hub.Watermark = 5, sync.ConnectionActive, sync.WallClock{}.Now()
	if open(hub) != first || open(sync.Connection{ID: "2", CustomerID: EnvironmentCustomer, Provider: contact.Pipedrive}) != pipe {
		t.Error("a new adapter, though nothing it depends on changed")
	}
	hub.Fields[contact.Pronouns] = present
	second := open(hub)
	if second == first {
		t.Error("the old adapter, though there is a new field")
	}
	hub.AccountURL = "https://app.example"
	if open(hub) == second {
		t.Error("the old adapter, though the account's address changed")
	}
	c.config.HubSpot.Token = ""
	hub.ID = "3"
	if _, err := c.Open(t.Context(), &hub); !fault.Is(err, fault.Unauthorised) || !strings.Contains(err.Error(), "HUBSPOT_ACCESS_TOKEN") {
		t.Errorf("without a token: %v", err)
	}
}

func TestChain(t *testing.T) {
	requests := make(chan *http.Request, 1)
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		requests <- r.Clone(context.Background())
		<-release // as a run that takes its whole budget
	}))
	defer server.Close()
	defer close(release)
	c := newChain(Config{PublicBaseURL: server.URL, CronSecret: "cr0n"}, slog.New(slog.DiscardHandler))
	ended, cancel := context.WithCancel(t.Context())
	cancel() // the request that asks is over
	c.call(ended, 7)
	r := <-requests
	if r.Method != http.MethodGet || r.URL.Path != "/api/cron/sync" || r.Header.Get("Authorization") != "Bearer cr0n" || r.Header.Get(web.GenerationHeader) != "7" {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	for _, config := range []Config{{}, {PublicBaseURL: server.URL}, {CronSecret: "cr0n"}} {
		if newChain(config, nil) != nil {
			t.Errorf("a chain without what it needs: %+v", config)
		}
	}
}
