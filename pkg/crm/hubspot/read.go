package hubspot

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

// List implements [sync.CRM] over the list of contacts, which is primary and in
// order of id.
func (c *Client) List(ctx context.Context, cursor string) (sync.Page, error) {
	query := url.Values{
		"limit":      {strconv.Itoa(listPage)},
		"properties": {strings.Join(c.mapping.read, ",")},
	}
	if cursor != "" {
		query.Set("after", cursor)
	}
	var answer page
	_, err := c.api.JSON(ctx, transport.Request{
		Op: "hubspot.list", Method: http.MethodGet, Path: c.contacts, Query: query,
		Class: classGeneral, Effect: transport.Read,
	}, &answer)
	if err != nil {
		return sync.Page{}, err
	}
	if answer.Results == nil {
		return sync.Page{}, withoutResults("hubspot.list")
	}
	next := answer.Paging.Next.After
	if next != "" && next == cursor {
		return sync.Page{}, fault.New(fault.Retryable, "HubSpot's list of contacts does not go on.")
	}
	result := sync.Page{Next: next, Records: make([]*sync.Record, 0, len(answer.Results))}
	for i := range answer.Results {
		if o := &answer.Results[i]; !o.Archived && o.ID != "" {
			result.Records = append(result.Records, c.mapping.record(o))
		}
	}
	return result, nil
}

type searchBody struct {
	FilterGroups []filterGroup `json:"filterGroups"`
	Sorts        []sort        `json:"sorts"`
	Properties   []string      `json:"properties"`
	Limit        int           `json:"limit"`
}

type filterGroup struct {
	Filters []filter `json:"filters"`
}

type filter struct {
	Property string `json:"propertyName"`
	Operator string `json:"operator"`
	Value    string `json:"value"`
}

type sort struct {
	Property  string `json:"propertyName"`
	Direction string `json:"direction"`
}

// ListChanged implements [sync.CRM] by search: ids only, for the index lags behind.
// Pages follow each other by id and not by time or offset: a bulk job can give one
// time to more contacts than the 10,000 a search can page through.
func (c *Client) ListChanged(ctx context.Context, since time.Time, cursor string) (sync.Page, error) {
	filters := []filter{{propertyModified, "GTE", strconv.FormatInt(since.UnixMilli(), 10)}}
	if cursor != "" {
		filters = append(filters, filter{propertyID, "GT", cursor})
	}
	var answer page
	_, err := c.api.JSON(ctx, transport.Request{
		Op: "hubspot.list_changed", Method: http.MethodPost, Path: c.contacts + "/search",
		Body: searchBody{
			FilterGroups: []filterGroup{{filters}},
			Sorts:        []sort{{propertyID, "ASCENDING"}},
			Properties:   []string{propertyID},
			Limit:        searchPage,
		},
		Class: classSearch, Effect: transport.Read,
	}, &answer)
	if err != nil {
		return sync.Page{}, err
	}
	if answer.Results == nil {
		return sync.Page{}, withoutResults("hubspot.list_changed")
	}
	result := sync.Page{IDs: make([]contact.ExternalID, 0, len(answer.Results))}
	for i := range answer.Results {
		result.IDs = append(result.IDs, contact.ExternalID(answer.Results[i].ID))
	}
	if n := len(result.IDs); n > 0 && (answer.Paging.Next.After != "" || answer.Total > n) {
		result.Next = string(result.IDs[n-1])
		if !idLess(cursor, result.Next) {
			return sync.Page{}, fault.New(fault.Retryable, "HubSpot's search of changed contacts does not go on.")
		}
	}
	return result, nil
}

// idLess orders ids as the numbers they are.
func idLess(a, b string) bool {
	return len(a) < len(b) || len(a) == len(b) && a < b
}

// Read implements [sync.CRM]. A batch tells neither which input a result is of nor
// why one is missing. Several missing ones are looked for among the archived, which
// proves them deleted with one more call for all; what is still open is asked for
// one by one: the id of a contact that was merged away answers with the survivor.
func (c *Client) Read(ctx context.Context, ids []contact.ExternalID, history []contact.Field) map[contact.ExternalID]sync.Reading {
	ids = distinct(ids)
	sel := c.mapping.selection(history)
	readings := make([]sync.Reading, len(ids))
	c.inBatches(len(ids), c.readSize(sel), func(from, to int) {
		_ = c.readBatch(ctx, ids[from:to], sel, readings[from:to])
	})
	result := make(map[contact.ExternalID]sync.Reading, len(ids))
	for i, id := range ids {
		result[id] = readings[i]
	}
	return result
}

// readBatch sets the readings and returns the error that the whole batch met with.
func (c *Client) readBatch(ctx context.Context, ids []contact.ExternalID, sel selection, readings []sync.Reading) error {
	inputs := make([]inputID, len(ids))
	for i, id := range ids {
		inputs[i].ID = string(id)
	}
	var answer batchAnswer
	_, err := c.api.JSON(ctx, transport.Request{
		Op: "hubspot.read", Method: http.MethodPost, Path: c.contacts + "/batch/read",
		Body: struct {
			selection
			Inputs []inputID `json:"inputs"`
		}{sel, inputs},
		Class: classGeneral, Effect: transport.Read,
	}, &answer)
	switch {
	case err == nil:
	case fault.Is(err, fault.Invalid) && len(sel.History) > 0 && len(ids) > historySize:
		c.readFewer(ctx, ids, sel, readings)
		return err
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Invalid) && len(ids) > 1:
		answer = batchAnswer{} // one id spoils the batch: ask for each
	default:
		for i := range readings {
			readings[i].Err = err
		}
		return err
	}
	open := c.matchReadings(ids, sel, readings, answer.Results)
	if len(open) > 1 && err == nil {
		open = c.dropArchived(ctx, ids, open)
	}
	var steps []func()
	for _, i := range open {
		steps = append(steps, func() { readings[i] = c.readOne(ctx, ids[i], sel) })
	}
	c.parallel(steps)
	return err
}

