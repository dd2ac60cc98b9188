package sync_test

import (
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

func (w *world) connectionOf(p contact.Provider) *sync.Connection {
	w.Helper()
	conns, err := w.store.Connections(w.ctx, acme)
	w.must(err)
	for _, c := range conns {
		if c.Provider == p && c.State != sync.ConnectionReplaced {
			return c
		}
	}
	w.Fatalf("no connection to %s", p)
	return nil
}

func TestDisconnectingAndConnectingAgainLosesAndDoublesNothing(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.create(person(i))
	}
	w.sync()
	w.clock.Advance(5 * time.Minute)
	all := w.contacts()
	w.must(w.service.Disconnect(w.ctx, acme, contact.Pipedrive))
	w.must(w.pipedrive.Edit(string(all["person1@example.com"].Link(pipedriveCo).ExternalID), map[string]string{"last_name": "There"}))
	w.must(w.pipedrive.Delete(string(all["person2@example.com"].Link(pipedriveCo).ExternalID)))
	if _, err := w.service.UpdateContact(w.ctx, acme, all["person0@example.com"].ID, contact.Values{contact.LastName: "Here"}, nil); err != nil {
		t.Fatal(err)
	}
	w.create(person(9))
	w.resetCalls()
	w.sync()
	if n := w.pipedrive.Calls().Total(); n != 0 {
		t.Errorf("%d calls to a CRM that is disconnected", n)
	}
	w.clock.Advance(time.Hour)
	w.must(w.service.Connect(w.ctx, acme, contact.Pipedrive, "pipedrive-token"))
	w.sync()
	w.equal(5) // 0, 1, 3, 4 and 9
	if got := w.contacts()["person1@example.com"].Fields[contact.LastName].V; got != "There" {
		t.Errorf("last name %q, want the one given while disconnected", got)
	}
}

func TestPauseHoldsEverythingAndResumeCatchesUp(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	w.clock.Advance(5 * time.Minute)
	c := w.contacts()["person1@example.com"]
	w.must(w.service.PauseConnection(w.ctx, acme, contact.HubSpot))
	w.resetCalls()
	if _, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.LastName: "New"}, nil); err != nil {
		t.Fatal(err)
	}
	w.sync()
	if n := w.hubspot.Calls().Total(); n != 0 {
		t.Errorf("%d calls to a CRM that is paused", n)
	}
	if got := w.contacts()["person1@example.com"].Status; got != sync.StatusSynced {
		t.Errorf("status %q: a paused connection makes nothing wait", got)
	}
	w.must(w.service.ResumeConnection(w.ctx, acme, contact.HubSpot))
	w.sync()
	w.equal(1)
}

func TestAnotherAccountNeverTakesOverTheLinks(t *testing.T) {
	w := newWorld(t)
	w.create(person(1))
	w.sync()
	other := w.anotherHubSpot()
	err := w.service.Connect(w.ctx, acme, contact.HubSpot, "other-token")
	if !fault.Is(err, fault.Conflict) {
		t.Fatalf("connecting another account over a connected one: %v", err)
	}
	w.must(w.service.Disconnect(w.ctx, acme, contact.HubSpot))
	w.must(w.service.Connect(w.ctx, acme, contact.HubSpot, "other-token"))
	w.sync()
	w.sync()
	if n := len(other.Records()); n != 1 {
		t.Errorf("the other account has %d records, want 1", n)
	}
	c := w.contacts()["person1@example.com"]
	if old := c.Link(hubspotConn); old.State != sync.LinkDetached {
		t.Errorf("the old account's link is %q", old.State)
	}
	if l := c.Link(w.connectionOf(contact.HubSpot).ID); l == nil || l.ExternalID == "" {
		t.Errorf("the new account's link is %+v", l)
	}
}

