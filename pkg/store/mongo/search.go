package mongo

import (
	"context"
	"regexp"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// sorting is an order of the contact list: by a field that is a text or a time.
type sorting struct {
	query query
	field string
	text  func(*contactDoc) string
	time  func(*contactDoc) time.Time
}

var sortings = map[sync.ContactSort]sorting{
	sync.SortName:    {query: contactsByName, field: "keys.name", text: func(d *contactDoc) string { return d.Keys.Name }},
	sync.SortEmail:   {query: contactsByAddress, field: "keys.email", text: func(d *contactDoc) string { return d.Keys.Email }},
	sync.SortStatus:  {query: contactsByStatus, field: "status", text: func(d *contactDoc) string { return string(d.Status) }},
	sync.SortUpdated: {query: contactsByUpdate, field: "updatedAt", time: func(d *contactDoc) time.Time { return d.UpdatedAt }},
	sync.SortCreated: {query: contactsByStart, field: "createdAt", time: func(d *contactDoc) time.Time { return d.CreatedAt }},
}

// SearchContacts implements [sync.ContactStore]. Two round trips: one counts, one
// reads the page. Descending is the exact reverse of ascending, also among ties.
func (s *Store) SearchContacts(ctx context.Context, customer contact.CustomerID, q sync.ContactQuery) (sync.ContactPage, error) {
	const op = "mongo.searchContacts"
	found, err := newSearch(customer, q)
	if err != nil {
		return sync.ContactPage{}, classify(op, err)
	}
	total, err := s.count(ctx, found.query, found.filter)
	if err != nil || total == 0 {
		return sync.ContactPage{}, classify(op, err)
	}
	limit := pageSize(q.Limit)
	docs, err := find[contactDoc](ctx, s, found.query, append(found.filter, found.after...), limit+1, order(q.Desc, found.field, "id")...)
	if err != nil {
		return sync.ContactPage{}, classify(op, err)
	}
	docs, next := cut(docs, limit, found.mark)
	contacts, _ := contactsOf(docs, nil)
	return sync.ContactPage{Contacts: contacts, Next: next, Total: total}, nil
}

// search is a query of the contact list.
type search struct {
	sorting
	list   string // names list and order
	filter bson.D
	after  bson.D // beyond the page before
}

func newSearch(customer contact.CustomerID, q sync.ContactQuery) (*search, error) {
	if q.Sort == "" {
		q.Sort = sync.SortName
	}
	sorting, ok := sortings[q.Sort]
	if !ok {
		return nil, fault.New(fault.Invalid, "The contact list cannot be sorted by %q.", q.Sort)
	}
	s := &search{sorting: sorting, list: "contacts " + string(q.Sort)}
	if q.Desc {
		s.list += " descending"
	}
	if q.Lifecycle == "" {
		q.Lifecycle = sync.Active
	}
	s.filter = scoped(customer, is("lifecycle", q.Lifecycle))
	if q.Status != "" {
		s.filter = append(s.filter, is("status", q.Status))
	}
	if q.Provider != "" {
		s.filter = append(s.filter, is("keys.syncedToCRMs", q.Provider))
	}
	s.match(q.Terms)
	if q.Cursor == "" {
		return s, nil
	}
	m, err := decodeMark(q.Cursor, s.list)
	if err != nil {
		return nil, err
	}
	s.after = beyond(s.field, s.place(m), m.ID, q.Desc)
	return s, nil
}

// match adds the terms: each begins a word. Anchored patterns are served by the
// index of words.
func (s *search) match(terms []string) {
	var patterns bson.A
	for _, term := range terms {
		if term = searchable(term); term != "" {
			patterns = append(patterns, bson.D{is("keys.words", bson.Regex{Pattern: "^" + regexp.QuoteMeta(term)})})
		}
	}
	if len(patterns) > 0 {
		s.query = contactsByWord
		s.filter = append(s.filter, is("$and", patterns))
	}
}

func (s *search) mark(d contactDoc) mark {
	m := mark{List: s.list, ID: string(d.ID)}
	if s.text != nil {
		m.Text = s.text(&d)
	} else {
		m.Time = s.time(&d)
	}
	return m
}

// place is the mark's place in the order.
func (s *search) place(m *mark) any {
	if s.text != nil {
		return m.Text
	}
	return m.Time
}
