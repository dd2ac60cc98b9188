// Package kit holds what every sandbox CRM needs whatever its vendor: a rolling
// rate window, fault scripts, call counts, webhook delivery, an in-process
// transport, and the page and control endpoints through which a person or a test
// acts on the records.
//
// It knows no vendor: paths, bodies, signatures and limits belong to the sandbox
// that uses it. It keeps everything in memory and reads no clock but the one it
// is given.
package kit

import "time"

// Clock tells the time in UTC. A nil Clock is the wall clock; see [Clock.Now].
type Clock func() time.Time

// Now returns the clock's time in UTC, the wall clock's if c is nil.
func (c Clock) Now() time.Time {
	if c == nil {
		return time.Now().UTC()
	}
	return c().UTC()
}
