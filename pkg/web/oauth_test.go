package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	gosync "sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/app"
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// withoutTokens is a deployment to which CRMs are connected by people alone.
func withoutTokens() map[string]string {
	settings := envWithPassword()
	delete(settings, "HUBSPOT_ACCESS_TOKEN")
	delete(settings, "PIPEDRIVE_API_TOKEN")
	return settings
}

// authorize asks where a person agrees.
func (d *desk) authorize(provider string, header ...string) *url.URL {
	d.Helper()
	var at struct {
		AuthorizeURL string
		ExpiresAt    time.Time
	}
	d.do("POST connections", `{"provider":"`+provider+`","method":"oauth"}`, header...).want(200).into(&at)
	address, err := url.Parse(at.AuthorizeURL)
	d.must(err)
	return address
}

// agree is a person's decision at the consent page of a sandbox, which it reads
// first. It returns where the page sends the browser.
func (d *desk) agree(address *url.URL, decision string) *url.URL {
	d.Helper()
	var crm http.Handler = d.hubspot
	if address.Host == "pipedrive.test" {
		crm = d.pipedrive
	}
	r := httptest.NewRequest(http.MethodGet, address.String(), nil)
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	crm.ServeHTTP(w, r)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "Connect app") {
		d.Fatalf("the consent page: %d %s", w.Code, w.Body)
	}
	r = httptest.NewRequest(http.MethodPost, address.String(), strings.NewReader("decision="+decision))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w = httptest.NewRecorder()
	crm.ServeHTTP(w, r)
	back, err := url.Parse(w.Header().Get("Location"))
	d.must(err)
	return back
}

// comeBack follows a consent page's redirect to the product, and returns what the
// page there is told.
func (d *desk) comeBack(back *url.URL, header ...string) url.Values {
	d.Helper()
	provider, ok := strings.CutSuffix(strings.TrimPrefix(back.Path, "/api/connections/"), "/callback")
	if !ok || back.Host != "sync.test" {
		d.Fatalf("comes back to %s", back)
	}
	query := back.Query()
	query.Set("op", "callback")
	query.Set("id", provider)
	answer := d.as("").do("GET connections?"+query.Encode(), "", header...).want(http.StatusSeeOther)
	page, err := url.Parse(answer.header.Get("Location"))
	d.must(err)
	if page.Path != "/connections" || page.Host != "" {
		d.Errorf("leads to %s", page)
	}
	return page.Query()
}

// connectBy connects a CRM through its consent page.
func (d *desk) connectBy(provider string) {
	d.Helper()
	if told := d.comeBack(d.agree(d.authorize(provider), "allow")); told.Get("connected") != provider {
		d.Fatalf("not connected: %v\n%s", told, d.log)
	}
}

func TestConnectThroughTheConsentPage(t *testing.T) {
	d := openWith(t, withoutTokens())
	for _, provider := range []string{"hubspot", "pipedrive"} {
		session := cookie(d.signIn())
		told := d.comeBack(d.agree(d.as("").authorize(provider, session...), "allow"), session...)
		if told.Get("connected") != provider || told.Has("failed") {
			t.Fatalf("%s: %v\n%s", provider, told, d.log)
		}
		if c := d.connection(provider); c.State != "new" || text(c.Credential) != "oauth" || c.AccountID == nil {
			t.Errorf("%+v", c)
		}
	}
	d.create(`{"email":"ada@example.com","firstName":"Ada"}`)
	d.sync()
	if len(d.inHubSpot()) != 1 || len(d.inPipedrive()) != 1 {
		t.Errorf("not synced: %v, %v", d.inHubSpot(), d.inPipedrive())
	}
	conns, err := d.store.store.Connections(t.Context(), "default")
	d.must(err)
	for _, c := range conns {
		if !c.OAuth || c.Credential == "" || strings.Contains(c.Credential, "access") || strings.Contains(c.Credential, "v1u") {
			t.Errorf("stored: %+v", c)
		}
	}
	for _, secret := range []string{"na1-sandbox-access", "na1-sandbox-refresh", "v1u:", "shush"} {
		if strings.Contains(d.log.String(), secret) {
			t.Errorf("the log has %s", secret)
		}
	}
}

