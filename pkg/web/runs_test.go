package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/web"
)

func TestRuns(t *testing.T) {
	d := open(t)
	d.create(`{"email":"ada@example.com","firstName":"Ada"}`)
	if _, err := d.hubspot.Create(map[string]string{"email": "bob@example.com", "firstname": "Bob"}); err != nil {
		t.Fatal(err)
	}
	var plan runJSON
	d.do("POST sync", `{"dryRun":true}`).want(200).into(&plan)
	if plan.Plan == nil || !plan.DryRun || plan.Plan.Creates != (sidesJSON{HubSpot: 1, Pipedrive: 2, App: 1}) || plan.Plan.Calls.Pipedrive == 0 {
		t.Errorf("plan %+v", plan)
	}
	if c := plan.Plan.Costs["pipedrive"]; c.Units != 10+2*5 || c.Unit != "tokens" || plan.Plan.Seconds != 1 || plan.Plan.Changed || c.Exceeds {
		t.Errorf("costs %+v, %d seconds", plan.Plan.Costs, plan.Plan.Seconds)
	}
	if len(plan.Plan.Sample) != 4 || plan.Plan.Sample[0].Kind != "create" || plan.Plan.Sample[0].Fields[0].After != "ada@example.com" {
		t.Errorf("sample %+v", plan.Plan.Sample)
	}
	if len(d.inHubSpot()) != 1 || len(d.inPipedrive()) != 0 {
		t.Error("a dry run has changed a CRM")
	}
	run := d.sync()
	if run.Kind != "full" || run.Counts.Created != 3 || run.Counts.Pulled != 1 || run.FinishedAt == "" {
		t.Errorf("run %+v", run)
	}
	if run.Calls != (callsJSON{HubSpot: 2, Pipedrive: 3}) {
		t.Errorf("calls %+v", run.Calls)
	}
	for _, side := range []string{"app", "hubspot", "pipedrive"} {
		if _, ok := run.Details[side]; !ok {
			t.Errorf("details lack %s: %v", side, run.Details)
		}
	}
	var again runJSON
	d.do("GET sync?op=run&id="+run.ID, "").want(200).into(&again)
	if diff := cmp.Diff(run, again); diff != "" {
		t.Error(diff)
	}
	if idle := d.sync(); idle.Counts.Created+idle.Counts.Updated+idle.Counts.Pulled+idle.Counts.Deleted != 0 {
		t.Errorf("a second run wrote: %+v", idle.Counts)
	}
	d.key = "0ther"
	d.do("GET sync?op=run&id="+run.ID, "").problem(404)
}

func TestAPlanWaitsForApproval(t *testing.T) {
	d := open(t)
	d.settings(`{"approveFirstSync":true}`)
	d.create(`{"email":"ada@example.com","firstName":"Ada"}`)
	var run runJSON
	d.do("POST sync", "").want(200).into(&run)
	if run.State != "waiting" || run.Plan == nil || run.Plan.Creates != (sidesJSON{HubSpot: 1, Pipedrive: 1}) || run.FinishedAt != "" {
		t.Fatalf("run %+v", run)
	}
	if len(d.inHubSpot())+len(d.inPipedrive()) != 0 {
		t.Error("something was written before approval")
	}
	var status struct {
		State       string
		Waiting     *runJSON
		Connections []struct{ State, Message string }
	}
	d.must(json.Unmarshal([]byte(d.do("GET sync", "").want(200).text), &status))
	if status.State != "waiting" || status.Waiting == nil || status.Waiting.ID != run.ID || status.Connections[0].State != "waiting" || status.Connections[0].Message == "" {
		t.Errorf("overview %+v", status)
	}
	d.do("POST sync?op=approve&id=nothing", "").problem(404)
	d.do("POST sync?op=approve&id="+run.ID, "").want(200).into(&run)
	if run.State != "done" || len(d.inHubSpot()) != 1 || len(d.inPipedrive()) != 1 {
		t.Errorf("approved: %+v", run)
	}
	d.do("POST sync?op=approve&id="+run.ID, "").problem(409)
	d.do("POST sync?op=cancel&id="+run.ID, "").problem(409)
}

