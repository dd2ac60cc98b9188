package mongo

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// declared returns the queries of queries.go by name.
func declared(t *testing.T) map[string]query {
	t.Helper()
	source, err := os.ReadFile("queries.go")
	if err != nil {
		t.Fatal(err)
	}
	collectionNames := map[string]string{
		"contacts": contacts, "links": links, "hints": hints, "staged": staged, "tombstones": tombstones,
		"runs": runs, "gates": gates, "activity": activity, "conflicts": conflicts, "changes": changes, "reviews": reviews,
		"connections": connections, "settings": settings, "values": values, "attempts": attempts, "schema": schema,
	}
	queries := map[string]query{}
	entry := regexp.MustCompile(`query\{name: "([^"]+)", collection: (\w+), index: ("\w+"|primary)(, sorts: true)?\}`)
	for _, m := range entry.FindAllStringSubmatch(string(source), -1) {
		q := query{name: m[1], collection: collectionNames[m[2]], index: strings.Trim(m[3], `"`), sorts: m[4] != ""}
		if q.index == "primary" {
			q.index = primary
		}
		if q.collection == "" || queries[q.name].name != "" {
			t.Fatalf("query %q has no collection, or is there twice", q.name)
		}
		queries[q.name] = q
	}
	if want := strings.Count(string(source), "query{"); len(queries) != want {
		t.Fatalf("%d queries were read from queries.go, which has %d", len(queries), want)
	}
	return queries
}

// keysOfIndex are the fields of a declared index.
func keysOfIndex(t *testing.T, q query) []string {
	t.Helper()
	if q.index == primary {
		return []string{"_id"}
	}
	i := slices.IndexFunc(indexes, func(x index) bool { return x.collection == q.collection && x.name == q.index })
	if i < 0 {
		t.Fatalf("query %q: there is no index %q", q.name, q.index)
	}
	return indexes[i].keys
}

// unserved says why an index does not serve a statement, or "". It serves when the
// fields that it begins with are given, when what else the filter gives of its
// fields follows at once, and when it has the documents in the order asked for.
func unserved(q query, keys []string, s statement) string {
	given := map[string]string{}
	for _, c := range conditions(s.filter) {
		given[c.field] = c.kind
	}
	n, lists := 0, 0
	for n < len(keys) && (given[keys[n]] == "equal" || given[keys[n]] == "in") {
		if given[keys[n]] == "in" {
			lists++
		}
		n++
	}
	ranged := n < len(keys) && given[keys[n]] == "range"
	by := slices.DeleteFunc(slices.Clone(s.sort), func(e bson.E) bool { return given[e.Key] == "equal" })
	sorted := len(s.sort) > 0 && n+len(by) <= len(keys) && lists == 0
	for i, e := range by {
		sorted = sorted && e.Key == keys[n+i] && e.Value == by[0].Value
	}
	narrows := n > 1 || n == len(keys) || ranged || sorted || len(given) == n
	switch {
	case n == 0 && !ranged:
		return "the filter does not begin where the index does"
	case !narrows:
		return "only the customer is looked up in the index"
	case len(s.sort) > 0 && !sorted && !q.sorts:
		return "the index has another order"
	}
	return ""
}

// checkQueries holds that every statement that was sent is of a declared query, and
// served by the index that it names: by what the index has, and by what the server
// says it would do. All tells that every query has to be among them.
func checkQueries(t *testing.T, shapes map[string]statement, all bool) {
	queries := declared(t)
	s := openTest(t, nil)
	hints := honoursHints(t, s)
	seen := map[string]bool{}
	for _, shape := range slices.Sorted(maps.Keys(shapes)) {
		sent := shapes[shape]
		q, ok := queries[sent.query]
		if !ok {
			t.Errorf("a %s has the comment %q, which names no query", sent.command, sent.query)
			continue
		}
		seen[q.name] = true
		if sent.command == "insert" || q == allCustomers {
			continue
		}
		if why := unserved(q, keysOfIndex(t, q), sent); why != "" {
			t.Errorf("%s is not served by %s.%s: %s", shape, q.collection, q.index, why)
		}
		if !theServer(t).ferret {
			explain(t, s, q, sent, hints)
		}
	}
	// These are for when several write at once, and tested by what does so.
	for _, rare := range []query{savedContacts, contestLinks, schemaByKey} {
		seen[rare.name] = true
	}
	for name := range queries {
		if all && !seen[name] {
			t.Errorf("nothing sends the query %q", name)
		}
	}
}

