package sync

import (
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Connection is one customer's connection to one CRM account.
type Connection struct {
	ID         contact.ConnectionID          `json:"id"`
	CustomerID contact.CustomerID            `json:"customerId"`
	Provider   contact.Provider              `json:"provider"`
	Rev        int64                         `json:"rev"`
	State      ConnectionState               `json:"state"`
	Message    string                        `json:"message,omitempty"` // why it is not active, for people
	AccountID  string                        `json:"accountId,omitempty"`
	AccountURL string                        `json:"accountUrl,omitempty"`
	Fields     map[contact.Field]RemoteField `json:"fields,omitempty"` // found at FieldsAt
	FieldsAt   time.Time                     `json:"fieldsAt,omitzero"`
	// FieldSince is when a field was found under another identity than before: what was
	// agreed earlier was agreed with another remote field.
	FieldSince map[contact.Field]time.Time `json:"fieldSince,omitempty"`
	// VerifyWrites asks for every write to be checked for edits it may have replaced,
	// where that costs calls of its own.
	VerifyWrites bool `json:"verifyWrites,omitempty"`
	// Watermark is the change time below which everything was noticed.
	Watermark time.Time `json:"watermark,omitzero"`
	// BackfilledAt is when the first full listing was joined; zero: not yet.
	BackfilledAt time.Time `json:"backfilledAt,omitzero"`
	SweptAt      time.Time `json:"sweptAt,omitzero"`
	// WaitsFor is the run whose plan is to be approved, of a waiting connection.
	// ApprovedAt is when the first sync was; zero: it was not, or need not be.
	WaitsFor   string    `json:"waitsFor,omitempty"`
	ApprovedAt time.Time `json:"approvedAt,omitzero"`
	// Behind reports that work was left out while the connection could not be used:
	// the next run lists it in full.
	Behind bool `json:"behind,omitempty"`
	// Brake counts and holds deletions.
	Brake Brake `json:"brake,omitzero"`
	// SnoozedUntil is when a throttled connection may be called again.
	SnoozedUntil  time.Time `json:"snoozedUntil,omitzero"`
	LastSuccessAt time.Time `json:"lastSuccessAt,omitzero"`
	CreatedAt     time.Time `json:"createdAt"`
	// Credential is the encrypted credential that a person entered; "" means that it
	// comes from the environment.
	Credential string `json:"credential,omitempty"`
	// OAuth reports that the credential is a [Grant], which is renewed before it ends.
	OAuth bool `json:"oauth,omitempty"`
	// Carrier is the id of the connection in Membrane that holds the credential and
	// sends the calls; "" means that they are sent directly. See [Connection.Route].
	Carrier string `json:"carrier,omitempty"`
	// Subscription is how the CRM was asked to send its events.
	Subscription Subscription `json:"subscription,omitzero"`
}

// Route is the way of the calls to a CRM. A connection may change it: its account,
// its links and everything that was agreed stay.
type Route string

// The routes.
const (
	RouteDirect   Route = "direct"   // with a credential of this deployment's
	RouteMembrane Route = "membrane" // through Membrane, which holds the credential
)

// Route returns the way of the connection's calls.
func (c *Connection) Route() Route {
	if c.Carrier != "" {
		return RouteMembrane
	}
	return RouteDirect
}

// ConnectionState says whether a connection works.
type ConnectionState string

const (
	ConnectionNew          ConnectionState = "new" // not listed in full yet
	ConnectionActive       ConnectionState = "active"
	ConnectionWaiting      ConnectionState = "waiting" // for the approval of its first sync
	ConnectionPaused       ConnectionState = "paused"
	ConnectionThrottled    ConnectionState = "throttled"
	ConnectionUnauthorised ConnectionState = "unauthorised"
	ConnectionError        ConnectionState = "error"
	// ConnectionDisconnected keeps its links and nothing else: connecting the same
	// account again goes on where it was.
	ConnectionDisconnected ConnectionState = "disconnected"
	// ConnectionReplaced was disconnected, and another account took its place.
	ConnectionReplaced ConnectionState = "replaced"
)

// Has reports whether the remote field of f is known to exist.
func (c *Connection) Has(f contact.Field) bool { return c.Fields[f].State == FieldPresent }

// usable reports whether calls make sense at now.
func (c *Connection) usable(now time.Time) bool {
	return c.takesUrgent() && !now.Before(c.SnoozedUntil)
}

// takesUrgent reports whether calls make sense that people wait for: those may go on
// while a limit holds the rest up, with what is kept of it for them.
func (c *Connection) takesUrgent() bool {
	return !c.left() && c.State != ConnectionUnauthorised && c.State != ConnectionWaiting
}

// left reports whether a person ended the connection, for a while or for good.
func (c *Connection) left() bool {
	return c.State == ConnectionPaused || c.State == ConnectionDisconnected || c.State == ConnectionReplaced
}

// Kind names what a run does.
type Kind string

const (
	Full        Kind = "full"
	Incremental Kind = "incremental"
	Imported    Kind = "import"
	Evented     Kind = "event"
	Reverting   Kind = "revert"
)

// RunState is where a run stands:
//
//	running -> done | failed
//	running -> partial -> running (the next invocation goes on)
//	running -> waiting -> partial (a person approved) | cancelled
type RunState string

const (
	RunRunning RunState = "running"
	RunPartial RunState = "partial"
	RunDone    RunState = "done"
	RunFailed  RunState = "failed"
	// RunWaiting has made its plan, and waits for a person to approve it.
	RunWaiting RunState = "waiting"
	// RunCancelled was not approved, or is no longer what would be approved.
	RunCancelled RunState = "cancelled"
)

// Run is one synchronisation, possibly over several invocations.
type Run struct {
	ID         string             `json:"id"`
	CustomerID contact.CustomerID `json:"customerId"`
	Kind       Kind               `json:"kind"`
	DryRun     bool               `json:"dryRun"`
	State      RunState           `json:"state"`
	StartedAt  time.Time          `json:"startedAt"`
	FinishedAt time.Time          `json:"finishedAt,omitzero"`
	Error      string             `json:"error,omitempty"`
	// LeaseUntil and Fence keep a second worker from going on with the same run.
	LeaseUntil time.Time                 `json:"leaseUntil,omitzero"`
	Fence      int64                     `json:"fence"`
	Checkpoint Checkpoint                `json:"checkpoint"`
	Progress   Progress                  `json:"progress"`
	Counts     Counts                    `json:"counts"`
	Details    map[contact.Source]Counts `json:"details,omitempty"`
	Calls      map[contact.Provider]int  `json:"calls,omitempty"`
	SetupCalls map[contact.Provider]int  `json:"setupCalls,omitempty"`
	Plan       *PlanSummary              `json:"plan,omitempty"`
	Revert     *RevertReport             `json:"revert,omitempty"` // of reverts only
	// Approval says whether the run has to be approved; "": it does not.
	Approval Approval `json:"approval,omitempty"`
}

// Ended reports whether nothing will go on with the run.
func (r *Run) Ended() bool {
	return r.State == RunDone || r.State == RunFailed || r.State == RunCancelled
}

// Approval says where a run stands that a person has to approve.
type Approval string

const (
	ApprovalNeeded Approval = "needed" // it makes a plan, and waits
	ApprovalGiven  Approval = "given"  // it does what was planned
)

// Phase is a full run's place in its work; phases follow in this order.
type Phase string

const (
	PhaseRevert    Phase = "revert" // of reverts only
	PhaseList      Phase = "list"
	PhaseJoin      Phase = "join"
	PhaseReconcile Phase = "reconcile"
	PhaseMissing   Phase = "missing"
	PhaseWork      Phase = "work"
	PhaseDone      Phase = "done"
)

// Checkpoint is the saved progress of a run; safe to resume from.
type Checkpoint struct {
	Phase Phase `json:"phase"`
	// Listings holds per connection the cursor of the next page.
	Listings map[contact.ConnectionID]Listing `json:"listings,omitempty"`
	// After is the last row done in the phase.
	Connection contact.ConnectionID `json:"connection,omitempty"`
	After      string               `json:"after,omitempty"`
	New        bool                 `json:"new,omitempty"` // reconciling contacts still to be made
}

// Listing is the progress of one connection's listing.
type Listing struct {
	Cursor    string    `json:"cursor,omitempty"`
	Done      bool      `json:"done,omitempty"`
	Records   int       `json:"records"`
	Pages     int       `json:"pages"`
	StartedAt time.Time `json:"startedAt"`
	Error     string    `json:"error,omitempty"` // left out of this run
	// Shared reports that a record may belong to several contacts, which wait for a
	// person.
	Shared bool `json:"shared,omitempty"`
	// Planned are fields that did not exist yet: every record had them blank.
	Planned []contact.Field `json:"planned,omitempty"`
}

// Progress is for people.
type Progress struct {
	Phase Phase `json:"phase"`
	Done  int   `json:"done"`
	Total int   `json:"total,omitempty"` // 0: not known
}

// Counts are the effects of a run.
type Counts struct {
	Pulled    int `json:"pulled"` // contacts changed or made in the app from a CRM
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Deleted   int `json:"deleted"`
	Linked    int `json:"linked"`
	Conflicts int `json:"conflicts"`
	Unchanged int `json:"unchanged"`
	Errors    int `json:"errors"`
}

// Level of an activity entry.
type Level string

const (
	Info    Level = "info"
	Warning Level = "warn"
	Failure Level = "error"
)

// Activity is one entry of the sync log. Its id derives from what it describes,
// and sorts by time.
type Activity struct {
	ID          string           `json:"id"`
	At          time.Time        `json:"at"`
	Level       Level            `json:"level"`
	RunID       string           `json:"runId,omitempty"`
	ContactID   contact.ID       `json:"contactId,omitempty"`
	ContactName string           `json:"contactName,omitempty"`
	Provider    contact.Provider `json:"provider,omitempty"`
	Op          string           `json:"op"`        // created, updated, deleted, linked, conflict, error, skipped, setup, run, restored, review
	Direction   string           `json:"direction"` // in (from the CRM), out (to the CRM), app
	Message     string           `json:"message"`
	Fields      []contact.Field  `json:"fields,omitempty"`
}

// Conflict is a decision between several changes of one field.
type Conflict struct {
	ID          string          `json:"id"`
	ContactID   contact.ID      `json:"contactId"`
	ContactName string          `json:"contactName"`
	Field       contact.Field   `json:"field"`
	Base        string          `json:"base"`
	Values      []ConflictValue `json:"values"`
	Winner      contact.Source  `json:"winner"` // "" while open
	Rule        string          `json:"rule"`
	At          time.Time       `json:"at"`
	State       ConflictState   `json:"state"`
	RunID       string          `json:"runId,omitempty"`
}

// ConflictState says where a conflict stands:
//
//	open -> decided | superseded
//	decided <-> overridden
type ConflictState string

const (
	// ConflictOpen waits for a person; the field is held meanwhile.
	ConflictOpen ConflictState = "open"
	// ConflictDecided stands as the policy, or a person, decided.
	ConflictDecided ConflictState = "decided"
	// ConflictOverridden was decided by the policy, and otherwise by a person.
	ConflictOverridden ConflictState = "overridden"
	// ConflictSuperseded needs no decision any more: later changes settled it, or are
	// in a conflict of their own.
	ConflictSuperseded ConflictState = "superseded"
)

// ConflictValue is one of the values that were changed at once.
type ConflictValue struct {
	Source contact.Source `json:"source"`
	Value  string         `json:"value"`
	At     time.Time      `json:"at,omitzero"`
}

// Review is something only a person can decide; it blocks nothing else.
type Review struct {
	ID           string               `json:"id"`
	Kind         string               `json:"kind"` // ambiguous, duplicate_key, email_taken, unknown_outcome, merge, erasure
	Provider     contact.Provider     `json:"provider"`
	ConnectionID contact.ConnectionID `json:"connectionId"`
	ContactID    contact.ID           `json:"contactId,omitempty"`
	ContactName  string               `json:"contactName,omitempty"`
	ExternalIDs  []contact.ExternalID `json:"externalIds"`
	Message      string               `json:"message"`
	At           time.Time            `json:"at"`
}
