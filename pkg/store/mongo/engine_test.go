package mongo

import (
	"context"
	"fmt"
	"slices"
	gosync "sync"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	hubspotbox "github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	pipedrivebox "github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
	"github.com/contactsync/contactsync/pkg/sync"
)

// workshop is the engine between this store and two sandbox CRMs, on one clock.
type workshop struct {
	*testing.T
	hubspot   *hubspotbox.Server
	pipedrive *pipedrivebox.Server

	mu  gosync.Mutex
	now time.Time
}

func newWorkshop(t *testing.T) *workshop {
	w := &workshop{T: t, now: noon}
	w.hubspot = hubspotbox.New(hubspotbox.Options{
		Clock: w.Now, Token: "token", AppID: 7, ClientSecret: "secret",
		Knobs: hubspotbox.Knobs{TenSecondlyLimit: -1, SearchPerSecond: -1, DailyLimit: -1},
	})
	w.pipedrive = pipedrivebox.New(pipedrivebox.Options{Clock: w.Now, Token: "token", Knobs: pipedrivebox.Knobs{LimitsOff: true}})
	return w
}

func (w *workshop) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *workshop) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *workshop) Sleep(ctx context.Context, d time.Duration) error {
	w.advance(d)
	return ctx.Err()
}

// WithTimeout implements [sync.Clock]; nothing here takes long.
func (w *workshop) WithTimeout(ctx context.Context, _ time.Duration) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

// instance is one instance of the engine on a store.
func (w *workshop) instance(s *Store) *sync.Service {
	w.Helper()
	service := sync.New(sync.Config{
		Store: s, CRMs: w, Clock: w,
		Fields: map[contact.Provider][]sync.FieldSpec{
			contact.HubSpot: hubspot.DefaultFields(), contact.Pipedrive: pipedrive.DefaultFields(),
		},
	})
	for _, provider := range []contact.Provider{contact.HubSpot, contact.Pipedrive} {
		if err := service.EnsureConnection(w.Context(), acme, provider); err != nil {
			w.Fatal(err)
		}
	}
	return service
}

// Open implements [sync.CRMs].
func (w *workshop) Open(_ context.Context, c *sync.Connection) (sync.CRM, error) {
	unlimited := transport.Limit{Calls: -1}
	if c.Provider == contact.HubSpot {
		return hubspot.New(hubspot.Options{
			BaseURL: "http://hubspot.test", Fields: c.Fields, AccountID: c.AccountID, RateLimit: unlimited,
			Token: hubspot.StaticToken("token"), RoundTripper: kit.Transport{Handler: w.hubspot}, Clock: w,
		}), nil
	}
	return pipedrive.New(pipedrive.Options{
		BaseURL: "http://pipedrive.test", Fields: c.Fields, AccountID: c.AccountID, RateLimit: unlimited,
		Token: pipedrive.StaticToken("token"), RoundTripper: kit.Transport{Handler: w.pipedrive}, Clock: w,
	}), nil
}

// sync runs until nothing is left to do.
func (w *workshop) sync(service *sync.Service) {
	w.Helper()
	for range 20 {
		run, err := service.Sync(w.Context(), acme, sync.SyncRequest{})
		if err != nil {
			w.Fatal(err)
		}
		if run.State == sync.RunDone {
			return
		}
	}
	w.Fatal("the run does not end")
}

// people makes n people in HubSpot and returns the ids of their records.
func (w *workshop) people(n int) []string {
	w.Helper()
	ids := make([]string, n)
	for i := range ids {
		id, err := w.hubspot.Create(map[string]string{"email": fmt.Sprintf("person%d@example.com", i), "lastname": fmt.Sprint("Person", i)})
		if err != nil {
			w.Fatal(err)
		}
		ids[i] = id
	}
	return ids
}

// everywhere holds that there are n people in Pipedrive, once each, with last names
// as in HubSpot.
func (w *workshop) everywhere(n int) {
	w.Helper()
	names := func(rows []kit.Row, field string) (list []string) {
		for _, r := range rows {
			if !r.Deleted {
				list = append(list, r.Fields[field])
			}
		}
		slices.Sort(list)
		return list
	}
	here, there := names(w.hubspot.Records(), "lastname"), names(w.pipedrive.Records(), "last_name")
	if len(here) != n || !slices.Equal(here, there) {
		w.Fatalf("HubSpot has %d people, Pipedrive %d; want %d, and alike", len(here), len(there), n)
	}
}

// TestRoundTripsOfARun has every person change in HubSpot: the run that takes it to
// Pipedrive takes as many round trips for a hundred as for ten.
func TestRoundTripsOfARun(t *testing.T) {
	counts := map[int]int{}
	for _, n := range []int{10, 100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			if theServer(t).ferret && n > 10 {
				skip(t, "FerretDB takes no more than some 50 statements in a command, so large batches are cut")
			}
			w := newWorkshop(t)
			sent := &recorder{}
			service := w.instance(emptyStore(t, sent.monitor()))
			records := w.people(n)
			w.sync(service)
			w.everywhere(n)
			w.advance(10 * time.Minute)
			for i, id := range records {
				if err := w.hubspot.Edit(id, map[string]string{"lastname": fmt.Sprint("Changed", i)}); err != nil {
					t.Fatal(err)
				}
			}
			sent.taken()
			w.sync(service)
			counts[n] = len(sent.taken())
			w.everywhere(n)
			t.Logf("%d round trips", counts[n])
		})
	}
	if len(counts) == 2 && counts[10] != counts[100] && counts[100] > 0 {
		t.Errorf("a run of 10 people takes %d round trips, one of 100 takes %d", counts[10], counts[100])
	}
}

// TestTwoInstancesOnOneStore has two instances, each with a client of its own, work
// for one customer at once. Nobody is doubled, and everybody gets everywhere.
func TestTwoInstancesOnOneStore(t *testing.T) {
	if theServer(t).ferret {
		skip(t, "FerretDB's updates are not atomic under concurrency")
	}
	const n = 250
	w := newWorkshop(t)
	first := w.instance(emptyStore(t, nil))
	second := w.instance(openTest(t, nil))
	records := w.people(n)
	for round := range 4 {
		var both gosync.WaitGroup
		for i, service := range []*sync.Service{first, second} {
			both.Go(func() {
				if round%2 == i { // while the one runs, the other takes events
					var events []sync.Event
					for _, id := range records {
						events = append(events, sync.Event{Provider: contact.HubSpot, ExternalID: contact.ExternalID(id), At: w.Now()})
					}
					if err := service.Receive(t.Context(), events); err != nil {
						t.Error(err)
					}
				}
				if _, err := service.Sync(t.Context(), acme, sync.SyncRequest{}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		w.advance(10 * time.Minute)
		for i, id := range records {
			if err := w.hubspot.Edit(id, map[string]string{"lastname": fmt.Sprint("Round", round, "-", i)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.sync(first)
	w.advance(10 * time.Minute)
	w.sync(second)
	w.everywhere(n)
}
