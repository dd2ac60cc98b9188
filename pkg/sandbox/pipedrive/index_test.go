package pipedrive

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestIndexAgainstSortedSet drives the index and a plain set with the same moves.
func TestIndexAgainstSortedSet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var x index
	set := map[key]bool{}
	for range 6_000 {
		k := key{at: random.Int64N(40), id: random.Int64N(120)}
		if random.IntN(5) < 3 {
			x.insert(k)
			set[k] = true
		} else {
			x.remove(k)
			delete(set, k)
		}
	}
	want := slices.SortedFunc(maps.Keys(set), key.compare)
	if len(x.chunks) < 3 {
		t.Fatalf("only %d chunks: the test does not reach the seams", len(x.chunks))
	}
	for _, from := range append([]key{firstKey, lastKey}, want...) {
		at, found := slices.BinarySearchFunc(want, from, key.compare)
		if got := slices.Collect(x.ascend(from)); !slices.Equal(got, want[at:]) {
			t.Fatalf("ascend from %v: got %d keys, want %d", from, len(got), len(want)-at)
		}
		if found {
			at++
		}
		down := slices.Clone(want[:at])
		slices.Reverse(down)
		if got := slices.Collect(x.descend(from)); !slices.Equal(got, down) {
			t.Fatalf("descend from %v: got %d keys, want %d", from, len(got), at)
		}
	}
}
