package conformance

import (
	"errors"
	"fmt"
	stdsync "sync"
	"sync/atomic"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// The races for everything but contacts.

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
