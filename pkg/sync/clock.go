package sync

import (
	"context"
	"time"
)

// Clock is the engine's only source of time. Now is UTC; Sleep waits for d or
// until ctx ends, whichever is first, and then returns ctx's error. WithTimeout
// returns a context that ends d from now, and tells that as its deadline.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
	WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc)
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

// WithTimeout is [context.WithTimeout].
func (WallClock) WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, d)
}
