package web_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/contactsync/contactsync/pkg/web"
)

func TestContactJourney(t *testing.T) {
	d := open(t)
	d.sync()
	made := d.do("POST contacts", `{"email":" Ada@Example.com ","firstName":"Ada","lastName":"Lovelace","phone":"+1 212 555 0100"}`).want(http.StatusCreated)
	var ada contactJSON
	made.into(&ada)
	want := contactJSON{
		ID: ada.ID, CustomerID: "default", Email: "Ada@Example.com", FirstName: "Ada", LastName: "Lovelace", Phone: "+1 212 555 0100",
		Custom: map[string]string{}, Rev: ada.Rev, Status: "synced", CreatedAt: ada.CreatedAt, UpdatedAt: ada.UpdatedAt,
		LastAppModified: ada.LastAppModified, SyncedToCRMs: []string{"hubspot", "pipedrive"}, Links: ada.Links,
	}
	if diff := cmp.Diff(want, ada); diff != "" {
		t.Error(diff)
	}
	for _, link := range ada.Links {
		if link.State != "active" || link.SyncStatus != "synced" || link.ExternalID == "" || !strings.HasPrefix(link.URL, "http://") || link.LastSyncedAt == "" {
			t.Errorf("link %+v", link)
		}
	}
	if tag := made.header.Get("ETag"); tag != strconv.Quote(strconv.FormatInt(ada.Rev, 10)) || made.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", made.header)
	}
	if h, p := d.inHubSpot()["ada@example.com"], d.inPipedrive()["Ada@Example.com"]; h.Fields["lastname"] != "Lovelace" || p.Fields["last_name"] != "Lovelace" {
		t.Errorf("HubSpot %v, Pipedrive %v", h, p)
	}

	one := "contacts?op=one&id=" + ada.ID
	var changed contactJSON
	d.do("PATCH "+one, `{"phone":"+1 212 555 0111","jobTitle":null}`, "If-Match", fmt.Sprint(ada.Rev)).want(200).into(&changed)
	if changed.Phone != "+1 212 555 0111" || changed.FirstName != "Ada" || changed.Rev <= ada.Rev {
		t.Errorf("changed: %+v", changed)
	}
	if got := d.inHubSpot()["ada@example.com"].Fields["phone"]; got != "+1 212 555 0111" {
		t.Errorf("HubSpot has %q", got)
	}
	if p := d.do("PATCH "+one, `{"phone":""}`, "If-Match", fmt.Sprint(ada.Rev)).problem(412); p.Code != "stale" {
		t.Errorf("%+v", p)
	}
	if p := d.do("DELETE "+one, "", "If-Match", `"1"`).problem(412); p.Code != "stale" {
		t.Errorf("%+v", p)
	}

	d.do("DELETE "+one, "").want(http.StatusNoContent)
	d.do("GET "+one, "").problem(404)
	d.do("DELETE "+one, "").problem(404)
	if left := len(d.inHubSpot()) + len(d.inPipedrive()); left != 0 {
		t.Errorf("%d records are left in the CRMs", left)
	}
	var restored contactJSON
	d.do("POST contacts?op=restore&id="+ada.ID, "").want(200).into(&restored)
	if restored.ID != ada.ID || restored.Phone != "+1 212 555 0111" {
		t.Errorf("restored: %+v", restored)
	}
	d.do("GET "+one, "").want(200)
}

