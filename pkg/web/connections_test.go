package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sync"
)

type (
	connectionJSON struct {
		Provider, State, Message, URL string
		Held                          string
		LastSuccessAt                 *time.Time
		LagSeconds                    *int
		Pending, Errors, Linked       int
		Budget                        *sync.Budget
		Credential, AccountID         *string
		WebhookURL                    *string
		VerifyWrites                  bool
		Events                        *eventsJSON
	}
	eventsJSON struct {
		Live    bool
		Message string
	}
	connectionsJSON struct {
		Connections []connectionJSON
		Available   []struct {
			Provider, Name, TokenLabel string
			How, Scopes                []string
			Environment                bool
			OAuth                      struct {
				Offered bool
				Missing []string
			}
		}
	}
)

// connection returns the customer's connection to a CRM, as the list shows it.
func (d *desk) connection(provider string) connectionJSON {
	d.Helper()
	var all connectionsJSON
	d.do("GET connections", "").want(200).into(&all)
	for _, c := range all.Connections {
		if c.Provider == provider {
			return c
		}
	}
	d.Fatalf("no connection to %s", provider)
	return connectionJSON{}
}

func (d *desk) change(provider, action string) connectionJSON {
	d.Helper()
	var c connectionJSON
	d.do("PATCH connections?op=one&id="+provider, `{"action":"`+action+`"}`).want(200).into(&c)
	return c
}

func text(p *string) string {
	if p == nil {
		return "-"
	}
	return *p
}

func TestConnectionsOfTheEnvironment(t *testing.T) {
	d := open(t)
	var all connectionsJSON
	d.do("GET connections", "").want(200).into(&all)
	if len(all.Connections) != 2 || len(all.Available) != 2 {
		t.Fatalf("%+v", all)
	}
	for _, c := range all.Connections {
		if c.State != "new" || text(c.Credential) != "environment" || c.AccountID != nil {
			t.Errorf("%+v", c)
		}
	}
	if text(all.Connections[0].WebhookURL) != "https://sync.test/api/webhook/hubspot" || all.Connections[1].WebhookURL != nil {
		t.Errorf("addresses for events: %+v", all.Connections)
	}
	for _, a := range all.Available {
		if !a.Environment || a.Name == "" || a.TokenLabel == "" || len(a.How) == 0 {
			t.Errorf("%+v", a)
		}
	}
	all = connectionsJSON{}
	d.as("0ther").do("GET connections", "").want(200).into(&all)
	if len(all.Connections) != 0 || all.Available[0].Environment {
		t.Errorf("of another customer: %+v", all)
	}
	d.as("0ther").do("POST connections", `{"provider":"hubspot"}`).problem(422)
	if d.hubspot.Calls().Total() != 0 {
		t.Error("the environment's token was used for another customer")
	}
}

func TestConnectWithAToken(t *testing.T) {
	d := open(t).as("0ther")
	theirs := d.newHubSpot("theirs")
	d.accounts["theirs"] = theirs
	for body, member := range map[string]string{
		`{"provider":"hubspot","token":"guess"}`:     "token",
		`{"provider":"hubspot","token":"two words"}`: "token",
		`{"provider":"hubspot","token":""}`:          "token",
		`{"provider":"hubspot"}`:                     "token",
		`{"provider":"salesforce","token":"x"}`:      "provider",
		`{"token":"theirs"}`:                         "provider",
		`{"provider":"hubspot","token":7}`:           "token",
		`{"provider":"hubspot","key":"theirs"}`:      "key",
	} {
		if p := d.do("POST connections", body).problem(422); p.Details[member] == "" {
			t.Errorf("%s: %+v", body, p)
		}
	}
	var c connectionJSON
	d.do("POST connections", `{"provider":"hubspot","token":" theirs "}`).want(200).into(&c)
	if c.State != "new" || text(c.Credential) != "entered" || text(c.AccountID) != "62515" {
		t.Errorf("connected: %+v", c)
	}
	d.create(`{"email":"ada@example.com"}`)
	d.sync()
	if c = d.connection("hubspot"); c.State != "active" || c.Linked != 1 || len(theirs.Records()) != 1 || len(d.hubspot.Records()) != 0 {
		t.Errorf("after a sync: %+v", c)
	}
	conns, err := d.store.store.Connections(t.Context(), "elsewhere")
	d.must(err)
	if len(conns) != 1 || conns[0].Credential == "" || strings.Contains(conns[0].Credential, "theirs") {
		t.Errorf("stored: %+v", conns)
	}
	if strings.Contains(d.log.String(), "theirs") {
		t.Error("the log has the token")
	}
}

