package sync

import (
	"maps"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// Contact is the hub document: one person, the values the app holds, and one
// link per connection. Every write of it is one compare-and-set on Rev and Fence.
type Contact struct {
	ID         contact.ID              `json:"id"`
	CustomerID contact.CustomerID      `json:"customerId"`
	Rev        int64                   `json:"rev"` // 0: not stored yet; the store adds one with every save
	Fields     map[contact.Field]Value `json:"fields"`
	Lifecycle  Lifecycle               `json:"lifecycle"`
	Status     Status                  `json:"status"` // derived by Settle before each save
	CreatedAt  time.Time               `json:"createdAt"`
	UpdatedAt  time.Time               `json:"updatedAt"` // last change of a value or of the lifecycle
	Edited     time.Time               `json:"lastAppModified"`
	MergedInto contact.ID              `json:"mergedInto,omitempty"`
	DeletedAt  time.Time               `json:"deletedAt,omitzero"`
	Due        *Due                    `json:"due,omitempty"` // nil: nothing to do
	Fence      int64                   `json:"fence"`         // raised by every claim
	Links      []Link                  `json:"links"`
	// Held fields are left as they are on every side until a person has decided.
	Held map[contact.Field]Hold `json:"held,omitempty"`
	// Chosen holds, per field that a person decided, the values that were seen then:
	// where one of them still stands it is replaced, and is no new change.
	Chosen map[contact.Field][]string `json:"chosen,omitempty"`
	Outbox []Conflict                 `json:"outbox,omitempty"` // what is still to be written to the conflict log
	// Changes are those that are not known to be in the change log yet.
	Changes []Change `json:"changes,omitempty"`
}

// Value is what the app holds for a field, where it came from, when it was changed
// there (for a CRM's value: the latest time it can have changed) and why it stands.
type Value struct {
	V    string         `json:"v"`
	Src  contact.Source `json:"src"`
	At   time.Time      `json:"at"`
	Rule reconcile.Rule `json:"rule,omitempty"`
}

// The rules of values that come from the app's side; package reconcile has the others.
const (
	Edited   reconcile.Rule = "edited"   // entered by a person or a program in the app
	FromFile reconcile.Rule = "imported" // came with an import
	Chosen   reconcile.Rule = "chosen"   // a person decided a conflict
	Reverted reconcile.Rule = "reverted" // a person took a later change back
	// FromMerge values filled a blank when contacts were merged.
	FromMerge reconcile.Rule = "merged"
)

// Hold says why a field is held, and in which conflict a person decides.
type Hold struct {
	Reason     HoldReason `json:"reason"`
	ConflictID string     `json:"conflictId"`
	At         time.Time  `json:"at"`
}

// HoldReason is why a field is held.
type HoldReason string

const (
	// HeldManual fields were changed in several places, and the policy asks a person.
	HeldManual HoldReason = "manual"
	// HeldFlipping fields keep changing back and forth: automations on both sides.
	HeldFlipping HoldReason = "flipping"
)

// Lifecycle says whether a contact lives.
type Lifecycle string

const (
	Active   Lifecycle = "active"
	Archived Lifecycle = "archived" // deleted; restorable for 30 days
	Merged   Lifecycle = "merged"   // into another contact, as its record was in a CRM
	Erased   Lifecycle = "erased"   // without any data of the person
)

// Status summarises a contact for people.
type Status string

const (
	StatusSynced    Status = "synced"
	StatusSyncing   Status = "syncing"
	StatusLocalOnly Status = "local_only"
	StatusError     Status = "error"
	StatusConflict  Status = "conflict"
)

// Statuses lists every status, for validation.
var Statuses = []Status{StatusSynced, StatusSyncing, StatusLocalOnly, StatusError, StatusConflict}

// Due makes a contact claimable work.
type Due struct {
	At         time.Time `json:"at"`
	LeaseUntil time.Time `json:"leaseUntil,omitzero"` // claimed until then
}

// Link pairs a contact with one remote record, for as long as both live.
type Link struct {
	Provider     contact.Provider         `json:"provider"`
	ConnectionID contact.ConnectionID     `json:"connectionId"`
	ExternalID   contact.ExternalID       `json:"externalId,omitempty"` // empty until the create is acknowledged
	State        LinkState                `json:"state"`
	Shadow       map[contact.Field]Shadow `json:"shadow,omitempty"`
	Intents      []Intent                 `json:"intents,omitempty"`
	InDoubt      []InDoubt                `json:"inDoubt,omitempty"`
	// Sent holds fingerprints of what creates of unknown outcome, and those that followed
	// them, were made of: each may have made a record of its own.
	Sent  []string `json:"sent,omitempty"`
	Keyed bool     `json:"keyed,omitempty"` // the record is known to carry our key
	Made  bool     `json:"made,omitempty"`  // we made the record
	// Ending is what a link in the state LinkEnding waits for.
	Ending       *Ending   `json:"ending,omitempty"`
	Modified     time.Time `json:"remoteModified,omitzero"`
	MissingSince time.Time `json:"missingSince,omitzero"`
	SyncedAt     time.Time `json:"lastSyncedAt,omitzero"`
	// Verify holds writes whose effect is still to be checked, Lost the edits that such
	// a check found replaced, until the field is decided.
	Verify []Verify                         `json:"verify,omitempty"`
	Lost   map[contact.Field]reconcile.Lost `json:"lost,omitempty"`
	// Flips counts changes that came again and again.
	Flips map[contact.Field]Flips `json:"flips,omitempty"`
	// ReadAgainAt is when a read that may have been too old is repeated.
	ReadAgainAt time.Time  `json:"readAgainAt,omitzero"`
	Attempts    int        `json:"attempts,omitempty"`
	Error       *LinkError `json:"error,omitempty"`
	URL         string     `json:"url,omitempty"`
}

// LinkState says what a link is good for.
type LinkState string

const (
	// LinkActive is read and written.
	LinkActive LinkState = "active"
	// LinkMissing has a record that was reported or seen gone; it is confirmed by
	// id after [DeleteGrace] before anything follows from it.
	LinkMissing LinkState = "missing"
	// LinkReview waits for a person: nothing is read, created or written.
	LinkReview LinkState = "review"
	// LinkEnding waits for its record to be put back, or deleted, and then ends: what
	// made the link was taken back.
	LinkEnding LinkState = "ending"
	// LinkDetached has ended: the record is gone, or was left alone on purpose.
	LinkDetached LinkState = "detached"
)

// Shadow holds the raw hub value and the raw remote value at the last agreement
// of a field. It only ever holds values both sides really had.
type Shadow struct {
	H  string    `json:"h"`
	R  string    `json:"r"`
	At time.Time `json:"at"`
}

// Op is what an intent does to the remote record.
type Op string

const (
	OpCreate Op = "create"
	OpUpdate Op = "update"
	OpDelete Op = "delete"
)

// Intent is a decided remote write, recorded before it is sent and kept until
// it is acknowledged.
type Intent struct {
	ID     string                        `json:"id"`
	Op     Op                            `json:"op"`
	Fields map[contact.Field]IntentValue `json:"fields,omitempty"`
	// Along holds what the vendor has written with them, as it was read.
	Along contact.Values `json:"along,omitempty"`
	At    time.Time      `json:"at"`
}

// IntentValue is one field of an intent: the raw value to write, the hub value
// it stands for, and the raw remote value it is expected to replace.
type IntentValue struct {
	Val    string `json:"val"`
	H      string `json:"h"`
	Expect string `json:"expect"`
}

// InDoubt is a written value whose outcome is unknown until the vendor's
// time-out has passed: it may still appear, and is then known as ours.
type InDoubt struct {
	Field contact.Field `json:"f"`
	Val   string        `json:"val"`
	Until time.Time     `json:"until"`
}

// LinkError is the last failure on a link, for people.
type LinkError struct {
	Kind    string                   `json:"kind"`
	Message string                   `json:"message"`
	Fields  map[contact.Field]string `json:"fields,omitempty"`
	At      time.Time                `json:"at"`
	// RetryAt is when the CRM may be asked again, if it said so.
	RetryAt time.Time `json:"retryAt,omitzero"`
	// Rejected holds the values the CRM refused for good; they are not sent again.
	Rejected contact.Values `json:"rejected,omitempty"`
}

// Values returns the raw values the app holds.
func (c *Contact) Values() contact.Values {
	values := make(contact.Values, len(c.Fields))
	for f, v := range c.Fields {
		values[f] = v.V
	}
	return values
}

// Link returns the contact's link of a connection, or nil.
func (c *Contact) Link(id contact.ConnectionID) *Link {
	for i := range c.Links {
		if c.Links[i].ConnectionID == id {
			return &c.Links[i]
		}
	}
	return nil
}

// Waiting reports whether something is on its way to the link's record, or to make it.
func (l *Link) Waiting() bool {
	if l.State == LinkEnding {
		return l.Error == nil
	}
	return l.State == LinkActive && l.Error == nil && (len(l.Intents) > 0 || l.ExternalID == "")
}

// Failing reports whether the last thing tried on the link failed.
func (l *Link) Failing() bool { return l.State != LinkDetached && l.Error != nil }

// SyncedTo lists the providers on which the contact has a record, sorted.
func (c *Contact) SyncedTo() []contact.Provider {
	list := []contact.Provider{}
	for i := range c.Links {
		if l := &c.Links[i]; l.ExternalID != "" && l.State != LinkDetached {
			list = append(list, l.Provider)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Index holds the derived keys by which stores look contacts up and order them.
type Index struct {
	Email     string   // canonical; "" when blank
	Name      string   // folded, last name first; never empty: names sort before those without
	Words     []string // see contact.Words
	Providers []contact.Provider
	Links     []IndexLink // every link with an external id, detached ones left out
}

// IndexLink is the lookup projection of one link.
type IndexLink struct {
	ConnectionID contact.ConnectionID
	ExternalID   contact.ExternalID
}

// Index derives the lookup keys of the contact.
func (c *Contact) Index() Index {
	values := c.Values()
	ix := Index{
		Email:     contact.Canonical{}.Of(contact.Email, values[contact.Email]),
		Words:     contact.Words(values),
		Providers: c.SyncedTo(),
	}
	name := contact.Fold(values[contact.FirstName] + " " + values[contact.LastName])
	if name == "" {
		name = "\uffff" + contact.Fold(values.DisplayName())
	}
	ix.Name = name
	for i := range c.Links {
		if l := &c.Links[i]; l.ExternalID != "" && l.State != LinkDetached {
			ix.Links = append(ix.Links, IndexLink{l.ConnectionID, l.ExternalID})
		}
	}
	return ix
}

// Clone returns a deep copy.
func (c *Contact) Clone() *Contact {
	d := *c
	d.Fields = maps.Clone(c.Fields)
	if c.Due != nil {
		due := *c.Due
		d.Due = &due
	}
	d.Links = slices.Clone(c.Links)
	for i := range d.Links {
		d.Links[i] = d.Links[i].clone()
	}
	d.Outbox = slices.Clone(c.Outbox)
	d.Held, d.Chosen = maps.Clone(c.Held), maps.Clone(c.Chosen)
	d.Changes = slices.Clone(c.Changes)
	for i := range d.Changes {
		d.Changes[i].Remotes = slices.Clone(c.Changes[i].Remotes)
	}
	return &d
}

func (l Link) clone() Link {
	l.Shadow = maps.Clone(l.Shadow)
	l.Intents = slices.Clone(l.Intents)
	for i := range l.Intents {
		l.Intents[i].Fields, l.Intents[i].Along = maps.Clone(l.Intents[i].Fields), maps.Clone(l.Intents[i].Along)
	}
	l.InDoubt, l.Verify, l.Sent = slices.Clone(l.InDoubt), slices.Clone(l.Verify), slices.Clone(l.Sent)
	l.Lost, l.Flips = maps.Clone(l.Lost), maps.Clone(l.Flips)
	if l.Ending != nil {
		ending := *l.Ending
		l.Ending = &ending
	}
	if l.Error != nil {
		e := *l.Error
		e.Fields, e.Rejected = maps.Clone(e.Fields), maps.Clone(e.Rejected)
		l.Error = &e
	}
	return l
}
