package conformance

import (
	"errors"
	"fmt"
	"strconv"
	stdsync "sync"
	"sync/atomic"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

var concurrentCases = []storeCase{
	{"one of many saves of a revision wins", raceSaves},
	{"one of many creations of a contact wins", raceCreations},
	{"no change is lost when all try again", raceCounter},
	{"one of many contacts gets a record", raceLink},
	{"each due contact is claimed by one", raceClaims},
	{"a contact named by many is claimed by one", raceClaimByID},
	{"marking due is never lost to a save", raceMarkDue},
	{"each due hint is claimed by one", raceHints},
	{"a hint put while it is dropped survives", raceHintDrop},
	{"one of many acquires the run", raceRun},
	{"one of many takes an interrupted run over", raceTakeover},
	{"log entries appended by many are there once", raceLogs},
	{"one of many saves of a connection wins", raceConnection},
	{"rows staged by many are there once", raceStaging},
	{"attempts counted by many are each counted once", concurrentAttempts},
	{"batches that overlap neither block nor lose", raceBatches},
}

const callers = 8

// together calls f for every caller at once and waits; the test fails when one did.
func (b *bench) together(f func(s sync.Store, caller int) error) {
	b.Helper()
	start := make(chan struct{})
	var group stdsync.WaitGroup
	errs := make([]error, callers)
	for caller := range callers {
		group.Go(func() {
			<-start
			errs[caller] = f(b.peer(caller), caller)
		})
	}
	close(start)
	group.Wait()
	b.must(errors.Join(errs...))
}

// saveOne saves one contact and tells its outcome.
func (b *bench) saveOne(s sync.Store, c *sync.Contact) (sync.SaveOutcome, error) {
	outcomes, err := s.SaveContacts(b.ctx, acme, []*sync.Contact{c})
	if err != nil {
		return 0, err
	}
	return outcomes[0], nil
}

// loadOne reads one contact.
func (b *bench) loadOne(s sync.Store, id contact.ID) (*sync.Contact, error) {
	found, err := s.Contacts(b.ctx, acme, []contact.ID{id})
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%d contacts of id %s", len(found), id)
	}
	return found[0], nil
}

func raceSaves(b *bench) {
	c := newContact(1)
	b.save(c)
	for round := range 20 {
		var won atomic.Int32
		b.together(func(s sync.Store, caller int) error {
			mine := c.Clone()
			setField(mine, contact.FirstName, fmt.Sprintf("%d by %d", round, caller))
			outcome, err := b.saveOne(s, mine)
			if outcome == sync.Saved && err == nil {
				won.Add(1)
			}
			return err
		})
		b.equal("winners", won.Load(), int32(1))
		stored := b.load(c.ID)
		b.equal("revision", stored.Rev, c.Rev+1)
		c = stored
	}
}

func raceCreations(b *bench) {
	for round := range 20 {
		var won atomic.Int32
		b.together(func(s sync.Store, caller int) error {
			outcome, err := b.saveOne(s, newContact(round, with(contact.FirstName, fmt.Sprint(caller))))
			if outcome == sync.Saved && err == nil {
				won.Add(1)
			}
			return err
		})
		b.equal("winners", won.Load(), int32(1))
	}
	b.equal("total", b.counts().Total, 20)
}

func raceCounter(b *bench) {
	const each = 25
	b.save(newContact(1, with("count", "0")))
	b.together(func(s sync.Store, _ int) error {
		for done := 0; done < each; {
			c, err := b.loadOne(s, id(1))
			if err != nil {
				return err
			}
			n, err := strconv.Atoi(c.Fields["count"].V)
			if err != nil {
				return err
			}
			setField(c, "count", strconv.Itoa(n+1))
			outcome, err := b.saveOne(s, c)
			if err != nil {
				return err
			}
			if outcome == sync.Saved {
				done++
			}
		}
		return nil
	})
	c := b.load(id(1))
	b.equal("count", c.Fields["count"].V, strconv.Itoa(callers*each))
	b.equal("revision", c.Rev, int64(1+callers*each))
}

func raceLink(b *bench) {
	for round := range 20 {
		external := contact.ExternalID(fmt.Sprint(round))
		var won atomic.Int32
		b.together(func(s sync.Store, caller int) error {
			outcome, err := b.saveOne(s, newContact(round*callers+caller, linked(pipe, "own-"+contact.ExternalID(id(round*callers+caller))), linked(hub, external)))
			switch {
			case err != nil:
			case outcome == sync.Saved:
				won.Add(1)
			case outcome != sync.SaveLinkTaken:
				err = fmt.Errorf("outcome %d", outcome)
			}
			return err
		})
		b.equal("winners", won.Load(), int32(1))
		b.equal("holders", len(b.byLink(hub, external)), 1)
	}
	counts := b.counts()
	b.equal("contacts", counts.Total, 20)
	b.equal("links", counts.Links, map[contact.ConnectionID]sync.LinkCounts{hub: {Linked: 20}, pipe: {Linked: 20}})
}

