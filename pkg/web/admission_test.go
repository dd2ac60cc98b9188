package web_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// door is a documented route, with a request that it would accept.
type door struct {
	method, address string // address as a function gets it: "contacts?op=one&id=7"
	body            string
	lets            string // who is let in: "signed in", "cron", "hubspot", "pipedrive", "oauth", "anyone"
}

// doors lists every route of the document, about the fixtures of the default
// customer. What they are is made anew before each request, since some use it up.
func (d *desk) doors() []door {
	d.Helper()
	c, err := theContract()
	d.must(err)
	var list []door
	for address, path := range c.byTarget {
		if strings.HasPrefix(path, "/api/integration/") {
			continue // the same function, by a rewrite
		}
		for method, operation := range c.Paths.Find(path).Operations() {
			list = append(list, door{method, strings.TrimPrefix(address, "/api/"), example(operation), lets(operation)})
		}
	}
	// Signing out comes last: it ends the sessions that the others use.
	order := func(d door) string {
		return fmt.Sprint(d.method == "DELETE" && d.address == "session", d.method, d.address)
	}
	slices.SortFunc(list, func(a, b door) int { return strings.Compare(order(a), order(b)) })
	return list
}

// lets says whom the document lets in.
func lets(operation *openapi3.Operation) string {
	if operation.Security == nil {
		return "signed in"
	}
	for _, requirement := range *operation.Security {
		for scheme := range requirement {
			switch scheme {
			case "cronSecret":
				return "cron"
			case "hubspotSignature":
				return "hubspot"
			case "oauthState":
				return "oauth"
			case "pipedriveBasic":
				return "pipedrive"
			}
		}
	}
	return "anyone"
}

// example is the document's own request body.
func example(operation *openapi3.Operation) string {
	if operation.RequestBody == nil {
		return ""
	}
	for kind, media := range operation.RequestBody.Value.Content {
		if text, ok := media.Example.(string); ok && kind == "text/csv" {
			return text
		}
		if media.Example != nil {
			text, _ := json.Marshal(media.Example)
			return string(text)
		}
	}
	return ""
}

// visitor is someone at the door.
type visitor struct {
	name   string
	header []string
	status int    // of a refusal; 0: is let in
	as     string // the customer whose data is worked on
	looks  bool   // it takes a look into the store to see that the session is over
	safe   int    // of a refusal of requests that change nothing, if another
}

// stays marks a visitor whose requests that change nothing are let in.
const stays = -1

