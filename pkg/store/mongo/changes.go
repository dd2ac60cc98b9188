package mongo

import (
	"context"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// changeDoc is how an entry of the change log is stored.
type changeDoc struct {
	Key         string             `bson:"_id"`
	CustomerID  contact.CustomerID `bson:"customerId"`
	sync.Change `bson:",inline"`
	ExpiresAt   time.Time `bson:"expiresAt"`
}

func (s *Store) changeDoc(customer contact.CustomerID, c sync.Change) changeDoc {
	return changeDoc{Key: keysOf(customer).of(c.ID), CustomerID: customer, Change: c, ExpiresAt: s.now().Add(s.logsKept)}
}

// AppendChanges implements [sync.LogStore]. One round trip.
func (s *Store) AppendChanges(ctx context.Context, customer contact.CustomerID, changes []sync.Change) error {
	docs := make([]any, len(changes))
	for i, c := range changes {
		docs[i] = s.changeDoc(customer, c)
	}
	return classify("mongo.appendChanges", s.insertNew(ctx, appendChanges, docs))
}

// ListChanges implements [sync.LogStore]. One round trip.
func (s *Store) ListChanges(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) ([]sync.Change, string, error) {
	const op = "mongo.listChanges"
	log, err := newLogQuery("changes", customer, q)
	if err != nil {
		return nil, "", classify(op, err)
	}
	by := changesByTime
	switch {
	case q.ContactID != "":
		by = changesByContact
	case q.RunID != "":
		by = changesByRun
	}
	docs, next, err := logPage(ctx, s, by, log, func(d changeDoc) (time.Time, string) { return d.At, d.ID })
	entries := make([]sync.Change, len(docs))
	for i, d := range docs {
		entries[i] = d.Change
	}
	return entries, next, classify(op, err)
}

// Change implements [sync.LogStore]. One round trip.
func (s *Store) Change(ctx context.Context, customer contact.CustomerID, id string) (*sync.Change, error) {
	found, err := find[changeDoc](ctx, s, changeByID, scoped(customer, is("_id", keysOf(customer).of(id))), 1)
	if err != nil {
		return nil, classify("mongo.change", err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "There is no such change.")
	}
	return &found[0].Change, nil
}

// SaveChanges implements [sync.LogStore]. One round trip. The entries are kept as
// long as new ones.
func (s *Store) SaveChanges(ctx context.Context, customer contact.CustomerID, changes []sync.Change) error {
	const op = "mongo.saveChanges"
	if len(changes) == 0 {
		return nil
	}
	operations := make([]driver.WriteModel, len(changes))
	for i, c := range changes {
		doc, err := marshal(s.changeDoc(customer, c))
		if err != nil {
			return classify(op, err)
		}
		operations[i] = replaceDoc(scoped(customer, is("_id", keysOf(customer).of(c.ID))), doc)
	}
	_, err := s.write(ctx, saveChanges, operations...)
	return classify(op, err)
}

// PruneLogs implements [sync.LogStore]. Four round trips.
func (s *Store) PruneLogs(ctx context.Context, customer contact.CustomerID, before time.Time) error {
	old := with("at", "$lt", before.Truncate(time.Millisecond))
	for _, log := range []query{pruneActivity, pruneConflicts, pruneChanges} {
		if _, err := s.write(ctx, log, deleteMany(scoped(customer, old))); err != nil {
			return classify("mongo.pruneLogs", err)
		}
	}
	ended := []sync.RunState{sync.RunDone, sync.RunFailed, sync.RunCancelled}
	_, err := s.write(ctx, pruneRuns, deleteMany(scoped(customer, in("state", ended), with("startedAt", "$lt", before.Truncate(time.Millisecond)))))
	return classify("mongo.pruneLogs", err)
}
