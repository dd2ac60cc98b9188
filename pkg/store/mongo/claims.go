package mongo

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// claimTries is how often a claim looks again when others took all it had found.
const claimTries = 4

// free is the condition that a lease, in the field, is over at now or never was.
func free(field string, now time.Time) bson.E {
	return is(field, bson.D{is("$not", bson.D{is("$gt", now)})})
}

// ever is before every time that is stored: a bound that has the time be there.
var ever = time.Time{}

// ClaimContacts implements [sync.ContactStore]. Three round trips; two when no more
// contacts are named than may be claimed. A contact claimed by its id that had
// nothing to do is due from then on.
func (s *Store) ClaimContacts(ctx context.Context, customer contact.CustomerID, claim sync.Claim) ([]*sync.Contact, error) {
	const op = "mongo.claimContacts"
	if claim.Limit <= 0 || claim.IDs != nil && len(claim.IDs) == 0 {
		return nil, nil
	}
	for range claimTries {
		keys, err := s.claimable(ctx, customer, claim)
		if err != nil || len(keys) == 0 {
			return nil, classify(op, err)
		}
		found, err := s.lease(ctx, customer, claim, keys)
		if err != nil || len(found) > 0 || claim.IDs != nil {
			return found, classify(op, err)
		}
	}
	return nil, nil
}

// claimable returns the keys of contacts to try.
func (s *Store) claimable(ctx context.Context, customer contact.CustomerID, claim sync.Claim) ([]string, error) {
	q := dueContacts
	filter := scoped(customer, with("due.at", "$lte", claim.Now), free("due.leaseUntil", claim.Now))
	if claim.IDs != nil {
		keys := ofAll(keysOf(customer), claim.IDs)
		if len(keys) <= claim.Limit {
			return keys, nil
		}
		q, filter = namedContacts, scoped(customer, in("_id", keys), free("due.leaseUntil", claim.Now))
	}
	found, err := project[contactHead](ctx, s, q, filter, claim.Limit, []string{"_id"}, order(false, "due.at", "id")...)
	keys := make([]string, len(found))
	for i, h := range found {
		keys[i] = h.Key
	}
	return keys, err
}

// lease leases those of the contacts that are free still, and returns them.
func (s *Store) lease(ctx context.Context, customer contact.CustomerID, claim sync.Claim, keys []string) ([]*sync.Contact, error) {
	token := newToken()
	named := scoped(customer, in("_id", keys))
	take := func(due bson.E, set ...bson.E) driver.WriteModel {
		return updateMany(append(slices.Clip(named), due, free("due.leaseUntil", claim.Now)), bson.D{
			is("$inc", bson.D{is("fence", 1)}),
			is("$set", append(bson.D{is("due.leaseUntil", claim.Until), is("claim", token)}, set...)),
		})
	}
	dueBy := claim.Now
	if claim.IDs != nil {
		dueBy = distant
	}
	operations := []driver.WriteModel{take(with("due.at", "$lte", dueBy))}
	if claim.IDs != nil {
		operations = append(operations, take(with("due", "$exists", false), is("due.at", claim.Now)))
	}
	if _, err := s.writeInOrder(ctx, claimContacts, operations...); err != nil {
		return nil, err
	}
	found, err := contactsOf(find[contactDoc](ctx, s, claimedContacts, append(slices.Clip(named), is("claim", token)), 0))
	slices.SortFunc(found, func(a, b *sync.Contact) int {
		if order := a.Due.At.Compare(b.Due.At); order != 0 {
			return order
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	return found, err
}

// distant is after every time that is stored.
var distant = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// MarkDue implements [sync.ContactStore]. One round trip. A lease stays: who holds
// it loses the next compare-and-set and starts over.
func (s *Store) MarkDue(ctx context.Context, customer contact.CustomerID, ids []contact.ID, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	_, err := s.write(ctx, markDue, updateMany(scoped(customer, contactIDs(customer, ids)), bson.D{
		is("$inc", bson.D{is("rev", 1)}),
		is("$min", bson.D{is("due.at", at)}),
	}))
	return classify("mongo.markDue", err)
}

// HurryContacts implements [sync.ContactStore]. One round trip.
func (s *Store) HurryContacts(ctx context.Context, customer contact.CustomerID, now time.Time) error {
	_, err := s.write(ctx, hurryContacts, updateMany(
		scoped(customer, with("due.at", "$gt", now), free("due.leaseUntil", now)),
		bson.D{is("$set", bson.D{is("due.at", now)})}))
	return classify("mongo.hurryContacts", err)
}
