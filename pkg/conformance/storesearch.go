package conformance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

var searchCases = []storeCase{
	{"every order pages through all contacts, ties included", searchOrders},
	{"a thousand contacts page", searchMany},
	{"each term has to begin a word", searchTerms},
	{"the words follow the values", searchChanged},
	{"terms are no patterns", searchNoPatterns},
	{"status, provider and lifecycle filter", searchFilters},
	{"filters page too, and the total is of the whole query", searchFilteredPages},
	{"a page has 50 contacts, at most 200", searchLimits},
	{"new contacts do not disturb the paging", searchStable},
	{"a cursor of another order is invalid", searchCursor},
}

// search returns every page of a query, checked for their sizes and totals.
func (b *bench) search(q sync.ContactQuery) []*sync.Contact {
	b.Helper()
	var all []*sync.Contact
	for pages := 1; ; pages++ {
		page, err := b.store().SearchContacts(b.ctx, acme, q)
		b.must(err)
		all = append(all, page.Contacts...)
		if page.Next == "" {
			b.equal("total", page.Total, len(all))
			return all
		}
		if len(page.Contacts) != q.Limit && q.Limit != 0 {
			b.Fatalf("page %d has %d contacts and another follows, limit %d", pages, len(page.Contacts), q.Limit)
		}
		if len(all) > page.Total {
			b.Fatalf("%d contacts so far of a total of %d", len(all), page.Total)
		}
		q.Cursor = page.Next
	}
}

// sortKey is the value by which an order sorts, as text that compares like it.
func sortKey(c *sync.Contact, order sync.ContactSort) string {
	switch order {
	case sync.SortEmail:
		return c.Index().Email
	case sync.SortUpdated:
		return fmt.Sprintf("%015d", c.UpdatedAt.UnixMilli())
	case sync.SortCreated:
		return fmt.Sprintf("%015d", c.CreatedAt.UnixMilli())
	case sync.SortStatus:
		return string(c.Status)
	}
	return c.Index().Name
}

// sorted returns contacts in an order; descending is the exact reverse.
func sorted(contacts []*sync.Contact, order sync.ContactSort, desc bool) []*sync.Contact {
	list := slices.Clone(contacts)
	slices.SortFunc(list, func(x, y *sync.Contact) int {
		return cmp.Or(strings.Compare(sortKey(x, order), sortKey(y, order)), strings.Compare(string(x.ID), string(y.ID)))
	})
	if desc {
		slices.Reverse(list)
	}
	return list
}

func searchOrders(b *bench) {
	const n = 150
	names := []string{"anna", "Ánna", "Ben", "ben", "Zoë", "", "张伟", "Łukasz"}
	var all []*sync.Contact
	for i := range n {
		k := (i * 67) % n
		all = append(all, newContact(k, func(c *sync.Contact) {
			setField(c, contact.LastName, names[k%len(names)])
			setField(c, contact.FirstName, "")
			setField(c, contact.Email, fmt.Sprintf("%d@example.com", k%13))
			if k%11 == 0 {
				setField(c, contact.Email, "")
			}
			c.CreatedAt, c.UpdatedAt = after(k%5), after(-k%17)
			c.Status = sync.Statuses[k%len(sync.Statuses)]
		}))
	}
	b.save(all...)
	for _, order := range []sync.ContactSort{"", sync.SortName, sync.SortEmail, sync.SortUpdated, sync.SortCreated, sync.SortStatus} {
		for _, desc := range []bool{false, true} {
			got := b.search(sync.ContactQuery{Sort: order, Desc: desc, Limit: 7})
			b.equal(fmt.Sprintf("order %q descending %v", order, desc), ids(got), ids(sorted(all, order, desc)))
		}
	}
	got := b.search(sync.ContactQuery{Limit: 1, Terms: []string{"zoe"}})
	b.equal("pages of one", len(got), (n+3)/len(names))
}

func searchMany(b *bench) {
	const n = 1050
	var all []*sync.Contact
	for i := range n {
		all = append(all, newContact(i, with(contact.LastName, fmt.Sprintf("Name%d", i/300))))
	}
	for batch := range slices.Chunk(all, 350) {
		b.save(batch...)
	}
	got := b.search(sync.ContactQuery{Limit: 200})
	b.equal("order", ids(got), ids(sorted(all, sync.SortName, false)))
}

