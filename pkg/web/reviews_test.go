package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

type reviewsJSON struct {
	Items []reviewJSON
	Total int
}

type reviewJSON struct {
	ID, Kind, Provider, ContactID, ContactName, Message, At string
	ExternalIDs, Actions                                    []string
}

// inReview returns the items that wait for a person.
func (d *desk) inReview() []reviewJSON {
	d.Helper()
	var reviews reviewsJSON
	d.do("GET conflicts?op=review", "").want(200).into(&reviews)
	if reviews.Total != len(reviews.Items) {
		d.Errorf("total %d of %d items", reviews.Total, len(reviews.Items))
	}
	return reviews.Items
}

func TestReviewsAreDecided(t *testing.T) {
	d := open(t)
	ada := d.create(`{"email":"ada@example.com","firstName":"Ada"}`)
	for _, name := range []string{"One", "Two"} {
		if _, err := d.pipedrive.Create(map[string]string{"emails": "ada@example.com", "first_name": name}); err != nil {
			t.Fatal(err)
		}
	}
	d.sync()
	items := d.inReview()
	if len(items) != 2 || items[0].Kind != "ambiguous" || !slices.Equal(items[0].Actions, []string{"link", "create", "ignore"}) {
		t.Fatalf("%+v", items)
	}
	one := "POST conflicts?op=decide&id=" + items[0].ID
	for body, want := range map[string]int{
		`{}`:                                    422,
		`{"action":"burn"}`:                     422,
		`{"action":"delete"}`:                   422,
		`{"action":"link"}`:                     422,
		`{"action":"link","externalId":"4711"}`: 422,
		`{"action":"link","externalId":"` + items[0].ExternalIDs[0] + `","contactId":"nobody"}`: 404,
		`{"action":"link","contact":"x"}`: 422,
	} {
		d.do(one, body).problem(want)
	}
	d.do("POST conflicts?op=decide&id=nothing", `{"action":"ignore"}`).problem(404)
	d.do(one, `{"action":"link","externalId":"`+items[0].ExternalIDs[0]+`"}`).want(http.StatusNoContent)
	d.do(one, `{"action":"ignore"}`).problem(404)
	d.do("POST conflicts?op=decide&id="+items[1].ID, `{"action":"link","externalId":"`+items[0].ExternalIDs[1]+`"}`).problem(409)
	d.do("POST conflicts?op=decide&id="+items[1].ID, `{"action":"ignore","externalId":"`+items[0].ExternalIDs[1]+`"}`).want(http.StatusNoContent)
	if left := d.inReview(); len(left) != 0 {
		t.Errorf("left: %+v", left)
	}
	var linked contactJSON
	d.do("GET contacts?op=one&id="+ada.ID, "").want(200).into(&linked)
	i := slices.IndexFunc(linked.Links, func(l linkJSON) bool { return l.Provider == "pipedrive" })
	if i < 0 || linked.Links[i].ExternalID != items[0].ExternalIDs[0] || linked.Links[i].SyncStatus != "synced" {
		t.Errorf("links %+v", linked.Links)
	}
}

func TestAContactIsErased(t *testing.T) {
	d := open(t)
	ada := d.create(`{"email":"ada@example.com","firstName":"Ada"}`)
	d.sync()
	one := "contacts?op=one&id=" + ada.ID
	d.do("DELETE "+one+"&erase=perhaps", "").problem(422)
	d.do("DELETE "+one+"&erase=true", "", "If-Match", `"99"`).problem(412)
	d.do("DELETE "+one+"&erase=true", "").want(http.StatusNoContent)
	d.do("DELETE "+one+"&erase=true", "").problem(404)
	d.do("POST contacts?op=restore&id="+ada.ID, "").problem(404)
	for _, call := range []string{"GET contacts?op=explain&id=" + ada.ID, "GET activity?limit=200", "GET activity?op=changes&limit=200", "GET conflicts?op=review", "GET contacts?limit=200"} {
		if a := d.do(call, "").want(200); strings.Contains(strings.ToLower(a.text), "ada") {
			t.Errorf("%s still says %s", call, a.text)
		}
	}
	for _, r := range d.inReview() {
		if r.Kind != "erasure" || !slices.Equal(r.Actions, []string{"delete", "leave"}) {
			t.Errorf("%+v", r)
		}
		d.do("POST conflicts?op=decide&id="+r.ID, `{"action":"delete"}`).want(http.StatusNoContent)
	}
	if len(d.inHubSpot())+len(d.inPipedrive()) != 0 {
		t.Error("the records are still there")
	}
}

func TestLinksOfADisconnectedCRMAreUnlinked(t *testing.T) {
	d := open(t)
	ada := d.create(`{"email":"ada@example.com","firstName":"Ada"}`)
	d.sync()
	d.do("DELETE connections?op=one&id=hubspot", "").want(http.StatusNoContent)
	var shown contactJSON
	d.do("GET contacts?op=one&id="+ada.ID, "").want(200).into(&shown)
	for _, l := range shown.Links {
		if want := map[string]string{"hubspot": "unlinked", "pipedrive": "synced"}[l.Provider]; l.SyncStatus != want {
			t.Errorf("%s shows as %s, want %s", l.Provider, l.SyncStatus, want)
		}
	}
	if !slices.Equal(shown.SyncedToCRMs, []string{"pipedrive"}) {
		t.Errorf("synced to %v", shown.SyncedToCRMs)
	}
}
