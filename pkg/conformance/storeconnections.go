package conformance

import (
	"slices"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

var connectionCases = []storeCase{
	{"a connection comes back as it was saved", connectionWhole},
	{"a save of another revision is stale", connectionStale},
	{"connections are found by vendor account across customers", connectionsByAccount},
	{"customers are listed once and sorted", customersListed},
}

func connection(customer contact.CustomerID, id contact.ConnectionID, provider contact.Provider, account string) *sync.Connection {
	return &sync.Connection{
		ID: id, CustomerID: customer, Provider: provider, State: sync.ConnectionNew, AccountID: account, CreatedAt: noon,
	}
}

func (b *bench) saveConnections(connections ...*sync.Connection) {
	b.Helper()
	for _, c := range connections {
		b.must(b.store().SaveConnection(b.ctx, c))
	}
}

func (b *bench) connections(customer contact.CustomerID) []*sync.Connection {
	b.Helper()
	found, err := b.store().Connections(b.ctx, customer)
	b.must(err)
	slices.SortFunc(found, func(x, y *sync.Connection) int { return strings.Compare(string(x.ID), string(y.ID)) })
	return found
}

func connectionWhole(b *bench) {
	c := connection(acme, hub, contact.HubSpot, "4711")
	c.State, c.Message, c.AccountURL = sync.ConnectionThrottled, "Später", "https://crm.example/?a=1&b=2"
	c.Fields = map[contact.Field]sync.RemoteField{
		contact.Email: {State: sync.FieldPresent, Key: "email"},
		"$own":        {State: sync.FieldMissing, Message: "fehlt"},
	}
	c.FieldsAt, c.Watermark, c.BackfilledAt = after(1), after(2), after(3)
	c.SweptAt, c.SnoozedUntil, c.LastSuccessAt = after(4), after(5), after(6)
	b.saveConnections(c)
	b.equal("revision", c.Rev, int64(1))
	b.equal("stored", b.connections(acme), []*sync.Connection{c})
	c.State, c.Fields, c.Watermark = sync.ConnectionActive, nil, after(7)
	b.saveConnections(c, connection(acme, pipe, contact.Pipedrive, ""))
	b.equal("revision", c.Rev, int64(2))
	b.equal("stored", b.connections(acme)[0], c)
	b.equal("connections", len(b.connections(acme)), 2)
	b.equal("of nobody", b.connections("nobody"), []*sync.Connection(nil))
}

func connectionStale(b *bench) {
	c := connection(acme, hub, contact.HubSpot, "4711")
	b.saveConnections(c, c)
	for _, rev := range []int64{0, 1, 3} {
		late := *c
		late.Rev, late.Message = rev, "late"
		b.kind(b.store().SaveConnection(b.ctx, &late), fault.Stale)
		b.equal("revision of a connection that was not saved", late.Rev, rev)
	}
	b.equal("stored", b.connections(acme), []*sync.Connection{c})
	unknown := connection(acme, pipe, contact.Pipedrive, "")
	unknown.Rev = 1
	b.kind(b.store().SaveConnection(b.ctx, unknown), fault.Stale)
}

func connectionsByAccount(b *bench) {
	moved := connection(acme, "hub-2", contact.HubSpot, "4711")
	b.saveConnections(
		connection(acme, hub, contact.HubSpot, "4711"), connection(other, hub, contact.HubSpot, "4711"), moved,
		connection(acme, pipe, contact.Pipedrive, "4711"), connection(acme, "hub-3", contact.HubSpot, "4712"),
	)
	moved.AccountID = "4713"
	b.saveConnections(moved)
	for account, want := range map[string]string{"4711": "acme/hub-1 other/hub-1", "4713": "acme/hub-2", "9": ""} {
		found, err := b.store().ConnectionsByAccount(b.ctx, contact.HubSpot, account)
		b.must(err)
		var names []string
		for _, c := range found {
			names = append(names, string(c.CustomerID)+"/"+string(c.ID))
		}
		slices.Sort(names)
		b.equal("account "+account, strings.Join(names, " "), want)
	}
}

func customersListed(b *bench) {
	customers, err := b.store().Customers(b.ctx)
	b.must(err)
	b.equal("customers of an empty store", customers, []contact.CustomerID(nil))
	b.saveConnections(
		connection("zeta", hub, contact.HubSpot, "1"), connection("alpha", hub, contact.HubSpot, "2"),
		connection("alpha", pipe, contact.Pipedrive, "3"), connection("ümlaut", hub, contact.HubSpot, "4"),
	)
	b.save(newContact(1))
	customers, err = b.store().Customers(b.ctx)
	b.must(err)
	b.equal("customers", customers, []contact.CustomerID{"alpha", "zeta", "ümlaut"})
}
