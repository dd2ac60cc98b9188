package web_test

import (
	"strings"
	"testing"
)

// revertJSON is the run of a revert, as far as it is of interest here.
type revertJSON struct {
	ID, Kind, State string
	Revert          struct {
		RunID, ChangeID, Field string
		Reverted, Skipped      int
		Skips                  []struct{ ContactID, Field, Reason string }
	}
}

func TestReverts(t *testing.T) {
	d := open(t)
	ada := d.create(`{"email":"ada@example.com","lastName":"Lovelace","phone":"1"}`)
	d.sync()
	var imported struct{ RunID string }
	d.do("POST contacts?op=import", "email,phone,company\nada@example.com,2,Engines\n").want(200).part(&imported)
	d.sync()

	var page struct {
		Changes []struct {
			ID, Op, By string
			Fields     map[string]struct{ Before, After string }
			Reverted   bool
		}
	}
	list := "GET activity?op=changes&runId=" + imported.RunID
	d.do(list, "").want(200).part(&page)
	if len(page.Changes) != 1 || page.Changes[0].By != "app" || page.Changes[0].Fields["phone"].Before != "1" || page.Changes[0].Fields["phone"].After != "2" {
		t.Fatalf("changes %+v", page)
	}
	change := "POST activity?op=revert&id=" + page.Changes[0].ID
	d.do(change, `{"field":"jobTitle"}`).problem(422)
	d.do(change, `{"fields":["phone"]}`).problem(422)
	d.do("POST activity?op=revert&id=none", "").problem(404)
	d.do("POST sync?op=revert&id=none", "").problem(404)

	var one revertJSON
	d.do(change, `{"field":"phone"}`).want(200).part(&one)
	if one.Kind != "revert" || one.State != "done" || one.Revert.Field != "phone" || one.Revert.Reverted != 1 {
		t.Errorf("the revert of a field is %+v", one)
	}
	if phone := d.inHubSpot()["ada@example.com"].Fields["phone"]; phone != "1" {
		t.Errorf("HubSpot has the phone %q", phone)
	}
	d.do("PATCH contacts?op=one&id="+ada.ID, `{"company":"Other"}`).want(200)
	if p := d.do(change, `{"field":"company"}`).problem(409); !strings.Contains(p.Message, "changed since") {
		t.Errorf("%+v", p)
	}
	var all revertJSON
	d.do("POST sync?op=revert&id="+imported.RunID, "").want(200).part(&all)
	if all.Revert.RunID != imported.RunID || all.Revert.Skipped != 1 || all.Revert.Skips[0].Field != "company" || all.Revert.Skips[0].ContactID != ada.ID {
		t.Errorf("the revert of the import is %+v", all)
	}
	var stored revertJSON
	d.do("GET sync?op=run&id="+all.ID, "").want(200).part(&stored)
	if stored.Revert.Skipped != 1 {
		t.Errorf("the stored run is %+v", stored)
	}

	var why struct {
		Fields []struct{ Field, Rule, Why string }
	}
	d.do("GET contacts?op=explain&id="+ada.ID, "").want(200).part(&why)
	for _, f := range why.Fields {
		if f.Field == "phone" && (f.Rule != "reverted" || f.Why == "") {
			t.Errorf("the phone is explained by %+v", f)
		}
	}
	d.do("GET contacts?op=explain&id=none", "").problem(404)
}
