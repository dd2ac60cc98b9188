package sync_test

import (
	"context"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// simStore is the store as one instance sees it: every operation is a stop of the
// schedule, where the instance may crash before or after it. It holds the real store
// instead of embedding it, so that no operation can be forgotten here.
type simStore struct {
	*worker
	real sync.Store
}

var _ sync.Store = (*simStore)(nil)

// use makes one operation of the store.
func use[T any](ctx context.Context, s *simStore, name string, operation func(context.Context) (T, error)) (result T, err error) {
	s.arrive(stop{name: name, alone: name == "SaveRun"})
	if err := s.sim.faults.ofStore(s.sim, name); err != nil {
		return result, err
	}
	if err := ctx.Err(); err != nil {
		return result, fault.Wrap(fault.Retryable, name, err)
	}
	result, err = operation(context.WithoutCancel(ctx)) // no time passes within it
	s.leave()
	return result, err
}

func order(ctx context.Context, s *simStore, name string, operation func(context.Context) error) error {
	_, err := use(ctx, s, name, func(ctx context.Context) (struct{}, error) { return struct{}{}, operation(ctx) })
	return err
}

func (s *simStore) Ping(ctx context.Context) (string, error) {
	return use(ctx, s, "Ping", s.real.Ping)
}

func (s *simStore) SaveContacts(ctx context.Context, customer contact.CustomerID, contacts []*sync.Contact) ([]sync.SaveOutcome, error) {
	return use(ctx, s, "SaveContacts", func(ctx context.Context) ([]sync.SaveOutcome, error) {
		outcomes, err := s.real.SaveContacts(ctx, customer, contacts)
		s.sim.model.saved(s.sim, contacts, outcomes)
		return outcomes, err
	})
}

func (s *simStore) Contacts(ctx context.Context, customer contact.CustomerID, ids []contact.ID) ([]*sync.Contact, error) {
	return use(ctx, s, "Contacts", func(ctx context.Context) ([]*sync.Contact, error) { return s.real.Contacts(ctx, customer, ids) })
}

func (s *simStore) ContactsByLink(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) ([]*sync.Contact, error) {
	return use(ctx, s, "ContactsByLink", func(ctx context.Context) ([]*sync.Contact, error) {
		return s.real.ContactsByLink(ctx, customer, connection, ids)
	})
}

func (s *simStore) ContactsByEmail(ctx context.Context, customer contact.CustomerID, emails []string) ([]*sync.Contact, error) {
	return use(ctx, s, "ContactsByEmail", func(ctx context.Context) ([]*sync.Contact, error) {
		return s.real.ContactsByEmail(ctx, customer, emails)
	})
}

func (s *simStore) ScanContacts(ctx context.Context, customer contact.CustomerID, after contact.ID, limit int) ([]*sync.Contact, error) {
	return use(ctx, s, "ScanContacts", func(ctx context.Context) ([]*sync.Contact, error) {
		return s.real.ScanContacts(ctx, customer, after, limit)
	})
}

func (s *simStore) SearchContacts(ctx context.Context, customer contact.CustomerID, q sync.ContactQuery) (sync.ContactPage, error) {
	return use(ctx, s, "SearchContacts", func(ctx context.Context) (sync.ContactPage, error) {
		return s.real.SearchContacts(ctx, customer, q)
	})
}

func (s *simStore) MarkDue(ctx context.Context, customer contact.CustomerID, ids []contact.ID, at time.Time) error {
	return order(ctx, s, "MarkDue", func(ctx context.Context) error { return s.real.MarkDue(ctx, customer, ids, at) })
}

func (s *simStore) HurryContacts(ctx context.Context, customer contact.CustomerID, now time.Time) error {
	return order(ctx, s, "HurryContacts", func(ctx context.Context) error { return s.real.HurryContacts(ctx, customer, now) })
}

func (s *simStore) ClaimContacts(ctx context.Context, customer contact.CustomerID, claim sync.Claim) ([]*sync.Contact, error) {
	return use(ctx, s, "ClaimContacts", func(ctx context.Context) ([]*sync.Contact, error) {
		return s.real.ClaimContacts(ctx, customer, claim)
	})
}

func (s *simStore) CountContacts(ctx context.Context, customer contact.CustomerID) (sync.ContactCounts, error) {
	return use(ctx, s, "CountContacts", func(ctx context.Context) (sync.ContactCounts, error) {
		return s.real.CountContacts(ctx, customer)
	})
}

func (s *simStore) PutHints(ctx context.Context, customer contact.CustomerID, hints []sync.Hint) error {
	return order(ctx, s, "PutHints", func(ctx context.Context) error { return s.real.PutHints(ctx, customer, hints) })
}

func (s *simStore) ClaimHints(ctx context.Context, customer contact.CustomerID, claim sync.Claim) ([]sync.Hint, error) {
	return use(ctx, s, "ClaimHints", func(ctx context.Context) ([]sync.Hint, error) { return s.real.ClaimHints(ctx, customer, claim) })
}

func (s *simStore) DropHints(ctx context.Context, customer contact.CustomerID, hints []sync.Hint) error {
	return order(ctx, s, "DropHints", func(ctx context.Context) error { return s.real.DropHints(ctx, customer, hints) })
}

func (s *simStore) CountHints(ctx context.Context, customer contact.CustomerID) (n int, next time.Time, err error) {
	err = order(ctx, s, "CountHints", func(ctx context.Context) error {
		n, next, err = s.real.CountHints(ctx, customer)
		return err
	})
	return n, next, err
}

func (s *simStore) PutStaged(ctx context.Context, customer contact.CustomerID, generation string, rows []sync.Staged) error {
	return order(ctx, s, "PutStaged", func(ctx context.Context) error { return s.real.PutStaged(ctx, customer, generation, rows) })
}

func (s *simStore) StagedPage(ctx context.Context, customer contact.CustomerID, generation string, connection contact.ConnectionID, after contact.ExternalID, limit int) ([]sync.Staged, error) {
	return use(ctx, s, "StagedPage", func(ctx context.Context) ([]sync.Staged, error) {
		return s.real.StagedPage(ctx, customer, generation, connection, after, limit)
	})
}

func (s *simStore) StagedByEmail(ctx context.Context, customer contact.CustomerID, generation string, emails []string) ([]sync.Staged, error) {
	return use(ctx, s, "StagedByEmail", func(ctx context.Context) ([]sync.Staged, error) {
		return s.real.StagedByEmail(ctx, customer, generation, emails)
	})
}

func (s *simStore) StagedByContact(ctx context.Context, customer contact.CustomerID, generation string, ids []contact.ID) ([]sync.Staged, error) {
	return use(ctx, s, "StagedByContact", func(ctx context.Context) ([]sync.Staged, error) {
		return s.real.StagedByContact(ctx, customer, generation, ids)
	})
}

func (s *simStore) StagedNew(ctx context.Context, customer contact.CustomerID, generation string, after contact.ID, limit int) ([]contact.ID, error) {
	return use(ctx, s, "StagedNew", func(ctx context.Context) ([]contact.ID, error) {
		return s.real.StagedNew(ctx, customer, generation, after, limit)
	})
}

func (s *simStore) DropStaged(ctx context.Context, customer contact.CustomerID, generation string) error {
	return order(ctx, s, "DropStaged", func(ctx context.Context) error { return s.real.DropStaged(ctx, customer, generation) })
}

func (s *simStore) PutTombstones(ctx context.Context, customer contact.CustomerID, stones []sync.Tombstone) error {
	return order(ctx, s, "PutTombstones", func(ctx context.Context) error { return s.real.PutTombstones(ctx, customer, stones) })
}

func (s *simStore) Tombstones(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) ([]sync.Tombstone, error) {
	return use(ctx, s, "Tombstones", func(ctx context.Context) ([]sync.Tombstone, error) {
		return s.real.Tombstones(ctx, customer, connection, ids)
	})
}

func (s *simStore) DropTombstones(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) error {
	return order(ctx, s, "DropTombstones", func(ctx context.Context) error {
		return s.real.DropTombstones(ctx, customer, connection, ids)
	})
}

func (s *simStore) AcquireRun(ctx context.Context, run *sync.Run, now time.Time) (acquired *sync.Run, ok bool, err error) {
	err = order(ctx, s, "AcquireRun", func(ctx context.Context) error {
		acquired, ok, err = s.real.AcquireRun(ctx, run, now)
		return err
	})
	return acquired, ok, err
}

func (s *simStore) AddRun(ctx context.Context, run *sync.Run) error {
	return order(ctx, s, "AddRun", func(ctx context.Context) error { return s.real.AddRun(ctx, run) })
}

func (s *simStore) SaveRun(ctx context.Context, run *sync.Run) error {
	return order(ctx, s, "SaveRun", func(ctx context.Context) error { return s.real.SaveRun(ctx, run) })
}

func (s *simStore) Run(ctx context.Context, customer contact.CustomerID, id string) (*sync.Run, error) {
	return use(ctx, s, "Run", func(ctx context.Context) (*sync.Run, error) { return s.real.Run(ctx, customer, id) })
}

func (s *simStore) LatestRun(ctx context.Context, customer contact.CustomerID) (*sync.Run, error) {
	return use(ctx, s, "LatestRun", func(ctx context.Context) (*sync.Run, error) { return s.real.LatestRun(ctx, customer) })
}

func (s *simStore) AppendActivity(ctx context.Context, customer contact.CustomerID, entries []sync.Activity) error {
	return order(ctx, s, "AppendActivity", func(ctx context.Context) error { return s.real.AppendActivity(ctx, customer, entries) })
}

func (s *simStore) ListActivity(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) (entries []sync.Activity, next string, err error) {
	err = order(ctx, s, "ListActivity", func(ctx context.Context) error {
		entries, next, err = s.real.ListActivity(ctx, customer, q)
		return err
	})
	return entries, next, err
}

func (s *simStore) ForgetContact(ctx context.Context, customer contact.CustomerID, id contact.ID) error {
	return order(ctx, s, "ForgetContact", func(ctx context.Context) error { return s.real.ForgetContact(ctx, customer, id) })
}

func (s *simStore) AppendConflicts(ctx context.Context, customer contact.CustomerID, conflicts []sync.Conflict) error {
	return order(ctx, s, "AppendConflicts", func(ctx context.Context) error { return s.real.AppendConflicts(ctx, customer, conflicts) })
}

func (s *simStore) ListConflicts(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) (entries []sync.Conflict, next string, total int, err error) {
	err = order(ctx, s, "ListConflicts", func(ctx context.Context) error {
		entries, next, total, err = s.real.ListConflicts(ctx, customer, q)
		return err
	})
	return entries, next, total, err
}

func (s *simStore) Conflict(ctx context.Context, customer contact.CustomerID, id string) (*sync.Conflict, error) {
	return use(ctx, s, "Conflict", func(ctx context.Context) (*sync.Conflict, error) { return s.real.Conflict(ctx, customer, id) })
}

func (s *simStore) SaveConflict(ctx context.Context, customer contact.CustomerID, c *sync.Conflict) error {
	return order(ctx, s, "SaveConflict", func(ctx context.Context) error { return s.real.SaveConflict(ctx, customer, c) })
}

func (s *simStore) AppendChanges(ctx context.Context, customer contact.CustomerID, changes []sync.Change) error {
	return order(ctx, s, "AppendChanges", func(ctx context.Context) error { return s.real.AppendChanges(ctx, customer, changes) })
}

func (s *simStore) ListChanges(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) (entries []sync.Change, next string, err error) {
	err = order(ctx, s, "ListChanges", func(ctx context.Context) error {
		entries, next, err = s.real.ListChanges(ctx, customer, q)
		return err
	})
	return entries, next, err
}

func (s *simStore) Change(ctx context.Context, customer contact.CustomerID, id string) (*sync.Change, error) {
	return use(ctx, s, "Change", func(ctx context.Context) (*sync.Change, error) { return s.real.Change(ctx, customer, id) })
}

func (s *simStore) SaveChanges(ctx context.Context, customer contact.CustomerID, changes []sync.Change) error {
	return order(ctx, s, "SaveChanges", func(ctx context.Context) error { return s.real.SaveChanges(ctx, customer, changes) })
}

func (s *simStore) PruneLogs(ctx context.Context, customer contact.CustomerID, before time.Time) error {
	return order(ctx, s, "PruneLogs", func(ctx context.Context) error { return s.real.PruneLogs(ctx, customer, before) })
}

func (s *simStore) PutReviews(ctx context.Context, customer contact.CustomerID, items []sync.Review) error {
	return order(ctx, s, "PutReviews", func(ctx context.Context) error { return s.real.PutReviews(ctx, customer, items) })
}

func (s *simStore) ListReviews(ctx context.Context, customer contact.CustomerID) ([]sync.Review, error) {
	return use(ctx, s, "ListReviews", func(ctx context.Context) ([]sync.Review, error) { return s.real.ListReviews(ctx, customer) })
}

func (s *simStore) DropReviews(ctx context.Context, customer contact.CustomerID, ids []string) error {
	return order(ctx, s, "DropReviews", func(ctx context.Context) error { return s.real.DropReviews(ctx, customer, ids) })
}

func (s *simStore) SaveConnection(ctx context.Context, c *sync.Connection) error {
	return order(ctx, s, "SaveConnection", func(ctx context.Context) error { return s.real.SaveConnection(ctx, c) })
}

func (s *simStore) Connections(ctx context.Context, customer contact.CustomerID) ([]*sync.Connection, error) {
	return use(ctx, s, "Connections", func(ctx context.Context) ([]*sync.Connection, error) { return s.real.Connections(ctx, customer) })
}

func (s *simStore) ConnectionsByAccount(ctx context.Context, provider contact.Provider, account string) ([]*sync.Connection, error) {
	return use(ctx, s, "ConnectionsByAccount", func(ctx context.Context) ([]*sync.Connection, error) {
		return s.real.ConnectionsByAccount(ctx, provider, account)
	})
}

func (s *simStore) Customers(ctx context.Context) ([]contact.CustomerID, error) {
	return use(ctx, s, "Customers", s.real.Customers)
}

func (s *simStore) Settings(ctx context.Context, customer contact.CustomerID) (*sync.Settings, error) {
	return use(ctx, s, "Settings", func(ctx context.Context) (*sync.Settings, error) { return s.real.Settings(ctx, customer) })
}

func (s *simStore) SaveSettings(ctx context.Context, customer contact.CustomerID, settings *sync.Settings) error {
	return order(ctx, s, "SaveSettings", func(ctx context.Context) error { return s.real.SaveSettings(ctx, customer, settings) })
}

func (s *simStore) PutValue(ctx context.Context, key string, value []byte, until time.Time) error {
	return order(ctx, s, "PutValue", func(ctx context.Context) error { return s.real.PutValue(ctx, key, value, until) })
}

func (s *simStore) Value(ctx context.Context, key string, now time.Time) ([]byte, error) {
	return use(ctx, s, "Value", func(ctx context.Context) ([]byte, error) { return s.real.Value(ctx, key, now) })
}

func (s *simStore) ChangeValue(ctx context.Context, key string, now, until time.Time, change func([]byte) []byte) error {
	return order(ctx, s, "ChangeValue", func(ctx context.Context) error { return s.real.ChangeValue(ctx, key, now, until, change) })
}

func (s *simStore) DropValue(ctx context.Context, key string) error {
	return order(ctx, s, "DropValue", func(ctx context.Context) error { return s.real.DropValue(ctx, key) })
}

func (s *simStore) CountAttempt(ctx context.Context, key string, now time.Time, window time.Duration) (n int, until time.Time, err error) {
	err = order(ctx, s, "CountAttempt", func(ctx context.Context) error {
		n, until, err = s.real.CountAttempt(ctx, key, now, window)
		return err
	})
	return n, until, err
}

func (s *simStore) ForgetAttempts(ctx context.Context, key string) error {
	return order(ctx, s, "ForgetAttempts", func(ctx context.Context) error { return s.real.ForgetAttempts(ctx, key) })
}
