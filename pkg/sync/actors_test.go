package sync_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

// move is one step of a schedule: what happens, and the numbers that pick among what
// is there when it happens. A schedule stays one when moves are left out of it.
type move struct {
	kind       moveKind
	a, b, c, d uint32
}

type moveKind int

const (
	moveRun     moveKind = iota // an instance goes on, or begins an invocation
	moveWait                    // time passes
	moveUser                    // somebody acts in a CRM
	moveCrash                   // an instance ends in the middle
	moveFault                   // something will go wrong
	moveRepair                  // nothing goes wrong any more
	moveLand                    // a late write takes effect
	moveEvents                  // events are lost, doubled, shuffled
	moveRestore                 // a connection that a person ended is taken up again
)

// odds of the moves, in percent.
var odds = []struct {
	kind  moveKind
	share int
}{
	{moveRun, 58}, {moveWait, 7}, {moveUser, 18}, {moveCrash, 3}, {moveFault, 6}, {moveRepair, 2}, {moveLand, 2}, {moveEvents, 3}, {moveRestore, 1},
}

// movesOf returns the schedule of a seed.
func movesOf(seed uint64) []move {
	r := rand.New(rand.NewPCG(seed, 11))
	moves := make([]move, 30+r.IntN(90))
	for i := range moves {
		m := move{a: r.Uint32(), b: r.Uint32(), c: r.Uint32(), d: r.Uint32()}
		n := r.IntN(100)
		for _, o := range odds {
			if n -= o.share; n < 0 {
				m.kind = o.kind
				break
			}
		}
		moves[i] = m
	}
	return moves
}

// do carries out one move.
func (s *simulation) do(m move) {
	t := s.tenants[int(m.a>>16)%len(s.tenants)]
	switch m.kind {
	case moveRun:
		s.goOn(s.workers[int(m.a)%len(s.workers)], t, m)
	case moveWait:
		waits := []time.Duration{200 * time.Millisecond, time.Second, 5 * time.Second, 15 * time.Second, 2 * time.Minute, 10 * time.Minute}
		d := waits[int(m.a)%len(waits)]
		s.say("%v pass", d)
		s.clock.advance(d)
	case moveUser:
		s.somebody(t, m)
	case moveCrash:
		w := s.workers[int(m.a)%len(s.workers)]
		if len(w.tasks) == 0 {
			return
		}
		s.reached["crash"]++
		if m.b%2 == 0 {
			w.crash()
			return
		}
		w.dying = true // after what it is about to do
	case moveFault:
		p := planned{kind: faultKind(1 + m.a%uint32(faultKinds-1)), skip: int(m.b % 4), times: 1 + int(m.c%3)}
		p.provider = []contact.Provider{contact.HubSpot, contact.HubSpot, contact.HubSpot, contact.Pipedrive, contact.Pipedrive, contact.Pipedrive, ""}[m.d%7]
		s.say("trouble ahead for %s: %s, after %d, %d times", p.provider, faultNames[p.kind], p.skip, p.times)
		s.faults.waiting = append(s.faults.waiting, p)
	case moveRepair:
		s.faults.waiting = nil
	case moveLand:
		if len(s.late) > 0 {
			s.land(int(m.a) % len(s.late))
		}
	case moveEvents:
		s.disturb(t, m)
	case moveRestore:
		s.takeUpConnections(t)
	}
}

// steps an instance may go on for before the next move.
var strides = []int{1, 1, 2, 3, 5, 8, 13, 30, 200}

func (s *simulation) goOn(w *worker, t *tenant, m move) {
	if len(w.tasks) == 0 {
		s.begin(w, t, m)
	}
	r := rand.New(rand.NewPCG(uint64(m.d), uint64(m.c)))
	for range strides[int(m.b)%len(strides)] {
		if len(w.tasks) == 0 || len(s.broken) > 0 {
			return
		}
		w.step(r.Uint32())
	}
}

