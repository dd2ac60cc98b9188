package kit

import (
	"maps"
	"sync"
)

// Calls counts the API calls a sandbox received by route label, so that a test
// can hold the product to a budget. The zero value is ready; it is safe for
// concurrent use.
type Calls struct {
	mu     sync.Mutex
	counts map[string]int
}

// Add counts one call of the route.
func (c *Calls) Add(route string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = make(map[string]int)
	}
	c.counts[route]++
}

// Snapshot returns a copy of the counts; never nil.
func (c *Calls) Snapshot() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		return map[string]int{}
	}
	return maps.Clone(c.counts)
}

// Total returns the number of calls of all routes.
func (c *Calls) Total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := 0
	for _, n := range c.counts {
		total += n
	}
	return total
}

// Reset sets every count to zero.
func (c *Calls) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts = nil
}
