package sync_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/store/memory"
	"github.com/contactsync/contactsync/pkg/sync"
)

// TestCrashMatrix lets the instance crash before and after every use of a port of
// every scenario, one at a time. Whoever asked for what was under way asks again; then
// everything settles, the invariants have to hold, and everybody has to be there once.
func TestCrashMatrix(t *testing.T) {
	runs := 0
	for _, c := range crashScenarios {
		t.Run(c.name, func(t *testing.T) {
			points := c.check(t, 0, false)
			if points < 5 {
				t.Fatalf("only %d uses of ports", points)
			}
			for at := 1; at <= points; at += crashStride {
				c.check(t, at, true)
				c.check(t, at, false)
				runs += 2
			}
			t.Logf("%d uses of ports", points)
		})
	}
	t.Logf("%d crashes in %d scenarios", runs, len(crashScenarios))
}

// crashScenario is work in the course of which the instance crashes.
type crashScenario struct {
	name    string
	prepare func(*crashStage)
	acts    []crashAct
	people  int // how many have to be on every side in the end; -1: the sides differ on purpose
}

// crashAct is one invocation.
type crashAct struct {
	name string
	wait time.Duration // before it
	do   func(*crashStage, context.Context) error
}

// crashStage is what a scenario works with: a simulation in which nothing happens but
// what it says.
type crashStage struct {
	*simulation
	*tenant
	w        *worker
	contacts []*sync.Contact // after the preparation, by id
}

// crashSeed is of one customer with the default policy, whose writes to Pipedrive are
// verified.
const crashSeed = 3

// check carries out the scenario with a crash at a use of a port, counted from the first
// act; 0: without. It returns how many uses there were.
func (c *crashScenario) check(t *testing.T, at int, before bool) int {
	t.Helper()
	s, used := c.run(t.Context(), at, before, false)
	if len(s.broken) > 0 {
		s, _ = c.run(t.Context(), at, before, true)
		t.Fatalf("a crash at %d (before: %v) breaks:\n%s\n\n%s", at, before, s.report(), strings.Join(s.lines, "\n"))
	}
	return used
}

func (c *crashScenario) run(ctx context.Context, at int, before, keep bool) (s *simulation, used int) {
	s = newSimulation(ctx, memory.New(), crashSeed, keep)
	defer s.close()
	s.strict = true
	stage := &crashStage{simulation: s, tenant: s.tenants[0], w: s.workers[3]}
	c.prepare(stage)
	stage.contacts = s.stored(stage.tenant, "")
	s.trace("the scenario begins")
	stage.w.ports, stage.w.crashAt, stage.w.before = 0, at, before
	for _, act := range c.acts {
		s.clock.advance(act.wait)
		for ended := false; !ended && len(s.broken) == 0; {
			stage.w.invoke(act.name, func(ctx context.Context) {
				if err := act.do(stage, ctx); err != nil {
					s.say("%s: %v", act.name, err)
				}
				ended = true
			})
			stage.w.finish()
		}
		used = stage.w.ports
	}
	s.settle()
	if c.people >= 0 {
		stage.count(c.people)
	}
	return s, used
}

// count demands that so many people are on every side.
func (s *crashStage) count(people int) {
	living := func(rows []kit.Row) int {
		n := 0
		for _, r := range rows {
			if !r.Deleted {
				n++
			}
		}
		return n
	}
	app, hub, pipe := len(s.stored(s.tenant, sync.Active)), living(s.hubspot.Records()), living(s.pipedrive.Records())
	if app != people || hub != people || pipe != people {
		s.breaks("everybody once", "the app has %d, HubSpot %d, Pipedrive %d; want %d", app, hub, pipe, people)
	}
}

func (s *crashStage) must(err error) {
	if err != nil {
		panic(err)
	}
}

// inSync prepares n people on every side.
func inSync(n int) func(*crashStage) {
	return func(s *crashStage) {
		for i := range n {
			_, err := s.w.service.CreateContact(s.ctx, s.customer, contact.Values{
				contact.Email: s.email(uint32(i)), contact.FirstName: "P", contact.LastName: fmt.Sprint("N", i),
			})
			s.must(err)
		}
		s.w.run("the first sync", func(ctx context.Context) { s.must(s.sync(ctx)) })
		s.clock.advance(5 * time.Minute)
		s.must(s.hubspot.FlushWebhooks(s.ctx))
		s.mail = nil
	}
}

func (s *crashStage) sync(ctx context.Context) error {
	_, err := s.w.service.Sync(ctx, s.customer, sync.SyncRequest{})
	return err
}

func then(prepare, more func(*crashStage)) func(*crashStage) {
	return func(s *crashStage) {
		prepare(s)
		s.contacts = s.stored(s.tenant, "")
		more(s)
	}
}

// record returns the id of a contact's record.
func (s *crashStage) record(i int, p contact.Provider) string {
	return string(s.contacts[i].Link(contact.ConnectionID(string(s.customer) + ":" + string(p))).ExternalID)
}