// begin lets an instance begin an invocation of its kind.
func (s *simulation) begin(w *worker, t *tenant, m move) {
	switch {
	case strings.HasPrefix(w.name, "cron"):
		if m.c%8 == 0 {
			w.invoke("a full sync of "+string(t.customer), func(ctx context.Context) {
				run, err := w.service.Sync(ctx, t.customer, sync.SyncRequest{Kind: sync.Full})
				s.ended(w, run, err)
			})
			return
		}
		w.invoke("the sync of all", func(ctx context.Context) {
			run, err := w.service.SyncAll(ctx)
			s.ended(w, run, err)
		})
	case w.name == "events":
		s.deliver(w, t, int(m.c%8)+1)
	default:
		s.request(w, t, m)
	}
}

func (s *simulation) ended(w *worker, run *sync.Run, err error) {
	if err != nil {
		s.say("%s ends: %s", w.name, fault.KindOf(err))
		return
	}
	s.say("%s ends: %s %s %+v %s", w.name, run.Kind, run.State, run.Counts, run.Error)
}

// deliver lets up to n events arrive.
func (s *simulation) deliver(w *worker, t *tenant, n int) {
	if err := t.hubspot.FlushWebhooks(s.ctx); err != nil {
		s.breaks("no panic", "webhooks: %v", err)
	}
	n = min(n, len(t.mail))
	if n == 0 {
		return
	}
	events := slices.Clone(t.mail[:n])
	t.mail = slices.Delete(t.mail, 0, n)
	w.invoke(fmt.Sprintf("%d events", n), func(ctx context.Context) {
		if err := w.service.Receive(ctx, events); err != nil {
			t.mail = append(t.mail, events...) // HubSpot sends them again
		}
	})
}

// disturb loses, doubles and shuffles events on their way.
func (s *simulation) disturb(t *tenant, m move) {
	if err := t.hubspot.FlushWebhooks(s.ctx); err != nil || len(t.mail) == 0 {
		return
	}
	i := int(m.b) % len(t.mail)
	switch m.c % 3 {
	case 0:
		s.say("an event about %s is lost", t.mail[i].ExternalID)
		t.mail = slices.Delete(t.mail, i, i+1)
	case 1:
		s.say("an event about %s comes twice", t.mail[i].ExternalID)
		t.mail = append(t.mail, t.mail[i])
	case 2:
		s.say("events overtake each other")
		rand.New(rand.NewPCG(uint64(m.d), 5)).Shuffle(len(t.mail), func(i, j int) { t.mail[i], t.mail[j] = t.mail[j], t.mail[i] })
	}
}

// The values people enter: few, so that they repeat; some that mean the same; blanks.
var words = map[contact.Field][]string{
	contact.FirstName: {"Ada", "Grace", "ada", "Mary Ann", "", " Ada "},
	contact.LastName:  {"Byron", "Hopper", "", "de la Cruz", "Byron"},
	contact.Phone:     {"+16502530001", "+1 650-253-0001", "+16502530002", "", "12"},
	contact.JobTitle:  {"Engineer", "", "Admiral"},
}

var wordFields = []contact.Field{contact.FirstName, contact.LastName, contact.Phone, contact.JobTitle}

// word picks a field and a value for it. No two customers ever enter the same.
func (t *tenant) word(a, b uint32) (contact.Field, string) {
	f := wordFields[int(a)%len(wordFields)]
	v := words[f][int(b)%len(words[f])]
	if t.number > 1 && v != "" {
		v = map[contact.Field]string{contact.Phone: "+4420794600", contact.FirstName: "Brew", contact.LastName: "Brew", contact.JobTitle: "Brew"}[f] + strings.TrimSpace(v)[len(strings.TrimSpace(v))-2:]
	}
	return f, v
}

// marks reports whether a value can only have been entered for this customer.
func (t *tenant) marks(v string) bool {
	if strings.HasSuffix(v, "@"+string(t.customer)+".example") {
		return true
	}
	if t.number > 1 {
		return strings.HasPrefix(v, "Brew") || strings.HasPrefix(v, "+4420")
	}
	return v == "Grace" || v == "Hopper" || v == "Admiral" || strings.HasPrefix(v, "+1650")
}

func (t *tenant) email(n uint32) string {
	return fmt.Sprintf("person%d@%s.example", n, t.customer)
}

