package sync_test

import (
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// TestAFirstValueOfABlankFieldBeatsADeletion: a field that was blank on both sides
// when they last agreed counts as agreed.
func TestAFirstValueOfABlankFieldBeatsADeletion(t *testing.T) {
	const number = "+16502531111"
	person := contact.Values{contact.Email: "ada@example.com", contact.FirstName: "Ada"}
	for name, act := range map[string]func(w *world, c *sync.Contact, hubspotID, pipedriveID string){
		"deleted in HubSpot, entered in Pipedrive": func(w *world, _ *sync.Contact, hubspotID, pipedriveID string) {
			w.must(w.pipedrive.Edit(pipedriveID, map[string]string{"phones": number}))
			w.must(w.hubspot.Delete(hubspotID))
		},
		"deleted in Pipedrive, entered in HubSpot": func(w *world, _ *sync.Contact, hubspotID, pipedriveID string) {
			w.must(w.hubspot.Edit(hubspotID, map[string]string{"phone": number}))
			w.must(w.pipedrive.Delete(pipedriveID))
		},
		"deleted in HubSpot, entered in the app": func(w *world, c *sync.Contact, hubspotID, _ string) {
			w.must(w.hubspot.Delete(hubspotID))
			_, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.Phone: number}, nil)
			w.must(err)
		},
		"deleted in the app, entered in HubSpot": func(w *world, c *sync.Contact, hubspotID, _ string) {
			w.must(w.hubspot.Edit(hubspotID, map[string]string{"phone": number}))
			w.must(w.service.DeleteContact(w.ctx, acme, c.ID, nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.create(person)
			w.sync()
			w.clock.Advance(5 * time.Minute)
			c := w.contacts()["ada@example.com"]
			hubspotID, pipedriveID := string(c.Link(hubspotConn).ExternalID), string(c.Link(pipedriveCo).ExternalID)
			act(w, c, hubspotID, pipedriveID)
			for range 3 {
				_, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{Kind: sync.Full})
				w.must(err)
				w.clock.Advance(5 * time.Minute)
			}
			got := w.contacts()["ada@example.com"]
			if got == nil || got.Fields[contact.Phone].V != number {
				t.Fatalf("the number is lost with the contact: %+v", got)
			}
			conflicts, _, _, err := w.service.Conflicts(w.ctx, acme, sync.LogQuery{})
			w.must(err)
			if len(conflicts) != 1 || conflicts[0].Field != sync.Existence {
				t.Errorf("conflicts %+v", conflicts)
			}
		})
	}
}
