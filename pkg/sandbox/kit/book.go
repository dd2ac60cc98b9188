package kit

import (
	"net/http"
	"time"
)

// Row is one record as a person sees it.
type Row struct {
	ID string `json:"id"`
	// Fields holds every value as text; absent and empty both mean "no value".
	Fields   map[string]string `json:"fields"`
	Deleted  bool              `json:"deleted"`
	Modified time.Time         `json:"modified"`
}

// Book is a sandbox's records as a person in the CRM acts on them: changes made
// through it carry the change source of the CRM's own UI and send webhooks.
// Errors are shown to that person as they are.
type Book interface {
	// Rows returns live records that contain query in a value (all when it is ""),
	// newest first, and how many there are; deleted lists the deleted ones instead.
	Rows(query string, deleted bool, limit, offset int) (rows []Row, total int)
	// AllRows returns every record in order of id, deleted ones included.
	AllRows(limit, offset int) (rows []Row, total int)
	// Row returns one record, deleted or not.
	Row(id string) (Row, bool)
	// Load adds records in bulk, as an import does; silent sends no webhooks. On an
	// error nothing is added.
	Load(records []map[string]string, silent bool) (ids []string, err error)
	// Edit changes the given fields; "" clears one.
	Edit(id string, fields map[string]string) error
	Delete(id string) error
	// Restore brings a deleted record back.
	Restore(id string) error
	// Merge joins the second record into the first and returns the surviving id.
	Merge(primary, secondary string) (id string, err error)
	// State returns counts and other facts worth showing, by name.
	State() map[string]any
	// Knobs returns the current settings as a value that encodes to a JSON object.
	Knobs() any
	// SetKnobs changes the settings named in a JSON object and keeps the others.
	SetKnobs(patch []byte) error
}

// Eraser is a [Book] of a CRM in which a person can erase a record for good, as
// privacy laws want it, whether or not it was deleted before.
type Eraser interface {
	Erase(id string) error
}

// Desk is everything about a sandbox that is not the vendor's API: the control
// endpoints under /__sandbox/ and the page everywhere else. None of it is counted,
// limited or disturbed by faults. Requests from other web origins are refused.
type Desk struct {
	Book   Book
	Calls  *Calls
	Faults *Faults
	Page   Page

	normal []byte // the knobs at the start, as JSON
}

// Handler returns the desk's routes. The knobs of that moment are what a person
// comes back to after trouble.
func (d *Desk) Handler() http.Handler {
	d.normal = []byte(indented(d.Book.Knobs()))
	mux := http.NewServeMux()
	d.control(mux)
	d.pages(mux)
	return http.NewCrossOriginProtection().Handler(mux)
}
