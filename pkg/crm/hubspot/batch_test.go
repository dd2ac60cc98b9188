package hubspot_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"testing/synctest"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

const validation = `{"status":"error","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"odd\",\"error\":\"INVALID_OPTION\",\"name\":\"jobtitle\"}]","category":"VALIDATION_ERROR"}`

// run runs a test of a set-up account in a bubble.
func run(t *testing.T, f func(b *bench), change ...func(*hubspot.Options)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(newBench(t, newSandbox(t), change...)) })
}

// keyless takes the key's property from the adapter: creates are plain then.
func keyless(b *bench) {
	fields := map[contact.Field]sync.RemoteField{}
	for field, remote := range b.fields {
		if field != contact.SyncKey {
			fields[field] = remote
		}
	}
	b.Client = hubspot.New(hubspot.Options{
		Token: hubspot.StaticToken("pat-na1-5ecret-0f-the-conformance-suite"), Fields: fields,
		RoundTripper: kit.Transport{Handler: b.account},
	})
}

func people(n int) []sync.CreateRequest {
	list := make([]sync.CreateRequest, n)
	for i := range list {
		list[i] = sync.CreateRequest{
			Key:    contact.ID(fmt.Sprintf("key-%d", i)),
			Fields: contact.Values{contact.Email: fmt.Sprintf("p%d@example.com", i), contact.FirstName: fmt.Sprintf("P%d", i)},
		}
	}
	return list
}

func kinds(results []sync.WriteResult) map[string]int {
	count := map[string]int{}
	for _, r := range results {
		if r.Err == nil {
			count["ok"]++
		} else {
			count[fault.KindOf(r.Err).String()]++
		}
	}
	return count
}

func TestCreateWithoutAKey(t *testing.T) {
	run(t, func(b *bench) {
		keyless(b)
		if b.Limits().CreateOnce {
			t.Error("creates without a key are said to be safe")
		}
		list := people(5)
		list[1].Fields[contact.Email] = "broken"
		list[3].Fields[contact.Email] = "p0@example.com"
		list[4].Fields = contact.Values{contact.FirstName: "Nameless"}
		results := b.Create(b.ctx, list)
		for i, want := range []string{"", "invalid", "", "conflict", ""} {
			switch err := results[i].Err; {
			case want == "" && (err != nil || results[i].Record.Fields[contact.FirstName] != list[i].Fields[contact.FirstName]):
				t.Errorf("row %d: %+v", i, results[i])
			case want != "" && fault.KindOf(err).String() != want:
				t.Errorf("row %d: %v", i, err)
			}
		}
		if f := fault.As(results[3].Err); f.ExistingID != string(results[0].Record.ID) {
			t.Errorf("the conflict is with %q", f.ExistingID)
		}

		b.account.Faults().Add(kit.Fault{PathPrefix: contacts + "/batch/create", Drop: kit.DropAfter})
		lost := b.Create(b.ctx, []sync.CreateRequest{{Fields: contact.Values{contact.Email: "lost@example.com"}}, {Fields: contact.Values{contact.Email: "lost2@example.com"}}})
		if got := kinds(lost); got["outcome_unknown"] != 2 {
			t.Errorf("lost creates: %v", got)
		}
		if _, err := b.FindByKeys(b.ctx, []contact.ID{"x"}, b.now()); !fault.Is(err, fault.Unavailable) {
			t.Errorf("FindByKeys: %v", err)
		}
	})
}

// TestBatchRefusedAsAWhole: HubSpot answers 400 for a batch without saying for
// which row.
func TestBatchRefusedAsAWhole(t *testing.T) {
	run(t, func(b *bench) {
		// The batch of 8, its first half, that one's second half, and of that the first row.
		for _, skip := range []int{0, 0, 1, 0} {
			b.account.Faults().Add(kit.Fault{PathPrefix: contacts + "/batch/upsert", Status: 400, Body: validation, Skip: skip})
		}
		results := b.Create(b.ctx, people(8))
		if got := kinds(results); got["ok"] != 7 || got["invalid"] != 1 {
			t.Errorf("%v", got)
		}
		bad := slices.IndexFunc(results, func(r sync.WriteResult) bool { return r.Err != nil })
		if f := fault.As(results[bad].Err); f.Fields["jobTitle"] != "odd" {
			t.Errorf("row %d: %+v", bad, f)
		}
		if len(live(b.account.Records())) != 7 {
			t.Errorf("%d contacts", len(live(b.account.Records())))
		}
	})
}

