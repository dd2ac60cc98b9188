package pipedrive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// book is the Server as a person in the CRM acts on it.
type book Server

const (
	columnFirst  = "first_name"
	columnLast   = "last_name"
	columnEmails = "emails"
	columnPhones = "phones"
)

// machineField holds a program's key, which is of no use in a list for people.
const machineField = "Contact Sync ID"

var plainColumns = []string{columnFirst, columnLast, columnEmails, columnPhones}

func (s *Server) page() kit.Page {
	over := `{"success":false,"error":"request over limit","errorCode":429,"error_info":"Please check developers.pipedrive.com"}`
	reset := http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"2"}}
	return kit.Page{Title: "Pipedrive", Accent: accent, Columns: s.columns, Troubles: []kit.Trouble{
		{Label: "Over the limit", Hint: "The next 3 calls are answered with 429.", Faults: []kit.Fault{{Status: http.StatusTooManyRequests, Body: over, Header: reset, Times: 3}}},
		{Label: "Day's tokens used up", Hint: "Every call is answered with 429 until midnight.", Knobs: `{"dailyTokens":1}`},
		{Label: "Search behind", Hint: "Changed persons are not found for 30 seconds.", Knobs: `{"searchLagSeconds":30}`},
	}}
}

func (s *Server) columns() []kit.Column {
	s.lock()
	defer s.unlock()
	columns := []kit.Column{
		{Key: columnFirst, Label: "First name"},
		{Key: columnLast, Label: "Last name"},
		{Key: columnEmails, Label: "Emails", Hint: "Separate with semicolons; the first is primary. A label may follow: ann@example.com (home)"},
		{Key: columnPhones, Label: "Phones", Hint: "Separate with semicolons; the first is primary."},
	}
	for _, f := range s.fields.customs() {
		columns = append(columns, kit.Column{Key: s.fields.columnKey(f), Label: f.name, Hint: hint(f), Detail: f.name == machineField})
	}
	return columns
}

func hint(f *field) string {
	labels := make([]string, 0, len(f.options))
	for _, o := range f.options {
		labels = append(labels, o.Label)
	}
	switch f.kind {
	case "enum":
		return "One of: " + strings.Join(labels, ", ")
	case "set":
		return "Any of, separated by semicolons: " + strings.Join(labels, ", ")
	case "monetary":
		return "Amount and currency: 12.50 EUR"
	case "daterange", "timerange":
		return "Begin and end, separated by a space"
	}
	return ""
}

func (s *Server) row(p *person) kit.Row {
	fields := map[string]string{
		columnFirst: p.name.first, columnLast: p.name.last, columnEmails: pointsText(p.emails), columnPhones: pointsText(p.phones),
	}
	for _, f := range s.fields.customs() {
		if value, ok := p.custom[f.code]; ok {
			fields[s.fields.columnKey(f)] = f.text(value)
		}
	}
	return kit.Row{ID: formatID(p.id), Fields: fields, Deleted: p.deleted, Modified: p.updated}
}

func (b *book) Rows(query string, deleted bool, limit, offset int) (rows []kit.Row, total int) {
	s := (*Server)(b)
	s.lockForPeople()
	defer s.unlock()
	texts := searchTexts{fields: searchable, custom: s.fields.customs()}
	term := strings.ToLower(query)
	for p := range s.people.walk("update_time", descending, lastKey) {
		if p.deleted != deleted || term != "" && formatID(p.id) != term && texts.score(p, term, false) == 0 {
			continue
		}
		if total >= offset && len(rows) < limit {
			rows = append(rows, s.row(p))
		}
		total++
	}
	return rows, total
}

func (b *book) AllRows(limit, offset int) (rows []kit.Row, total int) {
	s := (*Server)(b)
	s.lockForPeople()
	defer s.unlock()
	rows = []kit.Row{}
	for p := range s.people.walk("id", ascending, firstKey) {
		if total >= offset && len(rows) < limit {
			rows = append(rows, s.row(p))
		}
		total++
	}
	return rows, total
}

func (b *book) Row(id string) (kit.Row, bool) {
	s := (*Server)(b)
	s.lockForPeople()
	defer s.unlock()
	p := s.byText(id)
	if p == nil {
		return kit.Row{}, false
	}
	return s.row(p), true
}

// byText returns the person, deleted or not, or nil.
func (s *Server) byText(id string) *person {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil
	}
	return s.people.byID[n]
}

