package pipedrive

import (
	"net/http"
	"slices"
	"strings"
)

type fieldV1 struct {
	ID        int64    `json:"id"`
	Key       string   `json:"key"`
	Name      string   `json:"name"`
	Type      string   `json:"field_type"`
	Options   []option `json:"options,omitempty"`
	AddTime   string   `json:"add_time"`
	Update    string   `json:"update_time"`
	Active    bool     `json:"active_flag"`
	Edit      bool     `json:"edit_flag"`
	Add       bool     `json:"add_visible_flag"`
	Details   bool     `json:"details_visible_flag"`
	Mandatory bool     `json:"mandatory_flag"`
	IsSub     bool     `json:"is_subfield,omitempty"`
}

func showFieldV1(f *field) fieldV1 {
	return fieldV1{
		ID: f.num, Key: f.code, Name: f.name, Type: f.kind, Options: f.options, AddTime: dated(f.added), Update: dated(f.updated),
		Active: true, Edit: f.isOwn, Add: f.add, Details: f.details,
	}
}

// listFieldsV1 shows the parts of compound fields as rows of their own.
func (s *Server) listFieldsV1(c *call) (answer, error) {
	rows := []fieldV1{}
	for _, f := range s.fields.active() {
		row := showFieldV1(f)
		rows = append(rows, row)
		for _, name := range compound[f.kind] {
			if name == "value" {
				continue
			}
			sub := row
			sub.Key, sub.Name, sub.Type, sub.IsSub = f.code+"_"+name, f.name+" "+name, "varchar", true
			rows = append(rows, sub)
		}
	}
	page, pagination := paginate(c, rows)
	return answer{data: page, additional: map[string]any{"pagination": pagination}}, nil
}

func (s *Server) postFieldV1(c *call) (answer, error) {
	in := &input{props: c.body}
	name := readFieldName(in, "name", true)
	kind := readFieldType(in)
	labels := readOptionLabels(in, kind)
	add := false
	if raw, ok := c.body["add_visible_flag"]; ok {
		if add, ok = asFlag(raw); !ok {
			in.complain("add_visible_flag: must be true or false")
		}
	}
	if in.err != nil {
		text := strings.TrimPrefix(in.err.(*refusal).text, "Validation failed: ")
		return answer{}, refuse(http.StatusBadRequest, "", text)
	}
	if err := s.mayDefine(); err != nil {
		return answer{}, err
	}
	f := *s.fields.define(name, kind, labels, s.now)
	f.add = add
	s.fields.replace(&f)
	return answer{status: http.StatusCreated, data: showFieldV1(&f)}, nil
}

// pagination is how v1 lists tell where they are.
type pagination struct {
	Start int  `json:"start"`
	Limit int  `json:"limit"`
	More  bool `json:"more_items_in_collection"`
	Next  *int `json:"next_start,omitempty"`
}

// paginate cuts a page out of the rows. A v1 endpoint is lenient: what is not a
// sensible number counts as not given.
func paginate[T any](c *call, rows []T) ([]T, pagination) {
	lenient := query{values: c.query.values}
	start, limit := int(lenient.integer("start")), int(lenient.integer("limit"))
	if lenient.err != nil || start < 0 {
		start = 0
	}
	if lenient.err != nil || limit < 1 {
		limit = 100
	}
	p := pagination{Start: start, Limit: min(limit, maxPage)}
	from := min(start, len(rows))
	to := min(from+p.Limit, len(rows))
	if to < len(rows) {
		p.More, p.Next = true, &to
	}
	return slices.Clone(rows[from:to]), p
}
