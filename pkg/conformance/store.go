// Package conformance holds the suites that every adapter of a port has to pass:
// what the engine relies on, written as tests that know no vendor and no product.
//
// It tests what the doc comments of the ports promise and nothing else: no speed,
// nothing that only one adapter can do, and the number of calls only of CRMs, whose
// port states the sizes of its calls.
package conformance

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// Mode selects cases of the store's suite.
type Mode uint

const (
	// Sequential cases have one caller at a time.
	Sequential Mode = 1 << iota
	// Concurrent cases have many callers at once.
	Concurrent
)

// Store runs the suite of [sync.Store]. Open returns an empty store and closes it
// in a clean-up of its test; it is called once per case.
//
// With [Peers], each operation of a sequential case goes through the next of the
// handles in turn, and the callers of a concurrent case use different ones.
//
// Cases that the exceptions name are skipped. Each has to name some: one that does
// not fails the test.
func Store(t *testing.T, open func(t *testing.T) sync.Store, modes Mode, exceptions ...Exception) {
	matched := make([]bool, len(exceptions))
	for _, suite := range storeSuites {
		if modes&suite.mode == 0 {
			continue
		}
		for _, c := range suite.cases {
			name := suite.name + "/" + c.name
			i := slices.IndexFunc(exceptions, func(e Exception) bool { return e.Case == suite.name || e.Case == name })
			if i >= 0 {
				matched[i] = true
			}
			t.Run(name, func(t *testing.T) {
				if i >= 0 {
					exceptions[i].skip(t)
				}
				c.run(newBench(t, open(t)))
			})
		}
	}
	for i, e := range exceptions {
		if !matched[i] {
			t.Errorf("there is no case %q to leave out", e.Case)
		}
	}
}

// Exception leaves cases out for a server behind a store that cannot do them.
type Exception struct {
	Case   string // "suite/case", or a whole suite
	Reason string
	// Skipped is told of each case that was left out; may be nil.
	Skipped func(name, reason string)
}

func (e Exception) skip(t *testing.T) {
	if e.Skipped != nil {
		e.Skipped(t.Name(), e.Reason)
	}
	t.Skip(e.Reason)
}

type storeCase struct {
	name string
	run  func(*bench)
}

var storeSuites = []struct {
	name  string
	mode  Mode
	cases []storeCase
}{
	{"contacts", Sequential, contactCases},
	{"whole", Sequential, wholeCases},
	{"links", Sequential, linkCases},
	{"search", Sequential, searchCases},
	{"claims", Sequential, claimCases},
	{"counts", Sequential, countCases},
	{"hints", Sequential, hintCases},
	{"staging", Sequential, stagingCases},
	{"runs", Sequential, runCases},
	{"logs", Sequential, logCases},
	{"changes", Sequential, changeCases},
	{"connections", Sequential, connectionCases},
	{"settings", Sequential, settingsCases},
	{"values", Sequential, valueCases},
	{"customers", Sequential, customerCases},
	{"random", Sequential, randomCases},
	{"concurrent", Concurrent, concurrentCases},
}

// Peers makes several handles onto one database count as one store for [Store].
func Peers(stores ...sync.Store) sync.Store { return &peers{Store: stores[0], all: stores} }

type peers struct {
	sync.Store
	all []sync.Store
}

// The fixed points of the fixtures.
const (
	acme  = contact.CustomerID("acme")
	other = contact.CustomerID("other")
	hub   = contact.ConnectionID("hub-1")
	pipe  = contact.ConnectionID("pipe-1")
)

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// after is so many milliseconds after noon.
func after(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }

// bench is what a case works with: a store, and shorthands that fail the test.
type bench struct {
	*testing.T
	ctx    context.Context
	stores []sync.Store
	turn   int
}

func newBench(t *testing.T, s sync.Store) *bench {
	b := &bench{T: t, ctx: t.Context(), stores: []sync.Store{s}}
	if p, ok := s.(*peers); ok {
		b.stores = p.all
	}
	return b
}

// store returns the handle for the next operation; for one caller at a time.
func (b *bench) store() sync.Store {
	b.turn++
	return b.peer(b.turn)
}

// peer returns the handle of the i-th caller.
func (b *bench) peer(i int) sync.Store { return b.stores[i%len(b.stores)] }

