package conformance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

var hintCases = []storeCase{
	{"due hints are claimed oldest first", hintsOldest},
	{"a hint put again is one hint, due at the earlier time", hintsPutAgain},
	{"a hint keeps the time of its latest event", hintsEvents},
	{"a hint put while claimed loses its lease and is not dropped", hintsPutWhileClaimed},
	{"a lease ends by the time given", hintsLeaseEnds},
	{"hints are counted, and the next that can be claimed", hintsCounted},
	{"a hint that is done is removed", hintsDropped},
}

func (b *bench) putHints(hints ...sync.Hint) {
	b.Helper()
	b.must(b.store().PutHints(b.ctx, acme, hints))
}

func (b *bench) claimHints(now, until time.Time, limit int) []sync.Hint {
	b.Helper()
	hints, err := b.store().ClaimHints(b.ctx, acme, sync.Claim{Now: now, Until: until, Limit: limit})
	b.must(err)
	return hints
}

func (b *bench) dropHints(hints ...sync.Hint) {
	b.Helper()
	b.must(b.store().DropHints(b.ctx, acme, hints))
}

func (b *bench) countHints() (int, time.Time) {
	b.Helper()
	n, next, err := b.store().CountHints(b.ctx, acme)
	b.must(err)
	return n, next
}

func hint(external contact.ExternalID, due time.Time) sync.Hint {
	return sync.Hint{ConnectionID: hub, ExternalID: external, DueAt: due}
}

// records names the records of hints.
func records(hints []sync.Hint) string {
	var names []string
	for _, h := range hints {
		names = append(names, string(h.ConnectionID)+"/"+string(h.ExternalID))
	}
	return strings.Join(names, " ")
}

func hintsOldest(b *bench) {
	reported := hint("Ü/1 2", after(10))
	reported.EventAt = after(7)
	onPipe := hint("1", after(20))
	onPipe.ConnectionID = pipe
	b.putHints(hint("1", after(30)), reported, onPipe, hint("4", after(50)))
	b.equal("too early", records(b.claimHints(after(9), after(1000), 9)), "")
	first := b.claimHints(after(30), after(1000), 2)
	b.equal("the oldest two", records(first), "hub-1/Ü/1 2 pipe-1/1")
	want := reported
	want.LeaseUntil = after(1000)
	b.equal("a claimed hint", first[0], want)
	b.equal("the rest that is due", records(b.claimHints(after(30), after(1000), 9)), "hub-1/1")
	b.equal("nothing more", records(b.claimHints(after(30), after(1000), 9)), "")
	b.equal("limit of none", records(b.claimHints(after(60), after(1000), 0)), "")
}

func hintsPutAgain(b *bench) {
	b.putHints(hint("1", after(30)), hint("2", after(30)))
	b.putHints(hint("1", after(10)), hint("2", after(50)))
	n, next := b.countHints()
	b.equal("hints", n, 2)
	b.instant("next", next, after(10))
	claimed := b.claimHints(after(30), after(1000), 9)
	b.equal("claimed", records(claimed), "hub-1/1 hub-1/2")
	b.instant("the later time", claimed[1].DueAt, after(30))

	b.putHints(hint("3", after(20)), hint("3", after(15)))
	b.equal("put twice at once", records(b.claimHints(after(15), after(1000), 9)), "hub-1/3")
}

func hintsEvents(b *bench) {
	told := func(ms int) sync.Hint {
		h := hint("1", after(10))
		h.EventAt = after(ms)
		return h
	}
	for _, step := range []struct {
		put  sync.Hint
		want time.Time
	}{
		{hint("1", after(10)), time.Time{}}, {told(5), after(5)}, {told(9), after(9)}, {told(7), after(9)}, {hint("1", noon), after(9)},
	} {
		b.putHints(step.put)
		claimed := b.claimHints(after(10), after(1000), 1)
		b.equal("claimed", records(claimed), "hub-1/1")
		b.instant("event", claimed[0].EventAt, step.want)
	}
}

func hintsPutWhileClaimed(b *bench) {
	b.putHints(hint("1", noon))
	first := b.claimHints(noon, after(1000), 1)
	b.putHints(hint("1", after(5)))
	b.dropHints(first...)
	n, next := b.countHints()
	b.equal("hints", n, 1)
	b.instant("next", next, noon)

	// The same end of the lease, and yet another claim.
	second := b.claimHints(after(5), after(1000), 1)
	b.equal("claimed again", records(second), "hub-1/1")
	b.dropHints(first...)
	n, _ = b.countHints()
	b.equal("hints after a drop under the first claim", n, 1)
	b.dropHints(second...)
	n, _ = b.countHints()
	b.equal("hints after a drop under the second claim", n, 0)
}

func hintsLeaseEnds(b *bench) {
	b.putHints(hint("1", noon))
	b.claimHints(noon, after(1000), 1)
	b.equal("while leased", records(b.claimHints(after(999), after(2000), 1)), "")
	b.equal("when the lease is over", records(b.claimHints(after(1000), after(2000), 1)), "hub-1/1")
}

func hintsCounted(b *bench) {
	n, next := b.countHints()
	b.equal("hints", n, 0)
	b.instant("next", next, time.Time{})
	b.putHints(hint("1", after(10)), hint("2", after(30)))
	b.claimHints(after(10), after(1000), 1)
	n, next = b.countHints()
	b.equal("hints, one of them leased", n, 2)
	b.instant("next that is not leased", next, after(30))
}

func hintsDropped(b *bench) {
	var hints []sync.Hint
	for i := range 300 {
		hints = append(hints, hint(contact.ExternalID(fmt.Sprint(i)), after(i)))
	}
	b.putHints(hints...)
	claimed := b.claimHints(after(300), after(1000), 200)
	b.equal("claimed", len(claimed), 200)
	b.dropHints(claimed[50:]...)
	n, next := b.countHints()
	b.equal("hints", n, 150)
	b.instant("next", next, after(200))
	b.dropHints(claimed[50:]...)
	left := b.claimHints(after(1000), after(2000), 500)
	b.equal("left", len(left), 150)
	if !slices.IsSortedFunc(left, func(x, y sync.Hint) int { return x.DueAt.Compare(y.DueAt) }) {
		b.Error("the hints are not claimed oldest first")
	}
}
