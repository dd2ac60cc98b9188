package hubspot_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

func (b *bench) now() time.Time { return time.Now().UTC() }

// TestReadOfMergedIDs: whether a batch resolves merged ids or leaves them out, and
// whether the survivor lists them, the reading is the survivor.
func TestReadOfMergedIDs(t *testing.T) {
	for name, batch := range map[string]*kit.Fault{
		"the batch resolves them":        nil,
		"the batch leaves them out":      {Status: 200, Body: `{"status":"COMPLETE","results":[]}`},
		"the batch calls them not found": {Status: 207, Body: `{"status":"COMPLETE","results":[],"numErrors":1,"errors":[{"category":"OBJECT_NOT_FOUND","context":{"ids":["1"]}}]}`},
		"the batch is not found":         {Status: 404, Body: `{"status":"error","message":"resource not found"}`},
		"the batch is refused":           {Status: 400, Body: `{"status":"error","category":"VALIDATION_ERROR","message":"odd id"}`},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(b *bench) {
				var made []contact.ExternalID
				for i := range 4 {
					id, err := b.account.Create(map[string]string{"email": fmt.Sprintf("m%d@example.com", i)})
					if err != nil {
						t.Fatal(err)
					}
					made = append(made, contact.ExternalID(id))
				}
				survivor, err := b.account.Merge(string(made[0]), string(made[1]))
				if err != nil {
					t.Fatal(err)
				}
				if err := b.account.Delete(string(made[2])); err != nil {
					t.Fatal(err)
				}
				if batch != nil {
					batch.PathPrefix = contacts + "/batch/read"
					b.account.Faults().Add(*batch)
				}
				calls := 0
				b.count(&calls)
				readings := b.Read(b.ctx, made, []contact.Field{contact.Email})
				if batch == nil && calls != 2 {
					t.Errorf("%d calls, want the batch and one for the deleted contact", calls)
				}
				for _, id := range made[:2] {
					r := readings[id]
					if r.Err != nil || r.Record == nil || r.Record.ID != contact.ExternalID(survivor) {
						t.Fatalf("Read(%s) = %+v, want %s", id, r, survivor)
					}
					if history := r.Record.History[contact.Email]; len(history) != 1 || history[0].Value != "m0@example.com" {
						t.Errorf("Read(%s) brings the history %v", id, history)
					}
				}
				if r := readings[made[2]]; !r.Gone() {
					t.Errorf("the deleted one: %+v", r)
				}
				if r := readings[made[3]]; r.Record == nil || r.Record.ID != made[3] {
					t.Errorf("the live one: %+v", r)
				}
			})
		})
	}
}

// TestReadDoesNotCallAFailureGone: an id is gone only when HubSpot says so.
func TestReadDoesNotCallAFailureGone(t *testing.T) {
	for _, status := range []int{400, 403, 429, 500} {
		run(t, func(b *bench) {
			b.account.Faults().Add(kit.Fault{Method: http.MethodGet, PathPrefix: contacts + "/", Status: status, Body: "{}", Times: -1})
			ctx := b.ctx
			for id, r := range b.Read(ctx, []contact.ExternalID{"171600000009", "171600000010"}, nil) {
				if r.Gone() || r.Err == nil {
					t.Errorf("%d: Read(%s) = %+v", status, id, r)
				}
			}
		})
	}
}

