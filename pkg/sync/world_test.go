package sync_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	hubspotbox "github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	pipedrivebox "github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
	"github.com/contactsync/contactsync/pkg/store/sqlite"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	acme        = contact.CustomerID("acme")
	hubspotConn = contact.ConnectionID("acme:hubspot")
	pipedriveCo = contact.ConnectionID("acme:pipedrive")
)

// testClock is a clock that stands still until it is told to move; sleeping moves it.
type testClock struct {
	mu  gosync.Mutex
	now time.Time
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *testClock) Sleep(ctx context.Context, d time.Duration) error {
	c.Advance(d)
	return ctx.Err()
}

// WithTimeout returns a context that tells its deadline, and that only cancel ends.
func (c *testClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	return until{ctx, c.Now().Add(d)}, cancel
}

// world is the product's core between its store and two sandbox CRMs, all in
// process and on one clock.
type world struct {
	testing.TB
	ctx       context.Context
	clock     *testClock
	store     *sqlite.Store
	counted   *counted
	service   *sync.Service
	hubspot   *hubspotbox.Server
	pipedrive *pipedrivebox.Server
	triggered int
	ids       atomic.Int64
	second    *hubspotbox.Server // another HubSpot account, if there is one
	during    func()             // done once, in the middle of the next call to a CRM

	// shaped gives HubSpot's adapter a quirk; nil: none.
	shaped func(sync.CRM) sync.CRM
	// before is called before each call to a CRM is served; nil: nothing.
	before func(r *http.Request)

	cutMu   gosync.Mutex
	latency time.Duration // of each call to a CRM, on the test clock
	left    int
	cancel  context.CancelFunc
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, ctx: t.Context(), clock: &testClock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	w.hubspot = hubspotbox.New(hubspotbox.Options{
		Clock: w.clock.Now, Token: "hubspot-token", AppID: 7, ClientSecret: "secret",
		Knobs: hubspotbox.Knobs{TenSecondlyLimit: -1, SearchPerSecond: -1, DailyLimit: -1},
	})
	w.pipedrive = pipedrivebox.New(pipedrivebox.Options{
		Clock: w.clock.Now, Token: "pipedrive-token", Knobs: pipedrivebox.Knobs{LimitsOff: true},
	})
	store, err := sqlite.Open(w.ctx, ":memory:")
	w.must(err)
	t.Cleanup(func() { store.Close() })
	w.store, w.counted = store, &counted{Store: store}
	w.restart()
	w.connect(contact.HubSpot)
	w.connect(contact.Pipedrive)
	return w
}

// restart begins a new instance of the product on the same store.
func (w *world) restart() {
	w.service = sync.New(sync.Config{
		Store: w.counted, CRMs: w, Clock: w.clock,
		Fields: map[contact.Provider][]sync.FieldSpec{
			contact.HubSpot: hubspot.DefaultFields(), contact.Pipedrive: pipedrive.DefaultFields(),
		},
		NewID: func(now time.Time) string {

			return fmt.Sprintf("%08x-%08d", now.UnixMilli()/1000, w.ids.Add(1))
		},
		Vault:   plainVault{},
		Trigger: func(context.Context) { w.triggered++ },
	})
}

// Open implements sync.CRMs over the sandboxes.
func (w *world) Open(_ context.Context, c *sync.Connection) (sync.CRM, error) {
	off := transport.Limit{Calls: -1}
	if c.Provider == contact.HubSpot {
		crm := hubspot.New(hubspot.Options{
			BaseURL: "http://hubspot.test", Fields: c.Fields, AccountID: c.AccountID, AccountURL: c.AccountURL, RateLimit: off,
			Token:        hubspot.StaticToken(cmp.Or(c.Credential, "hubspot-token")),
			RoundTripper: ticking{kit.Transport{Handler: w.hubspotOf(c.Credential)}, w}, Clock: w.clock,
		})
		if w.shaped != nil {
			return w.shaped(crm), nil
		}
		return crm, nil
	}
	return pipedrive.New(pipedrive.Options{
		BaseURL: "http://pipedrive.test", Fields: c.Fields, AccountID: c.AccountID, AccountURL: c.AccountURL, RateLimit: off,
		Token:        pipedrive.StaticToken(cmp.Or(c.Credential, "pipedrive-token")),
		RoundTripper: ticking{kit.Transport{Handler: w.pipedrive}, w}, Clock: w.clock,
	}), nil
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) connect(p contact.Provider) {
	w.Helper()
	w.must(w.service.EnsureConnection(w.ctx, acme, p))
}

