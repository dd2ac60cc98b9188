package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// TestInside runs the suite of stores and looks at what it leaves inside: what is
// derived from the documents fits them, and an index serves every query that the
// suite made the store prepare.
func TestInside(t *testing.T) {
	prepared := map[string]bool{}
	t.Run("suite", func(t *testing.T) {
		conformance.Store(t, func(t *testing.T) sync.Store {
			s := openMemory(t)
			s.fewHits = 0 // so that the suite has the list walked, too
			t.Cleanup(func() {
				checkDerived(t, s)
				for query := range statements(t, s) {
					prepared[query] = true
				}
			})
			return s
		}, conformance.Sequential)
	})
	s := openMemory(t)
	for query := range prepared {
		if query == listCustomers || strings.Contains(query, "sqlite_schema") {
			continue // they are of everything there is
		}
		checkPlan(t, s, query, query != claimNamedHeads+namedContacts+claimed)
	}
}

func TestSearchPlans(t *testing.T) {
	store := openMemory(t)
	for sort := range sorts {
		for shape := range 16 {
			q := sync.ContactQuery{Sort: sort, Desc: shape&1 > 0}
			if shape&2 > 0 {
				q.Status = sync.StatusError
			}
			if shape&4 > 0 {
				q.Provider = contact.HubSpot
			}
			if shape&8 > 0 {
				q.Terms = []string{"ann", "b"}
			}
			s, err := newSearch("acme", q)
			if err != nil {
				t.Fatal(err)
			}
			count, _ := s.count()
			checkPlan(t, store, count, true)
			for _, after := range [][]any{nil, {"key", "id"}} {
				s.after = after
				few, _ := s.page(true, 50)
				checkPlan(t, store, few, false)
				walk, _ := s.page(false, 50)
				checkPlan(t, store, walk, false)
				if plan := explain(t, store, walk); strings.Count(plan, "TEMP B-TREE") > 1 { // one sorts the page
					t.Errorf("the list is sorted, not walked:\n%s\n%s", walk, plan)
				}
			}
		}
	}
}

// scan matches the step of a plan that goes through all of something. Lists in
// JSON and results of sub-queries may be gone through, tables and indexes not.
var scan = regexp.MustCompile(`SCAN (\w+)`)

var mayScan = []string{"json_each", "wanted", "w", "p"}

func checkPlan(t *testing.T, s *Store, query string, ordered bool) {
	t.Helper()
	plan := explain(t, s, query)
	for _, step := range scan.FindAllStringSubmatch(plan, -1) {
		if !slices.Contains(mayScan, step[1]) {
			t.Errorf("full scan of %s:\n%s\n%s", step[1], query, plan)
		}
	}
	if ordered && strings.Contains(plan, "FOR ORDER BY") {
		t.Errorf("no index gives the order:\n%s\n%s", query, plan)
	}
}

// explain returns the plan of a query, one step per line.
func explain(t *testing.T, s *Store, query string) string {
	t.Helper()
	var steps []string
	err := s.read(t.Context(), "explain", func(c *conn) error {
		return c.once(t.Context(), `EXPLAIN QUERY PLAN `+query, make([]any, parameters(query)), func(row scanner) error {
			var id, parent, unused int
			var detail string
			err := row.Scan(&id, &parent, &unused, &detail)
			steps = append(steps, detail)
			return err
		})
	})
	if err != nil {
		t.Fatalf("%s\n%v", query, err)
	}
	return strings.Join(steps, "\n")
}

// parameters is how many values a query wants.
func parameters(query string) int {
	n := strings.Count(query, "?")
	for i := range 9 {
		if numbered := fmt.Sprintf("?%d", i+1); strings.Contains(query, numbered) {
			n = i + 1
		}
	}
	return n
}

func openMemory(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), Memory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// statements returns the texts of the prepared queries of a store in memory.
func statements(t *testing.T, s *Store) map[string]bool {
	t.Helper()
	texts := map[string]bool{}
	err := s.writer.with(context.WithoutCancel(t.Context()), func(c *conn) error {
		for query := range c.statements {
			if !slices.Contains([]string{"BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"}, query) && !strings.HasPrefix(query, "PRAGMA") {
				texts[query] = true
			}
		}
		return nil
	})
	if err != nil || len(texts) == 0 {
		t.Fatalf("%d statements were prepared (%v)", len(texts), err)
	}
	return texts
}

// derived are pairs of queries with the same result: what is derived from the heads
// of contacts, and what is kept of it.
var derived = [][2]string{
	{
		`SELECT customer, c.key, value FROM contacts AS c, json_each('["' || replace(substr(words, 2), char(10), '","') || '"]')
		WHERE words <> '' ORDER BY 1, 2, 3`,
		`SELECT customer, contact, word FROM contact_words ORDER BY 1, 2, 3`,
	}, {
		`SELECT DISTINCT customer, value ->> 'c', value ->> 'x', c.key FROM contacts AS c, json_each(c.links)
		WHERE c.links <> '' AND value ->> 'x' IS NOT NULL ORDER BY 1, 2, 3`,
		`SELECT customer, connection, external, contact FROM contact_links ORDER BY 1, 2, 3`,
	}, {
		`SELECT customer, value ->> 'c', count(value ->> 'x'), count(value ->> 'p'), count(value ->> 'f') FROM contacts AS c, json_each(c.links)
		WHERE c.links <> '' GROUP BY 1, 2 HAVING 0 + count(value ->> 'x') + count(value ->> 'p') + count(value ->> 'f') > 0 ORDER BY 1, 2`,
		`SELECT customer, connection, linked, pending, errors FROM link_counts WHERE linked + pending + errors > 0 ORDER BY 1, 2`,
	}, {
		`SELECT DISTINCT s.customer, s.generation, value, s.connection, s.external FROM staged AS s, json_each(s.emails)
		WHERE s.emails <> '' ORDER BY 1, 2, 3, 4, 5`,
		`SELECT customer, generation, email, connection, external FROM staged_emails ORDER BY 1, 2, 3, 4, 5`,
	}, {
		`SELECT key FROM contacts ORDER BY 1`,
		`SELECT key FROM contact_docs ORDER BY 1`,
	},
}

// checkDerived holds that everything derived is as it would be derived now.
func checkDerived(t *testing.T, s *Store) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	err := s.read(ctx, "derived", func(c *conn) error {
		for _, pair := range derived {
			var results [2]string
			for i, query := range pair {
				rows, err := c.sql.QueryContext(ctx, query)
				if err != nil {
					return err
				}
				if results[i], err = dump(rows); err != nil {
					return err
				}
			}
			if results[0] != results[1] {
				t.Errorf("%s\ngives\n%s\nbut\n%s\ngives\n%s", pair[0], results[0], pair[1], results[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// dump returns rows as text.
func dump(rows *sql.Rows) (string, error) {
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	values, pointers := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		pointers[i] = &values[i]
	}
	var text strings.Builder
	for rows.Next() {
		if err := rows.Scan(pointers...); err != nil {
			return "", err
		}
		fmt.Fprintln(&text, values...)
	}
	return text.String(), errors.Join(rows.Err(), rows.Close())
}
