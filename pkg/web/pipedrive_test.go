package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
)

// hookJSON is a webhook as Pipedrive shows it to the administrator.
type hookJSON struct {
	ID       int    `json:"id"`
	URL      string `json:"subscription_url"`
	User     string `json:"http_auth_user"`
	Password string `json:"http_auth_password"`
	Action   string `json:"event_action"`
	Object   string `json:"event_object"`
	Version  string `json:"version"`
}

// hooks lists the webhooks of a Pipedrive account.
func (d *desk) hooks(account *pipedrive.Server, token string) []hookJSON {
	d.Helper()
	r := httptest.NewRequest(http.MethodGet, "/api/v1/webhooks", nil)
	r.Header.Set("X-Api-Token", token)
	w := httptest.NewRecorder()
	account.ServeHTTP(w, r)
	var all struct{ Data []hookJSON }
	d.must(json.Unmarshal(w.Body.Bytes(), &all))
	return all.Data
}

// ownEvents connects a customer to a Pipedrive of its own, and returns how that
// identifies itself and the last part of the address it sends to.
func (d *desk) ownEvents(customer contact.CustomerID) (header []string, key string) {
	d.Helper()
	token := string(customer) + "s-own-token"
	account := d.newPipedrive(token)
	d.accounts[token] = account
	d.must(d.app.Service.Connect(d.Context(), customer, contact.Pipedrive, token))
	d.syncFor(customer)
	all := d.hooks(account, token)
	if len(all) != 1 {
		d.Fatalf("webhooks %+v\n%s", all, d.log)
	}
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(all[0].User, all[0].Password)
	return []string{"Authorization", r.Header.Get("Authorization")}, all[0].URL[strings.LastIndex(all[0].URL, "/")+1:]
}

func personEvent(account, id string) string {
	return fmt.Sprintf(`{"meta":{"action":"change","entity":"person","company_id":%q,"entity_id":%q,"timestamp":"2030-01-01T00:00:00.000Z","version":"2.0"},"data":{"id":1},"previous":null}`, account, id)
}

// An edit in Pipedrive travels at once: to the app and to HubSpot.
func TestPipedriveEventsReachTheOtherSides(t *testing.T) {
	d := open(t)
	d.create(`{"email":"ada@example.com","firstName":"Ada","phone":"+12125550100"}`)
	d.sync()
	d.must(d.pipedrive.FlushWebhooks(t.Context())) // echoes of our own writes
	if all := d.hooks(d.pipedrive, "pipedrive-token"); len(all) != 1 || all[0].URL != "https://sync.test/api/webhook/pipedrive" ||
		all[0].User != "events" || all[0].Password != "sh0o" || all[0].Action != "*" || all[0].Object != "person" || all[0].Version != "2.0" {
		t.Errorf("webhooks %+v", all)
	}
	d.must(d.pipedrive.Edit(d.inPipedrive()["ada@example.com"].ID, map[string]string{"phones": "+12125550111"}))
	d.must(d.pipedrive.FlushWebhooks(t.Context()))
	if d.pipedrive.Pending() != 0 {
		t.Fatalf("an event was refused:\n%s", d.log)
	}
	var page pageJSON
	d.do("GET contacts?q=ada", "").want(200).into(&page)
	if page.Contacts[0].Phone != "+12125550111" || d.inHubSpot()["ada@example.com"].Fields["phone"] != "+12125550111" {
		t.Errorf("the app has %q, HubSpot %q", page.Contacts[0].Phone, d.inHubSpot()["ada@example.com"].Fields["phone"])
	}
	if c := d.connection("pipedrive"); c.Events == nil || !c.Events.Live || c.WebhookURL != nil {
		t.Errorf("%+v", c)
	}
}

// What this product wrote itself comes back as events, and costs no call.
func TestPipedriveEchoesAreFree(t *testing.T) {
	d := open(t)
	d.sync()
	for i := range 5 {
		d.create(fmt.Sprintf(`{"email":"p%d@example.com"}`, i))
	}
	d.sync()
	before := d.pipedrive.Calls().Total()
	if d.pipedrive.Pending() == 0 {
		t.Fatal("no events")
	}
	d.must(d.pipedrive.FlushWebhooks(t.Context()))
	if n := d.pipedrive.Calls().Total() - before; n != 0 {
		t.Errorf("%d calls for echoes: %v", n, d.pipedrive.Calls().Snapshot())
	}
}

