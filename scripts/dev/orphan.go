package main

import (
	"context"
	"os"
	"strings"
	"time"
)

// untilOrphaned returns a context that also ends when "go run" is gone: it passes
// a terminal's Ctrl-C on, but nothing that is sent to it alone.
func untilOrphaned(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if parent := os.Getppid(); strings.Contains(os.Args[0], "go-build") {
		go func() {
			for ctx.Err() == nil && os.Getppid() == parent {
				select {
				case <-ctx.Done():
				case <-time.After(300 * time.Millisecond):
				}
			}
			cancel()
		}()
	}
	return ctx, cancel
}
