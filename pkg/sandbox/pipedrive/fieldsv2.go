package pipedrive

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxFieldName = 255
	maxOptions   = 10_000
	capCode      = "feature_capping_custom_fields_limit"
)

type fieldV2 struct {
	Name        string         `json:"field_name"`
	Code        string         `json:"field_code"`
	Description *string        `json:"description"`
	Type        string         `json:"field_type"`
	Options     []optionV2     `json:"options"`
	Subfields   []subfield     `json:"subfields"`
	IsCustom    bool           `json:"is_custom_field"`
	IsOptional  bool           `json:"is_optional_response_field"`
	Visibility  map[string]any `json:"ui_visibility,omitempty"`
	Important   map[string]any `json:"important_fields,omitempty"`
	Required    map[string]any `json:"required_fields,omitempty"`
}

type optionV2 struct {
	option
	AddTime    string `json:"add_time"`
	UpdateTime string `json:"update_time"`
}

type subfield struct {
	Code string `json:"field_code"`
	Name string `json:"field_name"`
	Type string `json:"field_type"`
}

// showField shows a field; include names the optional parts.
func showField(f *field, include ...string) fieldV2 {
	shown := fieldV2{Name: f.name, Code: f.code, Type: f.kind, IsCustom: f.isOwn, Options: showOptions(f, f.options)}
	for _, name := range compound[f.kind] {
		kind := "varchar"
		if f.kind == "monetary" && name == "value" {
			kind = "double"
		}
		shown.Subfields = append(shown.Subfields, subfield{Code: name, Name: f.name + " " + name, Type: kind})
	}
	for _, name := range include {
		switch name {
		case "ui_visibility":
			shown.Visibility = map[string]any{"add_visible_flag": f.add, "details_visible_flag": f.details}
		case "important_fields":
			shown.Important = map[string]any{"enabled": false, "stage_ids": []int64{}}
		case "required_fields":
			shown.Required = map[string]any{"enabled": false, "stage_ids": []int64{}, "statuses": map[string]any{}}
		}
	}
	return shown
}

func showOptions(f *field, options []option) (shown []optionV2) {
	for _, o := range options {
		shown = append(shown, optionV2{option: o, AddTime: stamp(f.added), UpdateTime: stamp(f.updated)})
	}
	return shown
}

var fieldParts = []string{"ui_visibility", "important_fields", "required_fields"}

func (s *Server) listFields(c *call) (answer, error) {
	q := &c.query
	q.only("limit", "cursor", "include_fields")
	limit := q.limit(maxPage, s.knobs.ClampLimit)
	include := q.list("include_fields", len(fieldParts), fieldParts...)
	after := key{}
	if q.has("cursor") && q.err == nil {
		after, q.err = decodeCursor(q.values.Get("cursor"), "id", ascending)
	}
	if q.err != nil {
		return answer{}, q.err
	}
	var next nextCursor
	page := []fieldV2{}
	last := after
	for _, f := range s.fields.active() {
		if f.num <= after.id {
			continue
		}
		if len(page) == limit {
			next.NextCursor = new(encodeCursor("id", ascending, last))
			break
		}
		page, last = append(page, showField(f, include...)), key{id: f.num}
	}
	return answer{data: page, additional: next}, nil
}

// pathField returns the active field of the path.
func (s *Server) pathField(c *call) (*field, error) {
	f := s.fields.find(c.PathValue("field_code"))
	if f == nil {
		return nil, notFound()
	}
	return f, nil
}

// changeable returns the custom field of the path if the caller may change it.
func (s *Server) changeable(c *call) (*field, error) {
	if c.query.only(); c.query.err != nil {
		return nil, c.query.err
	}
	f, err := s.pathField(c)
	switch {
	case err != nil:
		return nil, err
	case s.knobs.RegularUser || !f.isOwn:
		return nil, noPermission()
	}
	return f, nil
}

func (s *Server) getField(c *call) (answer, error) {
	q := &c.query
	q.only("include_fields")
	include := q.list("include_fields", len(fieldParts), fieldParts...)
	if q.err != nil {
		return answer{}, q.err
	}
	f, err := s.pathField(c)
	if err != nil {
		return answer{}, err
	}
	return answer{data: showField(f, include...)}, nil
}