func (d *desk) visitors() []visitor {
	d.Helper()
	bearer := func(token string) []string { return []string{"Authorization", "Bearer " + token} }
	with := func(parts ...[]string) []string { return slices.Concat(parts...) }
	basic := func(user, password string) []string {
		return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))}
	}
	here, elsewhere := []string{"Origin", d.url}, []string{"Origin", "https://evil.example"}

	d.clock.set(-13 * time.Hour)
	idle := d.signIn()
	d.clock.set(-7*24*time.Hour - time.Hour)
	old := d.signIn()
	for at := -7 * 24 * time.Hour; at < 0; at += 10 * time.Hour {
		d.clock.set(at)
		d.as("").do("GET settings", "", cookie(old)...)
	}
	d.clock.set(0)
	session, left := d.signIn(), d.signIn()
	d.as("").do("DELETE session", "", cookie(left)...).want(204)
	forged := &http.Cookie{Name: session.Name, Value: left.Value[:44] + session.Value[44:]}
	wrongName := &http.Cookie{Name: "__Host-" + session.Name, Value: session.Value}

	token := func(method jwt.SigningMethod, key any, customer string, in time.Duration) []string {
		text, err := jwt.NewWithClaims(method, jwt.MapClaims{"sub": "ada", "customerId": customer, "exp": time.Now().Add(in).Unix()}).SignedString(key)
		d.must(err)
		return bearer(text)
	}
	hs256, secret := jwt.SigningMethodHS256, []byte(tokenSecret)
	none := jwt.UnsafeAllowNoneSignatureType

	return []visitor{
		{name: "nobody", status: 401},
		{name: "nobody, from another site", header: elsewhere, status: 401},
		{name: "a scheme and no key", header: []string{"Authorization", "Bearer"}, status: 401},
		{name: "a key without its scheme", header: []string{"Authorization", "s3cret"}, status: 401},
		{name: "a key in another scheme", header: []string{"Authorization", "Basic s3cret"}, status: 401},
		{name: "a wrong key", header: bearer("guess"), status: 401},
		{name: "a wrong key of a signed-in browser", header: with(bearer("guess"), cookie(session)), status: 401},
		{name: "two keys", header: bearer("s3cret 0ther"), status: 401},
		{name: "the cron secret", header: bearer("cr0n"), status: 401},
		{name: "the password as a key", header: bearer(password), status: 401},
		{name: "a session as a key", header: bearer(session.Value), status: 401},
		{name: "an empty cookie", header: []string{"Cookie", session.Name + "="}, status: 401},
		{name: "a malformed cookie", header: []string{"Cookie", session.Name + "=x.y"}, status: 401},
		{name: "a forged cookie", header: cookie(forged), status: 401},
		{name: "a session under another name", header: cookie(wrongName), status: 401},
		{name: "two sessions", header: []string{"Cookie", session.Name + "=" + session.Value + "; " + session.Name + "=" + left.Value}, status: 401},
		{name: "an idle session", header: cookie(idle), status: 401, looks: true},
		{name: "an old session", header: cookie(old), status: 401, looks: true},
		{name: "a session that was signed out", header: cookie(left), status: 401, looks: true},
		{name: "an expired token", header: token(hs256, secret, "default", -time.Minute), status: 401},
		{name: "an unsigned token", header: token(jwt.SigningMethodNone, none, "default", time.Hour), status: 401},
		{name: "a token of another algorithm", header: token(jwt.SigningMethodHS512, secret, "default", time.Hour), status: 401},
		{name: "a foreign token", header: token(hs256, []byte("guess"), "default", time.Hour), status: 401},
		{name: "a token of a strange customer", header: token(hs256, secret, "default:hubspot", time.Hour), status: 401},
		{name: "a session, from another site", header: with(cookie(session), elsewhere), status: 403, safe: stays, as: "default"},
		{name: "a session, from another site by its fetch", header: with(cookie(session), []string{"Sec-Fetch-Site", "cross-site"}), status: 403, safe: stays, as: "default"},
		{name: "a session, from a sandboxed page", header: with(cookie(session), []string{"Origin", "null"}), status: 403, safe: stays, as: "default"},
		{name: "HubSpot", header: []string{"X-HubSpot-Signature-Version", "v1", "X-HubSpot-Signature", v1("shh", d.events())}, status: 401},
		{name: "HubSpot by another secret", header: []string{"X-HubSpot-Signature-Version", "v1", "X-HubSpot-Signature", v1("guess", d.events())}, status: 401},
		{name: "Pipedrive", header: basic("events", "sh0o"), status: 401},
		{name: "Pipedrive by another password", header: basic("events", "guess"), status: 401},
		{name: "Pipedrive by another user", header: basic("tests", "sh0o"), status: 401},
		{name: "Pipedrive of the third customer", header: d.third, status: 401},
		{name: "the other customer's key", header: bearer("0ther"), as: "elsewhere"},
		{name: "the other customer's key, from another site", header: with(bearer("0ther"), elsewhere), as: "elsewhere"},
		{name: "the other customer's token", header: token(hs256, secret, "elsewhere", time.Hour), as: "elsewhere"},
		{name: "the key", header: bearer("s3cret"), as: "default"},
		{name: "the key, from another site", header: with(bearer("s3cret"), elsewhere), as: "default"},
		{name: "the session", header: cookie(session), as: "default"},
		{name: "the session, from here", header: with(cookie(session), here), as: "default"},
		{name: "the session, from the public address", header: with(cookie(session), []string{"Origin", "https://sync.test"}), as: "default"},
		{name: "the token", header: token(hs256, secret, "default", time.Hour), as: "default"},
	}
}

