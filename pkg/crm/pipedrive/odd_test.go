package pipedrive_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	sandbox "github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
	"github.com/contactsync/contactsync/pkg/sync"
)

var mapped = map[contact.Field]sync.RemoteField{
	contact.Email: {State: sync.FieldPresent, Key: "email"}, contact.Phone: {State: sync.FieldPresent, Key: "phone"},
	contact.FirstName: {State: sync.FieldPresent, Key: "first_name"}, contact.LastName: {State: sync.FieldPresent, Key: "last_name"},
	contact.Pronouns: {State: sync.FieldPresent, Key: "aaaa"}, contact.SyncKey: {State: sync.FieldPresent, Key: "bbbb"},
}

// on opens the adapter on answers that a test makes up.
func on(handler http.HandlerFunc, change ...func(*pipedrive.Options)) *pipedrive.Client {
	o := pipedrive.Options{Token: pipedrive.StaticToken(" t\n"), Fields: mapped, RoundTripper: kit.Transport{Handler: handler}}
	for _, f := range change {
		f(&o)
	}
	return pipedrive.New(o)
}

func always(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

func TestOddPersons(t *testing.T) {
	c := on(always(`{"success":true,"data":[
		{"id":1,"name":"Ada King","first_name":"Ada","last_name":"King","emails":null,"phones":[],"update_time":null,"add_time":"2026-11-22T12:00:00Z","custom_fields":null},
		{"id":2,"name":"B","first_name":"B","last_name":null,"emails":[{"value":"","primary":true}],"phones":[{"value":"1"},{"value":"2","primary":true}],"update_time":"2026-11-22T12:00:00Z","custom_fields":{"aaaa":null,"bbbb":" key "}},
		{"id":3,"name":"Only Name","custom_fields":{"aaaa":7}},
		{"id":4,"name":"D","first_name":"D","custom_fields":{"aaaa":{"type":"varchar","value":"they"}}},
		{"id":5,"name":"gone","is_deleted":true}],"additional_data":null}`))
	page, err := c.List(t.Context(), "")
	if err != nil || len(page.Records) != 4 {
		t.Fatalf("%d records, %v", len(page.Records), err)
	}
	for i, want := range []contact.Values{
		{contact.Email: "", contact.Phone: "", contact.FirstName: "Ada", contact.LastName: "King"},
		{contact.Email: "", contact.Phone: "2", contact.FirstName: "B", contact.LastName: "", contact.Pronouns: ""},
		{contact.Email: "", contact.Phone: "", contact.FirstName: "Only Name", contact.LastName: "", contact.Pronouns: "7"},
		{contact.Email: "", contact.Phone: "", contact.FirstName: "D", contact.LastName: "", contact.Pronouns: "they"},
	} {
		if got := page.Records[i].Fields; !maps.Equal(got, want) {
			t.Errorf("person %d: %v, want %v", i+1, got, want)
		}
	}
	if page.Records[0].Modified.IsZero() || page.Records[1].Key != "key" || len(page.Records[1].Emails) != 0 {
		t.Errorf("%+v", page.Records[:2])
	}
}

func TestFailuresThatLookLikeSuccess(t *testing.T) {
	for body, kinds := range map[string][2]fault.Kind{
		`{"success":false,"error":"Something went wrong"}`: {fault.Retryable, fault.Retryable},
		`{"success":false,"errorCode":401,"error":"bad"}`:  {fault.Unauthorised, fault.Unauthorised},
		`{"success":true,"data":null}`:                     {fault.Retryable, fault.OutcomeUnknown},
		`{}`:                                               {fault.Retryable, fault.OutcomeUnknown},
		`null`:                                             {fault.Retryable, fault.OutcomeUnknown},
		`{"success":true,"data":{}}`:                       {fault.Retryable, fault.OutcomeUnknown},
		`{"success":true,"data":"text","additional_data":"x"}`: {fault.Retryable, fault.OutcomeUnknown},
	} {
		c := on(always(body))
		if _, err := c.List(t.Context(), ""); !fault.Is(err, kinds[0]) {
			t.Errorf("list met with %s: %v", body, err)
		}
		if r := c.Create(t.Context(), []sync.CreateRequest{{Key: "k", Fields: contact.Values{contact.FirstName: "A"}}})[0]; !fault.Is(r.Err, kinds[1]) {
			t.Errorf("create met with %s: %+v", body, r)
		}
	}
}

func TestListingsThatDoNotGoOn(t *testing.T) {
	c := on(always(`{"success":true,"data":[],"additional_data":{"next_cursor":"same"}}`))
	if _, err := c.List(t.Context(), "same"); !fault.Is(err, fault.Retryable) {
		t.Errorf("%v", err)
	}
	if _, err := c.FindByKeys(t.Context(), []contact.ID{"k"}, time.Now()); !fault.Is(err, fault.Retryable) {
		t.Errorf("%v", err)
	}
}

// TestAnswersThatLeaveOutCustomFields: what was written or known stands in.
func TestAnswersThatLeaveOutCustomFields(t *testing.T) {
	c := on(always(`{"success":true,"data":{"id":7,"name":"Ada","first_name":"Ada","last_name":null,"emails":[],"phones":[]}}`))
	made := c.Create(t.Context(), []sync.CreateRequest{{Key: "k", Fields: contact.Values{contact.FirstName: "Ada", contact.Pronouns: "she"}}})[0]
	if made.Err != nil || made.Record.Fields[contact.Pronouns] != "she" || made.Record.Key != "k" {
		t.Fatalf("%+v", made)
	}
	updated := c.Update(t.Context(), []sync.UpdateRequest{{ID: "7", Current: made.Record, Fields: contact.Values{contact.LastName: "King"}}})[0]
	if updated.Err != nil || updated.Record.Fields[contact.Pronouns] != "she" || updated.Record.Key != "k" {
		t.Fatalf("%+v", updated)
	}
}

// TestGoneOnlyWhenConfirmed: being missing in a list of ids, or a failure, does not
// make a person gone.
func TestGoneOnlyWhenConfirmed(t *testing.T) {
	empty := `{"success":true,"data":[]}`
	for name, c := range map[string]struct {
		status int
		body   string
		gone   bool
		record bool
	}{
		"deleted":          {200, `{"success":true,"data":{"id":7,"is_deleted":true}}`, true, false},
		"not found":        {404, `{"success":false,"error":"Entity was not found"}`, true, false},
		"gone":             {410, `{"success":true,"data":{"id":7}}`, true, false},
		"there after all":  {200, `{"success":true,"data":{"id":7,"name":"Ada"}}`, false, true},
		"not visible":      {403, `{"success":false,"error":"You do not have permission"}`, false, false},
		"failing":          {500, ``, false, false},
		"a page":           {200, `<html>`, false, false},
		"unauthorised now": {401, `{"success":false,"errorCode":401}`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := on(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Query().Has("ids") {
						_, _ = io.WriteString(w, empty)
						return
					}
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.body)
				})
				got := client.Read(t.Context(), []contact.ExternalID{"7"}, nil)["7"]
				if got.Gone() != c.gone || (got.Record != nil) != c.record {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

// TestWhatIsSent looks at the requests: the parameters are those that Pipedrive
// accepts, and the bodies name nothing that does not change.
func TestWhatIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		c := on(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			sent = append(sent, r.Method+" "+r.URL.RequestURI()+" "+strings.TrimSpace(string(body)))
			if r.Header.Get("X-Api-Token") != "t" {
				t.Errorf("sent with %v", r.Header)
			}
			data := `{"id":7,"name":"Ada King","first_name":"Ada","last_name":"King","custom_fields":{"aaaa":"she","bbbb":"k"}}`
			if r.Method == http.MethodGet {
				data = "[" + data + "]"
			}
			_, _ = fmt.Fprintf(w, `{"success":true,"data":%s}`, data)
		})
		ctx, at := t.Context(), time.Date(2026, 11, 22, 12, 0, 0, 999e6, time.FixedZone("", 3600))
		_, _ = c.List(ctx, "abc")
		_, _ = c.ListChanged(ctx, at, "")
		_ = c.Read(ctx, []contact.ExternalID{"8", "7", "8", "7"}, nil)
		made := c.Create(ctx, []sync.CreateRequest{{Key: "k", Fields: contact.Values{contact.FirstName: "Ada", contact.Email: "", contact.Pronouns: ""}}})[0].Record
		for _, values := range []contact.Values{
			{contact.Pronouns: ""}, {contact.LastName: "Lovelace"}, {contact.Email: "a@x.io"}, {contact.Company: "nowhere"}, {contact.Phone: ""},
		} {
			c.Update(ctx, []sync.UpdateRequest{{ID: "7", Current: made, Fields: values}})
		}
		want := []string{
			"GET /api/v2/persons?cursor=abc&limit=500&sort_by=id&sort_direction=asc ",
			"GET /api/v2/persons?limit=500&sort_by=update_time&sort_direction=asc&updated_since=2026-11-22T11%3A00%3A00Z ",
			"GET /api/v2/persons?ids=7%2C8&limit=100 ",
			"GET /api/v2/persons/8 ",
			`POST /api/v2/persons {"custom_fields":{"bbbb":"k"},"first_name":"Ada","last_name":""}`,
			`PATCH /api/v2/persons/7 {"custom_fields":{"aaaa":null}}`,
			`PATCH /api/v2/persons/7 {"first_name":"Ada","last_name":"Lovelace"}`,
			`PATCH /api/v2/persons/7 {"emails":[{"value":"a@x.io","primary":true,"label":"work"}]}`,
			`PATCH /api/v2/persons/7 {"phones":[]}`,
		}
		if !slices.Equal(sent, want) {
			t.Errorf("sent\n%s\nwant\n%s", strings.Join(sent, "\n"), strings.Join(want, "\n"))
		}
	})
}

