package sync_test

import (
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

func TestTheBrakeHoldsManyDeletionsUntilAPersonConfirms(t *testing.T) {
	for _, side := range []contact.Provider{contact.HubSpot, contact.Pipedrive} {
		t.Run(string(side), func(t *testing.T) {
			w := newWorld(t)
			for i := range 100 {
				w.create(person(i))
			}
			w.sync()
			w.clock.Advance(5 * time.Minute)
			var events []sync.Event
			for i, r := range w.hubspot.Records() {
				if i < 30 && side == contact.HubSpot {
					w.must(w.hubspot.Delete(r.ID))
					e := w.hubspotEvent(r.ID)
					e.Deleted = true
					events = append(events, e)
				}
			}
			for i, r := range w.pipedrive.Records() {
				if i < 30 && side == contact.Pipedrive {
					w.must(w.pipedrive.Delete(r.ID))
				}
			}
			w.deliver(events...)
			for range 3 {
				w.sync()
				w.clock.Advance(5 * time.Minute)
			}
			if n := len(w.contacts()); n != 100 {
				t.Fatalf("%d contacts are left; the brake did not hold", n)
			}
			o, err := w.service.Status(w.ctx, acme)
			w.must(err)
			if held := w.statusOf(side).Held; o.State != "attention" || !strings.Contains(held, "30 of 100") {
				t.Errorf("overview %s, held %q", o.State, held)
			}
			c := w.contacts()["person99@example.com"]
			if _, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.LastName: "Goes on"}, nil); err != nil {
				t.Fatal(err)
			}
			w.must(w.service.ConfirmDeletions(w.ctx, acme, side))
			w.sync()
			w.equal(70)
			if held := w.statusOf(side).Held; held != "" {
				t.Errorf("still held: %q", held)
			}
		})
	}
}

func TestAListingOfUnderHalfHoldsDeletions(t *testing.T) {
	w := newWorld(t)
	for i := range 40 {
		w.create(person(i))
	}
	w.sync()
	w.clock.Advance(time.Hour)
	for i, r := range w.pipedrive.Records() {
		if i < 25 {
			w.must(w.pipedrive.Delete(r.ID))
		}
	}
	w.sync()
	if held := w.statusOf(contact.Pipedrive).Held; !strings.Contains(held, "shows 15 records") {
		t.Errorf("held: %q", held)
	}
	w.clock.Advance(time.Hour)
	w.sync()
	if n := len(w.contacts()); n != 40 {
		t.Errorf("%d contacts are left", n)
	}
}

func TestAFewDeletionsPass(t *testing.T) {
	w := newWorld(t)
	for i := range 30 {
		w.create(person(i))
	}
	w.sync()
	w.clock.Advance(5 * time.Minute)
	for i, r := range w.pipedrive.Records() {
		if i < 10 {
			w.must(w.pipedrive.Delete(r.ID))
		}
	}
	w.sync()
	w.equal(20)
}

func (w *world) statusOf(p contact.Provider) sync.ConnectionStatus {
	w.Helper()
	list, err := w.service.Connections(w.ctx, acme)
	w.must(err)
	for _, c := range list {
		if c.Provider == p {
			return c
		}
	}
	w.Fatalf("no connection to %s", p)
	return sync.ConnectionStatus{}
}

// A link whose end was followed no longer counts among the connection's links, and a
// deletion that is looked at again must not count twice.
func TestTheBrakeCountsWhatIsGoneOnceAndOfAllThereWere(t *testing.T) {
	w := newWorld(t)
	for i := range 16 {
		w.create(person(i))
	}
	w.sync()
	rows := w.pipedrive.Records()
	for _, n := range []int{4, 9, 16} { // gone in all
		w.clock.Advance(5 * time.Minute)
		for _, r := range rows[:n] {
			if r, _ := w.pipedrive.Record(r.ID); !r.Deleted {
				w.must(w.pipedrive.Delete(r.ID))
			}
		}
		for range 3 { // the same deletions, looked at again and again
			w.sync()
		}
	}
	if n := len(w.contacts()); n != 7 {
		t.Errorf("%d contacts are left, want 7: the first nine deletions pass", n)
	}
	if held := w.statusOf(contact.Pipedrive).Held; !strings.Contains(held, "16 of 16") && !strings.Contains(held, "shows 0 records") {
		t.Errorf("held: %q", held)
	}
}

func TestTheBrakeFollowsTheSettings(t *testing.T) {
	w := newWorld(t)
	w.settings(sync.SettingsPatch{Brake: &sync.BrakeLimits{Least: 2, Share: 50}})
	for i := range 10 {
		w.create(person(i))
	}
	w.sync()
	rows := w.hubspot.Records()
	for _, tt := range []struct{ gone, left int }{{3, 7}, {6, 7}} {
		w.clock.Advance(5 * time.Minute)
		var events []sync.Event
		for _, r := range rows[:tt.gone] {
			if r, ok := w.hubspot.Record(r.ID); ok && !r.Deleted {
				w.must(w.hubspot.Delete(r.ID))
				e := w.hubspotEvent(r.ID)
				e.Deleted = true
				events = append(events, e)
			}
		}
		w.deliver(events...)
		w.sync()
		w.clock.Advance(time.Minute)
		w.sync()
		if n := len(w.contacts()); n != tt.left {
			t.Errorf("%d gone: %d contacts are left, want %d", tt.gone, n, tt.left)
		}
	}
	if held := w.statusOf(contact.HubSpot).Held; !strings.Contains(held, "6 of 10") {
		t.Errorf("held: %q", held)
	}
}

func (w *world) settings(patch sync.SettingsPatch) {
	w.Helper()
	_, err := w.service.UpdateSettings(w.ctx, acme, patch)
	w.must(err)
}