// events is what the document says HubSpot sends.
func (d *desk) events() string {
	d.Helper()
	c, err := theContract()
	d.must(err)
	return example(c.Paths.Find("/api/webhook/hubspot").Post)
}

// valuesOf is a contact that nobody but the default customer may hear of.
func valuesOf(n int) contact.Values {
	return contact.Values{contact.Email: fmt.Sprintf("secret-of-default-%d@example.com", n)}
}

// fixture puts a contact of the default customer, a conflict about it and both
// connections where they were before, and returns the address with their ids.
func (d *desk) fixture(address string, n int) string {
	d.Helper()
	var id string
	switch {
	case address == "contacts?op=import":
		return address
	case strings.HasPrefix(address, "contacts?op="):
		made, err := d.app.Service.CreateContact(d.Context(), "default", valuesOf(n))
		d.must(err)
		id = string(made.ID)
	case address == "webhook/pipedrive?op=own":
		id = d.thirdKey
	case address == "sync?op=run":
		run, err := d.store.store.LatestRun(d.Context(), "default")
		d.must(err)
		id = run.ID
	case address == "sync?op=approve" || address == "sync?op=cancel":
		id = d.waitingRun(n)
	case address == "sync?op=revert" || address == "activity?op=revert":
		run, change := d.imported(n)
		if id = run; strings.HasPrefix(address, "activity") {
			id = change
		}
	case address == "conflicts?op=one":
		made, err := d.app.Service.CreateContact(d.Context(), "default", valuesOf(n))
		d.must(err)
		id = fmt.Sprintf("conflict-%d", n)
		d.must(d.store.store.AppendConflicts(d.Context(), "default", []sync.Conflict{{
			ID: id, ContactID: made.ID, Field: "phone", At: d.clock.Now(), State: "decided", Winner: "hubspot",
			Values: []sync.ConflictValue{{Source: "hubspot", Value: "1"}, {Source: "pipedrive", Value: "2"}},
		}}))
	case address == "conflicts?op=decide":
		id = fmt.Sprintf("review-%d", n)
		d.must(d.store.store.PutReviews(d.Context(), "default", []sync.Review{{
			ID: id, Kind: "merge", Provider: "pipedrive", ConnectionID: "default:pipedrive", ExternalIDs: []contact.ExternalID{"77"},
			ContactName: "Secret-of-default", At: d.clock.Now(),
		}}))
	case strings.HasPrefix(address, "connections"):
		d.must(d.app.Service.Reconnect(d.Context(), "default", "pipedrive"))
		if address == "connections" {
			return address
		}
		id = "pipedrive"
	default:
		return address
	}
	return address + "&id=" + id
}

// imported is a run that changed something, and the change.
func (d *desk) imported(n int) (run, change string) {
	d.Helper()
	made, err := d.app.Service.CreateContact(d.Context(), "default", valuesOf(n))
	d.must(err)
	row := sync.ImportRow{Line: 2, Values: contact.Values{contact.Email: made.Values()[contact.Email], contact.Phone: "1"}}
	imported, _, err := d.app.Service.Import(d.Context(), "default", func(yield func(sync.ImportRow, error) bool) { yield(row, nil) })
	d.must(err)
	changes, _, err := d.app.Service.Changes(d.Context(), "default", sync.LogQuery{RunID: imported.ID})
	d.must(err)
	return imported.ID, changes[0].ID
}

