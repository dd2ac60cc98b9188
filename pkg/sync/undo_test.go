package sync_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// settleDays syncs until nothing is left to do, in full as well, and holds that nothing is
// written then.
func (w *world) settleDays() {
	w.Helper()
	for range 3 {
		w.clock.Advance(10 * time.Minute)
		w.sync()
	}
	w.clock.Advance(25 * time.Hour)
	w.sync()
	w.clock.Advance(10 * time.Minute)
	w.resetCalls()
	w.sync()
	if n := w.writes(); n != 0 {
		w.Errorf("%d writes after all was settled: %v %v", n, w.hubspot.Calls().Snapshot(), w.pipedrive.Calls().Snapshot())
	}
}

// wantSides compares what every side holds.
func (w *world) wantSides(app, hubspot, pipedrive []string) {
	w.Helper()
	a, h, p := w.sides()
	for _, side := range []struct {
		name      string
		got, want []string
	}{{"app", a, app}, {"HubSpot", h, hubspot}, {"Pipedrive", p, pipedrive}} {
		slices.Sort(side.want)
		if !slices.Equal(side.got, side.want) {
			w.Errorf("%s has %q, want %q", side.name, side.got, side.want)
		}
	}
}

// byron is a contact with a last name, that all sides have.
func (w *world) byron() *sync.Contact {
	w.Helper()
	w.create(contact.Values{contact.Email: "ada@example.com", contact.LastName: "B", contact.Phone: "1"})
	w.sync()
	w.clock.Advance(10 * time.Minute)
	w.sync()
	w.clock.Advance(time.Minute)
	return w.contacts()["ada@example.com"]
}

func (w *world) revertRun(id string) *sync.Run {
	w.Helper()
	run, err := w.service.RevertRun(w.ctx, acme, id)
	w.must(err)
	if run.State != sync.RunDone || run.Kind != sync.Reverting {
		w.Fatalf("the revert is %s %s: %s", run.Kind, run.State, run.Error)
	}
	return run
}

func TestAChangeIsTakenBackOnEverySide(t *testing.T) {
	w := newWorld(t)
	w.sync()
	c := w.byron()
	w.must(w.hubspot.Edit(w.id(c, hubspotConn), map[string]string{"phone": "2", "firstname": "Ada"}))
	w.sync()
	change := w.changeLog(sync.LogQuery{ContactID: c.ID})[0]
	w.clock.Advance(time.Minute)
	if _, err := w.service.RevertChange(w.ctx, acme, change.ID, contact.Company); !fault.Is(err, fault.Invalid) {
		t.Errorf("a field that did not change: %v", err)
	}
	if _, err := w.service.RevertChange(w.ctx, acme, "none", ""); !fault.Is(err, fault.NotFound) {
		t.Errorf("no change: %v", err)
	}
	run, err := w.service.RevertChange(w.ctx, acme, change.ID, contact.Phone)
	w.must(err)
	one := []string{"email=ada@example.com firstName=Ada lastName=B phone=1"}
	w.wantSides(one, one, one)
	stored, err := w.service.Run(w.ctx, acme, run.ID)
	w.must(err)
	if stored.Kind != sync.Reverting || stored.Revert.Reverted != 1 || stored.Revert.Field != contact.Phone || stored.Counts.Updated != 1 {
		t.Errorf("the run of the revert is %+v %+v", stored, stored.Revert)
	}
	w.wantChanges(sync.LogQuery{RunID: run.ID}, `updated by app phone "2">"1"; hubspot updated phone "2">"1"; pipedrive updated phone "2">"1"`)

	_, err = w.service.RevertChange(w.ctx, acme, change.ID, "")
	w.must(err)
	one = []string{"email=ada@example.com lastName=B phone=1"}
	w.wantSides(one, one, one)
	if got := w.contacts()["ada@example.com"].Fields[contact.FirstName]; got.Rule != sync.Reverted || got.Src != contact.App {
		t.Errorf("the value taken back is %+v", got)
	}
	marked, err := w.store.Change(w.ctx, acme, change.ID)
	w.must(err)
	if marked.State != sync.ChangeReverted {
		t.Errorf("the change is not marked: %+v", marked)
	}

	// Taking the reverts back leads to where it was.
	for range 2 {
		latest := w.changeLog(sync.LogQuery{ContactID: c.ID})
		i := slices.IndexFunc(latest, func(c sync.Change) bool { return c.State == "" && c.Reverts == change.ID })
		w.clock.Advance(time.Minute)
		_, err = w.service.RevertChange(w.ctx, acme, latest[i].ID, "")
		w.must(err)
	}
	one = []string{"email=ada@example.com firstName=Ada lastName=B phone=2"}
	w.wantSides(one, one, one)
	w.settleDays()
}