func TestConsentThatDoesNotCount(t *testing.T) {
	d := openWith(t, withoutTokens())
	mine, other := cookie(d.signIn()), cookie(d.signIn())
	begin := func() *url.URL { return d.agree(d.as("").authorize("hubspot", mine...), "allow") }
	change := func(back *url.URL, name, value string) *url.URL {
		query := back.Query()
		query.Set(name, value)
		back.RawQuery = query.Encode()
		return back
	}
	elsewhere := begin()
	elsewhere.Path = "/api/connections/pipedrive/callback"
	used := begin()
	d.comeBack(used, mine...)
	d.must(d.app.Service.Disconnect(t.Context(), "default", contact.HubSpot))
	for name, c := range map[string]struct {
		back   *url.URL
		header []string
		says   string
	}{
		"used":               {used, mine, "Begin again"},
		"another session":    {begin(), other, "Begin again"},
		"no session":         {begin(), nil, "Begin again"},
		"another state":      {change(begin(), "state", "guess"), mine, "Begin again"},
		"no state":           {change(begin(), "state", ""), mine, "Begin again"},
		"another provider":   {elsewhere, mine, "Begin again"},
		"another code":       {change(begin(), "code", "guess"), mine, "does not accept"},
		"no code":            {change(begin(), "code", ""), mine, "sent no code"},
		"not agreed":         {d.agree(d.as("").authorize("hubspot", mine...), "deny"), mine, "not agreed"},
		"an error":           {change(change(begin(), "error", "server_error"), "error_description", "<b>No</b> app"), mine, "HubSpot says: <b>No</b> app"},
		"an invented error":  {change(change(begin(), "error", "x"), "state", "guess"), mine, "Begin again"},
		"a very long answer": {change(begin(), "error", strings.Repeat("long ", 200)), mine, "…"},
	} {
		told := d.comeBack(c.back, c.header...)
		if told.Get("failed") == "" || !strings.Contains(told.Get("reason"), c.says) || len(told.Get("reason")) > 210 {
			t.Errorf("%s: %v", name, told)
		}
	}
	late := begin()
	d.clock.set(11 * time.Minute)
	if told := d.comeBack(late, mine...); !strings.Contains(told.Get("reason"), "10 minutes") {
		t.Errorf("late: %v", told)
	}
	if c := d.connection("hubspot"); c.State != "disconnected" || c.Credential != nil {
		t.Errorf("connected all the same: %+v", c)
	}
	d.as("").do("GET connections?op=callback&id=salesforce&state=x&code=y", "").problem(404)
}

// A program with a key sends people without having a session of theirs.
func TestConsentOfAProgram(t *testing.T) {
	d := openWith(t, withoutTokens()).as("0ther")
	if told := d.comeBack(d.agree(d.authorize("pipedrive"), "allow")); told.Get("connected") != "pipedrive" {
		t.Fatalf("%v", told)
	}
	if c := d.as("0ther").connection("pipedrive"); text(c.Credential) != "oauth" {
		t.Errorf("%+v", c)
	}
}

func TestConsentIsOfferedWhereItIsSetUp(t *testing.T) {
	for _, missing := range []string{"HUBSPOT_CLIENT_ID", "HUBSPOT_CLIENT_SECRET", "PUBLIC_BASE_URL", "ENCRYPTION_KEYS", ""} {
		settings := env()
		delete(settings, missing)
		d := openWith(t, settings)
		var all connectionsJSON
		d.do("GET connections", "").want(200).into(&all)
		got := all.Available[0].OAuth
		if got.Offered != (missing == "") || strings.Join(got.Missing, ",") != missing {
			t.Errorf("without %q: %+v", missing, got)
		}
		if missing != "" {
			if p := d.do("POST connections", `{"provider":"hubspot","method":"oauth"}`).problem(503); !strings.Contains(p.Message, missing) {
				t.Errorf("without %s: %+v", missing, p)
			}
		}
	}
	d := open(t)
	for _, body := range []string{`{"provider":"hubspot","method":"oauth","token":"x"}`, `{"provider":"hubspot","method":"other"}`} {
		if p := d.do("POST connections", body).problem(422); p.Details["method"] == "" {
			t.Errorf("%s: %+v", body, p)
		}
	}
}

