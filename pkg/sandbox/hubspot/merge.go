package hubspot

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxMerged is how many identities a contact may absorb.
const maxMerged = 250

func (s *Server) mergeContacts(c *call) (int, any, error) {
	var in struct {
		Primary string `json:"primaryObjectId"`
		Other   string `json:"objectIdToMerge"`
	}
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	survivor, err := s.merge(in.Primary, in.Other, s.app(), c.now)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.account.render(survivor, selection{}, c.now), nil
}

// merge joins two contacts into a new one, or into the primary when the knob
// preserves its id. Old ids keep resolving. It sends the merge and the deletion
// of each record that is gone, and no propertyChange.
func (s *Server) merge(primaryID, otherID string, by *actor, now time.Time) (*record, error) {
	primary, err := s.account.lookup(primaryID, "", false, now)
	if err != nil {
		return nil, err
	}
	other, err := s.account.lookup(otherID, "", false, now)
	if err != nil {
		return nil, err
	}
	if primary == other {
		return nil, badRequest("Cannot merge a contact with itself")
	}
	merged := absorbed(primary, other, s.knobs.PreservePrimaryID)
	if len(merged) > maxMerged {
		return nil, &problem{code: http.StatusRequestURITooLong, Message: "Cannot have more than 250 identities on a profile", Category: "VALIDATION_ERROR"}
	}
	survivor, moved := s.account.join(primary, other, merged, s.knobs.PreservePrimaryID, by, now)
	s.emit(event{
		Type: "contact.merge", ObjectID: survivor.id, PrimaryObjectID: primary.id, MergedObjectIDs: []int64{other.id},
		NewObjectID: survivor.id, NumberOfPropertiesMoved: &moved,
	}, by, now)
	for _, gone := range []*record{primary, other} {
		if gone.id != survivor.id {
			s.emit(event{Type: "contact.deletion", ObjectID: gone.id, ChangeFlag: "DELETED"}, by, now)
		}
	}
	return survivor, nil
}

// absorbed lists the ids the survivor will name as merged into it.
func absorbed(primary, other *record, preserve bool) []string {
	list := append(splitList(primary.value("hs_merged_object_ids")), splitList(other.value("hs_merged_object_ids"))...)
	if !preserve {
		list = append(list, primary.name())
	}
	return append(list, other.name())
}

// join moves both contacts into the survivor: the primary's values win, its blanks
// are filled, every e-mail address is kept, the lifecycle stage is the furthest.
func (a *account) join(primary, other *record, merged []string, preserve bool, by *actor, now time.Time) (*record, int) {
	source := &actor{source: "MERGE_CONTACTS", id: by.id}
	values := make(map[string]string)
	for name := range other.props {
		if primary.value(name) == "" && other.value(name) != "" {
			values[name] = other.value(name)
		}
	}
	if movesForward(primary, other) {
		values["lifecyclestage"] = other.value("lifecyclestage")
	}
	moved := len(values)
	emails := append(primary.emails(), other.emails()...)
	if len(emails) > 0 {
		values["email"] = emails[0]
		values["hs_additional_emails"] = strings.Join(slices.Compact(emails[1:]), ";")
	}
	values["hs_merged_object_ids"] = strings.Join(merged, ";")

	survivor := primary
	if !preserve {
		survivor = a.create(by, now)
		survivor.created, survivor.createdBy = primary.created, primary.createdBy
		survivor.props = primary.props
		a.remove(primary)
		primary.props = nil
		a.aliases[primary.id] = survivor.id
	}
	a.remove(other)
	a.aliases[other.id] = survivor.id
	a.release(survivor)
	for name, value := range values {
		if survivor.value(name) != value {
			survivor.set(name, value, source, now)
		}
	}
	a.claim(survivor)
	survivor.touch(now)
	return survivor, moved
}

func movesForward(primary, other *record) bool {
	return cmp.Compare(slices.Index(lifecycleStages, other.value("lifecyclestage")), slices.Index(lifecycleStages, primary.value("lifecyclestage"))) > 0
}

// purgeContact erases a contact for good. An unknown address is only noted by the
// vendor; the answer is 204 all the same.
func (s *Server) purgeContact(c *call) (int, any, error) {
	var in struct {
		ObjectID   string `json:"objectId"`
		IDProperty string `json:"idProperty"`
	}
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	for _, archived := range []bool{false, true} {
		if r, err := s.account.lookup(in.ObjectID, in.IDProperty, archived, c.now); err == nil {
			s.purge(r, s.app(), c.now)
			break
		}
	}
	return http.StatusNoContent, nil, nil
}

// purge removes the contact and sends the erasure and, unless it was archived
// before, the deletion that comes with it.
func (s *Server) purge(r *record, by *actor, now time.Time) {
	wasLive := !r.archived()
	s.account.remove(r)
	s.emit(event{Type: "contact.privacyDeletion", ObjectID: r.id, ChangeFlag: "DELETED"}, by, now)
	if wasLive {
		s.emit(event{Type: "contact.deletion", ObjectID: r.id, ChangeFlag: "DELETED"}, by, now)
	}
}
