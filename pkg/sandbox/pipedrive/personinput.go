package pipedrive

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

var (
	writable = []string{
		"name", "first_name", "last_name", "owner_id", "org_id", "emails", "phones", "visible_to", "label_ids", "custom_fields",
	}
	contactSyncOnly = []string{"notes", "im", "birthday", "job_title", "postal_address"}
	campaignsOnly   = []string{"marketing_status"}
)

// readPerson reads the body of a create or an update into a change.
func (s *Server) readPerson(body map[string]json.RawMessage, creating bool) (change, error) {
	in := &input{props: body}
	if !s.knobs.LenientBodies {
		known := slices.Concat(writable, contactSyncOnly, campaignsOnly)
		if creating {
			known = append(known, "add_time")
		}
		in.only(known...)
	}
	c := change{
		name:   s.readName(in, creating),
		emails: readPoints(in, "emails"),
		phones: readPoints(in, "phones"),
		labels: s.readLabels(in),
		custom: s.readCustom(in),
		extras: s.readExtras(in),
	}
	if s.knobs.EmptyList400 {
		refuseEmpty(in, "emails", c.emails)
		refuseEmpty(in, "phones", c.phones)
	}
	s.readRelations(in, &c)
	if at, ok := in.instant("add_time"); ok && creating {
		c.added = new(at.Truncate(time.Second))
	}
	return c, in.err
}

// readName follows the documented rule: either name, or both first_name and
// last_name, of which one may be empty.
func (s *Server) readName(in *input, creating bool) *fullName {
	hasFirst, hasLast := in.has("first_name"), in.has("last_name")
	switch {
	case in.has("name") && (hasFirst || hasLast) && s.knobs.NameTogether400:
		in.complain("name: not allowed together with first_name and last_name")
	case in.has("name"):
		name, _ := in.text("name")
		return checkName(in, splitName(name))
	case hasFirst && hasLast:
		first, _ := in.text("first_name")
		last, _ := in.text("last_name")
		return checkName(in, joinName(first, last))
	case hasFirst || hasLast:
		in.complain("either name or both first_name and last_name must be provided")
	case creating:
		return checkName(in, fullName{})
	}
	return nil
}

func checkName(in *input, name fullName) *fullName {
	if name.full == "" {
		in.fail(refuse(http.StatusBadRequest, codeSchema, "Name must be given."))
	}
	if utf8.RuneCountInString(name.full) > maxVarchar {
		in.complain("name: must be at most %d characters long", maxVarchar)
	}
	return &name
}

func readPoints(in *input, name string) []contactPoint {
	if !in.has(name) {
		return nil
	}
	points := []contactPoint{}
	primaries := 0
	for _, props := range in.objects(name) {
		item := &input{props: props}
		item.only("value", "primary", "label")
		value, ok := item.text("value")
		if !ok {
			item.complain("value: is required")
		}
		label, _ := item.text("label")
		primary := false
		if raw, given := props["primary"]; given {
			if primary, ok = asFlag(raw); !ok {
				item.complain("primary: must be true or false")
			}
		}
		if primary {
			primaries++
		}
		if item.err != nil {
			in.complain("%s: %s", name, item.err.(*refusal).text)
		}
		points = append(points, contactPoint{Value: value, Primary: primary, Label: label})
	}
	if primaries > 1 {
		in.complain("%s: only one item can be primary", name)
	}
	return points
}

func refuseEmpty(in *input, name string, points []contactPoint) {
	if points != nil && len(points) == 0 {
		in.complain("%s: must contain at least 1 item", name)
	}
}

func (s *Server) readLabels(in *input) []int64 {
	labels := in.integers("label_ids")
	for _, id := range labels {
		if s.fields.labels().option(id) == nil {
			in.complain("label_ids: %d is not a label", id)
		}
	}
	return labels
}

func (s *Server) readCustom(in *input) map[string]any {
	props := in.object("custom_fields")
	values := make(map[string]any, len(props))
	if in.has("custom_fields") && len(props) == 0 && s.knobs.EmptyCustomClears {
		for _, f := range s.fields.customs() {
			values[f.code] = nil
		}
	}
	for _, code := range sortedKeys(props) {
		f := s.fields.custom(code)
		if f == nil {
			in.complain("custom_fields.%s: unknown field", code)
			continue
		}
		value, err := f.accept(props[code], s.knobs.TruncateLong)
		if err != nil {
			in.fail(err)
		}
		values[code] = value
	}
	return values
}

func (s *Server) readRelations(in *input, c *change) {
	if owner, ok := in.integer("owner_id"); ok {
		if s.user(owner) == nil {
			in.complain("owner_id: user %d does not exist", owner)
		}
		c.owner = &owner
	}
	if raw, ok := in.props["org_id"]; ok && isNull(raw) {
		c.org = new((*int64)(nil))
	} else if org, ok := in.integer("org_id"); ok {
		c.org = new(&org)
	}
	if visible, ok := in.integer("visible_to"); ok {
		if !s.knobs.visibleTo(visible) {
			in.complain("visible_to: %d is not available", visible)
		}
		c.visible = &visible
	}
}

// readExtras reads what only accounts with Contact Sync have; others get a 403.
func (s *Server) readExtras(in *input) map[string]any {
	values := map[string]any{}
	for _, name := range slices.Concat(contactSyncOnly, campaignsOnly) {
		raw, ok := in.props[name]
		if !ok {
			continue
		}
		if !s.knobs.ContactSync || slices.Contains(campaignsOnly, name) {
			in.fail(refuse(http.StatusForbidden, "", "The field "+name+" is not available for this account"))
			return nil
		}
		if isNull(raw) {
			values[name] = nil
			continue
		}
		values[name] = readExtra(in, name, raw)
	}
	return values
}

func readExtra(in *input, name string, raw json.RawMessage) any {
	switch name {
	case "im":
		return readPoints(in, name)
	case "postal_address":
		address := field{code: name, kind: "address"}
		value, err := address.acceptCompound(raw)
		if err != nil {
			in.fail(err)
		}
		return value
	}
	text, _ := in.text(name)
	if name == "notes" && utf8.RuneCountInString(text) > maxNotes {
		in.complain("notes: must be at most %d characters long", maxNotes)
	}
	return text
}
