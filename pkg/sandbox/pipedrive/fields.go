package pipedrive

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// field is the definition of a person field. A stored field is never changed: a
// write stores another one in its place.
type field struct {
	num     int64 // the id that v1 shows
	code    string
	name    string
	kind    string
	options []option
	isOwn   bool // a custom field
	add     bool // ui_visibility add_visible_flag
	details bool // ui_visibility details_visible_flag
	added   time.Time
	updated time.Time
	deleted bool
}

type option struct {
	ID    int64  `json:"id"`
	Label string `json:"label"`
	Color string `json:"color,omitempty"`
}

func (f *field) option(id int64) *option {
	if i := slices.IndexFunc(f.options, func(o option) bool { return o.ID == id }); i >= 0 {
		return &f.options[i]
	}
	return nil
}

// catalogue holds every field ever defined, in order of creation.
type catalogue struct {
	seed       string // makes the codes of this account differ from another's
	all        []*field
	own        []*field // the active custom fields
	nextNum    int64
	nextOption int64
}

func newCatalogue(company int64, now time.Time) *catalogue {
	c := &catalogue{seed: fmt.Sprintf("person-field/%d", company), nextNum: 9001, nextOption: 11}
	for _, system := range systemFields {
		f := system
		f.num, f.added, f.updated, f.add, f.details = c.nextNum, now, now, true, true
		c.nextNum++
		c.all = append(c.all, &f)
	}
	return c
}

const labelField = "label_ids"

var systemFields = []field{
	{code: "id", name: "ID", kind: "int"},
	{code: "name", name: "Name", kind: "varchar"},
	{code: "first_name", name: "First name", kind: "varchar"},
	{code: "last_name", name: "Last name", kind: "varchar"},
	{code: labelField, name: "Labels", kind: "set", options: []option{
		{1, "Customer", "green"}, {2, "Hot lead", "red"}, {3, "Warm lead", "yellow"}, {4, "Cold lead", "blue"},
	}},
	{code: "phone", name: "Phone", kind: "phone"},
	{code: "email", name: "Email", kind: "varchar"},
	{code: "org_id", name: "Organization", kind: "org"},
	{code: "owner_id", name: "Owner", kind: "user"},
	{code: "visible_to", name: "Visible to", kind: "visible_to"},
	{code: "add_time", name: "Person created", kind: "date"},
	{code: "update_time", name: "Update time", kind: "date"},
	{code: "picture_id", name: "Profile picture", kind: "picture"},
}

// define adds a custom field. Its code depends on the account and on how many
// fields were defined before, so that a test sees the same codes in every run.
func (c *catalogue) define(name, kind string, labels []string, now time.Time) *field {
	sum := sha1.Sum(fmt.Appendf(nil, "%s/%d", c.seed, c.nextNum))
	f := &field{
		num: c.nextNum, code: hex.EncodeToString(sum[:]), name: name, kind: kind, isOwn: true, details: true,
		options: c.numbered(labels), added: now, updated: now,
	}
	c.nextNum++
	c.all = append(c.all, f)
	c.own = append(slices.Clip(c.own), f)
	return f
}

func (c *catalogue) numbered(labels []string) []option {
	options := make([]option, 0, len(labels))
	for _, label := range labels {
		options = append(options, option{ID: c.nextOption, Label: label})
		c.nextOption++
	}
	return options
}

// replace stores a changed definition in place of the one with its number.
func (c *catalogue) replace(f *field) {
	i := slices.IndexFunc(c.all, func(old *field) bool { return old.num == f.num })
	c.all[i] = f
	c.own = slices.DeleteFunc(slices.Clone(c.all), func(f *field) bool { return f.deleted || !f.isOwn })
}

// active returns the fields that are not deleted, in order of creation.
func (c *catalogue) active() []*field {
	return slices.DeleteFunc(slices.Clone(c.all), func(f *field) bool { return f.deleted })
}

// customs returns the active custom fields, in order of creation. The slice is the
// catalogue's; it is replaced and never changed.
func (c *catalogue) customs() []*field { return c.own }

// find returns the active field of that code, or nil.
func (c *catalogue) find(code string) *field {
	for _, f := range c.all {
		if f.code == code && !f.deleted {
			return f
		}
	}
	return nil
}

func (c *catalogue) custom(code string) *field {
	if f := c.find(code); f != nil && f.isOwn {
		return f
	}
	return nil
}

func (c *catalogue) labels() *field { return c.find(labelField) }

// columnKey is the name under which a person edits a custom field: the field's
// name, or its code when an earlier field has the same name.
func (c *catalogue) columnKey(f *field) string {
	for _, other := range c.customs() {
		if other.name == f.name {
			if other != f {
				return f.code
			}
			break
		}
	}
	if slices.Contains(plainColumns, f.name) {
		return f.code
	}
	return f.name
}

// byColumn returns the custom field of a column key or a code, or nil.
func (c *catalogue) byColumn(name string) *field {
	for _, f := range c.customs() {
		if f.name == name || f.code == name {
			return f
		}
	}
	return nil
}