// must fails the test when an operation did.
func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatalf("unexpected error: %v", err)
	}
}

// kind fails the test unless err is of the kind.
func (b *bench) kind(err error, want fault.Kind) {
	b.Helper()
	if !fault.Is(err, want) {
		b.Fatalf("error %v, want one of kind %v", err, want)
	}
}

// equal fails the test unless got is want. Times are equal when they are the same
// instant; nil and empty are equal.
func (b *bench) equal(what string, got, want any) {
	b.Helper()
	if diff := difference(got, want); diff != "" {
		b.Fatalf("%s (- want, + got):\n%s", what, diff)
	}
}

func difference(got, want any) string { return cmp.Diff(want, got, cmpopts.EquateEmpty()) }

// id is the n-th contact id; ids ascend with n.
func id(n int) contact.ID { return contact.ID(fmt.Sprintf("01900000-0000-7000-8000-%012x", n)) }

// newContact is the n-th contact: synced, nothing due, without links.
func newContact(n int, changes ...func(*sync.Contact)) *sync.Contact {
	c := &sync.Contact{
		ID: id(n), CustomerID: acme, Lifecycle: sync.Active, Status: sync.StatusSynced,
		CreatedAt: after(n), UpdatedAt: after(n), Edited: after(n),
		Fields: map[contact.Field]sync.Value{},
	}
	setField(c, contact.Email, fmt.Sprintf("person%d@example.com", n))
	setField(c, contact.LastName, fmt.Sprintf("Person%d", n))
	for _, change := range changes {
		change(c)
	}
	return c
}

func setField(c *sync.Contact, f contact.Field, v string) {
	c.Fields[f] = sync.Value{V: v, Src: contact.App, At: c.UpdatedAt}
}

// with sets a field.
func with(f contact.Field, v string) func(*sync.Contact) {
	return func(c *sync.Contact) { setField(c, f, v) }
}

// linked adds an active link; an empty external id is one still to be created.
func linked(connection contact.ConnectionID, external contact.ExternalID) func(*sync.Contact) {
	return func(c *sync.Contact) {
		provider := contact.HubSpot
		if connection == pipe {
			provider = contact.Pipedrive
		}
		c.Links = append(c.Links, sync.Link{
			Provider: provider, ConnectionID: connection, ExternalID: external, State: sync.LinkActive,
		})
	}
}

// dueAt makes the contact due.
func dueAt(at time.Time) func(*sync.Contact) {
	return func(c *sync.Contact) { c.Due = &sync.Due{At: at} }
}

func archived(c *sync.Contact) { c.Lifecycle, c.DeletedAt = sync.Archived, noon }

func status(s sync.Status) func(*sync.Contact) { return func(c *sync.Contact) { c.Status = s } }

// save saves contacts of one customer and expects all of them to be saved.
func (b *bench) save(contacts ...*sync.Contact) {
	b.Helper()
	for i, outcome := range b.trySave(contacts...) {
		if outcome != sync.Saved {
			b.Fatalf("contact %d of the batch: outcome %d, want saved", i, outcome)
		}
	}
}

// trySave saves contacts of one customer and returns their outcomes.
func (b *bench) trySave(contacts ...*sync.Contact) []sync.SaveOutcome {
	b.Helper()
	outcomes, err := b.store().SaveContacts(b.ctx, contacts[0].CustomerID, contacts)
	b.must(err)
	if len(outcomes) != len(contacts) {
		b.Fatalf("%d outcomes for %d contacts", len(outcomes), len(contacts))
	}
	return outcomes
}

// load returns the stored contact of an id.
func (b *bench) load(id contact.ID) *sync.Contact {
	b.Helper()
	found, err := b.store().Contacts(b.ctx, acme, []contact.ID{id})
	b.must(err)
	if len(found) != 1 {
		b.Fatalf("%d contacts of id %s, want one", len(found), id)
	}
	return found[0]
}

// ids lists the ids of contacts in their order.
func ids(contacts []*sync.Contact) []contact.ID {
	list := make([]contact.ID, len(contacts))
	for i, c := range contacts {
		list[i] = c.ID
	}
	return list
}

// numbers are the ids of the numbered contacts.
func numbers(n ...int) []contact.ID {
	list := make([]contact.ID, len(n))
	for i := range n {
		list[i] = id(n[i])
	}
	return list
}
