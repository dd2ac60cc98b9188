package pipedrive

import (
	"encoding/json"
	"reflect"
	"strings"
)

// edit is one entry of a person's changelog.
type edit struct {
	FieldKey  string `json:"field_key"`
	OldValue  any    `json:"old_value"`
	NewValue  any    `json:"new_value"`
	ActorID   int64  `json:"actor_user_id"`
	Time      string `json:"time"`
	Source    string `json:"change_source"`
	UserAgent any    `json:"change_source_user_agent"`
	Bulk      bool   `json:"is_bulk_update_flag"`
}

// record writes the differences to the changelog and reports whether there are any.
func (s *Server) record(before, after *person, o origin) bool {
	old, now := s.personV1(before), s.personV1(after)
	changed := false
	for _, name := range sortedKeys(now) {
		value := now[name]
		if reflect.DeepEqual(old[name], value) {
			continue
		}
		changed = true
		s.people.history[after.id] = append(s.people.history[after.id], edit{
			FieldKey: name, OldValue: old[name], NewValue: value, ActorID: ownUser, Time: dated(s.now), Source: o.source,
		})
	}
	return changed
}

// listChangelog shows a person's field changes, newest first.
func (s *Server) listChangelog(c *call) (answer, error) {
	p, err := s.readable(c)
	if err != nil {
		return answer{}, err
	}
	q := query{values: c.query.values}
	limit, offset := q.limit(maxPage, true), 0
	if q.has("cursor") && q.err == nil {
		offset, q.err = decodeOffset(q.values.Get("cursor"))
	}
	if q.err != nil {
		return answer{}, q.err
	}
	history := s.people.history[p.id]
	rows := []edit{}
	for i := len(history) - 1 - offset; i >= 0 && len(rows) < limit; i-- {
		rows = append(rows, history[i].shown(s.knobs.ChangelogText))
	}
	var next nextCursor
	if seen := offset + len(rows); seen < len(history) {
		next.NextCursor = new(encodeMark(offsetMark{seen}))
	}
	return answer{data: rows, additional: next}, nil
}

// shown is the entry with its lists of addresses or numbers as the knob wants them.
func (e edit) shown(lists string) edit {
	if lists != "" && (e.FieldKey == "email" || e.FieldKey == "phone") {
		e.OldValue, e.NewValue = pointsLogged(e.OldValue, lists), pointsLogged(e.NewValue, lists)
	}
	return e
}

// pointsLogged is a list in a text: as JSON, or as its values joined.
func pointsLogged(value any, how string) any {
	data, err := json.Marshal(value)
	var points []contactPoint
	if err != nil || json.Unmarshal(data, &points) != nil {
		return value
	}
	if how == "json" {
		return string(data)
	}
	var values []string
	for _, point := range tidyPoints(points) {
		values = append(values, point.Value)
	}
	return strings.Join(values, ",")
}
