package mongo

import (
	"context"
	"slices"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// stagedKept is how long rows are kept that no run came to drop.
const stagedKept = 7 * day

// stagedDoc is how a staged row is stored.
type stagedDoc struct {
	Key         string             `bson:"_id"`
	CustomerID  contact.CustomerID `bson:"customerId"`
	Generation  string             `bson:"generation"`
	sync.Staged `bson:",inline"`
	ExpiresAt   time.Time `bson:"expiresAt"`
}

// PutStaged implements [sync.StagingStore]. One round trip. Of several rows of one
// record the last counts.
func (s *Store) PutStaged(ctx context.Context, customer contact.CustomerID, generation string, rows []sync.Staged) error {
	const op = "mongo.putStaged"
	if len(rows) == 0 {
		return nil
	}
	expires := s.now().Add(stagedKept)
	seen := map[string]bool{}
	var operations []driver.WriteModel
	for _, row := range slices.Backward(rows) {
		key := keysOf(customer).under(generation).under(string(row.ConnectionID)).of(string(row.Record.ID))
		if seen[key] {
			continue
		}
		seen[key] = true
		doc, err := marshal(stagedDoc{Key: key, CustomerID: customer, Generation: generation, Staged: row, ExpiresAt: expires})
		if err != nil {
			return classify(op, err)
		}
		operations = append(operations, upsertDoc(scoped(customer, is("_id", key)), doc))
	}
	return classify(op, s.upsert(ctx, putStaged, operations...))
}

// StagedPage implements [sync.StagingStore]. One round trip.
func (s *Store) StagedPage(ctx context.Context, customer contact.CustomerID, generation string, connection contact.ConnectionID, after contact.ExternalID, limit int) ([]sync.Staged, error) {
	if limit <= 0 {
		return nil, nil
	}
	above := keysOf(customer).under(generation).under(string(connection)).above(string(after))
	return stagedOf("mongo.stagedPage")(find[stagedDoc](ctx, s, stagedAbove, scoped(customer, above), limit, is("_id", 1)))
}

// StagedByEmail implements [sync.StagingStore]. One round trip.
func (s *Store) StagedByEmail(ctx context.Context, customer contact.CustomerID, generation string, emails []string) ([]sync.Staged, error) {
	if len(emails) == 0 {
		return nil, nil
	}
	filter := scoped(customer, is("generation", generation), in("emails", emails))
	return stagedOf("mongo.stagedByEmail")(find[stagedDoc](ctx, s, stagedByEmail, filter, 0))
}

// StagedByContact implements [sync.StagingStore]. One round trip.
func (s *Store) StagedByContact(ctx context.Context, customer contact.CustomerID, generation string, ids []contact.ID) ([]sync.Staged, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	filter := scoped(customer, is("generation", generation), in("contactId", ids))
	return stagedOf("mongo.stagedByContact")(find[stagedDoc](ctx, s, stagedBy, filter, 0))
}

// stagedOf takes the rows out of their documents.
func stagedOf(op string) func([]stagedDoc, error) ([]sync.Staged, error) {
	return func(docs []stagedDoc, err error) ([]sync.Staged, error) {
		rows := make([]sync.Staged, len(docs))
		for i, d := range docs {
			rows[i] = d.Staged
		}
		return rows, classify(op, err)
	}
}

// StagedNew implements [sync.StagingStore]. One round trip when a contact to be made
// has two rows at most.
func (s *Store) StagedNew(ctx context.Context, customer contact.CustomerID, generation string, after contact.ID, limit int) ([]contact.ID, error) {
	var ids []contact.ID
	for len(ids) < limit {
		filter := scoped(customer, is("generation", generation), is("new", true), with("contactId", "$gt", after))
		wanted := 2 * (limit - len(ids))
		found, err := project[stagedDoc](ctx, s, stagedNew, filter, wanted, []string{"contactId"}, is("contactId", 1))
		if err != nil {
			return nil, classify("mongo.stagedNew", err)
		}
		for _, row := range found {
			if row.ContactID != after && len(ids) < limit {
				ids, after = append(ids, row.ContactID), row.ContactID
			}
		}
		if len(found) < wanted {
			break
		}
	}
	return ids, nil
}

// DropStaged implements [sync.StagingStore]. One round trip; calling again goes on
// where an interrupted call ended.
func (s *Store) DropStaged(ctx context.Context, customer contact.CustomerID, generation string) error {
	filter := scoped(customer, keysOf(customer).under(generation).above(""))
	_, err := s.write(ctx, dropStaged, deleteMany(filter))
	return classify("mongo.dropStaged", err)
}
