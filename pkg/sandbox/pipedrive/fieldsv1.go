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

// numberedField returns the active field of a v1 id, or nil.
func (s *Server) numberedField(id int64) *field {
	for _, f := range s.fields.active() {
		if f.num == id {
			return f
		}
	}
	return nil
}

func (s *Server) pathFieldV1(c *call) (*field, error) {
	id, err := c.id()
	if err != nil {
		return nil, err
	}
	f := s.numberedField(id)
	if f == nil {
		return nil, refuse(http.StatusNotFound, "", "Field not found")
	}
	return f, nil
}

func (s *Server) getFieldV1(c *call) (answer, error) {
	f, err := s.pathFieldV1(c)
	if err != nil {
		return answer{}, err
	}
	return answer{data: showFieldV1(f)}, nil
}

// ownFieldV1 returns a field that may be changed.
func (s *Server) ownFieldV1(c *call) (*field, error) {
	f, err := s.pathFieldV1(c)
	switch {
	case err != nil:
		return nil, err
	case s.knobs.RegularUser:
		return nil, noPermission()
	case !f.isOwn:
		return nil, refuse(http.StatusForbidden, "", "Field cannot be changed")
	}
	return f, nil
}

// putFieldV1 changes the name; options have paths of their own in v2.
func (s *Server) putFieldV1(c *call) (answer, error) {
	old, err := s.ownFieldV1(c)
	if err != nil {
		return answer{}, err
	}
	in := &input{props: c.body}
	f := *old
	if name := readFieldName(in, "name", false); name != "" {
		f.name, f.updated = name, s.now
	}
	if in.err != nil {
		return answer{}, in.err
	}
	s.fields.replace(&f)
	return answer{data: showFieldV1(&f)}, nil
}

func (s *Server) deleteFieldV1(c *call) (answer, error) {
	f, err := s.ownFieldV1(c)
	if err != nil {
		return answer{}, err
	}
	s.dropField(f)
	return answer{data: idOnly{f.num}}, nil
}

// deleteFieldsV1 deletes several by id, and tells which ones it did.
func (s *Server) deleteFieldsV1(c *call) (answer, error) {
	if s.knobs.RegularUser {
		return answer{}, noPermission()
	}
	q := query{values: c.query.values}
	gone := []int64{}
	for _, id := range q.ids("ids", maxIDs) {
		if f := s.numberedField(id); f != nil && f.isOwn {
			s.dropField(f)
			gone = append(gone, id)
		}
	}
	if q.err != nil || !q.has("ids") {
		return answer{}, refuse(http.StatusBadRequest, "", "ids must be given")
	}
	return answer{data: map[string]any{"id": gone}}, nil
}

// dropField deletes a field; its values are gone with it.
func (s *Server) dropField(old *field) *field {
	f := *old
	f.deleted, f.updated = true, s.now
	s.fields.replace(&f)
	return &f
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
