package sync_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

var (
	histories   = flag.Int("histories", 100, "how many random histories to run")
	historySeed = flag.Uint64("history-seed", 1, "seed of the first history; the others follow")
)

// TestRandomHistories lets people on three sides, a network that fails, lost and
// doubled events and crashes at any call have their way, then waits until all is
// quiet and demands that everything is equal, that nothing was doubled, and that
// nothing is written any more.
func TestRandomHistories(t *testing.T) {
	for i := range uint64(*histories) {
		seed := *historySeed + i
		if !t.Run(fmt.Sprint(seed), func(t *testing.T) { newHistory(t, seed).run() }) {
			t.Logf("replay: go test ./pkg/sync -run RandomHistories -histories 1 -seed %d -v", seed)
			return
		}
	}
}

// history is one random history.
type history struct {
	*world
	rand   *rand.Rand
	events []sync.Event
	people int
	log    []string
}

func newHistory(t *testing.T, seed uint64) *history {
	return &history{world: newWorld(t), rand: rand.New(rand.NewPCG(seed, 7))}
}

func (h *history) run() {
	defer func() {
		if h.Failed() {
			h.Log(strings.Join(h.log, "\n"))
			entries, _, _ := h.service.Activity(h.ctx, acme, sync.LogQuery{Limit: 200})
			for _, a := range slices.Backward(entries) {
				h.Logf("%s %s %s %s: %s", a.At.Format("15:04:05.000"), a.ContactName, a.Provider, a.Op, a.Message)
			}
		}
	}()
	for range h.rand.IntN(6) {
		h.step()
	}
	h.say("first sync")
	h.invoke()
	for range 15 + h.rand.IntN(25) {
		h.step()
	}
	h.settleDown()
	h.check()
}

