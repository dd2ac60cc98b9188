package sync_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// planScenes has each world in which a plan is made and then carried out.
var planScenes = map[string]func(w *world){
	"nothing anywhere": func(*world) {},
	"the app's contacts": func(w *world) {
		for i := range 130 {
			p := person(i)
			p[contact.JobTitle] = "Engineer"
			w.create(p)
		}
	},
	"empty app, both CRMs overlap": func(w *world) {
		for i := range 120 {
			if i%3 != 0 {
				w.inHubSpot(person(i))
			}
			if i%3 != 1 {
				w.inPipedrive(person(i))
			}
		}
	},
	"all sides overlap and differ": func(w *world) {
		for i := range 60 {
			p := person(i)
			if i%2 == 0 {
				w.create(p)
			}
			if i%3 == 0 {
				p[contact.Phone] = "+16502539999"
				w.inHubSpot(p)
			}
			if i%5 == 0 {
				p[contact.LastName] = "Other"
				w.inPipedrive(p)
			}
		}
	},
	"what a person has to decide": func(w *world) {
		for i := range 4 {
			w.create(person(i))
		}
		for range 2 {
			w.inPipedrive(person(1))
		}
		w.inHubSpot(person(2))
	},
	"nothing changed": func(w *world) { w.settled(30) },
	"changes on every side": func(w *world) {
		all := w.settled(40)
		for i, c := range all {
			switch i % 4 {
			case 0:
				w.must(w.hubspot.Edit(string(c.Link(hubspotConn).ExternalID), map[string]string{"phone": fmt.Sprintf("+1650254%04d", i)}))
			case 1:
				w.must(w.pipedrive.Edit(string(c.Link(pipedriveCo).ExternalID), map[string]string{"last_name": "Changed"}))
			}
		}
		w.inHubSpot(person(90))
		w.inPipedrive(person(91))
	},
	"conflicts": func(w *world) {
		for i, c := range w.settled(12) {
			w.must(w.hubspot.Edit(string(c.Link(hubspotConn).ExternalID), map[string]string{"phone": fmt.Sprintf("+1650254%04d", i)}))
			w.must(w.pipedrive.Edit(string(c.Link(pipedriveCo).ExternalID), map[string]string{"phones": fmt.Sprintf("+1650255%04d", i)}))
		}
	},
	"deletions in both CRMs": func(w *world) {
		for i, c := range w.settled(60) {
			if i < 7 {
				w.must(w.hubspot.Delete(string(c.Link(hubspotConn).ExternalID)))
			}
			if i > 55 {
				w.must(w.pipedrive.Delete(string(c.Link(pipedriveCo).ExternalID)))
			}
			if i == 57 { // a change beats a deletion
				w.must(w.hubspot.Edit(string(c.Link(hubspotConn).ExternalID), map[string]string{"lastname": "Lives"}))
			}
		}
	},
	"deletions that the brake holds": func(w *world) {
		for i, c := range w.settled(60) {
			if i < 25 {
				w.must(w.pipedrive.Delete(string(c.Link(pipedriveCo).ExternalID)))
			}
		}
	},
	"merged in HubSpot": func(w *world) {
		all := w.settled(5)
		_, err := w.hubspot.Merge(string(all[1].Link(hubspotConn).ExternalID), string(all[3].Link(hubspotConn).ExternalID))
		w.must(err)
	},
	"fields that were set up since": func(w *world) {
		p := person(1)
		p[contact.Pronouns] = "she/her"
		w.create(p)
		w.sync()
		_, err := w.service.SetUpPronouns(w.ctx, acme)
		w.must(err)
	},
}

// settled makes n contacts on all sides and lets an hour pass.
func (w *world) settled(n int) []*sync.Contact {
	w.Helper()
	for i := range n {
		w.create(person(i))
	}
	w.sync()
	w.clock.Advance(time.Hour)
	return w.living()
}

func (w *world) inHubSpot(p contact.Values) {
	w.Helper()
	_, err := w.hubspot.Create(map[string]string{
		"email": p[contact.Email], "firstname": p[contact.FirstName], "lastname": p[contact.LastName], "phone": p[contact.Phone],
	})
	w.must(err)
}

