package pipedrive

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"slices"
	"time"
)

// input reads the properties of a v2 request body. Types are strict: a number in
// quotes is no number, and null is only what may be null. It keeps the first
// complaint.
type input struct {
	props map[string]json.RawMessage
	err   error
}

func (in *input) complain(format string, args ...any) {
	in.fail(invalid(format, args...))
}

func (in *input) fail(err error) {
	if in.err == nil {
		in.err = err
	}
}

// only refuses every property that is not named.
func (in *input) only(names ...string) {
	for _, name := range sortedKeys(in.props) {
		if !slices.Contains(names, name) {
			in.complain("%s: unknown property", name)
		}
	}
}

func (in *input) has(name string) bool {
	_, ok := in.props[name]
	return ok
}

func (in *input) text(name string) (string, bool) {
	raw, ok := in.props[name]
	if !ok {
		return "", false
	}
	value, ok := asText(raw)
	if !ok {
		in.complain("%s: must be a string", name)
	}
	return value, ok
}

func (in *input) integer(name string) (int64, bool) {
	raw, ok := in.props[name]
	if !ok {
		return 0, false
	}
	value, ok := asInteger(raw)
	if !ok {
		in.complain("%s: must be an integer", name)
	}
	return value, ok
}

func (in *input) instant(name string) (time.Time, bool) {
	text, ok := in.text(name)
	if !ok {
		return time.Time{}, false
	}
	t, ok := parseInstant(text)
	if !ok {
		in.complain("%s: %q is not a valid datetime", name, text)
	}
	return t, ok
}

// integers reads an array; given but empty is not nil.
func (in *input) integers(name string) []int64 {
	raw, ok := in.props[name]
	if !ok {
		return nil
	}
	values, ok := asIntegers(raw)
	if !ok {
		in.complain("%s: must be an array of integers", name)
	}
	return values
}

// object reads an object's properties; nil when not given.
func (in *input) object(name string) map[string]json.RawMessage {
	raw, ok := in.props[name]
	if !ok {
		return nil
	}
	props, ok := asObject(raw)
	if !ok {
		in.complain("%s: must be an object", name)
	}
	return props
}

// objects reads an array of objects; given but empty is not nil.
func (in *input) objects(name string) []map[string]json.RawMessage {
	raw, ok := in.props[name]
	if !ok {
		return nil
	}
	objects, ok := asObjects(raw)
	if !ok {
		in.complain("%s: must be an array of objects", name)
	}
	return objects
}

func isNull(raw json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(raw), []byte("null")) }

func asText(raw json.RawMessage) (text string, ok bool) {
	return text, !isNull(raw) && json.Unmarshal(raw, &text) == nil
}

func asFlag(raw json.RawMessage) (flag, ok bool) {
	return flag, !isNull(raw) && json.Unmarshal(raw, &flag) == nil
}

func asNumber(raw json.RawMessage) (number float64, ok bool) {
	return number, !isNull(raw) && json.Unmarshal(raw, &number) == nil
}

func asInteger(raw json.RawMessage) (int64, bool) {
	number, ok := asNumber(raw)
	const exact = 1 << 53
	if !ok || number != math.Trunc(number) || math.Abs(number) > exact {
		return 0, false
	}
	return int64(number), true
}

func asIntegers(raw json.RawMessage) ([]int64, bool) {
	var items []json.RawMessage
	if isNull(raw) || json.Unmarshal(raw, &items) != nil {
		return nil, false
	}
	values := make([]int64, 0, len(items))
	for _, item := range items {
		value, ok := asInteger(item)
		if !ok {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}

func asObject(raw json.RawMessage) (map[string]json.RawMessage, bool) {
	var props map[string]json.RawMessage
	return props, !isNull(raw) && json.Unmarshal(raw, &props) == nil
}

func asObjects(raw json.RawMessage) ([]map[string]json.RawMessage, bool) {
	var items []json.RawMessage
	if isNull(raw) || json.Unmarshal(raw, &items) != nil {
		return nil, false
	}
	objects := make([]map[string]json.RawMessage, 0, len(items))
	for _, item := range items {
		props, ok := asObject(item)
		if !ok {
			return nil, false
		}
		objects = append(objects, props)
	}
	return objects, true
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