// sync runs until done and returns the last run.
func (w *world) sync() *sync.Run {
	w.Helper()
	for range 20 {
		run, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{})
		w.must(err)
		switch run.State {
		case sync.RunDone:
			return run
		case sync.RunFailed:
			w.Fatalf("run failed: %s", run.Error)
		}
	}
	run, _ := w.service.Sync(w.ctx, acme, sync.SyncRequest{})
	w.Fatalf("the run does not end: %+v", run)
	return nil
}

// deliver lets HubSpot's events arrive.
func (w *world) deliver(events ...sync.Event) {
	w.Helper()
	w.must(w.service.Receive(w.ctx, events))
}

func (w *world) hubspotEvent(id string) sync.Event {
	conns, err := w.store.Connections(w.ctx, acme)
	w.must(err)
	i := slices.IndexFunc(conns, func(c *sync.Connection) bool { return c.Provider == contact.HubSpot })
	return sync.Event{Provider: contact.HubSpot, AccountID: conns[i].AccountID, ExternalID: contact.ExternalID(id), At: w.clock.Now()}
}

func (w *world) create(values contact.Values) *sync.Contact {
	w.Helper()
	c, err := w.service.CreateContact(w.ctx, acme, values)
	w.must(err)
	return c
}

// contacts returns the app's living contacts by e-mail, else by name.
func (w *world) contacts() map[string]*sync.Contact {
	w.Helper()
	all := map[string]*sync.Contact{}
	for _, c := range w.living() {
		v := c.Values()
		all[cmp.Or(v[contact.Email], v.DisplayName())] = c
	}
	return all
}

// living returns the app's contacts that are not deleted, by id.
func (w *world) living() []*sync.Contact {
	w.Helper()
	var all []*sync.Contact
	for after := contact.ID(""); ; {
		page, err := w.store.ScanContacts(w.ctx, acme, after, 500)
		w.must(err)
		if len(page) == 0 {
			return all
		}
		after = page[len(page)-1].ID
		all = append(all, slices.DeleteFunc(page, func(c *sync.Contact) bool { return c.Lifecycle != sync.Active })...)
	}
}

// row is what any side holds about a person, in one notation.
type row map[contact.Field]string

func (r row) String() string {
	var parts []string
	for _, f := range slices.Sorted(maps.Keys(r)) {
		if r[f] != "" {
			parts = append(parts, string(f)+"="+r[f])
		}
	}
	return strings.Join(parts, " ")
}

// sides returns what the app, HubSpot and Pipedrive hold, each sorted.
func (w *world) sides() (app, hub, pipe []string) {
	w.Helper()
	for _, c := range w.contacts() {
		app = append(app, row(c.Values()).String())
	}
	for _, r := range w.hubspot.Records() {
		if !r.Deleted {
			hub = append(hub, row{
				contact.Email: r.Fields["email"], contact.FirstName: r.Fields["firstname"], contact.LastName: r.Fields["lastname"],
				contact.Phone: r.Fields["phone"], contact.Company: r.Fields["company"], contact.JobTitle: r.Fields["jobtitle"],
				contact.Pronouns: r.Fields["pronouns"],
			}.String())
		}
	}
	for _, r := range w.pipedrive.Records() {
		if !r.Deleted {
			pipe = append(pipe, row{
				contact.Email: r.Fields["emails"], contact.FirstName: r.Fields["first_name"], contact.LastName: r.Fields["last_name"],
				contact.Phone: r.Fields["phones"], contact.JobTitle: r.Fields["Job title"], contact.Pronouns: r.Fields["Pronouns"],
			}.String())
		}
	}
	slices.Sort(app)
	slices.Sort(hub)
	slices.Sort(pipe)
	return app, hub, pipe
}

// equal demands that every side holds n people with equal values.
func (w *world) equal(n int) {
	w.Helper()
	app, hub, pipe := w.sides()
	if len(app) != n || len(hub) != n || len(pipe) != n {
		w.Fatalf("app has %d, HubSpot %d, Pipedrive %d; want %d", len(app), len(hub), len(pipe), n)
	}
	for i := range app {
		if app[i] != hub[i] {
			w.Errorf("app %q, HubSpot %q", app[i], hub[i])
		}
	}
	without := make([]string, len(app)) // company is not mapped on Pipedrive
	for i, c := range app {
		var parts []string
		for _, p := range strings.Split(c, " ") {
			if !strings.HasPrefix(p, "company=") {
				parts = append(parts, p)
			}
		}
		without[i] = strings.Join(parts, " ")
	}
	slices.Sort(without)
	for i := range without {
		if without[i] != pipe[i] {
			w.Errorf("app %q, Pipedrive %q", without[i], pipe[i])
		}
	}
}

