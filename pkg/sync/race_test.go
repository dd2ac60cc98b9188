//go:build race

package sync_test

// crashStride lets the race detector see a part of the crash matrix: it makes each
// crash ten times as slow, and the whole matrix runs without it.
const crashStride = 9
