package pipedrive

import (
	"context"
	"net/http"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// Create implements [sync.CRM] with one call per person. Pipedrive makes a second
// person of the same data without complaint, so none is sent twice.
func (c *Client) Create(ctx context.Context, requests []sync.CreateRequest) []sync.WriteResult {
	results := make([]sync.WriteResult, len(requests))
	c.parallel(len(requests), func(i int) { results[i] = c.create(ctx, requests[i]) })
	return results
}

func (c *Client) create(ctx context.Context, r sync.CreateRequest) sync.WriteResult {
	body, err := c.mapping.body(r.Fields, r.Key, nil)
	if err != nil {
		return sync.WriteResult{Err: err}
	}
	p, _, err := call[person](ctx, c, transport.Request{
		Op: "pipedrive.create", Method: http.MethodPost, Path: personsPath, Body: body,
		Class: classBurst, Effect: transport.Write,
	})
	return c.written(&p, err, r.Fields, r.Key, nil)
}

// Update implements [sync.CRM] with one call per person that there is something to
// write to.
func (c *Client) Update(ctx context.Context, requests []sync.UpdateRequest) []sync.WriteResult {
	results := make([]sync.WriteResult, len(requests))
	c.parallel(len(requests), func(i int) { results[i] = c.update(ctx, requests[i]) })
	return results
}

func (c *Client) update(ctx context.Context, r sync.UpdateRequest) sync.WriteResult {
	if r.Current == nil {
		// Names and lists are written whole, so what they are has to be known.
		reading := c.readOne(ctx, r.ID)
		if reading.Gone() {
			return sync.WriteResult{Err: fault.New(fault.NotFound, "Pipedrive has no such person.")}
		}
		if reading.Err != nil {
			return sync.WriteResult{Err: reading.Err}
		}
		r.Current = reading.Record
	}
	body, err := c.mapping.body(r.Fields, r.Key, r.Current)
	if err != nil {
		return sync.WriteResult{Err: err}
	}
	if len(body) == 0 {
		return sync.WriteResult{Record: r.Current}
	}
	p, _, err := call[person](ctx, c, transport.Request{
		Op: "pipedrive.update", Method: http.MethodPatch, Path: personPath(r.ID), Body: body,
		Class: classBurst, Effect: transport.Repeatable,
	})
	return c.written(&p, err, r.Fields, r.Key, r.Current)
}

// written is the result of an answer to a write.
func (c *Client) written(p *person, err error, values contact.Values, key contact.ID, current *sync.Record) sync.WriteResult {
	if err != nil {
		return sync.WriteResult{Err: err}
	}
	if p.ID == "" {
		return sync.WriteResult{Err: fault.New(fault.OutcomeUnknown, "Pipedrive sent an answer without the person.")}
	}
	return sync.WriteResult{Record: c.mapping.after(p, values, key, current)}
}

// Delete implements [sync.CRM] with one call per person.
func (c *Client) Delete(ctx context.Context, ids []contact.ExternalID) []error {
	errs := make([]error, len(ids))
	c.parallel(len(ids), func(i int) {
		_, err := c.api.JSON(ctx, transport.Request{
			Op: "pipedrive.delete", Method: http.MethodDelete, Path: personPath(ids[i]),
			Class: classBurst, Effect: transport.Repeatable,
		}, nil)
		if !fault.Is(err, fault.NotFound) { // 404 and 410: it is gone already
			errs[i] = err
		}
	})
	return errs
}
