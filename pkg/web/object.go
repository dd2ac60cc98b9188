package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/contactsync/contactsync/pkg/fault"
)

// Bodies of JSON requests are small: a handful of short values.
const (
	maxJSON  = 64_000
	maxDepth = 8
)

// object is the JSON object of a request body, read strictly: what is asked for
// has to have the right type, and what nobody asks for is a mistake. Problems are
// collected by member, so that a person sees all of them at once.
type object struct {
	path     string // of an object in an object: "fields.tier."
	members  map[string]json.RawMessage
	problems map[string]string // by path; shared by the objects of a body
	children []*object
}

// object reads the request body. An empty body is an empty object.
func (c *call) object() (*object, error) {
	data, err := c.body(maxJSON)
	if err != nil {
		return nil, err
	}
	o := &object{members: map[string]json.RawMessage{}, problems: map[string]string{}}
	if len(bytes.TrimSpace(data)) == 0 {
		return o, nil
	}
	if !utf8.Valid(data) {
		return nil, malformed("The request is not UTF-8 text.")
	}
	if err := checkDepth(data); err != nil {
		return nil, err
	}
	return o, o.read(json.NewDecoder(bytes.NewReader(data)))
}

// read takes one object and nothing after it. Names given twice are problems:
// programs disagree on which one counts.
func (o *object) read(d *json.Decoder) error {
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return malformed("The request has to be a JSON object.")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return malformed("The request is not valid JSON.")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return malformed("The request is not valid JSON.")
		}
		key := name.(string)
		if _, twice := o.members[key]; twice {
			o.reject(key, "is given twice")
		}
		o.members[key] = value
	}
	if _, err := d.Token(); err != nil {
		return malformed("The request is not valid JSON.")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed("Something follows the JSON object of the request.")
	}
	return nil
}

// text returns a member that is a string, or null for blank. given is false when
// it is absent.
func (o *object) text(name string) (value string, given bool) {
	var p *string
	given = o.take(name, &p, "has to be text or null")
	if p != nil {
		value = *p
	}
	return value, given
}

// flag returns a member that is true or false; absent is false.
func (o *object) flag(name string) bool {
	var value bool
	o.take(name, &value, "has to be true or false")
	return value
}

// has reports whether a member is given and was not asked for yet.
func (o *object) has(name string) bool {
	_, given := o.members[name]
	return given
}

// choice returns a member that is true or false, or nil when it is absent.
func (o *object) choice(name string) *bool {
	var p *bool
	o.take(name, &p, "has to be true or false")
	return p
}

// number returns a member that is a whole number, or nil when it is absent.
func (o *object) number(name string) *int64 {
	var p *int64
	o.take(name, &p, "has to be a whole number")
	return p
}

// count returns a member that is a whole number above zero, or 0 when it is null or
// absent.
func (o *object) count(name string) int {
	const problem = "has to be a whole number above zero, or null"
	var p *int
	if o.take(name, &p, problem); p == nil {
		return 0
	}
	if *p <= 0 {
		o.reject(name, problem)
	}
	return *p
}

func (o *object) take(name string, into any, problem string) bool {
	raw, given := o.members[name]
	if !given {
		return false
	}
	delete(o.members, name)
	if err := json.Unmarshal(raw, into); err != nil {
		o.reject(name, problem)
	}
	return true
}

// object returns a member that is an object; nil when it is null or absent.
func (o *object) object(name string) *object {
	raw, given := o.members[name]
	delete(o.members, name)
	if !given || string(raw) == "null" {
		return nil
	}
	child := &object{path: o.path + name + ".", members: map[string]json.RawMessage{}, problems: o.problems}
	if child.read(json.NewDecoder(bytes.NewReader(raw))) != nil {
		o.reject(name, "has to be an object or null")
		return nil
	}
	o.children = append(o.children, child)
	return child
}

// names lists the members that were not asked for yet, sorted.
func (o *object) names() []string { return slices.Sorted(maps.Keys(o.members)) }

// reject records what is wrong with a member.
func (o *object) reject(name, problem string) { o.problems[o.path+name] = problem }

// done reports every problem, members that were not asked for included.
func (o *object) done() error {
	o.rejectUnknown()
	if len(o.problems) > 0 {
		return fault.InvalidFields(o.problems)
	}
	return nil
}

func (o *object) rejectUnknown() {
	for name := range o.members {
		o.reject(name, "is not known here")
	}
	for _, child := range o.children {
		child.rejectUnknown()
	}
}

// checkDepth bounds nesting, without building anything.
func checkDepth(data []byte) error {
	depth, quoted, escaped := 0, false, false
	for _, b := range data {
		switch {
		case escaped:
			escaped = false
		case quoted && b == '\\':
			escaped = true
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return malformed("The request is nested more than %d levels deep.", maxDepth)
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return nil
}
