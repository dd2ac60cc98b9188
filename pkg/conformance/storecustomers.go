package conformance

import (
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

var customerCases = []storeCase{
	{"two customers with the same ids share nothing", customersApart},
	{"a contact of another customer is not saved", customerForeign},
}

// populate gives a customer one of everything, equal for every customer.
func (b *bench) populate(customer contact.CustomerID) {
	b.Helper()
	s := b.store()
	for n := range 4 {
		c := newContact(n, linked(hub, contact.ExternalID(id(n))), dueAt(after(n)))
		c.CustomerID = customer
		b.save(c)
	}
	b.must(s.PutHints(b.ctx, customer, []sync.Hint{hint("1", noon), hint("2", noon)}))
	row := staged(hub, "1", "a@example.com")
	row.ContactID, row.New = id(1), true
	b.must(s.PutStaged(b.ctx, customer, "g", []sync.Staged{row}))
	b.must(s.PutTombstones(b.ctx, customer, []sync.Tombstone{{ConnectionID: hub, ExternalID: "1", ContactID: id(9), At: noon}}))
	run := newRun("r1", sync.Full, noon)
	run.CustomerID = customer
	_, ok, err := s.AcquireRun(b.ctx, run, noon)
	b.must(err)
	b.equal("acquired", ok, true)
	b.must(s.AppendActivity(b.ctx, customer, []sync.Activity{activity("a1", 1), activity("a2", 2)}))
	b.must(s.AppendConflicts(b.ctx, customer, []sync.Conflict{conflict("x1", 1)}))
	b.must(s.AppendChanges(b.ctx, customer, []sync.Change{change("h1", 1)}))
	b.must(s.PutReviews(b.ctx, customer, []sync.Review{{ID: "v1", Kind: "merge", At: noon}}))
	b.saveConnections(connection(customer, hub, contact.HubSpot, "4711"))
}

// everything is all that the port tells about a customer.
type everything struct {
	Contacts, ByID, ByLink, ByEmail []*sync.Contact
	Found                           sync.ContactPage
	Counts                          sync.ContactCounts
	Hints                           int
	Staged, ByAddress, ByContact    []sync.Staged
	New                             []contact.ID
	Tombstones                      []sync.Tombstone
	Run, Latest                     *sync.Run
	Activity                        []sync.Activity
	Conflicts                       []sync.Conflict
	ConflictTotal                   int
	Conflict                        *sync.Conflict
	Changes                         []sync.Change
	Change                          *sync.Change
	Reviews                         []sync.Review
	Connections                     []*sync.Connection
}

func (b *bench) everything(customer contact.CustomerID) everything {
	b.Helper()
	s, ctx := b.store(), b.ctx
	var e everything
	var errs [18]error
	e.Contacts, errs[0] = s.ScanContacts(ctx, customer, "", 100)
	e.ByID, errs[1] = s.Contacts(ctx, customer, numbers(1))
	e.ByLink, errs[2] = s.ContactsByLink(ctx, customer, hub, []contact.ExternalID{contact.ExternalID(id(1))})
	e.ByEmail, errs[3] = s.ContactsByEmail(ctx, customer, []string{"person1@example.com"})
	e.Found, errs[4] = s.SearchContacts(ctx, customer, sync.ContactQuery{Terms: []string{"person"}})
	e.Counts, errs[5] = s.CountContacts(ctx, customer)
	e.Hints, _, errs[6] = s.CountHints(ctx, customer)
	e.Staged, errs[7] = s.StagedPage(ctx, customer, "g", hub, "", 100)
	e.ByAddress, errs[8] = s.StagedByEmail(ctx, customer, "g", []string{"a@example.com"})
	e.ByContact, errs[9] = s.StagedByContact(ctx, customer, "g", numbers(1))
	e.New, errs[10] = s.StagedNew(ctx, customer, "g", "", 100)
	e.Tombstones, errs[11] = s.Tombstones(ctx, customer, hub, []contact.ExternalID{"1"})
	e.Latest, errs[12] = s.LatestRun(ctx, customer)
	e.Activity, _, errs[13] = s.ListActivity(ctx, customer, sync.LogQuery{})
	e.Conflicts, _, e.ConflictTotal, errs[14] = s.ListConflicts(ctx, customer, sync.LogQuery{})
	e.Reviews, errs[15] = s.ListReviews(ctx, customer)
	e.Connections, errs[16] = s.Connections(ctx, customer)
	e.Changes, _, errs[17] = s.ListChanges(ctx, customer, sync.LogQuery{})
	for _, err := range errs {
		b.must(err)
	}
	if customer == acme || customer == other {
		var err error
		e.Run, err = s.Run(ctx, customer, "r1")
		b.must(err)
		e.Conflict, err = s.Conflict(ctx, customer, "x1")
		b.must(err)
		e.Change, err = s.Change(ctx, customer, "h1")
		b.must(err)
	}
	return e
}

// forCustomer is e as it is for another customer.
func (e everything) forCustomer(customer contact.CustomerID) everything {
	for _, list := range [][]*sync.Contact{e.Contacts, e.ByID, e.ByLink, e.ByEmail, e.Found.Contacts} {
		for _, c := range list {
			c.CustomerID = customer
		}
	}
	for _, c := range e.Connections {
		c.CustomerID = customer
	}
	e.Run.CustomerID, e.Latest.CustomerID = customer, customer
	return e
}

func customersApart(b *bench) {
	b.populate(acme)
	before := b.everything(acme)
	b.populate(other)
	b.equal("of one when the other came", b.everything(acme), before)
	theirs := b.everything(other)
	b.equal("of the other", theirs, b.everything(acme).forCustomer(other))
	empty := b.everything("nobody")
	if len(empty.Contacts)+len(empty.Found.Contacts)+empty.Hints+len(empty.Staged)+len(empty.Activity) > 0 || empty.Latest != nil {
		b.Errorf("a customer that does not exist has %+v", empty)
	}

	s, ctx := b.store(), b.ctx
	for _, change := range []struct {
		what string
		do   func() error
	}{
		{"claim", func() error { b.claim(after(100), after(1000), 2); return nil }},
		{"claim by id", func() error {
			_, err := s.ClaimContacts(ctx, acme, sync.Claim{Now: after(2000), Until: after(3000), Limit: 9, IDs: numbers(0, 1, 2, 3)})
			return err
		}},
		{"mark due", func() error { return s.MarkDue(ctx, acme, numbers(0, 1, 2, 3), noon) }},
		{"hurry", func() error { return s.HurryContacts(ctx, acme, after(-1)) }},
		{"save", func() error { c := b.load(id(1)); c.Links = nil; archived(c); b.save(c); return nil }},
		{"claim hints", func() error { b.claimHints(noon, after(1000), 1); return nil }},
		{"put hints", func() error { return s.PutHints(ctx, acme, []sync.Hint{hint("2", noon), hint("3", noon)}) }},
		{"drop hints", func() error { return s.DropHints(ctx, acme, []sync.Hint{hint("1", noon), hint("2", noon)}) }},
		{"stage", func() error {
			return s.PutStaged(ctx, acme, "g", []sync.Staged{staged(hub, "1", "b@example.com"), staged(hub, "2")})
		}},
		{"drop staged", func() error { return s.DropStaged(ctx, acme, "g") }},
		{"drop tombstones", func() error { return s.DropTombstones(ctx, acme, hub, []contact.ExternalID{"1"}) }},
		{"save run", func() error {
			run := b.run("r1")
			run.Error = "changed"
			return s.SaveRun(ctx, run)
		}},
		{"take a run over", func() error {
			_, _, err := s.AcquireRun(ctx, newRun("r2", sync.Incremental, after(9000)), after(9000))
			return err
		}},
		{"add a run", func() error { return s.AddRun(ctx, newRun("r3", sync.Imported, noon)) }},
		{"append", func() error { return s.AppendActivity(ctx, acme, []sync.Activity{activity("a3", 3)}) }},
		{"conflicts", func() error { return s.AppendConflicts(ctx, acme, []sync.Conflict{conflict("x2", 2)}) }},
		{"forget", func() error { return s.ForgetContact(ctx, acme, id(9)) }},
		{"save conflict", func() error { c := conflict("x1", 5); c.State = "overridden"; return s.SaveConflict(ctx, acme, &c) }},
		{"changes", func() error { return s.AppendChanges(ctx, acme, []sync.Change{change("h2", 2)}) }},
		{"save changes", func() error {
			c := change("h1", 1)
			c.State = sync.ChangeReverted
			return s.SaveChanges(ctx, acme, []sync.Change{c})
		}},
		{"prune", func() error { return s.PruneLogs(ctx, acme, after(2)) }},
		{"drop reviews", func() error { return s.DropReviews(ctx, acme, []string{"v1"}) }},
		{"connection", func() error {
			c := b.connections(acme)[0]
			c.State = sync.ConnectionPaused
			return s.SaveConnection(ctx, c)
		}},
	} {
		b.must(change.do())
		b.equal("of the other after: "+change.what, b.everything(other), theirs)
	}
	_, err := s.Run(ctx, "nobody", "r1")
	b.kind(err, fault.NotFound)
	_, err = s.Conflict(ctx, "nobody", "x1")
	b.kind(err, fault.NotFound)
	_, err = s.Change(ctx, "nobody", "h1")
	b.kind(err, fault.NotFound)
	customers, err := s.Customers(ctx)
	b.must(err)
	b.equal("customers", slices.Sorted(slices.Values(customers)), []contact.CustomerID{acme, other})
}

func customerForeign(b *bench) {
	c := newContact(1)
	c.CustomerID = other
	if _, err := b.store().SaveContacts(b.ctx, acme, []*sync.Contact{newContact(2), c}); err == nil {
		b.Error("a contact of another customer was saved")
	}
	for _, customer := range []contact.CustomerID{acme, other} {
		found, err := b.store().ScanContacts(b.ctx, customer, "", 10)
		b.must(err)
		b.equal("contacts of "+string(customer), ids(found), []contact.ID(nil))
	}
}
