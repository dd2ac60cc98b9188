package pipedrive

import (
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// saved is an account on its way to or from a file.
type saved struct {
	NextID, NextField, NextOption int64
	Serial                        uint64
	Fields                        []savedField
	Persons                       []savedPerson
	History                       []byte // JSON: it is only ever shown
	Bumps, Trash                  []savedDue
}

type savedField struct {
	Num              int64
	Code, Name, Kind string
	Options          []option
	Own, Add         bool
	Details, Deleted bool
	Added, Updated   time.Time
}

type savedPerson struct {
	ID, Owner               int64
	Org                     *int64
	Full, First, Last       string
	Emails, Phones          []contactPoint
	Labels                  []int64
	Visible                 int64
	Custom, Extras          map[string]any
	Added, Updated, Touched time.Time
	Deleted                 bool
}

type savedDue struct {
	ID int64
	At time.Time
}

func init() { gob.Register(map[string]any{}) } // a compound value

// SaveTo writes the account: persons with their changelog, and fields. Knobs,
// limits, webhooks and events on their way are not part of it.
func (s *Server) SaveTo(w io.Writer) error {
	s.lock()
	history, err := json.Marshal(s.people.history)
	account := saved{
		NextID: s.people.nextID, NextField: s.fields.nextNum, NextOption: s.fields.nextOption, Serial: s.serial,
		History: history, Bumps: saveDue(s.people.bumps), Trash: saveDue(s.people.trash),
	}
	for _, f := range s.fields.all {
		account.Fields = append(account.Fields, savedField{
			f.num, f.code, f.name, f.kind, f.options, f.isOwn, f.add, f.details, f.deleted, f.added, f.updated,
		})
	}
	for _, id := range slices.Sorted(maps.Keys(s.people.byID)) {
		account.Persons = append(account.Persons, s.people.byID[id].save())
	}
	s.unlock()
	if err != nil {
		return err
	}
	return gob.NewEncoder(w).Encode(account)
}

// LoadFrom replaces the account by one that SaveTo wrote. On an error the account
// stays as it is.
func (s *Server) LoadFrom(r io.Reader) error {
	var from saved
	if err := gob.NewDecoder(r).Decode(&from); err != nil {
		return fmt.Errorf("pipedrive sandbox: the saved account cannot be read: %w", err)
	}
	people := newPeople()
	people.nextID, people.bumps, people.trash = from.NextID, loadDue(from.Bumps), loadDue(from.Trash)
	if err := people.loadHistory(from.History); err != nil {
		return fmt.Errorf("pipedrive sandbox: the saved changelog cannot be read: %w", err)
	}
	s.lock()
	defer s.unlock()
	fields := &catalogue{seed: s.fields.seed, nextNum: from.NextField, nextOption: from.NextOption}
	for _, f := range from.Fields {
		field := &field{
			num: f.Num, code: f.Code, name: f.Name, kind: f.Kind, options: append([]option{}, f.Options...), isOwn: f.Own,
			add: f.Add, details: f.Details, deleted: f.Deleted, added: f.Added, updated: f.Updated,
		}
		fields.all = append(fields.all, field)
		if field.isOwn && !field.deleted {
			fields.own = append(fields.own, field)
		}
	}
	for _, p := range from.Persons {
		people.put(p.person())
	}
	s.fields, s.people, s.serial = fields, people, from.Serial
	return nil
}

func (p *person) save() savedPerson {
	return savedPerson{
		ID: p.id, Owner: p.owner, Org: p.org, Full: p.name.full, First: p.name.first, Last: p.name.last,
		Emails: p.emails, Phones: p.phones, Labels: p.labels, Visible: p.visible, Custom: p.custom, Extras: p.extras,
		Added: p.added, Updated: p.updated, Touched: p.touched, Deleted: p.deleted,
	}
}

func (p savedPerson) person() *person {
	return &person{
		id: p.ID, owner: p.Owner, org: p.Org, name: fullName{p.Full, p.First, p.Last},
		emails: tidyPoints(p.Emails), phones: tidyPoints(p.Phones), labels: append([]int64{}, p.Labels...), visible: p.Visible, custom: p.Custom,
		extras: p.Extras, added: p.Added, updated: p.Updated, touched: p.Touched, deleted: p.Deleted,
	}
}

func saveDue(list []due) []savedDue {
	var all []savedDue
	for _, d := range list {
		all = append(all, savedDue{d.id, d.at})
	}
	return all
}

func loadDue(list []savedDue) []due {
	var all []due
	for _, d := range list {
		all = append(all, due{d.ID, d.At})
	}
	return all
}

// loadHistory takes values over as they were written.
func (b *people) loadHistory(text []byte) error {
	if err := json.Unmarshal(text, &b.history); err != nil {
		return err
	}
	var raw map[int64][]struct {
		Old json.RawMessage `json:"old_value"`
		New json.RawMessage `json:"new_value"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	for id, edits := range b.history {
		for i := range edits {
			edits[i].OldValue, edits[i].NewValue = raw[id][i].Old, raw[id][i].New
		}
	}
	return nil
}