func TestWritesAreVerifiedWhereItIsAskedFor(t *testing.T) {
	d := open(t)
	for _, on := range []string{"true", "false"} {
		var c connectionJSON
		d.do("PATCH connections?op=one&id=pipedrive", `{"verifyWrites":`+on+`}`).want(200).into(&c)
		if text := fmt.Sprint(c.VerifyWrites); text != on || fmt.Sprint(d.connection("pipedrive").VerifyWrites) != on {
			t.Errorf("verifyWrites is %s, want %s", text, on)
		}
	}
	d.do("PATCH connections?op=one&id=pipedrive", `{"verifyWrites":"yes"}`).want(422)
	d.do("PATCH connections?op=one&id=pipedrive", `{"verifyWrites":true,"action":"jump"}`).want(422)
	if d.connection("pipedrive").VerifyWrites {
		t.Error("a refused request changed the connection")
	}
}

func TestPauseResumeAndDisconnect(t *testing.T) {
	d := open(t)
	d.create(`{"email":"ada@example.com"}`)
	d.sync()
	if c := d.change("pipedrive", "pause"); c.State != "paused" || c.Message == "" {
		t.Errorf("paused: %+v", c)
	}
	calls := d.pipedrive.Calls().Total()
	d.create(`{"email":"bob@example.com"}`)
	d.sync()
	if len(d.inPipedrive()) != 1 || d.pipedrive.Calls().Total() != calls {
		t.Error("a paused CRM was called")
	}
	if c := d.change("pipedrive", "resume"); c.State != "active" {
		t.Errorf("resumed: %+v", c)
	}
	d.sync()
	if len(d.inPipedrive()) != 2 {
		t.Error("what was entered in the pause did not arrive")
	}
	for range 2 {
		d.do("DELETE connections?op=one&id=pipedrive", "").want(204)
	}
	if c := d.connection("pipedrive"); c.State != "disconnected" || c.Credential != nil || c.Linked != 2 {
		t.Errorf("disconnected: %+v", c)
	}
	d.create(`{"email":"eve@example.com"}`)
	d.sync()
	var c connectionJSON
	d.do("POST connections", `{"provider":"pipedrive"}`).want(200).into(&c)
	if c.State != "active" || text(c.Credential) != "environment" {
		t.Errorf("connected again: %+v", c)
	}
	d.sync()
	if len(d.inPipedrive()) != 3 || len(d.pipedrive.Records()) != 3 {
		t.Errorf("records %v", d.pipedrive.Records())
	}
}

func TestDeletionsThatAreHeldAreConfirmed(t *testing.T) {
	d := open(t)
	d.do("POST contacts?op=import", people(40)).want(200)
	d.sync()
	d.hubspot.SetWebhook("") // a listing finds them all at once
	records := d.inHubSpot()
	for i := range 11 {
		d.must(d.hubspot.Delete(records[fmt.Sprintf("person%03d@example.com", i)].ID))
	}
	d.do("POST sync", `{"kind":"full"}`).want(200)
	if c := d.connection("hubspot"); c.Held == "" || c.State != "active" || len(d.inPipedrive()) != 40 {
		t.Errorf("11 of 40 records are gone: %+v, %d in Pipedrive", c, len(d.inPipedrive()))
	}
	var o struct{ State string }
	d.must(json.Unmarshal([]byte(d.do("GET sync", "").want(200).text), &o))
	if o.State != "attention" {
		t.Errorf("state %q", o.State)
	}
	if c := d.change("hubspot", "confirm"); c.Held != "" {
		t.Errorf("confirmed: %+v", c)
	}
	d.sync()
	if len(d.inPipedrive()) != 29 {
		t.Errorf("%d in Pipedrive", len(d.inPipedrive()))
	}
}

