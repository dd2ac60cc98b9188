package pipedrive

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strconv"
	"time"
)

// cursor marks the last row of a page: the sort field's value and the id.
type cursor struct {
	Field         string          `json:"field"`
	FieldValue    json.RawMessage `json:"fieldValue"`
	SortDirection string          `json:"sortDirection"`
	ID            int64           `json:"id"`
}

const (
	ascending  = "asc"
	descending = "desc"
)

var cursorEncoding = base64.RawURLEncoding

func encodeCursor(field, direction string, last key) string {
	value := json.RawMessage(strconv.FormatInt(last.id, 10))
	if field != "id" {
		value = json.RawMessage(strconv.Quote(stamp(time.Unix(last.at, 0))))
	}
	return encodeMark(cursor{Field: field, FieldValue: value, SortDirection: direction, ID: last.id})
}

func encodeMark(mark any) string {
	data, err := json.Marshal(mark)
	if err != nil {
		panic(err) // marks are built from numbers and strings only
	}
	return cursorEncoding.EncodeToString(data)
}

// decodeCursor reads a cursor of a list that is sorted so; another order's cursor
// is as wrong as a malformed one.
func decodeCursor(text, field, direction string) (key, error) {
	var c cursor
	data, err := cursorEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(data, &c) != nil {
		return key{}, invalid("cursor: invalid cursor")
	}
	if c.Field != field || c.SortDirection != direction {
		return key{}, invalid("cursor: does not belong to sort_by=%s and sort_direction=%s", field, direction)
	}
	if field == "id" {
		return key{id: c.ID}, nil
	}
	var at time.Time
	if json.Unmarshal(c.FieldValue, &at) != nil {
		return key{}, invalid("cursor: invalid cursor")
	}
	return key{at: at.Unix(), id: c.ID}, nil
}

// beyond is where the page after last begins.
func beyond(last key, direction string) key {
	if direction == descending {
		return key{at: last.at, id: last.id - 1}
	}
	return key{at: last.at, id: last.id + 1}
}

var (
	firstKey = key{at: math.MinInt64}
	lastKey  = key{at: math.MaxInt64, id: math.MaxInt64}
)

type offsetMark struct {
	Offset int `json:"offset"`
}

func decodeOffset(text string) (int, error) {
	var mark offsetMark
	data, err := cursorEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(data, &mark) != nil || mark.Offset < 0 {
		return 0, invalid("cursor: invalid cursor")
	}
	return mark.Offset, nil
}

// stamp is a time as v2 shows it, dated as v1 does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

func dated(t time.Time) string { return t.UTC().Format(time.DateTime) }
