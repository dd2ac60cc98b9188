package pipedrive

import (
	"maps"
	"reflect"
	"slices"
)

// The option endpoints take a bare JSON array and act on all of it or on nothing.

func (s *Server) postOptions(c *call) (answer, error) {
	return s.changeOptions(c, func(f *field, in *input, items []optionItem) []option {
		labels := make([]string, 0, len(items))
		for _, item := range items {
			if item.label == "" {
				in.complain("label: is required")
			}
			labels = append(labels, item.label)
		}
		if len(f.options)+len(labels) > maxOptions {
			in.complain("at most %d options are allowed", maxOptions)
		}
		if in.err != nil {
			return nil
		}
		added := s.fields.numbered(labels)
		f.options = slices.Concat(f.options, added)
		return added
	})
}

func (s *Server) patchOptions(c *call) (answer, error) {
	return s.changeOptions(c, func(f *field, in *input, items []optionItem) []option {
		f.options = slices.Clone(f.options)
		changed := make([]option, 0, len(items))
		for _, item := range items {
			o := f.option(item.id)
			if o == nil || item.label == "" {
				in.complain("option %d: an existing id and a label are required", item.id)
				continue
			}
			o.Label = item.label
			changed = append(changed, *o)
		}
		return changed
	})
}

func (s *Server) deleteOptions(c *call) (answer, error) {
	return s.changeOptions(c, func(f *field, in *input, items []optionItem) []option {
		removed := make([]option, 0, len(items))
		for _, item := range items {
			o := f.option(item.id)
			if o == nil {
				in.complain("option %d: does not exist", item.id)
				continue
			}
			removed = append(removed, *o)
		}
		f.options = slices.DeleteFunc(slices.Clone(f.options), func(o option) bool { return slices.Contains(removed, o) })
		return removed
	})
}

type optionItem struct {
	id    int64
	label string
}

// changeOptions applies a change to a copy of the field of the path and stores it
// when nothing was wrong. The answer shows what changed.
func (s *Server) changeOptions(c *call, apply func(*field, *input, []optionItem) []option) (answer, error) {
	old, err := s.changeable(c)
	if err != nil {
		return answer{}, err
	}
	if old.kind != "enum" && old.kind != "set" {
		return answer{}, invalid("field_type: %s has no options", old.kind)
	}
	in := &input{}
	items := readOptionItems(in, c)
	f := *old
	changed := apply(&f, in, items)
	if in.err != nil {
		return answer{}, in.err
	}
	f.updated = s.now
	s.fields.replace(&f)
	s.dropOptions(&f)
	return answer{data: showOptions(&f, changed)}, nil
}

// dropOptions takes the ids that are no longer options of f out of the persons.
func (s *Server) dropOptions(f *field) {
	for p := range maps.Values(s.people.byID) {
		value, ok := p.custom[f.code]
		if !ok {
			continue
		}
		kept := f.kept(value)
		if reflect.DeepEqual(kept, value) {
			continue
		}
		cleared := *p
		cleared.custom = merged(p.custom, map[string]any{f.code: kept})
		s.people.put(&cleared)
	}
}

// kept is a value without the ids that are no options; nil when nothing is left.
func (f *field) kept(value any) any {
	switch v := value.(type) {
	case int64:
		if f.option(v) == nil {
			return nil
		}
	case []int64:
		left := slices.DeleteFunc(slices.Clone(v), func(id int64) bool { return f.option(id) == nil })
		if len(left) == 0 {
			return nil
		}
		return left
	}
	return value
}

func readOptionItems(in *input, c *call) []optionItem {
	if len(c.items) == 0 {
		in.complain("the body must be an array with at least one option")
	}
	items := make([]optionItem, 0, len(c.items))
	for _, raw := range c.items {
		props, ok := asObject(raw)
		if !ok {
			in.complain("the body must be an array of objects")
			continue
		}
		one := &input{props: props}
		one.only("id", "label")
		id, _ := one.integer("id")
		item := optionItem{id: id, label: readFieldName(one, "label", false)}
		if one.err != nil {
			in.fail(one.err)
		}
		items = append(items, item)
	}
	return items
}