func TestWhatWasChangedSinceIsLeft(t *testing.T) {
	w := newWorld(t)
	w.sync()
	c := w.byron()
	w.must(w.hubspot.Edit(w.id(c, hubspotConn), map[string]string{"phone": "2", "firstname": "Ada"}))
	run := w.sync()
	change := w.changeLog(sync.LogQuery{RunID: run.ID})[0]
	w.clock.Advance(time.Minute)
	_, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.Phone: "3"}, nil)
	w.must(err)
	if _, err := w.service.RevertChange(w.ctx, acme, change.ID, contact.Phone); !fault.Is(err, fault.Conflict) {
		t.Errorf("changed since: %v", err)
	}
	revert := w.revertRun(run.ID)
	one := []string{"email=ada@example.com lastName=B phone=3"}
	w.wantSides(one, one, one)
	if r := revert.Revert; r.Reverted != 1 || r.Skipped != 1 || r.Skips[0].Field != contact.Phone || r.Skips[0].ContactID != c.ID {
		t.Errorf("the report is %+v", r)
	}
	entries, _, err := w.service.Activity(w.ctx, acme, sync.LogQuery{RunID: revert.ID, Level: sync.Warning})
	w.must(err)
	if len(entries) != 1 || entries[0].Op != "skipped" {
		t.Errorf("the log has %+v", entries)
	}
	w.settleDays()
}

// firstSync gives every side people of its own and one that all have, and runs the
// first sync.
func (w *world) firstSync() *sync.Run {
	w.Helper()
	w.create(contact.Values{contact.Email: "app@example.com", contact.LastName: "B"})
	w.create(contact.Values{contact.Email: "all@example.com", contact.LastName: "B", contact.Phone: "1"})
	for _, email := range []string{"hub@example.com", "all@example.com"} {
		_, err := w.hubspot.Create(map[string]string{"email": email, "lastname": "B", "phone": "2"})
		w.must(err)
	}
	for _, email := range []string{"pipe@example.com", "all@example.com"} {
		_, err := w.pipedrive.Create(map[string]string{"emails": email, "last_name": "B", "phones": "3"})
		w.must(err)
	}
	return w.sync()
}

func TestAFirstSyncIsTakenBack(t *testing.T) {
	w := newWorld(t)
	run := w.firstSync()
	everyone := []string{"email=all@example.com lastName=B phone=2", "email=app@example.com lastName=B", "email=hub@example.com lastName=B phone=2", "email=pipe@example.com lastName=B phone=3"}
	w.wantSides(everyone, everyone, everyone)
	w.clock.Advance(time.Minute)
	revert := w.revertRun(run.ID)
	before := func() {
		w.Helper()
		w.wantSides([]string{"email=app@example.com lastName=B", "email=all@example.com lastName=B phone=1"},
			[]string{"email=hub@example.com lastName=B phone=2", "email=all@example.com lastName=B phone=2"},
			[]string{"email=pipe@example.com lastName=B phone=3", "email=all@example.com lastName=B phone=3"})
	}
	before()
	if len(revert.Revert.Skips) > 0 {
		t.Errorf("skipped %+v", revert.Revert.Skips)
	}
	w.settleDays()
	before()
	for _, c := range w.changeLog(sync.LogQuery{RunID: run.ID}) {
		if c.State != sync.ChangeReverted {
			t.Errorf("not marked: %s", describeChange(c))
		}
	}
	if again := w.revertRun(run.ID); again.Revert.Reverted != 0 {
		t.Errorf("a second revert took back %+v", again.Revert)
	}
	before()

	// A revert is taken back like any run.
	back := w.revertRun(revert.ID)
	w.settleDays()
	w.wantSides(everyone, everyone, everyone)
	if len(back.Revert.Skips) > 0 {
		t.Errorf("skipped %+v", back.Revert.Skips)
	}
}