// dropArchived returns the indexes of open whose id is not that of an archived
// contact. When that cannot be found out, all stay open.
func (c *Client) dropArchived(ctx context.Context, ids []contact.ExternalID, open []int) []int {
	inputs := make([]inputID, len(open))
	for i, j := range open {
		inputs[i].ID = string(ids[j])
	}
	var answer batchAnswer
	_, err := c.api.JSON(ctx, transport.Request{
		Op: "hubspot.read_archived", Method: http.MethodPost, Path: c.contacts + "/batch/read",
		Query: url.Values{"archived": {"true"}},
		Body:  map[string]any{"properties": []string{propertyID}, "inputs": inputs},
		Class: classGeneral, Effect: transport.Read,
	}, &answer)
	if err != nil {
		return open
	}
	archived := map[contact.ExternalID]bool{}
	for _, o := range answer.Results {
		archived[contact.ExternalID(o.ID)] = o.Archived
	}
	return slices.DeleteFunc(open, func(j int) bool { return archived[ids[j]] })
}

// matchReadings sets the readings the results answer and returns the others' indexes.
func (c *Client) matchReadings(ids []contact.ExternalID, sel selection, readings []sync.Reading, results []object) []int {
	byID := make(map[contact.ExternalID]*object, len(results))
	for i := range results {
		if !results[i].Archived {
			byID[contact.ExternalID(results[i].ID)] = &results[i]
		}
	}
	var open []int
	for i, id := range ids {
		o := byID[id]
		if o == nil {
			o = survivor(results, id)
		}
		if o == nil {
			open = append(open, i)
			continue
		}
		readings[i].Record = c.mapping.reading(o, sel)
	}
	return open
}

// survivor finds the contact that id was merged into.
func survivor(results []object, id contact.ExternalID) *object {
	for i := range results {
		if !results[i].Archived && results[i].absorbed(id) {
			return &results[i]
		}
	}
	return nil
}

func (c *Client) readOne(ctx context.Context, id contact.ExternalID, sel selection) sync.Reading {
	o, err := c.get(ctx, string(id), "", sel)
	if err != nil {
		return sync.Reading{Err: err}
	}
	if o == nil {
		return sync.Reading{}
	}
	return sync.Reading{Record: c.mapping.reading(o, sel)}
}

// get reads a contact by id, or by the value of a unique property; nil: there is none.
func (c *Client) get(ctx context.Context, id, idProperty string, sel selection) (*object, error) {
	query := url.Values{"properties": {strings.Join(sel.Properties, ",")}}
	if len(sel.History) > 0 {
		query.Set("propertiesWithHistory", strings.Join(sel.History, ","))
	}
	if idProperty != "" {
		query.Set("idProperty", idProperty)
	}
	var o object
	_, err := c.api.JSON(ctx, transport.Request{
		Op: "hubspot.get", Method: http.MethodGet, Path: c.contacts + "/" + escape(id), Query: query,
		Class: classGeneral, Effect: transport.Read,
	}, &o)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case o.ID == "": // it does not say that the contact is gone
		return nil, withoutResults("hubspot.get")
	case o.Archived:
		return nil, nil
	}
	return &o, nil
}

// escape makes a path segment in which "+" and "@" are escaped too, as HubSpot asks.
func escape(segment string) string {
	return strings.ReplaceAll(url.QueryEscape(segment), "+", "%20")
}

// FindByKeys implements [sync.CRM]. The property of the key is unique, so that the
// primary store finds the one record that can carry each.
func (c *Client) FindByKeys(ctx context.Context, keys []contact.ID, _ time.Time) (map[contact.ID][]*sync.Record, error) {
	if c.mapping.key == "" {
		return nil, fault.New(fault.Unavailable, "HubSpot has no property for the Contact Sync ID.")
	}
	found := make(map[contact.ID][]*sync.Record, len(keys))
	for batch := range slices.Chunk(distinct(keys), batchSize) {
		inputs := make([]inputID, len(batch))
		for i, key := range batch {
			inputs[i].ID = string(key)
		}
		var answer batchAnswer
		_, err := c.api.JSON(ctx, transport.Request{
			Op: "hubspot.find_by_keys", Method: http.MethodPost, Path: c.contacts + "/batch/read",
			Body:  map[string]any{"properties": c.mapping.read, "idProperty": c.mapping.key, "inputs": inputs},
			Class: classGeneral, Effect: transport.Read,
		}, &answer)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		for i := range answer.Results {
			r := c.mapping.record(&answer.Results[i])
			if slices.Contains(batch, r.Key) && !answer.Results[i].Archived {
				found[r.Key] = append(found[r.Key], r)
			}
		}
	}
	return found, nil
}

// distinct returns the values sorted, each once.
func distinct[T ~string](values []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(values)))
}