// writes counts the calls that changed records.
func (w *world) writes() int {
	n := 0
	for route, calls := range w.hubspot.Calls().Snapshot() {
		if strings.Contains(route, "create") || strings.Contains(route, "update") || strings.Contains(route, "upsert") || strings.Contains(route, "archive") {
			n += calls
		}
	}
	for route, calls := range w.pipedrive.Calls().Snapshot() {
		if !strings.HasPrefix(route, "GET") {
			n += calls
		}
	}
	return n
}

func (w *world) resetCalls() {
	w.hubspot.Calls().Reset()
	w.pipedrive.Calls().Reset()
}

func person(i int) contact.Values {
	return contact.Values{
		contact.Email: fmt.Sprintf("person%d@example.com", i), contact.FirstName: fmt.Sprintf("First%d", i),
		contact.LastName: fmt.Sprintf("Last%d", i), contact.Phone: fmt.Sprintf("+1650253%04d", i),
	}
}

// cutAfter cancels the invocation after n more calls to the CRMs; nil ends that.
func (w *world) cutAfter(n int, cancel context.CancelFunc) {
	w.cutMu.Lock()
	defer w.cutMu.Unlock()
	w.left, w.cancel = n, cancel
}

// tick counts one call to a CRM.
func (w *world) tick() {
	w.cutMu.Lock()
	defer w.cutMu.Unlock()
	w.clock.Advance(w.latency)
	if w.cancel == nil {
		return
	}
	if w.left--; w.left <= 0 {
		w.cancel()
	}
}

// reconnect marks a connection as usable, as entering a new credential does.
func (w *world) reconnect(p contact.Provider) {
	w.Helper()
	conns, err := w.store.Connections(w.ctx, acme)
	w.must(err)
	for _, c := range conns {
		if c.Provider == p {
			c.State = sync.ConnectionActive
			w.must(w.store.SaveConnection(w.ctx, c))
		}
	}
}

// ticking counts the calls through it.
type ticking struct {
	kit.Transport
	w *world
}

func (t ticking) RoundTrip(r *http.Request) (*http.Response, error) {
	t.w.cutMu.Lock()
	during := t.w.during
	t.w.during = nil
	t.w.cutMu.Unlock()
	if during != nil {
		during()
	}
	t.w.tick()
	if t.w.before != nil {
		t.w.before(r)
	}
	return t.Transport.RoundTrip(r)
}

// once has something happen in a CRM just before the next call that matches is served.
func (w *world) once(method, pathPart string, do func()) {
	var done atomic.Bool
	w.before = func(r *http.Request) {
		if r.Method == method && strings.Contains(r.URL.Path, pathPart) && done.CompareAndSwap(false, true) {
			w.clock.Advance(time.Second)
			do()
			w.clock.Advance(time.Second)
		}
	}
}

// update changes a contact in the app.
func (w *world) update(c *sync.Contact, patch contact.Values) *sync.Contact {
	w.Helper()
	c, err := w.service.UpdateContact(w.ctx, acme, c.ID, patch, nil)
	w.must(err)
	return c
}

// only returns the app's one contact.
func (w *world) only() *sync.Contact {
	w.Helper()
	all := w.living()
	if len(all) != 1 {
		w.Fatalf("the app has %d contacts, not one", len(all))
	}
	return all[0]
}

// conflicts returns the conflict log, newest first.
func (w *world) conflicts() []sync.Conflict {
	w.Helper()
	list, _, _, err := w.service.Conflicts(w.ctx, acme, sync.LogQuery{})
	w.must(err)
	return list
}

// anotherHubSpot makes a second account, whose token is "other-token".
func (w *world) anotherHubSpot() *hubspotbox.Server {
	w.second = hubspotbox.New(hubspotbox.Options{
		Clock: w.clock.Now, Token: "other-token", PortalID: 4711,
		Knobs: hubspotbox.Knobs{TenSecondlyLimit: -1, SearchPerSecond: -1, DailyLimit: -1},
	})
	return w.second
}

func (w *world) hubspotOf(token string) http.Handler {
	if token == "other-token" {
		return w.second
	}
	return w.hubspot
}

// plainVault shows the engine's side of a vault; package secret has the real one.
type plainVault struct{}

func (plainVault) Seal(plain, _ string) (string, error)        { return plain, nil }
func (plainVault) Open(sealed, _ string) (string, bool, error) { return sealed, false, nil }
