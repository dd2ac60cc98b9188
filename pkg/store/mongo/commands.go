package mongo

import (
	"cmp"
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/contactsync/contactsync/pkg/fault"
)

func (s *Store) collection(q query) *driver.Collection { return s.db.Collection(q.collection) }

// order lists fields to sort by, ascending unless desc.
func order(desc bool, fields ...string) bson.D {
	direction := 1
	if desc {
		direction = -1
	}
	sort := make(bson.D, len(fields))
	for i, field := range fields {
		sort[i] = is(field, direction)
	}
	return sort
}

// find returns up to limit documents of a filter (0: all), in the order of sort
// when it is given. What is found comes in one round trip, as long as it is no more
// than a server answers at once, 16 MB.
func find[T any](ctx context.Context, s *Store, q query, filter bson.D, limit int, sort ...bson.E) ([]T, error) {
	return project[T](ctx, s, q, filter, limit, nil, sort...)
}

// project is find for the named fields alone.
func project[T any](ctx context.Context, s *Store, q query, filter bson.D, limit int, fields []string, sort ...bson.E) ([]T, error) {
	o := options.Find().SetComment(q.name).SetBatchSize(int32(min(cmp.Or(limit, mostAtOnce)+1, mostAtOnce))) //nolint:gosec // at most mostAtOnce
	if limit > 0 {
		o.SetLimit(int64(limit))
	}
	if q.index == primary {
		o.SetHint(primary)
	}
	if len(sort) > 0 {
		o.SetSort(bson.D(sort))
	}
	if len(fields) > 0 {
		o.SetProjection(order(false, fields...))
	}
	cursor, err := s.collection(q).Find(ctx, filter, o)
	if err != nil {
		return nil, err
	}
	var found []T
	err = cursor.All(ctx, &found)
	return found, err
}

// count returns how many documents a filter has.
func (s *Store) count(ctx context.Context, q query, filter bson.D) (int, error) {
	n, err := s.collection(q).CountDocuments(ctx, filter, options.Count().SetComment(q.name))
	return int(n), err
}

// countBy returns how many documents of a filter have each value of a text field.
func (s *Store) countBy(ctx context.Context, q query, field string, filter bson.D) (map[string]int, error) {
	cursor, err := s.collection(q).Aggregate(ctx, driver.Pipeline{
		{is("$match", filter)},
		{is("$group", bson.D{is("_id", "$"+field), is("n", bson.D{is("$sum", 1)})})},
	}, options.Aggregate().SetComment(q.name).SetBatchSize(mostAtOnce))
	if err != nil {
		return nil, err
	}
	var groups []struct {
		Value string `bson:"_id"`
		N     int    `bson:"n"`
	}
	if err := cursor.All(ctx, &groups); err != nil {
		return nil, err
	}
	counts := make(map[string]int, len(groups))
	for _, g := range groups {
		counts[g.Value] = g.N
	}
	return counts, nil
}

// mostAtOnce is how many documents one answer may hold at most.
const mostAtOnce = 10_000

// written is what became of the operations of a write.
type written struct {
	matched, inserted int
	// duplicates reports that some found their key taken.
	duplicates bool
}

func (w written) all(n int) bool { return w.matched+w.inserted == n }

// write runs operations, each on its own: one whose guard or key refuses it stops
// no other. It takes one round trip for each kind of operation (insert, update,
// delete) and batchSize of them. How many documents matched does not tell which,
// and is no more than the truth if the driver had to repeat the write.
func (s *Store) write(ctx context.Context, q query, operations ...driver.WriteModel) (w written, err error) {
	return s.bulk(ctx, q, false, operations)
}

// writeInOrder is write for operations that build on one another. None may find its
// key taken.
func (s *Store) writeInOrder(ctx context.Context, q query, operations ...driver.WriteModel) (w written, err error) {
	return s.bulk(ctx, q, true, operations)
}

func (s *Store) bulk(ctx context.Context, q query, ordered bool, operations []driver.WriteModel) (w written, err error) {
	o := options.BulkWrite().SetOrdered(ordered).SetComment(q.name)
	if q.index == primary {
		for _, operation := range operations {
			hint(operation)
		}
	}
	for chunk := range slices.Chunk(operations, s.batchSize) {
		result, err := s.collection(q).BulkWrite(ctx, chunk, o)
		if err != nil && !isDuplicate(err) {
			return w, err
		}
		w.duplicates = w.duplicates || err != nil
		if result != nil {
			w.matched += int(result.MatchedCount + result.DeletedCount)
			w.inserted += int(result.InsertedCount + result.UpsertedCount)
		}
	}
	return w, nil
}

// hint has the server find a document by its _id. Filters name the customer too,
// with which other indexes begin, and a server would try all of them first. The
// index of _id is the only one that is sure to be there, so no other is insisted on.
func hint(operation driver.WriteModel) {
	switch o := operation.(type) {
	case *driver.UpdateOneModel:
		o.SetHint(primary)
	case *driver.UpdateManyModel:
		o.SetHint(primary)
	case *driver.ReplaceOneModel:
		o.SetHint(primary)
	case *driver.DeleteOneModel:
		o.SetHint(primary)
	case *driver.DeleteManyModel:
		o.SetHint(primary)
	}
}

// upsert runs operations that insert a document if there is none of the key. Two
// callers may find none at once: the one that comes second is sent again, and finds
// it.
func (s *Store) upsert(ctx context.Context, q query, operations ...driver.WriteModel) error {
	w, err := s.write(ctx, q, operations...)
	if err == nil && w.duplicates {
		w, err = s.write(ctx, q, operations...)
	}
	if err == nil && w.duplicates {
		err = errContested
	}
	return err
}

// errContested tells that others wrote the same documents again and again.
var errContested = fault.New(fault.Retryable, "Others write the same records at this moment.")

func insertDoc(doc bson.Raw) driver.WriteModel { return driver.NewInsertOneModel().SetDocument(doc) }

func replaceDoc(filter bson.D, doc bson.Raw) driver.WriteModel {
	return driver.NewReplaceOneModel().SetFilter(filter).SetReplacement(doc)
}

func upsertDoc(filter bson.D, doc bson.Raw) driver.WriteModel {
	return driver.NewReplaceOneModel().SetFilter(filter).SetReplacement(doc).SetUpsert(true)
}

func updateOne(filter, update bson.D) *driver.UpdateOneModel {
	return driver.NewUpdateOneModel().SetFilter(filter).SetUpdate(update)
}

func updateMany(filter, update bson.D) driver.WriteModel {
	return driver.NewUpdateManyModel().SetFilter(filter).SetUpdate(update)
}

func deleteOne(filter bson.D) driver.WriteModel {
	return driver.NewDeleteOneModel().SetFilter(filter)
}

func deleteMany(filter bson.D) driver.WriteModel {
	return driver.NewDeleteManyModel().SetFilter(filter)
}
