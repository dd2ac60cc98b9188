package pipedrive

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

const personsPath = "/api/v2/persons"

// List implements [sync.CRM] in order of id, so that persons that are added or
// changed while it is walked shift nothing.
func (c *Client) List(ctx context.Context, cursor string) (sync.Page, error) {
	return c.list(ctx, "pipedrive.list", cursor, url.Values{"sort_by": {"id"}})
}

// ListChanged implements [sync.CRM] with whole records. A person that changes while
// the list is walked moves to its end and comes again.
func (c *Client) ListChanged(ctx context.Context, since time.Time, cursor string) (sync.Page, error) {
	return c.list(ctx, "pipedrive.list_changed", cursor, url.Values{
		"sort_by": {"update_time"},
		// Fractions of a second are refused.
		"updated_since": {since.UTC().Truncate(time.Second).Format(time.RFC3339)},
	})
}

func (c *Client) list(ctx context.Context, op, cursor string, query url.Values) (sync.Page, error) {
	query.Set("sort_direction", "asc")
	query.Set("limit", strconv.Itoa(listPage))
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	persons, answer, err := call[[]person](ctx, c, transport.Request{
		Op: op, Method: http.MethodGet, Path: personsPath, Query: query,
		Class: classBurst, Effect: transport.Read,
	})
	if err != nil {
		return sync.Page{}, err
	}
	page := sync.Page{Next: answer.Additional.Next, Records: make([]*sync.Record, 0, len(persons))}
	if page.Next != "" && page.Next == cursor {
		return sync.Page{}, fault.New(fault.Retryable, "Pipedrive's list of persons does not go on.")
	}
	for i := range persons {
		if !persons[i].Deleted {
			page.Records = append(page.Records, c.mapping.record(&persons[i]))
		}
	}
	return page, nil
}

// Read implements [sync.CRM]. A list of ids leaves out those that are deleted and
// those the token's user may not see, so that a missing one is asked for by itself. No history comes with it: see
// [Client.History].
func (c *Client) Read(ctx context.Context, ids []contact.ExternalID, _ []contact.Field) map[contact.ExternalID]sync.Reading {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	readings := make([]sync.Reading, len(ids))
	batches := (len(ids) + readSize - 1) / readSize
	c.parallel(batches, func(n int) {
		from, to := n*readSize, min((n+1)*readSize, len(ids))
		c.readBatch(ctx, ids[from:to], readings[from:to])
	})
	result := make(map[contact.ExternalID]sync.Reading, len(ids))
	for i, id := range ids {
		result[id] = readings[i]
	}
	return result
}

func (c *Client) readBatch(ctx context.Context, ids []contact.ExternalID, readings []sync.Reading) {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	persons, _, err := call[[]person](ctx, c, transport.Request{
		Op: "pipedrive.read", Method: http.MethodGet, Path: personsPath,
		Query: url.Values{"ids": {strings.Join(texts, ",")}, "limit": {strconv.Itoa(readSize)}},
		Class: classBurst, Effect: transport.Read,
	})
	if err != nil && !(fault.Is(err, fault.Invalid) && len(ids) > 1) { // one bad id spoils the batch
		for i := range readings {
			readings[i].Err = err
		}
		return
	}
	byID := make(map[contact.ExternalID]*person, len(persons))
	for i := range persons {
		byID[contact.ExternalID(persons[i].ID.String())] = &persons[i]
	}
	var open []int
	for i, id := range ids {
		switch p := byID[id]; {
		case p == nil:
			open = append(open, i)
		case !p.Deleted:
			readings[i].Record = c.mapping.record(p)
		}
	}
	c.parallel(len(open), func(n int) { readings[open[n]] = c.readOne(ctx, ids[open[n]]) })
}

func (c *Client) readOne(ctx context.Context, id contact.ExternalID) sync.Reading {
	p, _, err := call[person](ctx, c, transport.Request{
		Op: "pipedrive.get", Method: http.MethodGet, Path: personPath(id),
		Class: classBurst, Effect: transport.Read,
	})
	switch {
	case fault.Is(err, fault.NotFound):
		return sync.Reading{}
	case err != nil:
		return sync.Reading{Err: err}
	case p.Deleted:
		return sync.Reading{}
	}
	return sync.Reading{Record: c.mapping.record(&p)}
}

func personPath(id contact.ExternalID) string {
	return personsPath + "/" + url.PathEscape(string(id))
}

// FindByKeys implements [sync.CRM] by walking what changed since then: Pipedrive
// finds custom fields only through the search, which misses new persons.
func (c *Client) FindByKeys(ctx context.Context, keys []contact.ID, since time.Time) (map[contact.ID][]*sync.Record, error) {
	if c.mapping.key == "" {
		return nil, fault.New(fault.Unavailable, "Pipedrive has no field for the Contact Sync ID.")
	}
	wanted := make(map[contact.ID]bool, len(keys))
	for _, key := range keys {
		wanted[key] = true
	}
	found := make(map[contact.ID][]*sync.Record, len(keys))
	seen := map[contact.ExternalID]bool{}
	for cursor, first := "", true; first || cursor != ""; first = false {
		page, err := c.ListChanged(ctx, since, cursor)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			if wanted[r.Key] && !seen[r.ID] {
				seen[r.ID] = true
				found[r.Key] = append(found[r.Key], r)
			}
		}
		cursor = page.Next
	}
	return found, nil
}
