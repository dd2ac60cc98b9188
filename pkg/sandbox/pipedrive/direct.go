package pipedrive

import "github.com/contactsync/contactsync/pkg/sandbox/kit"

// The methods below act as a person in the CRM does, for tests. Fields are text,
// by column: first_name, last_name, emails, phones, and custom fields by their
// name, or by their code where a name is taken. Values are written as on the page.

// Create adds a person and returns its id.
func (s *Server) Create(fields map[string]string) (id string, err error) {
	ids, err := (*book)(s).Load([]map[string]string{fields}, false)
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// Load adds many persons; silent sends no webhooks. On an error none is added.
func (s *Server) Load(records []map[string]string, silent bool) (ids []string, err error) {
	return (*book)(s).Load(records, silent)
}

// Edit changes the given fields of a person; "" clears one.
func (s *Server) Edit(id string, fields map[string]string) error {
	return (*book)(s).Edit(id, fields)
}

// Delete marks a person as deleted.
func (s *Server) Delete(id string) error { return (*book)(s).Delete(id) }

// Restore brings a deleted person back.
func (s *Server) Restore(id string) error { return (*book)(s).Restore(id) }

// Merge joins the second person into the first.
func (s *Server) Merge(survivor, loser string) error {
	_, err := (*book)(s).Merge(survivor, loser)
	return err
}

// Record returns a person, deleted or not.
func (s *Server) Record(id string) (kit.Row, bool) { return (*book)(s).Row(id) }

// Records returns every person in order of id, deleted ones included.
func (s *Server) Records() []kit.Row {
	rows, _ := (*book)(s).AllRows(int(^uint(0)>>1), 0)
	return rows
}

// AddField defines a custom field as an administrator does in the settings and
// returns its code.
func (s *Server) AddField(name, fieldType string, options ...string) (code string) {
	s.lock()
	defer s.unlock()
	return s.fields.define(name, fieldType, options, s.now).code
}

// RemoveField deletes a custom field; its values are gone with it. It reports
// whether there was one.
func (s *Server) RemoveField(code string) bool {
	s.lock()
	defer s.unlock()
	f := s.fields.custom(code)
	if f == nil {
		return false
	}
	s.dropField(f)
	return true
}
