package mongo

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

func TestKeysOfMaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := contact.Values{}
		for _, key := range rapid.SliceOf(rapid.StringOf(rapid.SampledFrom([]rune("a%$.25E0\x00|ü")))).Draw(t, "keys") {
			want[contact.Field(key)] = key
		}
		type form struct {
			Values contact.Values `json:"values"`
		}
		data, err := marshal(form{want})
		if err != nil {
			t.Fatal(err)
		}
		elements, err := data.Lookup("values").Document().Elements()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range elements {
			if e.Key() == "" || strings.ContainsAny(e.Key(), "$.\x00") {
				t.Errorf("a field is named %q", e.Key())
			}
		}
		var got form
		if err := unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Values, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestNamesAreThoseOfJSON holds that a document has the fields of its JSON form and
// no others, so that what JSON leaves out is left out here too.
func TestNamesAreThoseOfJSON(t *testing.T) {
	c := person(1, true)
	c.Links[0].Shadow = map[contact.Field]sync.Shadow{contact.Email: {H: "h", At: noon}}
	c.Links[0].Error = &sync.LinkError{Kind: "invalid", At: noon}
	for name, doc := range map[string]any{
		"contact":    c,
		"run":        sync.Run{ID: "r", Details: map[contact.Source]sync.Counts{contact.App: {Created: 1}}, Plan: &sync.PlanSummary{}},
		"connection": sync.Connection{ID: "c", Fields: map[contact.Field]sync.RemoteField{contact.Email: {}}},
		"staged":     sync.Staged{Record: &sync.Record{ID: "1"}},
		"nothing":    sync.Contact{},
	} {
		data, err := marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		var stored, printed map[string]any
		if err := bson.Unmarshal(data, &stored); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &printed); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(namesIn("", printed), namesIn("", stored)); diff != "" {
			t.Errorf("%s (- JSON, + BSON):\n%s", name, diff)
		}
	}
}

// namesIn lists the names of all fields below a value.
func namesIn(prefix string, value any) map[string]bool {
	names := map[string]bool{}
	v := reflect.ValueOf(value)
	switch {
	case value == nil:
	case v.Kind() == reflect.Map:
		for _, key := range v.MapKeys() {
			names[prefix+key.String()] = true
			for name := range namesIn(prefix+key.String()+".", v.MapIndex(key).Interface()) {
				names[name] = true
			}
		}
	case v.Type() == reflect.TypeFor[bson.D]():
		for _, e := range value.(bson.D) {
			names[prefix+e.Key] = true
			for name := range namesIn(prefix+e.Key+".", e.Value) {
				names[name] = true
			}
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			for name := range namesIn(prefix, v.Index(i).Interface()) {
				names[name] = true
			}
		}
	}
	return names
}

func TestKeysAreUnambiguous(t *testing.T) {
	names := rapid.StringOf(rapid.SampledFrom([]rune("a|%}")))
	rapid.Check(t, func(t *rapid.T) {
		draw := func() []string { return []string{names.Draw(t, "a"), names.Draw(t, "b"), names.Draw(t, "c")} }
		x, y := draw(), draw()
		keyOf := func(p []string) string { return keysOf(contact.CustomerID(p[0])).under(p[1]).of(p[2]) }
		if (keyOf(x) == keyOf(y)) != reflect.DeepEqual(x, y) {
			t.Errorf("%q and %q have the keys %q and %q", x, y, keyOf(x), keyOf(y))
		}
		below := keysOf(contact.CustomerID(x[0])).under(x[1])
		bounds := below.above("").Value.(bson.D)
		inside := keyOf(y) > bounds[0].Value.(string) && keyOf(y) < bounds[1].Value.(string)
		if belongs := x[0] == y[0] && x[1] == y[1] && y[2] != ""; inside != belongs {
			t.Errorf("%q is below %q: %v, want %v", y, x[:2], inside, belongs)
		}
	})
}

func TestClientSettings(t *testing.T) {
	o := clientOptions(Options{URI: "mongodb://localhost/?w=0&readPreference=secondary&retryWrites=false&maxPoolSize=9"})
	if err := o.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][2]any{
		"writes are acknowledged by a majority":  {o.WriteConcern.W, "majority"},
		"writes are repeated":                    {*o.RetryWrites, true},
		"reads are of the primary":               {o.ReadPreference.Mode().String(), "primary"},
		"the address may change the pool's size": {*o.MaxPoolSize, uint64(9)},
		"no connection is kept":                  {*o.MinPoolSize, uint64(0)},
		"idle connections are given up":          {*o.MaxConnIdleTime, idleFor},
		"a server is chosen in time":             {*o.ServerSelectionTimeout, selectWithin},
		"the application has a name":             {*o.AppName, "contactsync"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %v, want %v", name, got[0], got[1])
		}
	}
	if size := *clientOptions(Options{URI: "mongodb://localhost"}).MaxPoolSize; size != poolSize {
		t.Errorf("the pool has %d connections, want %d", size, poolSize)
	}
}

// TestRetention holds that what is kept for a time carries the time at which it may
// go, by the clock of the wall.
func TestRetention(t *testing.T) {
	s := emptyStore(t, nil)
	now := time.Now().UTC().Truncate(time.Millisecond)
	s.now = func() time.Time { return now }
	s.logsKept = 20 * day
	ctx := t.Context()
	for _, err := range []error{
		s.PutStaged(ctx, acme, "g", []sync.Staged{{ConnectionID: aConnection, Record: &sync.Record{ID: "1"}}}),
		s.AppendActivity(ctx, acme, []sync.Activity{{ID: "a", At: noon}}),
		s.AppendConflicts(ctx, acme, []sync.Conflict{{ID: "x", At: noon}}),
		s.AppendChanges(ctx, acme, []sync.Change{{ID: "c", At: noon}}),
		s.PutValue(ctx, "ended", nil, noon),
		s.PutValue(ctx, "counts", nil, now.Add(time.Hour)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.CountAttempt(ctx, "k", now, time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		collection, key string
		want            time.Duration
	}{
		{staged, keysOf(acme).under("g").under(string(aConnection)).of("1"), 7 * day},
		{activity, keysOf(acme).of("a"), 20 * day},
		{conflicts, keysOf(acme).of("x"), 20 * day},
		{changes, keysOf(acme).of("c"), 20 * day},
		{values, "ended", day},
		{values, "counts", day + time.Hour},
		{attempts, "k", day + time.Hour},
	} {
		var doc struct {
			ExpiresAt time.Time `bson:"expiresAt"`
		}
		if err := s.db.Collection(c.collection).FindOne(ctx, bson.D{is("_id", c.key)}).Decode(&doc); err != nil {
			t.Fatalf("%s: %v", c.collection, err)
		}
		if got := doc.ExpiresAt.Sub(now); got != c.want {
			t.Errorf("%s expires after %v, want %v", c.collection, got, c.want)
		}
	}
}
