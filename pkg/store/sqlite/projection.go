package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// head is a row of the table contacts: what a contact is found and guarded by.
type head struct {
	key       int64
	id        contact.ID
	rev       int64
	fence     int64
	due       sql.NullInt64
	lease     int64
	email     string
	name      string
	status    sync.Status
	lifecycle sync.Lifecycle
	providers string
	created   int64
	updated   int64
	words     string
	links     string
}

func scanHead(row scanner) (*head, error) {
	h := &head{}
	return h, row.Scan(&h.key, &h.id, &h.rev, &h.fence, &h.due, &h.lease, &h.email, &h.name, &h.status,
		&h.lifecycle, &h.providers, &h.created, &h.updated, &h.words, &h.links)
}

// draft is a contact about to be saved, with everything derived from it.
type draft struct {
	contact *sync.Contact
	doc     []byte
	head    head // without key and rev
	links   linkRows
}

func newDraft(c *sync.Contact) (draft, error) {
	doc, err := json.Marshal(c)
	if err != nil {
		return draft{}, err
	}
	index := c.Index()
	links := newLinkRows(c)
	h := head{
		id: c.ID, fence: c.Fence, email: index.Email, name: index.Name, status: c.Status, lifecycle: c.Lifecycle,
		providers: spaced(index.Providers), created: millis(c.CreatedAt), updated: millis(c.UpdatedAt),
		words: lines(index.Words), links: links.text(),
	}
	if c.Due != nil {
		h.due = sql.NullInt64{Int64: millis(c.Due.At), Valid: true}
		h.lease = millis(c.Due.LeaseUntil)
	}
	return draft{contact: c, doc: doc, head: h, links: links}, nil
}

// spaced puts each provider between spaces, so that " name " finds it.
func spaced(providers []contact.Provider) string {
	if len(providers) == 0 {
		return ""
	}
	var b strings.Builder
	for _, p := range providers {
		b.WriteByte(' ')
		b.WriteString(string(p))
	}
	b.WriteByte(' ')
	return b.String()
}

// lines puts each word after a line break, so that "\nterm" finds its beginning.
// Words are sorted and hold no line breaks.
func lines(words []string) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteByte('\n')
		b.WriteString(w)
	}
	return b.String()
}

// difference compares two texts of [lines].
func difference(before, after string) (added, removed []string) {
	if before == after {
		return nil, nil
	}
	old, current := strings.Split(before, "\n")[1:], strings.Split(after, "\n")[1:]
	for len(old) > 0 || len(current) > 0 {
		switch {
		case len(old) == 0 || len(current) > 0 && current[0] < old[0]:
			added, current = append(added, current[0]), current[1:]
		case len(current) == 0 || old[0] < current[0]:
			removed, old = append(removed, old[0]), old[1:]
		default:
			old, current = old[1:], current[1:]
		}
	}
	return added, removed
}

// wordRow is a row of contact_words.
type wordRow struct {
	word string
	key  int64
}

const (
	insertWords = `
INSERT INTO contact_words (customer, word, contact)
SELECT ?1, value ->> 0, value ->> 1 FROM json_each(?2) WHERE true
ON CONFLICT DO NOTHING`
	deleteWords = `
DELETE FROM contact_words
WHERE customer = ?1 AND (word, contact) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?2))`
)

// writeWords inserts or deletes rows of contact_words in the order of its key,
// which keeps neighbours together.
func (b *batch) writeWords(ctx context.Context, query string, rows []wordRow) error {
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b wordRow) int {
		return cmp.Or(strings.Compare(a.word, b.word), cmp.Compare(a.key, b.key))
	})
	pairs := make([][2]any, len(rows))
	for i, r := range rows {
		pairs[i] = [2]any{r.word, r.key}
	}
	_, err := b.exec(ctx, query, b.customer, jsonText(pairs))
	return err
}

// linkRow is what is looked up and counted of a link.
type linkRow struct {
	Connection contact.ConnectionID `json:"c"`
	External   contact.ExternalID   `json:"x,omitempty"` // of a link that has a record
	Pending    bool                 `json:"p,omitempty"`
	Failing    bool                 `json:"f,omitempty"`
}

type linkRows []linkRow

// newLinkRows derives the rows of the links that live.
func newLinkRows(c *sync.Contact) linkRows {
	var rows linkRows
	for i := range c.Links {
		l := &c.Links[i]
		if l.State == sync.LinkDetached {
			continue
		}
		row := linkRow{
			Connection: l.ConnectionID,
			External:   l.ExternalID,
			Pending:    l.Waiting(),
			Failing:    l.Failing(),
		}
		rows = append(rows, row)
	}
	return rows
}

func (rows linkRows) text() string {
	if len(rows) == 0 {
		return ""
	}
	return jsonText(rows)
}

func parseLinks(text string) (linkRows, error) {
	if text == "" {
		return nil, nil
	}
	var rows linkRows
	err := json.Unmarshal([]byte(text), &rows)
	return rows, err
}

// held lists the records that the links stand for, each once.
func (rows linkRows) held() []sync.IndexLink {
	list := make([]sync.IndexLink, 0, len(rows))
	for _, r := range rows {
		link := sync.IndexLink{ConnectionID: r.Connection, ExternalID: r.External}
		if r.External != "" && !slices.Contains(list, link) {
			list = append(list, link)
		}
	}
	return list
}

func (rows linkRows) holds(l sync.IndexLink) bool {
	return slices.ContainsFunc(rows, func(r linkRow) bool {
		return r.Connection == l.ConnectionID && r.External == l.ExternalID
	})
}

// tally is a change of a row of link_counts.
type tally struct{ linked, pending, errors int }

func (r linkRow) tally() tally {
	var t tally
	if r.External != "" {
		t.linked = 1
	}
	if r.Pending {
		t.pending = 1
	}
	if r.Failing {
		t.errors = 1
	}
	return t
}

func (t tally) plus(other tally, sign int) tally {
	return tally{t.linked + sign*other.linked, t.pending + sign*other.pending, t.errors + sign*other.errors}
}