func (w *world) inPipedrive(p contact.Values) {
	w.Helper()
	_, err := w.pipedrive.Create(map[string]string{
		"emails": p[contact.Email], "first_name": p[contact.FirstName], "last_name": p[contact.LastName], "phones": p[contact.Phone],
	})
	w.must(err)
}

func (w *world) dryRun() *sync.Run {
	w.Helper()
	run, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{DryRun: true})
	w.must(err)
	if run.State != sync.RunDone || run.Plan == nil {
		w.Fatalf("dry run %s: %s", run.State, run.Error)
	}
	return run
}

// everything is what is stored and what the CRMs hold, but for runs and staging rows.
func (w *world) everything() []string {
	w.Helper()
	var list []string
	add := func(what string, v any, err error) {
		w.must(err)
		text, err := json.Marshal(v)
		w.must(err)
		list = append(list, what+" "+string(text))
	}
	contacts, err := w.store.ScanContacts(w.ctx, acme, "", 500)
	for _, c := range contacts {
		add("contact", c, err)
		for _, l := range c.Links {
			stones, err := w.store.Tombstones(w.ctx, acme, l.ConnectionID, []contact.ExternalID{l.ExternalID})
			add("tombstones", stones, err)
		}
	}
	conns, err := w.store.Connections(w.ctx, acme)
	add("connections", conns, err)
	activity, _, err := w.store.ListActivity(w.ctx, acme, sync.LogQuery{Limit: 200})
	add("activity", activity, err)
	conflicts, _, _, err := w.store.ListConflicts(w.ctx, acme, sync.LogQuery{Limit: 200})
	add("conflicts", conflicts, err)
	reviews, err := w.store.ListReviews(w.ctx, acme)
	add("reviews", reviews, err)
	hints, _, err := w.store.CountHints(w.ctx, acme)
	add("hints", hints, err)
	add("HubSpot", w.hubspot.Records(), nil)
	add("Pipedrive", w.pipedrive.Records(), nil)
	return list
}

func (w *world) staged(run *sync.Run) int {
	w.Helper()
	n := 0
	for _, conn := range []contact.ConnectionID{hubspotConn, pipedriveCo} {
		rows, err := w.store.StagedPage(w.ctx, acme, run.ID, conn, "", 500)
		w.must(err)
		n += len(rows)
	}
	return n
}

func TestAPlanIsWhatTheRunThenDoes(t *testing.T) {
	for name, arrange := range planScenes {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			arrange(w)
			before, writes := w.everything(), w.writes()
			reviews, err := w.service.Reviews(w.ctx, acme)
			w.must(err)
			contacts := len(w.living())

			dry := w.dryRun()
			if diff := cmp.Diff(before, w.everything()); diff != "" || w.writes() != writes {
				t.Fatalf("the dry run has written:\n%s", diff)
			}
			if n := w.staged(dry); n != 0 {
				t.Errorf("the dry run has left %d staging rows", n)
			}

			run, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{Kind: sync.Full})
			w.must(err)
			if run.State != sync.RunDone {
				t.Fatalf("run %s: %s", run.State, run.Error)
			}
			if diff := cmp.Diff(dry.Counts, run.Counts); diff != "" {
				t.Errorf("counts, planned (-) and done (+):\n%s", diff)
			}
			if diff := cmp.Diff(dry.Details, run.Details); diff != "" {
				t.Errorf("details, planned (-) and done (+):\n%s", diff)
			}
			plan := dry.Plan
			if diff := cmp.Diff(plan.Calls, run.Calls); diff != "" {
				t.Errorf("calls, planned (-) and made (+):\n%s", diff)
			}
			if got := len(w.living()) - contacts; got != plan.Creates[contact.App]-plan.Deletes[contact.App] {
				t.Errorf("%d contacts came and went, planned were %d and %d", got, plan.Creates[contact.App], plan.Deletes[contact.App])
			}
			now, err := w.service.Reviews(w.ctx, acme)
			w.must(err)
			if got := len(now) - len(reviews); got != plan.Reviews {
				t.Errorf("%d reviews, planned were %d", got, plan.Reviews)
			}
		})
	}
}