func TestOverview(t *testing.T) {
	d := open(t)
	type connection struct {
		Provider, State, Message, URL string
		LastSuccessAt                 *time.Time
		LagSeconds                    *int
		Pending, Errors, Linked       int
		Budget                        *sync.Budget
		Credential, AccountID         *string
		WebhookURL                    *string
		Events                        *eventsJSON
		VerifyWrites                  bool
		Held                          string
	}
	var o struct {
		State                                string
		LastSuccessAt                        *time.Time
		Pending, Errors, Conflicts, Contacts int
		Connections                          []connection
		Run                                  *runJSON
	}
	d.do("GET sync", "").want(200).into(&o)
	if o.State != "idle" || o.LastSuccessAt != nil || o.Run != nil || len(o.Connections) != 2 || o.Connections[0].State != "new" || o.Connections[0].LagSeconds != nil {
		t.Errorf("before the first sync: %+v", o)
	}
	d.create(`{"email":"ada@example.com","firstName":"Ada"}`)
	run := d.sync()
	d.do("GET sync", "").want(200).into(&o)
	if o.State != "idle" || o.LastSuccessAt == nil || o.Run == nil || o.Run.ID != run.ID || o.Contacts != 1 || o.Pending != 0 {
		t.Errorf("after it: %+v", o)
	}
	for _, c := range o.Connections {
		if c.State != "active" || c.LagSeconds == nil || c.Linked != 1 || c.LastSuccessAt == nil || c.URL == "" {
			t.Errorf("connection %+v", c)
		}
	}
	k := d.hubspot.Knobs()
	k.Revoked = true
	d.hubspot.SetKnobs(k)
	var failed runJSON
	d.do("POST sync", "").want(200).into(&failed)
	d.do("GET sync", "").want(200).into(&o)
	if o.State != "attention" || o.Connections[0].State != "unauthorised" || o.Connections[0].Message == "" || o.Connections[1].State != "active" {
		t.Errorf("with a revoked token: %+v", o)
	}
}

func TestCron(t *testing.T) {
	d := open(t)
	d.create(`{"email":"ada@example.com"}`)
	d.key = ""
	d.do("GET cron/sync", "").problem(401)
	d.do("GET cron/sync", "", "Authorization", "Bearer s3cret").problem(401) // an API key is not the cron secret
	d.do("GET cron/sync", "", "Authorization", "cr0n").problem(401)
	d.do("POST cron/sync", "", "Authorization", "Bearer cr0n").problem(405)
	var run runJSON
	d.do("GET cron/sync", "", "Authorization", "Bearer cr0n").want(200).into(&run)
	if run.State != "done" || len(d.inHubSpot()) != 1 {
		t.Errorf("run %+v", run)
	}
	d.app.Server.CronSecret = ""
	if p := d.do("GET cron/sync", "", "Authorization", "Bearer ").problem(503); !strings.Contains(p.Message, "CRON_SECRET") {
		t.Errorf("%+v", p)
	}
}

// unfinished reports scheduled runs as not done, as if their time had run out.
type unfinished struct{ web.Service }

func (u unfinished) SyncAll(ctx context.Context) (*sync.Run, error) {
	run, err := u.Service.SyncAll(ctx)
	if err == nil {
		run.State = sync.RunPartial
	}
	return run, err
}

func TestPartialRunsChain(t *testing.T) {
	d := open(t)
	d.create(`{"email":"ada@example.com"}`)
	var asked []int
	d.app.Server.Chain = func(_ context.Context, generation int) { asked = append(asked, generation) }
	d.app.Server.Service = unfinished{d.app.Service}
	cron := func(generation string) {
		t.Helper()
		var run runJSON
		d.do("GET cron/sync", "", "Authorization", "Bearer cr0n", web.GenerationHeader, generation).want(200).into(&run)
		if run.State != "partial" {
			t.Fatalf("run %+v", run)
		}
	}
	for _, generation := range []string{"", "3", "59", "60", "61", "-1", "many"} {
		cron(generation)
	}
	if want := []int{1, 4, 60}; !cmp.Equal(asked, want) {
		t.Errorf("asked for %v, want %v", asked, want)
	}
	d.app.Server.Service = d.app.Service
	d.do("GET cron/sync", "", "Authorization", "Bearer cr0n").want(200)
	if len(asked) != 3 {
		t.Error("a run that is done asks for another")
	}
}

func TestPronouns(t *testing.T) {
	d := open(t)
	d.create(`{"email":"ada@example.com","pronouns":"she/her"}`)
	d.sync()
	type field struct{ Provider, Field, State, FieldKey, Message string }
	var s struct {
		Fields []field
		Ready  bool
	}
	d.do("GET setup/pronouns", "").want(200).into(&s)
	if s.Ready || len(s.Fields) != 2 || s.Fields[0].State != "missing" || s.Fields[1].State != "missing" || s.Fields[0].Field != "pronouns" {
		t.Errorf("before: %+v", s)
	}
	for range 2 {
		d.do("POST setup/pronouns", "").want(200).into(&s)
		if !s.Ready || s.Fields[0].State != "present" || s.Fields[1].State != "present" || s.Fields[1].FieldKey == "" {
			t.Errorf("after: %+v", s)
		}
	}
	d.sync()
	if h, p := d.inHubSpot()["ada@example.com"], d.inPipedrive()["ada@example.com"]; h.Fields["pronouns"] != "she/her" || p.Fields["Pronouns"] != "she/her" {
		t.Errorf("HubSpot %v, Pipedrive %v", h, p)
	}
}

