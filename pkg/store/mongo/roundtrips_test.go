package mongo

import (
	"fmt"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

const acme = contact.CustomerID("acme")

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// person is the n-th contact, due at noon, with a record in HubSpot if it is told.
func person(n int, linked bool) *sync.Contact {
	c := &sync.Contact{
		ID: contact.ID(fmt.Sprintf("01900000-0000-7000-8000-%012x", n)), CustomerID: acme,
		Lifecycle: sync.Active, Status: sync.StatusSyncing, CreatedAt: noon, UpdatedAt: noon, Edited: noon,
		Fields: map[contact.Field]sync.Value{
			contact.Email:    {V: fmt.Sprintf("person%d@example.com", n), Src: contact.App, At: noon},
			contact.LastName: {V: fmt.Sprintf("Person%d", n), Src: contact.App, At: noon},
		},
		Due: &sync.Due{At: noon},
	}
	if linked {
		c.Links = []sync.Link{hubspotLink(n)}
	}
	return c
}

func hubspotLink(n int) sync.Link {
	return sync.Link{Provider: contact.HubSpot, ConnectionID: "acme:hubspot", ExternalID: contact.ExternalID(fmt.Sprint(n)), State: sync.LinkActive}
}

func people(first, n int, linked bool) []*sync.Contact {
	list := make([]*sync.Contact, n)
	for i := range list {
		list[i] = person(first+i, linked)
	}
	return list
}

func idsOf(contacts []*sync.Contact) []contact.ID {
	ids := make([]contact.ID, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	return ids
}

// mustSave saves contacts and expects all of them to be saved.
func mustSave(t *testing.T, s *Store, contacts []*sync.Contact) {
	t.Helper()
	outcomes, err := s.SaveContacts(t.Context(), acme, contacts)
	if err != nil {
		t.Fatal(err)
	}
	for i, outcome := range outcomes {
		if outcome != sync.Saved {
			t.Fatalf("contact %d: outcome %v", i, outcome)
		}
	}
}

// counter counts the round trips of a store's operations.
type counter struct {
	*testing.T
	*Store
	sent *recorder
}

func newCounter(t *testing.T, n int) *counter {
	if theServer(t).ferret && n > 10 {
		skip(t, "FerretDB takes no more than some 50 statements in a command, so large batches are cut")
	}
	c := &counter{T: t, sent: &recorder{}}
	c.Store = emptyStore(t, c.sent.monitor())
	c.sent.taken()
	return c
}

// takes expects an operation to take so many round trips.
func (c *counter) takes(what string, want int, do func() error) {
	c.Helper()
	c.sent.taken()
	if err := do(); err != nil {
		c.Fatalf("%s: %v", what, err)
	}
	if sent := c.sent.taken(); len(sent) != want {
		c.Errorf("%s: %d round trips, want %d: %v", what, len(sent), want, sent)
	}
}

func (c *counter) saves(what string, want int, contacts []*sync.Contact) {
	c.Helper()
	c.takes(what, want, func() error { mustSave(c.T, c.Store, contacts); return nil })
}

// sizes are those of the batches, between which nothing may differ.
var sizes = []int{1, 10, 100}

func TestRoundTripsOfContacts(t *testing.T) {
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c := newCounter(t, n)
			ctx := t.Context()
			all := people(0, n, false)
			c.saves("save new contacts", 2, all)
			c.saves("save them again", 2, all)
			for i, p := range all {
				p.Links = []sync.Link{hubspotLink(i)}
			}
			c.saves("save gained links", 3, all)
			c.saves("save unchanged links", 2, all)
			for i, p := range all {
				p.Links[0].ExternalID = contact.ExternalID(fmt.Sprint("other-", i))
			}
			c.saves("save changed links", 4, all)
			for _, p := range all {
				p.Links = nil
			}
			c.saves("save lost links", 3, all)
			c.saves("save new contacts with links beside stored ones", 4, append(people(n, n, true), all...))
			c.takes("save stale contacts", 1, func() error {
				_, err := c.SaveContacts(ctx, acme, people(0, n, true))
				return err
			})
			c.takes("save contacts whose links are taken", 5, func() error {
				taking := people(2*n, n, true)
				for i, p := range taking {
					p.Links[0].ExternalID = contact.ExternalID(fmt.Sprint(n + i))
				}
				outcomes, err := c.SaveContacts(ctx, acme, taking)
				if outcomes[0] != sync.SaveLinkTaken {
					t.Errorf("outcome %v", outcomes[0])
				}
				return err
			})
			c.takes("read by id", 1, func() error { _, err := c.Contacts(ctx, acme, idsOf(all)); return err })
			c.takes("read by e-mail", 1, func() error {
				_, err := c.ContactsByEmail(ctx, acme, []string{"person0@example.com", "person1@example.com"})
				return err
			})
			c.takes("read by link", 1, func() error {
				_, err := c.ContactsByLink(ctx, acme, "acme:hubspot", []contact.ExternalID{"1", "2", "3"})
				return err
			})
			c.takes("scan", 1, func() error { _, err := c.ScanContacts(ctx, acme, "", n); return err })
			c.takes("search", 2, func() error {
				_, err := c.SearchContacts(ctx, acme, sync.ContactQuery{Terms: []string{"person"}, Limit: n})
				return err
			})
			c.takes("count", 4, func() error { _, err := c.CountContacts(ctx, acme); return err })
			c.takes("mark due", 1, func() error { return c.MarkDue(ctx, acme, idsOf(all), noon) })
			c.takes("hurry", 1, func() error { return c.HurryContacts(ctx, acme, noon) })
			c.takes("claim", 3, func() error {
				_, err := c.ClaimContacts(ctx, acme, sync.Claim{Now: noon, Until: noon.Add(time.Minute), Limit: n})
				return err
			})
			later := noon.Add(time.Hour)
			c.takes("claim by id", 2, func() error {
				found, err := c.ClaimContacts(ctx, acme, sync.Claim{Now: later, Until: later.Add(time.Minute), Limit: n, IDs: idsOf(all)})
				if len(found) != n {
					t.Errorf("%d contacts were claimed", len(found))
				}
				return err
			})
		})
	}
}

