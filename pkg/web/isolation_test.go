package web_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
)

// tenant is a customer of the deployment, with accounts of its own in both CRMs.
// Everything it has carries its mark.
type tenant struct {
	*desk
	id        contact.CustomerID
	hubspot   *hubspot.Server
	pipedrive *pipedrive.Server
	mark      string
	ada, eve  contactJSON
	runs      []string
	conflicts []string
	changes   []string
	review    string // open still
}

// TestNothingCrossesBetweenCustomers drives two customers who have the same people,
// the same ids in their CRMs and the same account number in events through every
// route and the engine, and looks at all answers and all rows.
func TestNothingCrossesBetweenCustomers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	settings := envWithPassword()
	settings["HUBSPOT_RATE_LIMIT"], settings["PIPEDRIVE_RATE_LIMIT"] = "1000000/1", "1000000/1"
	d := openOn(t, path, settings)
	d.called = map[string]bool{}
	theirHubSpot, theirPipedrive := d.newHubSpot("their-hubspot-token"), d.newPipedrive("their-pipedrive-token")
	d.accounts["their-hubspot-token"], d.accounts["their-pipedrive-token"] = theirHubSpot, theirPipedrive
	both := []*tenant{
		{desk: d.as("s3cret"), id: "default", hubspot: d.hubspot, pipedrive: d.pipedrive, mark: "MarkOfDefault"},
		{desk: d.as("0ther"), id: "elsewhere", hubspot: theirHubSpot, pipedrive: theirPipedrive, mark: "MarkOfElsewhere"},
	}
	rows := openRows(t, path)
	for _, step := range []struct {
		name string
		do   func(*tenant)
	}{
		{"connect", (*tenant).connect}, {"enter", (*tenant).enter}, {"sync", (*tenant).firstSync}, {"event", (*tenant).event},
		{"conflict", (*tenant).conflict}, {"edit", (*tenant).edit}, {"take back", (*tenant).takeBack}, {"schedule", (*tenant).schedule}, {"look", (*tenant).look},
		{"trespass", func(c *tenant) { c.trespass(other(both, c), rows) }}, {"leave", (*tenant).leave},
	} {
		for _, c := range both {
			step.do(c)
			for _, who := range both {
				rows.check(t, step.name+" of "+string(c.id), who, other(both, who))
			}
		}
	}
	if bob, theirs := both[0].record("bob@example.com"), both[1].record("bob@example.com"); bob == "" || bob != theirs {
		t.Errorf("the record is %s and %s: nothing could have crossed", bob, theirs)
	}
	for _, c := range both {
		c.checkAccounts(other(both, c))
		c.checkEveryRouteWasCalled()
	}
}

func other(both []*tenant, c *tenant) *tenant {
	if both[0] == c {
		return both[1]
	}
	return both[0]
}

func (c *tenant) connect() {
	hubspotToken, pipedriveToken := "hubspot-token", "pipedrive-token"
	if c.id == "elsewhere" {
		hubspotToken, pipedriveToken = "their-hubspot-token", "their-pipedrive-token"
	}
	c.do("POST connections", `{"provider":"hubspot","token":"`+hubspotToken+`"}`).want(200)
	c.do("POST connections", `{"provider":"pipedrive","token":"`+pipedriveToken+`"}`).want(200)
	c.do("PATCH settings", `{"fields":{"town":{"label":"`+c.mark+`","remotes":{"hubspot":{"remote":"city"}}}}}`).want(200)
}

// enter gives both customers the same people, in the app and in the CRMs.
func (c *tenant) enter() {
	c.do("POST contacts", `{"email":"ada@example.com","lastName":"`+c.mark+`","custom":{"town":"`+c.mark+`"}}`).want(201).into(&c.ada)
	c.do("POST contacts?op=import", "email,last_name\neve@example.com,"+c.mark+"\n").want(200)
	for _, email := range []string{"bob@example.com", "twin@example.com"} {
		_, err := c.hubspot.Create(map[string]string{"email": email, "lastname": c.mark})
		c.must(err)
	}
	for _, email := range []string{"bob@example.com", "twin@example.com", "twin@example.com"} {
		_, err := c.pipedrive.Create(map[string]string{"emails": email, "last_name": c.mark})
		c.must(err)
	}
}

func (c *tenant) firstSync() {
	c.do("POST setup/pronouns", "").want(200)
	run := c.approved()
	c.runs = append(c.runs, run.ID)
	var page pageJSON
	c.do("GET contacts?q=eve", "").want(200).into(&page)
	c.eve = page.Contacts[0]
	if run.Counts.Created == 0 || run.Counts.Pulled == 0 || len(c.eve.Links) != 2 {
		c.Errorf("%s: %+v %+v", c.id, run, c.eve)
	}
	c.do("GET sync?op=run&id="+run.ID, "").want(200)
	c.must(c.hubspot.FlushWebhooks(c.Context()))
	c.must(c.pipedrive.FlushWebhooks(c.Context()))
}

