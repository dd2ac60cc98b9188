package memory

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// position is a place in a list: the order, the key of an entry and its id.
type position struct{ Order, Key, ID string }

func (p position) compare(o position) int {
	return cmp.Or(cmp.Compare(p.Key, o.Key), cmp.Compare(p.ID, o.ID))
}

// pageOf returns up to limit entries behind the cursor, and the cursor of the next
// page. The entries are sorted by their positions, or by these backwards.
func pageOf[T any](entries []T, order, cursor string, limit int, backwards bool, at func(T) position) (page []T, next string, err error) {
	if limit <= 0 {
		limit = 50
	}
	limit = min(limit, 200)
	sort := func(a, b position) int {
		if backwards {
			a, b = b, a
		}
		return a.compare(b)
	}
	slices.SortFunc(entries, func(a, b T) int { return sort(at(a), at(b)) })
	if cursor != "" {
		var after position
		text, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil || json.Unmarshal(text, &after) != nil || after.Order != order {
			return nil, "", fault.New(fault.Invalid, "The page does not belong to this list.")
		}
		entries = slices.DeleteFunc(entries, func(e T) bool { return sort(at(e), after) <= 0 })
	}
	if len(entries) <= limit {
		return entries, "", nil
	}
	last := at(entries[limit-1])
	last.Order = order
	text, err := json.Marshal(last)
	return entries[:limit], base64.RawURLEncoding.EncodeToString(text), err
}

// sortKeys are the keys of the orders of the contact list; they compare as text.
var sortKeys = map[sync.ContactSort]func(*sync.Contact) string{
	sync.SortName:    func(c *sync.Contact) string { return c.Index().Name },
	sync.SortEmail:   func(c *sync.Contact) string { return c.Index().Email },
	sync.SortUpdated: func(c *sync.Contact) string { return timeKey(c.UpdatedAt) },
	sync.SortCreated: func(c *sync.Contact) string { return timeKey(c.CreatedAt) },
	sync.SortStatus:  func(c *sync.Contact) string { return string(c.Status) },
}

func timeKey(t time.Time) string { return fmt.Sprintf("%020d", t.UnixMilli()+1<<60) }

// SearchContacts implements [sync.ContactStore].
func (s *Store) SearchContacts(ctx context.Context, customer contact.CustomerID, q sync.ContactQuery) (sync.ContactPage, error) {
	order := cmp.Or(q.Sort, sync.SortName)
	key := sortKeys[order]
	if key == nil {
		return sync.ContactPage{}, fault.New(fault.Invalid, "The contact list cannot be sorted by %q.", q.Sort)
	}
	found, err := s.contactsWith(ctx, customer, func(c *sync.Contact) bool { return selects(q, c) })
	if err != nil {
		return sync.ContactPage{}, err
	}
	page := sync.ContactPage{Total: len(found)}
	page.Contacts, page.Next, err = pageOf(found, fmt.Sprint(order, q.Desc), q.Cursor, q.Limit, q.Desc, func(c *sync.Contact) position {
		return position{Key: key(c), ID: string(c.ID)}
	})
	if err != nil {
		return sync.ContactPage{}, err
	}
	return page, nil
}

// selects reports whether a query selects a contact.
func selects(q sync.ContactQuery, c *sync.Contact) bool {
	if c.Lifecycle != cmp.Or(q.Lifecycle, sync.Active) || q.Status != "" && c.Status != q.Status {
		return false
	}
	index := c.Index()
	if q.Provider != "" && !slices.Contains(index.Providers, q.Provider) {
		return false
	}
	return !slices.ContainsFunc(q.Terms, func(term string) bool {
		return term != "" && !slices.ContainsFunc(index.Words, func(word string) bool { return strings.HasPrefix(word, term) })
	})
}

// AppendActivity implements [sync.LogStore].
func (s *Store) AppendActivity(ctx context.Context, customer contact.CustomerID, entries []sync.Activity) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	for i := range entries {
		if _, there := d.activity[entries[i].ID]; !there {
			d.activity[entries[i].ID] = *kept(&entries[i])
		}
	}
	return nil
}

