package hubspot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	gosync "sync"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

var phoneOnly = []contact.Field{contact.Phone}

// TestBatchesOfHistories: where HubSpot reads 50 histories a call, one refusal is
// enough to learn it, and reads without histories stay as they are.
func TestBatchesOfHistories(t *testing.T) {
	run(t, func(b *bench) {
		var made []contact.ExternalID
		for i := range 250 {
			id, err := b.account.Create(map[string]string{"email": fmt.Sprintf("h%d@example.com", i), "phone": fmt.Sprint(i)})
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, contact.ExternalID(id))
		}
		k := b.account.Knobs()
		k.HistoryInputs = 50
		b.account.SetKnobs(k)
		for _, step := range []struct {
			history []contact.Field
			calls   int
		}{
			{nil, 3},
			{phoneOnly, 7}, // two of 100 are refused; five of 50 answer
			{phoneOnly, 5},
			{nil, 3},
		} {
			b.account.Calls().Reset()
			readings := b.Read(b.ctx, made, step.history)
			if calls := b.account.Calls().Total(); calls != step.calls {
				t.Errorf("histories of %v: %d calls, want %d", step.history, calls, step.calls)
			}
			for i, id := range made {
				r := readings[id].Record
				if r == nil {
					t.Fatalf("Read(%s) = %+v", id, readings[id])
				}
				if history := r.History[contact.Phone]; len(step.history) > 0 && (len(history) != 1 || history[0].Value != fmt.Sprint(i)) {
					t.Errorf("Read(%s) brings %v", id, r.History)
				}
			}
		}
	})
}

// TestAnIDThatSpoilsABatchOfHistories is no reason to read fewer from then on.
func TestAnIDThatSpoilsABatchOfHistories(t *testing.T) {
	var mu gosync.Mutex
	var sizes []int
	odd := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Inputs []struct{ ID string } }
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_ = json.NewDecoder(r.Body).Decode(&in)
		mu.Lock()
		sizes = append(sizes, len(in.Inputs))
		mu.Unlock()
		results := []map[string]any{}
		for _, input := range in.Inputs {
			if input.ID == "odd" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			results = append(results, map[string]any{"id": input.ID, "properties": map[string]any{"phone": nil}})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
	})
	c := hubspot.New(hubspot.Options{
		Token: hubspot.StaticToken("t"), RoundTripper: kit.Transport{Handler: odd},
		Fields: map[contact.Field]sync.RemoteField{contact.Phone: {State: sync.FieldPresent, Key: "phone"}}, Parallel: 1,
	})
	ids := []contact.ExternalID{"odd"}
	for i := range 59 {
		ids = append(ids, contact.ExternalID(fmt.Sprint(i)))
	}
	c.Read(t.Context(), ids, phoneOnly)
	c.Read(t.Context(), ids[1:], phoneOnly)
	if want := []int{60, 50, 10, 59}; !slices.Equal(sizes, want) {
		t.Errorf("batches of %v, want %v", sizes, want)
	}
}

// TestOddHistories: what is not told is not called unchanged.
func TestOddHistories(t *testing.T) {
	odd := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `{"id":"1","properties":{"email":"a@example.com","phone":15550100,"company":null,"jobtitle":"Boss","pronouns":""},
			"propertiesWithHistory":{
				"phone":[{"value":1,"timestamp":"2026-11-22T12:00:01Z"},{"value":15550100,"timestamp":"2026-11-22T12:00:02.5Z"},{"value":null,"timestamp":"2026-11-22T12:00:00Z"}],
				"jobtitle":[{"value":"Boss","timestamp":"yesterday"}],
				"pronouns":[]}}`)
	})
	fields := map[contact.Field]sync.RemoteField{}
	for field, name := range properties {
		fields[field] = sync.RemoteField{State: sync.FieldPresent, Key: name}
	}
	c := hubspot.New(hubspot.Options{Token: hubspot.StaticToken("t"), RoundTripper: kit.Transport{Handler: odd}, Fields: fields})
	asked := []contact.Field{contact.Email, contact.Phone, contact.Company, contact.JobTitle, contact.Pronouns, contact.LastName, contact.SyncKey}
	history, err := c.History(t.Context(), "1", asked, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	at := func(ms int) time.Time {
		return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
	}
	want := []sync.Revision{{Value: "15550100", At: at(2500)}, {Value: "1", At: at(1000)}, {Value: "", At: at(0)}}
	if got := history[contact.Phone]; !slices.Equal(got, want) {
		t.Errorf("phone: %v", got)
	}
	for _, field := range []contact.Field{contact.Company, contact.Pronouns} {
		if list, known := history[field]; !known || len(list) > 0 {
			t.Errorf("%s never had a value: %v, known: %v", field, list, known)
		}
	}
	for _, field := range []contact.Field{contact.Email, contact.JobTitle, contact.LastName, contact.SyncKey} {
		if list, known := history[field]; known {
			t.Errorf("%s is not told: %v", field, list)
		}
	}
	if since, _ := c.History(t.Context(), "1", phoneOnly, at(1500)); !slices.Equal(since[contact.Phone], want[:2]) {
		t.Errorf("since a time: %v", since)
	}
}

func TestHistoryThatCannotBeRead(t *testing.T) {
	run(t, func(b *bench) {
		b.account.Faults().Add(kit.Fault{Method: http.MethodGet, Status: 403, Body: "{}"})
		if _, err := b.History(b.ctx, "171600000009", phoneOnly, time.Time{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%v", err)
		}
	})
}
