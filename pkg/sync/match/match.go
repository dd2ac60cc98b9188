// Package match decides which contact a remote record belongs to: by an existing
// link, by the key the record carries, then by e-mail.
//
// It is a function of values and looks nothing up. It never guesses: wherever two
// answers are possible, or the answer would pair one contact with two records of
// one connection, a person decides. Names and phones alone never match.
package match

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
)

// Record is what is known about one remote record.
type Record struct {
	ID contact.ExternalID
	// LinkedTo is the contact linked to this very record, or "".
	LinkedTo contact.ID
	// Ended reports a tombstone: the record was deleted, or let go, on purpose.
	Ended bool
	// Erased reports that the person's data was erased; EmailErased that somebody's with
	// one of the addresses was.
	Erased, EmailErased bool
	// Restores is the contact whose record it was, if being there again undoes a
	// deletion; nil: it does not.
	Restores *Owner
	// KeyOwner is the contact whose id the record carries as its key; nil when it
	// carries none, or that of a contact that does not exist (any more).
	KeyOwner *Owner
	// Copy reports that we made the record ourselves, for the contact of its key, and
	// that nobody has touched it since.
	Copy bool
	// EmailOwners are the contacts that have one of the record's addresses.
	EmailOwners []Owner
	// Rivals are other records of the same connection, linked to nothing, that share
	// one of the addresses.
	Rivals []contact.ExternalID
}

// Owner is a contact that a record may belong to.
type Owner struct {
	ID contact.ID
	// Taken reports that the contact is paired with another record of the connection.
	Taken bool
	// Erased reports that the contact's data was erased.
	Erased bool
}

// Kind says what to do with a record.
type Kind int

const (
	// Known records are linked already.
	Known Kind = iota
	// Link pairs the record with an existing contact.
	Link
	// New records become a contact of their own.
	New
	// Ignore leaves a record alone.
	Ignore
	// Remove deletes a second record that we made by mistake.
	Remove
	// Restore brings a deleted record back to its contact.
	Restore
	// Review asks a person.
	Review
)

// The reasons for a review.
const (
	Ambiguous    = "ambiguous"
	DuplicateKey = "duplicate_key"
	EmailTaken   = "email_taken"
	Erasure      = "erasure"
)

// Verdict is the decision about one record.
type Verdict struct {
	Kind      Kind
	ContactID contact.ID // Known, Link; Review: the contact concerned, if it is one
	Reason    string     // Review: one of the reasons above
	Message   string     // Review: for the person who decides
	// Others are the other records concerned by a review, sorted.
	Others []contact.ExternalID
}

// Decide pairs one record.
func Decide(r Record) Verdict {
	switch {
	case r.LinkedTo != "":
		return Verdict{Kind: Known, ContactID: r.LinkedTo}
	case r.Erased:
		return Verdict{Kind: Ignore}
	case r.Ended && r.Restores == nil:
		return Verdict{Kind: Ignore}
	case r.Ended && !r.Restores.Taken:
		return Verdict{Kind: Restore, ContactID: r.Restores.ID}
	case r.Ended:
		return Verdict{Kind: Review, ContactID: r.Restores.ID, Reason: DuplicateKey,
			Message: "A deleted record was restored, but its contact has another one by now, or was deleted since."}
	case r.KeyOwner != nil && r.KeyOwner.Erased:
		return Verdict{Kind: Review, ContactID: r.KeyOwner.ID, Reason: Erasure,
			Message: "The record is of a person whose data was erased. Delete it too, or leave it."}
	case r.KeyOwner != nil && !r.KeyOwner.Taken:
		return Verdict{Kind: Link, ContactID: r.KeyOwner.ID}
	case r.KeyOwner != nil && r.Copy:
		return Verdict{Kind: Remove, ContactID: r.KeyOwner.ID}
	case r.KeyOwner != nil:
		return Verdict{Kind: Review, ContactID: r.KeyOwner.ID, Reason: DuplicateKey,
			Message: "A second record carries the id of this contact. It may be a copy."}
	}
	return byEmail(r)
}

func byEmail(r Record) Verdict {
	owners := slices.Clone(r.EmailOwners)
	slices.SortFunc(owners, func(a, b Owner) int { return cmp.Compare(a.ID, b.ID) })
	owners = slices.Compact(owners)
	only := contact.ID("")
	if len(owners) == 1 {
		only = owners[0].ID
	}
	switch {
	case r.EmailErased && len(owners) == 0:
		return Verdict{Kind: Ignore}
	case len(r.Rivals) > 0:
		others := slices.Sorted(slices.Values(r.Rivals))
		return Verdict{Kind: Review, ContactID: only, Reason: Ambiguous, Others: others,
			Message: fmt.Sprintf("%d records have the same e-mail address. Only one of them can belong to the contact.", len(others)+1)}
	case len(owners) == 0:
		return Verdict{Kind: New}
	case len(owners) > 1:
		return Verdict{Kind: Review, Reason: Ambiguous,
			Message: fmt.Sprintf("%d contacts have an e-mail address of this record.", len(owners))}
	case owners[0].Taken:
		return Verdict{Kind: Review, ContactID: only, Reason: EmailTaken,
			Message: "The contact with this e-mail address is linked to another record."}
	}
	return Verdict{Kind: Link, ContactID: only}
}
