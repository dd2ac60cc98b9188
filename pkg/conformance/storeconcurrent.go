package conformance

import (
	"errors"
	"fmt"
	"strconv"
	stdsync "sync"
	"sync/atomic"

	"github.com/contactsync/contactsync/pkg/contact"
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
	{"no change of a value by many is lost", raceValues},
	{"no window holds more calls than its limit, whoever takes them", raceWindow},
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