func TestBadInput(t *testing.T) {
	d := open(t)
	ada := d.create(`{"email":"ada@example.com"}`)
	for name, test := range map[string]struct {
		call, body string
		status     int
		code       string
		details    []string
	}{
		"not JSON":                  {"POST contacts", `{"email":`, 400, "malformed", nil},
		"unknown field":             {"POST contacts", `{"email":"b@example.com","shoe":1}`, 422, "invalid", []string{"shoe"}},
		"wrong types":               {"POST contacts", `{"email":1,"phone":{}}`, 422, "invalid", []string{"email", "phone"}},
		"invalid e-mail":            {"POST contacts", `{"email":"nobody"}`, 422, "invalid", []string{"email"}},
		"too long":                  {"POST contacts", `{"firstName":"` + strings.Repeat("x", 300) + `"}`, 422, "invalid", []string{"firstName"}},
		"nothing":                   {"POST contacts", `{}`, 422, "invalid", []string{"email"}},
		"only a title":              {"POST contacts", `{"jobTitle":"Analyst"}`, 422, "invalid", []string{"email"}},
		"a large body":              {"POST contacts", `{"firstName":"` + strings.Repeat("x", 70_000) + `"}`, 413, "too_large", nil},
		"a taken e-mail":            {"POST contacts", `{"email":"ADA@example.com"}`, 409, "conflict", []string{"id"}},
		"clearing all":              {"PATCH contacts?op=one&id=" + ada.ID, `{"email":null}`, 422, "invalid", []string{"email"}},
		"an invalid change":         {"PATCH contacts?op=one&id=" + ada.ID, `{"email":"nobody"}`, 422, "invalid", []string{"email"}},
		"an unknown contact":        {"GET contacts?op=one&id=nobody", "", 404, "not_found", nil},
		"no id":                     {"GET contacts?op=one", "", 404, "not_found", nil},
		"two ids":                   {"GET contacts?op=one&id=a&id=b", "", 400, "malformed", nil},
		"changing an unknown one":   {"PATCH contacts?op=one&id=nobody", `{"phone":"1"}`, 404, "not_found", nil},
		"restoring an unknown one":  {"POST contacts?op=restore&id=nobody", "", 404, "not_found", nil},
		"an unknown operation":      {"GET contacts?op=explode", "", 404, "not_found", nil},
		"a wrong method":            {"PUT contacts?op=one&id=" + ada.ID, "", 405, "method_not_allowed", nil},
		"a limit too high":          {"GET contacts?limit=201", "", 422, "invalid", []string{"limit"}},
		"every parameter wrong":     {"GET contacts?limit=x&sort=shoe&status=fine&provider=fax", "", 422, "invalid", []string{"limit", "provider", "sort", "status"}},
		"a cursor of somebody else": {"GET contacts?cursor=garbage", "", 422, "invalid", nil},
		"a wrong kind of run":       {"POST sync", `{"kind":"import"}`, 422, "invalid", []string{"kind"}},
		"a wrong flag":              {"POST sync", `{"dryRun":"yes"}`, 422, "invalid", []string{"dryRun"}},
		"an unknown run":            {"GET sync?op=run&id=nothing", "", 404, "not_found", nil},
		"no choice":                 {"POST conflicts?op=one&id=c1", `{}`, 422, "invalid", []string{"choose"}},
		"an unknown conflict":       {"POST conflicts?op=one&id=c1", `{"choose":"app"}`, 404, "not_found", nil},
		"an unknown level":          {"GET activity?level=loud", "", 422, "invalid", []string{"level"}},
	} {
		t.Run(name, func(t *testing.T) {
			d.T = t
			p := d.do(test.call, test.body).problem(test.status)
			var details []string
			for name := range p.Details {
				details = append(details, name)
			}
			slices.Sort(details)
			if p.Code != test.code || test.details != nil && !slices.Equal(details, test.details) {
				t.Errorf("%+v", p)
			}
		})
	}
	d.T = t
	if p := d.do("POST contacts", `{"email":"ada@example.com"}`).problem(409); p.Details["id"] != ada.ID {
		t.Errorf("the conflict names %v instead of %s", p.Details, ada.ID)
	}
	if a := d.do("PUT contacts", ""); a.header.Get("Allow") != "GET, POST" {
		t.Errorf("Allow: %s", a.header.Get("Allow"))
	}
	var page pageJSON
	d.do("GET contacts", "").want(200).into(&page)
	if page.Total != 1 {
		t.Errorf("bad input left %d contacts", page.Total)
	}
}