func searchTerms(b *bench) {
	b.save(
		newContact(1, with(contact.FirstName, "Zoë"), with(contact.LastName, "Van Dyke"), with(contact.Company, "Acme Corp")),
		newContact(2, with(contact.FirstName, "Zara"), with(contact.LastName, "Dylan"), with(contact.Email, "zara.d@acme.test")),
		newContact(3, with(contact.LastName, "Smith"), with(contact.Phone, "+1 (415) 555-0100")),
		newContact(4, with(contact.LastName, "张伟"), with(contact.JobTitle, "Chief-of-Staff")),
		newContact(5, with(contact.LastName, "Zoellner"), archived),
	)
	for _, c := range []struct {
		terms []string
		want  []contact.ID
	}{
		{[]string{"z"}, numbers(1, 2)},
		{[]string{"zoe"}, numbers(1)},
		{[]string{"dy"}, numbers(1, 2)},
		{[]string{"ylan"}, nil},
		{[]string{"z", "dy"}, numbers(1, 2)},
		{[]string{"dy", "acme"}, numbers(1, 2)},
		{[]string{"dyke", "acme", "corp"}, numbers(1)},
		{[]string{"dyke", "dylan"}, nil},
		{[]string{"zara.d@acme.test"}, numbers(2)},
		{[]string{"zara.d@ac"}, numbers(2)},
		{[]string{"1415"}, numbers(3)},
		{[]string{"415"}, nil},
		{[]string{"张"}, numbers(4)},
		{[]string{"staff"}, numbers(4)},
		{[]string{"zoez"}, nil},
		{[]string{}, numbers(1, 2, 3, 4)},
	} {
		got := ids(b.search(sync.ContactQuery{Terms: c.terms}))
		slices.Sort(got)
		b.equal(fmt.Sprintf("terms %q", c.terms), got, c.want)
	}
}

func searchChanged(b *bench) {
	c := newContact(1, with(contact.FirstName, "Mia"), with(contact.Company, "Mia Travel"))
	b.save(c)
	setField(c, contact.FirstName, "Ida")
	b.save(c)
	find := func(term string) int { return len(b.search(sync.ContactQuery{Terms: []string{term}})) }
	b.equal("new word", find("ida"), 1)
	b.equal("word still in another field", find("mia"), 1)
	setField(c, contact.Company, "")
	b.save(c)
	b.equal("old word", find("mia"), 0)
	b.equal("old word of the company", find("travel"), 0)
	archived(c)
	b.save(c)
	b.equal("of an archived contact", find("ida"), 0)
	b.equal("among the archived", len(b.search(sync.ContactQuery{Terms: []string{"ida"}, Lifecycle: sync.Archived})), 1)
	c.Lifecycle = sync.Active
	b.save(c)
	b.equal("restored", find("ida"), 1)
}

func searchNoPatterns(b *bench) {
	b.save(
		newContact(1, with(contact.Email, "a.c_d+x@example.com")),
		newContact(2, with(contact.Email, "abcxd@example.com")),
		newContact(3, with(contact.Email, "$where@example.com")),
	)
	for term, want := range map[string][]contact.ID{
		"a.c_": numbers(1), "a.c_d+x@": numbers(1), "a.*": nil, "a%": nil, "ab_x": nil, "^a": nil, "": numbers(1, 2, 3),
		"$where@": numbers(3), "[ab]": nil, `\a`: nil, "(": nil,
	} {
		got := ids(b.search(sync.ContactQuery{Terms: []string{term}}))
		slices.Sort(got)
		b.equal(fmt.Sprintf("term %q", term), got, want)
	}
}

func searchFilters(b *bench) {
	detached := newContact(6, linked(hub, "106"))
	detached.Links[0].State = sync.LinkDetached
	b.save(
		newContact(1, linked(hub, "101")),
		newContact(2, linked(hub, "102"), linked(pipe, "202"), status(sync.StatusError)),
		newContact(3, linked(pipe, "203"), status(sync.StatusError)),
		newContact(4, linked(hub, ""), status(sync.StatusSyncing)),
		newContact(5, linked(hub, "105"), archived),
		detached,
	)
	for _, c := range []struct {
		query sync.ContactQuery
		want  []contact.ID
	}{
		{sync.ContactQuery{}, numbers(1, 2, 3, 4, 6)},
		{sync.ContactQuery{Status: sync.StatusError}, numbers(2, 3)},
		{sync.ContactQuery{Status: sync.StatusConflict}, nil},
		{sync.ContactQuery{Provider: contact.HubSpot}, numbers(1, 2)},
		{sync.ContactQuery{Provider: contact.Pipedrive}, numbers(2, 3)},
		{sync.ContactQuery{Provider: "hub"}, nil},
		{sync.ContactQuery{Provider: contact.HubSpot, Status: sync.StatusError}, numbers(2)},
		{sync.ContactQuery{Provider: contact.HubSpot, Status: sync.StatusError, Terms: []string{"person3"}}, nil},
		{sync.ContactQuery{Status: sync.StatusError, Terms: []string{"person3"}}, numbers(3)},
		{sync.ContactQuery{Lifecycle: sync.Archived}, numbers(5)},
		{sync.ContactQuery{Lifecycle: sync.Archived, Provider: contact.HubSpot}, numbers(5)},
		{sync.ContactQuery{Lifecycle: sync.Archived, Provider: contact.Pipedrive}, nil},
	} {
		for order := range 2 {
			c.query.Sort = []sync.ContactSort{sync.SortName, sync.SortUpdated}[order]
			got := ids(b.search(c.query))
			slices.Sort(got)
			b.equal(fmt.Sprintf("%+v", c.query), got, c.want)
		}
	}
}

