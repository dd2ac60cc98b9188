package conformance

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

var wholeCases = []storeCase{
	{"every field of a contact is kept", wholeOfContact},
	{"every field of the other documents is kept", wholeOfOthers},
}

// The time that fill uses, in the zone and to the digits in which a store may be
// given one, and as it has to come back.
var (
	timeGiven = time.Date(2026, 3, 1, 14, 0, 0, 123_987_654, time.FixedZone("", 2*3600))
	timeKept  = time.Date(2026, 3, 1, 12, 0, 0, 123_000_000, time.UTC)
)

// fill sets everything that can be set in v, so that nothing of it is zero. Texts
// are all different.
func fill(v reflect.Value, at time.Time, texts *int) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(at))
		return
	case json.RawMessage:
		v.Set(reflect.ValueOf(json.RawMessage(`{"a":[1,"b"]}`)))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), at, texts)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" { // not part of the document
				fill(v.Field(i), at, texts)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), at, texts)
		fill(v.Index(1), at, texts)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, at, texts)
		fill(value, at, texts)
		v.SetMapIndex(key, value)
	case reflect.String:
		*texts++
		v.SetString(fmt.Sprintf("text ü-%d", *texts))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	default:
		panic("a document has a field of kind " + v.Kind().String())
	}
}

// filled returns two documents that are the same but for their times: as they are
// given to a store, and as they have to come back.
func filled[T any](changes ...func(*T)) (given, want *T) {
	given, want = new(T), new(T)
	for doc, at := range map[*T]time.Time{given: timeGiven, want: timeKept} {
		texts := 0
		fill(reflect.ValueOf(doc).Elem(), at, &texts)
		for _, change := range changes {
			change(doc)
		}
	}
	return given, want
}

func wholeOfContact(b *bench) {
	given, want := filled(func(c *sync.Contact) {
		c.CustomerID, c.Rev, c.Lifecycle = acme, 0, sync.Active
	})
	b.save(given)
	want.Rev = 1
	got := b.load(given.ID)
	b.equal("contact", got, want)
	if got.UpdatedAt.Location() != time.UTC {
		b.Errorf("zone %v, want UTC", got.UpdatedAt.Location())
	}
}

func wholeOfOthers(b *bench) {
	s, ctx := b.store(), b.ctx
	connection, wantConnection := filled(func(c *sync.Connection) { c.CustomerID, c.Rev = acme, 0 })
	b.saveConnections(connection)
	wantConnection.Rev = 1
	b.equal("connections", b.connections(acme), []*sync.Connection{wantConnection})

	run, wantRun := filled(func(r *sync.Run) { r.CustomerID, r.State = acme, sync.RunDone })
	b.must(s.AddRun(ctx, run))
	b.equal("run", b.run(run.ID), wantRun)

	row, wantRow := filled[sync.Staged]()
	b.stage("g", *row)
	rows, err := s.StagedByContact(ctx, acme, "g", []contact.ID{row.ContactID})
	b.must(err)
	b.equal("staged", rows, []sync.Staged{*wantRow})

	stone, wantStone := filled[sync.Tombstone]()
	b.must(s.PutTombstones(ctx, acme, []sync.Tombstone{*stone}))
	stones, err := s.Tombstones(ctx, acme, stone.ConnectionID, []contact.ExternalID{stone.ExternalID})
	b.must(err)
	b.equal("tombstones", stones, []sync.Tombstone{*wantStone})

	hint, wantHint := filled[sync.Hint]()
	b.putHints(*hint)
	wantHint.LeaseUntil = after(9000)
	b.equal("hints", b.claimHints(after(1000), after(9000), 1), []sync.Hint{*wantHint})

	entry, wantEntry := filled[sync.Activity]()
	b.must(s.AppendActivity(ctx, acme, []sync.Activity{*entry}))
	b.equal("activity", b.activityAll(sync.LogQuery{}), []sync.Activity{*wantEntry})

	conflict, wantConflict := filled[sync.Conflict]()
	b.must(s.AppendConflicts(ctx, acme, []sync.Conflict{*conflict}))
	stored, err := s.Conflict(ctx, acme, conflict.ID)
	b.must(err)
	b.equal("conflict", stored, wantConflict)

	change, wantChange := filled[sync.Change]()
	b.must(s.AppendChanges(ctx, acme, []sync.Change{*change}))
	kept, err := s.Change(ctx, acme, change.ID)
	b.must(err)
	b.equal("change", kept, wantChange)

	review, wantReview := filled[sync.Review]()
	b.must(s.PutReviews(ctx, acme, []sync.Review{*review}))
	reviews, err := s.ListReviews(ctx, acme)
	b.must(err)
	b.equal("reviews", reviews, []sync.Review{*wantReview})

	settings, wantSettings := filled(func(s *sync.Settings) { s.Rev = 0 })
	b.must(s.SaveSettings(ctx, acme, settings))
	wantSettings.Rev = 1
	got, err := s.Settings(ctx, acme)
	b.must(err)
	b.equal("settings", got, wantSettings)
}