func TestContactList(t *testing.T) {
	d := open(t)
	d.sync()
	d.do("POST contacts?op=import", people(30), "Content-Type", "text/csv").want(200)
	d.create(`{"firstName":"Zoë","lastName":"Okafor","phone":"+1 (212) 555-0142"}`)
	get := func(query string) (names []string, page pageJSON) {
		t.Helper()
		d.do("GET contacts?"+query, "").want(200).into(&page)
		for _, c := range page.Contacts {
			names = append(names, c.FirstName)
		}
		return names, page
	}
	for query, want := range map[string][]string{
		"q=zoe":                       {"Zoë"},
		"q=zo%20oka":                  {"Zoë"},
		"q=5550142":                   nil,
		"q=1212555":                   {"Zoë"},
		"q=person007":                 {"First007"},
		"q=---":                       nil,
		"q=nobody":                    nil,
		"sort=-name&limit=1":          {"Zoë"},
		"q=person&sort=email&limit=1": {"First000"},
		"status=error":                nil,
		"provider=hubspot":            {"Zoë"},
		"q=first&limit=2":             {"First000", "First001"},
		"sort=-email&limit=2":         {"First029", "First028"},
	} {
		names, page := get(query)
		if !slices.Equal(names, want) {
			t.Errorf("%s: %v, want %v", query, names, want)
		}
		if page.Contacts == nil {
			t.Errorf("%s: contacts are null", query)
		}
	}
	var all []string
	for cursor, pages := "", 0; ; pages++ {
		names, page := get("limit=7&cursor=" + cursor)
		all = append(all, names...)
		if page.Total != 31 || pages > 4 {
			t.Fatalf("total %d on page %d", page.Total, pages)
		}
		if page.NextCursor == nil {
			break
		}
		cursor = *page.NextCursor
	}
	if len(all) != 31 || !slices.IsSorted(all) {
		t.Errorf("pages: %v", all)
	}
}

func TestImport(t *testing.T) {
	d := open(t)
	d.create(`{"email":"ada@example.com","firstName":"Ada","phone":"+1 212 555 0100"}`)
	d.create(`{"email":"same@example.com","firstName":"Same"}`)
	file := "\ufefffirst_name,last_name,email,phone1,pronouns\r\n" +
		"Ada,Lovelace,ADA@example.com,,\r\n" + // changes the name, leaves the phone
		"Same,,same@example.com,,\r\n" +
		"Bob,\"Line\r\nbreak\",bob@example.com,1,he/him\r\n" +
		"Bad,,nobody,,\r\n" +
		"Half,\"open,half@example.com,,\r\n" +
		",,,,she/her\r\n" +
		"Cyd,,cyd@example.com,2,\r\n"
	var result struct {
		RunID                       string
		Created, Updated, Unchanged int
		Rejected                    []struct {
			Line    int
			Message string
		}
	}
	d.do("POST contacts?op=import", file, "Content-Type", "text/csv").want(200).into(&result)
	if result.Created != 2 || result.Updated != 1 || result.Unchanged != 1 {
		t.Errorf("%+v", result)
	}
	var lines []int
	for _, r := range result.Rejected {
		lines = append(lines, r.Line)
		if r.Message == "" {
			t.Errorf("line %d has no message", r.Line)
		}
	}
	slices.Sort(lines)
	if want := []int{6, 7, 8}; !slices.Equal(lines, want) {
		t.Errorf("rejected %+v, want lines %v", result.Rejected, want)
	}
	var run runJSON
	d.do("GET sync?op=run&id="+result.RunID, "").want(200).into(&run)
	if run.Kind != "import" || run.State != "done" || run.Counts.Created != 2 {
		t.Errorf("run %+v", run)
	}
	var page pageJSON
	d.do("GET contacts?q=ada", "").want(200).into(&page)
	if c := page.Contacts[0]; c.LastName != "Lovelace" || c.Phone != "+1 212 555 0100" {
		t.Errorf("Ada: %+v", c)
	}
	if p := d.do("POST contacts?op=import", "colour,size\nred,3\n").problem(422); p.Details["header"] == "" {
		t.Errorf("%+v", p)
	}
	d.do("POST contacts?op=import", strings.Repeat("x", web.MaxBody+1)).problem(413)
}

func TestCustomersAreApart(t *testing.T) {
	d := open(t)
	ada := d.create(`{"email":"ada@example.com"}`)
	d.key = "0ther"
	d.do("GET contacts?op=one&id="+ada.ID, "").problem(404)
	d.do("PATCH contacts?op=one&id="+ada.ID, `{"firstName":"Eve"}`).problem(404)
	d.do("DELETE contacts?op=one&id="+ada.ID, "").problem(404)
	d.do("POST contacts?op=restore&id="+ada.ID, "").problem(404)
	var page pageJSON
	d.do("GET contacts", "").want(200).into(&page)
	if page.Total != 0 {
		t.Errorf("another customer sees %+v", page)
	}
	if eve := d.create(`{"email":"ada@example.com"}`); eve.CustomerID != "elsewhere" {
		t.Errorf("%+v", eve)
	}
}