// remoteName is what a CRM's own people call a field.
func remoteName(p contact.Provider, f contact.Field) string {
	names := map[contact.Field]string{contact.Email: "emails", contact.FirstName: "first_name", contact.LastName: "last_name",
		contact.Phone: "phones", contact.JobTitle: "Job title", contact.Pronouns: "Pronouns", contact.SyncKey: "Contact Sync ID"}
	if p == contact.HubSpot {
		names = map[contact.Field]string{contact.Email: "email", contact.FirstName: "firstname", contact.LastName: "lastname",
			contact.Phone: "phone", contact.JobTitle: "jobtitle", contact.Company: "company", contact.Pronouns: "pronouns", contact.SyncKey: "contact_sync_id"}
	}
	return names[f]
}

// somebody acts in a CRM: by its pages, at once.
func (s *simulation) somebody(t *tenant, m move) {
	p := []contact.Provider{contact.HubSpot, contact.Pipedrive}[m.a%2]
	b := t.box(p)
	records := b.Records()
	living := slices.DeleteFunc(slices.Clone(records), func(r kit.Row) bool { return r.Deleted })
	var row kit.Row
	if len(living) > 0 {
		row = living[int(m.c)%len(living)]
	}
	n := m.b % 100
	switch {
	case n < 25 || len(living) == 0:
		fields := map[string]string{remoteName(p, contact.Email): t.email(m.c % 6), remoteName(p, contact.FirstName): "P"}
		if f, v := t.word(m.c, m.d); v != "" && f != contact.JobTitle {
			fields[remoteName(p, f)] = v
		}
		if id, err := b.Create(fields); err == nil {
			s.say("%s: somebody creates %s %v", p, id, fields)
			s.model.createdRemotely(t, p, id)
		}
	case n < 82:
		f, v := t.word(m.d, m.d>>8)
		if err := b.Edit(row.ID, map[string]string{remoteName(p, f): v}); err == nil {
			s.say("%s: somebody changes %s of %s from %q to %q", p, f, row.ID, row.Fields[remoteName(p, f)], v)
			s.model.editedRemotely(t, p, row)
		}
	case n < 90:
		if b.Delete(row.ID) == nil {
			s.say("%s: somebody deletes %s", p, row.ID)
			s.model.deletedRemotely(t, p, row)
		}
	case n < 95:
		s.merge(t, p, row, living[int(m.d)%len(living)])
	default:
		gone := slices.DeleteFunc(records, func(r kit.Row) bool { return !r.Deleted })
		if len(gone) > 0 && b.Restore(gone[int(m.c)%len(gone)].ID) == nil {
			s.say("%s: somebody restores %s", p, gone[int(m.c)%len(gone)].ID)
			s.model.restored(t.place(p.Source(), gone[int(m.c)%len(gone)].ID))
		}
	}
}

func (s *simulation) merge(t *tenant, p contact.Provider, into, from kit.Row) {
	if into.ID == from.ID {
		return
	}
	var survivor string
	var err error
	if p == contact.HubSpot {
		survivor, err = t.hubspot.Merge(into.ID, from.ID)
	} else {
		survivor, err = into.ID, t.pipedrive.Merge(into.ID, from.ID)
	}
	if err == nil {
		s.say("%s: somebody merges %s into %s, which is %s then", p, from.ID, into.ID, survivor)
		s.model.mergedRemotely(t, p, into, from, survivor)
	}
}

