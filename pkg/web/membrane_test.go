package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

type membraneJSON struct{ Token, APIURI, UIURI string }

func TestMembraneToken(t *testing.T) {
	d := open(t)
	var mine, theirs membraneJSON
	d.do("GET connections?op=token", "").want(200).into(&mine)
	if mine.APIURI != "http://membrane.test" || mine.UIURI != "http://membrane.test/ui" {
		t.Errorf("%+v", mine)
	}
	id, err := d.membrane.Connect("default", "hubspot")
	d.must(err)
	d.key = "0ther"
	d.do("GET connections?op=token", "").want(200).into(&theirs)
	for token, status := range map[string]int{mine.Token: 200, theirs.Token: 404} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://membrane.test/connections/"+id, nil)
		d.must(err)
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := crms{d}.RoundTrip(r)
		d.must(err)
		resp.Body.Close()
		if resp.StatusCode != status {
			t.Errorf("Membrane answers %d, want %d", resp.StatusCode, status)
		}
	}
}

func TestMembraneThatIsNotSetUp(t *testing.T) {
	settings := env()
	delete(settings, "MEMBRANE_WORKSPACE_SECRET")
	d := openWith(t, settings)
	for call, body := range map[string]string{
		"GET connections?op=token": "",
		"POST connections":         `{"provider":"hubspot","method":"membrane","connectionId":"con_1"}`,
	} {
		if said := d.do(call, body).problem(503).Message; !strings.Contains(said, "INTEGRATION_APP_WORKSPACE_SECRET") {
			t.Errorf("%s: %q", call, said)
		}
	}
}

// storedConnection is the customer's connection to HubSpot as it is stored.
func (d *desk) storedConnection() *sync.Connection {
	d.Helper()
	all, err := d.store.Connections(d.Context(), "default")
	d.must(err)
	at := slices.IndexFunc(all, func(c *sync.Connection) bool { return c.Provider == contact.HubSpot })
	return all[at]
}

// TestAConnectionChangesItsRoute: reached through Membrane and directly again, an
// account is the same one. Nothing is made twice, and what changes goes the new way.
func TestAConnectionChangesItsRoute(t *testing.T) {
	d := open(t)
	ada := d.create(`{"email":"ada@example.com","firstName":"Ada"}`)
	bob, err := d.hubspot.Create(map[string]string{"email": "bob@example.com", "firstname": "Bob"})
	d.must(err)
	d.sync()
	before := d.link(ada.ID, "hubspot")

	id, err := d.membrane.Connect("default", "hubspot")
	d.must(err)
	var connection struct{ Credential, State, AccountID string }
	d.do("POST connections", `{"provider":"hubspot","method":"membrane","connectionId":"`+id+`"}`).want(200).part(&connection)
	if connection.Credential != "membrane" || connection.State != "active" || connection.AccountID != "62515" {
		t.Errorf("connected: %+v", connection)
	}
	if c := d.storedConnection(); c.Route() != sync.RouteMembrane || c.Credential != "" {
		t.Errorf("route %s, with a credential: %v", c.Route(), c.Credential != "")
	}

	d.membrane.Calls().Reset()
	direct := ""
	d.toCRM = func(r *http.Request) error {
		if r.URL.Host == "hubspot.test" {
			direct = r.Method + " " + r.URL.Path
		}
		return nil
	}
	d.must(d.hubspot.Edit(bob, map[string]string{"firstname": "Robert"}))
	d.do("PATCH contacts?op=one&id="+ada.ID, `{"firstName":"Augusta"}`).want(200)
	run := d.sync()
	if direct != "" || d.membrane.Calls().Snapshot()["POST /act"] == 0 {
		t.Errorf("called directly: %q; through Membrane: %v", direct, d.membrane.Calls().Snapshot())
	}
	if run.Counts.Created != 0 || run.Counts.Deleted != 0 || run.Counts.Errors != 0 || len(d.hubspot.Records()) != 2 {
		t.Errorf("%+v, %d records", run.Counts, len(d.hubspot.Records()))
	}
	d.checkHubSpot(before.ExternalID, "Augusta")
	if after := d.link(ada.ID, "hubspot"); after.ExternalID != before.ExternalID {
		t.Errorf("linked to %s, was to %s", after.ExternalID, before.ExternalID)
	}
	if got := d.contactOf("bob@example.com"); got.FirstName != "Robert" {
		t.Errorf("Bob is %q in the app", got.FirstName)
	}

	d.toCRM = nil
	d.do("POST connections", `{"provider":"hubspot","token":"hubspot-token"}`).want(200).part(&connection)
	d.membrane.Calls().Reset()
	d.do("PATCH contacts?op=one&id="+ada.ID, `{"firstName":"Ada"}`).want(200)
	d.sync()
	d.checkHubSpot(before.ExternalID, "Ada")
	if n := d.membrane.Calls().Total(); n != 0 || connection.Credential != "entered" || len(d.hubspot.Records()) != 2 {
		t.Errorf("%d calls through Membrane, credential %s, %d records", n, connection.Credential, len(d.hubspot.Records()))
	}
}

