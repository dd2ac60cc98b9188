package sync_test

import (
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// vanish deletes the contact's record in a CRM, as a person there would, and lets the
// service notice.
func (w *world) vanish(c *sync.Contact, conn contact.ConnectionID) string {
	w.Helper()
	id := w.idOf(c, conn)
	if conn == pipedriveCo {
		w.must(w.pipedrive.Delete(id))
		return id
	}
	w.must(w.hubspot.Delete(id))
	e := w.hubspotEvent(id)
	e.Deleted = true
	w.deliver(e)
	return id
}

func TestADeletionInACRMFollowsThePolicy(t *testing.T) {
	for _, conn := range []contact.ConnectionID{hubspotConn, pipedriveCo} {
		for policy, want := range map[sync.DeletePolicy][3]int{ // in the app, there, in the other CRM
			"": {0, 0, 0}, sync.PropagateDeletes: {0, 0, 0}, sync.UnlinkDeleted: {1, 0, 1}, sync.KeepDeleted: {1, 1, 1},
		} {
			t.Run(string(conn)+" "+string(policy), func(t *testing.T) {
				w := newWorld(t)
				w.settings(sync.SettingsPatch{DeletePolicy: &policy})
				w.create(person(1))
				w.sync()
				w.clock.Advance(5 * time.Minute)
				gone := w.vanish(w.contacts()["person1@example.com"], conn)
				w.settle(sync.Incremental)
				w.settle(sync.Full)
				app, there, other := w.sides()
				if conn == pipedriveCo {
					there, other = other, there
				}
				if got := [3]int{len(app), len(there), len(other)}; got != want {
					t.Fatalf("%v are left, want %v", got, want)
				}
				for _, c := range w.contacts() {
					switch l := c.Link(conn); {
					case policy == sync.KeepDeleted && (l == nil || l.State != sync.LinkActive || string(l.ExternalID) == gone):
						t.Errorf("not made again: %+v", l)
					case policy == sync.UnlinkDeleted && l.State != sync.LinkDetached:
						t.Errorf("link %+v", l)
					}
				}
			})
		}
	}
}

func TestADeletionInTheAppFollowsThePolicy(t *testing.T) {
	for policy, left := range map[sync.DeletePolicy]int{sync.PropagateDeletes: 0, sync.UnlinkDeleted: 1, sync.KeepDeleted: 1} {
		t.Run(string(policy), func(t *testing.T) {
			w := newWorld(t)
			w.settings(sync.SettingsPatch{DeletePolicy: &policy})
			w.create(person(1))
			w.sync()
			w.clock.Advance(5 * time.Minute)
			c := w.contacts()["person1@example.com"]
			w.delete(c)
			w.settle(sync.Incremental)
			w.settle(sync.Full)
			app, hub, pipe := w.sides()
			if len(app) != 0 || len(hub) != left || len(pipe) != left {
				t.Errorf("app %v, HubSpot %v, Pipedrive %v", app, hub, pipe)
			}
			if _, err := w.service.RestoreContact(w.ctx, acme, c.ID); err != nil {
				t.Fatal(err)
			}
			w.settle(sync.Full)
			w.equal(1)
		})
	}
}
