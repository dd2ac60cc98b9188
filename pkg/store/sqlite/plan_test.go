package sqlite

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/conformance"
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// TestPlans holds that an index serves every query: those that the suite of stores
// made the store prepare, and every shape of a search.
func TestPlans(t *testing.T) {
	prepared := map[string]bool{}
	t.Run("suite", func(t *testing.T) {
		conformance.Store(t, func(t *testing.T) sync.Store {
			s := openMemory(t)
			s.fewHits = 0 // so that the suite has the list walked, too
			t.Cleanup(func() {
				for query := range statements(t, s) {
					prepared[query] = true
				}
			})
			return s
		}, conformance.Sequential)
	})
	s := openMemory(t)
	for query := range prepared {
		if query == listCustomers {
			continue // it is of everything there is
		}
		checkPlan(t, s, query, query != claimNamedHeads+namedContacts+claimed)
	}
	if len(prepared) < 60 {
		t.Errorf("only %d statements were prepared", len(prepared))
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

// realTable matches the step of a plan that reads a whole table or index of ours.
// Lists in JSON and results of sub-queries have other names.
var realTable = regexp.MustCompile(`SCAN (contacts|contact_\w+|c|d|l|hints|staged|staged_emails|s|e|tombstones|runs|activity|conflicts|reviews|connections|link_counts)\b`)

func checkPlan(t *testing.T, s *Store, query string, ordered bool) {
	t.Helper()
	plan := explain(t, s, query)
	if realTable.MatchString(plan) {
		t.Errorf("full scan:\n%s\n%s", query, plan)
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
	if err != nil {
		t.Fatal(err)
	}
	return texts
}