// approved drops the first plan that is made, and approves the second.
func (c *tenant) approved() runJSON {
	c.do("PATCH settings", `{"approveFirstSync":true}`).want(200)
	var run runJSON
	c.do("POST sync", "").want(200).into(&run)
	c.do("POST sync?op=cancel&id="+run.ID, "").want(200)
	c.do("PATCH connections?op=one&id=hubspot", `{"action":"resume"}`).want(200)
	c.do("PATCH connections?op=one&id=pipedrive", `{"action":"resume"}`).want(200)
	c.do("POST sync", "").want(200).into(&run)
	c.do("POST sync?op=approve&id="+run.ID, "").want(200).into(&run)
	if run.State != "done" {
		c.Fatalf("%s: %+v", c.id, run)
	}
	return run
}

// event changes a record in the customer's account. Its event says only which record
// of which account changed, and fits the other customer too.
func (c *tenant) event() {
	c.must(c.hubspot.Edit(c.record("bob@example.com"), map[string]string{"firstname": c.mark, "phone": "+12125550111"}))
	c.must(c.hubspot.FlushWebhooks(c.Context()))
	c.must(c.pipedrive.FlushWebhooks(c.Context()))
	var page pageJSON
	c.do("GET contacts?q=bob", "").want(200).into(&page)
	if len(page.Contacts) != 1 || page.Contacts[0].FirstName != c.mark {
		c.Errorf("%s: the event did not arrive: %+v", c.id, page)
	}
}

// conflict changes a field on two sides at once, and chooses the other value.
func (c *tenant) conflict() {
	c.must(c.hubspot.Edit(c.record("ada@example.com"), map[string]string{"firstname": c.mark + "-H"}))
	c.do("PATCH contacts?op=one&id="+c.ada.ID, `{"firstName":"`+c.mark+`-A"}`).want(200)
	c.sync()
	var page struct{ Conflicts []struct{ ID string } }
	a := c.do("GET conflicts", "").want(200)
	c.must(json.Unmarshal([]byte(a.text), &page))
	if len(page.Conflicts) == 0 || !strings.Contains(a.text, c.mark+"-H") || !strings.Contains(a.text, c.mark+"-A") {
		c.Fatalf("%s: conflicts %s", c.id, a.text)
	}
	id := page.Conflicts[0].ID
	c.conflicts = append(c.conflicts, id)
	c.do("POST conflicts?op=one&id="+id, `{"choose":"app"}`).want(200)
}

func (c *tenant) edit() {
	c.do("POST contacts", `{"email":"gone@example.com","lastName":"`+c.mark+`"}`).want(201)
	c.sync()
	c.must(c.hubspot.Delete(c.record("gone@example.com")))
	c.must(c.hubspot.FlushWebhooks(c.Context()))
	c.must(c.pipedrive.FlushWebhooks(c.Context()))
	c.do("DELETE contacts?op=one&id="+c.eve.ID, "").want(204)
	c.do("POST contacts?op=restore&id="+c.eve.ID, "").want(200)
	c.do("PATCH connections?op=one&id=pipedrive", `{"action":"pause"}`).want(200)
	c.do("PATCH contacts?op=one&id="+c.ada.ID, `{"jobTitle":"`+c.mark+`"}`).want(200)
	c.do("PATCH connections?op=one&id=pipedrive", `{"action":"resume"}`).want(200)
	c.sync()
}

// takeBack takes an import and a change back.
func (c *tenant) takeBack() {
	var imported struct {
		RunID                       string
		Created, Updated, Unchanged int
		Rejected                    []any
	}
	c.do("POST contacts?op=import", "email,company\neve@example.com,"+c.mark+"\n").want(200).into(&imported)
	c.do("POST sync?op=revert&id="+imported.RunID, "").want(200)
	var page struct{ Changes []struct{ ID, Op string } }
	a := c.do("GET activity?op=changes&contactId="+c.ada.ID, "").want(200)
	c.must(json.Unmarshal([]byte(a.text), &page))
	if len(page.Changes) == 0 || !strings.Contains(a.text, c.mark) {
		c.Fatalf("%s: changes %s", c.id, a.text)
	}
	for _, change := range page.Changes {
		if change.Op == "updated" {
			c.changes = append(c.changes, change.ID)
		}
	}
	c.do("POST activity?op=revert&id="+c.changes[0], "").want(200)
	c.do("GET contacts?op=explain&id="+c.ada.ID, "").want(200)
}

