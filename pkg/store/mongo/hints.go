package mongo

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// hintDoc is how a hint is stored.
type hintDoc struct {
	Key        string             `bson:"_id"`
	CustomerID contact.CustomerID `bson:"customerId"`
	sync.Hint  `bson:",inline"`
	// LastLease is the latest lease that it was ever given. Leases never repeat, so
	// that one names a claim.
	LastLease time.Time `bson:"lastLease,omitzero"`
	Claim     string    `bson:"claim,omitempty"`
}

func hintKey(customer contact.CustomerID, h sync.Hint) string {
	return keysOf(customer).under(string(h.ConnectionID)).of(string(h.ExternalID))
}

// PutHints implements [sync.HintStore]. One round trip.
func (s *Store) PutHints(ctx context.Context, customer contact.CustomerID, hints []sync.Hint) error {
	if len(hints) == 0 {
		return nil
	}
	var operations []driver.WriteModel
	for _, h := range merged(hints) {
		update := bson.D{
			is("$setOnInsert", bson.D{is("connectionId", h.ConnectionID), is("externalId", h.ExternalID)}),
			is("$min", bson.D{is("dueAt", h.DueAt)}),
			is("$unset", bson.D{is("leaseUntil", ""), is("claim", "")}),
		}
		if !h.EventAt.IsZero() {
			update = append(update, is("$max", bson.D{is("eventAt", h.EventAt)}))
		}
		operations = append(operations, updateOne(scoped(customer, is("_id", hintKey(customer, h))), update).SetUpsert(true))
	}
	return classify("mongo.putHints", s.upsert(ctx, putHints, operations...))
}

// merged makes one of several hints of a record.
func merged(hints []sync.Hint) []sync.Hint {
	type record struct {
		connection contact.ConnectionID
		external   contact.ExternalID
	}
	list := make([]sync.Hint, 0, len(hints))
	at := map[record]int{}
	for _, h := range hints {
		i, again := at[record{h.ConnectionID, h.ExternalID}]
		if !again {
			at[record{h.ConnectionID, h.ExternalID}] = len(list)
			list = append(list, h)
			continue
		}
		if list[i].DueAt.Before(h.DueAt) {
			h.DueAt = list[i].DueAt
		}
		if list[i].EventAt.After(h.EventAt) {
			h.EventAt = list[i].EventAt
		}
		list[i] = h
	}
	return list
}

// ClaimHints implements [sync.HintStore]. Three round trips. A hint is never given
// the same lease twice: a claim that would is moved by a millisecond, so that
// dropping under an earlier claim does not drop what was put since.
func (s *Store) ClaimHints(ctx context.Context, customer contact.CustomerID, claim sync.Claim) ([]sync.Hint, error) {
	const op = "mongo.claimHints"
	if claim.Limit <= 0 {
		return nil, nil
	}
	due := scoped(customer, with("dueAt", "$lte", claim.Now), free("leaseUntil", claim.Now))
	for range claimTries {
		able, err := project[hintDoc](ctx, s, dueHints, due, claim.Limit, []string{"lastLease"},
			order(false, "dueAt", "connectionId", "externalId")...)
		if err != nil || len(able) == 0 {
			return nil, classify(op, err)
		}
		found, err := s.leaseHints(ctx, customer, claim, able)
		if err != nil || len(found) > 0 {
			return found, classify(op, err)
		}
	}
	return nil, nil
}

// leaseHints leases those of the hints that are free still, and returns them.
func (s *Store) leaseHints(ctx context.Context, customer contact.CustomerID, claim sync.Claim, able []hintDoc) ([]sync.Hint, error) {
	token := newToken()
	keys := make([]string, len(able))
	var again []driver.WriteModel
	take := func(until time.Time, conditions ...bson.E) driver.WriteModel {
		conditions = append(conditions, with("dueAt", "$lte", claim.Now), free("leaseUntil", claim.Now))
		return updateMany(scoped(customer, conditions...), bson.D{
			is("$set", bson.D{is("leaseUntil", until), is("lastLease", until), is("claim", token)}),
		})
	}
	until := claim.Until.Truncate(time.Millisecond)
	for i, h := range able {
		keys[i] = h.Key
		if !h.LastLease.Before(until) {
			again = append(again, take(h.LastLease.Add(time.Millisecond), is("_id", h.Key), is("lastLease", h.LastLease)))
		}
	}
	operations := append([]driver.WriteModel{take(until, in("_id", keys), free("lastLease", until.Add(-time.Millisecond)))}, again...)
	if _, err := s.writeInOrder(ctx, claimHints, operations...); err != nil {
		return nil, err
	}
	docs, err := find[hintDoc](ctx, s, claimedHints, scoped(customer, in("_id", keys), is("claim", token)), 0)
	found := make([]sync.Hint, len(docs))
	for i, d := range docs {
		found[i] = d.Hint
	}
	slices.SortFunc(found, func(a, b sync.Hint) int {
		return cmp.Or(
			a.DueAt.Compare(b.DueAt),
			strings.Compare(string(a.ConnectionID), string(b.ConnectionID)),
			strings.Compare(string(a.ExternalID), string(b.ExternalID)),
		)
	})
	return found, err
}

// DropHints implements [sync.HintStore]. One round trip.
func (s *Store) DropHints(ctx context.Context, customer contact.CustomerID, hints []sync.Hint) error {
	if len(hints) == 0 {
		return nil
	}
	byLease := map[int64][]string{}
	for _, h := range hints {
		byLease[h.LeaseUntil.UnixMilli()] = append(byLease[h.LeaseUntil.UnixMilli()], hintKey(customer, h))
	}
	var operations []driver.WriteModel
	for until, keys := range byLease {
		leased := is("leaseUntil", time.UnixMilli(until))
		if until == ever.UnixMilli() {
			leased = with("leaseUntil", "$exists", false)
		}
		operations = append(operations, deleteMany(scoped(customer, in("_id", keys), leased)))
	}
	_, err := s.write(ctx, dropHints, operations...)
	return classify("mongo.dropHints", err)
}

// CountHints implements [sync.HintStore]. Three round trips. A leased hint counts
// for next with the end of its lease, when it can be claimed again.
func (s *Store) CountHints(ctx context.Context, customer contact.CustomerID) (n int, next time.Time, err error) {
	const op = "mongo.countHints"
	n, err = s.count(ctx, countHints, scoped(customer))
	if err != nil || n == 0 {
		return n, next, classify(op, err)
	}
	next, err = earliest(
		func(filter bson.D, limit int) ([]lease, error) {
			q := leasedHints
			if limit > 0 {
				q = nextHint
			}
			found, err := project[hintDoc](ctx, s, q, append(scoped(customer), filter...), limit, []string{"dueAt", "leaseUntil"}, is("dueAt", 1))
			list := make([]lease, len(found))
			for i, h := range found {
				list[i] = lease{h.DueAt, h.LeaseUntil}
			}
			return list, err
		}, "dueAt", "leaseUntil")
	return n, next, classify(op, err)
}
