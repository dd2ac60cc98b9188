package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/web/contactcsv"
)

func (s *Server) listContacts(c *call) (reply, error) {
	q, err := contactQuery(c)
	if err != nil {
		return reply{}, err
	}
	if strings.TrimSpace(c.URL.Query().Get("q")) != "" && len(q.Terms) == 0 {
		return ok(contactPageView{Contacts: []contactView{}}) // nothing in it that a contact could begin with
	}
	page, err := s.Service.SearchContacts(c.Context(), c.customer, q)
	if err != nil {
		return reply{}, err
	}
	return ok(viewContactPage(page))
}

func (s *Server) createContact(c *call) (reply, error) {
	values, err := contactValues(c)
	if err != nil {
		return reply{}, err
	}
	made, err := s.Service.CreateContact(c.Context(), c.customer, values)
	if err != nil {
		return reply{}, err
	}
	return contactReply(http.StatusCreated, made)
}

func (s *Server) getContact(c *call) (reply, error) {
	found, err := s.Service.Contact(c.Context(), c.customer, contact.ID(c.id))
	if err != nil {
		return reply{}, err
	}
	return contactReply(http.StatusOK, found)
}

func (s *Server) updateContact(c *call) (reply, error) {
	ifRev, err := c.ifMatch()
	if err != nil {
		return reply{}, err
	}
	patch, err := contactValues(c)
	if err != nil {
		return reply{}, err
	}
	changed, err := s.Service.UpdateContact(c.Context(), c.customer, contact.ID(c.id), patch, ifRev)
	if err != nil {
		return reply{}, err
	}
	return contactReply(http.StatusOK, changed)
}

func (s *Server) deleteContact(c *call) (reply, error) {
	ifRev, err := c.ifMatch()
	if err != nil {
		return reply{}, err
	}
	p := c.params()
	erase := oneOf(p, "erase", []string{"true", "false"}) == "true"
	if err := p.done(); err != nil {
		return reply{}, err
	}
	remove := s.Service.DeleteContact
	if erase {
		remove = s.Service.EraseContact
	}
	if err := remove(c.Context(), c.customer, contact.ID(c.id), ifRev); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

func (s *Server) restoreContact(c *call) (reply, error) {
	restored, err := s.Service.RestoreContact(c.Context(), c.customer, contact.ID(c.id))
	if err != nil {
		return reply{}, err
	}
	return contactReply(http.StatusOK, restored)
}

func (s *Server) importContacts(c *call) (reply, error) {
	data, err := c.body(MaxBody)
	if err != nil {
		return reply{}, err
	}
	file, err := contactcsv.Parse(data)
	if err != nil {
		return reply{}, err
	}
	run, result, err := s.Service.Import(c.Context(), c.customer, file.Rows())
	if err != nil {
		return reply{}, err
	}
	return ok(viewImport(run, result))
}

// contactReply answers with a contact; its revision is the entity tag that
// If-Match takes.
func contactReply(status int, found *sync.Contact) (reply, error) {
	tag := strconv.Quote(strconv.FormatInt(found.Rev, 10))
	return reply{status: status, body: viewContact(found), header: map[string]string{"ETag": tag}}, nil
}

// contactValues reads the fields of a contact from the body; null clears one.
func contactValues(c *call) (contact.Values, error) {
	o, err := c.object()
	if err != nil {
		return nil, err
	}
	values := contact.Values{}
	for _, f := range contact.Standard {
		if value, given := o.text(string(f)); given {
			values[f] = value
		}
	}
	if custom := o.object("custom"); custom != nil {
		for _, name := range custom.names() {
			value, _ := custom.text(name)
			values[contact.Field(name)] = value
			if contact.Field(name).IsStandard() {
				custom.reject(name, "stands beside custom, not in it")
			}
		}
	}
	return values, o.done()
}

// contactQuery reads the filters, the order and the page of the contact list.
func contactQuery(c *call) (sync.ContactQuery, error) {
	p := c.params()
	q := sync.ContactQuery{
		Terms:    contact.Terms(p.text("q")),
		Status:   oneOf(p, "status", sync.Statuses),
		Provider: oneOf(p, "provider", providers),
		Cursor:   p.text("cursor"),
		Limit:    p.limit(),
	}
	q.Sort, q.Desc = p.order()
	return q, p.done()
}

var (
	providers = []contact.Provider{contact.HubSpot, contact.Pipedrive}
	orders    = []sync.ContactSort{sync.SortName, sync.SortEmail, sync.SortUpdated, sync.SortCreated, sync.SortStatus}
)

// params reads query parameters and collects what is wrong with them.
type params struct {
	call     *call
	problems map[string]string
}

func (c *call) params() *params { return &params{c, map[string]string{}} }

func (p *params) text(name string) string { return p.call.URL.Query().Get(name) }

// limit is the size of a page: 1 to 200, 0 when it is not given.
func (p *params) limit() int {
	text := p.text("limit")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 200 {
		p.problems["limit"] = "has to be a number from 1 to 200"
	}
	return n
}

// order reads sort: a name, descending with a "-" before it.
func (p *params) order() (sync.ContactSort, bool) {
	name, desc := strings.CutPrefix(p.text("sort"), "-")
	if name != "" && !slices.Contains(orders, sync.ContactSort(name)) {
		p.problems["sort"] = "has to be one of " + list(orders) + `, with a "-" before it for descending`
	}
	return sync.ContactSort(name), desc
}

func (p *params) done() error {
	if len(p.problems) > 0 {
		return fault.InvalidFields(p.problems)
	}
	return nil
}

// oneOf reads a parameter that has to be one of allowed, or absent.
func oneOf[T ~string](p *params, name string, allowed []T) T {
	value := T(p.text(name))
	if value != "" && !slices.Contains(allowed, value) {
		p.problems[name] = "has to be one of " + list(allowed)
	}
	return value
}

func list[T ~string](words []T) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}
