package hubspot

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
)

type input struct {
	ID         string            `json:"id,omitempty"`
	IDProperty string            `json:"idProperty,omitempty"`
	Properties map[string]string `json:"properties"`
	// TraceID makes HubSpot answer per row instead of refusing the batch, and comes
	// back with each result and error.
	TraceID string `json:"objectWriteTraceId"`
}

// writeBatch sends up to 100 rows of one kind and sets each row's result.
func (c *Client) writeBatch(ctx context.Context, rows []*write) {
	request := c.batchRequest(rows)
	var answer batchAnswer
	resp, err := c.api.JSON(ctx, request, &answer)
	switch {
	case err == nil:
		c.settle(ctx, rows, request.Effect, answer)
	case resp != nil && len(rows) > 1 && isOfOneRow(err):
		// HubSpot refused the batch without saying for which row.
		half := len(rows) / 2
		c.writeBatch(ctx, rows[:half])
		c.writeBatch(ctx, rows[half:])
	default:
		for _, row := range rows {
			row.result.Err = c.withExisting(ctx, row, err)
		}
	}
}

func (c *Client) batchRequest(rows []*write) transport.Request {
	inputs := make([]input, len(rows))
	for i, row := range rows {
		inputs[i] = input{ID: string(row.id), Properties: c.mapping.written(row.values, row.key), TraceID: strconv.Itoa(i)}
	}
	request := transport.Request{
		Op: "hubspot.update", Method: http.MethodPost, Path: c.contacts + "/batch/update",
		Body: map[string]any{"inputs": inputs}, Class: classGeneral, Effect: transport.Repeatable,
	}
	if !rows[0].creates {
		return request
	}
	if c.mapping.key == "" {
		request.Op, request.Path, request.Effect = "hubspot.create", c.contacts+"/batch/create", transport.Write
		return request
	}
	for i, row := range rows {
		inputs[i].ID, inputs[i].IDProperty = string(row.key), c.mapping.key
	}
	request.Op, request.Path = "hubspot.create", c.contacts+"/batch/upsert"
	return request
}

// settle gives every row its result or its error.
func (c *Client) settle(ctx context.Context, rows []*write, effect transport.Effect, answer batchAnswer) {
	matched := c.matchResults(rows, answer.Results)
	var open []*write
	for i, row := range rows {
		if o := matched[i]; o != nil {
			row.result.Record = c.mapping.after(row, o)
			continue
		}
		if p := problemOf(answer.Errors, i, row); p != nil {
			row.result.Err = c.withExisting(ctx, row, c.rowError(p))
			continue
		}
		open = append(open, row)
	}
	if len(open) == 0 {
		return
	}
	switch loose := unnamed(answer.Errors); {
	case len(open) == 1 && len(loose) == 1:
		open[0].result.Err = c.withExisting(ctx, open[0], c.rowError(&loose[0]))
	case effect == transport.Repeatable && len(open) < len(rows):
		c.writeBatch(ctx, open)
	default:
		for _, row := range open {
			row.result.Err = fault.New(fault.OutcomeUnknown, "HubSpot did not say what became of the contact.")
		}
	}
}

// matchResults finds each row's result: by trace id, else by id or key, else by
// the written values. Results come in no promised order.
func (c *Client) matchResults(rows []*write, results []object) []*object {
	matched := make([]*object, len(rows))
	var left []*object
	for i := range results {
		o := &results[i]
		if n, err := strconv.Atoi(o.TraceID); err == nil && n >= 0 && n < len(rows) && matched[n] == nil {
			matched[n] = o
			continue
		}
		left = append(left, o)
	}
	for _, fits := range []func(*write, *object) bool{c.sameIdentity, c.sameValues} {
		for i, row := range rows {
			if matched[i] != nil {
				continue
			}
			for n, o := range left {
				if o != nil && fits(row, o) {
					matched[i], left[n] = o, nil
					break
				}
			}
		}
	}
	return matched
}

func (c *Client) sameIdentity(row *write, o *object) bool {
	switch {
	case !row.creates:
		return o.ID == string(row.id) || o.absorbed(row.id)
	case c.mapping.key != "":
		return string(o.Properties[c.mapping.key]) == string(row.key)
	}
	email := c.mapping.properties[contact.Email]
	return email != "" && row.values[contact.Email] != "" &&
		strings.EqualFold(string(o.Properties[email]), strings.TrimSpace(row.values[contact.Email]))
}

func (c *Client) sameValues(row *write, o *object) bool {
	if !row.creates {
		return false
	}
	for name, value := range c.mapping.written(row.values, row.key) {
		if got, ok := o.Properties[name]; !ok || !strings.EqualFold(strings.TrimSpace(string(got)), strings.TrimSpace(value)) {
			return false
		}
	}
	return true
}

// withExisting completes a conflict that does not say which contact holds the
// address.
func (c *Client) withExisting(ctx context.Context, row *write, err error) error {
	conflict := fault.As(err)
	email := row.values[contact.Email]
	if conflict == nil || conflict.Kind != fault.Conflict || conflict.ExistingID != "" || email == "" {
		return err
	}
	o, lookup := c.get(ctx, strings.TrimSpace(email), "email", c.mapping.selection(nil))
	if lookup != nil || o == nil {
		return err
	}
	named := *conflict
	named.ExistingID = o.ID
	return &named
}