func (d *desk) link(id, provider string) linkJSON {
	d.Helper()
	var c contactJSON
	d.do("GET contacts?op=one&id="+id, "").want(200).into(&c)
	for _, l := range c.Links {
		if l.Provider == provider {
			return l
		}
	}
	d.Fatalf("no link to %s: %+v", provider, c)
	return linkJSON{}
}

func (d *desk) contactOf(email string) contactJSON {
	d.Helper()
	var page pageJSON
	d.do("GET contacts?q="+email, "").want(200).into(&page)
	if len(page.Contacts) != 1 {
		d.Fatalf("%d contacts of %s", len(page.Contacts), email)
	}
	return page.Contacts[0]
}

func (d *desk) checkHubSpot(id, first string) {
	d.Helper()
	for _, row := range d.hubspot.Records() {
		if row.ID == id && row.Fields["firstname"] != first {
			d.Errorf("record %s is %q, want %q", id, row.Fields["firstname"], first)
		}
	}
}

func TestConnectionsInMembraneThatDoNotWork(t *testing.T) {
	d := open(t)
	d.sync()
	theirs, err := d.membrane.Connect("elsewhere", "hubspot")
	d.must(err)
	person, err := d.membrane.Connect("default", "pipedrive")
	d.must(err)
	for name, body := range map[string]string{
		"of another customer": `{"provider":"hubspot","method":"membrane","connectionId":"` + theirs + `"}`,
		"unknown":             `{"provider":"hubspot","method":"membrane","connectionId":"con_none"}`,
		"not named":           `{"provider":"hubspot","method":"membrane"}`,
		"of no form":          `{"provider":"hubspot","method":"membrane","connectionId":"a b"}`,
		"with a token":        `{"provider":"hubspot","method":"membrane","connectionId":"con_1","token":"x"}`,
		"without the method":  `{"provider":"hubspot","connectionId":"con_1"}`,
	} {
		if said := d.do("POST connections", body).problem(422); len(said.Details) == 0 {
			t.Errorf("%s: %+v", name, said)
		}
	}
	if a := d.do("POST connections", `{"provider":"hubspot","method":"membrane","connectionId":"`+person+`"}`); a.status < 400 {
		t.Errorf("a Pipedrive account is taken for one of HubSpot: %s", a.text)
	}
	if c := d.storedConnection(); c.Route() != sync.RouteDirect || c.State != sync.ConnectionActive {
		t.Errorf("what was refused changed the connection: %+v", c)
	}
}

// TestAConnectionEndsInMembrane: archived there, it asks to be connected again, and
// going on directly needs nothing but a token.
func TestAConnectionEndsInMembrane(t *testing.T) {
	d := open(t)
	id, err := d.membrane.Connect("default", "hubspot")
	d.must(err)
	d.do("POST connections", `{"provider":"hubspot","method":"membrane","connectionId":"`+id+`"}`).want(200)
	d.sync()
	var access membraneJSON
	d.do("GET connections?op=token", "").want(200).into(&access)
	r, err := http.NewRequestWithContext(t.Context(), "DELETE", "http://membrane.test/connections/"+id, nil)
	d.must(err)
	r.Header.Set("Authorization", "Bearer "+access.Token)
	resp, err := crms{d}.RoundTrip(r)
	d.must(err)
	resp.Body.Close()
	var connection struct{ State, Message string }
	d.do("PATCH connections?op=one&id=hubspot", `{"action":"test"}`).want(200).part(&connection)
	if connection.State != "unauthorised" || !strings.Contains(connection.Message, "Membrane") {
		t.Errorf("%+v", connection)
	}
	d.do("POST connections", `{"provider":"hubspot","token":"hubspot-token"}`).want(200).part(&connection)
	if connection.State != "active" {
		t.Errorf("%+v", connection)
	}
}
