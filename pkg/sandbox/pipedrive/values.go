package pipedrive

import (
	"encoding/json"
	"maps"
	"slices"
	"unicode/utf8"
)

// Custom field values are kept as the v2 API shows them: string, float64, int64
// (an option or a related object), []int64 (a set) or map[string]any (compound).

const (
	maxVarchar = 255
	maxText    = 65_535
	maxNotes   = 10_000
)

// creatable are the types a custom field can be made with.
var creatable = []string{
	"varchar", "text", "double", "phone", "date", "daterange", "time", "timerange", "set", "enum",
	"varchar_auto", "address", "monetary", "org", "people", "user",
}

// compound lists the text properties of the compound types. Monetary's value is a
// number instead.
var compound = map[string][]string{
	"daterange": {"value", "until"},
	"timerange": {"value", "until", "timezone_id"},
	"monetary":  {"value", "currency"},
	"address": {
		"value", "country", "admin_area_level_1", "admin_area_level_2", "locality", "sublocality", "route",
		"street_number", "subpremise", "postal_code", "formatted_address",
	},
}

// accept checks a value from a request against the field's type. Null and the
// empty string clear, which gives nil.
func (f *field) accept(raw json.RawMessage, truncate bool) (any, error) {
	if isNull(raw) {
		return nil, nil
	}
	switch f.kind {
	case "double":
		if number, ok := asNumber(raw); ok {
			return number, nil
		}
		return nil, f.invalid("must be a number")
	case "enum", "org", "people", "user":
		return f.acceptReference(raw)
	case "set":
		return f.acceptSet(raw)
	case "daterange", "timerange", "monetary", "address":
		return f.acceptCompound(raw)
	}
	return f.acceptText(raw, truncate)
}

func (f *field) acceptText(raw json.RawMessage, truncate bool) (any, error) {
	text, ok := asText(raw)
	if !ok {
		return nil, f.invalid("must be a string")
	}
	most := maxVarchar
	if f.kind == "text" {
		most = maxText
	}
	if utf8.RuneCountInString(text) > most {
		if !truncate {
			return nil, f.invalid("must be at most %d characters long", most)
		}
		text = string([]rune(text)[:most])
	}
	if text == "" {
		return nil, nil
	}
	return text, nil
}

func (f *field) acceptReference(raw json.RawMessage) (any, error) {
	id, ok := asInteger(raw)
	if !ok {
		return nil, f.invalid("must be an integer")
	}
	if f.kind == "enum" && f.option(id) == nil {
		return nil, f.invalid("%d is not an option", id)
	}
	return id, nil
}

func (f *field) acceptSet(raw json.RawMessage) (any, error) {
	ids, ok := asIntegers(raw)
	switch {
	case !ok:
		return nil, f.invalid("must be an array of integers")
	case len(ids) == 0:
		return nil, f.invalid("use null to clear")
	}
	for _, id := range ids {
		if f.option(id) == nil {
			return nil, f.invalid("%d is not an option", id)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(ids))), nil
}

func (f *field) acceptCompound(raw json.RawMessage) (any, error) {
	props, ok := asObject(raw)
	if !ok {
		return nil, f.invalid("must be an object")
	}
	value := make(map[string]any, len(props))
	for _, name := range sortedKeys(props) {
		if !slices.Contains(compound[f.kind], name) {
			return nil, f.invalid("%s: unknown property", name)
		}
		if isNull(props[name]) {
			continue
		}
		part, ok := asPart(f.kind, name, props[name])
		if !ok {
			return nil, f.invalid("%s: wrong type", name)
		}
		value[name] = part
	}
	if _, ok := value["value"]; !ok {
		return nil, f.invalid("value: is required")
	}
	return value, nil
}

func asPart(kind, name string, raw json.RawMessage) (any, bool) {
	if kind == "monetary" && name == "value" {
		number, ok := asNumber(raw)
		return number, ok
	}
	text, ok := asText(raw)
	return text, ok
}

func (f *field) invalid(format string, args ...any) error {
	return invalid("custom_fields."+f.code+": "+format, args...)
}

// labelled replaces option ids by objects of id and label.
func (f *field) labelled(value any) any {
	switch v := value.(type) {
	case int64:
		if o := f.option(v); o != nil {
			return optionLabel{ID: v, Label: o.Label}
		}
	case []int64:
		labels := make([]optionLabel, 0, len(v))
		for _, id := range v {
			if o := f.option(id); o != nil {
				labels = append(labels, optionLabel{ID: id, Label: o.Label})
			}
		}
		return labels
	}
	return value
}

type optionLabel struct {
	ID    int64  `json:"id"`
	Label string `json:"label"`
}

// typed is a value in the dialect of the webhooks.
func (f *field) typed(value any) any {
	switch v := value.(type) {
	case nil:
		return nil
	case int64:
		return map[string]any{"type": f.kind, "id": v}
	case []int64:
		ids := make([]map[string]any, 0, len(v))
		for _, id := range v {
			ids = append(ids, map[string]any{"id": id})
		}
		return map[string]any{"type": f.kind, "values": ids}
	case map[string]any:
		all := maps.Clone(v)
		all["type"] = f.kind
		return all
	}
	return map[string]any{"type": f.kind, "value": value}
}
