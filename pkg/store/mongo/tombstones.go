package mongo

import (
	"context"
	"slices"

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

// PutTombstones implements [sync.StagingStore]. One round trip. Of several of one
// record the last counts.
func (s *Store) PutTombstones(ctx context.Context, customer contact.CustomerID, stones []sync.Tombstone) error {
	const op = "mongo.putTombstones"
	if len(stones) == 0 {
		return nil
	}
	seen := map[string]bool{}
	var operations []driver.WriteModel
	for _, t := range slices.Backward(stones) {
		key := linkKey(customer, t.ConnectionID, t.ExternalID)
		if seen[key] {
			continue
		}
		seen[key] = true
		doc, err := marshal(tombstoneDoc{Key: key, CustomerID: customer, Tombstone: t})
		if err != nil {
			return classify(op, err)
		}
		operations = append(operations, upsertDoc(scoped(customer, is("_id", key)), doc))
	}
	return classify(op, s.upsert(ctx, putTombstones, operations...))
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