// ListActivity implements [sync.LogStore].
func (s *Store) ListActivity(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) ([]sync.Activity, string, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, "", err
	}
	defer done()
	var found []sync.Activity
	for _, e := range d.activity {
		if (q.ContactID == "" || e.ContactID == q.ContactID) && (q.RunID == "" || e.RunID == q.RunID) && (q.Level == "" || e.Level == q.Level) {
			found = append(found, *kept(&e))
		}
	}
	return pageOf(found, "activity", q.Cursor, q.Limit, true, func(e sync.Activity) position { return position{Key: timeKey(e.At), ID: e.ID} })
}

// ForgetContact implements [sync.LogStore].
func (s *Store) ForgetContact(ctx context.Context, customer contact.CustomerID, id contact.ID) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	maps.DeleteFunc(d.activity, func(_ string, e sync.Activity) bool { return e.ContactID == id })
	maps.DeleteFunc(d.conflicts, func(_ string, c sync.Conflict) bool { return c.ContactID == id })
	maps.DeleteFunc(d.changes, func(_ string, c sync.Change) bool { return c.ContactID == id })
	return nil
}

// AppendConflicts implements [sync.LogStore].
func (s *Store) AppendConflicts(ctx context.Context, customer contact.CustomerID, conflicts []sync.Conflict) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	for i := range conflicts {
		if _, there := d.conflicts[conflicts[i].ID]; !there {
			d.conflicts[conflicts[i].ID] = *kept(&conflicts[i])
		}
	}
	return nil
}

// ListConflicts implements [sync.LogStore].
func (s *Store) ListConflicts(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) (entries []sync.Conflict, next string, total int, err error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, "", 0, err
	}
	defer done()
	var found []sync.Conflict
	for _, e := range d.conflicts {
		if (q.ContactID == "" || e.ContactID == q.ContactID) && (q.RunID == "" || e.RunID == q.RunID) {
			found = append(found, *kept(&e))
		}
	}
	total = len(found)
	entries, next, err = pageOf(found, "conflicts", q.Cursor, q.Limit, true, func(e sync.Conflict) position { return position{Key: timeKey(e.At), ID: e.ID} })
	return entries, next, total, err
}

// Conflict implements [sync.LogStore].
func (s *Store) Conflict(ctx context.Context, customer contact.CustomerID, id string) (*sync.Conflict, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	found, there := d.conflicts[id]
	if !there {
		return nil, errNoConflict
	}
	return kept(&found), nil
}

var errNoConflict = fault.New(fault.NotFound, "There is no such conflict.")

// SaveConflict implements [sync.LogStore]; fault.NotFound if there is none to replace.
func (s *Store) SaveConflict(ctx context.Context, customer contact.CustomerID, conflict *sync.Conflict) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	if _, there := d.conflicts[conflict.ID]; !there {
		return errNoConflict
	}
	d.conflicts[conflict.ID] = *kept(conflict)
	return nil
}

// PutReviews implements [sync.LogStore].
func (s *Store) PutReviews(ctx context.Context, customer contact.CustomerID, items []sync.Review) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	for i := range items {
		if _, there := d.reviews[items[i].ID]; !there {
			d.reviews[items[i].ID] = *kept(&items[i])
		}
	}
	return nil
}

// ListReviews implements [sync.LogStore]: newest first.
func (s *Store) ListReviews(ctx context.Context, customer contact.CustomerID) ([]sync.Review, error) {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return nil, err
	}
	defer done()
	items := slices.SortedFunc(maps.Values(d.reviews), func(a, b sync.Review) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID))
	})
	for i := range items {
		items[i] = *kept(&items[i])
	}
	return items, nil
}

// DropReviews implements [sync.LogStore].
func (s *Store) DropReviews(ctx context.Context, customer contact.CustomerID, ids []string) error {
	d, done, err := s.of(ctx, customer)
	if err != nil {
		return err
	}
	defer done()
	for _, id := range ids {
		delete(d.reviews, id)
	}
	return nil
}
