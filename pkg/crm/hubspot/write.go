package hubspot

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// write is one row of a batch that creates or updates.
type write struct {
	creates bool
	id      contact.ExternalID // of an update
	key     contact.ID
	values  contact.Values
	current *sync.Record
	result  *sync.WriteResult
}

// Create implements [sync.CRM]. With the key's property it is an upsert by the
// key, which may be sent again; without, a plain create.
func (c *Client) Create(ctx context.Context, requests []sync.CreateRequest) []sync.WriteResult {
	results := make([]sync.WriteResult, len(requests))
	rows := make([]*write, len(requests))
	for i, r := range requests {
		rows[i] = &write{creates: true, key: r.Key, values: r.Fields, result: &results[i]}
	}
	c.write(ctx, rows)
	c.complete(ctx, rows)
	return results
}

// Update implements [sync.CRM].
func (c *Client) Update(ctx context.Context, requests []sync.UpdateRequest) []sync.WriteResult {
	results := make([]sync.WriteResult, len(requests))
	var rows []*write
	for i, r := range requests {
		row := &write{id: r.ID, key: r.Key, values: r.Fields, current: r.Current, result: &results[i]}
		if r.Current != nil && len(c.mapping.written(r.Fields, r.Key)) == 0 {
			results[i].Record = r.Current
			continue
		}
		rows = append(rows, row)
	}
	c.write(ctx, rows)
	return results
}

// Delete implements [sync.CRM]. HubSpot archives ids that are archived already, or
// never were, without complaint.
func (c *Client) Delete(ctx context.Context, ids []contact.ExternalID) []error {
	unique := distinct(ids)
	outcome := make([]error, len(unique))
	c.inBatches(len(unique), batchSize, func(from, to int) { c.archive(ctx, unique[from:to], outcome[from:to]) })
	errs := make([]error, len(ids))
	for i, id := range ids {
		n, _ := slices.BinarySearch(unique, id)
		errs[i] = outcome[n]
	}
	return errs
}

func (c *Client) archive(ctx context.Context, ids []contact.ExternalID, outcome []error) {
	inputs := make([]inputID, len(ids))
	for i, id := range ids {
		inputs[i].ID = string(id)
	}
	_, err := c.api.JSON(ctx, transport.Request{
		Op: "hubspot.delete", Method: http.MethodPost, Path: c.contacts + "/batch/archive",
		Body: map[string]any{"inputs": inputs}, Class: classGeneral, Effect: transport.Repeatable,
	}, nil)
	switch {
	case err == nil:
	case len(ids) > 1 && isOfOneRow(err):
		half := len(ids) / 2
		c.archive(ctx, ids[:half], outcome[:half])
		c.archive(ctx, ids[half:], outcome[half:])
	case fault.Is(err, fault.NotFound):
	default:
		for i := range outcome {
			outcome[i] = err
		}
	}
}

// write sends the rows in batches in which nothing occurs twice: HubSpot refuses
// a whole batch for two rows with one id or one e-mail address.
func (c *Client) write(ctx context.Context, rows []*write) {
	for len(rows) > 0 {
		var wave, later []*write
		seen := make(map[string]bool, 2*len(rows))
		for _, row := range rows {
			if row.claims(seen) {
				wave = append(wave, row)
			} else {
				later = append(later, row)
			}
		}
		c.inBatches(len(wave), batchSize, func(from, to int) { c.writeBatch(ctx, wave[from:to]) })
		rows = later
	}
}

// claims notes what must be unique in a batch and reports whether it was free.
func (w *write) claims(seen map[string]bool) bool {
	names := []string{"id " + string(w.id), "key " + string(w.key), "email " + strings.ToLower(strings.TrimSpace(w.values[contact.Email]))}
	for _, name := range names {
		if !strings.HasSuffix(name, " ") && seen[name] {
			return false
		}
	}
	for _, name := range names {
		seen[name] = true
	}
	return true
}

// complete reads the contacts that an upsert found already there: the answer to it
// holds only what was written.
func (c *Client) complete(ctx context.Context, rows []*write) {
	found := map[contact.ExternalID]*write{}
	var ids []contact.ExternalID
	for _, row := range rows {
		if r := row.result.Record; r != nil && len(r.Fields) < len(c.mapping.properties) {
			found[r.ID] = row
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return
	}
	for id, reading := range c.Read(ctx, ids, nil) {
		if reading.Record != nil {
			found[id].result.Record = reading.Record
		}
	}
}
