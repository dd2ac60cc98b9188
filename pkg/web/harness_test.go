package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/app"
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sandbox/membrane"
	"github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
	"github.com/contactsync/contactsync/pkg/store/sqlite"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/web"
)

// desk is the whole product behind HTTP, on a store in memory, with two sandbox
// CRMs in process.
type desk struct {
	*testing.T
	app       *app.App
	url       string
	store     *recorder
	clock     *testClock
	hubspot   *hubspot.Server
	pipedrive *pipedrive.Server
	membrane  *membrane.Server        // which holds the credentials of these two
	accounts  map[string]http.Handler // sandboxes by the token they take
	key       string                  // sent as the API key
	client    *http.Client
	called    map[string]bool // unless it is nil: key, method, function and operation of each call
	log       *bytes.Buffer
	// toCRM is asked before each call to a CRM; nil: nobody is. An error is that of the
	// network.
	toCRM func(*http.Request) error
	// third and thirdKey are the credentials and the address of events about a customer
	// nobody speaks for; TestAdmission sets them.
	third    []string
	thirdKey string
}

// env are the settings of a complete deployment, with two customers' keys.
func env() map[string]string {
	return map[string]string{
		"API_KEYS": "tests:default:s3cret,other:elsewhere:0ther", "CRON_SECRET": "cr0n", "PUBLIC_BASE_URL": "https://sync.test",
		"HUBSPOT_ACCESS_TOKEN": "hubspot-token", "HUBSPOT_BASE_URL": "http://hubspot.test", "HUBSPOT_CLIENT_SECRET": "shh",
		"PIPEDRIVE_API_TOKEN": "pipedrive-token", "PIPEDRIVE_BASE_URL": "http://pipedrive.test",
		"PIPEDRIVE_WEBHOOK_USER": "events", "PIPEDRIVE_WEBHOOK_PASSWORD": "sh0o",
		"HUBSPOT_CLIENT_ID": "hubspot-app", "PIPEDRIVE_CLIENT_ID": "pipedrive-app", "PIPEDRIVE_CLIENT_SECRET": "shush",
		"ENCRYPTION_KEYS":               newKey,
		"INTEGRATION_APP_WORKSPACE_KEY": "workspace", "MEMBRANE_WORKSPACE_SECRET": "the secret of the workspace",
		"INTEGRATION_APP_API_URL": "http://membrane.test",
	}
}

const newKey, oldKey = "a-new-key-of-at-least-32-characters", "an-old-key-of-at-least-32-characters"

func open(t *testing.T) *desk { return openWith(t, env()) }

func openWith(t *testing.T, env map[string]string) *desk {
	t.Helper()
	return openOn(t, sqlite.Memory, env)
}

func openOn(t *testing.T, path string, env map[string]string) *desk {
	t.Helper()
	d := &desk{T: t, key: "s3cret", client: &http.Client{CheckRedirect: noRedirect}, log: &bytes.Buffer{}, clock: &testClock{}}
	d.hubspot, d.pipedrive = d.newHubSpot("hubspot-token"), d.newPipedrive("pipedrive-token")
	d.accounts = map[string]http.Handler{"hubspot-token": d.hubspot, "pipedrive-token": d.pipedrive}
	d.membrane = d.newMembrane()
	store, err := sqlite.Open(t.Context(), path)
	d.must(err)
	t.Cleanup(func() { d.must(store.Close()) })
	d.store = &recorder{store: store}
	d.start(env)
	return d
}