// schedule works for all customers at once.
func (c *tenant) schedule() {
	c.do("PATCH contacts?op=one&id="+c.ada.ID, `{"company":"`+c.mark+`"}`).want(200)
	c.do("GET cron/sync", "", "Authorization", "Bearer cr0n").want(200)
}

// look reads everything that can be read.
func (c *tenant) look() {
	for _, call := range []string{
		"GET contacts?limit=200", "GET contacts?q=" + strings.ToLower(c.mark), "GET contacts?q=example", "GET contacts?op=one&id=" + c.ada.ID,
		"GET contacts?op=explain&id=" + c.ada.ID, "GET activity?op=changes&limit=200",
		"GET sync", "GET sync?op=run&id=" + c.runs[0], "GET conflicts?limit=200", "GET conflicts?op=review", "GET activity?limit=200",
		"GET connections", "GET connections?op=token", "GET settings", "GET setup/pronouns", "GET session", "GET health",
	} {
		a := c.do(call, "").want(200)
		if theirs := foreignMark(c.mark); strings.Contains(strings.ToLower(a.text), theirs) {
			c.Errorf("%s, %s: shows %s: %s", c.id, call, theirs, a.text)
		}
	}
	var reviews reviewsJSON
	c.do("GET conflicts?op=review", "").into(&reviews)
	if len(reviews.Items) == 0 || reviews.Items[0].Kind != "ambiguous" {
		c.Fatalf("%s has no review: %+v", c.id, reviews)
	}
	c.review = reviews.Items[0].ID
	if a := c.do("GET contacts?q="+strings.ToLower(foreignMark(c.mark)), ""); !strings.Contains(a.text, `"total":0`) {
		c.Errorf("%s finds the other's contacts: %s", c.id, a.text)
	}
}

func foreignMark(mark string) string {
	if mark == "MarkOfDefault" {
		return "markofelsewhere"
	}
	return "markofdefault"
}

// trespass asks for the other customer's things by their ids.
func (c *tenant) trespass(them *tenant, rows *rows) {
	before := rows.of(c.desk, them.id)
	for _, call := range []string{
		"GET contacts?op=one&id=" + them.ada.ID, "PATCH contacts?op=one&id=" + them.ada.ID, "DELETE contacts?op=one&id=" + them.ada.ID,
		"POST contacts?op=restore&id=" + them.ada.ID, "GET sync?op=run&id=" + them.runs[0],
		"GET contacts?op=explain&id=" + them.ada.ID, "POST sync?op=revert&id=" + them.runs[0], "POST activity?op=revert&id=" + them.changes[0],
		"POST sync?op=approve&id=" + them.runs[0], "POST sync?op=cancel&id=" + them.runs[0], "POST conflicts?op=one&id=" + them.conflicts[0],
		"POST conflicts?op=decide&id=" + them.review, "DELETE contacts?op=one&erase=true&id=" + them.ada.ID,
	} {
		body := map[bool]string{true: `{"choose":"hubspot"}`, false: `{"lastName":"` + c.mark + `"}`}[strings.Contains(call, "conflicts")]
		if strings.Contains(call, "decide") {
			body = `{"action":"ignore"}`
		}
		if strings.HasPrefix(call, "GET") || strings.Contains(call, "restore") || strings.Contains(call, "sync") || strings.Contains(call, "revert") || strings.HasPrefix(call, "DELETE") {
			body = ""
		}
		c.do(call, body).problem(404)
	}
	for _, call := range []string{"GET activity?contactId=" + them.ada.ID, "GET activity?runId=" + them.runs[0],
		"GET activity?op=changes&contactId=" + them.ada.ID, "GET activity?op=changes&runId=" + them.runs[0], "GET conflicts?contactId=" + them.ada.ID} {
		if a := c.do(call, "").want(200); strings.Contains(a.text, `"id"`) {
			c.Errorf("%s, %s: %s", c.id, call, a.text)
		}
	}
	if after := rows.of(c.desk, them.id); !slices.Equal(before, after) {
		c.Errorf("%s changed rows of %s", c.id, them.id)
	}
}

// leave disconnects one customer, who signs out as well.
func (c *tenant) leave() {
	c.do("POST conflicts?op=decide&id="+c.review, `{"action":"ignore"}`).want(204)
	c.do("DELETE connections?op=one&id=hubspot", "").want(204)
	c.do("POST session", `{"password":"`+password+`"}`).want(200)
	c.do("DELETE session", "").want(204)
	c.sync()
}

