package sync_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// toApprove makes a world whose first syncs wait for a person.
func toApprove(t *testing.T) *world {
	w := newWorld(t)
	yes := true
	_, err := w.service.UpdateSettings(w.ctx, acme, sync.SettingsPatch{ApproveFirstSync: &yes})
	w.must(err)
	return w
}

// start works on a run and returns it.
func (w *world) start() *sync.Run {
	w.Helper()
	run, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{})
	w.must(err)
	return run
}

func (w *world) approve(run *sync.Run) *sync.Run {
	w.Helper()
	run, err := w.service.Approve(w.ctx, acme, run.ID)
	w.must(err)
	return run
}

func (w *world) wantWaiting(run *sync.Run, providers ...contact.Provider) {
	w.Helper()
	if run.State != sync.RunWaiting || run.Plan == nil {
		w.Fatalf("run %s: %s", run.State, run.Error)
	}
	o, err := w.service.Status(w.ctx, acme)
	w.must(err)
	if o.Waiting == nil || o.Waiting.ID != run.ID {
		w.Errorf("it waits for %+v", o.Waiting)
	}
	if all := len(providers) == len(o.Connections); all && o.State != "waiting" {
		w.Errorf("overview %s", o.State)
	}
	for _, c := range o.Connections {
		if slices.Contains(providers, c.Provider) != (c.State == sync.ConnectionWaiting) {
			w.Errorf("%s is %s: %s", c.Provider, c.State, c.Message)
		}
	}
}

func TestAFirstSyncWaitsForApprovalAndThenDoesWhatWasPlanned(t *testing.T) {
	w := toApprove(t)
	for i := range 20 {
		p := person(i)
		p[contact.JobTitle] = "Engineer"
		w.create(p)
		if i < 5 {
			w.inHubSpot(person(i))
		}
	}
	w.inPipedrive(person(50))
	before, writes := w.everything(), w.writes()
	waiting := w.start()
	w.wantWaiting(waiting, contact.HubSpot, contact.Pipedrive)
	if w.writes() != writes {
		t.Errorf("%d writes before approval: %v %v", w.writes()-writes, w.hubspot.Calls().Snapshot(), w.pipedrive.Calls().Snapshot())
	}
	if diff := cmp.Diff(before[:20], w.everything()[:20]); diff != "" {
		t.Errorf("contacts changed before approval:\n%s", diff)
	}

	// Whatever is tried while it waits, nothing happens there.
	w.resetCalls()
	w.clock.Advance(time.Minute)
	if run := w.start(); run.State != sync.RunDone || run.ID == waiting.ID {
		t.Errorf("another run: %s %s", run.ID, run.State)
	}
	w.deliver(w.hubspotEvent(w.hubspot.Records()[0].ID))
	if n := w.hubspot.Calls().Total() + w.pipedrive.Calls().Total(); n != 0 {
		t.Errorf("%d calls while it waits", n)
	}

	run := w.approve(waiting)
	if run.ID != waiting.ID || run.State != sync.RunDone {
		t.Fatalf("approved: run %s %s: %s", run.ID, run.State, run.Error)
	}
	w.equal(21)
	if diff := cmp.Diff(waiting.Counts, run.Counts) + cmp.Diff(waiting.Details, run.Details) + cmp.Diff(waiting.Plan, run.Plan); diff != "" {
		t.Errorf("planned (-) and done (+):\n%s", diff)
	}
	for _, p := range []contact.Provider{contact.HubSpot, contact.Pipedrive} {
		if w.statusOf(p).State != sync.ConnectionActive {
			t.Errorf("%s is %s", p, w.statusOf(p).State)
		}
	}
	if n := w.staged(run); n != 0 {
		t.Errorf("%d staging rows are left", n)
	}
	w.resetCalls()
	w.sync()
	if n := w.writes(); n != 0 {
		t.Errorf("%d writes afterwards", n)
	}
	if _, err := w.service.Approve(w.ctx, acme, waiting.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("approved again: %v", err)
	}
}

func TestAPlanIsMadeAgainWhenItIsOldOrTheContactsChanged(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *world)
		waits  bool
	}{
		"old, the same":                  {func(w *world) { w.clock.Advance(2 * time.Hour) }, false},
		"a contact was edited":           {func(w *world) { w.editLastName(0, "Lovelace") }, false},
		"a few contacts more":            {func(w *world) { w.create(person(70)); w.create(person(71)) }, false},
		"many contacts more":             {func(w *world) { w.createMany(100, 130) }, true},
		"old, with a second record each": {func(w *world) { w.clock.Advance(2 * time.Hour); w.doubleInPipedrive(30) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := toApprove(t)
			w.createMany(0, 30)
			waiting := w.start()
			w.wantWaiting(waiting, contact.HubSpot, contact.Pipedrive)
			c.change(w)
			writes := w.writes()
			run := w.approve(waiting)
			if run.ID != waiting.ID {
				t.Fatalf("another run went on: %+v", run)
			}
			if c.waits {
				w.wantWaiting(run, contact.HubSpot, contact.Pipedrive)
				if !run.Plan.Changed || w.writes() != writes {
					t.Errorf("changed %t, %d writes", run.Plan.Changed, w.writes()-writes)
				}
				run = w.approve(run)
			}
			if run.State == sync.RunPartial {
				w.sync()
			} else if run.State != sync.RunDone {
				t.Fatalf("approved: %s: %s", run.State, run.Error)
			}
			if hub := w.hubspot.Records(); len(hub) != len(w.living()) {
				t.Errorf("%d of %d in HubSpot", len(hub), len(w.living()))
			}
			w.resetCalls()
			w.sync()
			if n := w.writes(); n != 0 {
				t.Errorf("%d writes afterwards", n)
			}
		})
	}
}