func raceClaims(b *bench) {
	const n = 400
	var all []*sync.Contact
	for i := range n {
		all = append(all, newContact(i, dueAt(after(i%50))))
	}
	b.save(all...)
	var mu stdsync.Mutex
	times := map[contact.ID]int{}
	b.together(func(s sync.Store, caller int) error {
		for {
			found, err := s.ClaimContacts(b.ctx, acme, sync.Claim{Now: after(50), Until: after(1000), Limit: 7 + caller})
			if err != nil || len(found) == 0 {
				return err
			}
			mu.Lock()
			for _, c := range found {
				times[c.ID]++
			}
			mu.Unlock()
			for _, c := range found {
				c.Due = nil
			}
			outcomes, err := s.SaveContacts(b.ctx, acme, found)
			if err != nil {
				return err
			}
			for i, outcome := range outcomes {
				if outcome != sync.Saved {
					return fmt.Errorf("contact %s: outcome %d", found[i].ID, outcome)
				}
			}
		}
	})
	b.equal("claimed", len(times), n)
	for id, count := range times {
		if count != 1 {
			b.Errorf("contact %s was claimed %d times", id, count)
		}
	}
	b.equal("due", b.counts().Due, 0)
}

func raceClaimByID(b *bench) {
	b.save(newContact(1), newContact(2), newContact(3))
	for round := range 20 {
		var won atomic.Int32
		b.together(func(s sync.Store, _ int) error {
			found, err := s.ClaimContacts(b.ctx, acme, sync.Claim{
				Now: after(round * 1000), Until: after(round*1000 + 1000), Limit: 3, IDs: numbers(1, 2, 3),
			})
			won.Add(int32(len(found)))
			return err
		})
		b.equal("claimed", won.Load(), int32(3))
	}
	b.equal("fence", b.load(id(1)).Fence, int64(20))
}

func raceMarkDue(b *bench) {
	const each = 25
	b.save(newContact(1))
	var saved atomic.Int64
	b.together(func(s sync.Store, caller int) error {
		for range each {
			if caller%2 == 0 {
				if err := s.MarkDue(b.ctx, acme, numbers(1), noon); err != nil {
					return err
				}
				continue
			}
			c, err := b.loadOne(s, id(1))
			if err != nil {
				return err
			}
			c.Due = nil
			outcome, err := b.saveOne(s, c)
			if err != nil {
				return err
			}
			if outcome == sync.Saved {
				saved.Add(1)
			}
		}
		return nil
	})
	c := b.load(id(1))
	b.equal("revision", c.Rev, 1+callers/2*each+saved.Load())
}

func raceHints(b *bench) {
	const n = 300
	var hints []sync.Hint
	for i := range n {
		hints = append(hints, hint(contact.ExternalID(fmt.Sprint(i)), after(i%50)))
	}
	b.putHints(hints...)
	var mu stdsync.Mutex
	times := map[contact.ExternalID]int{}
	b.together(func(s sync.Store, caller int) error {
		for {
			found, err := s.ClaimHints(b.ctx, acme, sync.Claim{Now: after(50), Until: after(1000), Limit: 5 + caller})
			if err != nil || len(found) == 0 {
				return err
			}
			mu.Lock()
			for _, h := range found {
				times[h.ExternalID]++
			}
			mu.Unlock()
			if err := s.DropHints(b.ctx, acme, found); err != nil {
				return err
			}
		}
	})
	b.equal("claimed", len(times), n)
	for external, count := range times {
		if count != 1 {
			b.Errorf("hint %s was claimed %d times", external, count)
		}
	}
	left, _ := b.countHints()
	b.equal("left", left, 0)
}

func raceHintDrop(b *bench) {
	for round := range 20 {
		external := contact.ExternalID(fmt.Sprint(round))
		b.putHints(hint(external, noon))
		claimed := b.claimHints(noon, after(1000), 1)
		b.together(func(s sync.Store, caller int) error {
			if caller%2 == 0 {
				return s.PutHints(b.ctx, acme, []sync.Hint{hint(external, noon)})
			}
			return s.DropHints(b.ctx, acme, claimed)
		})
		again := b.claimHints(noon, after(2000), 9)
		b.equal("hints", records(again), "hub-1/"+string(external))
		b.dropHints(again...)
	}
}

