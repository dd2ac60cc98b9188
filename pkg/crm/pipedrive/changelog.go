package pipedrive

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
)

// change is a row of a person's changelog: a field was given another value. See
// https://developers.pipedrive.com/docs/api/v1/Persons#getPersonChangelog
type change struct {
	Key  string       `json:"field_key"`
	Old  loggedValue  `json:"old_value"`
	New  loggedValue  `json:"new_value"`
	Time changeMoment `json:"time"`
}

// changeMoment is a time in UTC, in whole seconds; zero when it cannot be read.
type changeMoment struct{ time.Time }

func (m *changeMoment) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	for _, layout := range []string{time.DateTime, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			m.Time = at.UTC()
		}
	}
	return nil
}

// changelog returns the changes of a person newest first: all since a time, and
// those before it that come in the same answers.
func (c *Client) changelog(ctx context.Context, id contact.ExternalID, since time.Time) ([]change, error) {
	var log []change
	for cursor, first := "", true; first || cursor != ""; first = false {
		query := url.Values{"limit": {strconv.Itoa(listPage)}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		rows, answer, err := call[[]change](ctx, c, transport.Request{
			Op: "pipedrive.history", Method: http.MethodGet, Path: "/api/v1/persons/" + url.PathEscape(string(id)) + "/changelog",
			Query: query, Class: classBurst, Effect: transport.Read,
		})
		if err != nil {
			return nil, err
		}
		log = append(log, rows...)
		next := answer.Additional.Next
		if next != "" && next == cursor {
			return nil, fault.New(fault.Retryable, "Pipedrive's list of a person's changes does not go on.")
		}
		cursor = next
		if reachesBefore(log, since) {
			break
		}
	}
	return newestFirst(log), nil
}

// reachesBefore reports whether what follows the log is older than since.
func reachesBefore(log []change, since time.Time) bool {
	if len(log) == 0 || log[len(log)-1].Time.IsZero() {
		return false
	}
	first, last := log[0].Time, log[len(log)-1].Time
	return last.Before(since.Truncate(time.Second)) && last.Before(first.Time)
}

// newestFirst orders the log. Changes of one second stay in the order they came
// in, which Pipedrive shows newest first but does not promise.
func newestFirst(log []change) []change {
	if n := len(log); n > 0 && log[0].Time.Before(log[n-1].Time.Time) {
		slices.Reverse(log)
	}
	slices.SortStableFunc(log, func(a, b change) int { return b.Time.Compare(a.Time.Time) })
	return log
}

// loggedValue is a value in the changelog as it came: null, text, a number, an
// object with a value, or a list of those.
type loggedValue json.RawMessage

func (v *loggedValue) UnmarshalJSON(data []byte) error {
	*v = slices.Clone(data)
	return nil
}

// text returns the value of a field that holds one.
func (v loggedValue) text() (string, bool) {
	if len(v) == 0 {
		return "", true
	}
	var value looseValue
	if v[0] == '[' || json.Unmarshal(v, &value) != nil {
		return "", false
	}
	return string(value), true
}

// primary returns the primary value of a list of addresses or numbers. A text that
// joins several does not tell which one that is.
func (v loggedValue) primary() (string, bool) {
	list := []byte(v)
	if text, ok := v.text(); ok {
		if !strings.HasPrefix(text, "[") {
			return text, !strings.ContainsAny(text, ",;")
		}
		list = []byte(text)
	}
	var items channels
	if json.Unmarshal(list, &items) != nil {
		return "", false
	}
	return items.value(), true
}
