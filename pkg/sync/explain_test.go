package sync_test

import (
	"slices"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// explained returns the explanation of one field.
func (w *world) explained(id contact.ID, f contact.Field) sync.FieldExplanation {
	w.Helper()
	e, err := w.service.Explain(w.ctx, acme, id)
	w.must(err)
	i := slices.IndexFunc(e.Fields, func(row sync.FieldExplanation) bool { return row.Field == f })
	if i < 0 {
		w.Fatalf("%s is not explained", f)
	}
	return e.Fields[i]
}

// standing returns where a field stands in a CRM.
func (w *world) standing(id contact.ID, f contact.Field, p contact.Provider) sync.FieldThere {
	w.Helper()
	row := w.explained(id, f)
	i := slices.IndexFunc(row.CRMs, func(there sync.FieldThere) bool { return there.Provider == p })
	if i < 0 {
		w.Fatalf("%s is not explained for %s", f, p)
	}
	return row.CRMs[i]
}

func TestExplainSaysWhichRuleChoseAValue(t *testing.T) {
	w := newWorld(t)
	w.sync()
	c := w.byron()
	hubspot, pipedrive := w.id(c, hubspotConn), w.id(c, pipedriveCo)
	check := func(f contact.Field, rule, value, why string) {
		t.Helper()
		if got := w.explained(c.ID, f); string(got.Rule) != rule || got.Value != value || got.Why != why {
			t.Errorf("%s is %q by %q: %s; want %q by %q: %s", f, got.Value, got.Rule, got.Why, value, rule, why)
		}
	}
	check(contact.Phone, "edited", "1", "It was entered in the app.")
	check(contact.Company, "", "", "It never had a value.")

	w.importRows(contact.Values{contact.Email: "ada@example.com", contact.Phone: "2"})
	check(contact.Phone, "imported", "2", "It came with an import.")
	w.sync()
	w.clock.Advance(time.Minute)
	w.must(w.pipedrive.Edit(pipedrive, map[string]string{"phones": "3"}))
	w.sync()
	check(contact.Phone, "only_change", "3", "It was changed in Pipedrive, and nowhere else.")
	change := w.changeLog(sync.LogQuery{ContactID: c.ID})[0]
	w.clock.Advance(time.Minute)
	_, err := w.service.RevertChange(w.ctx, acme, change.ID, "")
	w.must(err)
	check(contact.Phone, "reverted", "2", "A person took a later change back.")
	w.clock.Advance(10 * time.Minute)
	w.must(w.hubspot.Edit(hubspot, map[string]string{"phone": "4"}))
	w.must(w.pipedrive.Edit(pipedrive, map[string]string{"phones": "5"}))
	w.sync()
	check(contact.Phone, "conflict:crm_wins", "4",
		"Several sides were changed at once; the value of HubSpot won, because CRMs go before the app, and before one another in their order.")
	_, err = w.service.ResolveConflict(w.ctx, acme, w.conflicts()[0].ID, "pipedrive", nil)
	w.must(err)
	check(contact.Phone, "chosen", "5", "A person chose it in a conflict.")
}

func TestExplainSaysWhereAFieldStands(t *testing.T) {
	w := newWorld(t)
	w.sync()
	c := w.byron()
	if got := w.standing(c.ID, contact.Phone, contact.HubSpot); got.State != sync.FieldEqual || got.Agreed == nil || got.Agreed.R != "1" || got.Waiting != nil {
		t.Errorf("after a sync: %+v", got)
	}
	if got := w.standing(c.ID, contact.Company, contact.Pipedrive); got.State != sync.FieldAbsent {
		t.Errorf("a field that the CRM does not have: %+v", got)
	}

	w.hubspot.Faults().Add(kit.Fault{Status: 503, Times: -1})
	_, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.Phone: "2"}, nil)
	w.must(err)
	if got := w.standing(c.ID, contact.Phone, contact.HubSpot); got.State != sync.FieldWaiting || got.Agreed.R != "1" {
		t.Errorf("while the CRM is away: %+v", got)
	}
	if got := w.standing(c.ID, contact.Phone, contact.Pipedrive); got.State != sync.FieldEqual {
		t.Errorf("in the other CRM: %+v", got)
	}
	w.hubspot.Faults().Clear()
	w.settleDays()
	if got := w.standing(c.ID, contact.Phone, contact.HubSpot); got.State != sync.FieldEqual || got.Agreed.R != "2" {
		t.Errorf("when it is back: %+v", got)
	}

	only := map[contact.Field]*sync.FieldSettings{contact.Phone: {Remotes: map[contact.Provider]sync.RemoteSettings{
		contact.HubSpot: {Direction: reconcile.FromCRM}, contact.Pipedrive: {Direction: reconcile.NoWay},
	}}}
	_, err = w.service.UpdateSettings(w.ctx, acme, sync.SettingsPatch{Fields: only})
	w.must(err)
	_, err = w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.Phone: "3"}, nil)
	w.must(err)
	w.sync()
	for p, direction := range map[contact.Provider]reconcile.Direction{contact.HubSpot: reconcile.FromCRM, contact.Pipedrive: reconcile.NoWay} {
		if got := w.standing(c.ID, contact.Phone, p); got.State != sync.FieldDiffers || got.Direction != direction {
			t.Errorf("%s differs by design: %+v", p, got)
		}
	}
}

func TestExplainSaysWhatWaitsForAPerson(t *testing.T) {
	w := newWorld(t)
	policy := string(reconcile.Manual)
	_, err := w.service.UpdateSettings(w.ctx, acme, sync.SettingsPatch{Policy: &policy})
	w.must(err)
	w.sync()
	c := w.byron()
	w.must(w.hubspot.Edit(w.id(c, hubspotConn), map[string]string{"phone": "4"}))
	w.must(w.pipedrive.Edit(w.id(c, pipedriveCo), map[string]string{"phones": "5"}))
	w.sync()
	if got := w.standing(c.ID, contact.Phone, contact.HubSpot); got.State != sync.FieldHeld || !w.explained(c.ID, contact.Phone).Held {
		t.Errorf("a conflict that waits: %+v", got)
	}
}

func TestExplainOfLinksAndOfDeletedContacts(t *testing.T) {
	w := newWorld(t)
	w.sync()
	c := w.byron()
	if _, err := w.service.Explain(w.ctx, "other", c.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another customer's contact: %v", err)
	}
	e, err := w.service.Explain(w.ctx, acme, c.ID)
	w.must(err)
	if len(e.Links) != 2 || e.Links[0].Why != "The record in HubSpot is in step." || string(e.Links[0].ExternalID) != w.id(c, hubspotConn) {
		t.Errorf("links %+v", e.Links)
	}
	w.must(w.service.DeleteContact(w.ctx, acme, c.ID, nil))
	e, err = w.service.Explain(w.ctx, acme, c.ID)
	w.must(err)
	if e.Lifecycle != sync.Archived || e.Links[0].Why != "It is no longer linked to a record in HubSpot." {
		t.Errorf("a deleted contact: %+v", e)
	}
}