// TestRoundTripsOfABatch takes a batch through the steps of a pass, as the engine
// does: claim, read, apply with what is going to be written, acknowledge with new
// links and a conflict, and log. It takes as many round trips for any batch.
func TestRoundTripsOfABatch(t *testing.T) {
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c := newCounter(t, n)
			ctx := t.Context()
			mustSave(t, c.Store, people(0, n, true))
			claim := sync.Claim{Now: noon, Until: noon.Add(time.Minute), Limit: n}
			c.takes("a batch", 14, func() error {
				claimed, err := c.ClaimContacts(ctx, acme, claim)
				if err != nil {
					return err
				}
				if _, err := c.ClaimHints(ctx, acme, claim); err != nil {
					return err
				}
				records := make([]contact.ExternalID, len(claimed))
				var conflicts []sync.Conflict
				var entries []sync.Activity
				for i, p := range claimed {
					records[i] = p.Links[0].ExternalID
					p.Links = append(p.Links, sync.Link{
						Provider: contact.Pipedrive, ConnectionID: "acme:pipedrive", State: sync.LinkActive,
						Intents: []sync.Intent{{ID: "i", Op: sync.OpCreate, At: noon}},
					})
					conflicts = append(conflicts, sync.Conflict{ID: fmt.Sprint("x", i), ContactID: p.ID, At: noon})
					entries = append(entries, sync.Activity{ID: fmt.Sprint("a", i), ContactID: p.ID, At: noon})
				}
				if _, err := c.ContactsByLink(ctx, acme, "acme:hubspot", records); err != nil {
					return err
				}
				if _, err := c.Tombstones(ctx, acme, "acme:hubspot", records); err != nil {
					return err
				}
				mustSave(t, c.Store, claimed)
				for i, p := range claimed {
					p.Links[1].ExternalID, p.Links[1].Intents, p.Due = contact.ExternalID(fmt.Sprint(i)), nil, nil
				}
				if err := c.AppendConflicts(ctx, acme, conflicts); err != nil {
					return err
				}
				mustSave(t, c.Store, claimed)
				if err := c.AppendActivity(ctx, acme, entries); err != nil {
					return err
				}
				if len(claimed) != n {
					t.Errorf("%d contacts were claimed", len(claimed))
				}
				return c.PutReviews(ctx, acme, []sync.Review{{ID: "r", At: noon}})
			})
		})
	}
}

