package sync

import (
	"context"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Store keeps all documents. Its operations speak the domain; each is atomic on
// its own, safe for concurrent use from several processes, and scoped to one
// customer unless it says otherwise. Times are kept to the millisecond, in UTC.
//
// Errors: fault.NotFound where said, fault.Unavailable or fault.Retryable when the
// store cannot be reached. No operation needs another in the same transaction.
type Store interface {
	ContactStore
	HintStore
	StagingStore
	RunStore
	LogStore
	ConnectionStore
	SettingsStore
	ValueStore
	// Ping checks that the store answers, and names it ("sqlite", "mongodb").
	Ping(ctx context.Context) (name string, err error)
}

// ContactStore keeps contacts and finds them.
type ContactStore interface {
	// SaveContacts writes each contact if the stored revision and fence still are
	// those of the document (revision 0: if there is none), and raises the revision.
	// Outcomes are in the order of the contacts; a saved document's Rev is updated in
	// place. A link whose external id another contact of the connection holds is
	// SaveLinkTaken, and nothing of that contact is written. All contacts belong to
	// one customer. A fixed number of round trips for any number of contacts.
	SaveContacts(ctx context.Context, customer contact.CustomerID, contacts []*Contact) ([]SaveOutcome, error)
	// Contacts returns the contacts of the ids that exist, in any lifecycle, in no
	// particular order.
	Contacts(ctx context.Context, customer contact.CustomerID, ids []contact.ID) ([]*Contact, error)
	// ContactsByLink returns the contacts that hold a link to one of the records.
	ContactsByLink(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) ([]*Contact, error)
	// ContactsByEmail returns the active contacts whose canonical e-mail is one of
	// emails (which are canonical).
	ContactsByEmail(ctx context.Context, customer contact.CustomerID, emails []string) ([]*Contact, error)
	// ScanContacts returns up to limit contacts with an id above after, ascending,
	// in any lifecycle.
	ScanContacts(ctx context.Context, customer contact.CustomerID, after contact.ID, limit int) ([]*Contact, error)
	// SearchContacts answers the contact list.
	SearchContacts(ctx context.Context, customer contact.CustomerID, q ContactQuery) (ContactPage, error)
	// MarkDue makes contacts due at the time, or earlier if they already were, and
	// raises their revision, so that work begun before does not count as done.
	MarkDue(ctx context.Context, customer contact.CustomerID, ids []contact.ID, at time.Time) error
	// HurryContacts makes contacts that are due later, and not leased, due now: a
	// person asked for another try. Their revision stays.
	HurryContacts(ctx context.Context, customer contact.CustomerID, now time.Time) error
	// ClaimContacts leases up to limit contacts due at now whose lease is over,
	// oldest first, and raises their fence (not the revision). With ids: only of
	// those, whether due yet or not. No contact is claimed twice at once.
	ClaimContacts(ctx context.Context, customer contact.CustomerID, claim Claim) ([]*Contact, error)
	// CountContacts counts what is in which state.
	CountContacts(ctx context.Context, customer contact.CustomerID) (ContactCounts, error)
}

// SaveOutcome is what became of one contact of a SaveContacts.
type SaveOutcome int

const (
	Saved SaveOutcome = iota
	SaveStale
	SaveLinkTaken
)

// Claim asks for due work.
type Claim struct {
	Now   time.Time
	Until time.Time // end of the lease
	Limit int
	IDs   []contact.ID
}

// ContactQuery selects a page of the contact list. The zero value lists all
// active contacts by name.
type ContactQuery struct {
	Terms     []string         // folded; each must begin a word of the contact
	Status    Status           // "" any
	Provider  contact.Provider // with a record there; "" any
	Lifecycle Lifecycle        // "" active
	Sort      ContactSort      // "" SortName
	Desc      bool
	Cursor    string // opaque, from ContactPage.Next of the same query
	Limit     int    // 1 to 200; 0 means 50
}

// ContactSort names an order of the contact list; ties are broken by id.
type ContactSort string

const (
	SortName    ContactSort = "name"
	SortEmail   ContactSort = "email"
	SortUpdated ContactSort = "updatedAt"
	SortCreated ContactSort = "createdAt"
	SortStatus  ContactSort = "status"
)

// ContactPage is a page of the contact list.
type ContactPage struct {
	Contacts []*Contact
	Next     string // "" on the last page
	Total    int    // of the whole query
}

// ContactCounts counts active contacts, and what waits or fails on any contact.
type ContactCounts struct {
	Total    int
	ByStatus map[Status]int
	// Due counts contacts with work that is due or will be; NextDue is the earliest
	// time of any that is not leased at present (zero: none).
	Due     int
	NextDue time.Time
	// Links counts live links with a record, waiting ones and failing ones per
	// connection.
	Links map[contact.ConnectionID]LinkCounts
}

// LinkCounts counts the links of one connection.
type LinkCounts struct{ Linked, Pending, Errors int }

// Hint says "look at this remote record": what an event or a poll leaves behind
// for an id that no contact is linked to yet.
type Hint struct {
	ConnectionID contact.ConnectionID `json:"connectionId"`
	ExternalID   contact.ExternalID   `json:"externalId"`
	DueAt        time.Time            `json:"dueAt"`
	LeaseUntil   time.Time            `json:"leaseUntil,omitzero"`
	// EventAt is the time of the latest event about the record; zero when a poll
	// found it.
	EventAt time.Time `json:"eventAt,omitzero"`
}

// HintStore keeps hints, one per record.
type HintStore interface {
	// PutHints stores hints; one that is there already becomes due at the earlier
	// time, keeps the later EventAt, and loses its lease.
	PutHints(ctx context.Context, customer contact.CustomerID, hints []Hint) error
	// ClaimHints leases up to limit due hints, oldest first; each is claimed once at
	// a time.
	ClaimHints(ctx context.Context, customer contact.CustomerID, claim Claim) ([]Hint, error)
	// DropHints removes hints that are done, but not one that was put again since it
	// was claimed (its lease is another).
	DropHints(ctx context.Context, customer contact.CustomerID, hints []Hint) error
	// CountHints counts hints and returns the earliest due time of those not leased.
	CountHints(ctx context.Context, customer contact.CustomerID) (n int, next time.Time, err error)
}

// Staged is one record of a full listing, until the join has used it.
type Staged struct {
	ConnectionID contact.ConnectionID `json:"connectionId"`
	Record       *Record              `json:"record"`
	Emails       []string             `json:"emails,omitempty"` // canonical
	// ContactID is the contact the join assigned; "" before.
	ContactID contact.ID `json:"contactId,omitempty"`
	// New reports that the contact does not exist yet.
	New bool `json:"new,omitempty"`
	// Review holds why a person has to decide; such a row joins nothing.
	Review string `json:"review,omitempty"`
}

// StagingStore keeps the rows of one full run, named by its generation.
type StagingStore interface {
	// PutStaged stores rows; a row of the same record is replaced.
	PutStaged(ctx context.Context, customer contact.CustomerID, generation string, rows []Staged) error
	// StagedPage returns up to limit rows of a connection by external id above after,
	// ascending (as text).
	StagedPage(ctx context.Context, customer contact.CustomerID, generation string, connection contact.ConnectionID, after contact.ExternalID, limit int) ([]Staged, error)
	// StagedByEmail returns the rows, of every connection, that have one of the
	// canonical addresses.
	StagedByEmail(ctx context.Context, customer contact.CustomerID, generation string, emails []string) ([]Staged, error)
	// StagedByContact returns the rows assigned to the contacts.
	StagedByContact(ctx context.Context, customer contact.CustomerID, generation string, ids []contact.ID) ([]Staged, error)
	// StagedNew returns the ids of up to limit contacts that are still to be made,
	// above after, ascending.
	StagedNew(ctx context.Context, customer contact.CustomerID, generation string, after contact.ID, limit int) ([]contact.ID, error)
	// DropStaged removes a generation.
	DropStaged(ctx context.Context, customer contact.CustomerID, generation string) error

	// PutTombstones remembers records; one of the same record is replaced.
	PutTombstones(ctx context.Context, customer contact.CustomerID, stones []Tombstone) error
	// Tombstones returns those of the records that have one.
	Tombstones(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) ([]Tombstone, error)
	// DropTombstones forgets records that were restored.
	DropTombstones(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) error
}

// Tombstone remembers a deletion, so that nothing brings the record back but an
// explicit restore.
type Tombstone struct {
	ConnectionID contact.ConnectionID `json:"connectionId"`
	ExternalID   contact.ExternalID   `json:"externalId"`
	ContactID    contact.ID           `json:"contactId"`
	Reason       string               `json:"reason"` // one of those below
	// Survivor is the record that this one was merged into, where the vendor said so.
	Survivor contact.ExternalID `json:"survivor,omitempty"`
	By       contact.Source     `json:"by"`
	At       time.Time          `json:"at"`
}

// The reasons of tombstones.
const (
	stoneDeleted = "deleted"
	stoneMerged  = "merged" // into another record, or its contact into another contact
	// stoneMerging is of a record that an event reported merged into another, which is
	// not confirmed by id yet: it keeps nothing away.
	stoneMerging = "merging"
	// stoneErased is of a person whose data was erased, under a hash.
	stoneErased = "erased"
	// stoneErasing is of a record that an event reported erased, which is not confirmed
	// by id yet: it keeps nothing away.
	stoneErasing = "erasing"
	// stoneDuplicate is of a second record that we had made for a contact, and removed.
	stoneDuplicate = "duplicate"
	// stoneIgnored is of a record that a person wants left alone.
	stoneIgnored = "ignored"
	// stoneUnlinked is of a record that lives on while its contact was deleted.
	stoneUnlinked = "unlinked"
	// stoneReverted is of a record whose link a person took back.
	stoneReverted = "reverted"
)

// final reports whether the record stays away because of the tombstone.
func (t Tombstone) final() bool {
	switch t.Reason {
	case stoneMerging, stoneErasing, stoneDuplicate:
		return false
	}
	return true
}

// RunStore keeps runs.
type RunStore interface {
	// AcquireRun stores run as the customer's running run, unless one is running whose
	// lease lasts beyond now: then that one is returned with ok false. A run whose
	// lease is over, or that ended partial, is handed out again with a raised fence
	// and the new lease if it is of the same kind as run, and as dry; otherwise it is
	// closed as failed (when it was running) and run is stored.
	AcquireRun(ctx context.Context, run *Run, now time.Time) (acquired *Run, ok bool, err error)
	// AddRun stores a run that has ended already, such as an import.
	AddRun(ctx context.Context, run *Run) error
	// SaveRun writes the run if its fence still is the stored one; else fault.Stale.
	SaveRun(ctx context.Context, run *Run) error
	// Run returns one run; fault.NotFound.
	Run(ctx context.Context, customer contact.CustomerID, id string) (*Run, error)
	// LatestRun returns the running run, else the newest, else nil. Dry runs
	// and imports do not count.
	LatestRun(ctx context.Context, customer contact.CustomerID) (*Run, error)
}

// LogStore keeps the logs that people read. Appending an entry again (same id)
// changes nothing.
type LogStore interface {
	// ForgetContact removes every entry about the contact from the logs. Items for
	// review stay.
	ForgetContact(ctx context.Context, customer contact.CustomerID, id contact.ID) error
	AppendActivity(ctx context.Context, customer contact.CustomerID, entries []Activity) error
	// ListActivity returns entries newest first.
	ListActivity(ctx context.Context, customer contact.CustomerID, q LogQuery) (entries []Activity, next string, err error)
	// AppendConflicts never overwrites.
	AppendConflicts(ctx context.Context, customer contact.CustomerID, conflicts []Conflict) error
	// ListConflicts returns entries newest first, and how many there are in all.
	ListConflicts(ctx context.Context, customer contact.CustomerID, q LogQuery) (entries []Conflict, next string, total int, err error)
	// Conflict returns one; fault.NotFound. SaveConflict replaces one.
	Conflict(ctx context.Context, customer contact.CustomerID, id string) (*Conflict, error)
	SaveConflict(ctx context.Context, customer contact.CustomerID, c *Conflict) error
	// AppendChanges never overwrites.
	AppendChanges(ctx context.Context, customer contact.CustomerID, changes []Change) error
	// ListChanges returns entries newest first. The level of the query does not count.
	ListChanges(ctx context.Context, customer contact.CustomerID, q LogQuery) (entries []Change, next string, err error)
	// Change returns one; fault.NotFound. SaveChanges replaces those that are there.
	Change(ctx context.Context, customer contact.CustomerID, id string) (*Change, error)
	SaveChanges(ctx context.Context, customer contact.CustomerID, changes []Change) error
	// PruneLogs forgets the activity, the conflicts and the changes of before a time,
	// and the runs that began before it and have ended.
	PruneLogs(ctx context.Context, customer contact.CustomerID, before time.Time) error
	// PutReviews stores items for a person to decide; one of the same id is kept as
	// it is. DropReviews removes them.
	PutReviews(ctx context.Context, customer contact.CustomerID, items []Review) error
	ListReviews(ctx context.Context, customer contact.CustomerID) ([]Review, error)
	DropReviews(ctx context.Context, customer contact.CustomerID, ids []string) error
}

// LogQuery selects log entries. Empty fields select all.
type LogQuery struct {
	ContactID contact.ID
	RunID     string
	Level     Level
	Cursor    string
	Limit     int // 0 means 50; at most 200
}

// ConnectionStore keeps connections. Lookups across customers are for the cron
// and for events, which know no customer.
type ConnectionStore interface {
	// SaveConnection writes c if its revision is still the stored one (0: if there is
	// none) and raises it in place; else fault.Stale.
	SaveConnection(ctx context.Context, c *Connection) error
	Connections(ctx context.Context, customer contact.CustomerID) ([]*Connection, error)
	// ConnectionsByAccount returns the connections, of every customer, to a vendor account.
	ConnectionsByAccount(ctx context.Context, provider contact.Provider, account string) ([]*Connection, error)
	// Customers lists every customer that has a connection, sorted.
	Customers(ctx context.Context) ([]contact.CustomerID, error)
}

// SettingsStore keeps one settings document per customer.
type SettingsStore interface {
	// Settings returns the customer's settings, or those of revision 0 (all zero) if
	// none were saved.
	Settings(ctx context.Context, customer contact.CustomerID) (*Settings, error)
	// SaveSettings writes settings if their revision is still the stored one (0: if
	// there are none) and raises it in place; else fault.Stale.
	SaveSettings(ctx context.Context, customer contact.CustomerID, settings *Settings) error
}

// ValueStore keeps small values that expire, such as sessions, and counts attempts.
// Keys are not scoped to a customer by the store: who is asking is not known yet.
type ValueStore interface {
	// PutValue stores or replaces a value that counts until a time, 60 days ahead at
	// most. It may remove values that ended 60 days before that time.
	PutValue(ctx context.Context, key string, value []byte, until time.Time) error
	// Value returns a value that counts at now; fault.NotFound.
	Value(ctx context.Context, key string, now time.Time) ([]byte, error)
	// ChangeValue replaces a value that counts at now by what change makes of it (nil:
	// there is none), to count until a time; nobody else changes it meanwhile. Change
	// only computes: it may be called several times, and the last call is the one that
	// counts. When it returns nil the value stays as it is.
	ChangeValue(ctx context.Context, key string, now, until time.Time, change func(value []byte) []byte) error
	// DropValue removes a value; one that is not there is no error.
	DropValue(ctx context.Context, key string) error
	// CountAttempt counts one attempt under the key and returns how many there were,
	// this one included, in the window that the first of them opened, and when that
	// window ends. An attempt after its end opens another.
	CountAttempt(ctx context.Context, key string, now time.Time, window time.Duration) (n int, until time.Time, err error)
	// ForgetAttempts closes the key's window.
	ForgetAttempts(ctx context.Context, key string) error
}
