package hubspot

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// version is a value that a property was given: see ValueWithTimestamp in
// https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide
type version struct {
	Value     looseValue `json:"value"`
	Timestamp string     `json:"timestamp"`
}

// historySize is how many contacts a batch read with histories may ask for in
// accounts that refuse [batchSize]: "The maximum number of inputs supported in a
// batch request for property histories is 50." HubSpot documents no such limit.
const historySize = 50

// readSize is how many contacts one call reads.
func (c *Client) readSize(sel selection) int {
	if len(sel.History) > 0 && c.fewHistories.Load() {
		return historySize
	}
	return batchSize
}

// readFewer reads the contacts of a batch with histories that HubSpot refused. When
// smaller batches are answered, their number was the reason, and no larger one is
// sent again.
func (c *Client) readFewer(ctx context.Context, ids []contact.ExternalID, sel selection, readings []sync.Reading) {
	var refused atomic.Bool
	c.inBatches(len(ids), historySize, func(from, to int) {
		if c.readBatch(ctx, ids[from:to], sel, readings[from:to]) != nil {
			refused.Store(true)
		}
	})
	if !refused.Load() {
		c.fewHistories.Store(true)
	}
}

// selection is what a read asks of a contact. Every mapped property is read.
type selection struct {
	Properties []string `json:"properties"`
	// History are the properties whose history is read too.
	History []string `json:"propertiesWithHistory,omitempty"`
}

// selection reads every property of the mapping, and the history of the fields.
func (m mapping) selection(history []contact.Field) selection {
	s := selection{Properties: m.read}
	for _, field := range distinct(history) {
		if name := m.property(field); name != "" {
			s.History = append(s.History, name)
		}
	}
	return s
}

// property returns where a field lives, the key's included; "" when it does not exist.
func (m mapping) property(field contact.Field) string {
	if field == contact.SyncKey {
		return m.key
	}
	return m.properties[field]
}

// history translates the histories that an answer holds. HubSpot leaves out the
// properties that never had a value.
func (m mapping) history(o *object, asked []string) map[contact.Field][]sync.Revision {
	if len(asked) == 0 {
		return nil
	}
	history := make(map[contact.Field][]sync.Revision, len(asked))
	for _, name := range asked {
		versions, ok := o.History[name]
		if _, exists := o.Properties[name]; !exists || !ok && o.Properties[name] != "" {
			continue
		}
		if list, ok := revisions(versions); ok {
			history[m.fields[name]] = list
		}
	}
	return history
}

// revisions returns the versions newest first, or not ok when a time cannot be read.
func revisions(versions []version) (list []sync.Revision, ok bool) {
	list = make([]sync.Revision, 0, len(versions))
	for _, v := range versions {
		at, err := time.Parse(time.RFC3339Nano, v.Timestamp)
		if err != nil {
			return nil, false
		}
		list = append(list, sync.Revision{Value: string(v.Value), At: at.UTC()})
	}
	slices.SortStableFunc(list, func(a, b sync.Revision) int { return b.At.Compare(a.At) })
	return list, true
}

// History implements [sync.CRM] with one read.
func (c *Client) History(ctx context.Context, id contact.ExternalID, fields []contact.Field, since time.Time) (map[contact.Field][]sync.Revision, error) {
	o, err := c.get(ctx, string(id), "", c.mapping.selection(fields))
	if err != nil {
		return nil, err
	}
	if o == nil {
		return nil, fault.New(fault.NotFound, "HubSpot has no such contact.")
	}
	history := c.mapping.history(o, c.mapping.selection(fields).History)
	for field, list := range history {
		changes := slices.IndexFunc(list, func(r sync.Revision) bool { return r.At.Before(since) })
		switch changes {
		case -1:
		case 0:
			history[field] = nil
		default:
			history[field] = list[:changes+1]
		}
	}
	return history, nil
}