func TestAPlanShowsExamples(t *testing.T) {
	w := newWorld(t)
	all := w.settled(30)
	for i, c := range all[:25] {
		w.must(w.hubspot.Edit(string(c.Link(hubspotConn).ExternalID), map[string]string{"phone": fmt.Sprintf("+1650254%04d", i)}))
	}
	w.must(w.pipedrive.Edit(string(all[0].Link(pipedriveCo).ExternalID), map[string]string{"phones": "+16502559999"}))
	w.must(w.pipedrive.Delete(string(all[29].Link(pipedriveCo).ExternalID)))
	w.inPipedrive(person(77))
	plan := w.dryRun().Plan
	kinds := map[string]int{}
	for _, item := range plan.Sample {
		kinds[string(item.Kind)+" "+string(item.Side)]++
	}
	want := map[string]int{
		"update app": 10, "update pipedrive": 10, // 20 of a kind
		"conflict hubspot": 1, "create app": 1, "create hubspot": 1, "delete app": 1, "delete hubspot": 1,
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("examples:\n%s", diff)
	}
	for _, item := range plan.Sample {
		if item.Kind == sync.PlanUpdate && item.Side == "pipedrive" && item.ContactID == all[1].ID {
			want := sync.PlanItem{
				Kind: sync.PlanUpdate, Side: "pipedrive", ContactID: all[1].ID, ContactName: "First1 Last1",
				Fields: []sync.PlanField{{Field: contact.Phone, Before: "+16502530001", After: "+16502540001"}},
			}
			if diff := cmp.Diff(want, item); diff != "" {
				t.Error(diff)
			}
			return
		}
	}
	t.Errorf("no update of %s among %+v", all[1].ID, plan.Sample)
}

// interrupted begins a run that has time for about so many calls to the CRMs.
func (w *world) interrupted(req sync.SyncRequest, calls int) *sync.Run {
	w.Helper()
	ctx, cancel := w.clock.WithTimeout(w.ctx, time.Duration(calls)*10*time.Second+7*time.Second)
	defer cancel()
	w.latency = 10 * time.Second
	run, err := w.service.Sync(ctx, acme, req)
	w.must(err)
	w.latency = 0
	return run
}

func TestAnInterruptedPlanGoesOn(t *testing.T) {
	for calls := 1; calls < 14; calls++ {
		t.Run(fmt.Sprint(calls), func(t *testing.T) {
			w := newWorld(t)
			planScenes["deletions in both CRMs"](w)
			for range 2 {
				w.inPipedrive(person(1))
			}
			before := w.everything()
			dry := w.interrupted(sync.SyncRequest{DryRun: true}, calls)
			if dry.State != sync.RunPartial && calls < 3 {
				t.Fatalf("interrupted: %s", dry.State)
			}
			if calls == 5 {
				w.clock.Advance(2 * time.Hour)
			}
			w.restart()
			if again := w.dryRun(); again.ID != dry.ID && dry.State == sync.RunPartial {
				t.Errorf("run %s goes on as %s", dry.ID, again.ID)
			} else {
				dry = again
			}
			if diff := cmp.Diff(before, w.everything()); diff != "" {
				t.Errorf("written:\n%s", diff)
			}
			if n := w.staged(dry); n != 0 {
				t.Errorf("%d staging rows are left", n)
			}
			run, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{Kind: sync.Full})
			w.must(err)
			reviews, err := w.service.Reviews(w.ctx, acme)
			w.must(err)
			if diff := cmp.Diff(dry.Counts, run.Counts) + cmp.Diff(dry.Plan.Calls, run.Calls); diff != "" || dry.Plan.Reviews != len(reviews) {
				t.Errorf("planned (-) and done (+), %d reviews planned of %d:\n%s", dry.Plan.Reviews, len(reviews), diff)
			}
		})
	}
}
