package sync_test

import (
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// twice makes a contact whose first record in Pipedrive shows up only after a second
// was made, and returns it with both records.
func twice(w *world) (c *sync.Contact, linked, late string) {
	w.Helper()
	w.pipedrive.Faults().Add(kit.Fault{Method: "POST", PathPrefix: "/api/v2/persons", Drop: "before"})
	w.create(person(1))
	for range 2 {
		w.clock.Advance(5 * time.Minute)
		w.sync()
	}
	c = w.contacts()["person1@example.com"]
	linked = w.idOf(c, pipedriveCo)
	late, err := w.pipedrive.Create(map[string]string{
		"emails": "person1@example.com", "first_name": "First1", "last_name": "Last1", "phones": "+16502530001", "Contact Sync ID": string(c.ID),
	})
	w.must(err)
	return c, linked, late
}

func TestASecondRecordOfOursIsRemovedIfNobodyTouchedIt(t *testing.T) {
	for _, kind := range []sync.Kind{sync.Incremental, sync.Full} {
		for _, touched := range []bool{false, true} {
			t.Run(string(kind)+map[bool]string{true: ", touched"}[touched], func(t *testing.T) {
				w := newWorld(t)
				w.sync()
				_, linked, late := twice(w)
				if touched {
					w.must(w.pipedrive.Edit(late, map[string]string{"last_name": "Lovelace"}))
				}
				w.settle(kind)
				reviews, err := w.service.Reviews(w.ctx, acme)
				w.must(err)
				r, _ := w.pipedrive.Record(late)
				if r.Deleted == touched || (len(reviews) == 1) != touched {
					t.Errorf("deleted: %v, reviews %+v", r.Deleted, reviews)
				}
				if r, _ := w.pipedrive.Record(linked); r.Deleted {
					t.Error("the linked record is gone")
				}
				if touched {
					return
				}
				w.equal(1)
				// Whoever restores it wants it: that is for a person.
				w.must(w.pipedrive.Restore(late))
				w.settle(kind)
				if r, _ := w.pipedrive.Record(late); r.Deleted {
					t.Error("removed again although somebody restored it")
				}
			})
		}
	}
}

func TestACopyThatAPersonMadeIsLeftToAPerson(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	c := w.contacts()["person1@example.com"]
	clone, err := w.pipedrive.Create(map[string]string{
		"emails": "person1@example.com", "first_name": "First1", "last_name": "Last1", "phones": "+16502530001", "Contact Sync ID": string(c.ID),
	})
	w.must(err)
	w.settle(sync.Incremental)
	reviews, err := w.service.Reviews(w.ctx, acme)
	w.must(err)
	if len(reviews) != 1 || reviews[0].Kind != "duplicate_key" || reviews[0].ExternalIDs[0] != contact.ExternalID(clone) {
		t.Errorf("reviews %+v", reviews)
	}
	if r, _ := w.pipedrive.Record(clone); r.Deleted {
		t.Error("a person's copy was deleted")
	}
}

// Both records may be there already when the lost create is looked up, or when a poll
// finds them.
func TestTheTouchedOneOfTwoRecordsIsKept(t *testing.T) {
	t.Run("looked up", func(t *testing.T) { touchedIsKept(t, true) })
	t.Run("polled", func(t *testing.T) { touchedIsKept(t, false) })
}

func touchedIsKept(t *testing.T, lookedUp bool) {
	w := newWorld(t)
	w.sync()
	w.pipedrive.Faults().Add(kit.Fault{Method: "POST", PathPrefix: "/api/v2/persons", Drop: "after"})
	c := w.create(person(1))
	second, err := w.pipedrive.Create(map[string]string{
		"emails": "person1@example.com", "first_name": "First1", "last_name": "Lovelace", "phones": "+16502530001", "Contact Sync ID": string(c.ID),
	})
	w.must(err)
	w.clock.Advance(5 * time.Minute)
	if lookedUp {
		if _, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.JobTitle: "Engineer"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	w.settle(sync.Incremental)
	w.equal(1)
	if got := w.contacts()["person1@example.com"]; w.idOf(got, pipedriveCo) != second || got.Fields[contact.LastName].V != "Lovelace" {
		t.Errorf("goes on with %+v", got)
	}
}
