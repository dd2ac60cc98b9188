package sync

import (
	"context"
	"time"
)

// Clock is the engine's only source of time. Now is UTC; Sleep waits for d or
// until ctx ends, whichever is first, and then returns ctx's error.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

// WallClock is the real time.
type WallClock struct{}

// Now returns the time in UTC, to the millisecond: what stores keep.
func (WallClock) Now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// Sleep waits.
func (WallClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
