package mongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// activityDoc is how an entry of the sync log is stored.
type activityDoc struct {
	Key           string             `bson:"_id"`
	CustomerID    contact.CustomerID `bson:"customerId"`
	sync.Activity `bson:",inline"`
	ExpiresAt     time.Time `bson:"expiresAt"`
}

// conflictDoc is how an entry of the conflict log is stored.
type conflictDoc struct {
	Key           string             `bson:"_id"`
	CustomerID    contact.CustomerID `bson:"customerId"`
	sync.Conflict `bson:",inline"`
	ExpiresAt     time.Time `bson:"expiresAt"`
}

// AppendActivity implements [sync.LogStore]. One round trip.
func (s *Store) AppendActivity(ctx context.Context, customer contact.CustomerID, entries []sync.Activity) error {
	expires := s.now().Add(s.logsKept)
	docs := make([]any, len(entries))
	for i, e := range entries {
		docs[i] = activityDoc{Key: keysOf(customer).of(e.ID), CustomerID: customer, Activity: e, ExpiresAt: expires}
	}
	return classify("mongo.appendActivity", s.insertNew(ctx, appendActivity, docs))
}

// ListActivity implements [sync.LogStore]. One round trip.
func (s *Store) ListActivity(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) ([]sync.Activity, string, error) {
	const op = "mongo.listActivity"
	log, err := newLogQuery("activity", customer, q)
	if err != nil {
		return nil, "", classify(op, err)
	}
	by := activityByTime
	switch {
	case q.ContactID != "":
		by = activityByContact
	case q.RunID != "":
		by = activityByRun
	case q.Level != "":
		by = activityByLevel
	}
	if q.Level != "" {
		log.filter = append(log.filter, is("level", q.Level))
	}
	docs, next, err := logPage(ctx, s, by, log, func(d activityDoc) (time.Time, string) { return d.At, d.ID })
	entries := make([]sync.Activity, len(docs))
	for i, d := range docs {
		entries[i] = d.Activity
	}
	return entries, next, classify(op, err)
}

// AppendConflicts implements [sync.LogStore]. One round trip.
func (s *Store) AppendConflicts(ctx context.Context, customer contact.CustomerID, conflicts []sync.Conflict) error {
	docs := make([]any, len(conflicts))
	for i, c := range conflicts {
		docs[i] = s.conflictDoc(customer, c)
	}
	return classify("mongo.appendConflicts", s.insertNew(ctx, appendConflicts, docs))
}

func (s *Store) conflictDoc(customer contact.CustomerID, c sync.Conflict) conflictDoc {
	return conflictDoc{Key: keysOf(customer).of(c.ID), CustomerID: customer, Conflict: c, ExpiresAt: s.now().Add(s.logsKept)}
}

// ListConflicts implements [sync.LogStore]. Two round trips.
func (s *Store) ListConflicts(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) ([]sync.Conflict, string, int, error) {
	const op = "mongo.listConflicts"
	log, err := newLogQuery("conflicts", customer, q)
	if err != nil {
		return nil, "", 0, classify(op, err)
	}
	by := conflictsByTime
	switch {
	case q.ContactID != "":
		by = conflictsByContact
	case q.RunID != "":
		by = conflictsByRun
	}
	total, err := s.count(ctx, by, log.filter)
	if err != nil {
		return nil, "", 0, classify(op, err)
	}
	docs, next, err := logPage(ctx, s, by, log, func(d conflictDoc) (time.Time, string) { return d.At, d.ID })
	entries := make([]sync.Conflict, len(docs))
	for i, d := range docs {
		entries[i] = d.Conflict
	}
	return entries, next, total, classify(op, err)
}

// ForgetContact implements [sync.LogStore]. Three round trips.
func (s *Store) ForgetContact(ctx context.Context, customer contact.CustomerID, id contact.ID) error {
	for _, q := range []query{forgetActivity, forgetConflicts, forgetChanges} {
		if _, err := s.write(ctx, q, deleteMany(scoped(customer, is("contactId", id)))); err != nil {
			return classify("mongo.forgetContact", err)
		}
	}
	return nil
}

// logQuery selects entries of a log, newest first.
type logQuery struct {
	list   string
	filter bson.D
	after  bson.D // beyond the page before
	limit  int
}

func newLogQuery(list string, customer contact.CustomerID, q sync.LogQuery) (*logQuery, error) {
	log := &logQuery{list: list, filter: scoped(customer), limit: pageSize(q.Limit)}
	if q.ContactID != "" {
		log.filter = append(log.filter, is("contactId", q.ContactID))
	}
	if q.RunID != "" {
		log.filter = append(log.filter, is("runId", q.RunID))
	}
	if q.Cursor == "" {
		return log, nil
	}
	m, err := decodeMark(q.Cursor, list)
	if err != nil {
		return nil, err
	}
	log.after = beyond("at", m.Time, m.ID, true)
	return log, nil
}

// logPage reads a page of a log. Place gives the time and the id of an entry.
func logPage[T any](ctx context.Context, s *Store, by query, q *logQuery, place func(T) (time.Time, string)) ([]T, string, error) {
	found, err := find[T](ctx, s, by, append(q.filter, q.after...), q.limit+1, order(true, "at", "id")...)
	found, next := cut(found, q.limit, func(d T) mark {
		at, id := place(d)
		return mark{List: q.list, Time: at, ID: id}
	})
	return found, next, err
}

var errNoConflict = fault.New(fault.NotFound, "There is no such conflict.")

// Conflict implements [sync.LogStore]. One round trip.
func (s *Store) Conflict(ctx context.Context, customer contact.CustomerID, id string) (*sync.Conflict, error) {
	found, err := find[conflictDoc](ctx, s, conflictByID, scoped(customer, is("_id", keysOf(customer).of(id))), 1)
	if err != nil {
		return nil, classify("mongo.conflict", err)
	}
	if len(found) == 0 {
		return nil, errNoConflict
	}
	return &found[0].Conflict, nil
}

// SaveConflict implements [sync.LogStore]. One round trip. The error is
// fault.NotFound if there is none to replace. The entry is kept as long as a new one.
func (s *Store) SaveConflict(ctx context.Context, customer contact.CustomerID, c *sync.Conflict) error {
	const op = "mongo.saveConflict"
	doc, err := marshal(s.conflictDoc(customer, *c))
	if err != nil {
		return classify(op, err)
	}
	w, err := s.write(ctx, saveConflict, replaceDoc(scoped(customer, is("_id", keysOf(customer).of(c.ID))), doc))
	if err == nil && !w.all(1) {
		return errNoConflict
	}
	return classify(op, err)
}

// insertNew inserts the documents of which there are none of the key. Those that
// are there stay as they are.
func (s *Store) insertNew(ctx context.Context, q query, docs []any) error {
	if len(docs) == 0 {
		return nil
	}
	operations := make([]driver.WriteModel, len(docs))
	for i, doc := range docs {
		data, err := marshal(doc)
		if err != nil {
			return err
		}
		operations[i] = insertDoc(data)
	}
	_, err := s.write(ctx, q, operations...)
	return err
}
