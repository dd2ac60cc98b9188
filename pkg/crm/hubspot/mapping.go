package hubspot

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// DefaultFields returns the properties that the fields of a contact live in. The
// custom ones are made by [Client.Ensure].
func DefaultFields() []sync.FieldSpec {
	return []sync.FieldSpec{
		{Field: contact.Email, Remote: "email"},
		{Field: contact.FirstName, Remote: "firstname"},
		{Field: contact.LastName, Remote: "lastname"},
		{Field: contact.Phone, Remote: "phone"},
		{Field: contact.Company, Remote: "company"},
		{Field: contact.JobTitle, Remote: "jobtitle"},
		{Field: contact.Pronouns, Remote: "pronouns", Custom: true},
		{Field: contact.SyncKey, Remote: "contact_sync_id", Custom: true, Unique: true},
	}
}

// mapping translates between our fields and the properties that exist.
type mapping struct {
	properties map[contact.Field]string // without the key
	fields     map[string]contact.Field
	key        string // property of the key; "" when there is none
	read       []string
}

func newMapping(found map[contact.Field]sync.RemoteField) mapping {
	m := mapping{properties: map[contact.Field]string{}, fields: map[string]contact.Field{}}
	for field, remote := range found {
		if remote.State != sync.FieldPresent || remote.Key == "" {
			continue
		}
		m.fields[remote.Key] = field
		if field == contact.SyncKey {
			m.key = remote.Key
			continue
		}
		m.properties[field] = remote.Key
	}
	m.read = append(slices.Collect(maps.Keys(m.fields)), propertyAdditional, propertyMerged, propertyModified)
	slices.Sort(m.read)
	return m
}

// written returns the properties that write values, and the key if there is one.
func (m mapping) written(values contact.Values, key contact.ID) map[string]string {
	properties := make(map[string]string, len(values)+1)
	for field, value := range values {
		if name := m.properties[field]; name != "" {
			properties[name] = value
		}
	}
	if key != "" && m.key != "" {
		properties[m.key] = string(key)
	}
	return properties
}

// record translates a contact that was read with all properties of the mapping.
func (m mapping) record(o *object) *sync.Record {
	r := m.overlay(&sync.Record{Fields: make(contact.Values, len(m.properties)), Absorbed: o.absorbedIDs()}, o)
	if additional, ok := o.Properties[propertyAdditional]; ok {
		r.Carry = carry(string(additional))
		r.Emails = m.emails(r, string(additional))
	}
	return r
}

// reading translates a contact that a read by id selected.
func (m mapping) reading(o *object, sel selection) *sync.Record {
	r := m.record(o)
	r.History = m.history(o, sel.History)
	return r
}

// overlay sets on r what an answer holds: the answer to a write leaves out
// properties that were not written.
func (m mapping) overlay(r *sync.Record, o *object) *sync.Record {
	r.ID = contact.ExternalID(o.ID)
	r.Modified = o.modified()
	for field, name := range m.properties {
		if value, ok := o.Properties[name]; ok {
			r.Fields[field] = string(value)
		}
	}
	if key, ok := o.Properties[m.key]; ok && m.key != "" {
		r.Key = contact.ID(key)
	}
	additional := additionalOf(r.Carry)
	if value, ok := o.Properties[propertyAdditional]; ok {
		additional = string(value)
		r.Carry = carry(additional)
	}
	r.Emails = m.emails(r, additional)
	return r
}

// after returns a record after a write: what was known or is blank in a new one,
// what was written, and what the answer says.
func (m mapping) after(w *write, o *object) *sync.Record {
	r := &sync.Record{ID: w.id, Fields: contact.Values{}}
	if w.current != nil {
		copied := *w.current
		r = &copied
		r.Fields = maps.Clone(w.current.Fields)
		if r.Fields == nil {
			r.Fields = contact.Values{}
		}
	}
	if w.creates && (o.New == nil || *o.New) {
		for field := range m.properties {
			r.Fields[field] = ""
		}
	}
	for field, value := range w.values {
		if m.properties[field] != "" {
			r.Fields[field] = value
		}
	}
	if w.key != "" && m.key != "" {
		r.Key = w.key
	}
	return m.overlay(r, o)
}

// emails lists the primary address and those in hs_additional_emails.
func (m mapping) emails(r *sync.Record, additional string) []string {
	var list []string
	for _, address := range append([]string{r.Fields[contact.Email]}, strings.Split(additional, ";")...) {
		if address = strings.TrimSpace(address); address != "" && !slices.Contains(list, address) {
			list = append(list, address)
		}
	}
	return list
}

// carried keeps the additional addresses, which an answer to a write leaves out.
type carried struct {
	Additional string `json:"additionalEmails"`
}

func carry(additional string) json.RawMessage {
	if additional == "" {
		return nil
	}
	data, err := json.Marshal(carried{additional})
	if err != nil {
		return nil
	}
	return data
}

func additionalOf(raw json.RawMessage) string {
	var c carried
	if len(raw) == 0 || json.Unmarshal(raw, &c) != nil {
		return ""
	}
	return c.Additional
}
