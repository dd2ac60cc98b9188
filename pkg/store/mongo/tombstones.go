package mongo

import (
	"context"

	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// tombstoneDoc is how a tombstone is stored.
type tombstoneDoc struct {
	Key            string             `bson:"_id"`
	CustomerID     contact.CustomerID `bson:"customerId"`
	sync.Tombstone `bson:",inline"`
}

// PutTombstones implements [sync.StagingStore]. One round trip.
func (s *Store) PutTombstones(ctx context.Context, customer contact.CustomerID, stones []sync.Tombstone) error {
	docs := make([]any, len(stones))
	for i, t := range stones {
		docs[i] = tombstoneDoc{Key: linkKey(customer, t.ConnectionID, t.ExternalID), CustomerID: customer, Tombstone: t}
	}
	return classify("mongo.putTombstones", s.insertNew(ctx, putTombstones, docs))
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

// Tombstones implements [sync.StagingStore]. One round trip.
func (s *Store) Tombstones(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) ([]sync.Tombstone, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	keys := ofAll(keysOf(customer).under(string(connection)), ids)
	docs, err := find[tombstoneDoc](ctx, s, tombstonesByKey, scoped(customer, in("_id", keys)), 0)
	stones := make([]sync.Tombstone, len(docs))
	for i, d := range docs {
		stones[i] = d.Tombstone
	}
	return stones, classify("mongo.tombstones", err)
}

// DropTombstones implements [sync.StagingStore]. One round trip.
func (s *Store) DropTombstones(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) error {
	if len(ids) == 0 {
		return nil
	}
	keys := ofAll(keysOf(customer).under(string(connection)), ids)
	_, err := s.write(ctx, dropTombstones, deleteMany(scoped(customer, in("_id", keys))))
	return classify("mongo.dropTombstones", err)
}