// honoursHints reports whether the server uses the index that it is told to.
func honoursHints(t *testing.T, s *Store) bool {
	err := s.db.RunCommand(t.Context(), bson.D{is("find", contacts), is("hint", "no_such_index")}).Err()
	return err != nil
}

// explain asks the server how it would read what a statement names, if it has to
// use the declared index.
func explain(t *testing.T, s *Store, q query, sent statement, hints bool) {
	t.Helper()
	find := bson.D{is("find", q.collection), is("filter", sent.filter), is("hint", q.index)}
	if len(sent.sort) > 0 {
		find = append(find, is("sort", sent.sort))
	}
	if sent.limit > 0 {
		find = append(find, is("limit", sent.limit))
	}
	var answer bson.Raw
	err := s.db.RunCommand(t.Context(), bson.D{is("explain", find), is("verbosity", "queryPlanner")}).Decode(&answer)
	if err != nil {
		t.Fatalf("%s: %v", sent.shape(), err)
	}
	plan := answer.Lookup("queryPlanner", "winningPlan").String()
	if strings.Contains(plan, "COLLSCAN") {
		t.Errorf("%s: the server reads the whole collection: %s", sent.shape(), plan)
	}
	if hints && !q.sorts && strings.Contains(plan, `"SORT"`) {
		t.Errorf("%s: the server sorts: %s", sent.shape(), plan)
	}
}

// TestUnserved holds that the check of indexes can fail.
func TestUnserved(t *testing.T) {
	keys := []string{"customerId", "at", "id"}
	for name, s := range map[string]statement{
		"without the first field":    {filter: bson.D{is("at", 1)}},
		"with another field":         {filter: bson.D{is("customerId", 1), is("runId", 1)}},
		"in another order":           {filter: bson.D{is("customerId", 1)}, sort: order(false, "id")},
		"in no one direction":        {filter: bson.D{is("customerId", 1)}, sort: bson.D{is("at", int32(1)), is("id", int32(-1))}},
		"in an order of many values": {filter: bson.D{in("customerId", []int{1, 2})}, sort: order(false, "at")},
	} {
		if unserved(query{}, keys, s) == "" {
			t.Errorf("%s: the index is taken to serve %v %v", name, s.filter, s.sort)
		}
	}
	if why := unserved(query{}, keys, statement{filter: bson.D{is("customerId", 1), with("at", "$lte", 5)}, sort: order(true, "at", "id")}); why != "" {
		t.Error(why)
	}
}

// unscoped are the queries that are of no customer, or of all.
var unscoped = []query{
	schemaByKey, allCustomers, connectionsByAccount, valueByKey, putValue, changeValue, dropValue, countAttempt, forgetAttempts,
}

// checkCustomers holds that every statement names the customer whose documents it
// reads or writes.
func checkCustomers(t *testing.T, shapes map[string]statement) {
	for shape, sent := range shapes {
		if slices.ContainsFunc(unscoped, func(q query) bool { return q.name == sent.query }) {
			continue
		}
		if sent.command == "insert" {
			if !slices.ContainsFunc(sent.inserts, func(e bson.E) bool { return e.Key == "customerId" && e.Value != "" }) {
				t.Errorf("%s inserts a document without a customer: %v", sent.query, sent.inserts)
			}
			continue
		}
		if !slices.Contains(conditions(sent.filter), condition{"customerId", "equal"}) {
			t.Errorf("%s: the filter names no customer", shape)
		}
	}
}

// TestIndexes holds that the server has what is declared, and that opening again
// changes nothing.
func TestIndexes(t *testing.T) {
	s := openTest(t, nil)
	for _, x := range indexes {
		specs, err := s.db.Collection(x.collection).Indexes().ListSpecifications(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, spec := range specs {
			if spec.Name != x.name {
				continue
			}
			found = true
			var keys bson.D
			if err := bson.Unmarshal(spec.KeysDocument, &keys); err != nil {
				t.Fatal(err)
			}
			var fields []string
			for _, k := range keys {
				fields = append(fields, k.Key)
			}
			if !slices.Equal(fields, x.keys) || x.expires != (spec.ExpireAfterSeconds != nil) {
				t.Errorf("%s: the server has %v, expiring %v", x.text(), fields, spec.ExpireAfterSeconds != nil)
			}
		}
		if !found && !(x.expires && theServer(t).ferret) {
			t.Errorf("%s is not there", x.text())
		}
	}

	r := &recorder{}
	openTest(t, r.monitor())
	if sent := r.taken(); len(sent) != 1 {
		t.Errorf("opening a prepared database took %d round trips, want 1: %v", len(sent), sent)
	}
}
