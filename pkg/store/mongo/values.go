package mongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/contactsync/contactsync/pkg/fault"
)

// valueDoc is how a value that expires is stored.
type valueDoc struct {
	Key       string    `bson:"_id"`
	Value     []byte    `bson:"value"`
	Until     time.Time `bson:"until"`
	ExpiresAt time.Time `bson:"expiresAt"`
}

// expiry is when the server may remove what counts until a time: a day after, so
// that clocks may differ, and never at once.
func (s *Store) expiry(until time.Time) time.Time {
	if now := s.now(); until.Before(now) {
		until = now
	}
	return until.Add(day)
}

// PutValue implements [sync.ValueStore]. One round trip.
func (s *Store) PutValue(ctx context.Context, key string, value []byte, until time.Time) error {
	const op = "mongo.putValue"
	doc, err := marshal(valueDoc{Key: key, Value: value, Until: until, ExpiresAt: s.expiry(until)})
	if err != nil {
		return classify(op, err)
	}
	return classify(op, s.upsert(ctx, putValue, upsertDoc(bson.D{is("_id", key)}, doc)))
}

// Value implements [sync.ValueStore]. One round trip.
func (s *Store) Value(ctx context.Context, key string, now time.Time) ([]byte, error) {
	found, err := find[valueDoc](ctx, s, valueByKey, bson.D{is("_id", key), with("until", "$gt", now)}, 1)
	if err != nil {
		return nil, classify("mongo.value", err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "The value is not there, or its time is over.")
	}
	return found[0].Value, nil
}

// changeTries bounds how often a change of a value is begun anew because others
// changed it meanwhile. Each time one of them has succeeded.
const changeTries = 100

// ChangeValue implements [sync.ValueStore]. Two round trips, and two more for each
// time that somebody else comes between them.
func (s *Store) ChangeValue(ctx context.Context, key string, now, until time.Time, change func([]byte) []byte) error {
	const op = "mongo.changeValue"
	for range changeTries {
		found, err := find[valueDoc](ctx, s, valueByKey, bson.D{is("_id", key), with("until", "$gt", now)}, 1)
		if err != nil {
			return classify(op, err)
		}
		var old []byte
		if len(found) == 1 {
			old = found[0].Value
		}
		next := change(old)
		if next == nil {
			return nil
		}
		doc, err := marshal(valueDoc{Key: key, Value: next, Until: until, ExpiresAt: s.expiry(until)})
		if err != nil {
			return classify(op, err)
		}
		operation := upsertDoc(bson.D{is("_id", key), with("until", "$lte", now)}, doc)
		if len(found) == 1 {
			operation = replaceDoc(bson.D{is("_id", key), is("value", old)}, doc)
		}
		w, err := s.write(ctx, changeValue, operation)
		if err != nil || w.all(1) {
			return classify(op, err)
		}
	}
	return classify(op, errContested)
}

// DropValue implements [sync.ValueStore]. One round trip.
func (s *Store) DropValue(ctx context.Context, key string) error {
	_, err := s.write(ctx, dropValue, deleteOne(bson.D{is("_id", key)}))
	return classify("mongo.dropValue", err)
}

// attemptsDoc counts the attempts of a window.
type attemptsDoc struct {
	N     int       `bson:"n"`
	Until time.Time `bson:"until"`
}

// CountAttempt implements [sync.ValueStore]. One round trip; two for the first of a
// window.
func (s *Store) CountAttempt(ctx context.Context, key string, now time.Time, window time.Duration) (n int, until time.Time, err error) {
	const op = "mongo.countAttempt"
	until = now.Add(window)
	within := bson.D{is("_id", key), with("until", "$gt", now)}
	over := bson.D{is("_id", key), with("until", "$lte", now)}
	first := bson.D{is("$set", bson.D{is("n", 1), is("until", until), is("expiresAt", s.expiry(until))})}
	for range 3 {
		counted, err := s.countOne(ctx, within, bson.D{is("$inc", bson.D{is("n", 1)})}, false)
		if errors.Is(err, driver.ErrNoDocuments) {
			counted, err = s.countOne(ctx, over, first, true)
		}
		if !driver.IsDuplicateKeyError(err) { // else another opened the window: count in that
			return counted.N, counted.Until, classify(op, err)
		}
	}
	return 0, time.Time{}, classify(op, errContested)
}

func (s *Store) countOne(ctx context.Context, filter, update bson.D, upsert bool) (counted attemptsDoc, err error) {
	o := options.FindOneAndUpdate().SetComment(countAttempt.name).SetHint(primary).SetReturnDocument(options.After).SetUpsert(upsert)
	err = s.collection(countAttempt).FindOneAndUpdate(ctx, filter, update, o).Decode(&counted)
	return counted, err
}

// ForgetAttempts implements [sync.ValueStore]. One round trip.
func (s *Store) ForgetAttempts(ctx context.Context, key string) error {
	_, err := s.write(ctx, forgetAttempts, deleteOne(bson.D{is("_id", key)}))
	return classify("mongo.forgetAttempts", err)
}
