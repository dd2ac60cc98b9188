package sync

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// CRM is one connected CRM account, spoken to through its adapter. All methods
// are safe for concurrent use, pace themselves within the vendor's limits, and
// begin no call that the context's deadline leaves no time to answer; a call not
// sent for that reason, or for a spent budget, is fault.Throttled.
//
// Errors are classified (package fault). Results are per record: one bad record
// never fails another.
type CRM interface {
	// Limits returns the vendor's sizes; constant.
	Limits() Limits
	// Account returns who the credential belongs to. A set-up call.
	Account(ctx context.Context) (Account, error)
	// Discover looks up which remote fields exist for specs. It creates nothing.
	// The result has an entry for every spec. Set-up calls.
	Discover(ctx context.Context, specs []FieldSpec) (map[contact.Field]RemoteField, error)
	// Ensure creates the field of spec where it is missing; idempotent, also when
	// two callers do it at once. Set-up calls.
	Ensure(ctx context.Context, spec FieldSpec) (RemoteField, error)

	// List returns one page of all live records in a stable order. An empty cursor
	// starts, an empty Page.Next ends.
	List(ctx context.Context, cursor string) (Page, error)
	// ListChanged returns one page of what changed at or after since, oldest first:
	// whole records where the vendor's list is primary, else only their ids. Records
	// may come again; none changed before the first call of a listing is left out
	// but for the vendor's index lag. Deletions do not appear.
	ListChanged(ctx context.Context, since time.Time, cursor string) (Page, error)
	// Read reads records by id from the primary store. The result has an entry for
	// every id asked; the record of a merged id carries the surviving id. With
	// history, the records also carry the history of those fields where the vendor
	// gives it in the same call ([Limits.History]); it costs no further call.
	Read(ctx context.Context, ids []contact.ExternalID, history []contact.Field) map[contact.ExternalID]Reading
	// History returns the changes of the fields of one record at or after since, in
	// the vendor's resolution, for vendors whose reads do not bring them: newest first
	// per field, and after them the value that the oldest of them replaced, where the
	// vendor tells it. A field is left out when its changes cannot be told, and empty
	// when there are none. An unknown id is fault.NotFound. One or more calls.
	History(ctx context.Context, id contact.ExternalID, fields []contact.Field, since time.Time) (map[contact.Field][]Revision, error)
	// FindByKeys returns the live records that carry one of the keys, several
	// records per key if there are, looking only at records changed since then where
	// the vendor cannot search by key.
	FindByKeys(ctx context.Context, keys []contact.ID, since time.Time) (map[contact.ID][]*Record, error)

	// Create makes one record per request; results in the order of the requests. A
	// result of kind Conflict names the existing record if the vendor said which.
	// OutcomeUnknown: look the key up before sending again. Where the vendor has a
	// unique key, sending again is safe and yields the same record.
	Create(ctx context.Context, requests []CreateRequest) []WriteResult
	// Update writes only the named fields.
	Update(ctx context.Context, requests []UpdateRequest) []WriteResult
	// Delete archives records; one that is already gone is success. Errors in the
	// order of the ids.
	Delete(ctx context.Context, ids []contact.ExternalID) []error

	// RecordURL returns the page of a record in the CRM's own UI, or "".
	RecordURL(id contact.ExternalID) string
	// Budget returns how much of the vendor's limits is used, by all instances
	// together. It makes no call.
	Budget(ctx context.Context) (Budget, error)
}

// Limits are the sizes of a vendor's calls, in records.
type Limits struct {
	ListPage int
	Read     int
	Create   int // 1: one call per record
	Update   int
	Delete   int
	// Timeout is how long after it was sent a request may still take effect.
	Timeout time.Duration
	// CreateOnce reports whether creating twice with one key yields one record.
	CreateOnce bool
	// Deletions reports whether events or lists tell about deleted records. Where
	// they do not, full listings have to.
	Deletions bool
	// Together lists fields that the vendor takes together only: an update of one writes
	// the others too, as they were read.
	Together [][]contact.Field
	// History reports whether reads by id bring the history of fields.
	History bool
	// Tokens is what one call of each kind takes of the vendor's daily budget, where
	// that is not counted in calls; else zero.
	Tokens CallKinds
}

// Account is the vendor's account behind a connection.
type Account struct {
	ID   string // as it appears in the vendor's events
	Name string
	URL  string
}

// FieldSpec asks for the remote field of a contact's field.
type FieldSpec struct {
	Field contact.Field
	// Remote is the remote name to look for; for custom fields of vendors that name
	// them by an account's own code: the label.
	Remote string
	// Custom fields may be absent and can be created.
	Custom bool
	// Unique asks for a field whose values the vendor keeps unique, where it can.
	Unique bool
}

// FieldState says whether a remote field can be used.
type FieldState string

const (
	FieldPresent     FieldState = "present"
	FieldMissing     FieldState = "missing"
	FieldAmbiguous   FieldState = "ambiguous" // several of that name, or of a type that cannot hold it
	FieldForbidden   FieldState = "forbidden"
	FieldUnreachable FieldState = "unreachable"
)

// RemoteField is what Discover or Ensure found.
type RemoteField struct {
	State   FieldState `json:"state"`
	Key     string     `json:"key,omitempty"` // property name or field code: the field's identity
	Message string     `json:"message,omitempty"`
}

