package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
)

const eventBody = `[{"eventId":1,"subscriptionId":2,"portalId":62515,"appId":54321,"occurredAt":1795500000000,"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":1,"propertyName":"phone","propertyValue":"1","changeSource":"CRM_UI"}]`

// v1 signs a body as HubSpot's older signature does.
func v1(secret, body string) string {
	sum := sha256.Sum256([]byte(secret + body))
	return hex.EncodeToString(sum[:])
}

func TestHubSpotEventsReachTheOtherSides(t *testing.T) {
	d := open(t)
	d.create(`{"email":"ada@example.com","firstName":"Ada","phone":"+12125550100"}`)
	d.sync()
	d.must(d.hubspot.FlushWebhooks(t.Context())) // echoes of our own writes
	before := d.pipedrive.Calls().Total()
	record := d.inHubSpot()["ada@example.com"]
	d.must(d.hubspot.Edit(record.ID, map[string]string{"phone": "+12125550111"}))
	d.must(d.hubspot.FlushWebhooks(t.Context()))
	if d.hubspot.Pending() != 0 {
		t.Fatalf("an event was refused:\n%s", d.log)
	}
	var page pageJSON
	d.do("GET contacts?q=ada", "").want(200).into(&page)
	if page.Contacts[0].Phone != "+12125550111" {
		t.Errorf("the app has %q", page.Contacts[0].Phone)
	}
	if got := d.inPipedrive()["ada@example.com"].Fields["phones"]; got != "+12125550111" {
		t.Errorf("Pipedrive has %q after %d calls", got, d.pipedrive.Calls().Total()-before)
	}
}

func TestEventsThatAreRefused(t *testing.T) {
	d := open(t)
	d.key = ""
	for name, test := range map[string]struct {
		body, signature string
		status          int
	}{
		"signed":            {eventBody, v1("shh", eventBody), 200},
		"no events":         {"[]", v1("shh", "[]"), 200},
		"no signature":      {eventBody, "", 401},
		"another secret":    {eventBody, v1("guess", eventBody), 401},
		"a changed body":    {eventBody + " ", v1("shh", eventBody), 401},
		"not JSON":          {"events", v1("shh", "events"), 422},
		"far too many":      {strings.Repeat(" ", 1_000_001), v1("shh", strings.Repeat(" ", 1_000_001)), 413},
		"nothing, unsigned": {"", "", 401},
	} {
		header := []string{"X-HubSpot-Signature-Version", "v1"}
		if test.signature != "" {
			header = append(header, "X-HubSpot-Signature", test.signature)
		}
		if a := d.do("POST webhook/hubspot", test.body, header...); a.status != test.status {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	d.do("GET webhook/hubspot", "").problem(http.StatusMethodNotAllowed)
}

func TestClosedByDefault(t *testing.T) {
	settings := env()
	delete(settings, "API_KEYS")
	delete(settings, "CRON_SECRET")
	delete(settings, "HUBSPOT_CLIENT_SECRET")
	delete(settings, "PIPEDRIVE_WEBHOOK_PASSWORD")
	d := openWith(t, settings)
	for call, variable := range map[string]string{
		"GET contacts":           "API_KEYS",
		"POST contacts":          "API_KEYS",
		"GET sync":               "API_KEYS",
		"POST sync":              "API_KEYS",
		"GET setup/pronouns":     "API_KEYS",
		"GET activity":           "API_KEYS",
		"GET conflicts":          "API_KEYS",
		"GET cron/sync":          "CRON_SECRET",
		"POST webhook/hubspot":   "HUBSPOT_CLIENT_SECRET",
		"POST webhook/pipedrive": "PIPEDRIVE_WEBHOOK_PASSWORD",
		"GET contacts?op=other":  "API_KEYS",
	} {
		if p := d.do(call, ""); !strings.Contains(p.problem(503).Message, variable) {
			t.Errorf("%s: %s", call, p.text)
		}
	}
	d.do("GET health", "").want(200)
}
