package sqlite

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// fewHits is up to how many hits a page is made by sorting all hits. With more, the
// list is walked in its order until the page is full: it has hits enough. Hits are
// not spread evenly, people search for the name they sort by, so walking is never
// much cheaper than the whole list, and sorting this many is.
const fewHits = 20000

// sorts are the columns of the orders; each has the index contacts_by_<column>.
var sorts = map[sync.ContactSort]string{
	"":               "name",
	sync.SortName:    "name",
	sync.SortEmail:   "email",
	sync.SortUpdated: "updated",
	sync.SortCreated: "created",
	sync.SortStatus:  "status",
}

// SearchContacts implements [sync.ContactStore]. Descending is the exact reverse
// of ascending, also among ties.
func (s *Store) SearchContacts(ctx context.Context, customer contact.CustomerID, q sync.ContactQuery) (sync.ContactPage, error) {
	const op = "sqlite.searchContacts"
	limit := pageSize(q.Limit)
	found, err := newSearch(customer, q)
	if err != nil {
		return sync.ContactPage{}, classify(op, err)
	}
	var page sync.ContactPage
	var last []any
	err = s.read(ctx, op, func(c *conn) error {
		count, args := found.count()
		if err := c.once(ctx, count, args, func(row scanner) error { return row.Scan(&page.Total) }); err != nil {
			return err
		}
		if page.Total == 0 {
			return nil
		}
		query, args := found.page(page.Total <= s.fewHits, limit+1)
		return c.once(ctx, query, args, func(row scanner) error {
			if len(page.Contacts) == limit {
				page.Next = encodeCursor(last...)
				return nil
			}
			var key any
			c, err := scanContact(scanRest{row, []any{&key}})
			if err != nil {
				return err
			}
			page.Contacts = append(page.Contacts, c)
			last = []any{found.mark(), key, c.ID}
			return nil
		})
	})
	if err != nil {
		return sync.ContactPage{}, err
	}
	return page, nil
}

// search is a query as SQL: what it selects, and where its page begins.
type search struct {
	customer contact.CustomerID
	column   string // of the order
	desc     bool
	term     string // what drives the search; "" when there are no terms
	where    string // conditions on a contact c, beginning with AND
	args     []any
	after    []any // key and id of the last row before the page
}

func newSearch(customer contact.CustomerID, q sync.ContactQuery) (*search, error) {
	column, ok := sorts[q.Sort]
	if !ok {
		return nil, fault.New(fault.Invalid, "The contact list cannot be sorted by %q.", q.Sort)
	}
	lifecycle := q.Lifecycle
	if lifecycle == "" {
		lifecycle = sync.Active
	}
	s := &search{customer: customer, column: column, desc: q.Desc}
	s.and(`c.customer = ?`, customer)
	s.and(`c.lifecycle = ?`, lifecycle)
	if q.Status != "" {
		s.and(`c.status = ?`, q.Status)
	}
	if q.Provider != "" {
		s.and(`instr(c.providers, ?) > 0`, spaced([]contact.Provider{q.Provider}))
	}
	for _, term := range q.Terms {
		if term != "" {
			s.and(`instr(c.words, ?) > 0`, "\n"+term)
		}
		if len(term) > len(s.term) { // the longest is the most selective
			s.term = term
		}
	}
	if q.Cursor == "" {
		return s, nil
	}
	cursor, err := decodeCursor(q.Cursor, 3)
	if err != nil || cursor[0] != s.mark() {
		return nil, fault.New(fault.Invalid, "The page does not belong to this list.")
	}
	s.after = cursor[1:]
	return s, nil
}

func (s *search) and(condition string, arg any) {
	s.where += ` AND ` + condition
	s.args = append(s.args, arg)
}

// mark names the order that a cursor belongs to.
func (s *search) mark() string {
	if s.desc {
		return "-" + s.column
	}
	return s.column
}

// hits returns the FROM clause and the WHERE clause that find every hit.
func (s *search) hits() (string, []any) {
	if s.term == "" {
		return ` FROM contacts AS c INDEXED BY contacts_by_status WHERE true` + s.where, s.args
	}
	return ` FROM (SELECT DISTINCT contact FROM contact_words WHERE customer = ? AND word >= ? AND word < ?) AS w
CROSS JOIN contacts AS c ON c.key = w.contact WHERE true` + s.where,
		append([]any{s.customer, s.term, s.term + string(utf8.MaxRune)}, s.args...)
}

func (s *search) count() (string, []any) {
	hits, args := s.hits()
	return `SELECT count(*)` + hits, args
}

// page returns the query of a page: of the sorted hits when they are few, else of
// the list in its order. Documents are read of the page only. Its columns are the
// key of the order and those of scanContact.
func (s *search) page(few bool, limit int) (string, []any) {
	hits, args := s.hits()
	if !few {
		hits, args = ` FROM contacts AS c INDEXED BY contacts_by_`+s.column+` WHERE true`+s.where, s.args
	}
	args = slices.Clip(args)
	direction, beyond := ` ASC`, `>`
	if s.desc {
		direction, beyond = ` DESC`, `<`
	}
	if s.after != nil {
		hits += ` AND (c.` + s.column + `, c.id) ` + beyond + ` (?, ?)`
		args = append(args, s.after...)
	}
	order := ` ORDER BY ` + s.column + direction + `, id` + direction
	return `SELECT p.` + s.column + `, p.rev, p.fence, p.due_at, p.lease_until, d.doc FROM
(SELECT c.key, c.id, c.` + s.column + `, c.rev, c.fence, c.due_at, c.lease_until` + hits + order + ` LIMIT ?) AS p CROSS JOIN contact_docs AS d ON d.key = p.key` + order,
		append(args, limit)
}

// scanRest scans a row whose first columns are not of the document.
type scanRest struct {
	row   scanner
	first []any
}

func (s scanRest) Scan(dest ...any) error { return s.row.Scan(append(s.first, dest...)...) }

// once runs a query that has too many shapes to be kept prepared.
func (c *conn) once(ctx context.Context, query string, args []any, f func(scanner) error) error {
	rows, err := c.sql.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// pageSize is the size of a page that asked for limit.
func pageSize(limit int) int {
	const standard, most = 50, 200
	if limit <= 0 {
		return standard
	}
	return min(limit, most)
}

// encodeCursor makes an opaque text of values.
func encodeCursor(values ...any) string {
	return base64.RawURLEncoding.EncodeToString([]byte(jsonText(values)))
}

// decodeCursor returns the n values of a cursor: texts and integers.
func decodeCursor(cursor string, n int) ([]any, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var values []any
	if err := decoder.Decode(&values); err != nil {
		return nil, err
	}
	for i, v := range values {
		if number, ok := v.(json.Number); ok {
			if values[i], err = number.Int64(); err != nil {
				return nil, err
			}
		}
	}
	if len(values) != n {
		return nil, sql.ErrNoRows
	}
	return values, nil
}
