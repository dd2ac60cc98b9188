package sync_test

import (
	"fmt"
	"testing"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// BenchmarkFirstSync brings 5,000 contacts from HubSpot into the app and Pipedrive,
// everything in one process.
func BenchmarkFirstSync(b *testing.B) {
	const people = 5000
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		for i := range people {
			p := person(i)
			if _, err := w.hubspot.Create(map[string]string{"email": p[contact.Email], "firstname": p[contact.FirstName], "lastname": p[contact.LastName], "phone": p[contact.Phone]}); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		run, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{})
		if err != nil || run.State != sync.RunDone {
			b.Fatal(fmt.Sprint(run, err))
		}
	}
	b.ReportMetric(float64(people*b.N)/b.Elapsed().Seconds(), "contacts/s")
}
