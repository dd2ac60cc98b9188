package web_test

import (
	"context"
	gosync "sync"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// recorder is a store that remembers what was asked of it. It holds the real store
// instead of embedding it, so that no operation can be forgotten here.
type recorder struct {
	store sync.Store
	mu    gosync.Mutex
	seen  []operation
	// unsaved makes connections impossible to save.
	unsaved bool
}

var _ sync.Store = (*recorder)(nil)

// operation is one use of the store, by the customer or the key it was scoped to.
type operation struct {
	name  string
	scope string
}

func note[T ~string](r *recorder, name string, scope T) sync.Store {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, operation{name, string(scope)})
	return r.store
}

// saveNoConnections makes connections impossible to save, or possible again.
func (r *recorder) saveNoConnections(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsaved = on
}

func (r *recorder) isUnsaved() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unsaved
}

// take returns what was asked since the last time.
func (r *recorder) take() []operation {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := r.seen
	r.seen = nil
	return seen
}

// Short names, for what follows.
type (
	ctxt = context.Context
	cust = contact.CustomerID
	conn = contact.ConnectionID
	cid  = contact.ID
	ext  = contact.ExternalID
)

func (r *recorder) Ping(ctx ctxt) (string, error) {
	return note(r, "Ping", "").Ping(ctx)
}

func (r *recorder) SaveContacts(ctx ctxt, customer cust, contacts []*sync.Contact) ([]sync.SaveOutcome, error) {
	return note(r, "SaveContacts", customer).SaveContacts(ctx, customer, contacts)
}

func (r *recorder) Contacts(ctx ctxt, customer cust, ids []cid) ([]*sync.Contact, error) {
	return note(r, "Contacts", customer).Contacts(ctx, customer, ids)
}

func (r *recorder) ContactsByLink(ctx ctxt, customer cust, connection conn, ids []ext) ([]*sync.Contact, error) {
	return note(r, "ContactsByLink", customer).ContactsByLink(ctx, customer, connection, ids)
}

func (r *recorder) ContactsByEmail(ctx ctxt, customer cust, emails []string) ([]*sync.Contact, error) {
	return note(r, "ContactsByEmail", customer).ContactsByEmail(ctx, customer, emails)
}

func (r *recorder) ScanContacts(ctx ctxt, customer cust, after cid, limit int) ([]*sync.Contact, error) {
	return note(r, "ScanContacts", customer).ScanContacts(ctx, customer, after, limit)
}

func (r *recorder) SearchContacts(ctx ctxt, customer cust, q sync.ContactQuery) (sync.ContactPage, error) {
	return note(r, "SearchContacts", customer).SearchContacts(ctx, customer, q)
}

func (r *recorder) MarkDue(ctx ctxt, customer cust, ids []cid, at time.Time) error {
	return note(r, "MarkDue", customer).MarkDue(ctx, customer, ids, at)
}

func (r *recorder) HurryContacts(ctx ctxt, customer cust, now time.Time) error {
	return note(r, "HurryContacts", customer).HurryContacts(ctx, customer, now)
}

func (r *recorder) ClaimContacts(ctx ctxt, customer cust, claim sync.Claim) ([]*sync.Contact, error) {
	return note(r, "ClaimContacts", customer).ClaimContacts(ctx, customer, claim)
}

func (r *recorder) CountContacts(ctx ctxt, customer cust) (sync.ContactCounts, error) {
	return note(r, "CountContacts", customer).CountContacts(ctx, customer)
}

func (r *recorder) PutHints(ctx ctxt, customer cust, hints []sync.Hint) error {
	return note(r, "PutHints", customer).PutHints(ctx, customer, hints)
}

func (r *recorder) ClaimHints(ctx ctxt, customer cust, claim sync.Claim) ([]sync.Hint, error) {
	return note(r, "ClaimHints", customer).ClaimHints(ctx, customer, claim)
}

func (r *recorder) DropHints(ctx ctxt, customer cust, hints []sync.Hint) error {
	return note(r, "DropHints", customer).DropHints(ctx, customer, hints)
}