// TestAdmission sends everyone to every door, over HTTP.
func TestAdmission(t *testing.T) {
	settings := envWithPassword()
	settings["HUBSPOT_RATE_LIMIT"], settings["PIPEDRIVE_RATE_LIMIT"] = "1000000/1", "1000000/1" // more calls than any plan allows
	d := openWith(t, settings)
	d.accounts["elsewheres-token"] = d.newPipedrive("elsewheres-token")
	d.create(`{"email":"secret-of-default@example.com","firstName":"Secret-of-default"}`)
	d.sync()
	d.third, d.thirdKey = d.ownEvents("third")
	doors, visitors := d.doors(), d.visitors()
	cases, refused := 0, 0
	for _, at := range doors {
		for _, who := range visitors {
			cases++
			name := fmt.Sprintf("%s at %s %s", who.name, at.method, at.address)
			d.clock.set(0) // what was waited for is over
			address := d.fixture(at.address, cases)
			d.store.take()
			answer := d.as("").do(at.method+" "+address, d.bodyFor(at, who, cases), who.header...)
			asked := d.store.take()
			if d.expect(name, at, who, answer, asked) {
				refused++
			}
		}
	}
	t.Logf("%d routes x %d callers = %d cases, %d of them refused without a look at any data", len(doors), len(visitors), cases, refused)
	if len(doors) < 31 || cases != len(doors)*len(visitors) {
		t.Errorf("%d routes, %d cases: is the table complete?", len(doors), cases)
	}
}

// bodyFor is a request that fits what there is.
func (d *desk) bodyFor(at door, who visitor, n int) string {
	switch at.method + " " + at.address {
	case "POST contacts", "PATCH contacts?op=one":
		return fmt.Sprintf(`{"email":"made%d@example.com"}`, n)
	case "POST connections":
		if who.as == "elsewhere" {
			return `{"provider":"pipedrive","token":"elsewheres-token"}`
		}
		return `{"provider":"pipedrive"}`
	case "PATCH settings":
		return `{"policy":"latest_wins"}`
	case "POST session":
		return `{"password":"guess"}`
	}
	return at.body
}

// expect checks one case, and reports whether it was a refusal.
func (d *desk) expect(name string, at door, who visitor, answer answer, asked []operation) bool {
	safe := at.method == http.MethodGet
	want := who.status
	if safe && who.safe == stays {
		want = 0
	}
	switch at.lets {
	case "cron":
		if want = 401; who.name == "the cron secret" {
			want = 0
		}
	case "hubspot":
		if want = 401; who.name == "HubSpot" {
			want = 0
		}
	case "pipedrive":
		want = 401
		if own := strings.HasSuffix(at.address, "op=own"); !own && who.name == "Pipedrive" || own && who.name == "Pipedrive of the third customer" {
			want = 0
		}
	case "oauth":
		d.expectAtCallback(name, answer, asked)
		return false
	case "anyone":
		d.expectAtSession(name, at, who, answer, asked)
		return false
	}
	if want == 0 {
		d.expectLetIn(name, at, who, answer, asked)
		return false
	}
	if answer.status != want {
		d.Errorf("%s: %d, want %d: %s", name, answer.status, want, answer.text)
	}
	if strings.Contains(strings.ToLower(answer.text), "secret-of-default") || answer.header.Get("ETag") != "" {
		d.Errorf("%s: is told something: %s", name, answer.text)
	}
	for _, op := range asked {
		address := at.lets == "pipedrive" && (op.name == "Value" && strings.HasPrefix(op.scope, "events:") || op.name == "Connections" && op.scope == "third")
		if !address && !(who.looks && at.lets == "signed in" && op.name == "Value" && strings.HasPrefix(op.scope, "session")) {
			d.Errorf("%s: was refused, but the store was asked for %v", name, op)
		}
	}
	return true
}