// request lets somebody do something in the app.
func (s *simulation) request(w *worker, t *tenant, m move) {
	contacts := s.stored(t, sync.Active)
	n := m.c % 100
	if len(contacts) == 0 && n < 78 {
		n = 0
	}
	var c *sync.Contact
	if len(contacts) > 0 {
		c = contacts[int(m.d)%len(contacts)]
	}
	done := func(what string, err error) {
		if err != nil {
			s.say("%s: %s is refused: %s", w.name, what, fault.KindOf(err))
		}
	}
	switch {
	case n < 25:
		values := contact.Values{contact.Email: t.email(m.d % 6), contact.FirstName: "P"}
		if f, v := t.word(m.d>>4, m.d>>8); v != "" {
			values[f] = v
		}
		w.invoke(fmt.Sprintf("create %v", values), func(ctx context.Context) {
			_, err := w.service.CreateContact(ctx, t.customer, values)
			done("the new contact", err)
		})
	case n < 68:
		f, v := t.word(m.d>>4, m.d>>8)
		w.invoke(fmt.Sprintf("change %s of %s to %q", f, c.ID, v), func(ctx context.Context) {
			_, err := w.service.UpdateContact(ctx, t.customer, c.ID, contact.Values{f: v}, nil)
			done("the change", err)
		})
	case n < 78:
		w.invoke("delete "+string(c.ID), func(ctx context.Context) {
			done("the deletion", w.service.DeleteContact(ctx, t.customer, c.ID, nil))
		})
	case n < 86:
		gone := s.stored(t, sync.Archived)
		if len(gone) == 0 {
			return
		}
		c := gone[int(m.d)%len(gone)]
		w.invoke("restore "+string(c.ID), func(ctx context.Context) {
			s.model.restored(t.place(contact.App, string(c.ID)))
			_, err := w.service.RestoreContact(ctx, t.customer, c.ID)
			done("the restore", err)
		})
	case n < 92:
		conflicts, _, _, err := s.store.ListConflicts(s.ctx, t.customer, sync.LogQuery{})
		if err != nil || len(conflicts) == 0 {
			return
		}
		k := conflicts[int(m.d)%len(conflicts)]
		choice := k.Values[int(m.d>>8)%len(k.Values)].Source
		w.invoke(fmt.Sprintf("choose %s of %s of %s", choice, k.Field, k.ContactID), func(ctx context.Context) {
			s.model.choosing(t, &k)
			_, err := w.service.ResolveConflict(ctx, t.customer, k.ID, choice, nil)
			done("the choice", err)
		})
	default:
		s.administer(w, t, m)
	}
}

// administer lets somebody change the connections.
func (s *simulation) administer(w *worker, t *tenant, m move) {
	p := []contact.Provider{contact.HubSpot, contact.Pipedrive}[m.d%2]
	acts := []struct {
		name string
		do   func(context.Context) error
	}{
		{"pause", func(ctx context.Context) error { return w.service.PauseConnection(ctx, t.customer, p) }},
		{"resume", func(ctx context.Context) error { return w.service.ResumeConnection(ctx, t.customer, p) }},
		{"disconnect", func(ctx context.Context) error { return w.service.Disconnect(ctx, t.customer, p) }},
		{"connect", func(ctx context.Context) error { return w.service.Connect(ctx, t.customer, p, t.token(p)) }},
		{"test", func(ctx context.Context) error { return w.service.TestConnection(ctx, t.customer, p) }},
		{"confirm deletions", func(ctx context.Context) error { return w.service.ConfirmDeletions(ctx, t.customer, p) }},
		{"set up pronouns", func(ctx context.Context) error { _, err := w.service.SetUpPronouns(ctx, t.customer); return err }},
	}
	act := acts[int(m.d>>4)%len(acts)]
	s.reached[act.name]++
	w.invoke(act.name+" "+string(p), func(ctx context.Context) {
		if err := act.do(ctx); err != nil {
			s.say("%s: %s is refused: %s", w.name, act.name, fault.KindOf(err))
		}
	})
}

// takeUpConnections ends every pause and every disconnection.
func (s *simulation) takeUpConnections(t *tenant) {
	w := s.workers[len(s.workers)-1]
	if len(w.tasks) > 0 {
		return
	}
	conns, err := s.store.Connections(s.ctx, t.customer)
	if err != nil {
		return
	}
	for _, c := range conns {
		if c.State == sync.ConnectionActive || c.State == sync.ConnectionNew {
			continue
		}
		w.run("take up "+string(c.Provider), func(ctx context.Context) {
			if err := w.service.Connect(ctx, t.customer, c.Provider, t.token(c.Provider)); err != nil {
				s.say("%s: connecting is refused: %s", w.name, fault.KindOf(err))
			}
		})
	}
}

// stored returns the customer's contacts of a lifecycle, by id; "" means all.
func (s *simulation) stored(t *tenant, lifecycle sync.Lifecycle) []*sync.Contact {
	all, err := s.store.ScanContacts(s.ctx, t.customer, "", 500)
	if err != nil {
		panic(err)
	}
	return slices.DeleteFunc(all, func(c *sync.Contact) bool { return lifecycle != "" && c.Lifecycle != lifecycle })
}