// TestManyContactsOfOneTime: more contacts were changed in one moment than a
// search can page through.
func TestManyContactsOfOneTime(t *testing.T) {
	run(t, func(b *bench) {
		const count = 10_450
		since := b.now()
		for i := range count {
			if _, err := b.account.Create(map[string]string{"firstname": fmt.Sprintf("N%d", i)}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		b.account.Calls().Reset()
		seen := map[contact.ExternalID]bool{}
		for cursor, first := "", true; first || cursor != ""; first = false {
			page, err := b.ListChanged(b.ctx, since, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range page.IDs {
				seen[id] = true
			}
			cursor = page.Next
		}
		if calls := b.account.Calls().Total(); len(seen) != count || calls != (count+199)/200 {
			t.Errorf("%d contacts in %d calls", len(seen), calls)
		}
	})
}

// TestListingsThatDoNotGoOn must end, in an error.
func TestListingsThatDoNotGoOn(t *testing.T) {
	stuck := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"total":900,"results":[{"id":"7","properties":{}}],"paging":{"next":{"after":"7"}}}`)
	})
	c := hubspot.New(hubspot.Options{Token: hubspot.StaticToken("t"), RoundTripper: kit.Transport{Handler: stuck}})
	if _, err := c.List(t.Context(), "7"); !fault.Is(err, fault.Retryable) {
		t.Errorf("list: %v", err)
	}
	if _, err := c.ListChanged(t.Context(), time.Now(), "7"); !fault.Is(err, fault.Retryable) {
		t.Errorf("search: %v", err)
	}
	if page, err := c.ListChanged(t.Context(), time.Now(), "6"); err != nil || page.Next != "7" {
		t.Errorf("search: %+v, %v", page, err)
	}
}

func TestOddRecords(t *testing.T) {
	odd := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"results":[
			{"id":"1","properties":{"email":"a@example.com","firstname":null,"phone":15550100,"jobtitle":true,"hs_additional_emails":"b@example.com; c@example.com;;a@example.com"},"updatedAt":"2026-11-22T12:00:00Z"},
			{"id":"2","properties":{"email":null,"lastmodifieddate":"2026-11-22T12:00:00.5Z"},"updatedAt":"soon"},
			{"id":"3","properties":null},
			{"id":"4","properties":{},"archived":true},
			{}]}`)
	})
	fields := map[contact.Field]sync.RemoteField{}
	for field, name := range properties {
		fields[field] = sync.RemoteField{State: sync.FieldPresent, Key: name}
	}
	c := hubspot.New(hubspot.Options{Token: hubspot.StaticToken("t"), RoundTripper: kit.Transport{Handler: odd}, Fields: fields})
	page, err := c.List(t.Context(), "")
	if err != nil || len(page.Records) != 3 {
		t.Fatalf("%d records, %v", len(page.Records), err)
	}
	one, two, three := page.Records[0], page.Records[1], page.Records[2]
	want := contact.Values{contact.Email: "a@example.com", contact.FirstName: "", contact.Phone: "15550100", contact.JobTitle: "true"}
	if !maps.Equal(one.Fields, want) || !slices.Equal(one.Emails, []string{"a@example.com", "b@example.com", "c@example.com"}) {
		t.Errorf("%+v", one)
	}
	if !two.Modified.Equal(time.Date(2026, 11, 22, 12, 0, 0, 5e8, time.UTC)) || len(two.Emails) != 0 {
		t.Errorf("%+v", two)
	}
	if len(three.Fields) != 0 || !three.Modified.IsZero() {
		t.Errorf("%+v", three)
	}
}

func TestRecordURL(t *testing.T) {
	for _, c := range []struct {
		o    hubspot.Options
		want string
	}{
		{hubspot.Options{AccountID: "62515", AccountURL: "https://app-eu1.hubspot.com/contacts/62515"}, "https://app-eu1.hubspot.com/contacts/62515/record/0-1/7"},
		{hubspot.Options{AccountID: "62515"}, "https://app.hubspot.com/contacts/62515/record/0-1/7"},
		{hubspot.Options{}, ""},
		{hubspot.Options{BaseURL: "http://127.0.0.1:4010/"}, "http://127.0.0.1:4010/records/7"},
	} {
		if got := hubspot.New(c.o).RecordURL("7"); got != c.want {
			t.Errorf("%+v: %q, want %q", c.o, got, c.want)
		}
	}
	if got := hubspot.New(hubspot.Options{AccountID: "1"}).RecordURL(""); got != "" {
		t.Errorf("no record: %q", got)
	}
}

func TestAccount(t *testing.T) {
	for _, c := range []struct{ base, domain, url string }{
		{"", `,"uiDomain":"app-eu1.hubspot.com"`, "https://app-eu1.hubspot.com/contacts/62515"},
		{"", "", "https://app.hubspot.com/contacts/62515"},
		{"http://127.0.0.1:4010", `,"uiDomain":"app.hubspot.com"`, "http://127.0.0.1:4010"},
	} {
		var paths []string
		details := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			paths = append(paths, r.URL.Path)
			if !strings.Contains(r.URL.Path, "/v3/") {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			_, _ = fmt.Fprint(w, `{"portalId":62515,"accountType":"STANDARD"`+c.domain+`}`)
		})
		client := hubspot.New(hubspot.Options{BaseURL: c.base, Token: hubspot.StaticToken(" t\n"), RoundTripper: kit.Transport{Handler: details}})
		account, err := client.Account(t.Context())
		if err != nil || account.ID != "62515" || account.URL != c.url || account.Name == "" {
			t.Errorf("%+v, %v", account, err)
		}
		if want := []string{"/account-info/2026-03/details", "/account-info/v3/details"}; !slices.Equal(paths, want) {
			t.Errorf("asked %v", paths)
		}
	}
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

func TestLimitsFollowTheTier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSandbox(t)
		k := s.Knobs()
		k.TenSecondlyLimit = 190
		s.SetKnobs(k)
		b := newBench(t, s)
		b.Read(b.ctx, []contact.ExternalID{"1"}, nil)
		if got := budget(t, b); got.Limit != 190 || got.WindowSeconds != 10 {
			t.Errorf("%+v", got)
		}
		fixed := newBench(t, s, func(o *hubspot.Options) { o.RateLimit.Calls, o.RateLimit.Per = 50, 5*time.Second })
		fixed.Read(b.ctx, []contact.ExternalID{"1"}, nil)
		if got := budget(t, fixed); got.Limit != 50 || got.WindowSeconds != 5 {
			t.Errorf("%+v", got)
		}
		off := newBench(t, s, func(o *hubspot.Options) { o.RateLimit.Calls = -1 })
		if got := budget(t, off); len(got.Classes) != 0 || got.Limit != 0 {
			t.Errorf("%+v", got)
		}
	})
}