func TestAnImportIsTakenBack(t *testing.T) {
	w := newWorld(t)
	w.sync()
	w.byron()
	known, err := w.hubspot.Create(map[string]string{"email": "known@example.com", "lastname": "B", "phone": "7"})
	w.must(err)
	imported := []contact.Values{{contact.Email: "ada@example.com", contact.Phone: "2"}, {contact.Email: "known@example.com", contact.LastName: "B"}, {contact.Email: "edited@example.com", contact.LastName: "B"}}
	for i := range 30 {
		imported = append(imported, contact.Values{contact.Email: fmt.Sprintf("p%d@example.com", i), contact.LastName: "B"})
	}
	run := w.importRows(imported...)
	w.clock.Advance(time.Minute)
	w.sync()
	w.equal(33)
	w.clock.Advance(time.Minute)
	edited := w.contacts()["edited@example.com"]
	_, err = w.service.UpdateContact(w.ctx, acme, edited.ID, contact.Values{contact.Phone: "9"}, nil)
	w.must(err)
	w.revertRun(run.ID)
	w.settleDays()
	left := []string{"email=ada@example.com lastName=B phone=1", "email=edited@example.com lastName=B phone=9"}
	// The app's value of a record that was there before the import came from there.
	w.wantSides(append(left, "email=known@example.com lastName=B phone=7"), append(left, "email=known@example.com lastName=B phone=7"), append(left, "email=known@example.com lastName=B phone=7"))
	if r, _ := w.hubspot.Record(known); r.Deleted {
		t.Error("a record that was there before the import is gone")
	}
	conns, err := w.store.Connections(w.ctx, acme)
	w.must(err)
	for _, conn := range conns {
		if conn.Brake.Held() {
			t.Errorf("the brake holds what a person asked for: %s", conn.Brake.Reason)
		}
	}
}

func TestADeletionIsTakenBack(t *testing.T) {
	w := newWorld(t)
	w.sync()
	c := w.byron()
	w.must(w.pipedrive.Delete(w.id(c, pipedriveCo)))
	run := w.sync()
	w.clock.Advance(time.Minute)
	if app, _, _ := w.sides(); len(app) > 0 {
		t.Fatalf("not deleted: %v", app)
	}
	w.revertRun(run.ID)
	w.settleDays()
	w.equal(1)
}

func TestARevertWaitsForACRMThatIsAway(t *testing.T) {
	w := newWorld(t)
	run := w.firstSync()
	w.clock.Advance(time.Minute)
	w.pipedrive.Faults().Add(kit.Fault{Status: 503, Times: -1})
	w.revertRun(run.ID)
	app, _, pipe := w.sides()
	if len(app) != 2 || len(pipe) != 4 {
		t.Errorf("the app has %q, Pipedrive %q", app, pipe)
	}
	w.pipedrive.Faults().Clear()
	w.settleDays()
	w.wantSides([]string{"email=app@example.com lastName=B", "email=all@example.com lastName=B phone=1"},
		[]string{"email=hub@example.com lastName=B phone=2", "email=all@example.com lastName=B phone=2"},
		[]string{"email=pipe@example.com lastName=B phone=3", "email=all@example.com lastName=B phone=3"})
}

// TestARevertGoesOn interrupts a revert again and again: by its time, and by the store.
func TestARevertGoesOn(t *testing.T) {
	w := newWorld(t)
	for i := range 450 {
		_, err := w.hubspot.Create(map[string]string{"email": fmt.Sprintf("p%d@example.com", i), "lastname": "B"})
		w.must(err)
	}
	run := w.sync()
	w.clock.Advance(time.Minute)
	cuts := 0
	for ; ; cuts++ {
		w.counted.left = 3
		revert, err := w.service.RevertRun(w.ctx, acme, run.ID)
		w.counted.left = 0
		if err == nil && revert.State == sync.RunDone {
			break
		}
		if err != nil && !fault.Is(err, fault.Unavailable) || cuts > 20 {
			t.Fatalf("cut %d: %v", cuts, err)
		}
		w.clock.Advance(3 * time.Minute)
	}
	if cuts < 2 {
		t.Errorf("the store went away %d times only", cuts)
	}
	w.settleDays()
	app, hub, pipe := w.sides()
	if len(app) != 0 || len(hub) != 450 || len(pipe) != 0 {
		t.Errorf("%d, %d, %d people; want 0, 450, 0", len(app), len(hub), len(pipe))
	}
	deleted := 0
	for _, line := range w.changes(sync.LogQuery{}) {
		if strings.HasPrefix(line, "deleted by app") {
			deleted++
		}
	}
	if deleted != 450 {
		t.Errorf("%d deletions in the log, want 450", deleted)
	}
}

func TestASyncGoesOnWithARevert(t *testing.T) {
	w := newWorld(t)
	run := w.firstSync()
	w.clock.Advance(time.Minute)
	w.latency = 500 * time.Millisecond
	revert, err := w.service.RevertRun(until{w.ctx, w.clock.Now().Add(4 * time.Second)}, acme, run.ID)
	w.must(err)
	if revert.State != sync.RunPartial {
		t.Fatalf("the revert is %s", revert.State)
	}
	w.latency = 0
	w.clock.Advance(time.Minute)
	w.sync()
	after, err := w.service.Run(w.ctx, acme, revert.ID)
	w.must(err)
	if after.State != sync.RunDone || after.Revert.Reverted == 0 {
		t.Errorf("the sync did not go on with the revert: %+v", after)
	}
	w.settleDays()
	app, _, _ := w.sides()
	if len(app) != 2 {
		t.Errorf("the app has %q", app)
	}
}