// TestBatchRefusedForADefinition: a property that was deleted fails every row
// alike, so asking again in smaller batches would only cost calls.
func TestBatchRefusedForADefinition(t *testing.T) {
	run(t, func(b *bench) {
		made := b.Create(b.ctx, people(50))
		b.delete("/crm/properties/2026-03/contacts/pronouns")
		b.account.Calls().Reset()
		updates := make([]sync.UpdateRequest, len(made))
		for i, r := range made {
			updates[i] = sync.UpdateRequest{ID: r.Record.ID, Current: r.Record, Fields: contact.Values{contact.Pronouns: "they/them"}}
		}
		b.account.Faults().Add(kit.Fault{PathPrefix: contacts + "/batch/update", Status: 400, Times: -1,
			Body: `{"status":"error","message":"Property values were not valid: [{\"isValid\":false,\"message\":\"Property \\\"pronouns\\\" does not exist\",\"error\":\"PROPERTY_DOESNT_EXIST\",\"name\":\"pronouns\",\"localizedErrorMessage\":\"x\",\"portalId\":891936587}]","errors":[{"message":"Property \"pronouns\" does not exist","code":"PROPERTY_DOESNT_EXIST","context":{"propertyName":["pronouns"]}}],"category":"VALIDATION_ERROR"}`})
		calls := 0
		b.count(&calls)
		results := b.Update(b.ctx, updates)
		if got := kinds(results); got["invalid"] != 50 || calls != 1 {
			t.Errorf("%v in %d calls", got, calls)
		}
		if f := fault.As(results[0].Err); f.Fields["pronouns"] == "" || !strings.Contains(fault.Public(f), "Pronouns") {
			t.Errorf("%+v", f)
		}
		b.account.Faults().Clear()
		// The real thing, row by row: the others' answers do not depend on it.
		if got := kinds(b.Update(b.ctx, updates[:3])); got["invalid"] != 3 {
			t.Errorf("%v", got)
		}
	})
}

// TestUpsertFindsAnOlderContact: the contact of a key exists with values the
// request does not name, so they are read.
func TestUpsertFindsAnOlderContact(t *testing.T) {
	run(t, func(b *bench) {
		first := b.Create(b.ctx, []sync.CreateRequest{{Key: "key-1", Fields: contact.Values{contact.Email: "a@example.com", contact.Company: "Acme"}}})[0]
		again := b.Create(b.ctx, []sync.CreateRequest{{Key: "key-1", Fields: contact.Values{contact.Email: "a@example.com", contact.FirstName: "Ada"}}})[0]
		if again.Err != nil || again.Record.ID != first.Record.ID {
			t.Fatalf("%+v, first %+v", again, first)
		}
		if f := again.Record.Fields; f[contact.Company] != "Acme" || f[contact.FirstName] != "Ada" || len(f) != 7 {
			t.Errorf("fields %v", f)
		}
	})
}

// TestTwoRowsOfOneKey: the second finds the first one's contact.
func TestTwoRowsOfOneKey(t *testing.T) {
	run(t, func(b *bench) {
		results := b.Create(b.ctx, []sync.CreateRequest{
			{Key: "key-1", Fields: contact.Values{contact.FirstName: "One"}},
			{Key: "key-1", Fields: contact.Values{contact.LastName: "Two"}},
		})
		if got := kinds(results); got["ok"] != 2 || results[0].Record.ID != results[1].Record.ID {
			t.Errorf("%+v", results)
		}
	})
}

