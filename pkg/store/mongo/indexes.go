package mongo

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/contactsync/contactsync/pkg/fault"
)

// The collections.
const (
	contacts    = "contacts"
	links       = "contact_links"
	hints       = "hints"
	staged      = "staged"
	tombstones  = "tombstones"
	runs        = "runs"
	gates       = "run_gates"
	activity    = "sync_logs"
	conflicts   = "conflict_logs"
	changes     = "changes"
	reviews     = "reviews"
	connections = "connections"
	settings    = "settings"
	values      = "values"
	attempts    = "attempts"
	schema      = "schema"
)

// primary is the index that every collection has, by _id.
const primary = "_id_"

// index is one that this package creates. No index is unique: what has to be
// unique is named by its _id.
type index struct {
	collection string
	name       string
	keys       []string // ascending
	// expires has the server remove a document once the date in its key has passed.
	// It is cleaning up: nothing depends on when, or whether, it happens.
	expires bool
}

var indexes = []index{
	{collection: contacts, name: "by_due", keys: []string{"customerId", "due.at", "id"}},
	{collection: contacts, name: "by_record", keys: []string{"customerId", "keys.records"}},
	{collection: contacts, name: "by_word", keys: []string{"customerId", "lifecycle", "keys.words"}},
	{collection: contacts, name: "by_name", keys: []string{"customerId", "lifecycle", "keys.name", "id"}},
	{collection: contacts, name: "by_email", keys: []string{"customerId", "lifecycle", "keys.email", "id"}},
	{collection: contacts, name: "by_updated", keys: []string{"customerId", "lifecycle", "updatedAt", "id"}},
	{collection: contacts, name: "by_created", keys: []string{"customerId", "lifecycle", "createdAt", "id"}},
	{collection: contacts, name: "by_status", keys: []string{"customerId", "lifecycle", "status", "id"}},
	{collection: contacts, name: "by_tally", keys: []string{"customerId", "keys.tally"}},
	{collection: hints, name: "by_due", keys: []string{"customerId", "dueAt", "connectionId", "externalId"}},
	{collection: staged, name: "by_email", keys: []string{"customerId", "generation", "emails"}},
	{collection: staged, name: "by_contact", keys: []string{"customerId", "generation", "contactId"}},
	{collection: staged, name: "expires", keys: []string{"expiresAt"}, expires: true},
	{collection: runs, name: "by_state", keys: []string{"customerId", "state", "startedAt", "id"}},
	{collection: runs, name: "by_start", keys: []string{"customerId", "dryRun", "startedAt", "id"}},
	{collection: activity, name: "by_time", keys: []string{"customerId", "at", "id"}},
	{collection: activity, name: "by_contact", keys: []string{"customerId", "contactId", "at", "id"}},
	{collection: activity, name: "by_run", keys: []string{"customerId", "runId", "at", "id"}},
	{collection: activity, name: "by_level", keys: []string{"customerId", "level", "at", "id"}},
	{collection: activity, name: "expires", keys: []string{"expiresAt"}, expires: true},
	{collection: conflicts, name: "by_time", keys: []string{"customerId", "at", "id"}},
	{collection: conflicts, name: "by_contact", keys: []string{"customerId", "contactId", "at", "id"}},
	{collection: conflicts, name: "by_run", keys: []string{"customerId", "runId", "at", "id"}},
	{collection: conflicts, name: "expires", keys: []string{"expiresAt"}, expires: true},
	{collection: changes, name: "by_time", keys: []string{"customerId", "at", "id"}},
	{collection: changes, name: "by_contact", keys: []string{"customerId", "contactId", "at", "id"}},
	{collection: changes, name: "by_run", keys: []string{"customerId", "runId", "at", "id"}},
	{collection: changes, name: "expires", keys: []string{"expiresAt"}, expires: true},
	{collection: reviews, name: "by_time", keys: []string{"customerId", "at", "id"}},
	{collection: connections, name: "by_customer", keys: []string{"customerId", "id"}},
	{collection: connections, name: "by_account", keys: []string{"provider", "account", "customerId", "id"}},
	{collection: values, name: "expires", keys: []string{"expiresAt"}, expires: true},
	{collection: attempts, name: "expires", keys: []string{"expiresAt"}, expires: true},
}

// schemaVersion is raised when a document changes so that older versions of the
// product would misread it.
const schemaVersion = 1

// schemaDoc says what a database was prepared with. There is one, so that a new
// instance need not ask for every index.
type schemaDoc struct {
	Key     string   `bson:"_id"`
	Version int      `bson:"version"`
	Indexes []string `bson:"indexes"`
}

const schemaKey = "schema"

// prepare makes the database fit for use, if it is not so already.
func (s *Store) prepare(ctx context.Context) error {
	found, err := find[schemaDoc](ctx, s, schemaByKey, bson.D{is("_id", schemaKey)}, 1)
	if err != nil {
		return err
	}
	declared := make([]string, len(indexes))
	for i, x := range indexes {
		declared[i] = x.text()
	}
	if len(found) == 1 && found[0].Version > schemaVersion {
		return &fault.Error{
			Kind:    fault.Unavailable,
			Message: "The database was written by a newer version of Contact Sync.",
			Hint:    "Deploy that version, or name another database in MONGODB_URI.",
		}
	}
	if len(found) == 1 && slices.Equal(found[0].Indexes, declared) {
		return nil
	}
	if err := s.checkVersion(ctx); err != nil {
		return err
	}
	for _, x := range indexes {
		if err := s.createIndex(ctx, x); err != nil {
			return err
		}
	}
	doc, err := marshal(schemaDoc{Key: schemaKey, Version: schemaVersion, Indexes: declared})
	if err != nil {
		return err
	}
	_, err = s.write(ctx, schemaByKey, upsertDoc(bson.D{is("_id", schemaKey)}, doc))
	return err
}

// text names the index with everything that matters.
func (x index) text() string {
	text := x.collection + "." + x.name + "(" + strings.Join(x.keys, ",") + ")"
	if x.expires {
		text += " expires"
	}
	return text
}

// createIndex creates one index; one that is there already is no error.
func (s *Store) createIndex(ctx context.Context, x index) error {
	model := driver.IndexModel{Options: options.Index().SetName(x.name)}
	keys := bson.D{}
	for _, field := range x.keys {
		keys = append(keys, is(field, 1))
	}
	model.Keys = keys
	if x.expires {
		model.Options.SetExpireAfterSeconds(0)
	}
	_, err := s.db.Collection(x.collection).Indexes().CreateOne(ctx, model)
	if refused := driver.ServerError(nil); err != nil && x.expires && errors.As(err, &refused) &&
		!refused.HasErrorCode(codeUnauthorized) {
		s.log.WarnContext(ctx, "the database server removes nothing by age", "collection", x.collection, "error", err)
		return nil
	}
	return err
}
