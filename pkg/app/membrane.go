package app

import (
	"cmp"
	"context"
	"net/http"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/membrane"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/web"
)

// withDefaults fills in the addresses: those of the vendor, or with another API its
// user interface below the same one.
func (m Membrane) withDefaults() Membrane {
	if m.UIURL == "" && m.APIURL != "" && m.APIURL != membrane.DefaultAPIURL {
		m.UIURL = m.APIURL + "/ui"
	}
	m.APIURL = cmp.Or(m.APIURL, membrane.DefaultAPIURL)
	m.UIURL = cmp.Or(m.UIURL, membrane.DefaultUIURL)
	return m
}

// workspace signs tokens, or says what it lacks for that.
func (m Membrane) workspace(clock sync.Clock) membrane.Workspace {
	return membrane.Workspace{Key: m.Key, Secret: m.Secret, Now: clock.Now}
}

// way sends a connection's calls through Membrane.
func (m Membrane) way(connection *sync.Connection, over http.RoundTripper, clock sync.Clock) (way, error) {
	if over == nil {
		over = transport.Network()
	}
	workspace, customer := m.workspace(clock), connection.CustomerID
	_, err := workspace.Token(customer)
	return way{
		token:     func(context.Context) (string, error) { return workspace.Token(customer) },
		bearer:    true,
		transport: &membrane.Carrier{APIURL: m.APIURL, Connection: connection.Carrier, Transport: over, Now: clock.Now},
		delay:     membrane.ActTimeout,
	}, err
}

// membraneAccess returns what a customer's browser needs to make connections in
// Membrane.
func membraneAccess(o Options) func(contact.CustomerID) (web.MembraneAccess, error) {
	m := o.Config.Membrane
	return func(customer contact.CustomerID) (web.MembraneAccess, error) {
		token, err := m.workspace(o.Clock).Token(customer)
		return web.MembraneAccess{Token: token, APIURI: m.APIURL, UIURI: m.UIURL}, err
	}
}
