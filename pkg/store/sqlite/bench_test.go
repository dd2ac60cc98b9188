package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

const benchCustomer = contact.CustomerID("acme")

var benchStart = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// benchContact is a contact with two links in step with two CRMs: about 3 kB.
func benchContact(n int) *sync.Contact {
	at := benchStart.Add(time.Duration(n) * time.Millisecond)
	values := contact.Values{
		contact.Email:     fmt.Sprintf("person%d@company%d.example", n, n%977),
		contact.FirstName: firstNames[n%len(firstNames)],
		contact.LastName:  fmt.Sprintf("Surname%d", n),
		contact.Phone:     fmt.Sprintf("+1415555%04d", n%10000),
		contact.Company:   fmt.Sprintf("Company %d", n%977),
		contact.JobTitle:  "Engineer",
	}
	c := &sync.Contact{
		ID: contact.ID(fmt.Sprintf("01900000-0000-7000-8000-%012d", n)), CustomerID: benchCustomer,
		Fields: map[contact.Field]sync.Value{}, Lifecycle: sync.Active, Status: sync.StatusSynced,
		CreatedAt: at, UpdatedAt: at, Edited: at,
	}
	for _, p := range []contact.Provider{contact.HubSpot, contact.Pipedrive} {
		l := sync.Link{
			Provider: p, ConnectionID: contact.ConnectionID(p), State: sync.LinkActive, Keyed: true,
			ExternalID: contact.ExternalID(fmt.Sprint(1000000 + n)), SyncedAt: at, Modified: at,
			Shadow: map[contact.Field]sync.Shadow{},
		}
		for f, v := range values {
			c.Fields[f] = sync.Value{V: v, Src: contact.App, At: at}
			l.Shadow[f] = sync.Shadow{H: v, R: v, At: at}
		}
		c.Links = append(c.Links, l)
	}
	return c
}

var firstNames = []string{"Anna", "Bo", "Chiara", "Dmitri", "Eve", "Farid", "Grace", "Hugo", "Ines", "Jun", "Kai", "Lea", "Maya"}

func benchContacts(first, n int) []*sync.Contact {
	contacts := make([]*sync.Contact, n)
	for i := range contacts {
		contacts[i] = benchContact(first + i)
	}
	return contacts
}

func openBench(b *testing.B) *Store {
	b.Helper()
	s, err := Open(context.Background(), filepath.Join(b.TempDir(), "bench.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

func mustSave(b *testing.B, s *Store, contacts []*sync.Contact) {
	b.Helper()
	outcomes, err := s.SaveContacts(context.Background(), benchCustomer, contacts)
	if err != nil {
		b.Fatal(err)
	}
	for i, o := range outcomes {
		if o != sync.Saved {
			b.Fatalf("contact %s: outcome %d", contacts[i].ID, o)
		}
	}
}

const batchSize = 500

// BenchmarkSave500 saves batches of 500: new contacts, contacts of which only the
// document changes, and contacts of which a name changes too.
func BenchmarkSave500(b *testing.B) {
	b.Run("new", func(b *testing.B) {
		s, n := openBench(b), 0
		for b.Loop() {
			b.StopTimer()
			contacts := benchContacts(n*batchSize, batchSize)
			n++
			b.StartTimer()
			mustSave(b, s, contacts)
		}
		perContact(b)
	})
	b.Run("document", func(b *testing.B) {
		s, contacts := openBench(b), benchContacts(0, batchSize)
		mustSave(b, s, contacts)
		for b.Loop() {
			for _, c := range contacts {
				c.Links[0].SyncedAt = c.Links[0].SyncedAt.Add(time.Second)
			}
			mustSave(b, s, contacts)
		}
		perContact(b)
	})
	b.Run("name", func(b *testing.B) {
		s, contacts, n := openBench(b), benchContacts(0, batchSize), 0
		mustSave(b, s, contacts)
		for b.Loop() {
			n++
			for i, c := range contacts {
				c.Fields[contact.FirstName] = sync.Value{V: firstNames[(i+n)%len(firstNames)], Src: contact.App, At: benchStart}
				c.UpdatedAt = c.UpdatedAt.Add(time.Second)
			}
			mustSave(b, s, contacts)
		}
		perContact(b)
	})
}

func perContact(b *testing.B) {
	seconds := b.Elapsed().Seconds()
	b.ReportMetric(float64(b.N*batchSize)/seconds, "contacts/s")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(seconds/float64(b.N)*1000, "ms/op")
}

// BenchmarkClaim500 claims 500 due contacts of 10,000 and leases them anew.
func BenchmarkClaim500(b *testing.B) {
	s := openBench(b)
	for first := 0; first < 10000; first += batchSize {
		contacts := benchContacts(first, batchSize)
		for _, c := range contacts {
			c.Due = &sync.Due{At: c.CreatedAt}
		}
		mustSave(b, s, contacts)
	}
	now := benchStart.Add(time.Hour)
	for b.Loop() {
		found, err := s.ClaimContacts(context.Background(), benchCustomer, sync.Claim{Now: now, Until: now.Add(time.Minute), Limit: batchSize})
		if err != nil || len(found) != batchSize {
			b.Fatal(len(found), err)
		}
		now = now.Add(5 * time.Second)
	}
	perContact(b)
}

// BenchmarkStage500 stages batches of 500 records.
func BenchmarkStage500(b *testing.B) {
	s, n := openBench(b), 0
	for b.Loop() {
		b.StopTimer()
		rows := make([]sync.Staged, batchSize)
		for i := range rows {
			c := benchContact(n)
			email := c.Fields[contact.Email].V
			rows[i] = sync.Staged{
				ConnectionID: "hubspot", Emails: []string{email},
				Record: &sync.Record{ID: c.Links[0].ExternalID, Fields: c.Values(), Emails: []string{email}, Modified: c.UpdatedAt},
			}
			n++
		}
		b.StartTimer()
		if err := s.PutStaged(context.Background(), benchCustomer, "generation", rows); err != nil {
			b.Fatal(err)
		}
	}
	perContact(b)
}

// BenchmarkSearch reads pages and counts at 100,000 contacts.
func BenchmarkSearch(b *testing.B) {
	s := openBench(b)
	for first := 0; first < 100000; first += batchSize {
		contacts := benchContacts(first, batchSize)
		for i, c := range contacts {
			if (first+i)%1000 == 0 {
				c.Status = sync.StatusError
			}
		}
		mustSave(b, s, contacts)
	}
	b.ResetTimer()
	for _, q := range []struct {
		name  string
		query sync.ContactQuery
	}{
		{"all", sync.ContactQuery{}},
		{"updated", sync.ContactQuery{Sort: sync.SortUpdated, Desc: true}},
		{"status", sync.ContactQuery{Status: sync.StatusError}},
		{"provider", sync.ContactQuery{Provider: contact.HubSpot}},
		{"person", sync.ContactQuery{Terms: []string{"surname4711"}}},
		{"common", sync.ContactQuery{Terms: []string{"maya"}}},
		{"letter", sync.ContactQuery{Terms: []string{"c"}}},
		{"two", sync.ContactQuery{Terms: []string{"anna", "surname12"}}},
	} {
		b.Run(q.name, func(b *testing.B) {
			total := 0
			for b.Loop() {
				page, err := s.SearchContacts(context.Background(), benchCustomer, q.query)
				if err != nil {
					b.Fatal(err)
				}
				total = page.Total
			}
			b.ReportMetric(float64(total), "hits")
		})
	}
	b.Run("counts", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.CountContacts(context.Background(), benchCustomer); err != nil {
				b.Fatal(err)
			}
		}
	})
}
