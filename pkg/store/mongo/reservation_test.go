package mongo

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	aConnection = contact.ConnectionID("acme:hubspot")
	aRecord     = contact.ExternalID("4711")
)

// leave puts a reservation into the store as a save that broke off leaves it.
func leave(t *testing.T, s *Store, r reservation) {
	t.Helper()
	r.Key, r.CustomerID = linkKey(acme, aConnection, aRecord), acme
	r.ConnectionID, r.ExternalID = aConnection, aRecord
	if r.At.IsZero() {
		r.At = s.now()
	}
	doc, err := marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.write(t.Context(), reserveLinks, insertDoc(doc)); err != nil {
		t.Fatal(err)
	}
}

// holding is a contact linked to the record.
func holding(c *sync.Contact) *sync.Contact {
	c.Links = []sync.Link{{Provider: contact.HubSpot, ConnectionID: aConnection, ExternalID: aRecord, State: sync.LinkActive}}
	return c
}

func trySave(t *testing.T, s *Store, c *sync.Contact) sync.SaveOutcome {
	t.Helper()
	outcomes, err := s.SaveContacts(t.Context(), acme, []*sync.Contact{c})
	if err != nil {
		t.Fatal(err)
	}
	return outcomes[0]
}

// wantOutcome saves a contact that wants the record.
func wantOutcome(t *testing.T, s *Store, c *sync.Contact, want sync.SaveOutcome) {
	t.Helper()
	if got := trySave(t, s, holding(c)); got != want {
		t.Fatalf("outcome %v, want %v", got, want)
	}
}

// reserved returns the reservation of the record, or nil.
func reserved(t *testing.T, s *Store) *reservation {
	t.Helper()
	found, err := find[reservation](t.Context(), s, linksByKey, scoped(acme, is("_id", linkKey(acme, aConnection, aRecord))), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		return nil
	}
	return &found[0]
}

func TestReservationOfAContactThatWasNeverSaved(t *testing.T) {
	s := emptyStore(t, nil)
	leave(t, s, reservation{ContactID: person(1, false).ID, Rev: 1, Token: "lost"})
	wantOutcome(t, s, person(2, false), sync.SaveLinkTaken) // the save may be under way

	s.now = func() time.Time { return time.Now().Add(reservationKept) }
	wantOutcome(t, s, person(2, false), sync.Saved)
	if r := reserved(t, s); r.ContactID != person(2, false).ID || r.Token == "lost" {
		t.Errorf("the reservation is %+v", r)
	}
	wantOutcome(t, s, person(1, false), sync.SaveLinkTaken)
}

func TestReservationThatTheContactDoesNotStandBehind(t *testing.T) {
	s := emptyStore(t, nil)
	holder := person(1, false)
	mustSave(t, s, []*sync.Contact{holder}) // revision 1
	leave(t, s, reservation{ContactID: holder.ID, Rev: 1, Token: "left behind"})
	wantOutcome(t, s, person(2, false), sync.Saved)
	wantOutcome(t, s, holder, sync.SaveLinkTaken)
}

func TestReservationOfASaveUnderWay(t *testing.T) {
	s := emptyStore(t, nil)
	holder := person(1, false)
	mustSave(t, s, []*sync.Contact{holder})
	leave(t, s, reservation{ContactID: holder.ID, Rev: 2, Token: "under way"})
	wantOutcome(t, s, person(2, false), sync.SaveLinkTaken)
	if r := reserved(t, s); r == nil || r.Token != "under way" {
		t.Fatalf("the reservation became %+v", r)
	}
	mustSave(t, s, []*sync.Contact{holder}) // without the link: nothing adds it now
	wantOutcome(t, s, person(2, false), sync.Saved)
}

// TestReservationsOfOneContact has two saves of one contact want the record: what
// the one takes back is not what the other relies on.
func TestReservationsOfOneContact(t *testing.T) {
	s := emptyStore(t, nil)
	c := person(1, false)
	mustSave(t, s, []*sync.Contact{c})
	leave(t, s, reservation{ContactID: c.ID, Rev: 2, Token: "the other"})
	wantOutcome(t, s, c, sync.Saved)
	if _, err := s.write(t.Context(), releaseLinks, deleteOne(scoped(acme, is("token", "the other")))); err != nil {
		t.Fatal(err)
	}
	if r := reserved(t, s); r == nil || r.ContactID != c.ID {
		t.Fatalf("the reservation became %+v", r)
	}
	wantOutcome(t, s, person(2, false), sync.SaveLinkTaken)
}

// TestReleaseOfALinkThatIsComingBack has a contact lose the record while another
// save of it, of a later revision, has reserved it again.
func TestReleaseOfALinkThatIsComingBack(t *testing.T) {
	s := emptyStore(t, nil)
	c := holding(person(1, false))
	mustSave(t, s, []*sync.Contact{c}) // revision 1
	_, err := s.write(t.Context(), contestLinks, updateOne(scoped(acme, is("_id", linkKey(acme, aConnection, aRecord))),
		bson.D{is("$set", bson.D{is("rev", int64(3)), is("token", "coming back")})}))
	if err != nil {
		t.Fatal(err)
	}
	c.Links = nil
	mustSave(t, s, []*sync.Contact{c}) // revision 2
	if r := reserved(t, s); r == nil || r.Token != "coming back" {
		t.Fatalf("the reservation became %+v", r)
	}
}

func TestReservationOfARefusedContactIsTakenBack(t *testing.T) {
	s := emptyStore(t, nil)
	mustSave(t, s, []*sync.Contact{person(1, true)})
	refused := holding(person(2, false))
	refused.Links = append(refused.Links, hubspotLink(1))
	if got := trySave(t, s, refused); got != sync.SaveLinkTaken {
		t.Fatalf("outcome %v", got)
	}
	if r := reserved(t, s); r != nil {
		t.Errorf("the reservation %+v was left", r)
	}
}