func TestOAuthToken(t *testing.T) {
	c := on(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer t" || r.Header.Get("X-Api-Token") != "" {
			t.Errorf("sent with %v", r.Header)
		}
		_, _ = io.WriteString(w, `{"success":true,"data":[]}`)
	}, func(o *pipedrive.Options) { o.OAuth = true })
	if _, err := c.List(t.Context(), ""); err != nil {
		t.Error(err)
	}
}

func TestAddresses(t *testing.T) {
	me := always(`{"success":true,"data":{"id":1,"company_id":7421053,"company_name":"Acme","company_domain":"acme"}}`)
	for _, c := range []struct{ base, accountURL, account, record string }{
		{"", "", "https://acme.pipedrive.com", ""},
		{"", "https://acme.pipedrive.com", "https://acme.pipedrive.com", "https://acme.pipedrive.com/person/7"},
		{"https://acme.pipedrive.com/", "", "https://acme.pipedrive.com", "https://acme.pipedrive.com/person/7"},
		{"http://127.0.0.1:4020", "", "http://127.0.0.1:4020", "http://127.0.0.1:4020/records/7"},
		{"https://evilpipedrive.com", "", "https://evilpipedrive.com", "https://evilpipedrive.com/records/7"},
	} {
		client := on(me, func(o *pipedrive.Options) { o.BaseURL, o.AccountURL = c.base, c.accountURL })
		account, err := client.Account(t.Context())
		if err != nil || account != (sync.Account{ID: "7421053", Name: "Acme", URL: c.account}) {
			t.Errorf("%+v: %+v, %v", c, account, err)
		}
		if got := client.RecordURL("7"); got != c.record {
			t.Errorf("%+v: %q", c, got)
		}
		if got := client.RecordURL(""); got != "" {
			t.Errorf("no record: %q", got)
		}
	}
}