// start wires the product, as a new instance does, on what the store holds.
func (d *desk) start(env map[string]string) {
	d.Helper()
	config, err := app.Read(func(name string) string { return env[name] })
	d.must(err)
	d.app, err = app.New(d.Context(), app.Options{
		Config: config, Store: d.store, Clock: d.clock, Transport: crms{d}, Log: slog.New(slog.NewTextHandler(d.log, nil)),
	})
	d.must(err)
	server := httptest.NewServer(watch(d.T, d.serve))
	d.Cleanup(server.Close)
	d.url = server.URL
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// newHubSpot opens an account of the one HubSpot there is: all have the same id, so
// that its events are about every one of them.
func (d *desk) newHubSpot(token string) *hubspot.Server {
	return hubspot.New(hubspot.Options{
		Token: token, ClientID: "hubspot-app", ClientSecret: "shh", WebhookURL: "https://sync.test/api/webhook/hubspot",
		Webhooks: &http.Client{Transport: kit.Transport{Handler: http.HandlerFunc(d.webhook)}},
		Knobs:    hubspot.Knobs{TenSecondlyLimit: -1, SearchPerSecond: -1},
	})
}

func (d *desk) newPipedrive(token string) *pipedrive.Server {
	return pipedrive.New(pipedrive.Options{
		Token: token, ClientID: "pipedrive-app", ClientSecret: "shush", Knobs: pipedrive.Knobs{LimitsOff: true},
		Webhooks: &http.Client{Transport: kit.Transport{Handler: http.HandlerFunc(d.webhook)}},
	})
}

// testClock runs beside the real one, at a distance that a test can change. Nobody
// waits by it.
type testClock struct {
	mu    gosync.Mutex
	base  time.Time // where it was stopped; zero: it runs
	ahead time.Duration
	slept []time.Duration
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.base.IsZero() {
		return c.base.Add(c.ahead)
	}
	return sync.WallClock{}.Now().Add(c.ahead)
}

// stop leaves the clock to set and Sleep alone.
func (c *testClock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = sync.WallClock{}.Now()
}

func (c *testClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
	c.slept = append(c.slept, d)
	return ctx.Err()
}

// WithTimeout returns a context that tells its deadline, and that only cancel ends.
func (c *testClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	return until{ctx, c.Now().Add(d)}, cancel
}

// until is a context with a deadline of the test clock.
type until struct {
	context.Context
	at time.Time
}

func (u until) Deadline() (time.Time, bool) { return u.at, true }

// set moves the clock to a distance of the real one.
func (c *testClock) set(ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = ahead
}

// newMembrane opens a workspace that the deployment's tokens are good for.
func (d *desk) newMembrane() *membrane.Server {
	return membrane.New(membrane.Options{
		WorkspaceKey: "workspace", WorkspaceSecret: "the secret of the workspace", Clock: d.clock.Now,
		Integrations: []membrane.Integration{
			{
				Key: "hubspot", BaseURL: "http://hubspot.test", Transport: kit.Transport{Handler: d.hubspot},
				Credential: http.Header{"Authorization": {"Bearer hubspot-token"}},
			},
			{
				Key: "pipedrive", BaseURL: "http://pipedrive.test", Transport: kit.Transport{Handler: d.pipedrive},
				Credential: http.Header{"X-Api-Token": {"pipedrive-token"}},
			},
		},
	})
}

// crms carries calls to the sandbox whose token they bring.
type crms struct{ *desk }

func (c crms) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.toCRM != nil {
		if err := c.toCRM(r); err != nil {
			return nil, err
		}
	}
	if r.URL.Host == "membrane.test" {
		return kit.Transport{Handler: c.membrane}.RoundTrip(r)
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") + r.Header.Get("X-Api-Token")
	account, known := c.accounts[token]
	if !known && r.URL.Host == "hubspot.test" {
		account = c.hubspot // which refuses it
	} else if !known {
		account = c.pipedrive
	}
	return kit.Transport{Handler: account}.RoundTrip(r)
}

// serve finds the function of a path as the platform does, without rewrites.
func (d *desk) serve(w http.ResponseWriter, r *http.Request) {
	for _, fn := range web.Functions() {
		if r.URL.Path == "/api/"+fn.Name {
			d.app.Server.Serve(w, r, fn)
			return
		}
	}
	http.NotFound(w, r)
}

// webhook receives what the sandboxes send.
func (d *desk) webhook(w http.ResponseWriter, r *http.Request) {
	if key, own := strings.CutPrefix(r.URL.Path, "/api/webhook/pipedrive/"); own {
		r.URL.Path, r.URL.RawQuery = "/api/webhook/pipedrive", "op=own&id="+key
	}
	watch(d.T, d.serve)(w, r)
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// answer is what a call returned.
type answer struct {
	desk   *desk
	status int
	header http.Header
	text   string
}

// do calls a function: "GET contacts?op=one&id=7". Headers come in pairs.
func (d *desk) do(call, body string, header ...string) answer {
	d.Helper()
	method, path, _ := strings.Cut(call, " ")
	if d.called != nil {
		d.called[d.key+" "+method+" "+operationOf(path)] = true
	}
	r, err := http.NewRequestWithContext(d.Context(), method, d.url+"/api/"+path, strings.NewReader(body))
	d.must(err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if strings.HasPrefix(path, "contacts?op=import") {
		r.Header.Set("Content-Type", "text/csv")
	}
	if d.key != "" {
		r.Header.Set("Authorization", "Bearer "+d.key)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	r.Host = r.Header.Get("Host")
	resp, err := d.client.Do(r)
	d.must(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	d.must(err)
	return answer{d, resp.StatusCode, resp.Header, string(text)}
}

// operationOf leaves out of a function's address all but the operation.
func operationOf(path string) string {
	name, query, _ := strings.Cut(path, "?")
	if op, ok := strings.CutPrefix(query, "op="); ok {
		op, _, _ = strings.Cut(op, "&")
		name += "?op=" + op
	}
	return name
}

// want checks the status.
func (a answer) want(status int) answer {
	a.desk.Helper()
	if a.status != status {
		a.desk.Fatalf("status %d, want %d: %s\n%s", a.status, status, a.text, a.desk.log)
	}
	return a
}

// into decodes the answer; members that v does not know are an error.
func (a answer) into(v any) {
	a.desk.Helper()
	d := json.NewDecoder(strings.NewReader(a.text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		a.desk.Fatalf("%v in %s", err, a.text)
	}
}

// part decodes of the answer what v knows.
func (a answer) part(v any) {
	a.desk.Helper()
	a.desk.must(json.Unmarshal([]byte(a.text), v))
}

// problem is the answer of a failed call.
type problem struct {
	Code, Message, RequestID string
	Details                  map[string]string
}

func (a answer) problem(status int) problem {
	a.desk.Helper()
	var body struct{ Error problem }
	a.want(status).into(&body)
	if body.Error.Message == "" || body.Error.RequestID == "" || body.Error.RequestID != a.header.Get("X-Request-Id") {
		a.desk.Errorf("incomplete error: %s", a.text)
	}
	return body.Error
}

// The answers, as the contract has them.
type (
	contactJSON struct {
		ID, CustomerID                                                 string
		Email, FirstName, LastName, Phone, Company, JobTitle, Pronouns string
		Custom                                                         map[string]string
		Rev                                                            int64
		Status, CreatedAt, UpdatedAt, LastAppModified                  string
		SyncedToCRMs                                                   []string
		Links                                                          []linkJSON
	}
	linkJSON struct{ Provider, ExternalID, State, SyncStatus, LastSyncedAt, URL, Error string }
	pageJSON struct {
		Contacts   []contactJSON
		NextCursor *string
		Total      int
	}
	countsJSON struct{ Pulled, Created, Updated, Deleted, Linked, Conflicts, Unchanged, Errors int }
	sidesJSON  struct{ HubSpot, Pipedrive, App int }
	callsJSON  struct{ HubSpot, Pipedrive, Membrane int }
	costJSON   struct {
		Units, Seconds int
		Unit           string
		Left           *int
		ResetsAt       *time.Time
		Exceeds        bool
	}
	planItemJSON struct {
		Kind, Side, ContactID, ContactName, Message string
		ExternalIDs                                 []string
		Fields                                      []struct{ Field, Before, After string }
	}
	runJSON struct {
		ID, Kind, State, StartedAt, FinishedAt, Error string
		DryRun                                        bool
		Progress                                      struct {
			Done, Total int
			Phase       string
		}
		Counts  countsJSON
		Calls   callsJSON
		Details map[string]countsJSON
		Plan    *struct {
			Creates, Updates, Links, Deletes sidesJSON
			Conflicts, Reviews               int
			Calls                            callsJSON
			Costs                            map[string]costJSON
			Seconds                          int
			Changed                          bool
			Sample                           []planItemJSON
		}
	}
)

// create makes a contact.
func (d *desk) create(body string) contactJSON {
	d.Helper()
	var c contactJSON
	d.do("POST contacts", body).want(http.StatusCreated).into(&c)
	return c
}

// sync syncs until nothing is left, as the page does.
func (d *desk) sync() runJSON {
	d.Helper()
	var run runJSON
	for range 20 {
		run = runJSON{}
		d.do("POST sync", "").want(http.StatusOK).into(&run)
		if run.State != "partial" {
			break
		}
	}
	if run.State != "done" {
		d.Fatalf("run: %+v", run)
	}
	return run
}

// syncFor runs a synchronisation of any customer to its end.
func (d *desk) syncFor(customer contact.CustomerID) {
	d.Helper()
	run, err := d.app.Service.Sync(d.Context(), customer, sync.SyncRequest{})
	d.must(err)
	if run.State != sync.RunDone {
		d.Fatalf("run: %+v", run)
	}
}

// crm lists the live records of a sandbox by e-mail.
func byEmail(rows []kit.Row, field string) map[string]kit.Row {
	records := map[string]kit.Row{}
	for _, row := range rows {
		if !row.Deleted {
			records[row.Fields[field]] = row
		}
	}
	return records
}

func (d *desk) inHubSpot() map[string]kit.Row { return byEmail(d.hubspot.Records(), "email") }

func (d *desk) inPipedrive() map[string]kit.Row { return byEmail(d.pipedrive.Records(), "emails") }

func people(n int) string {
	var b strings.Builder
	b.WriteString("email,first_name,last_name\n")
	for i := range n {
		fmt.Fprintf(&b, "person%03d@example.com,First%03d,Last\n", i, i)
	}
	return b.String()
}