func TestARefusedTokenChangesNothing(t *testing.T) {
	w := newWorld(t)
	before := w.connectionOf(contact.HubSpot)
	for token, want := range map[string]string{"wrong": "refused", "": "token", "two words": "token", "tökén": "token"} {
		err := w.service.Connect(w.ctx, acme, contact.HubSpot, token)
		if e := fault.As(err); e == nil || e.Kind != fault.Invalid || !strings.Contains(e.Fields["token"], want) {
			t.Errorf("token %q: %v", token, err)
		}
	}
	if after := w.connectionOf(contact.HubSpot); after.Rev != before.Rev {
		t.Errorf("the connection changed: %+v", after)
	}
}

func TestSettingsSteerFields(t *testing.T) {
	w := newWorld(t)
	p := person(1)
	p[contact.Company] = "Acme"
	w.create(p)
	text := func(s string) *string { return &s }
	view, err := w.service.UpdateSettings(w.ctx, acme, sync.SettingsPatch{
		Policy: text("app_wins"),
		Fields: map[contact.Field]*sync.FieldSettings{
			contact.Phone:   {Remotes: map[contact.Provider]sync.RemoteSettings{contact.HubSpot: {Direction: reconcile.FromCRM}}},
			contact.Company: {Policy: "source:hubspot"},
			"favouriteTea":  {Label: "Favourite tea", Remotes: map[contact.Provider]sync.RemoteSettings{contact.Pipedrive: {Remote: "Tea"}}},
		},
	})
	w.must(err)
	if view.Policy != reconcile.AppWins || view.Rev != 1 || view.Fields[len(view.Fields)-1].Label != "Favourite tea" {
		t.Errorf("view %+v", view)
	}
	w.pipedrive.AddField("Tea", "varchar")
	w.sync()
	c := w.contacts()["person1@example.com"]
	if hub := w.hubspot.Records()[0].Fields; hub["phone"] != "" {
		t.Errorf("the phone went to HubSpot although it only comes from there: %v", hub)
	}
	w.clock.Advance(time.Minute)
	pipe, _ := w.pipedrive.Record(string(c.Link(pipedriveCo).ExternalID))
	w.must(w.pipedrive.Edit(pipe.ID, map[string]string{"Tea": "Assam", "last_name": "Theirs"}))
	if _, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.LastName: "Ours"}, nil); err != nil {
		t.Fatal(err)
	}
	w.sync()
	got := w.contacts()["person1@example.com"].Values()
	if got["favouriteTea"] != "Assam" || got[contact.LastName] != "Ours" {
		t.Errorf("contact %v", got)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	w := newWorld(t)
	text := func(s string) *string { return &s }
	rev := int64(4)
	for name, tt := range map[string]struct {
		patch sync.SettingsPatch
		where string
	}{
		"policy":    {sync.SettingsPatch{Policy: text("mine")}, "policy"},
		"region":    {sync.SettingsPatch{Region: text("USA")}, "region"},
		"name":      {sync.SettingsPatch{Fields: map[contact.Field]*sync.FieldSettings{"a.b": {}}}, "fields.a.b"},
		"our key":   {sync.SettingsPatch{Fields: map[contact.Field]*sync.FieldSettings{contact.SyncKey: {}}}, "fields.contactSyncId"},
		"direction": {sync.SettingsPatch{Fields: map[contact.Field]*sync.FieldSettings{"tea": {Remotes: map[contact.Provider]sync.RemoteSettings{contact.HubSpot: {Direction: "up"}}}}}, "fields.tea"},
		"provider":  {sync.SettingsPatch{Fields: map[contact.Field]*sync.FieldSettings{"tea": {Remotes: map[contact.Provider]sync.RemoteSettings{"sugar": {}}}}}, "fields.tea"},
	} {
		_, err := w.service.UpdateSettings(w.ctx, acme, tt.patch)
		if e := fault.As(err); e == nil || e.Fields[tt.where] == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.service.UpdateSettings(w.ctx, acme, sync.SettingsPatch{Rev: &rev}); !fault.Is(err, fault.Stale) {
		t.Errorf("another revision: %v", err)
	}
}
