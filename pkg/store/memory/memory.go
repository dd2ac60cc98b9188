// Package memory keeps the documents of package sync in maps: a store without a
// database, for simulations that use it very often. It passes the same suite as the
// stores that last, and forgets everything with the process.
//
// What it is given and what it hands out are copies; the times in them are kept as
// every store keeps them. It looks through all documents of a customer to find one,
// so it is for few of them.
package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	gosync "sync"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// Store is a [sync.Store] in memory. It is safe for concurrent use.
type Store struct {
	mu        gosync.Mutex
	customers map[contact.CustomerID]*documents
	values    map[string]lasting[[]byte]
	attempts  map[string]lasting[int]
}

var _ sync.Store = (*Store)(nil)

// documents are those of one customer.
type documents struct {
	contacts    map[contact.ID]*sync.Contact
	hints       map[record]*hint
	staged      map[string]map[record]sync.Staged // by generation
	stones      map[record]sync.Tombstone
	runs        map[string]*sync.Run
	activity    map[string]sync.Activity
	conflicts   map[string]sync.Conflict
	changes     map[string]sync.Change
	reviews     map[string]sync.Review
	connections map[contact.ConnectionID]*sync.Connection
	settings    *sync.Settings
}

// record names a remote record.
type record struct {
	connection contact.ConnectionID
	external   contact.ExternalID
}

func (r record) compare(o record) int {
	return cmp.Or(cmp.Compare(r.connection, o.connection), cmp.Compare(r.external, o.external))
}

// lasting is a value that counts until a time.
type lasting[T any] struct {
	value T
	until time.Time
}

// New returns an empty store.
func New() *Store {
	return &Store{
		customers: map[contact.CustomerID]*documents{},
		values:    map[string]lasting[[]byte]{},
		attempts:  map[string]lasting[int]{},
	}
}

// of returns the documents of a customer, with the store locked until done is called.
// The error is that of a context that has ended.
func (s *Store) of(ctx context.Context, customer contact.CustomerID) (d *documents, done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fault.Wrap(fault.Retryable, "memory", err)
	}
	s.mu.Lock()
	if d = s.customers[customer]; d == nil {
		d = &documents{
			contacts: map[contact.ID]*sync.Contact{}, hints: map[record]*hint{},
			staged: map[string]map[record]sync.Staged{}, stones: map[record]sync.Tombstone{},
			runs: map[string]*sync.Run{}, activity: map[string]sync.Activity{},
			conflicts: map[string]sync.Conflict{}, changes: map[string]sync.Change{}, reviews: map[string]sync.Review{},
			connections: map[contact.ConnectionID]*sync.Connection{},
		}
		s.customers[customer] = d
	}
	return d, s.mu.Unlock, nil
}

// Ping implements [sync.Store].
func (s *Store) Ping(ctx context.Context) (string, error) {
	_, done, err := s.of(ctx, "")
	if err != nil {
		return "", err
	}
	defer done()
	return "memory", nil
}

// SaveConnection implements [sync.ConnectionStore].
func (s *Store) SaveConnection(ctx context.Context, c *sync.Connection) error {
	d, done, err := s.of(ctx, c.CustomerID)
	if err != nil {
		return err
	}
	defer done()
	if stored := d.connections[c.ID]; stored == nil && c.Rev != 0 || stored != nil && stored.Rev != c.Rev {
		return fault.New(fault.Stale, "The connection changed in the meantime.")
	}
	c.Rev++
	d.connections[c.ID] = kept(c)
	return nil
}

// Connections implements [sync.ConnectionStore]: by id.
func (s *Store) Connections(ctx context.Context, customer contact.CustomerID) ([]*sync.Connection, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	return d.connectionsWith(func(*sync.Connection) bool { return true }), nil
}

func (d *documents) connectionsWith(fits func(*sync.Connection) bool) (found []*sync.Connection) {
	for _, id := range slices.Sorted(maps.Keys(d.connections)) {
		if c := d.connections[id]; fits(c) {
			found = append(found, kept(c))
		}
	}
	return found
}