// tokens counts the requests for tokens; fail, if it is not nil, answers them.
func (d *desk) tokens(n *atomic.Int64, fail func() error) {
	d.toCRM = func(r *http.Request) error {
		if !strings.HasPrefix(r.URL.Path, "/oauth/") || strings.HasSuffix(r.URL.Path, "/revoke") {
			return nil
		}
		n.Add(1)
		if fail != nil {
			return fail()
		}
		return nil
	}
}

// instance is another instance of the product on the same store.
func (d *desk) instance(settings map[string]string) *app.App {
	d.Helper()
	config, err := app.Read(func(name string) string { return settings[name] })
	d.must(err)
	made, err := app.New(d.Context(), app.Options{Config: config, Store: d.store, Clock: d.clock, Transport: crms{d}})
	d.must(err)
	return made
}

// later moves the clock, makes a contact and syncs, without the deadline that a
// request has by the real clock.
func (d *desk) later(ahead time.Duration, email string) {
	d.Helper()
	d.clock.set(ahead)
	_, err := d.app.Service.CreateContact(d.Context(), "default", contact.Values{contact.Email: email})
	d.must(err)
	d.syncFor("default")
}

// At 80 % of its life a token is renewed: once, however many instances need it, and
// not before.
func TestAccessIsRenewedOnceByTheClock(t *testing.T) {
	for provider, life := range map[contact.Provider]time.Duration{contact.HubSpot: 30 * time.Minute, contact.Pipedrive: time.Hour} {
		settings := withoutTokens()
		d := openWith(t, settings)
		d.connectBy(string(provider))
		d.sync()
		var asked atomic.Int64
		d.tokens(&asked, nil)
		everybody := func() {
			var wg gosync.WaitGroup
			for range 3 {
				instance := d.instance(settings)
				for range 5 {
					wg.Go(func() {
						if err := instance.Service.TestConnection(t.Context(), "default", provider); err != nil {
							t.Error(err)
						}
					})
				}
			}
			wg.Wait()
		}
		d.clock.set(life*4/5 - time.Minute)
		if everybody(); asked.Load() != 0 {
			t.Errorf("%s: renewed %d times before its time", provider, asked.Load())
		}
		d.clock.set(life*4/5 + time.Minute)
		if everybody(); asked.Load() != 1 {
			t.Errorf("%s: renewed %d times", provider, asked.Load())
		}
		d.clock.set(life + time.Minute) // the old one would have ended
		if everybody(); asked.Load() != 1 {
			t.Errorf("%s: renewed %d times, the last one needlessly", provider, asked.Load())
		}
		if c := d.connection(string(provider)); c.State != "active" {
			t.Errorf("%+v", c)
		}
	}
}

// A refusal is no reason to ask for another token.
func TestARefusalRenewsNothing(t *testing.T) {
	d := openWith(t, withoutTokens())
	d.connectBy("pipedrive")
	d.sync()
	var asked atomic.Int64
	d.tokens(&asked, nil)
	knobs := d.pipedrive.Knobs()
	knobs.Revoked = true
	d.pipedrive.SetKnobs(knobs)
	if c := d.change("pipedrive", "test"); c.State != "unauthorised" || asked.Load() != 0 {
		t.Errorf("renewed %d times: %+v", asked.Load(), c)
	}
}

