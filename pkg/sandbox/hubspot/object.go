package hubspot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// objectJSON is a contact in an answer.
type objectJSON struct {
	ID                    string                   `json:"id"`
	Properties            map[string]*string       `json:"properties"` // null: defined but empty
	PropertiesWithHistory map[string][]historyJSON `json:"propertiesWithHistory,omitempty"`
	CreatedAt             string                   `json:"createdAt"`
	UpdatedAt             string                   `json:"updatedAt"`
	Archived              bool                     `json:"archived"`
	ArchivedAt            string                   `json:"archivedAt,omitempty"`
	New                   *bool                    `json:"new,omitempty"`
	ObjectWriteTraceID    string                   `json:"objectWriteTraceId,omitempty"`
	URL                   string                   `json:"url"`
}

type historyJSON struct {
	Value      string `json:"value"`
	Timestamp  string `json:"timestamp"`
	SourceType string `json:"sourceType"`
	SourceID   string `json:"sourceId"`
}

// alwaysRead come with every answer, asked for or not.
var alwaysRead = []string{"createdate", "hs_object_id", "lastmodifieddate"}

// defaultRead are read when no property is asked for.
var defaultRead = []string{"createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"}

// selection is which properties an answer holds.
type selection struct{ properties, history []string }

// render shows the selected properties: null when empty, left out when not defined.
func (a *account) render(r *record, sel selection, now time.Time) objectJSON {
	wanted := defaultRead
	if len(sel.properties) > 0 {
		wanted = slices.Concat(alwaysRead, sel.properties)
	}
	o := a.frame(r)
	for _, name := range slices.Concat(wanted, sel.history) {
		if a.defined(name, now) == nil {
			continue
		}
		o.Properties[name] = nil
		if value := r.read(name); value != "" {
			o.Properties[name] = &value
		}
	}
	for _, name := range sel.history {
		if versions := r.props[name]; len(versions) > 0 && a.defined(name, now) != nil {
			if o.PropertiesWithHistory == nil {
				o.PropertiesWithHistory = make(map[string][]historyJSON)
			}
			o.PropertiesWithHistory[name] = history(versions)
		}
	}
	return o
}

func history(versions []version) []historyJSON {
	list := make([]historyJSON, 0, len(versions))
	for _, v := range slices.Backward(versions) {
		list = append(list, historyJSON{v.value, timestamp(v.at), v.by.source, v.by.id})
	}
	return list
}

// renderWritten is the answer to a write: what was written, and what HubSpot
// computes; empty computed ones are left out, cleared ones come back as "".
func (a *account) renderWritten(r *record, written map[string]string, now time.Time) objectJSON {
	o := a.frame(r)
	for name := range written {
		if a.defined(name, now) != nil {
			value := r.read(name)
			o.Properties[name] = &value
		}
	}
	for _, name := range computedProperties {
		if value := r.read(name); value != "" {
			o.Properties[name] = &value
		}
	}
	return o
}

func (a *account) frame(r *record) objectJSON {
	o := objectJSON{
		ID: r.name(), Properties: make(map[string]*string), CreatedAt: timestamp(r.created), UpdatedAt: timestamp(r.modified()),
		URL: fmt.Sprintf("https://app.hubspot.com/contacts/%d/record/0-1/%d", a.portalID, r.id),
	}
	if r.archived() {
		o.Archived, o.ArchivedAt = true, timestamp(r.archivedAt)
	}
	return o
}

// propertyValues reads the properties of a write: scalars become text, null is ignored.
type propertyValues map[string]string

// UnmarshalJSON implements [json.Unmarshaler].
func (v *propertyValues) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*v = make(propertyValues, len(raw))
	for name, value := range raw {
		value = bytes.TrimSpace(value)
		switch value[0] {
		case 'n':
		case '"':
			var text string
			if err := json.Unmarshal(value, &text); err != nil {
				return err
			}
			(*v)[name] = text
		case '{', '[':
			return unreadable("Invalid input JSON on line 1, column 1: Cannot deserialize value of type `java.lang.String` for property %q", name)
		default:
			(*v)[name] = string(value)
		}
	}
	return nil
}