func TestConnectionsThatAreNotThere(t *testing.T) {
	d := open(t).as("0ther")
	for _, call := range []string{"PATCH connections?op=one&id=hubspot", "PATCH connections?op=one&id=salesforce"} {
		for _, action := range []string{"test", "pause", "resume", "confirm"} {
			d.do(call, `{"action":"`+action+`"}`).problem(404)
		}
	}
	d.do("DELETE connections?op=one&id=hubspot", "").problem(404)
	for _, body := range []string{"", `{"action":"reset"}`, `{"action":null}`, `{"action":"test","force":true}`} {
		d.do("PATCH connections?op=one&id=hubspot", body).problem(422)
	}
	d.do("GET connections?op=one&id=hubspot", "").problem(http.StatusMethodNotAllowed)
}

// What a CRM says about its credential must not look like what we say about ours.
func TestATokenThatIsRevoked(t *testing.T) {
	d := open(t)
	d.sync()
	revoked := func(on bool) {
		k := d.hubspot.Knobs()
		k.Revoked = on
		d.hubspot.SetKnobs(k)
	}
	revoked(true)
	if c := d.change("hubspot", "test"); c.State != "unauthorised" || c.Message == "" {
		t.Errorf("revoked: %+v", c)
	}
	if p := d.do("POST connections", `{"provider":"hubspot"}`).problem(422); p.Details["token"] == "" {
		t.Errorf("%+v", p)
	}
	revoked(false)
	if c := d.change("hubspot", "test"); c.State != "active" || c.Message != "" {
		t.Errorf("good again: %+v", c)
	}
	d.change("hubspot", "pause")
	revoked(true)
	d.do("PATCH connections?op=one&id=hubspot", `{"action":"test"}`).problem(422)
}

func TestTheTokenOfAnotherAccount(t *testing.T) {
	d := open(t)
	d.create(`{"email":"ada@example.com"}`)
	d.sync()
	another := hubspot.New(hubspot.Options{Token: "another", PortalID: 777})
	d.accounts["another"] = another
	d.do("POST connections", `{"provider":"hubspot","token":"another"}`).problem(409)
	if c := d.connection("hubspot"); c.State != "active" || text(c.AccountID) != "62515" || text(c.Credential) != "environment" {
		t.Errorf("refused, but changed: %+v", c)
	}
	d.do("DELETE connections?op=one&id=hubspot", "").want(204)
	var c connectionJSON
	d.do("POST connections", `{"provider":"hubspot","token":"another"}`).want(200).into(&c)
	d.sync()
	if c = d.connection("hubspot"); text(c.AccountID) != "777" || c.Linked != 1 || len(another.Records()) != 1 || len(d.inHubSpot()) != 1 {
		t.Errorf("%+v, %d records there", c, len(another.Records()))
	}
}

// The records of the links are not in the other account: going on would take them all
// for deleted.
func TestAnotherAccountInTheEnvironmentStopsTheConnection(t *testing.T) {
	settings := env()
	d := openOn(t, filepath.Join(t.TempDir(), "store.db"), settings)
	d.create(`{"email":"ada@example.com"}`)
	d.sync()
	another := hubspot.New(hubspot.Options{Token: "another", PortalID: 777})
	d.accounts["another"] = another
	settings["HUBSPOT_ACCESS_TOKEN"] = "another"
	d.start(settings)
	d.do("POST sync", `{"kind":"full"}`).want(200)
	c := d.connection("hubspot")
	if c.State != "error" || !strings.Contains(c.Message, "another HubSpot account") || c.Linked != 1 || text(c.AccountID) != "62515" {
		t.Errorf("%+v", c)
	}
	if len(another.Records()) != 0 || len(d.inPipedrive()) != 1 {
		t.Errorf("records %v, %v", another.Records(), d.inPipedrive())
	}
	settings["HUBSPOT_ACCESS_TOKEN"] = "hubspot-token"
	d.start(settings)
	d.sync()
	if c := d.connection("hubspot"); c.State != "active" || c.Linked != 1 {
		t.Errorf("with the old token: %+v", c)
	}
	settings["HUBSPOT_ACCESS_TOKEN"] = "another"
	d.start(settings)
	d.do("DELETE connections?op=one&id=hubspot", "").want(204)
	d.do("POST connections", `{"provider":"hubspot"}`).problem(409)
	d.do("POST connections", `{"provider":"hubspot","token":"another"}`).want(200)
	d.sync()
	if c := d.connection("hubspot"); c.State != "active" || text(c.AccountID) != "777" || len(another.Records()) != 1 {
		t.Errorf("with the new account: %+v", c)
	}
}

