package mongo

import (
	"context"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// reviewDoc is how an item for a person to decide is stored.
type reviewDoc struct {
	Key         string             `bson:"_id"`
	CustomerID  contact.CustomerID `bson:"customerId"`
	sync.Review `bson:",inline"`
}

// PutReviews implements [sync.LogStore]. One round trip.
func (s *Store) PutReviews(ctx context.Context, customer contact.CustomerID, items []sync.Review) error {
	docs := make([]any, len(items))
	for i, item := range items {
		docs[i] = reviewDoc{Key: keysOf(customer).of(item.ID), CustomerID: customer, Review: item}
	}
	return classify("mongo.putReviews", s.insertNew(ctx, putReviews, docs))
}

// ListReviews implements [sync.LogStore]: newest first. One round trip.
func (s *Store) ListReviews(ctx context.Context, customer contact.CustomerID) ([]sync.Review, error) {
	docs, err := find[reviewDoc](ctx, s, reviewsByTime, scoped(customer), 0, order(true, "at", "id")...)
	items := make([]sync.Review, len(docs))
	for i, d := range docs {
		items[i] = d.Review
	}
	return items, classify("mongo.listReviews", err)
}

// DropReviews implements [sync.LogStore]. One round trip.
func (s *Store) DropReviews(ctx context.Context, customer contact.CustomerID, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := s.write(ctx, dropReviews, deleteMany(scoped(customer, in("_id", ofAll(keysOf(customer), ids)))))
	return classify("mongo.dropReviews", err)
}
