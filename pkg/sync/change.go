package sync

import (
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Change is one entry of the change log: what one save of a contact changed in the
// app, and what that led to in the CRMs, each with the values before and after. It is
// what a person looks at, and takes back.
//
// A change is decided and kept in the contact's own document by one compare-and-set,
// and goes to the log once the CRMs have answered (see changelog.go).
type Change struct {
	// ID derives from the contact and the revision that was changed.
	ID          string         `json:"id"`
	At          time.Time      `json:"at"`
	RunID       string         `json:"runId,omitempty"` // "" outside of runs: an edit, or an event
	ContactID   contact.ID     `json:"contactId"`
	ContactName string         `json:"contactName,omitempty"`
	Op          ChangeOp       `json:"op"`
	By          contact.Source `json:"by,omitempty"` // who caused it; "" several at once
	// Fields are the app's.
	Fields  map[contact.Field]FieldChange `json:"fields,omitempty"`
	Remotes []RemoteChange                `json:"remotes,omitempty"`
	// Reverts is the change that this one took back, or "".
	Reverts string      `json:"reverts,omitempty"`
	State   ChangeState `json:"state,omitempty"`
}

// ChangeOp says what happened to the contact, or to a record.
type ChangeOp string

const (
	ChangeCreated  ChangeOp = "created"
	ChangeUpdated  ChangeOp = "updated"
	ChangeDeleted  ChangeOp = "deleted"
	ChangeRestored ChangeOp = "restored"
	ChangeMerged   ChangeOp = "merged" // the contact, into another
	// ChangeLinked paired the contact with a record that was there.
	ChangeLinked ChangeOp = "linked"
	// ChangeUnlinked ended a link and left the record where it is. With fields, those
	// were put back first.
	ChangeUnlinked ChangeOp = "unlinked"
	// ChangeSent brought what the app held already to CRMs: nothing changed in the app.
	ChangeSent ChangeOp = "sent"
)

// ChangeState says whether a change still stands.
type ChangeState string

// ChangeReverted changes were taken back as a whole.
const ChangeReverted ChangeState = "reverted"

// FieldChange is a raw value before and after a change.
type FieldChange struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

// RemoteChange is a change's effect on one record.
type RemoteChange struct {
	Provider     contact.Provider              `json:"provider"`
	ConnectionID contact.ConnectionID          `json:"connectionId"`
	ExternalID   contact.ExternalID            `json:"externalId,omitempty"`
	Op           ChangeOp                      `json:"op"`
	Fields       map[contact.Field]FieldChange `json:"fields,omitempty"`
	// Intent is the write that is to bring it about, until its answer is known. The
	// log never has it.
	Intent string `json:"intent,omitempty"`
}

// empty reports whether the change says nothing.
func (c *Change) empty() bool {
	return len(c.Fields) == 0 && len(c.Remotes) == 0 && (c.Op == ChangeSent || c.Op == ChangeLinked || c.Op == ChangeUpdated)
}

// remote returns the change's effect on the connection's record, or nil.
func (c *Change) remote(connection contact.ConnectionID, op ChangeOp) *RemoteChange {
	for i := range c.Remotes {
		if r := &c.Remotes[i]; r.ConnectionID == connection && r.Op == op {
			return r
		}
	}
	return nil
}
