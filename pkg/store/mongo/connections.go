package mongo

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// connectionDoc is how a connection is stored.
type connectionDoc struct {
	Key             string `bson:"_id"`
	sync.Connection `bson:",inline"`
	Account         string `bson:"account"` // to look up by; "" too
}

// SaveConnection implements [sync.ConnectionStore]. One round trip.
func (s *Store) SaveConnection(ctx context.Context, c *sync.Connection) error {
	const op = "mongo.saveConnection"
	d := connectionDoc{Key: keysOf(c.CustomerID).of(string(c.ID)), Connection: *c, Account: c.AccountID}
	d.Rev++
	saved, err := s.saveRevision(ctx, saveConnection, scoped(c.CustomerID, is("_id", d.Key)), c.Rev, d)
	if err != nil {
		return classify(op, err)
	}
	if !saved {
		return fault.New(fault.Stale, "The connection changed in the meantime.")
	}
	c.Rev++
	return nil
}

// saveRevision writes a document if the stored one, which the filter names, is of
// the revision, or if there is none and the revision is 0.
func (s *Store) saveRevision(ctx context.Context, q query, filter bson.D, rev int64, doc any) (saved bool, err error) {
	data, err := marshal(doc)
	if err != nil {
		return false, err
	}
	operation := insertDoc(data)
	if rev != 0 {
		operation = replaceDoc(append(filter, is("rev", rev)), data)
	}
	w, err := s.write(ctx, q, operation)
	return w.all(1), err
}

// Connections implements [sync.ConnectionStore]: by id. One round trip.
func (s *Store) Connections(ctx context.Context, customer contact.CustomerID) ([]*sync.Connection, error) {
	docs, err := find[connectionDoc](ctx, s, connectionsOf, scoped(customer), 0, is("id", 1))
	return connectionsIn(docs), classify("mongo.connections", err)
}

// ConnectionsByAccount implements [sync.ConnectionStore]. One round trip.
func (s *Store) ConnectionsByAccount(ctx context.Context, provider contact.Provider, account string) ([]*sync.Connection, error) {
	docs, err := find[connectionDoc](ctx, s, connectionsByAccount,
		bson.D{is("provider", provider), is("account", account)}, 0, order(false, "customerId", "id")...)
	return connectionsIn(docs), classify("mongo.connectionsByAccount", err)
}

func connectionsIn(docs []connectionDoc) []*sync.Connection {
	found := make([]*sync.Connection, len(docs))
	for i := range docs {
		found[i] = &docs[i].Connection
	}
	return found
}

// Customers implements [sync.ConnectionStore]. One round trip.
func (s *Store) Customers(ctx context.Context) ([]contact.CustomerID, error) {
	counts, err := s.countBy(ctx, allCustomers, "customerId", bson.D{})
	customers := make([]contact.CustomerID, 0, len(counts))
	for customer := range counts {
		customers = append(customers, contact.CustomerID(customer))
	}
	slices.Sort(customers)
	return customers, classify("mongo.customers", err)
}