// record returns the HubSpot id of a person.
func (c *tenant) record(email string) string {
	return byEmail(c.hubspot.Records(), "email")[email].ID
}

// checkAccounts looks at what has reached the CRMs.
func (c *tenant) checkAccounts(them *tenant) {
	everything := fmt.Sprint(c.hubspot.Records(), c.pipedrive.Records())
	if !strings.Contains(everything, c.mark) || strings.Contains(everything, them.mark) || strings.Contains(everything, them.ada.ID) {
		c.Errorf("the accounts of %s hold %s", c.id, everything)
	}
	if mine, theirs := c.live(), them.live(); mine != theirs {
		c.Errorf("the same work made %d and %d records", mine, theirs)
	}
}

// live counts the records in both accounts.
func (c *tenant) live() int {
	n := 0
	for _, row := range append(c.hubspot.Records(), c.pipedrive.Records()...) {
		if !row.Deleted {
			n++
		}
	}
	return n
}

// checkEveryRouteWasCalled keeps this test complete when routes are added.
func (c *tenant) checkEveryRouteWasCalled() {
	for _, at := range c.doors() {
		if at.lets == "hubspot" || at.lets == "pipedrive" || at.lets == "oauth" {
			continue // came from the sandboxes, or has tests of its own
		}
		if call := at.method + " " + at.address; !c.called[c.key+" "+call] {
			c.Errorf("%s has not called %s", c.id, call)
		}
	}
}

// rows are the tables of the store, as they are in its file.
type rows struct {
	db     *sql.DB
	tables []string // with a column for the customer
}

func openRows(t *testing.T, path string) *rows {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	r := &rows{db: db}
	var others []string
	for name, columns := range pairs(t, db, `SELECT m.name, group_concat(i.name) FROM sqlite_schema m JOIN pragma_table_info(m.name) i WHERE m.type = 'table' GROUP BY 1`) {
		if slices.Contains(strings.Split(columns, ","), "customer") {
			r.tables = append(r.tables, name)
		} else {
			others = append(others, name)
		}
	}
	slices.Sort(r.tables)
	slices.Sort(others)
	// Documents belong to the row of contacts with their key; the others to nobody yet.
	if want := []string{"attempts", "contact_docs", "short_lived"}; !slices.Equal(others, want) {
		t.Errorf("tables without a customer: %v, want %v", others, want)
	}
	return r
}

// pairs reads two columns.
func pairs(t *testing.T, db *sql.DB, query string) map[string]string {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	out := map[string]string{}
	for found.Next() {
		var a, b string
		if err := found.Scan(&a, &b); err != nil {
			t.Fatal(err)
		}
		out[a] = b
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// of returns every row of a customer, as text.
func (r *rows) of(d *desk, customer contact.CustomerID) []string {
	d.Helper()
	var list []string
	read := func(table, query string) {
		found, err := r.db.QueryContext(d.Context(), query, string(customer))
		d.must(err)
		defer found.Close()
		columns, err := found.Columns()
		d.must(err)
		for found.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(sql.RawBytes)
			}
			d.must(found.Scan(values...))
			text := table
			for _, v := range values {
				text += " | " + string(*v.(*sql.RawBytes))
			}
			list = append(list, text)
		}
		d.must(found.Err())
	}
	for _, table := range r.tables {
		read(table, `SELECT * FROM `+table+` WHERE customer = ?`)
	}
	read("contact_docs", `SELECT d.doc FROM contacts c JOIN contact_docs d ON d.key = c.key WHERE c.customer = ?`)
	slices.Sort(list)
	return list
}

// check finds another customer's mark, people and connections in the rows of one.
func (r *rows) check(t *testing.T, when string, c, them *tenant) {
	t.Helper()
	list := r.of(c.desk, c.id)
	tables := map[string]int{}
	for _, row := range list {
		table, _, _ := strings.Cut(row, " | ")
		tables[table]++
		for _, foreign := range []string{foreignMark(c.mark), them.ada.ID, string(them.id) + ":"} {
			if foreign != "" && strings.Contains(strings.ToLower(row), foreign) {
				t.Errorf("after the %s: a row of %s has %q: %s", when, c.id, foreign, row)
			}
		}
	}
	if when == "look of elsewhere" {
		for _, table := range []string{"contacts", "contact_links", "contact_words", "contact_docs", "runs", "activity", "changes", "conflicts", "reviews", "connections", "settings", "tombstones"} {
			if tables[table] == 0 {
				t.Errorf("%s has no rows in %s: %v", c.id, table, slices.Sorted(maps.Keys(tables)))
			}
		}
	}
}
