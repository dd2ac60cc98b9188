//go:build !race

package sync_test

// crashStride is 1: a crash at every use of a port.
const crashStride = 1