func (w *world) createMany(from, to int) {
	w.Helper()
	for i := from; i < to; i++ {
		w.create(person(i))
	}
}

func (w *world) doubleInPipedrive(n int) {
	w.Helper()
	for i := range n {
		w.inPipedrive(person(i))
		w.inPipedrive(person(i))
	}
}

func (w *world) editLastName(i int, name string) {
	w.Helper()
	c := w.contacts()[person(i)[contact.Email]]
	_, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.LastName: name}, nil)
	w.must(err)
}

func TestASecondConnectionWaitsWhileTheFirstSyncsOn(t *testing.T) {
	w := toApprove(t)
	w.must(w.service.PauseConnection(w.ctx, acme, contact.Pipedrive))
	w.createMany(0, 10)
	w.approve(w.start())
	w.must(w.service.ResumeConnection(w.ctx, acme, contact.Pipedrive))
	w.clock.Advance(time.Minute)
	waiting := w.start()
	w.wantWaiting(waiting, contact.Pipedrive)

	w.clock.Advance(10 * time.Minute)
	id := string(w.contacts()["person3@example.com"].Link(hubspotConn).ExternalID)
	w.must(w.hubspot.Edit(id, map[string]string{"lastname": "Hopper"}))
	w.start()
	w.editLastName(4, "Lovelace")
	if got := w.contacts()["person3@example.com"].Values()[contact.LastName]; got != "Hopper" {
		t.Errorf("an edit in HubSpot did not arrive: %q", got)
	}
	if n := len(w.pipedrive.Records()); n != 0 {
		t.Errorf("%d records in Pipedrive before approval", n)
	}
	w.approve(waiting)
	w.sync()
	w.equal(10)
	for _, r := range w.pipedrive.Records() {
		if r.Fields["emails"] == "person3@example.com" && r.Fields["last_name"] != "Hopper" {
			t.Errorf("Pipedrive has %v", r.Fields)
		}
	}
}

func TestAPlanThatIsDroppedPausesTheConnections(t *testing.T) {
	w := toApprove(t)
	w.createMany(0, 3)
	waiting := w.start()
	run, err := w.service.CancelPlan(w.ctx, acme, waiting.ID)
	w.must(err)
	if run.State != sync.RunCancelled || run.FinishedAt.IsZero() || w.staged(run) != 0 {
		t.Errorf("run %+v, %d rows", run, w.staged(run))
	}
	if c := w.statusOf(contact.HubSpot); c.State != sync.ConnectionPaused {
		t.Errorf("HubSpot is %s", c.State)
	}
	if run := w.start(); run.State != sync.RunDone {
		t.Errorf("the next run: %s", run.State)
	}
	if _, err := w.service.Approve(w.ctx, acme, waiting.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("approved what was dropped: %v", err)
	}
	w.must(w.service.ResumeConnection(w.ctx, acme, contact.HubSpot))
	again := w.start()
	w.wantWaiting(again, contact.HubSpot)
	if again.ID == waiting.ID {
		t.Error("the dropped run waits again")
	}
	w.approve(again)
	if n := len(w.hubspot.Records()); n != 3 {
		t.Errorf("%d records in HubSpot", n)
	}
	if _, err := w.service.CancelPlan(w.ctx, acme, "unknown"); !fault.Is(err, fault.NotFound) {
		t.Errorf("dropped an unknown run: %v", err)
	}
}

func TestAConnectionThatStopsWaitingTakesItsPlanAlong(t *testing.T) {
	w := toApprove(t)
	w.createMany(0, 3)
	waiting := w.start()
	for _, p := range []contact.Provider{contact.HubSpot, contact.Pipedrive} {
		w.must(w.service.PauseConnection(w.ctx, acme, p))
		w.must(w.service.ResumeConnection(w.ctx, acme, p))
	}
	again := w.start()
	w.wantWaiting(again, contact.HubSpot, contact.Pipedrive)
	old, err := w.service.Run(w.ctx, acme, waiting.ID)
	w.must(err)
	if old.State != sync.RunCancelled {
		t.Errorf("the plan before is %s", old.State)
	}
}

func TestAPlanThatIsInterruptedGoesOnAndWaits(t *testing.T) {
	w := toApprove(t)
	w.createMany(0, 10)
	w.inHubSpot(person(3))
	run := w.interrupted(sync.SyncRequest{}, 1)
	if run.State != sync.RunPartial {
		t.Fatalf("interrupted: %s", run.State)
	}
	w.restart()
	waiting := w.start()
	w.wantWaiting(waiting, contact.HubSpot, contact.Pipedrive)
	if waiting.ID != run.ID || w.writes() != 0 {
		t.Errorf("run %s, want %s; %d writes", waiting.ID, run.ID, w.writes())
	}
	done := w.approve(waiting)
	if diff := cmp.Diff(waiting.Counts, done.Counts); diff != "" || done.State != sync.RunDone {
		t.Errorf("%s: planned (-) and done (+):\n%s", done.State, diff)
	}
	w.equal(10)
}