// expectLetIn checks what someone who is let in gets: all of one customer's data
// and nothing of another's.
func (d *desk) expectLetIn(name string, at door, who visitor, answer answer, asked []operation) {
	foreign := who.as == "elsewhere" && (strings.Contains(at.address, "?op=one") || strings.Contains(at.address, "=run") || strings.Contains(at.address, "=restore") ||
		strings.Contains(at.address, "=explain") || strings.Contains(at.address, "=decide") || strings.Contains(at.address, "=revert") ||
		strings.Contains(at.address, "=approve") || strings.Contains(at.address, "=cancel"))
	if foreign && !strings.HasPrefix(at.address, "connections") && answer.status != 404 {
		d.Errorf("%s: %d, want 404: %s", name, answer.status, answer.text)
	}
	if !foreign && (answer.status < 200 || answer.status > 299) {
		d.Errorf("%s: %d: %s", name, answer.status, answer.text)
	}
	if who.as == "elsewhere" && strings.Contains(strings.ToLower(answer.text), "secret-of-default") {
		d.Errorf("%s: sees another customer's data: %s", name, answer.text)
	}
	if at.lets != "signed in" {
		return // works for every customer
	}
	for _, op := range asked {
		// The pace of calls is of a vendor's account, and holds their number only. An address
		// for events is kept under its hash.
		own := op.scope == who.as || op.scope == "erasure-key:"+who.as || strings.HasPrefix(op.scope, "events:")
		if !own && !strings.HasPrefix(op.scope, "session") && !strings.HasPrefix(op.scope, "pace:") {
			d.Errorf("%s: the store was asked for %v, want only %q", name, op, who.as)
		}
	}
}

// expectAtCallback checks what anybody gets who comes back from a consent page
// without having been sent there.
func (d *desk) expectAtCallback(name string, answer answer, asked []operation) {
	if to := answer.header.Get("Location"); answer.status != http.StatusSeeOther || !strings.HasPrefix(to, "/connections?failed=") {
		d.Errorf("%s: %d to %q", name, answer.status, to)
	}
	for _, op := range asked {
		if op.name != "Value" && op.name != "PutValue" || !strings.HasPrefix(op.scope, "session") && !strings.HasPrefix(op.scope, "oauth:") {
			d.Errorf("%s: the store was asked for %v", name, op)
		}
	}
}

// expectAtSession checks the routes that everyone may call: health, and those that
// sign in and out and say who one is.
func (d *desk) expectAtSession(name string, at door, who visitor, answer answer, asked []operation) {
	foreignSite := slices.Contains(who.header, "https://evil.example") || slices.Contains(who.header, "cross-site") || slices.Contains(who.header, "null")
	badBearer := who.status == 401 && slices.Contains(who.header, "Authorization")
	var want []int
	switch at.method + " " + at.address {
	case "GET health":
		want = []int{200}
	case "GET session":
		if want = []int{200}; badBearer {
			want = []int{401}
		}
		if signedIn := strings.Contains(answer.text, `"signedIn":true`); signedIn != (who.as != "") {
			d.Errorf("%s: %s", name, answer.text)
		}
	case "POST session":
		if want = []int{401, 429}; foreignSite {
			want = []int{403}
		}
	case "DELETE session":
		if want = []int{204}; foreignSite {
			want = []int{403}
		}
	}
	if !slices.Contains(want, answer.status) {
		d.Errorf("%s: %d, want %v: %s", name, answer.status, want, answer.text)
	}
	for _, op := range asked {
		if op.name != "Ping" && !strings.HasPrefix(op.scope, "session") && !strings.HasPrefix(op.scope, "sign-in:") {
			d.Errorf("%s: the store was asked for %v", name, op)
		}
	}
}

// waitingRun stores a run that waits for approval, and has HubSpot wait for it.
func (d *desk) waitingRun(n int) string {
	d.Helper()
	id := fmt.Sprintf("waiting-%d", n)
	d.must(d.store.store.AddRun(d.Context(), &sync.Run{
		ID: id, CustomerID: "default", Kind: sync.Full, State: sync.RunWaiting, Approval: sync.ApprovalNeeded,
		StartedAt: d.clock.Now(), Plan: &sync.PlanSummary{},
	}))
	conns, err := d.store.store.Connections(d.Context(), "default")
	d.must(err)
	for _, c := range conns {
		if c.Provider == contact.HubSpot {
			c.State, c.WaitsFor = sync.ConnectionWaiting, id
			d.must(d.store.store.SaveConnection(d.Context(), c))
		}
	}
	return id
}