func (r *recorder) CountHints(ctx ctxt, customer cust) (int, time.Time, error) {
	return note(r, "CountHints", customer).CountHints(ctx, customer)
}

func (r *recorder) PutStaged(ctx ctxt, customer cust, generation string, rows []sync.Staged) error {
	return note(r, "PutStaged", customer).PutStaged(ctx, customer, generation, rows)
}

func (r *recorder) StagedPage(ctx ctxt, customer cust, generation string, connection conn, after ext, limit int) ([]sync.Staged, error) {
	return note(r, "StagedPage", customer).StagedPage(ctx, customer, generation, connection, after, limit)
}

func (r *recorder) StagedByEmail(ctx ctxt, customer cust, generation string, emails []string) ([]sync.Staged, error) {
	return note(r, "StagedByEmail", customer).StagedByEmail(ctx, customer, generation, emails)
}

func (r *recorder) StagedByContact(ctx ctxt, customer cust, generation string, ids []cid) ([]sync.Staged, error) {
	return note(r, "StagedByContact", customer).StagedByContact(ctx, customer, generation, ids)
}

func (r *recorder) StagedNew(ctx ctxt, customer cust, generation string, after cid, limit int) ([]cid, error) {
	return note(r, "StagedNew", customer).StagedNew(ctx, customer, generation, after, limit)
}

func (r *recorder) DropStaged(ctx ctxt, customer cust, generation string) error {
	return note(r, "DropStaged", customer).DropStaged(ctx, customer, generation)
}

func (r *recorder) PutTombstones(ctx ctxt, customer cust, stones []sync.Tombstone) error {
	return note(r, "PutTombstones", customer).PutTombstones(ctx, customer, stones)
}

func (r *recorder) Tombstones(ctx ctxt, customer cust, connection conn, ids []ext) ([]sync.Tombstone, error) {
	return note(r, "Tombstones", customer).Tombstones(ctx, customer, connection, ids)
}

func (r *recorder) DropTombstones(ctx ctxt, customer cust, connection conn, ids []ext) error {
	return note(r, "DropTombstones", customer).DropTombstones(ctx, customer, connection, ids)
}

func (r *recorder) AcquireRun(ctx ctxt, run *sync.Run, now time.Time) (*sync.Run, bool, error) {
	return note(r, "AcquireRun", run.CustomerID).AcquireRun(ctx, run, now)
}

func (r *recorder) AddRun(ctx ctxt, run *sync.Run) error {
	return note(r, "AddRun", run.CustomerID).AddRun(ctx, run)
}

func (r *recorder) SaveRun(ctx ctxt, run *sync.Run) error {
	return note(r, "SaveRun", run.CustomerID).SaveRun(ctx, run)
}

func (r *recorder) Run(ctx ctxt, customer cust, id string) (*sync.Run, error) {
	return note(r, "Run", customer).Run(ctx, customer, id)
}

func (r *recorder) LatestRun(ctx ctxt, customer cust) (*sync.Run, error) {
	return note(r, "LatestRun", customer).LatestRun(ctx, customer)
}

func (r *recorder) AppendActivity(ctx ctxt, customer cust, entries []sync.Activity) error {
	return note(r, "AppendActivity", customer).AppendActivity(ctx, customer, entries)
}

func (r *recorder) ListActivity(ctx ctxt, customer cust, q sync.LogQuery) ([]sync.Activity, string, error) {
	return note(r, "ListActivity", customer).ListActivity(ctx, customer, q)
}

func (r *recorder) ForgetContact(ctx ctxt, customer cust, id cid) error {
	return note(r, "ForgetContact", customer).ForgetContact(ctx, customer, id)
}

func (r *recorder) AppendConflicts(ctx ctxt, customer cust, conflicts []sync.Conflict) error {
	return note(r, "AppendConflicts", customer).AppendConflicts(ctx, customer, conflicts)
}

func (r *recorder) ListConflicts(ctx ctxt, customer cust, q sync.LogQuery) ([]sync.Conflict, string, int, error) {
	return note(r, "ListConflicts", customer).ListConflicts(ctx, customer, q)
}