func raceRun(b *bench) {
	for round := range 10 {
		now := after(round * 1000)
		var won atomic.Int32
		holders := make([]string, callers)
		b.together(func(s sync.Store, caller int) error {
			run, ok, err := s.AcquireRun(b.ctx, newRun(fmt.Sprintf("r%d-%d", round, caller), sync.Full, now), now)
			if err != nil {
				return err
			}
			if ok {
				won.Add(1)
			}
			holders[caller] = run.ID
			return nil
		})
		b.equal("winners", won.Load(), int32(1))
		for _, holder := range holders {
			b.equal("holder", holder, holders[0])
		}
		b.end(b.run(holders[0]), sync.RunDone)
	}
}

func raceTakeover(b *bench) {
	first := b.acquire(newRun("r1", sync.Full, noon), noon, "r1")
	for round := range 10 {
		now := after(1000 * (round + 1))
		var won atomic.Int32
		b.together(func(s sync.Store, caller int) error {
			run, ok, err := s.AcquireRun(b.ctx, newRun(fmt.Sprintf("r%d-%d", round, caller), sync.Full, now), now)
			if err != nil {
				return err
			}
			if run.ID != "r1" {
				return fmt.Errorf("acquired run %s", run.ID)
			}
			if ok {
				won.Add(1)
				return s.SaveRun(b.ctx, run)
			}
			return nil
		})
		b.equal("winners", won.Load(), int32(1))
		b.equal("fence", b.run("r1").Fence, first.Fence+int64(round)+1)
	}
	b.kind(b.store().SaveRun(b.ctx, first), fault.Stale)
}

func raceLogs(b *bench) {
	const n = 40
	b.together(func(s sync.Store, caller int) error {
		var entries []sync.Activity
		var conflicts []sync.Conflict
		for i := range n {
			entry := activity(fmt.Sprintf("a%02d", (i+caller*5)%n), (i+caller*5)%n)
			entries, conflicts = append(entries, entry), append(conflicts, conflict(entry.ID, (i+caller*5)%n))
		}
		return errors.Join(s.AppendActivity(b.ctx, acme, entries), s.AppendConflicts(b.ctx, acme, conflicts))
	})
	b.equal("entries", len(b.activityAll(sync.LogQuery{Limit: 7})), n)
	_, _, total, err := b.store().ListConflicts(b.ctx, acme, sync.LogQuery{})
	b.must(err)
	b.equal("conflicts", total, n)
}

func raceConnection(b *bench) {
	c := connection(acme, hub, contact.HubSpot, "4711")
	for round := range 20 {
		var won atomic.Int32
		b.together(func(s sync.Store, caller int) error {
			mine := *c
			mine.Message = fmt.Sprintf("%d by %d", round, caller)
			err := s.SaveConnection(b.ctx, &mine)
			if err == nil {
				won.Add(1)
			} else if fault.Is(err, fault.Stale) {
				return nil
			}
			return err
		})
		b.equal("winners", won.Load(), int32(1))
		c = b.connections(acme)[0]
		b.equal("revision", c.Rev, int64(round+1))
	}
}

func raceStaging(b *bench) {
	const n = 60
	b.together(func(s sync.Store, caller int) error {
		var rows []sync.Staged
		for i := range n {
			external := contact.ExternalID(fmt.Sprint((i + caller*7) % n))
			rows = append(rows, staged(hub, external, string(external)+"@example.com"))
		}
		return s.PutStaged(b.ctx, acme, "g", rows)
	})
	b.equal("rows", len(b.stagedAll("g", hub, 25)), n)
	rows, err := b.store().StagedByEmail(b.ctx, acme, "g", []string{"7@example.com"})
	b.must(err)
	b.equal("rows by address", rowNames(rows), "hub-1/7")
}

func raceBatches(b *bench) {
	const n = 40
	var all []*sync.Contact
	for i := range n {
		all = append(all, newContact(i, linked(hub, contact.ExternalID(fmt.Sprint(i)))))
	}
	b.save(all...)
	var saved atomic.Int64
	b.together(func(s sync.Store, caller int) error {
		for range 5 {
			found, err := s.ScanContacts(b.ctx, acme, "", n)
			if err != nil {
				return err
			}
			for i, c := range found { // every caller in another order
				j := (i*7 + caller*11) % n
				found[i], found[j] = found[j], c
			}
			for _, c := range found {
				setField(c, contact.FirstName, fmt.Sprint(caller))
			}
			outcomes, err := s.SaveContacts(b.ctx, acme, found)
			if err != nil {
				return err
			}
			for _, outcome := range outcomes {
				if outcome == sync.Saved {
					saved.Add(1)
				}
			}
		}
		return nil
	})
	found, err := b.store().ScanContacts(b.ctx, acme, "", n)
	b.must(err)
	var revisions int64
	for _, c := range found {
		revisions += c.Rev
	}
	b.equal("revisions", revisions, n+saved.Load())
	b.equal("links", b.counts().Links[hub].Linked, n)
}