// While the vendor issues no tokens, the old one is used until it ends; then the
// connection waits, and goes on by itself.
func TestAccessThatCannotBeRenewedForAWhile(t *testing.T) {
	d := openWith(t, withoutTokens())
	d.connectBy("hubspot")
	d.sync()
	var asked atomic.Int64
	d.tokens(&asked, func() error { return errors.New("connection reset") })
	d.later(25*time.Minute, "ada@example.com")
	if len(d.inHubSpot()) != 1 || asked.Load() == 0 {
		t.Errorf("%d records, %d attempts", len(d.inHubSpot()), asked.Load())
	}
	d.clock.set(31 * time.Minute)
	if err := d.app.Service.TestConnection(t.Context(), "default", contact.HubSpot); err == nil {
		t.Error("works without a token")
	}
	if c := d.connection("hubspot"); c.State != "error" || !strings.Contains(c.Message, "did not answer") {
		t.Errorf("%+v", c)
	}
	d.toCRM = nil
	d.later(32*time.Minute, "bob@example.com")
	if c := d.connection("hubspot"); c.State != "active" || len(d.inHubSpot()) != 2 {
		t.Errorf("%d records, %+v", len(d.inHubSpot()), c)
	}
}

// Access that was taken back at the vendor ends in one state, with one way out.
func TestAccessThatWasTakenBack(t *testing.T) {
	d := openWith(t, withoutTokens())
	d.connectBy("hubspot")
	d.create(`{"email":"ada@example.com"}`)
	d.sync()
	d.hubspot.RevokeRefreshTokens()
	d.clock.set(25 * time.Minute)
	if _, err := d.app.Service.Sync(t.Context(), "default", sync.SyncRequest{}); err != nil {
		t.Fatal(err)
	}
	c := d.connection("hubspot")
	if c.State != "unauthorised" || !strings.Contains(c.Message, "Connect HubSpot again") || c.Linked != 1 {
		t.Errorf("%+v", c)
	}
	d.clock.set(0)
	d.connectBy("hubspot")
	d.sync()
	if c = d.connection("hubspot"); c.State != "active" || c.Message != "" || c.Linked != 1 || len(d.inHubSpot()) != 1 {
		t.Errorf("connected again: %+v", c)
	}
}

// A renewed token that could not be stored is lost, and nothing else: the vendor
// takes the old refresh token again.
func TestARenewalThatIsNotSaved(t *testing.T) {
	for _, provider := range []string{"hubspot", "pipedrive"} {
		d := openWith(t, withoutTokens())
		d.connectBy(provider)
		d.sync()
		var asked atomic.Int64
		d.tokens(&asked, nil)
		d.clock.set(50 * time.Minute) // past the end of HubSpot's, and 80 % of Pipedrive's
		d.store.saveNoConnections(true)
		_ = d.app.Service.TestConnection(t.Context(), "default", contact.Provider(provider)) // Pipedrive's old token still works
		if asked.Load() != 1 {
			t.Errorf("%s: asked %d times", provider, asked.Load())
		}
		d.store.saveNoConnections(false)
		d.later(51*time.Minute, "ada@example.com")
		if c := d.connection(provider); c.State != "active" || asked.Load() != 2 || c.Linked != 1 {
			t.Errorf("%s: asked %d times, %+v", provider, asked.Load(), c)
		}
	}
}

func TestDisconnectingGivesTheAccessBack(t *testing.T) {
	d := openWith(t, withoutTokens())
	var revoked atomic.Int64
	for _, provider := range []string{"hubspot", "pipedrive"} {
		d.connectBy(provider)
		d.toCRM = func(r *http.Request) error {
			if strings.HasSuffix(r.URL.Path, "/revoke") {
				revoked.Add(1)
				if revoked.Load() == 3 {
					return errors.New("no network")
				}
			}
			return nil
		}
	}
	for _, provider := range []string{"hubspot", "pipedrive"} {
		d.do("DELETE connections?op=one&id="+provider, "").want(204)
	}
	if revoked.Load() != 2 || strings.Contains(d.log.String(), "revoke access") {
		t.Errorf("revoked %d times\n%s", revoked.Load(), d.log)
	}
	d.connectBy("hubspot")
	d.do("DELETE connections?op=one&id=hubspot", "").want(204)
	if c := d.connection("hubspot"); c.State != "disconnected" || c.Credential != nil || revoked.Load() != 3 {
		t.Errorf("after a revocation that failed: %+v", c)
	}
}