// ConnectionsByAccount implements [sync.ConnectionStore].
func (s *Store) ConnectionsByAccount(ctx context.Context, provider contact.Provider, account string) (found []*sync.Connection, err error) {
	_, done, err := s.of(ctx, "")
	if err != nil {
		return nil, err
	}
	defer done()
	for _, customer := range slices.Sorted(maps.Keys(s.customers)) {
		found = append(found, s.customers[customer].connectionsWith(func(c *sync.Connection) bool {
			return c.Provider == provider && c.AccountID == account
		})...)
	}
	return found, nil
}

// Customers implements [sync.ConnectionStore].
func (s *Store) Customers(ctx context.Context) ([]contact.CustomerID, error) {
	_, done, err := s.of(ctx, "")
	if err != nil {
		return nil, err
	}
	defer done()
	customers := slices.Sorted(maps.Keys(s.customers))
	return slices.DeleteFunc(customers, func(id contact.CustomerID) bool { return len(s.customers[id].connections) == 0 }), nil
}

// Settings implements [sync.SettingsStore].
func (s *Store) Settings(ctx context.Context, customer contact.CustomerID) (*sync.Settings, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	if d.settings == nil {
		return &sync.Settings{}, nil
	}
	return kept(d.settings), nil
}

// SaveSettings implements [sync.SettingsStore].
func (s *Store) SaveSettings(ctx context.Context, customer contact.CustomerID, settings *sync.Settings) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	if d.settings == nil && settings.Rev != 0 || d.settings != nil && d.settings.Rev != settings.Rev {
		return fault.New(fault.Stale, "The settings changed in the meantime.")
	}
	settings.Rev++
	d.settings = kept(settings)
	return nil
}

// PutValue implements [sync.ValueStore].
func (s *Store) PutValue(ctx context.Context, key string, value []byte, until time.Time) error {
	_, done, err := s.of(ctx, "")
	if err != nil {
		return err
	}
	defer done()
	s.values[key] = lasting[[]byte]{slices.Clone(value), rounded(until)}
	return nil
}

// Value implements [sync.ValueStore].
func (s *Store) Value(ctx context.Context, key string, now time.Time) ([]byte, error) {
	_, done, err := s.of(ctx, "")
	if err != nil {
		return nil, err
	}
	defer done()
	v, ok := s.values[key]
	if !ok || !v.until.After(rounded(now)) {
		return nil, fault.New(fault.NotFound, "The value is not there, or its time is over.")
	}
	return slices.Clone(v.value), nil
}

// ChangeValue implements [sync.ValueStore].
func (s *Store) ChangeValue(ctx context.Context, key string, now, until time.Time, change func([]byte) []byte) error {
	_, done, err := s.of(ctx, "")
	if err != nil {
		return err
	}
	defer done()
	var value []byte
	if v, ok := s.values[key]; ok && v.until.After(rounded(now)) {
		value = slices.Clone(v.value)
	}
	if next := change(value); next != nil {
		s.values[key] = lasting[[]byte]{slices.Clone(next), rounded(until)}
	}
	return nil
}

// DropValue implements [sync.ValueStore].
func (s *Store) DropValue(ctx context.Context, key string) error {
	_, done, err := s.of(ctx, "")
	if err != nil {
		return err
	}
	defer done()
	delete(s.values, key)
	return nil
}

// CountAttempt implements [sync.ValueStore].
func (s *Store) CountAttempt(ctx context.Context, key string, now time.Time, window time.Duration) (n int, until time.Time, err error) {
	_, done, err := s.of(ctx, "")
	if err != nil {
		return 0, time.Time{}, err
	}
	defer done()
	tries := s.attempts[key]
	if !tries.until.After(rounded(now)) {
		tries = lasting[int]{until: rounded(now.Add(window))}
	}
	tries.value++
	s.attempts[key] = tries
	return tries.value, tries.until, nil
}

// ForgetAttempts implements [sync.ValueStore].
func (s *Store) ForgetAttempts(ctx context.Context, key string) error {
	_, done, err := s.of(ctx, "")
	if err != nil {
		return err
	}
	defer done()
	delete(s.attempts, key)
	return nil
}