func (b *book) Load(records []map[string]string, silent bool) ([]string, error) {
	s := (*Server)(b)
	s.lockForPeople()
	defer s.unlock()
	changes := make([]change, len(records))
	for i, record := range records {
		c, err := s.typedIn(record, person{})
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", i+1, err)
		}
		changes[i] = c
	}
	ids := make([]string, 0, len(records))
	for _, c := range changes {
		p := s.create(c, origin{source: fromApp.source, silent: silent})
		ids = append(ids, formatID(p.id))
	}
	return ids, nil
}

// typedIn is the change that a person's input makes to p.
func (s *Server) typedIn(fields map[string]string, p person) (change, error) {
	c := change{custom: map[string]any{}}
	first, last, renamed := p.name.first, p.name.last, p.id == 0
	for _, name := range sortedKeys(fields) {
		text, err := strings.TrimSpace(fields[name]), error(nil)
		switch name {
		case columnFirst:
			first, renamed = text, true
		case columnLast:
			last, renamed = text, true
		case columnEmails:
			c.emails, err = parsePoints(text, ",;\n")
		case columnPhones:
			c.phones, err = parsePoints(text, ";\n")
		default:
			err = s.typedCustom(c.custom, name, text)
		}
		if err != nil {
			return change{}, err
		}
	}
	if !renamed {
		return c, nil
	}
	c.name = new(joinName(first, last))
	if c.name.full == "" {
		return change{}, errors.New("a person needs a first or a last name")
	}
	return c, nil
}

func (s *Server) typedCustom(custom map[string]any, name, text string) error {
	f := s.fields.byColumn(name)
	if f == nil {
		return fmt.Errorf("there is no field %q", name)
	}
	value, err := f.parse(text)
	custom[f.code] = value
	return err
}

// present returns the person if it is not deleted.
func (s *Server) present(id string) (*person, error) {
	p := s.byText(id)
	if p == nil || p.deleted {
		return nil, fmt.Errorf("there is no person %s", id)
	}
	return p, nil
}

func (b *book) Edit(id string, fields map[string]string) error {
	s := (*Server)(b)
	s.lockForPeople()
	defer s.unlock()
	p, err := s.present(id)
	if err != nil || len(fields) == 0 {
		return err
	}
	c, err := s.typedIn(fields, *p)
	if err != nil {
		return err
	}
	s.update(p, c, fromApp)
	return nil
}

func (b *book) Delete(id string) error {
	s := (*Server)(b)
	s.lockForPeople()
	defer s.unlock()
	p, err := s.present(id)
	if err != nil {
		return err
	}
	s.remove(p, 0, fromApp)
	return nil
}

func (b *book) Restore(id string) error {
	s := (*Server)(b)
	s.lockForPeople()
	defer s.unlock()
	p := s.byText(id)
	if p == nil || !p.deleted {
		return fmt.Errorf("there is no deleted person %s", id)
	}
	s.restore(p, fromApp)
	return nil
}

func (b *book) Merge(primary, secondary string) (string, error) {
	s := (*Server)(b)
	s.lockForPeople()
	defer s.unlock()
	survivor, err := s.present(primary)
	if err != nil {
		return "", err
	}
	loser, err := s.present(secondary)
	if err != nil {
		return "", err
	}
	if survivor == loser {
		return "", errors.New("a person cannot be merged with itself")
	}
	s.merge(loser, survivor, fromApp)
	return primary, nil
}

func (b *book) State() map[string]any {
	s := (*Server)(b)
	s.lock()
	defer s.unlock()
	s.startDay()
	return map[string]any{
		"persons": s.people.live, "deleted": len(s.people.byID) - s.people.live, "customFields": len(s.fields.customs()),
		"webhooks": s.hooks.active(), "eventsWaiting": s.sender.Pending(), "eventsLost": s.hooks.lost,
		"tokensSpentToday": s.gate.spent, "tokensPerDay": s.knobs.dailyTokens(), "throttledCalls": s.gate.throttled,
		"blocked": s.now.Before(s.gate.blockedUntil), "time": stamp(s.now),
	}
}

func (b *book) Knobs() any { return (*Server)(b).Knobs() }

func (b *book) SetKnobs(patch []byte) error {
	s := (*Server)(b)
	s.lock()
	defer s.unlock()
	knobs := s.knobs
	knobs.Scopes = slices.Clone(knobs.Scopes)
	decoder := json.NewDecoder(bytes.NewReader(patch))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&knobs); err != nil {
		return fmt.Errorf("knobs: %w", err)
	}
	if _, ok := plans[knobs.Plan]; !ok && knobs.Plan != "" {
		return fmt.Errorf("knobs: there is no plan %q", knobs.Plan)
	}
	s.knobs = knobs
	return nil
}