func (r *recorder) Conflict(ctx ctxt, customer cust, id string) (*sync.Conflict, error) {
	return note(r, "Conflict", customer).Conflict(ctx, customer, id)
}

func (r *recorder) SaveConflict(ctx ctxt, customer cust, c *sync.Conflict) error {
	return note(r, "SaveConflict", customer).SaveConflict(ctx, customer, c)
}

func (r *recorder) AppendChanges(ctx ctxt, customer cust, changes []sync.Change) error {
	return note(r, "AppendChanges", customer).AppendChanges(ctx, customer, changes)
}

func (r *recorder) ListChanges(ctx ctxt, customer cust, q sync.LogQuery) ([]sync.Change, string, error) {
	return note(r, "ListChanges", customer).ListChanges(ctx, customer, q)
}

func (r *recorder) Change(ctx ctxt, customer cust, id string) (*sync.Change, error) {
	return note(r, "Change", customer).Change(ctx, customer, id)
}

func (r *recorder) SaveChanges(ctx ctxt, customer cust, changes []sync.Change) error {
	return note(r, "SaveChanges", customer).SaveChanges(ctx, customer, changes)
}

func (r *recorder) PruneLogs(ctx ctxt, customer cust, before time.Time) error {
	return note(r, "PruneLogs", customer).PruneLogs(ctx, customer, before)
}

func (r *recorder) PutReviews(ctx ctxt, customer cust, items []sync.Review) error {
	return note(r, "PutReviews", customer).PutReviews(ctx, customer, items)
}

func (r *recorder) ListReviews(ctx ctxt, customer cust) ([]sync.Review, error) {
	return note(r, "ListReviews", customer).ListReviews(ctx, customer)
}

func (r *recorder) DropReviews(ctx ctxt, customer cust, ids []string) error {
	return note(r, "DropReviews", customer).DropReviews(ctx, customer, ids)
}

func (r *recorder) SaveConnection(ctx ctxt, c *sync.Connection) error {
	store := note(r, "SaveConnection", c.CustomerID)
	if r.isUnsaved() {
		return fault.New(fault.Retryable, "The store does not answer.")
	}
	return store.SaveConnection(ctx, c)
}

func (r *recorder) Connections(ctx ctxt, customer cust) ([]*sync.Connection, error) {
	return note(r, "Connections", customer).Connections(ctx, customer)
}

func (r *recorder) ConnectionsByAccount(ctx ctxt, provider contact.Provider, account string) ([]*sync.Connection, error) {
	return note(r, "ConnectionsByAccount", "").ConnectionsByAccount(ctx, provider, account)
}

func (r *recorder) Customers(ctx ctxt) ([]cust, error) {
	return note(r, "Customers", "").Customers(ctx)
}

func (r *recorder) Settings(ctx ctxt, customer cust) (*sync.Settings, error) {
	return note(r, "Settings", customer).Settings(ctx, customer)
}

func (r *recorder) SaveSettings(ctx ctxt, customer cust, settings *sync.Settings) error {
	return note(r, "SaveSettings", customer).SaveSettings(ctx, customer, settings)
}

func (r *recorder) PutValue(ctx ctxt, key string, value []byte, until time.Time) error {
	return note(r, "PutValue", key).PutValue(ctx, key, value, until)
}

func (r *recorder) Value(ctx ctxt, key string, now time.Time) ([]byte, error) {
	return note(r, "Value", key).Value(ctx, key, now)
}

func (r *recorder) ChangeValue(ctx ctxt, key string, now, until time.Time, change func([]byte) []byte) error {
	return note(r, "ChangeValue", key).ChangeValue(ctx, key, now, until, change)
}

func (r *recorder) DropValue(ctx ctxt, key string) error {
	return note(r, "DropValue", key).DropValue(ctx, key)
}

func (r *recorder) CountAttempt(ctx ctxt, key string, now time.Time, window time.Duration) (int, time.Time, error) {
	return note(r, "CountAttempt", key).CountAttempt(ctx, key, now, window)
}

func (r *recorder) ForgetAttempts(ctx ctxt, key string) error {
	return note(r, "ForgetAttempts", key).ForgetAttempts(ctx, key)
}