func TestConflictsAndActivity(t *testing.T) {
	d := open(t)
	ada := d.create(`{"email":"ada@example.com","firstName":"Ada","phone":"+12125550100"}`)
	d.sync()
	record := d.inHubSpot()["ada@example.com"]
	// One field changes on two sides before they meet.
	d.must(d.hubspot.Edit(record.ID, map[string]string{"phone": "+12125550111"}))
	d.do("PATCH contacts?op=one&id="+ada.ID, `{"phone":"+12125550122"}`).want(200)
	d.sync()
	type value struct {
		Source, Value string
		At            *time.Time
	}
	type conflict struct {
		ID, ContactID, ContactName, Field, Base, Winner, Rule, At, State string
		Values                                                           []value
	}
	var page struct {
		Conflicts  []conflict
		NextCursor *string
		Total      int
	}
	d.do("GET conflicts?contactId="+ada.ID, "").want(200).into(&page)
	if page.Total != 1 || len(page.Conflicts) != 1 || page.NextCursor != nil {
		t.Fatalf("%+v", page)
	}
	c := page.Conflicts[0]
	if c.Field != "phone" || c.Base != "+12125550100" || c.Winner != "hubspot" || c.State != "decided" || c.ContactName != "Ada" || len(c.Values) != 2 {
		t.Errorf("%+v", c)
	}
	if got := d.inPipedrive()["ada@example.com"].Fields["phones"]; got != "+12125550111" {
		t.Errorf("the CRM's value did not win: %q", got)
	}
	var decided conflict
	d.do("POST conflicts?op=one&id="+c.ID, `{"choose":"pipedrive"}`).problem(422)
	d.do("POST conflicts?op=one&id="+c.ID, `{"choose":"app"}`).want(200).into(&decided)
	d.sync()
	if got := d.inHubSpot()["ada@example.com"].Fields["phone"]; decided.State != "overridden" || got != "+12125550122" {
		t.Errorf("%+v, HubSpot has %q", decided, got)
	}
	var reviews reviewsJSON
	d.do("GET conflicts?op=review", "").want(200).into(&reviews)
	if reviews.Items == nil || reviews.Total != 0 {
		t.Errorf("%+v", reviews)
	}
	var log struct {
		Entries []struct {
			ID, At, Level, RunID, ContactID, ContactName, Provider, Op, Direction, Message string
			Fields                                                                         []string
		}
		NextCursor *string
	}
	d.do("GET activity?limit=1&contactId="+ada.ID, "").want(200).into(&log)
	if len(log.Entries) != 1 || log.NextCursor == nil || log.Entries[0].ContactID != ada.ID || log.Entries[0].Message == "" {
		t.Fatalf("%+v", log)
	}
	newest := log.Entries[0].ID
	d.do("GET activity?limit=1&contactId="+ada.ID+"&cursor="+*log.NextCursor, "").want(200).into(&log)
	if len(log.Entries) != 1 || log.Entries[0].ID >= newest {
		t.Errorf("the next page: %+v", log)
	}
	d.do("GET activity?level=error", "").want(200).into(&log)
	if len(log.Entries) != 0 || log.Entries == nil {
		t.Errorf("errors: %+v", log.Entries)
	}
}

func TestHealthAndRequestIDs(t *testing.T) {
	d := open(t)
	d.key = ""
	var h struct{ Status, Version, Store string }
	a := d.do("GET health", "", "X-Vercel-Id", "fra1::abc-123")
	a.want(200).into(&h)
	if h.Status != "ok" || h.Store != "sqlite" || h.Version == "" || a.header.Get("X-Request-Id") != "fra1::abc-123" {
		t.Errorf("%+v %v", h, a.header)
	}
	if a := d.do("HEAD health", ""); a.status != 200 || a.text != "" {
		t.Errorf("HEAD: %d %q", a.status, a.text)
	}
	if id := d.do("GET health", "", "X-Vercel-Id", "<script>").header.Get("X-Request-Id"); len(id) != 36 {
		t.Errorf("request id %q", id)
	}
	var left time.Duration
	d.app.Server.Ping = func(ctx context.Context) (string, error) {
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		return "sqlite", context.DeadlineExceeded
	}
	d.do("GET health", "").want(http.StatusServiceUnavailable).into(&h)
	if h.Status != "unavailable" || left <= 0 || left > web.Health.Limit {
		t.Errorf("%+v with %v left", h, left)
	}
	d.app.Server.Ping = func(context.Context) (string, error) { panic("boom: " + t.Name()) }
	if p := d.do("GET health", "").problem(500); strings.Contains(p.Message, "boom") {
		t.Errorf("%+v", p)
	}
	if !strings.Contains(d.log.String(), "boom: "+t.Name()) || !strings.Contains(d.log.String(), "runs_test.go") {
		t.Error("the log lacks the panic and its stack")
	}
}