func searchFilteredPages(b *bench) {
	const n = 240
	var all []*sync.Contact
	for i := range n {
		all = append(all, newContact(i, linked(hub, contact.ExternalID(fmt.Sprint(i))), func(c *sync.Contact) {
			if i%8 == 0 {
				c.Status, c.Links = sync.StatusLocalOnly, nil
			}
		}))
	}
	b.save(all...)
	local := slices.DeleteFunc(slices.Clone(all), func(c *sync.Contact) bool { return c.Links != nil })
	linked := slices.DeleteFunc(slices.Clone(all), func(c *sync.Contact) bool { return c.Links == nil })
	for _, c := range []struct {
		query sync.ContactQuery
		want  []*sync.Contact
	}{
		{sync.ContactQuery{Status: sync.StatusLocalOnly}, local},
		{sync.ContactQuery{Status: sync.StatusLocalOnly, Terms: []string{"person"}}, local},
		{sync.ContactQuery{Provider: contact.HubSpot, Desc: true}, linked},
		{sync.ContactQuery{Provider: contact.HubSpot, Sort: sync.SortUpdated, Terms: []string{"per"}}, linked},
	} {
		c.query.Limit = 20
		got := b.search(c.query)
		b.equal(fmt.Sprintf("%+v", c.query), ids(got), ids(sorted(c.want, c.query.Sort, c.query.Desc)))
	}
}

func searchLimits(b *bench) {
	var all []*sync.Contact
	for i := range 210 {
		all = append(all, newContact(i))
	}
	b.save(all...)
	for limit, want := range map[int]int{0: 50, 1: 1, 200: 200, 1000: 200} {
		page, err := b.store().SearchContacts(b.ctx, acme, sync.ContactQuery{Limit: limit})
		b.must(err)
		b.equal(fmt.Sprintf("page of limit %d", limit), len(page.Contacts), want)
		b.equal("total", page.Total, 210)
	}
	page, err := b.store().SearchContacts(b.ctx, acme, sync.ContactQuery{Terms: []string{"person20"}, Limit: 11})
	b.must(err)
	b.equal("a full last page", []any{len(page.Contacts), page.Next}, []any{11, ""})
}

func searchStable(b *bench) {
	for _, n := range []int{10, 20, 30, 40} {
		b.save(newContact(n))
	}
	q := sync.ContactQuery{Limit: 2}
	first, err := b.store().SearchContacts(b.ctx, acme, q)
	b.must(err)
	b.equal("first page", ids(first.Contacts), numbers(10, 20))
	b.save(newContact(15), newContact(25))
	q.Cursor = first.Next
	second, err := b.store().SearchContacts(b.ctx, acme, q)
	b.must(err)
	b.equal("second page", ids(second.Contacts), numbers(25, 30))
}

func searchCursor(b *bench) {
	b.save(newContact(1), newContact(2))
	page, err := b.store().SearchContacts(b.ctx, acme, sync.ContactQuery{Limit: 1})
	b.must(err)
	for name, q := range map[string]sync.ContactQuery{
		"another order":     {Sort: sync.SortEmail, Cursor: page.Next},
		"another direction": {Desc: true, Cursor: page.Next},
		"not a cursor":      {Cursor: "%%%"},
		"an unknown order":  {Sort: "shoeSize"},
	} {
		if _, err := b.store().SearchContacts(b.ctx, acme, q); !fault.Is(err, fault.Invalid) {
			b.Errorf("%s: error %v, want one of kind invalid", name, err)
		}
	}
}