func TestPipedriveEventsThatAreRefused(t *testing.T) {
	d := open(t)
	d.key = ""
	header := func(user, password string) []string {
		r := &http.Request{Header: http.Header{}}
		r.SetBasicAuth(user, password)
		return []string{"Authorization", r.Header.Get("Authorization")}
	}
	good := header("events", "sh0o")
	for name, c := range map[string]struct {
		body   string
		header []string
		status int
	}{
		"right":          {personEvent("1", "1"), good, 200},
		"another entity": {`{"meta":{"entity":"deal"}}`, good, 200},
		"wrong password": {personEvent("1", "1"), header("events", "guess"), 401},
		"no password":    {personEvent("1", "1"), nil, 401},
		"not JSON":       {"events", good, 422},
		"far too large":  {strings.Repeat(" ", 1_000_001), good, 413},
	} {
		if a := d.do("POST webhook/pipedrive", c.body, c.header...); a.status != c.status {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	own, key := d.ownEvents("elsewhere")
	for name, c := range map[string]struct {
		key, body string
		header    []string
		status    int
		received  string
	}{
		"right":                   {key, personEvent("7421053", "1"), own, 200, `{"received":1}`},
		"another account":         {key, personEvent("1", "1"), own, 200, `{"received":0}`},
		"no account":              {key, personEvent("", "1"), own, 200, `{"received":0}`},
		"the deployment's":        {key, personEvent("7421053", "1"), good, 401, ""},
		"an address nobody has":   {"guess", personEvent("7421053", "1"), own, 401, ""},
		"no address":              {"", personEvent("7421053", "1"), own, 401, ""},
		"its password, elsewhere": {"", personEvent("7421053", "1"), good, 401, ""},
	} {
		a := d.do("POST webhook/pipedrive?op=own&id="+c.key, c.body, c.header...)
		if a.status != c.status || c.received != "" && strings.TrimSpace(a.text) != c.received {
			t.Errorf("own address, %s: %d %s", name, a.status, a.text)
		}
	}
	if a := d.do("POST webhook/pipedrive", personEvent("7421053", "1"), own...); a.status != 401 {
		t.Errorf("a customer's password at the deployment's address: %d", a.status)
	}
	if strings.Contains(d.log.String(), key) {
		t.Error("the log has the address")
	}
	d.must(d.app.Service.Disconnect(t.Context(), "elsewhere", contact.Pipedrive))
	if a := d.do("POST webhook/pipedrive?op=own&id="+key, personEvent("7421053", "1"), own...); a.status != 401 {
		t.Errorf("after disconnecting: %d", a.status)
	}
}

// A connection made with a token gets an address of its own, keeps it as long as it
// lasts, and takes it away when it ends.
func TestPipedriveWebhookOfAToken(t *testing.T) {
	settings := env()
	delete(settings, "PIPEDRIVE_API_TOKEN")
	d := openWith(t, settings)
	connect := func() {
		d.do("POST connections", `{"provider":"pipedrive","token":"pipedrive-token"}`).want(200)
		d.sync()
	}
	connect()
	first := d.hooks(d.pipedrive, "pipedrive-token")
	if len(first) != 1 || !strings.HasPrefix(first[0].URL, "https://sync.test/api/webhook/pipedrive/") || len(first[0].Password) < 20 || first[0].Password == "sh0o" {
		t.Fatalf("webhooks %+v", first)
	}
	conns, err := d.store.store.Connections(t.Context(), "default")
	d.must(err)
	for _, c := range conns {
		if stored := fmt.Sprintf("%+v", c); strings.Contains(stored, first[0].Password) || strings.Contains(stored, first[0].URL) {
			t.Errorf("in plain text: %s", stored)
		}
	}
	d.sync()
	d.do("POST sync", `{"kind":"full"}`).want(200)
	if n := d.pipedrive.Calls().Snapshot()["POST /v1/webhooks"]; n != 1 {
		t.Errorf("registered %d times", n)
	}
	d.do("DELETE connections?op=one&id=pipedrive", "").want(204)
	if all := d.hooks(d.pipedrive, "pipedrive-token"); len(all) != 0 {
		t.Errorf("after disconnecting: %+v", all)
	}
	connect()
	if all := d.hooks(d.pipedrive, "pipedrive-token"); len(all) != 1 || all[0].URL == first[0].URL || all[0].Password == first[0].Password {
		t.Errorf("connected again: %+v", all)
	}
}

// Pipedrive deletes a webhook that could not be reached for days. The daily look
// makes it anew, at the same address.
func TestPipedriveWebhookIsRenewed(t *testing.T) {
	d := open(t)
	d.sync()
	first := d.hooks(d.pipedrive, "pipedrive-token")[0]
	removal := httptest.NewRequest(http.MethodDelete, fmt.Sprintf("/api/v1/webhooks/%d", first.ID), nil)
	removal.Header.Set("X-Api-Token", "pipedrive-token")
	_, err := kit.Transport{Handler: d.pipedrive}.RoundTrip(removal)
	d.must(err)
	d.sync()
	if all := d.hooks(d.pipedrive, "pipedrive-token"); len(all) != 0 {
		t.Fatalf("made anew before anybody looked: %+v", all)
	}
	d.clock.set(25 * time.Hour)
	d.syncFor("default")
	if all := d.hooks(d.pipedrive, "pipedrive-token"); len(all) != 1 || all[0].ID == first.ID || all[0].URL != first.URL {
		t.Errorf("webhooks %+v", all)
	}
}

// The deployment moved to another address, or its password changed.
func TestPipedriveWebhookFollowsTheDeployment(t *testing.T) {
	settings := env()
	d := openWith(t, settings)
	d.sync()
	for name, value := range map[string]string{"PUBLIC_BASE_URL": "https://other.test", "PIPEDRIVE_WEBHOOK_PASSWORD": "another"} {
		settings[name] = value
		d.start(settings)
		d.sync()
		all := d.hooks(d.pipedrive, "pipedrive-token")
		if len(all) != 1 || all[0].URL != settings["PUBLIC_BASE_URL"]+"/api/webhook/pipedrive" || all[0].Password != settings["PIPEDRIVE_WEBHOOK_PASSWORD"] {
			t.Errorf("%s: %+v", name, all)
		}
	}
}

// That there are no events is said, and stops nothing.
func TestPipedriveWithoutEvents(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		crm  pipedrive.Knobs
		says string
	}{
		"no administrator":  {nil, pipedrive.Knobs{LimitsOff: true, RegularUser: true}, "administrators"},
		"no public address": {map[string]string{"PUBLIC_BASE_URL": ""}, pipedrive.Knobs{LimitsOff: true}, "PUBLIC_BASE_URL"},
		"no TLS":            {map[string]string{"PUBLIC_BASE_URL": "http://sync.test"}, pipedrive.Knobs{LimitsOff: true}, "https"},
		"this machine only": {map[string]string{"PUBLIC_BASE_URL": "https://localhost:3000"}, pipedrive.Knobs{LimitsOff: true}, "could reach"},
		"no keys":           {map[string]string{"ENCRYPTION_KEYS": "", "PIPEDRIVE_WEBHOOK_USER": ""}, pipedrive.Knobs{LimitsOff: true}, "ENCRYPTION_KEYS"},
	} {
		t.Run(name, func(t *testing.T) {
			settings := env()
			for key, value := range c.env {
				settings[key] = value
			}
			d := openWith(t, settings)
			d.pipedrive.SetKnobs(c.crm)
			d.create(`{"email":"ada@example.com"}`)
			d.sync()
			if len(d.inPipedrive()) != 1 {
				t.Error("nothing was synced")
			}
			got := d.connection("pipedrive")
			if got.State != "active" || got.Events == nil || got.Events.Live || !strings.Contains(got.Events.Message, c.says) {
				t.Errorf("%+v %+v", got, got.Events)
			}
			before := d.pipedrive.Calls().Snapshot()["GET /v1/webhooks"]
			d.sync()
			if after := d.pipedrive.Calls().Snapshot()["GET /v1/webhooks"]; after != before {
				t.Error("asked again at once")
			}
		})
	}
}
