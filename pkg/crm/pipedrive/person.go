package pipedrive

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// person is a person as Pipedrive sends it. See
// https://developers.pipedrive.com/docs/api/v1/Persons
type person struct {
	ID         json.Number           `json:"id"`
	Name       string                `json:"name"`
	FirstName  string                `json:"first_name"` // null is ""
	LastName   string                `json:"last_name"`
	Emails     channels              `json:"emails"`
	Phones     channels              `json:"phones"`
	UpdateTime string                `json:"update_time"`
	AddTime    string                `json:"add_time"`
	Deleted    bool                  `json:"is_deleted"`
	Custom     map[string]looseValue `json:"custom_fields"` // null: the account has no custom fields
}

// channel is an e-mail address or a phone number.
type channel struct {
	Value   string `json:"value"`
	Primary bool   `json:"primary"`
	Label   string `json:"label,omitempty"`
}

// channels is the list of a person's addresses or numbers. An empty list also
// comes as one item without a value.
type channels []channel

func (list *channels) UnmarshalJSON(data []byte) error {
	var items []channel
	if err := json.Unmarshal(data, &items); err != nil {
		return err
	}
	*list = slices.DeleteFunc(items, func(c channel) bool { return c.Value == "" })
	return nil
}

// primary returns the index of the first item marked so, else 0; -1 of none.
func (list channels) primary() int {
	if len(list) == 0 {
		return -1
	}
	return max(0, slices.IndexFunc(list, func(c channel) bool { return c.Primary }))
}

func (list channels) value() string {
	if i := list.primary(); i >= 0 {
		return list[i].Value
	}
	return ""
}

// all returns every value, the primary one first.
func (list channels) all() []string {
	values := make([]string, 0, len(list))
	if i := list.primary(); i >= 0 {
		values = append(values, list[i].Value)
		for n, c := range list {
			if n != i {
				values = append(values, c.Value)
			}
		}
	}
	return values
}

// with returns the list with another primary value. The other items stay: writing
// a list replaces all of it. A value that is in the list already becomes the
// primary one; "" removes the primary one, and the next takes its place.
func (list channels) with(value string) channels {
	changed := append(channels{}, list...)
	at := changed.primary()
	same := slices.IndexFunc(changed, func(c channel) bool {
		return strings.EqualFold(strings.TrimSpace(c.Value), strings.TrimSpace(value))
	})
	switch {
	case value == "" && at < 0:
	case value == "":
		changed = slices.Delete(changed, at, at+1)
		at = 0
	case same >= 0:
		changed[same].Value = value
		at = same
	case at < 0:
		changed = append(changed, channel{Value: value, Label: "work"})
		at = 0
	default:
		changed[at].Value = value
	}
	for i := range changed {
		changed[i].Primary = i == at
	}
	return changed
}

func (p *person) modified() time.Time {
	for _, text := range []string{p.UpdateTime, p.AddTime} {
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// looseValue is a custom field's value as text. Null is "".
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
	case data[0] == '{':
		var typed struct {
			Value looseValue `json:"value"`
		}
		if err := json.Unmarshal(data, &typed); err != nil {
			return err
		}
		*v = typed.Value
	default:
		*v = looseValue(data)
	}
	return nil
}