func TestRoundTripsOfTheRest(t *testing.T) {
	for _, n := range sizes {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c := newCounter(t, n)
			ctx := t.Context()
			var hints []sync.Hint
			var rows []sync.Staged
			for i := range n {
				external := contact.ExternalID(fmt.Sprint(i))
				hints = append(hints, sync.Hint{ConnectionID: "acme:hubspot", ExternalID: external, DueAt: noon})
				rows = append(rows, sync.Staged{
					ConnectionID: "acme:hubspot", Record: &sync.Record{ID: external}, Emails: []string{"a@example.com"},
					ContactID: person(i, false).ID, New: true,
				})
			}
			c.takes("put hints", 1, func() error { return c.PutHints(ctx, acme, hints) })
			c.takes("claim and drop hints", 4, func() error {
				claimed, err := c.ClaimHints(ctx, acme, sync.Claim{Now: noon, Until: noon.Add(time.Minute), Limit: n})
				if err != nil || len(claimed) != n {
					return fmt.Errorf("%d hints were claimed: %w", len(claimed), err)
				}
				return c.DropHints(ctx, acme, claimed)
			})
			c.takes("stage", 1, func() error { return c.PutStaged(ctx, acme, "g", rows) })
			c.takes("page of staged rows", 1, func() error { _, err := c.StagedPage(ctx, acme, "g", "acme:hubspot", "", n); return err })
			c.takes("staged rows by e-mail", 1, func() error { _, err := c.StagedByEmail(ctx, acme, "g", []string{"a@example.com"}); return err })
			c.takes("staged new contacts", 1, func() error { _, err := c.StagedNew(ctx, acme, "g", "", n); return err })
			c.takes("drop staged rows", 1, func() error { return c.DropStaged(ctx, acme, "g") })

			run := &sync.Run{ID: "r", CustomerID: acme, Kind: sync.Full, StartedAt: noon, LeaseUntil: noon.Add(time.Minute)}
			var acquired *sync.Run
			c.takes("start a run", 5, func() (err error) { acquired, _, err = c.AcquireRun(ctx, run, noon); return err })
			c.takes("find it running", 2, func() error { _, _, err := c.AcquireRun(ctx, run, noon); return err })
			acquired.State = sync.RunDone
			c.takes("save a run", 1, func() error { return c.SaveRun(ctx, acquired) })
			c.takes("read the latest run", 2, func() error { _, err := c.LatestRun(ctx, acme); return err })
			c.takes("list activity", 1, func() error { _, _, err := c.ListActivity(ctx, acme, sync.LogQuery{}); return err })
			c.takes("list conflicts", 2, func() error { _, _, _, err := c.ListConflicts(ctx, acme, sync.LogQuery{}); return err })
			change := func([]byte) []byte { return []byte("x") }
			c.takes("change a value", 2, func() error { return c.ChangeValue(ctx, "v", noon, noon.Add(time.Hour), change) })
			c.takes("change it again", 2, func() error { return c.ChangeValue(ctx, "v", noon, noon.Add(time.Hour), change) })
			changes := make([]sync.Change, n)
			for i := range changes {
				changes[i] = sync.Change{ID: fmt.Sprint("h", i), ContactID: person(i, false).ID, RunID: "r", At: noon}
			}
			c.takes("append changes", 1, func() error { return c.AppendChanges(ctx, acme, changes) })
			c.takes("list changes", 1, func() error { _, _, err := c.ListChanges(ctx, acme, sync.LogQuery{RunID: "r"}); return err })
			c.takes("save changes", 1, func() error { return c.SaveChanges(ctx, acme, changes) })
			c.takes("prune the logs", 4, func() error { return c.PruneLogs(ctx, acme, noon) })
			c.takes("count an attempt", 2, func() error { _, _, err := c.CountAttempt(ctx, "k", noon, time.Minute); return err })
			c.takes("count another", 1, func() error { _, _, err := c.CountAttempt(ctx, "k", noon, time.Minute); return err })
		})
	}
}
