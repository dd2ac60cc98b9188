package pipedrive

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// maxText is the longest value of a custom field of type varchar, in characters.
const maxText = 255

// DefaultFields returns the person fields that the fields of a contact live in. A
// person's company is another record in Pipedrive, so that field is not there; its
// own job title exists in some accounts only, so a custom field takes its place.
// Custom fields are found by their name and made by [Client.Ensure].
func DefaultFields() []sync.FieldSpec {
	return []sync.FieldSpec{
		{Field: contact.Email, Remote: "email"},
		{Field: contact.FirstName, Remote: "first_name"},
		{Field: contact.LastName, Remote: "last_name"},
		{Field: contact.Phone, Remote: "phone"},
		{Field: contact.JobTitle, Remote: "Job title", Custom: true},
		{Field: contact.Pronouns, Remote: "Pronouns", Custom: true},
		{Field: contact.SyncKey, Remote: "Contact Sync ID", Custom: true},
	}
}

// native are the fields that every person has.
var native = map[contact.Field]bool{
	contact.Email: true, contact.FirstName: true, contact.LastName: true, contact.Phone: true,
}

// mapping translates between our fields and the account's.
type mapping struct {
	native map[contact.Field]bool
	custom map[contact.Field]string // code of the field, the key's left out
	fields map[string]contact.Field // by code
	key    string                   // code of the key's field; "" when there is none
}

func newMapping(found map[contact.Field]sync.RemoteField) mapping {
	m := mapping{
		native: map[contact.Field]bool{}, custom: map[contact.Field]string{}, fields: map[string]contact.Field{},
	}
	for field, remote := range found {
		switch {
		case remote.State != sync.FieldPresent || remote.Key == "":
		case native[field]:
			m.native[field] = true
		case field == contact.SyncKey:
			m.key = remote.Key
			m.fields[remote.Key] = field
		default:
			m.custom[field] = remote.Key
			m.fields[remote.Key] = field
		}
	}
	return m
}

// carried is what a write needs of a person beyond the fields we map.
type carried struct {
	Name   string   `json:"name"`
	Emails channels `json:"emails,omitempty"`
	Phones channels `json:"phones,omitempty"`
}

func carriedOf(r *sync.Record) carried {
	var c carried
	if r == nil || len(r.Carry) == 0 || json.Unmarshal(r.Carry, &c) != nil {
		return carried{}
	}
	return c
}

func (m mapping) record(p *person) *sync.Record {
	r := &sync.Record{
		ID:       contact.ExternalID(p.ID.String()),
		Fields:   make(contact.Values, len(m.native)+len(m.custom)),
		Emails:   p.Emails.all(),
		Modified: p.modified(),
	}
	first, last := p.names()
	values := contact.Values{
		contact.Email: p.Emails.value(), contact.Phone: p.Phones.value(),
		contact.FirstName: first, contact.LastName: last,
	}
	for field := range m.native {
		r.Fields[field] = values[field]
	}
	for field, code := range m.custom {
		if value, ok := p.Custom[code]; ok {
			r.Fields[field] = string(value)
		}
	}
	if m.key != "" {
		r.Key = contact.ID(strings.TrimSpace(string(p.Custom[m.key])))
	}
	if carry, err := json.Marshal(carried{p.Name, p.Emails, p.Phones}); err == nil {
		r.Carry = carry
	}
	return r
}

// after returns the record that an answer to a write holds. Custom fields that
// the answer leaves out have the value that was written, else the one before.
func (m mapping) after(p *person, values contact.Values, key contact.ID, current *sync.Record) *sync.Record {
	r := m.record(p)
	for field := range m.custom {
		if _, ok := r.Fields[field]; ok {
			continue
		}
		if value, ok := values[field]; ok {
			r.Fields[field] = value
		} else if current != nil {
			if value, ok := current.Fields[field]; ok {
				r.Fields[field] = value
			}
		}
	}
	if _, ok := p.Custom[m.key]; !ok && m.key != "" {
		if r.Key = key; key == "" && current != nil {
			r.Key = current.Key
		}
	}
	return r
}

// body returns the request that writes values and the key over current, which is
// nil for a new person. It is empty when there is nothing to write.
func (m mapping) body(values contact.Values, key contact.ID, current *sync.Record) (map[string]any, error) {
	body := map[string]any{}
	before := carriedOf(current)
	if email, ok := values[contact.Email]; ok && m.native[contact.Email] && (current != nil || email != "") {
		body["emails"] = before.Emails.with(email)
	}
	if phone, ok := values[contact.Phone]; ok && m.native[contact.Phone] && (current != nil || phone != "") {
		body["phones"] = before.Phones.with(phone)
	}
	m.addNames(body, values, current, before)
	custom, err := m.customBody(values, key, current)
	if err != nil {
		return nil, err
	}
	if len(custom) > 0 {
		body["custom_fields"] = custom
	}
	return body, nil
}

// addNames adds both names, which only go together, or what stands for them.
func (m mapping) addNames(body map[string]any, values contact.Values, current *sync.Record, before carried) {
	now := func(field contact.Field) string {
		if value, ok := values[field]; ok && m.native[field] {
			return value
		}
		if current != nil {
			return current.Fields[field]
		}
		return ""
	}
	first, last := now(contact.FirstName), now(contact.LastName)
	if strings.TrimSpace(first+last) == "" {
		if name := placeholder(now(contact.Email), now(contact.Phone)); name != before.Name {
			body["name"] = name
		}
		return
	}
	_, changesFirst := values[contact.FirstName]
	_, changesLast := values[contact.LastName]
	if changesFirst || changesLast || current == nil {
		body["first_name"], body["last_name"] = first, last
	}
}

func (m mapping) customBody(values contact.Values, key contact.ID, current *sync.Record) (map[string]any, error) {
	custom := map[string]any{}
	tooLong := map[string]string{}
	for field, code := range m.custom {
		value, ok := values[field]
		switch {
		case !ok || value == "" && current == nil:
		case value == "":
			custom[code] = nil
		case utf8.RuneCountInString(value) > maxText:
			tooLong[string(field)] = fmt.Sprintf("is longer than %d characters", maxText)
		default:
			custom[code] = value
		}
	}
	if len(tooLong) > 0 {
		return nil, fault.InvalidFields(tooLong)
	}
	if m.key != "" && key != "" {
		custom[m.key] = string(key)
	}
	return custom, nil
}
