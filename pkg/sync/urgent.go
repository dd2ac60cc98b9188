package sync

import "context"

type urgentKey struct{}

// urgent marks work that people wait for: edits in the app and events of a CRM.
// Calls for it may use what the rest leaves of a vendor's limits.
func urgent(ctx context.Context) context.Context { return context.WithValue(ctx, urgentKey{}, true) }

// IsUrgent reports whether ctx is of such work.
func IsUrgent(ctx context.Context) bool { return ctx.Value(urgentKey{}) != nil }