func (h *history) say(format string, args ...any) {
	h.log = append(h.log, h.clock.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// step does one random thing.
func (h *history) step() {
	h.clock.Advance(time.Duration(h.rand.IntN(4000)) * time.Millisecond)
	switch n := h.rand.IntN(100); {
	case n < 12:
		h.appCreate()
	case n < 22:
		h.crmCreate()
	case n < 36:
		h.appEdit()
	case n < 56:
		h.crmEdit()
	case n < 60:
		h.appDelete()
	case n < 65:
		h.crmDelete()
	case n < 67:
		h.crmMerge()
	case n < 69:
		h.crmRestore()
	case n < 76:
		h.deliverSome()
	case n < 82:
		h.breakSomething()
	case n < 85:
		h.say("faults end")
		h.hubspot.Faults().Clear()
		h.pipedrive.Faults().Clear()
	case n < 90:
		h.say("a long pause")
		h.clock.Advance(time.Duration(h.rand.IntN(400)) * time.Second)
	case n < 93:
		h.say("restart")
		h.restart()
	default:
		h.invoke()
	}
}

// invoke runs a sync, cut off at a random call now and then.
func (h *history) invoke() {
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	if h.rand.IntN(3) == 0 {
		n := 1 + h.rand.IntN(12)
		h.say("sync, cut off after %d calls", n)
		h.cutAfter(n, cancel)
	} else {
		h.say("sync")
	}
	run, err := h.service.Sync(ctx, acme, sync.SyncRequest{})
	h.cutAfter(0, nil)
	if err != nil && ctx.Err() == nil {
		h.Fatalf("sync: %v", err)
	}
	if run != nil {
		h.say("  -> %s %s %+v %s", run.Kind, run.State, run.Counts, run.Error)
	}
}

var editable = []contact.Field{contact.FirstName, contact.LastName, contact.Phone}

func (h *history) word() string { return fmt.Sprintf("v%d", h.rand.IntN(4)) }

func (h *history) appCreate() {
	h.people++
	h.say("app: create person%d", h.people)
	_, err := h.service.CreateContact(h.ctx, acme, person(h.people))
	if err != nil {
		h.say("  -> %v", err)
	}
}

func (h *history) crmCreate() {
	h.people++
	p := person(h.people)
	if h.rand.IntN(2) == 0 {
		id, err := h.hubspot.Create(map[string]string{"email": p[contact.Email], "firstname": p[contact.FirstName]})
		h.must(err)
		h.say("HubSpot: create person%d as %s", h.people, id)
		h.notify(id, false)
		return
	}
	id, err := h.pipedrive.Create(map[string]string{"emails": p[contact.Email], "first_name": p[contact.FirstName], "last_name": p[contact.LastName]})
	h.must(err)
	h.say("Pipedrive: create person%d as %s", h.people, id)
}

func (h *history) appEdit() {
	c := h.anyContact()
	if c == nil {
		return
	}
	patch := contact.Values{editable[h.rand.IntN(3)]: h.word()}
	h.say("app: edit %s %v", c.Values()[contact.Email], patch)
	if _, err := h.service.UpdateContact(h.ctx, acme, c.ID, patch, nil); err != nil {
		h.say("  -> %v", err)
	}
}

func (h *history) crmEdit() {
	if h.rand.IntN(2) == 0 {
		if r, ok := anyRow(h, h.hubspot.Records()); ok {
			patch := map[string]string{[]string{"firstname", "lastname", "phone"}[h.rand.IntN(3)]: h.word()}
			h.say("HubSpot: edit %s %v", r.ID, patch)
			h.must(h.hubspot.Edit(r.ID, patch))
			h.notify(r.ID, false)
		}
		return
	}
	if r, ok := anyRow(h, h.pipedrive.Records()); ok {
		patch := map[string]string{[]string{"first_name", "last_name", "phones"}[h.rand.IntN(3)]: h.word()}
		h.say("Pipedrive: edit %s %v", r.ID, patch)
		h.must(h.pipedrive.Edit(r.ID, patch))
	}
}

func (h *history) appDelete() {
	if c := h.anyContact(); c != nil {
		h.say("app: delete %s", c.Values()[contact.Email])
		if err := h.service.DeleteContact(h.ctx, acme, c.ID, nil); err != nil {
			h.say("  -> %v", err)
		}
	}
}

func (h *history) crmDelete() {
	if h.rand.IntN(2) == 0 {
		if r, ok := anyRow(h, h.hubspot.Records()); ok {
			h.say("HubSpot: delete %s", r.ID)
			h.must(h.hubspot.Delete(r.ID))
			h.notify(r.ID, true)
		}
		return
	}
	if r, ok := anyRow(h, h.pipedrive.Records()); ok {
		h.say("Pipedrive: delete %s", r.ID)
		h.must(h.pipedrive.Delete(r.ID))
	}
}

func (h *history) crmMerge() {
	a, ok := anyRow(h, h.hubspot.Records())
	b, _ := anyRow(h, h.hubspot.Records())
	if !ok || a.ID == b.ID {
		return
	}
	id, err := h.hubspot.Merge(a.ID, b.ID)
	h.must(err)
	h.say("HubSpot: merge %s into %s as %s", b.ID, a.ID, id)
	h.notify(a.ID, true)
	h.notify(b.ID, true)
	h.notify(id, false)
}

func (h *history) crmRestore() {
	if h.rand.IntN(2) == 0 {
		if id := anyDeleted(h, h.hubspot.Records()); id != "" {
			err := h.hubspot.Restore(id)
			h.say("HubSpot: restore %s: %v", id, err)
			h.notify(id, false)
		}
		return
	}
	if id := anyDeleted(h, h.pipedrive.Records()); id != "" {
		err := h.pipedrive.Restore(id)
		h.say("Pipedrive: restore %s: %v", id, err)
	}
}

// anyDeleted returns a deleted record, or "".
func anyDeleted(h *history, rows []kit.Row) string {
	rows = slices.DeleteFunc(rows, func(r kit.Row) bool { return !r.Deleted })
	if len(rows) == 0 {
		return ""
	}
	slices.SortFunc(rows, func(a, b kit.Row) int { return strings.Compare(a.ID, b.ID) })
	return rows[h.rand.IntN(len(rows))].ID
}

// notify queues HubSpot's event about a record; some are lost, some doubled.
func (h *history) notify(id string, deleted bool) {
	e := sync.Event{Provider: contact.HubSpot, AccountID: h.connectionOf(contact.HubSpot).AccountID,
		ExternalID: contact.ExternalID(id), Deleted: deleted, At: h.clock.Now()}
	for range []int{1, 1, 1, 0, 2}[h.rand.IntN(5)] {
		h.events = append(h.events, e)
	}
}

// deliverSome delivers some of the waiting events, in any order.
func (h *history) deliverSome() {
	h.rand.Shuffle(len(h.events), func(i, j int) { h.events[i], h.events[j] = h.events[j], h.events[i] })
	n := h.rand.IntN(len(h.events) + 1)
	h.say("%d events arrive", n)
	if err := h.service.Receive(h.ctx, h.events[:n]); err != nil {
		h.say("  -> %v", err)
	}
	h.events = slices.Clone(h.events[n:])
}

func (h *history) breakSomething() {
	f := []kit.Fault{
		{Drop: "before"}, {Drop: "after"}, {Status: 500, Body: "{}"}, {Status: 503, Body: "busy"},
		{Status: 504, Body: "<html>", ContentType: "text/html", Applied: true},
	}[h.rand.IntN(5)]
	f.Skip, f.Times = h.rand.IntN(3), 1+h.rand.IntN(6)
	if h.rand.IntN(2) == 0 {
		h.say("HubSpot breaks: %+v", f)
		h.hubspot.Faults().Add(f)
		return
	}
	h.say("Pipedrive breaks: %+v", f)
	h.pipedrive.Faults().Add(f)
}

func (h *history) anyContact() *sync.Contact {
	all := h.contacts()
	if len(all) == 0 {
		return nil
	}
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return all[names[h.rand.IntN(len(names))]]
}

func anyRow(h *history, rows []kit.Row) (kit.Row, bool) {
	rows = slices.DeleteFunc(rows, func(r kit.Row) bool { return r.Deleted })
	if len(rows) == 0 {
		return kit.Row{}, false
	}
	slices.SortFunc(rows, func(a, b kit.Row) int { return strings.Compare(a.ID, b.ID) })
	return rows[h.rand.IntN(len(rows))], true
}

// settleDown ends all trouble and syncs until time alone changes nothing.
func (h *history) settleDown() {
	h.say("trouble ends")
	h.hubspot.Faults().Clear()
	h.pipedrive.Faults().Clear()
	h.must(h.service.Receive(h.ctx, h.events))
	for range 4 {
		h.clock.Advance(5 * time.Minute)
		h.sync()
	}
	// A full listing finds what lost events kept from the polls.
	for range 2 {
		run, err := h.service.Sync(h.ctx, acme, sync.SyncRequest{Kind: sync.Full})
		h.must(err)
		h.say("full -> %s %+v", run.State, run.Counts)
		h.clock.Advance(5 * time.Minute)
	}
}

// check demands equality, uniqueness and quiet.
func (h *history) check() {
	h.resetCalls()
	h.sync()
	if n := h.writes(); n != 0 {
		h.Errorf("I3: %d writes after everything was settled: %v %v", n, h.hubspot.Calls().Snapshot(), h.pipedrive.Calls().Snapshot())
	}
	linked := map[contact.ExternalID]int{}
	undecided := map[string]bool{} // records of contacts that a person was asked about
	for _, c := range h.living() {
		name := c.Values()[contact.Email] + " " + string(c.ID)
		for i := range c.Links {
			l := &c.Links[i]
			if l.State == sync.LinkReview && h.asked(c.ID, l.ConnectionID) {
				for _, other := range c.Links {
					undecided[string(other.ExternalID)] = true
				}
				continue
			}
			if l.State == sync.LinkDetached {
				continue
			}
			if l.State != sync.LinkActive || l.ExternalID == "" || len(l.Intents) > 0 || l.Error != nil {
				h.Errorf("I1: %s is not settled in %s: %+v", name, l.Provider, l)
				continue
			}
			linked[l.ExternalID]++
			h.checkRecord(name, c, l)
		}
		if len(c.Links) != 2 {
			h.Errorf("I1: %s has %d links", name, len(c.Links))
		}
	}
	seen := map[string]string{}
	doubtful := h.inReview()
	for _, r := range slices.Concat(h.hubspot.Records(), h.pipedrive.Records()) {
		if r.Deleted {
			continue
		}
		if linked[contact.ExternalID(r.ID)] != 1 {
			if doubtful[r.ID] || h.leftByMerge(r.ID) {
				continue
			}
			h.Errorf("I6: record %s %v is linked %d times", r.ID, r.Fields, linked[contact.ExternalID(r.ID)])
		}
		if undecided[r.ID] {
			continue // it may well be the same person as another: that is the question
		}
		for _, key := range []string{"email", "emails"} {
			if e := r.Fields[key]; e != "" {
				if first := seen[key+e]; first != "" {
					h.Errorf("I6: %s is there twice, as %s and %s", e, first, r.ID)
				}
				seen[key+e] = r.ID
			}
		}
	}
}

// asked reports whether a person was asked about the contact on the connection.
func (h *history) asked(id contact.ID, conn contact.ConnectionID) bool {
	reviews, err := h.service.Reviews(h.ctx, acme)
	h.must(err)
	return slices.ContainsFunc(reviews, func(r sync.Review) bool { return r.ContactID == id && r.ConnectionID == conn })
}

// inReview returns the records that a person was asked about.
func (h *history) inReview() map[string]bool {
	reviews, err := h.service.Reviews(h.ctx, acme)
	h.must(err)
	ids := map[string]bool{}
	for _, r := range reviews {
		for _, id := range r.ExternalIDs {
			ids[string(id)] = true
		}
	}
	return ids
}

// leftByMerge reports whether a record is one that a merge of contacts left to a
// person.
func (h *history) leftByMerge(id string) bool {
	stones, err := h.store.Tombstones(h.ctx, acme, pipedriveCo, []contact.ExternalID{contact.ExternalID(id)})
	h.must(err)
	return len(stones) == 1 && stones[0].Reason == "merged"
}

func (h *history) checkRecord(name string, c *sync.Contact, l *sync.Link) {
	fields := map[contact.Field]string{contact.Email: "email", contact.FirstName: "firstname", contact.LastName: "lastname", contact.Phone: "phone"}
	row, ok := h.hubspot.Record(string(l.ExternalID))
	if l.Provider == contact.Pipedrive {
		fields = map[contact.Field]string{contact.Email: "emails", contact.FirstName: "first_name", contact.LastName: "last_name", contact.Phone: "phones"}
		row, ok = h.pipedrive.Record(string(l.ExternalID))
	}
	if !ok || row.Deleted {
		h.Errorf("I1: the record of %s in %s is gone", name, l.Provider)
		return
	}
	for f, key := range fields {
		if got, want := row.Fields[key], c.Fields[f].V; got != want {
			h.Errorf("I1: %s of %s is %q in %s, %q in the app", f, name, got, l.Provider, want)
		}
	}
}