// TestKeysOverManyPages finds keys wherever they are among what changed.
func TestKeysOverManyPages(t *testing.T) {
	run(t, func(b *bench) {
		since := time.Now()
		for i := range 1200 {
			if _, err := b.account.Create(map[string]string{"first_name": fmt.Sprint("N", i)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		first, second := b.create(contact.Values{contact.FirstName: "A"}), b.create(contact.Values{contact.FirstName: "B"})
		found, err := b.FindByKeys(b.ctx, []contact.ID{"key", "other"}, since)
		if err != nil || len(found["key"]) != 2 || found["key"][0].ID != first.ID || found["key"][1].ID != second.ID {
			t.Errorf("%+v, %v", found, err)
		}
		keyless := on(always(`{}`), func(o *pipedrive.Options) { o.Fields = nil })
		if _, err := keyless.FindByKeys(b.ctx, []contact.ID{"key"}, since); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%v", err)
		}
	})
}

// budget is what the adapter tells of its limits.
func budget(t *testing.T, b *bench) sync.Budget {
	t.Helper()
	got, err := b.Budget(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestLimitsFollowThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, func(o *sandbox.Options) { o.Knobs.Plan = "ultimate" })
		b := newBench(t, s)
		b.Read(b.ctx, []contact.ExternalID{"1"}, nil)
		if got := budget(t, b); got.Limit != 120 || got.WindowSeconds != 2 {
			t.Errorf("%+v", got)
		}
		fixed := newBench(t, s, func(o *pipedrive.Options) { o.RateLimit.Calls, o.RateLimit.Per = 10, time.Second })
		fixed.Read(b.ctx, []contact.ExternalID{"1"}, nil)
		if got := budget(t, fixed); got.Limit != 10 || got.WindowSeconds != 1 {
			t.Errorf("%+v", got)
		}
		off := newBench(t, s, func(o *pipedrive.Options) { o.RateLimit.Calls = -1 })
		if got := budget(t, off); len(got.Classes) != 0 || got.Limit != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// TestDailyBudget: the day's tokens are spent, and then one call an hour finds out
// that the next day has begun.
func TestDailyBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t, func(o *sandbox.Options) { o.Knobs.DailyTokens, o.Knobs.ResetHour = 200, 5 })
		b := newBench(t, s)
		var err error
		for err == nil {
			_, err = b.List(b.ctx, "")
		}
		calls, hours := s.Calls().Total(), 0
		for ; err != nil; hours++ {
			f := fault.As(err)
			want := time.Now().UTC().Truncate(time.Hour).Add(time.Hour + time.Minute)
			if !fault.Is(err, fault.Throttled) || !f.Until.Equal(want) || !strings.Contains(fault.Public(err), "daily") || !strings.Contains(fault.Public(err), want.Format("15:04 UTC")) {
				t.Fatalf("after %d hours: %v, until %v", hours, err, f.Until)
			}
			for _, r := range b.Create(b.ctx, make([]sync.CreateRequest, 50)) {
				if !fault.Is(r.Err, fault.Throttled) || !fault.As(r.Err).Until.Equal(want) {
					t.Fatalf("%+v", r)
				}
			}
			if n := s.Calls().Total() - calls; n > hours {
				t.Fatalf("%d calls in %d hours after the budget was spent", n, hours)
			}
			time.Sleep(time.Until(f.Until))
			if _, err = b.List(b.ctx, ""); err == nil && hours == 0 {
				_, err = b.List(b.ctx, "") // the first probe took what was kept for urgent calls
			}
		}
		if hours != 5 {
			t.Errorf("it goes on after %d hours, want 5", hours)
		}
		if day := budget(t, b).Classes[1]; day.Used != 10 || day.Limit != 200 || !day.ResetsAt.Equal(time.Now().UTC().Truncate(time.Hour).Add(24*time.Hour)) {
			t.Errorf("the next day: %+v", day)
		}
	})
}
