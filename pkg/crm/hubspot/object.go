package hubspot

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// The properties HubSpot keeps itself and we read with every contact.
const (
	propertyAdditional = "hs_additional_emails" // joined by ";"
	propertyMerged     = "hs_merged_object_ids" // joined by ";"
	propertyID         = "hs_object_id"
	propertyModified   = "lastmodifieddate"
)

// object is a contact as HubSpot sends it.
type object struct {
	ID         string                `json:"id"`
	Properties map[string]looseValue `json:"properties"`
	History    map[string][]version  `json:"propertiesWithHistory"`
	UpdatedAt  string                `json:"updatedAt"`
	Archived   bool                  `json:"archived"`
	TraceID    string                `json:"objectWriteTraceId"`
	New        *bool                 `json:"new"` // batch upsert only
}

// looseValue is a property value: text, but numbers and booleans are taken too.
// Null, of a property that exists and is blank, is "".
type looseValue string

func (v *looseValue) UnmarshalJSON(data []byte) error {
	switch {
	case string(data) == "null":
		*v = ""
	case data[0] == '"':
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return err
		}
		*v = looseValue(text)
	default:
		*v = looseValue(data)
	}
	return nil
}

// absorbed reports whether the contact id was merged into this one.
func (o *object) absorbed(id contact.ExternalID) bool { return slices.Contains(o.absorbedIDs(), id) }

func (o *object) absorbedIDs() []contact.ExternalID {
	var ids []contact.ExternalID
	for old := range strings.SplitSeq(string(o.Properties[propertyMerged]), ";") {
		if old = strings.TrimSpace(old); old != "" {
			ids = append(ids, contact.ExternalID(old))
		}
	}
	return ids
}

func (o *object) modified() time.Time {
	for _, text := range []string{o.UpdatedAt, string(o.Properties[propertyModified])} {
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// page is the answer of lists and searches.
type page struct {
	Results []object `json:"results"`
	Total   int      `json:"total"` // searches only
	Paging  struct {
		Next struct {
			After string `json:"after"`
		} `json:"next"`
	} `json:"paging"`
}

// batchAnswer is the answer of the batch endpoints. Errors are there with status
// 207 only.
type batchAnswer struct {
	Results []object  `json:"results"`
	Errors  []problem `json:"errors"`
}

type inputID struct {
	ID string `json:"id"`
}
