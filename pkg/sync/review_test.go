package sync_test

import (
	"slices"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// review returns the only item for review.
func (w *world) review() sync.Review {
	w.Helper()
	items, err := w.service.Reviews(w.ctx, acme)
	w.must(err)
	if len(items) != 1 {
		w.Fatalf("%d reviews: %+v", len(items), items)
	}
	return items[0]
}

func (w *world) reviews(n int) {
	w.Helper()
	items, err := w.service.Reviews(w.ctx, acme)
	w.must(err)
	if len(items) != n {
		w.Errorf("%d reviews, want %d: %+v", len(items), n, items)
	}
}

func (w *world) decide(r sync.Review, d sync.Decision) {
	w.Helper()
	if !slices.Contains(r.Actions(), d.Action) {
		w.Fatalf("%s is not among %v", d.Action, r.Actions())
	}
	w.must(w.service.DecideReview(w.ctx, acme, r.ID, d))
}

// ambiguous makes one contact and two records of its address in Pipedrive.
func ambiguous(t *testing.T) (w *world, first, second string) {
	w = newWorld(t)
	w.create(person(1))
	first, err := w.pipedrive.Create(map[string]string{"emails": "person1@example.com", "first_name": "One"})
	w.must(err)
	second, err = w.pipedrive.Create(map[string]string{"emails": "person1@example.com", "first_name": "Two"})
	w.must(err)
	w.sync()
	w.clock.Advance(5 * time.Minute)
	return w, first, second
}

func TestAnAmbiguousRecordIsLinkedAndTheOtherIgnored(t *testing.T) {
	w, first, second := ambiguous(t)
	items, err := w.service.Reviews(w.ctx, acme)
	w.must(err)
	if len(items) != 2 {
		t.Fatalf("reviews %+v", items)
	}
	if err := w.service.DecideReview(w.ctx, acme, items[0].ID, sync.Decision{Action: sync.ReviewLink}); !fault.Is(err, fault.Invalid) {
		t.Errorf("linked without saying which record: %v", err)
	}
	w.decide(items[0], sync.Decision{Action: sync.ReviewLink, ExternalID: contact.ExternalID(second)})
	if got := w.idOf(w.contacts()["person1@example.com"], pipedriveCo); got != second {
		t.Errorf("linked to %s, want %s", got, second)
	}
	w.decide(items[1], sync.Decision{Action: sync.ReviewIgnore, ExternalID: contact.ExternalID(first)})
	w.settle(sync.Full)
	w.reviews(0)
	if app, hub, pipe := w.sides(); len(app) != 1 || len(hub) != 1 || len(pipe) != 2 {
		t.Errorf("app %v, HubSpot %v, Pipedrive %v", app, hub, pipe)
	}
	if err := w.service.DecideReview(w.ctx, acme, items[0].ID, sync.Decision{Action: sync.ReviewLink}); !fault.Is(err, fault.NotFound) {
		t.Errorf("decided twice: %v", err)
	}
}

func TestIgnoredRecordsLetTheContactHaveOneOfItsOwn(t *testing.T) {
	w, _, _ := ambiguous(t)
	items, err := w.service.Reviews(w.ctx, acme)
	w.must(err)
	for _, r := range items {
		w.decide(r, sync.Decision{Action: sync.ReviewIgnore})
	}
	w.settle(sync.Full)
	w.reviews(0)
	if _, _, pipe := w.sides(); len(pipe) != 3 {
		t.Errorf("Pipedrive %v", pipe)
	}
	if got := w.contacts()["person1@example.com"].Status; got != sync.StatusSynced {
		t.Errorf("status %q", got)
	}
}

func TestARecordInReviewBecomesAContactOfItsOwn(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	clone, err := w.pipedrive.Create(map[string]string{"emails": "person1@example.com", "first_name": "Twin", "Contact Sync ID": string(w.contacts()["person1@example.com"].ID)})
	w.must(err)
	w.settle(sync.Incremental)
	r := w.review()
	if err := w.service.DecideReview(w.ctx, acme, r.ID, sync.Decision{Action: sync.ReviewLink}); !fault.Is(err, fault.Conflict) {
		t.Errorf("linked although the contact has a record: %v", err)
	}
	if err := w.service.DecideReview(w.ctx, acme, r.ID, sync.Decision{Action: sync.ReviewDelete}); !fault.Is(err, fault.Invalid) {
		t.Errorf("decided in a way that is none of its own: %v", err)
	}
	w.decide(r, sync.Decision{Action: sync.ReviewCreate})
	w.sync()
	found := false
	for _, c := range w.living() {
		found = found || c.Fields[contact.FirstName].V == "Twin" && w.idOf(c, pipedriveCo) == clone
	}
	if !found || len(w.living()) != 2 {
		t.Errorf("living: %+v", w.living())
	}
}

func TestAfterAMergeTheOtherRecordIsDeletedOrLeft(t *testing.T) {
	for action, left := range map[sync.ReviewAction]int{sync.ReviewDelete: 1, sync.ReviewLeave: 2} {
		t.Run(string(action), func(t *testing.T) {
			w := newWorld(t)
			w.create(person(1))
			w.create(person(2))
			w.sync()
			w.clock.Advance(5 * time.Minute)
			all := w.contacts()
			_, err := w.hubspot.Merge(w.idOf(all["person1@example.com"], hubspotConn), w.idOf(all["person2@example.com"], hubspotConn))
			w.must(err)
			w.settle(sync.Incremental)
			w.decide(w.review(), sync.Decision{Action: action})
			w.settle(sync.Full)
			w.reviews(0)
			if app, hub, pipe := w.sides(); len(app) != 1 || len(hub) != 1 || len(pipe) != left {
				t.Errorf("app %v, HubSpot %v, Pipedrive %v", app, hub, pipe)
			}
		})
	}
}

func TestAfterAnErasureTheOtherRecordsAreDeletedOrLeft(t *testing.T) {
	for action, left := range map[sync.ReviewAction]int{sync.ReviewDelete: 0, sync.ReviewLeave: 1} {
		t.Run(string(action), func(t *testing.T) {
			w := newWorld(t)
			w.create(person(1))
			w.sync()
			w.clock.Advance(5 * time.Minute)
			w.must(w.service.EraseContact(w.ctx, acme, w.contacts()["person1@example.com"].ID, nil))
			items, err := w.service.Reviews(w.ctx, acme)
			w.must(err)
			for _, r := range items {
				w.decide(r, sync.Decision{Action: action})
			}
			w.settle(sync.Full)
			w.reviews(0)
			if app, hub, pipe := w.sides(); len(app) != 0 || len(hub) != left || len(pipe) != left {
				t.Errorf("app %v, HubSpot %v, Pipedrive %v", app, hub, pipe)
			}
		})
	}
}

func TestACreateOfUnknownOutcomeIsDecidedByAPerson(t *testing.T) {
	for _, action := range []sync.ReviewAction{sync.ReviewLink, sync.ReviewRecreate} {
		t.Run(string(action), func(t *testing.T) {
			w := newWorld(t)
			w.pipedrive.Faults().Add(kit.Fault{Method: "POST", PathPrefix: "/api/v2/personFields", Status: 403, Times: -1,
				Body: `{"success":false,"error":"Scope and URL mismatch","errorCode":403}`})
			w.pipedrive.Faults().Add(kit.Fault{Method: "POST", PathPrefix: "/api/v2/persons", Drop: map[bool]string{true: "after", false: "before"}[action == sync.ReviewLink]})
			w.sync()
			w.create(person(1))
			for range 3 {
				w.clock.Advance(5 * time.Minute)
				_, err := w.service.UpdateContact(w.ctx, acme, w.living()[0].ID, contact.Values{contact.JobTitle: w.clock.Now().String()}, nil)
				w.must(err)
			}
			r := w.review()
			if r.Kind != "unknown_outcome" {
				t.Fatalf("review %+v", r)
			}
			d := sync.Decision{Action: action}
			if action == sync.ReviewLink {
				d.ExternalID = contact.ExternalID(w.pipedrive.Records()[0].ID)
			}
			w.decide(r, d)
			w.settle(sync.Incremental)
			w.reviews(0)
			if _, hub, pipe := w.sides(); len(hub) != 1 || len(pipe) != 1 {
				t.Errorf("HubSpot %v, Pipedrive %v", hub, pipe)
			}
		})
	}
}

func TestReviewsThatAreMootCloseThemselves(t *testing.T) {
	t.Run("a record is gone", func(t *testing.T) {
		w, first, second := ambiguous(t)
		w.must(w.pipedrive.Delete(first))
		w.settle(sync.Full)
		w.reviews(0)
		w.equal(1)
		if got := w.idOf(w.contacts()["person1@example.com"], pipedriveCo); got != second {
			t.Errorf("linked to %s, want the one that is left, %s", got, second)
		}
	})
	t.Run("both records are gone", func(t *testing.T) {
		w, first, second := ambiguous(t)
		w.must(w.pipedrive.Delete(first))
		w.must(w.pipedrive.Delete(second))
		w.settle(sync.Full)
		w.reviews(0)
		w.equal(1)
	})
	t.Run("the record was deleted after a merge", func(t *testing.T) {
		w := newWorld(t)
		w.create(person(1))
		w.create(person(2))
		w.sync()
		w.clock.Advance(5 * time.Minute)
		all := w.contacts()
		_, err := w.hubspot.Merge(w.idOf(all["person1@example.com"], hubspotConn), w.idOf(all["person2@example.com"], hubspotConn))
		w.must(err)
		w.settle(sync.Incremental)
		w.must(w.pipedrive.Delete(string(w.review().ExternalIDs[0])))
		w.settle(sync.Full)
		w.reviews(0)
	})
}

func TestContactsThatShareAnAddressWaitForAPerson(t *testing.T) {
	w := newWorld(t)
	first, second := person(1), person(1)
	second[contact.FirstName] = "Second"
	w.create(first)
	other := w.create(person(2))
	// Two contacts of one address come about by imports and merges; here by hand.
	doc := w.contacts()["person2@example.com"]
	v := doc.Fields[contact.Email]
	v.V = "person1@example.com"
	doc.Fields[contact.Email] = v
	outcomes, err := w.store.SaveContacts(w.ctx, acme, []*sync.Contact{doc})
	w.must(err)
	if outcomes[0] != sync.Saved {
		t.Fatal(outcomes)
	}
	record, err := w.pipedrive.Create(map[string]string{"emails": "person1@example.com", "first_name": "One"})
	w.must(err)
	w.sync()
	if n := len(w.pipedrive.Records()); n != 1 {
		t.Errorf("%d records in Pipedrive: one was made for a contact that may have one", n)
	}
	items, err := w.service.Reviews(w.ctx, acme)
	w.must(err)
	i := slices.IndexFunc(items, func(r sync.Review) bool { return r.Provider == contact.Pipedrive })
	if i < 0 {
		t.Fatalf("reviews %+v", items)
	}
	w.decide(items[i], sync.Decision{Action: sync.ReviewLink, ContactID: other.ID, ExternalID: contact.ExternalID(record)})
	c, err := w.service.Contact(w.ctx, acme, other.ID)
	w.must(err)
	if w.idOf(c, pipedriveCo) != record {
		t.Errorf("linked to %+v", c.Link(pipedriveCo))
	}
}

func TestLinksOfADisconnectedConnectionDoNotShowAsSynced(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	w.must(w.service.Disconnect(w.ctx, acme, contact.HubSpot))
	id := w.living()[0].ID
	c, err := w.service.Contact(w.ctx, acme, id)
	w.must(err)
	page, err := w.service.SearchContacts(w.ctx, acme, sync.ContactQuery{})
	w.must(err)
	edited, err := w.service.UpdateContact(w.ctx, acme, id, contact.Values{contact.LastName: "Lovelace"}, nil)
	w.must(err)
	for _, shown := range []*sync.Contact{c, page.Contacts[0], edited} {
		if shown.Link(hubspotConn).State != sync.LinkDetached || shown.Link(pipedriveCo).State != sync.LinkActive {
			t.Errorf("links %+v", shown.Links)
		}
	}
	if w.living()[0].Link(hubspotConn).State != sync.LinkActive {
		t.Error("the link was ended: connecting the account again would not go on with it")
	}
}