func (s *Server) postField(c *call) (answer, error) {
	if c.query.only(); c.query.err != nil {
		return answer{}, c.query.err
	}
	in := &input{props: c.body}
	in.only("field_name", "field_type", "options", "ui_visibility", "important_fields", "required_fields")
	name := readFieldName(in, "field_name", true)
	kind := readFieldType(in)
	labels := readOptionLabels(in, kind)
	add, details := readVisibility(in, false, true)
	if in.err != nil {
		return answer{}, in.err
	}
	if err := s.mayDefine(); err != nil {
		return answer{}, err
	}
	f := *s.fields.define(name, kind, labels, s.now)
	f.add, f.details = add, details
	s.fields.replace(&f)
	return answer{data: showField(&f, "ui_visibility")}, nil
}

// mayDefine applies the user's rights and the plan's cap.
func (s *Server) mayDefine() error {
	if s.knobs.RegularUser {
		return noPermission()
	}
	if most := s.knobs.CustomFieldCap; most > 0 && len(s.fields.customs()) >= most {
		return refuse(http.StatusForbidden, capCode, "Custom fields limit reached for the current plan")
	}
	return nil
}

func readFieldName(in *input, property string, required bool) string {
	name, given := in.text(property)
	name = strings.TrimSpace(name)
	switch {
	case given && name == "" || !given && required:
		in.complain("%s: is required", property)
	case utf8.RuneCountInString(name) > maxFieldName:
		in.complain("%s: must be at most %d characters long", property, maxFieldName)
	}
	return name
}

func readFieldType(in *input) string {
	kind, _ := in.text("field_type")
	if !slices.Contains(creatable, kind) {
		in.complain("field_type: must be one of %s", strings.Join(creatable, ", "))
	}
	return kind
}

func readOptionLabels(in *input, kind string) []string {
	chosen := kind == "enum" || kind == "set"
	if chosen != in.has("options") {
		if chosen {
			in.complain("options: are required for %s", kind)
		} else {
			in.complain("options: not allowed for %s", kind)
		}
		return nil
	}
	labels := make([]string, 0, len(in.objects("options")))
	for _, props := range in.objects("options") {
		labels = append(labels, readLabel(in, props))
	}
	if chosen && len(labels) == 0 {
		in.complain("options: at least one is required")
	}
	if len(labels) > maxOptions {
		in.complain("options: at most %d are allowed", maxOptions)
	}
	return labels
}

func readLabel(in *input, props map[string]json.RawMessage) string {
	item := &input{props: props}
	label := readFieldName(item, "label", true)
	if item.err != nil {
		in.fail(item.err)
	}
	return label
}

func readVisibility(in *input, add, details bool) (bool, bool) {
	visibility := in.object("ui_visibility")
	for name, target := range map[string]*bool{"add_visible_flag": &add, "details_visible_flag": &details} {
		raw, ok := visibility[name]
		if !ok {
			continue
		}
		if *target, ok = asFlag(raw); !ok {
			in.complain("ui_visibility.%s: must be true or false", name)
		}
	}
	return add, details
}

func (s *Server) patchField(c *call) (answer, error) {
	old, err := s.changeable(c)
	if err != nil {
		return answer{}, err
	}
	in := &input{props: c.body}
	in.only("field_name", "ui_visibility", "important_fields", "required_fields")
	f := *old
	if name := readFieldName(in, "field_name", false); name != "" {
		f.name = name
	}
	f.add, f.details = readVisibility(in, f.add, f.details)
	if in.err != nil {
		return answer{}, in.err
	}
	f.updated = s.now
	s.fields.replace(&f)
	return answer{data: showField(&f, "ui_visibility")}, nil
}

func (s *Server) deleteField(c *call) (answer, error) {
	old, err := s.changeable(c)
	if err != nil {
		return answer{}, err
	}
	return answer{data: showField(s.dropField(old))}, nil
}