// Record is a remote record in our words.
type Record struct {
	ID contact.ExternalID `json:"id"`
	// Key is the contact id the record carries, or "".
	Key contact.ID `json:"key,omitempty"`
	// Fields holds the raw value of every mapped field that exists on this side;
	// blank is "". A field that does not exist is absent.
	Fields contact.Values `json:"fields"`
	// Emails holds all addresses as given, the primary first.
	Emails []string `json:"emails,omitempty"`
	// Absorbed lists the records that were merged into this one, as far as the vendor
	// tells.
	Absorbed []contact.ExternalID `json:"absorbed,omitempty"`
	Modified time.Time            `json:"modified"`
	// Carry is the adapter's own: what it needs to write the record without losing
	// values we do not map.
	Carry json.RawMessage `json:"carry,omitempty"`
	// History is there after a read that asked for it: the values a field was given,
	// newest first. A field is left out when its history cannot be told, and empty
	// when it never had a value.
	History map[contact.Field][]Revision `json:"-"`
}

// Revision is a value that a field was given. At has the vendor's resolution, and is
// zero where only the value is known.
type Revision struct {
	Value string
	At    time.Time
}

// isOrAbsorbed reports whether id is the record's own or that of one merged into it.
func (r *Record) isOrAbsorbed(id contact.ExternalID) bool {
	return r.ID == id || slices.Contains(r.Absorbed, id)
}

// Page is one page of a listing.
type Page struct {
	Records []*Record
	// IDs are of records that have to be read by id before they can be used.
	IDs  []contact.ExternalID
	Next string
}

// Reading is the answer to a read by id: a record; or neither when it is gone.
type Reading struct {
	Record *Record
	Err    error
	// At is when the engine asked; zero when that does not matter.
	At time.Time
}

// Gone reports whether the record does not exist (any more).
func (r Reading) Gone() bool { return r.Record == nil && r.Err == nil }

// CreateRequest asks for a new record that carries Key.
type CreateRequest struct {
	Key    contact.ID
	Fields contact.Values
}

// UpdateRequest asks for a change of the named fields. Current is the record as
// last read. Key is written too when it is not empty.
type UpdateRequest struct {
	ID      contact.ExternalID
	Fields  contact.Values
	Key     contact.ID
	Current *Record
}

// WriteResult is the record after a write, or why not.
type WriteResult struct {
	Record *Record
	Err    error
}

// Event is a vendor's notification, reduced to which record to look at.
type Event struct {
	Provider   contact.Provider
	AccountID  string // vendor account; "" when the event does not say
	ExternalID contact.ExternalID
	Deleted    bool // the record was reported deleted or merged away
	// Erased reports that the person's data was deleted for privacy.
	Erased bool
	// MergedInto is the record that this one was merged into, where the vendor says so
	// and a read of the merged one does not.
	MergedInto contact.ExternalID
	// ByAPI reports that a program made the change: perhaps this one.
	ByAPI bool
	// Marks holds values of a record that a program made, by remote field. Only our own
	// key is looked at, to tell whether the record is one of ours.
	Marks map[string]string
	// Written is the time of change that the record itself shows after a program changed
	// it, where the event tells; zero: not known.
	Written time.Time
	// At is when it happened; zero: not known. An event that is not later than the
	// change the record was last read with is an echo.
	At time.Time
}

// Webhook verifies and decodes a vendor's event requests. Verify is called with
// the body as received; it fails with fault.Unauthorised. Decode ignores events
// it does not know and fails with fault.Invalid on malformed bodies.
type Webhook interface {
	Verify(r *http.Request, body []byte, now time.Time) error
	Decode(body []byte) ([]Event, error)
}

// Subscriber is a CRM that can be asked to send its events to an address. An adapter
// may leave it out. All of its calls are set-up calls.
type Subscriber interface {
	// Subscribe has the events about every record sent to a target, and returns the
	// vendor's id of the subscription. One that the vendor has for the same address
	// is replaced.
	Subscribe(ctx context.Context, to EventTarget) (id string, err error)
	// Subscribed reports whether a subscription is still there and works.
	Subscribed(ctx context.Context, id string) (bool, error)
	// Unsubscribe ends a subscription; one that is not there is success.
	Unsubscribe(ctx context.Context, id string) error
}

// EventTarget is where a vendor sends its events, and how it identifies itself there.
type EventTarget struct{ Address, User, Password string }

// OAuth speaks to a vendor about the access that a person grants this deployment's
// app. Errors are classified: fault.Unauthorised means that a code or refresh token
// is gone for good; after any other it can be tried again.
type OAuth interface {
	// AuthorizeURL is where a person agrees; the vendor sends the state back.
	AuthorizeURL(state string) string
	// Exchange turns the code that the person came back with into tokens, once.
	Exchange(ctx context.Context, code string) (Grant, error)
	// Refresh returns a new access token. The old one goes on until it expires, and the
	// refresh token that comes with it is the same one or takes its place.
	Refresh(ctx context.Context, refresh string) (Grant, error)
	// Revoke gives the access back; tokens that are not known are no error.
	Revoke(ctx context.Context, refresh string) error
}

// CRMs opens the adapter of a connection, with its credentials and field map.
type CRMs interface {
	Open(ctx context.Context, c *Connection) (CRM, error)
}