func TestCredentialsNeedAKey(t *testing.T) {
	settings := env()
	delete(settings, "ENCRYPTION_KEYS")
	d := openWith(t, settings)
	if p := d.do("POST connections", `{"provider":"hubspot","token":"hubspot-token"}`).problem(503); !strings.Contains(p.Message, "ENCRYPTION_KEYS") {
		t.Errorf("%+v", p)
	}
	if c := d.connection("hubspot"); text(c.Credential) != "environment" {
		t.Errorf("%+v", c)
	}
}

// A key that is lost makes a connection unusable, and nothing else; when it is back
// the sync goes on where it was. A key that was replaced is not needed for ever.
func TestKeysAreRotatedAndLost(t *testing.T) {
	keys := func(keys string) map[string]string {
		settings := env()
		maps.Copy(settings, map[string]string{"ENCRYPTION_KEYS": keys, "HUBSPOT_ACCESS_TOKEN": "", "PIPEDRIVE_API_TOKEN": ""})
		return settings
	}
	d := openOn(t, filepath.Join(t.TempDir(), "store.db"), keys(oldKey))
	d.do("POST connections", `{"provider":"hubspot","token":"hubspot-token"}`).want(200)
	d.create(`{"email":"ada@example.com"}`)
	d.sync()
	for lost, key := range map[string]string{"another key": newKey, "no key": ""} {
		d.start(keys(key))
		if c := d.connection("hubspot"); c.State != "error" || !strings.Contains(c.Message, "ENCRYPTION_KEYS") || c.Linked != 1 {
			t.Errorf("%s, at once: %+v", lost, c)
		}
		var run runJSON
		d.do("POST sync", "").want(200).into(&run)
		if c := d.connection("hubspot"); c.State != "error" || !strings.Contains(c.Message, "ENCRYPTION_KEYS") || c.Linked != 1 || text(c.Credential) != "entered" {
			t.Errorf("%s, after a run: %+v", lost, c)
		}
		if c := d.change("hubspot", "test"); c.State != "error" {
			t.Errorf("%s, after a test: %+v", lost, c)
		}
	}
	d.create(`{"email":"bob@example.com"}`)
	d.start(keys(newKey + "," + oldKey))
	d.sync()
	if c := d.connection("hubspot"); c.State != "active" || c.Linked != 2 || c.Message != "" || len(d.hubspot.Records()) != 2 {
		t.Errorf("with both keys: %+v", c)
	}
	d.clock.set(25 * time.Hour) // the daily look at the account
	if _, err := d.app.Service.SyncAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.start(keys(newKey))
	if c := d.connection("hubspot"); c.State != "active" {
		t.Errorf("without the old key: %+v", c)
	}
}

func TestOneAccountOfTwoCustomersHasOneBudget(t *testing.T) {
	settings := env()
	settings["HUBSPOT_RATE_LIMIT"] = "1000/3600"
	d := openWith(t, settings)
	d.do("POST connections", `{"provider":"hubspot","token":"hubspot-token"}`).want(200)
	d.as("0ther").do("POST connections", `{"provider":"hubspot","token":"hubspot-token"}`).want(200)
	d.sync()
	d.as("0ther").sync()
	one, other := d.connection("hubspot").Budget, d.as("0ther").connection("hubspot").Budget
	if one == nil || one.Used < 2 {
		t.Fatalf("budget %+v", one)
	}
	if diff := cmp.Diff(one, other); diff != "" {
		t.Errorf("each counts for itself: %s", diff)
	}
}
