package sync

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// rehearsedCRM is an adapter whose reads are real, and whose writes only seem to
// happen. Like [drafts] it embeds nothing: an operation that is added to [CRM] has to
// be thought about here. It is used by one connection's part of a pass, which makes
// one call after the other.
type rehearsedCRM struct {
	crm      CRM
	conn     contact.ConnectionID
	provider contact.Provider
	limits   Limits
	planned  *planning

	made    map[contact.ExternalID]*Record
	written map[contact.ExternalID]contact.Values
	deleted map[contact.ExternalID]bool
	serial  int
}

func newRehearsedCRM(crm CRM, c *Connection, planned *planning) *rehearsedCRM {
	return &rehearsedCRM{
		crm: crm, conn: c.ID, provider: c.Provider, limits: crm.Limits(), planned: planned,
		made: map[contact.ExternalID]*Record{}, written: map[contact.ExternalID]contact.Values{}, deleted: map[contact.ExternalID]bool{},
	}
}

// counting counts the calls of a kind that do makes.
func (r *rehearsedCRM) counting(ctx context.Context, do func(context.Context)) int {
	meter := &Meter{}
	do(WithMeter(ctx, meter))
	calls, setup := meter.Take()
	total := 0
	for provider, n := range calls {
		total += n
		addCallsTo(ctx, provider, n, false)
	}
	for provider, n := range setup {
		addCallsTo(ctx, provider, n, true)
	}
	return total
}

func addCallsTo(ctx context.Context, provider contact.Provider, n int, setup bool) {
	for range n {
		CountCall(ctx, provider, setup)
	}
}

func (r *rehearsedCRM) count(k CallKinds) { r.planned.count(r.provider, k) }

func (r *rehearsedCRM) Limits() Limits { return r.limits }

func (r *rehearsedCRM) Account(ctx context.Context) (Account, error) { return r.crm.Account(ctx) }

func (r *rehearsedCRM) Discover(ctx context.Context, specs []FieldSpec) (map[contact.Field]RemoteField, error) {
	return r.crm.Discover(ctx, specs)
}

// Ensure supposes that the field can be made.
func (r *rehearsedCRM) Ensure(context.Context, FieldSpec) (RemoteField, error) {
	return RemoteField{State: FieldPresent, Key: plannedField}, nil
}

// List is not counted here, but with the pages that the run has kept.
func (r *rehearsedCRM) List(ctx context.Context, cursor string) (Page, error) {
	return r.crm.List(ctx, cursor)
}

func (r *rehearsedCRM) ListChanged(ctx context.Context, since time.Time, cursor string) (Page, error) {
	return r.crm.ListChanged(ctx, since, cursor)
}

// Read reads what exists, and answers with what it would be by then.
func (r *rehearsedCRM) Read(ctx context.Context, ids []contact.ExternalID, history []contact.Field) map[contact.ExternalID]Reading {
	var exist []contact.ExternalID
	for _, id := range ids {
		if r.made[id] == nil {
			exist = append(exist, id)
		}
	}
	answers := map[contact.ExternalID]Reading{}
	if len(exist) > 0 {
		n := r.counting(ctx, func(ctx context.Context) { answers = r.crm.Read(ctx, exist, history) })
		batches := callsFor(len(exist), r.limits.Read)
		r.count(CallKinds{Read: batches, Get: max(0, n-batches)})
	}
	r.count(CallKinds{Read: callsFor(len(ids), r.limits.Read) - callsFor(len(exist), r.limits.Read)})
	for _, id := range ids {
		answers[id] = r.byThen(id, answers[id])
	}
	return answers
}

// byThen is a reading after the writes that were rehearsed.
func (r *rehearsedCRM) byThen(id contact.ExternalID, reading Reading) Reading {
	switch values := r.written[id]; {
	case r.deleted[id]:
		return Reading{}
	case r.made[id] != nil:
		return Reading{Record: r.made[id]}
	case values != nil && reading.Record != nil:
		record := *reading.Record
		record.Fields = maps.Clone(record.Fields)
		maps.Copy(record.Fields, values)
		return Reading{Record: &record}
	}
	return reading
}

func (r *rehearsedCRM) History(ctx context.Context, id contact.ExternalID, fields []contact.Field, since time.Time) (changes map[contact.Field][]Revision, err error) {
	if r.made[id] != nil {
		return map[contact.Field][]Revision{}, nil
	}
	n := r.counting(ctx, func(ctx context.Context) { changes, err = r.crm.History(ctx, id, fields, since) })
	r.count(CallKinds{History: n})
	return changes, err
}

func (r *rehearsedCRM) FindByKeys(ctx context.Context, keys []contact.ID, since time.Time) (found map[contact.ID][]*Record, err error) {
	n := r.counting(ctx, func(ctx context.Context) { found, err = r.crm.FindByKeys(ctx, keys, since) })
	r.count(CallKinds{List: n})
	return found, err
}

func (r *rehearsedCRM) Create(_ context.Context, requests []CreateRequest) []WriteResult {
	r.count(CallKinds{Create: callsFor(len(requests), r.limits.Create)})
	results := make([]WriteResult, len(requests))
	for i, q := range requests {
		r.serial++
		record := &Record{ID: contact.ExternalID(fmt.Sprintf("%s%d", plannedField, r.serial)), Key: q.Key, Fields: q.Fields}
		r.made[record.ID], results[i].Record = record, record
	}
	return results
}

// Update answers without a record: the values are taken as they were sent.
func (r *rehearsedCRM) Update(_ context.Context, requests []UpdateRequest) []WriteResult {
	r.count(CallKinds{Update: callsFor(len(requests), r.limits.Update)})
	for _, q := range requests {
		if r.written[q.ID] == nil {
			r.written[q.ID] = contact.Values{}
		}
		maps.Copy(r.written[q.ID], q.Fields)
	}
	return make([]WriteResult, len(requests))
}

func (r *rehearsedCRM) Delete(_ context.Context, ids []contact.ExternalID) []error {
	r.count(CallKinds{Delete: callsFor(len(ids), r.limits.Delete)})
	for _, id := range ids {
		r.deleted[id] = true
	}
	return make([]error, len(ids))
}

func (r *rehearsedCRM) RecordURL(id contact.ExternalID) string { return r.crm.RecordURL(id) }

func (r *rehearsedCRM) Budget(ctx context.Context) (Budget, error) { return r.crm.Budget(ctx) }

// forget drops what was made up about a record.
func (r *rehearsedCRM) forget(id contact.ExternalID) {
	delete(r.made, id)
	delete(r.written, id)
	delete(r.deleted, id)
}

// callsFor is how many calls of a size the records take.
func callsFor(records, size int) int { return (records + max(size, 1) - 1) / max(size, 1) }