// change lets somebody change a field in a CRM.
func (s *crashStage) change(i int, p contact.Provider, f contact.Field, v string) {
	row, _ := s.box(p).Record(s.record(i, p))
	s.must(s.box(p).Edit(row.ID, map[string]string{remoteName(p, f): v}))
	s.model.editedRemotely(s.tenant, p, row)
}

func (s *crashStage) remove(i int, p contact.Provider) {
	row, _ := s.box(p).Record(s.record(i, p))
	s.must(s.box(p).Delete(row.ID))
	s.model.deletedRemotely(s.tenant, p, row)
}

var (
	syncAct = crashAct{name: "sync", do: func(s *crashStage, ctx context.Context) error { return s.sync(ctx) }}
	// laterAct comes when what was reported gone can be confirmed.
	laterAct = crashAct{name: "sync", wait: time.Minute, do: syncAct.do}
	tellAct  = crashAct{name: "events", do: func(s *crashStage, ctx context.Context) error {
		if err := s.hubspot.FlushWebhooks(s.ctx); err != nil {
			return err
		}
		return s.w.service.Receive(ctx, s.mail)
	}}
)

func act(name string, do func(*crashStage, context.Context) error) []crashAct {
	return []crashAct{{name: name, do: do}, laterAct}
}

var crashScenarios = []crashScenario{
	{name: "first sync of both sides with overlap", people: 5, acts: []crashAct{syncAct}, prepare: func(s *crashStage) {
		for i := range 2 {
			_, err := s.w.service.CreateContact(s.ctx, s.customer, contact.Values{contact.Email: s.email(uint32(i)), contact.FirstName: "P"})
			s.must(err)
		}
		for i := range 3 {
			for _, p := range []contact.Provider{contact.HubSpot, contact.Pipedrive} {
				n := i + 1
				if p == contact.Pipedrive {
					n++
				}
				id, err := s.box(p).Create(map[string]string{remoteName(p, contact.Email): s.email(uint32(n)), remoteName(p, contact.FirstName): "P", remoteName(p, contact.Phone): fmt.Sprintf("+1650253%04d", n)})
				s.must(err)
				s.model.createdRemotely(s.tenant, p, id)
			}
		}
	}},
	{name: "poll with changes on all sides", people: 3, acts: []crashAct{
		{name: "edit", do: func(s *crashStage, ctx context.Context) error {
			_, err := s.w.service.UpdateContact(ctx, s.customer, s.contacts[0].ID, contact.Values{contact.JobTitle: "Engineer"}, nil)
			return err
		}}, syncAct,
	}, prepare: then(inSync(3), func(s *crashStage) {
		s.change(0, contact.HubSpot, contact.FirstName, "Ada")
		s.change(1, contact.HubSpot, contact.LastName, "Hopper")
		s.change(1, contact.Pipedrive, contact.Phone, "+16502530001")
		s.change(2, contact.Pipedrive, contact.LastName, "Byron")
	})},
	{name: "edit in the app", people: 1, prepare: inSync(1), acts: act("edit", func(s *crashStage, ctx context.Context) error {
		_, err := s.w.service.UpdateContact(ctx, s.customer, s.contacts[0].ID, contact.Values{contact.LastName: "Hopper", contact.Phone: "+16502530001"}, nil)
		return err
	})},
	{name: "create in the app", people: 2, prepare: inSync(1), acts: act("create", func(s *crashStage, ctx context.Context) error {
		_, err := s.w.service.CreateContact(ctx, s.customer, contact.Values{contact.Email: s.email(5), contact.FirstName: "Ada"})
		return err
	})},
	{name: "create in HubSpot", people: 2, prepare: then(inSync(1), func(s *crashStage) {
		id, err := s.hubspot.Create(map[string]string{"email": s.email(5), "firstname": "Ada"})
		s.must(err)
		s.model.createdRemotely(s.tenant, contact.HubSpot, id)
	}), acts: []crashAct{tellAct, laterAct}},
	{name: "create in Pipedrive", people: 2, prepare: then(inSync(1), func(s *crashStage) {
		id, err := s.pipedrive.Create(map[string]string{"emails": s.email(5), "first_name": "Ada"})
		s.must(err)
		s.model.createdRemotely(s.tenant, contact.Pipedrive, id)
	}), acts: []crashAct{syncAct}},
	{name: "delete in the app", people: 1, prepare: inSync(2), acts: act("delete", func(s *crashStage, ctx context.Context) error {
		return s.w.service.DeleteContact(ctx, s.customer, s.contacts[0].ID, nil)
	})},
	{name: "restore in the app", people: 2, prepare: then(inSync(2), func(s *crashStage) {
		s.w.run("delete", func(ctx context.Context) { s.must(s.w.service.DeleteContact(ctx, s.customer, s.contacts[0].ID, nil)) })
		s.clock.advance(5 * time.Minute)
	}), acts: act("restore", func(s *crashStage, ctx context.Context) error {
		s.model.restored(s.place(contact.App, string(s.contacts[0].ID)))
		_, err := s.w.service.RestoreContact(ctx, s.customer, s.contacts[0].ID)
		return err
	})},
	{name: "delete in HubSpot", people: 1, acts: []crashAct{tellAct, laterAct}, prepare: then(inSync(2), func(s *crashStage) {
		s.remove(0, contact.HubSpot)
	})},
	{name: "delete in Pipedrive", people: 1, acts: []crashAct{syncAct, laterAct}, prepare: then(inSync(2), func(s *crashStage) {
		s.remove(0, contact.Pipedrive)
	})},
	{name: "a deletion beaten by a change", people: -1, acts: []crashAct{tellAct, laterAct}, prepare: then(inSync(2), func(s *crashStage) {
		s.change(0, contact.Pipedrive, contact.Phone, "+16502530001")
		s.remove(0, contact.HubSpot)
	})},
	{name: "merge in HubSpot", people: -1, acts: []crashAct{tellAct, laterAct}, prepare: then(inSync(3), func(s *crashStage) {
		into, _ := s.hubspot.Record(s.record(0, contact.HubSpot))
		from, _ := s.hubspot.Record(s.record(1, contact.HubSpot))
		survivor, err := s.hubspot.Merge(into.ID, from.ID)
		s.must(err)
		s.model.mergedRemotely(s.tenant, contact.HubSpot, into, from, survivor)
	})},
	{name: "conflict", people: 1, acts: []crashAct{
		{name: "edit", do: func(s *crashStage, ctx context.Context) error {
			_, err := s.w.service.UpdateContact(ctx, s.customer, s.contacts[0].ID, contact.Values{contact.LastName: "Byron"}, nil)
			return err
		}}, syncAct,
	}, prepare: then(inSync(1), func(s *crashStage) {
		s.change(0, contact.HubSpot, contact.LastName, "Hopper")
		s.change(0, contact.Pipedrive, contact.LastName, "de la Cruz")
	})},
	{name: "choosing another value of a conflict", people: 1, prepare: then(inSync(1), func(s *crashStage) {
		s.change(0, contact.HubSpot, contact.LastName, "Hopper")
		s.change(0, contact.Pipedrive, contact.LastName, "de la Cruz")
		s.w.run("a conflict", func(ctx context.Context) { s.must(s.sync(ctx)) })
		s.clock.advance(5 * time.Minute)
	}), acts: act("choose", func(s *crashStage, ctx context.Context) error {
		k := s.conflicts(s.tenant)[0]
		s.model.choosing(s.tenant, &k)
		_, err := s.w.service.ResolveConflict(ctx, s.customer, k.ID, contact.Pipedrive.Source(), nil)
		return err
	})},
	{name: "import", people: 4, prepare: inSync(2), acts: act("import", func(s *crashStage, ctx context.Context) error {
		_, _, err := s.w.service.Import(ctx, s.customer, s.importRows())
		return err
	})},
	{name: "set-up of pronouns", people: 2, prepare: then(inSync(2), func(s *crashStage) {
		_, err := s.w.service.UpdateContact(s.ctx, s.customer, s.contacts[0].ID, contact.Values{contact.Pronouns: "she/her"}, nil)
		s.must(err)
	}), acts: act("set up", func(s *crashStage, ctx context.Context) error {
		_, err := s.w.service.SetUpPronouns(ctx, s.customer)
		return err
	})},
	{name: "brake and confirmation", people: 2, prepare: then(inSync(13), func(s *crashStage) {
		for i := range 11 {
			s.remove(i, contact.HubSpot)
		}
		s.must(s.hubspot.FlushWebhooks(s.ctx))
		s.w.run("events", func(ctx context.Context) { s.must(s.w.service.Receive(ctx, s.mail)) })
		s.clock.advance(time.Minute)
		s.w.run("sync", func(ctx context.Context) { s.must(s.sync(ctx)) })
		s.clock.advance(time.Minute)
	}), acts: append(act("confirm", func(s *crashStage, ctx context.Context) error {
		return s.w.service.ConfirmDeletions(ctx, s.customer, contact.HubSpot)
	}), crashAct{name: "sync", wait: 3 * time.Minute, do: syncAct.do})}, // within the hour, and when no lease is left
}

// importRows are a file with one person who is there, and two who are not.
func (s *crashStage) importRows() iter.Seq2[sync.ImportRow, error] {
	return func(yield func(sync.ImportRow, error) bool) {
		for i := range 3 {
			values := contact.Values{contact.Email: s.email(uint32(i + 1)), contact.FirstName: "P", contact.Phone: fmt.Sprintf("+1650253%04d", i)}
			if !yield(sync.ImportRow{Line: i + 2, Values: values}, nil) {
				return
			}
		}
	}
}
