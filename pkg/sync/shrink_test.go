package sync_test

import (
	"context"
	"slices"

	"github.com/contactsync/contactsync/pkg/store/memory"
)

// shrinkRuns bounds the work of shrinking.
const shrinkRuns = 3000

// shrink leaves moves out of a schedule, many at a time and then one by one, as long
// as it still breaks the invariant.
func shrink(ctx context.Context, seed uint64, moves []move, invariant string) []move {
	runs := 0
	breaks := func(moves []move) bool {
		runs++
		s := simulate(ctx, memory.New(), seed, moves, false)
		return len(s.broken) > 0 && s.broken[0].invariant == invariant
	}
	for size := len(moves) / 2; size > 0; {
		shorter := false
		for from := 0; from < len(moves) && runs < shrinkRuns; {
			rest := slices.Concat(moves[:from], moves[min(from+size, len(moves)):])
			if breaks(rest) {
				moves, shorter = rest, true
			} else {
				from += size
			}
		}
		if size == 1 && (!shorter || runs >= shrinkRuns) {
			break
		}
		if size > 1 {
			size /= 2
		}
	}
	return moves
}
