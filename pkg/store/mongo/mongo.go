// Package mongo keeps the documents of package sync in a MongoDB database, or in
// one that speaks its protocol.
//
// One document is the unit of consistency. Every operation that guards something
// is a write of single documents whose filter carries the guard; none reads first
// and trusts what it read, and none needs a transaction, a change stream, a unique
// index or the time at which the server removes expired documents. What has to be
// unique is so by its _id. A batch takes a fixed number of round trips, whatever
// it holds, up to [Options.BatchSize] records.
//
// Documents are stored under the names of their JSON form, with what they are
// found by beside it: see contactDoc and its neighbours. Indexes, and the queries
// they serve, are declared in indexes.go and queries.go.
//
// The package decides nothing about synchronisation and runs nothing in the
// background, but for the driver's own watch over its servers.
package mongo

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"github.com/contactsync/contactsync/pkg/sync"
)

// Options says which database to use, and how. URI is required.
type Options struct {
	// URI is the address of the server, as MongoDB writes it. What it says of
	// time-outs and of the pool goes before the defaults of this package.
	URI string
	// Database is the name of the database; "" takes the one in URI, else
	// [DefaultDatabase].
	Database string
	// LogsKept is how long entries of the logs are kept at most after they were
	// written, whatever a customer chose; 0 means ten years.
	LogsKept time.Duration
	// BatchSize is the most records in one command; 0 means 1000.
	BatchSize int
	// Monitor is told of every command; may be nil.
	Monitor *event.CommandMonitor
	Log     *slog.Logger // nil: slog's default
}

// DefaultDatabase is the database of an address that names none.
const DefaultDatabase = "contactsync"

const day = 24 * time.Hour

// Store is a [sync.Store] in a MongoDB database. It is safe for concurrent use, by
// several processes too.
type Store struct {
	client *driver.Client
	db     *driver.Database
	log    *slog.Logger
	// now is the time by which documents expire and reservations grow old. It is
	// the wall clock: servers remove expired documents by theirs.
	now func() time.Time

	batchSize int
	logsKept  time.Duration
}

var _ sync.Store = (*Store)(nil)

// Open connects to the server, checks that it can be used, and creates the indexes
// that are missing. It takes one or two round trips when there is nothing to do.
//
// The error is fault.Unavailable, with a text for people that names MONGODB_URI,
// when there is no server, it refuses the user, takes no writes or is too old.
func Open(ctx context.Context, o Options) (*Store, error) {
	const op = "mongo.open"
	client, err := connect(o)
	if err != nil {
		return nil, classify(op, err)
	}
	s := &Store{
		client:    client,
		db:        client.Database(cmp.Or(o.Database, databaseOf(o.URI), DefaultDatabase)),
		log:       cmp.Or(o.Log, slog.Default()),
		now:       time.Now,
		batchSize: cmp.Or(o.BatchSize, 1000),
		logsKept:  cmp.Or(o.LogsKept, 3650*day),
	}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(classify(op, err), s.Close())
	}
	return s, nil
}

// Close ends the connections. Operations begun afterwards fail with
// fault.Unavailable.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if err := s.client.Disconnect(ctx); err != nil && !errors.Is(err, driver.ErrClientDisconnected) {
		return classify("mongo.close", err)
	}
	return nil
}

// Ping implements [sync.Store].
func (s *Store) Ping(ctx context.Context) (string, error) {
	return "mongodb", classify("mongo.ping", s.client.Ping(ctx, readpref.Primary()))
}
