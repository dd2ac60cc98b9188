package hubspot

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// contactType is HubSpot's object type id of contacts.
const contactType = "0-1"

// event is one event as HubSpot sends it. See
// https://developers.hubspot.com/docs/apps/developer-platform/add-features/configure-webhooks
type event struct {
	Type       string     `json:"subscriptionType"`
	TypeAlias  string     `json:"eventType"`
	ObjectType string     `json:"objectTypeId"`
	Portal     looseValue `json:"portalId"`
	Object     looseValue `json:"objectId"`
	OccurredAt looseValue `json:"occurredAt"`
	Source     looseValue `json:"changeSource"`
	Property   looseValue `json:"propertyName"`
	Value      looseValue `json:"propertyValue"`
	// Merges only.
	New     looseValue `json:"newObjectId"`
	Primary looseValue `json:"primaryObjectId"`
	Merged  texts      `json:"mergedObjectIds"`
}

// Decode implements [sync.Webhook]. A merge tells of the survivor as changed and
// of every id it absorbed as deleted.
func (w *Webhook) Decode(body []byte) ([]sync.Event, error) {
	var received []event
	trimmed := bytes.TrimSpace(body)
	if bytes.HasPrefix(trimmed, []byte("{")) {
		trimmed = append(append([]byte("["), trimmed...), ']')
	}
	if err := json.Unmarshal(trimmed, &received); err != nil {
		failed := fault.New(fault.Invalid, "The events are not valid JSON of the form HubSpot sends.")
		failed.Err = err
		return nil, failed
	}
	var events []sync.Event
	for i := range received {
		events = append(events, received[i].decode()...)
	}
	return events, nil
}

func (e *event) decode() []sync.Event {
	kind := e.Type
	if kind == "" {
		kind = e.TypeAlias
	}
	object, action, _ := strings.Cut(kind, ".")
	if object != "contact" && (object != "object" || e.ObjectType != "" && e.ObjectType != contactType) {
		return nil
	}
	switch action {
	case "creation", "propertyChange", "restore":
		return e.about(string(e.Object), false)
	case "deletion":
		return e.about(string(e.Object), true)
	case "privacyDeletion":
		events := e.about(string(e.Object), true)
		for i := range events {
			events[i].Erased = true
		}
		return events
	case "merge":
		return e.merge()
	}
	return nil
}

func (e *event) merge() []sync.Event {
	survivor := string(e.Object)
	for _, id := range []looseValue{e.New, e.Primary} {
		if isID(string(id)) {
			survivor = string(id)
			break
		}
	}
	told := map[string]bool{survivor: true}
	events := e.about(survivor, false)
	for _, id := range append([]string{string(e.Primary), string(e.Object)}, e.Merged...) {
		if !told[id] {
			told[id] = true
			events = append(events, e.about(id, true)...)
		}
	}
	return events
}

func (e *event) about(id string, deleted bool) []sync.Event {
	if !isID(id) {
		return nil
	}
	about := sync.Event{
		Provider: contact.HubSpot, ExternalID: contact.ExternalID(id), Deleted: deleted,
		ByAPI: e.Source == "INTEGRATION" || e.Source == "API",
	}
	if about.ByAPI && e.Property != "" {
		about.Marks = map[string]string{string(e.Property): string(e.Value)}
	}
	if isID(string(e.Portal)) {
		about.AccountID = string(e.Portal)
	}
	if ms, err := strconv.ParseInt(string(e.OccurredAt), 10, 64); err == nil && ms > 0 {
		about.At = time.UnixMilli(ms).UTC()
	}
	return []sync.Event{about}
}

// isID reports whether text is an id: digits that are not just a zero.
func isID(text string) bool {
	return text != "" && text != "0" && strings.Trim(text, "0123456789") == ""
}
