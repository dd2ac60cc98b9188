package pipedrive

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// Webhook verifies and decodes the requests of Pipedrive's webhooks, version 2. They
// carry no signature: HTTP Basic, and an address that nobody can guess, is all there
// is. See https://pipedrive.readme.io/docs/guide-for-webhooks-v2
type Webhook struct {
	// User and Password are those the webhook was made with. While one of them is
	// empty every request is refused.
	User, Password string
}

var _ sync.Webhook = (*Webhook)(nil)

// Verify implements [sync.Webhook]. Its time does not tell how much of a wrong
// password was right.
func (w *Webhook) Verify(r *http.Request, _ []byte, _ time.Time) error {
	if w.User == "" || w.Password == "" {
		return fault.New(fault.Unavailable, "The user and password of Pipedrive's webhook are not set.")
	}
	user, password, _ := r.BasicAuth()
	if same(user, w.User)&same(password, w.Password) != 1 {
		return fault.New(fault.Unauthorised, "The user or the password of the webhook is not right.")
	}
	return nil
}

// same is 1 for equal texts. It compares hashes, so that not even lengths show.
func same(given, right string) int {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(right))
	return subtle.ConstantTimeCompare(a[:], b[:])
}

// announcement is the body of an event. What it holds of the person only tells our
// own writes apart: the record itself is read again.
type announcement struct {
	Meta *struct {
		Action       string     `json:"action"`
		Entity       string     `json:"entity"`
		Company      looseValue `json:"company_id"` // ids are texts here
		ID           looseValue `json:"entity_id"`
		Timestamp    looseValue `json:"timestamp"`
		ChangeSource looseValue `json:"change_source"`
		MergedTo     looseValue `json:"merged_to_id"`
	} `json:"meta"`
	Data json.RawMessage `json:"data"`
}

// Decode implements [sync.Webhook]. A request is about one record; a merge tells of
// the survivor as changed too.
func (w *Webhook) Decode(body []byte) ([]sync.Event, error) {
	var a announcement
	err := json.Unmarshal(body, &a)
	if err != nil || a.Meta == nil {
		failed := fault.New(fault.Invalid, "The event is not valid JSON of the form Pipedrive sends.")
		failed.Err = err
		return nil, failed
	}
	if a.Meta.Entity != "person" || !isID(a.Meta.ID) {
		return nil, nil
	}
	switch a.Meta.Action {
	case "create", "change":
		e := a.about(a.Meta.ID)
		if e.ByAPI {
			e.Written, e.Marks = a.written(), a.marks()
		}
		return []sync.Event{e}, nil
	case "delete":
		return a.deletion(), nil
	}
	return nil, nil
}

func (a *announcement) deletion() []sync.Event {
	gone := a.about(a.Meta.ID)
	gone.Deleted = true
	survivor := a.Meta.MergedTo
	if !isID(survivor) || survivor == a.Meta.ID {
		return []sync.Event{gone}
	}
	gone.MergedInto = contact.ExternalID(survivor)
	return []sync.Event{gone, a.about(survivor)}
}

func (a *announcement) about(id looseValue) sync.Event {
	e := sync.Event{Provider: contact.Pipedrive, ExternalID: contact.ExternalID(id), At: parseTime(a.Meta.Timestamp), ByAPI: a.Meta.ChangeSource == "api"}
	if isID(a.Meta.Company) {
		e.AccountID = string(a.Meta.Company)
	}
	return e
}

// written is the time of change that the person shows, to the second.
func (a *announcement) written() time.Time {
	var data struct {
		UpdateTime looseValue `json:"update_time"`
	}
	if json.Unmarshal(a.Data, &data) != nil {
		return time.Time{}
	}
	return parseTime(data.UpdateTime)
}

// parseTime returns zero for what is no time.
func parseTime(v looseValue) time.Time {
	at, err := time.Parse(time.RFC3339, string(v))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// marks returns the texts of custom fields.
func (a *announcement) marks() map[string]string {
	var data struct {
		Custom map[string]looseValue `json:"custom_fields"`
	}
	if json.Unmarshal(a.Data, &data) != nil {
		return nil
	}
	marks := map[string]string{}
	for code, value := range data.Custom {
		if value != "" {
			marks[code] = string(value)
		}
	}
	return marks
}

// isID reports whether a value is an id: digits that are not just a zero.
func isID(v looseValue) bool {
	return v != "" && v != "0" && strings.Trim(string(v), "0123456789") == ""
}
