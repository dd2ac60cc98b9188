package sync

import (
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// What it takes to take a change back, decided from the change and the contact as it
// is. Values go back to what they were if they still are what the change made them;
// they travel like any other edit. Links that the change made end.

// Skip is a part of a change that was not taken back, and why.
type Skip struct {
	ContactID   contact.ID    `json:"contactId"`
	ContactName string        `json:"contactName,omitempty"`
	Field       contact.Field `json:"field,omitempty"` // "" the whole change
	Reason      string        `json:"reason"`
}

// The reasons, for people.
const (
	changedSince = "It was changed since."
	deletedSince = "The contact was deleted since."
	goneForGood  = "The contact was deleted more than 30 days ago."
	mergedThere  = "Contacts that were merged in a CRM cannot be taken apart."
	onlySent     = "The CRM was brought to what the app held. Take back the change in the app."
	leavesNobody = "The contact would have no e-mail address, name or phone number."
)

// undoing is one change on its way back.
type undoing struct {
	change    Change
	contact   *Contact // as it shall be
	field     contact.Field
	runID     string
	canonical contact.Canonical
	now       time.Time

	by       Change // what taking it back changes
	done     bool   // something was, or had been, taken back
	changed  bool   // the contact has to be saved
	skips    []Skip
	stones   []Tombstone
	relinked []IndexLink
}

// decide works out what becomes of the contact.
func (u *undoing) decide() {
	if u.field != "" {
		u.values([]contact.Field{u.field})
		return
	}
	switch {
	case u.change.Op == ChangeMerged:
		u.skip("", mergedThere)
	case u.change.Op == ChangeCreated:
		u.uncreate()
	case u.change.Op == ChangeDeleted:
		u.undelete()
	case u.contact.Lifecycle == Active:
		u.values(sortedKeys(u.change.Fields))
		u.links()
		if u.change.Op == ChangeRestored {
			u.archive()
		}
		if u.done = u.done || u.change.Reverts != ""; !u.done && len(u.skips) == 0 {
			u.skip("", onlySent)
		}
	case u.change.Op == ChangeRestored:
		u.done = true
	default:
		u.links()
		if !u.done {
			u.skip("", deletedSince)
		}
	}
}

func (u *undoing) skip(f contact.Field, reason string) {
	u.skips = append(u.skips, Skip{ContactID: u.contact.ID, ContactName: u.contact.Values().DisplayName(), Field: f, Reason: reason})
}

// values puts fields back.
func (u *undoing) values(fields []contact.Field) {
	if u.contact.Lifecycle != Active {
		u.skip(u.field, deletedSince)
		return
	}
	back := contact.Values{}
	after := u.contact.Values()
	for _, f := range fields {
		v := u.change.Fields[f]
		switch now := u.contact.Fields[f].V; {
		case u.canonical.Equal(f, now, v.Before) && !u.canonical.Equal(f, now, v.After):
			u.done = true // it was before, or is again
		case u.canonical.Equal(f, now, v.After):
			back[f], after[f] = v.Before, v.Before
		default:
			u.skip(f, changedSince)
		}
	}
	if len(back) == 0 {
		return
	}
	if after.DisplayName() == "" {
		u.skip(u.field, leavesNobody)
		return
	}
	for f, v := range back {
		u.contact.Fields[f] = Value{V: v, Src: contact.App, At: u.now, Rule: Reverted}
	}
	u.touch()
}

func (u *undoing) touch() {
	u.done, u.changed = true, true
	u.contact.UpdatedAt, u.contact.Edited = u.now, u.now
}

// uncreate deletes a contact again. One that came from a CRM is deleted in the app
// only: its records there are let go. Of one that was made in the app, the records that
// we made are deleted with it, and those that were there before are let go.
func (u *undoing) uncreate() {
	if u.contact.Lifecycle != Active {
		u.done = true
		return
	}
	if u.editedSince() {
		u.skip("", changedSince)
		return
	}
	made := u.change.By == contact.App
	for i := range u.contact.Links {
		l := &u.contact.Links[i]
		if l.ExternalID == "" || l.State == LinkDetached || l.State == LinkEnding || made && l.Made {
			continue
		}
		u.endLink(l)
	}
	u.archive()
}

// editedSince reports whether a created contact holds what would be lost: values that
// were entered in the app since; if it was made in the app, any other values.
func (u *undoing) editedSince() bool {
	for f, v := range u.contact.Fields {
		changed := !u.canonical.Equal(f, v.V, u.change.Fields[f].After)
		if changed && (v.Src == contact.App || u.change.By == contact.App) {
			return true
		}
	}
	return false
}

func (u *undoing) archive() {
	u.contact.Lifecycle, u.contact.DeletedAt = Archived, u.now
	u.touch()
}

// undelete restores the contact. Records that were let go with it are linked again,
// those that were deleted are made again.
func (u *undoing) undelete() {
	c := u.contact
	switch {
	case c.Lifecycle == Active:
		u.done = true
		return
	case c.Lifecycle != Archived || u.now.Sub(c.DeletedAt) > restorable:
		u.skip("", goneForGood)
		return
	}
	u.links()
	c.Lifecycle, c.DeletedAt = Active, time.Time{}
	for i := range c.Links {
		c.Links[i].dropIntents(OpDelete)
	}
	c.Links = slices.DeleteFunc(c.Links, func(l Link) bool { return l.State == LinkDetached })
	u.touch()
}

// links takes back what the change did to links.
func (u *undoing) links() {
	for _, r := range u.change.Remotes {
		l := u.contact.Link(r.ConnectionID)
		if l == nil || l.ExternalID != r.ExternalID {
			continue
		}
		live := l.State != LinkDetached && l.State != LinkEnding
		switch r.Op {
		case ChangeCreated, ChangeLinked:
			if live {
				u.endLink(l)
			}
			u.done = true
		case ChangeUnlinked:
			if !live {
				u.linkAgain(l)
			}
			u.done = true
		case ChangeDeleted:
			if l.State == LinkDetached && u.change.Reverts != "" {
				u.dropLink(r.ConnectionID)
			}
		}
	}
}

// endLink ends a link, once what the change did to its record is undone.
func (u *undoing) endLink(l *Link) {
	u.by.Remotes = append(u.by.Remotes, RemoteChange{Provider: l.Provider, ConnectionID: l.ConnectionID, ExternalID: l.ExternalID, Op: ChangeUnlinked})
	ending := &Ending{RunID: u.runID, Change: u.change.ID}
	if r := u.change.remote(l.ConnectionID, ChangeCreated); r != nil && r.ExternalID == l.ExternalID {
		ending.Delete = true
	} else if r := u.change.remote(l.ConnectionID, ChangeUpdated); r != nil && r.ExternalID == l.ExternalID {
		ending.Fields = r.Fields
	}
	u.stones = append(u.stones, l.revertedStone(u.contact, u.now))
	l.letGo()
	if ending.Delete || len(ending.Fields) > 0 {
		l.State, l.Ending = LinkEnding, ending
	}
	u.touch()
}

// linkAgain pairs the contact with the record that it let go. It is compared anew.
func (u *undoing) linkAgain(l *Link) {
	*l = Link{Provider: l.Provider, ConnectionID: l.ConnectionID, ExternalID: l.ExternalID, State: LinkActive, Made: l.Made}
	u.relinked = append(u.relinked, IndexLink{l.ConnectionID, l.ExternalID})
	u.by.Remotes = append(u.by.Remotes, RemoteChange{Provider: l.Provider, ConnectionID: l.ConnectionID, ExternalID: l.ExternalID, Op: ChangeLinked})
	u.touch()
}

// dropLink forgets a link whose record is gone, so that the record is made again.
func (u *undoing) dropLink(connection contact.ConnectionID) {
	u.contact.Links = slices.DeleteFunc(u.contact.Links, func(l Link) bool { return l.ConnectionID == connection })
	u.touch()
}
