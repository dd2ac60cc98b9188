package sync

import "github.com/contactsync/contactsync/pkg/sync/pace"

// Budget is how much of a CRM account's limits is used, by all instances together.
type Budget = pace.Budget