// TestKeyOfAnotherContact: the key cannot be written to a second contact.
func TestKeyOfAnotherContact(t *testing.T) {
	run(t, func(b *bench) {
		made := b.Create(b.ctx, people(2))
		result := b.Update(b.ctx, []sync.UpdateRequest{{ID: made[1].Record.ID, Key: "key-0", Current: made[1].Record}})[0]
		if k := fault.KindOf(result.Err); k != fault.Conflict && k != fault.Invalid {
			t.Errorf("%+v", result)
		}
	})
}

// TestResultsAreMatched feeds answers in every form the documentation leaves open.
func TestResultsAreMatched(t *testing.T) {
	const ok = `{"id":"%s","properties":{"firstname":"%s","lastname":null,"contact_sync_id":"%s"},"updatedAt":"2026-11-22T12:00:00Z"%s}`
	row := func(id, name, key, more string) string { return fmt.Sprintf(ok, id, name, key, more) }
	traced := func(n string) string { return `,"objectWriteTraceId":"` + n + `"` }
	for name, c := range map[string]struct {
		status  int
		results []string
		errors  string
		want    string // per row: the id, or the kind of the error
	}{
		"in order, traced":        {201, []string{row("1", "P0", "", traced("0")), row("2", "P1", "", traced("1"))}, "", "1 2"},
		"shuffled, traced":        {201, []string{row("2", "P1", "", traced("1")), row("1", "P0", "", traced("0"))}, "", "1 2"},
		"shuffled, with keys":     {200, []string{row("2", "P1", "key-1", ""), row("1", "P0", "key-0", "")}, "", "1 2"},
		"foreign trace ids":       {200, []string{row("2", "P1", "key-1", traced("77")), row("1", "P0", "key-0", traced("x"))}, "", "1 2"},
		"by values only":          {200, []string{row("2", "P1", "key-1", ""), row("1", "P0", "key-0", "")}, "", "1 2"},
		"a traced error":          {207, []string{row("1", "P0", "key-0", "")}, `{"category":"VALIDATION_ERROR","message":"bad","context":{"objectWriteTraceId":["1"]}}`, "1 invalid"},
		"an error by its key":     {207, []string{row("1", "P0", "key-0", "")}, `{"category":"OBJECT_NOT_FOUND","context":{"ids":["key-1"]}}`, "1 not_found"},
		"an error without a name": {207, []string{row("1", "P0", "key-0", "")}, `{"category":"CONFLICT","message":"Contact already exists. Existing ID: 42"}`, "1 conflict"},
		"errors for both": {207, nil, `{"category":"RATE_LIMITS","context":{"objectWriteTraceId":["0"]}},
			{"category":"INTERNAL_ERROR","context":{"objectWriteTraceId":["1"]}}`, "throttled outcome_unknown"},
		"nothing about a row":    {200, []string{row("1", "P0", "key-0", "")}, "", "1 outcome_unknown"},
		"nothing at all":         {200, nil, "", "outcome_unknown outcome_unknown"},
		"numbers for strings":    {207, []string{row("1", "P0", "key-0", "")}, `{"category":"CONFLICT","message":"x","context":{"objectWriteTraceId":1,"existingId":42}}`, "1 conflict"},
		"an error that is empty": {207, []string{row("1", "P0", "key-0", "")}, `{}`, "1 invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answer := fmt.Sprintf(`{"status":"COMPLETE","results":[%s],"errors":[%s]}`, strings.Join(c.results, ","), c.errors)
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if !strings.HasSuffix(r.URL.Path, "/batch/upsert") {
						w.WriteHeader(http.StatusNotFound)
						return
					}
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, answer)
				})
				client := hubspot.New(hubspot.Options{
					Token: hubspot.StaticToken("t"), RoundTripper: kit.Transport{Handler: handler},
					Fields: map[contact.Field]sync.RemoteField{
						contact.FirstName: {State: sync.FieldPresent, Key: "firstname"},
						contact.SyncKey:   {State: sync.FieldPresent, Key: "contact_sync_id"},
					},
				})
				requests := people(2)
				var got []string
				for _, r := range client.Create(t.Context(), requests) {
					if r.Err != nil {
						got = append(got, fault.KindOf(r.Err).String())
						continue
					}
					got = append(got, string(r.Record.ID))
				}
				if text := strings.Join(got, " "); text != c.want {
					t.Errorf("%s, want %s", text, c.want)
				}
			})
		})
	}
}

