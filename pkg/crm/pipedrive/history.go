package pipedrive

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// The changelog calls fields as version 1 of the API does, or as version 2.
var (
	emailKeys = []string{"email", "emails"}
	phoneKeys = []string{"phone", "phones"}
)

const (
	nameKey      = "name"
	firstNameKey = "first_name"
	lastNameKey  = "last_name"
)

// History implements [sync.CRM] over the changelog, which costs as much as 20 reads.
func (c *Client) History(ctx context.Context, id contact.ExternalID, fields []contact.Field, since time.Time) (map[contact.Field][]sync.Revision, error) {
	log, err := c.changelog(ctx, id, since)
	if err != nil {
		return nil, err
	}
	history := make(map[contact.Field][]sync.Revision, len(fields))
	for _, field := range fields {
		if steps, ok := c.mapping.steps(log, field); ok {
			history[field] = revisions(steps, since)
		}
	}
	return history, nil
}

// step is a change of a field in our words.
type step struct {
	before, after string
	at            time.Time
}

// steps returns the changes of a field newest first, or not ok when the log does
// not tell them.
func (m mapping) steps(log []change, field contact.Field) ([]step, bool) {
	switch {
	case native[field] && !m.native[field]:
		return nil, false
	case field == contact.Email:
		return stepsOf(log, emailKeys, loggedValue.primary)
	case field == contact.Phone:
		return stepsOf(log, phoneKeys, loggedValue.primary)
	case field == contact.FirstName, field == contact.LastName:
		return nameSteps(log, field)
	}
	code := m.custom[field]
	if field == contact.SyncKey {
		code = m.key
	}
	if code == "" {
		return nil, false
	}
	return stepsOf(log, []string{code}, loggedValue.text)
}

// stepsOf leaves out what changes nothing in our words, such as another address
// beside the primary one.
func stepsOf(log []change, keys []string, decode func(loggedValue) (string, bool)) ([]step, bool) {
	var steps []step
	for _, row := range log {
		if !slices.Contains(keys, row.Key) {
			continue
		}
		before, known := decode(row.Old)
		after, told := decode(row.New)
		if !known || !told || row.Time.IsZero() {
			return nil, false
		}
		if before != after {
			steps = append(steps, step{before, after, row.Time.Time})
		}
	}
	return steps, true
}

// nameSteps returns the changes of one of the names. Names that stand for missing
// ones are blank, as in a record. A whole name that changed without its parts does
// not tell them.
func nameSteps(log []change, field contact.Field) ([]step, bool) {
	key := lastNameKey
	if field == contact.FirstName {
		key = firstNameKey
	}
	standIns := map[string]bool{}
	for _, row := range log {
		if row.Key != nameKey {
			continue
		}
		told := slices.ContainsFunc(log, func(part change) bool {
			return part.Time.Equal(row.Time.Time) && (part.Key == firstNameKey || part.Key == lastNameKey)
		})
		for _, value := range []loggedValue{row.Old, row.New} {
			name, ok := value.text()
			if name = strings.TrimSpace(name); ok && isPlaceholder(name) {
				first, last, _ := strings.Cut(name, " ")
				standIns[name], standIns[first], standIns[last] = true, true, true
			} else if !told {
				return nil, false
			}
		}
	}
	return stepsOf(log, []string{key}, func(v loggedValue) (string, bool) {
		name, ok := v.text()
		if standIns[name] {
			name = ""
		}
		return name, ok
	})
}

// revisions returns what the steps since a time led to, and last the value before.
func revisions(steps []step, since time.Time) []sync.Revision {
	var list []sync.Revision
	for i, s := range steps {
		if s.at.Before(since.Truncate(time.Second)) {
			break
		}
		list = append(list, sync.Revision{Value: s.after, At: s.at})
		oldest := i == len(steps)-1 || steps[i+1].at.Before(since.Truncate(time.Second))
		if oldest {
			base := sync.Revision{Value: s.before}
			if i < len(steps)-1 {
				base.At = steps[i+1].at
			}
			list = append(list, base)
		}
	}
	return list
}