// TestRowsLeftOut: an answer that says nothing of a row is no reason to give up
// where sending it again is safe.
func TestRowsLeftOut(t *testing.T) {
	run(t, func(b *bench) {
		made := b.Create(b.ctx, people(3))
		updates := make([]sync.UpdateRequest, len(made))
		for i, r := range made {
			updates[i] = sync.UpdateRequest{ID: r.Record.ID, Current: r.Record, Fields: contact.Values{contact.LastName: "New"}}
		}
		b.account.Faults().Add(kit.Fault{PathPrefix: contacts + "/batch/update", Status: 200,
			Body: `{"status":"COMPLETE","results":[{"id":"` + string(made[1].Record.ID) + `","properties":{"lastname":"New"}}]}`})
		results := b.Update(b.ctx, updates)
		if got := kinds(results); got["ok"] != 3 {
			t.Errorf("%v", got)
		}
		for i, r := range results {
			if r.Record.ID != made[i].Record.ID || r.Record.Fields[contact.LastName] != "New" {
				t.Errorf("row %d: %+v", i, r.Record)
			}
		}
	})
}

// delete sends a DELETE as an administrator's own tool does.
func (b *bench) delete(path string) {
	b.Helper()
	r := httptest.NewRequest(http.MethodDelete, path, nil)
	r.Header.Set("Authorization", "Bearer pat-na1-5ecret-0f-the-conformance-suite")
	w := httptest.NewRecorder()
	b.account.ServeHTTP(w, r)
	if w.Code != http.StatusNoContent {
		b.Fatalf("DELETE %s: %d %s", path, w.Code, w.Body)
	}
}

// count opens the adapter anew with a counter of its calls.
func (b *bench) count(calls *int) {
	b.Client = hubspot.New(hubspot.Options{
		Token: hubspot.StaticToken("pat-na1-5ecret-0f-the-conformance-suite"), Fields: b.fields,
		RoundTripper: &counter{to: kit.Transport{Handler: b.account}, calls: calls},
	})
}

// counter counts requests, several at once too.
type counter struct {
	to    http.RoundTripper
	mu    gosync.Mutex
	calls *int
}

// RoundTrip implements [http.RoundTripper].
func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	*c.calls++
	c.mu.Unlock()
	return c.to.RoundTrip(r)
}

// TestWhatIsSent looks at the bodies: nothing that is not asked for is written, and
// nothing is written as null.
func TestWhatIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var bodies []string
		s := newSandbox(t)
		b := newBench(t, s, func(o *hubspot.Options) {
			o.RoundTripper = kit.Transport{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				bodies = append(bodies, r.URL.Path+" "+strings.TrimSpace(string(body)))
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				s.ServeHTTP(w, r)
			})}
		})
		made := b.Create(b.ctx, []sync.CreateRequest{{Key: "k", Fields: contact.Values{contact.Email: "a@example.com", "nobodyKnows": "x"}}})[0].Record
		bodies = nil
		b.Update(b.ctx, []sync.UpdateRequest{{ID: made.ID, Current: made, Key: "k", Fields: contact.Values{contact.Phone: ""}}})
		want := contacts + `/batch/update {"inputs":[{"id":"` + string(made.ID) + `","properties":{"contact_sync_id":"k","phone":""},"objectWriteTraceId":"0"}]}`
		if !slices.Equal(bodies, []string{want}) {
			t.Errorf("sent %s", bodies)
		}
		if !json.Valid([]byte(strings.SplitN(bodies[0], " ", 2)[1])) {
			t.Error("the body is not JSON")
		}
	})
}
