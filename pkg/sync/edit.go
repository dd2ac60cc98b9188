package sync

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// Changes made in the app. The contact is saved and due in one write; the push to
// the CRMs is then tried within the request, and what remains goes on later.

// pushWithin is how long a request tries to push a change.
const pushWithin = 3 * time.Second

// CreateContact makes a contact from what a person entered. It fails with
// fault.Invalid and a message per field, or with fault.Conflict and the id of the
// contact that has the e-mail address.
func (s *Service) CreateContact(ctx context.Context, customer contact.CustomerID, values contact.Values) (*Contact, error) {
	values, err := s.checkInput(ctx, customer, values)
	if err != nil {
		return nil, err
	}
	if values.DisplayName() == "" {
		return nil, fault.InvalidFields(map[string]string{"email": "Enter an e-mail address, a name or a phone number."})
	}
	if err := s.checkEmailFree(ctx, customer, values[contact.Email], ""); err != nil {
		return nil, err
	}
	now := s.clock.Now()
	c := &Contact{
		ID: contact.ID(s.newID(now)), CustomerID: customer, Fields: map[contact.Field]Value{},
		Lifecycle: Active, CreatedAt: now,
	}
	s.enter(c, values, Edited, now)
	if err := s.saveEdit(ctx, nil, c, ""); err != nil {
		return nil, err
	}
	s.noteEdit(ctx, c, "created", "Created in the app", sortedKeys(values))
	return s.pushNow(ctx, c), nil
}

// UpdateContact changes the named fields; "" clears one. With ifRev it fails with
// fault.Stale unless the contact still has that revision.
func (s *Service) UpdateContact(ctx context.Context, customer contact.CustomerID, id contact.ID, patch contact.Values, ifRev *int64) (*Contact, error) {
	patch, err := s.checkInput(ctx, customer, patch)
	if err != nil {
		return nil, err
	}
	c, err := s.edit(ctx, customer, id, ifRev, func(c *Contact, now time.Time) error {
		if c.Lifecycle != Active {
			return notThere()
		}
		values := c.Values()
		changed := contact.Values{}
		for f, v := range patch {
			if values[f] != v {
				changed[f], values[f] = v, v
			}
		}
		if values.DisplayName() == "" {
			return fault.InvalidFields(map[string]string{"email": "A contact needs an e-mail address, a name or a phone number."})
		}
		if e, ok := changed[contact.Email]; ok {
			if err := s.checkEmailFree(ctx, customer, e, id); err != nil {
				return err
			}
		}
		patch = changed
		s.enter(c, changed, Edited, now)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(patch) == 0 {
		return c, nil
	}
	fields := sortedKeys(patch)
	s.noteEdit(ctx, c, "updated", labels(fields)+" changed in the app", fields)
	return s.pushNow(ctx, c), nil
}

// DeleteContact deletes the contact here and in every CRM. It can be restored for
// 30 days. Deleting it again is fault.NotFound.
func (s *Service) DeleteContact(ctx context.Context, customer contact.CustomerID, id contact.ID, ifRev *int64) error {
	c, err := s.edit(ctx, customer, id, ifRev, func(c *Contact, now time.Time) error {
		if c.Lifecycle != Active {
			return notThere()
		}
		c.Lifecycle, c.DeletedAt, c.UpdatedAt, c.Edited = Archived, now, now, now
		return nil
	})
	if err != nil {
		return err
	}
	s.noteEdit(ctx, c, "deleted", "Deleted in the app", nil)
	s.pushNow(ctx, c)
	return nil
}

// Contact returns one contact that is not deleted; fault.NotFound.
func (s *Service) Contact(ctx context.Context, customer contact.CustomerID, id contact.ID) (*Contact, error) {
	c, err := s.load(ctx, customer, id)
	if err != nil {
		return nil, err
	}
	if c.Lifecycle != Active {
		return nil, notThere()
	}
	return c, s.unlinkEnded(ctx, customer, c)
}

// SearchContacts answers the contact list.
func (s *Service) SearchContacts(ctx context.Context, customer contact.CustomerID, q ContactQuery) (ContactPage, error) {
	page, err := s.store.SearchContacts(ctx, customer, q)
	if err != nil {
		return page, err
	}
	return page, s.unlinkEnded(ctx, customer, page.Contacts...)
}

// unlinkEnded shows links of connections that were ended as what they are to people,
// in contacts that are not saved again: connecting the same account goes on with them.
func (s *Service) unlinkEnded(ctx context.Context, customer contact.CustomerID, contacts ...*Contact) error {
	conns, err := s.store.Connections(ctx, customer)
	if err != nil {
		return err
	}
	for _, conn := range conns {
		if conn.State != ConnectionDisconnected && conn.State != ConnectionReplaced {
			continue
		}
		for _, c := range contacts {
			if l := c.Link(conn.ID); l != nil && l.State != LinkDetached {
				l.State, l.Error = LinkDetached, nil
				c.settle()
			}
		}
	}
	return nil
}

func (s *Service) load(ctx context.Context, customer contact.CustomerID, id contact.ID) (*Contact, error) {
	found, err := s.store.Contacts(ctx, customer, []contact.ID{id})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, notThere()
	}
	return found[0], nil
}

func notThere() error { return fault.New(fault.NotFound, "There is no such contact.") }

// edit applies change to the stored contact until no other writer interferes. An
// edit clears what the CRMs refused: it may be what was waited for.
func (s *Service) edit(ctx context.Context, customer contact.CustomerID, id contact.ID, ifRev *int64, change func(*Contact, time.Time) error) (*Contact, error) {
	for {
		c, err := s.load(ctx, customer, id)
		if err != nil {
			return nil, err
		}
		if ifRev != nil && *ifRev != c.Rev {
			return nil, fault.New(fault.Stale, "The contact was changed in the meantime. Look at it again, then repeat your change.")
		}
		before := c.Clone()
		if err := change(c, s.clock.Now()); err != nil {
			return nil, err
		}
		err = s.saveEdit(ctx, before, c, "")
		if fault.Is(err, fault.Stale) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

// enter gives a contact values that came to it in the app.
func (s *Service) enter(c *Contact, values contact.Values, rule reconcile.Rule, now time.Time) {
	for f, v := range values {
		c.Fields[f] = Value{V: v, Src: contact.App, At: now, Rule: rule}
	}
	if len(values) > 0 {
		c.UpdatedAt, c.Edited = now, now
	}
}

// saveEdit saves a contact that a person changed, due at once where there is
// something to send it to. A lease that another worker holds stays. Before is what the
// contact was; nil for a new one.
func (s *Service) saveEdit(ctx context.Context, before, c *Contact, runID string) error {
	synced, err := s.isSynced(ctx, c.CustomerID)
	if err != nil {
		return err
	}
	if !synced {
		if err := s.clearChanges(ctx, c.CustomerID, c); err != nil {
			return err
		}
	}
	s.keepEdit(before, c, runID)
	s.makeDue(c, synced, s.clock.Now())
	outcomes, err := s.store.SaveContacts(ctx, c.CustomerID, []*Contact{c})
	if err != nil {
		return err
	}
	switch outcomes[0] {
	case SaveStale:
		return fault.New(fault.Stale, "The contact was changed in the meantime.")
	case SaveLinkTaken:
		return fault.New(fault.Conflict, "The record is linked to another contact.")
	}
	if !synced {
		return s.logEdits(ctx, c.CustomerID, c)
	}
	return nil
}

// makeDue makes a contact due if the customer's contacts go anywhere.
func (s *Service) makeDue(c *Contact, synced bool, now time.Time) {
	if synced {
		due := Due{At: now}
		if c.Due != nil {
			due.LeaseUntil = c.Due.LeaseUntil
		}
		c.Due = &due
	}
	c.settle()
}

// isSynced reports whether the customer has a connection that takes changes now.
// Others find every contact by their next full listing.
func (s *Service) isSynced(ctx context.Context, customer contact.CustomerID) (bool, error) {
	conns, err := s.store.Connections(ctx, customer)
	return slices.ContainsFunc(conns, func(c *Connection) bool { return c.takesUrgent() && !c.BackfilledAt.IsZero() }), err
}

// pushNow tries to bring a saved change to the CRMs and returns the contact as it
// then is. That it cannot is no error of the edit: the contact stays due.
func (s *Service) pushNow(ctx context.Context, c *Contact) *Contact {
	if c.Due == nil {
		return s.shown(ctx, c)
	}
	push, cancel := s.clock.WithTimeout(ctx, pushWithin)
	defer cancel()
	p, push, err := s.begin(push, c.CustomerID, s.unstoredRun(c.CustomerID, Incremental))
	if err == nil {
		if n := len(c.Changes); n > 0 {
			p.follows = c.Changes[n-1].ID
		}
		_, err = p.workOnce(push, Claim{Limit: 1, IDs: []contact.ID{c.ID}})
	}
	if err == nil {
		err = p.finish(push)
	}
	if err != nil {
		s.log.WarnContext(ctx, "push edit", "contact", c.ID, "error", err)
	}
	if fresh, err := s.load(ctx, c.CustomerID, c.ID); err == nil {
		c = fresh
	}
	return s.shown(ctx, c)
}

// shown is the contact as people see it.
func (s *Service) shown(ctx context.Context, c *Contact) *Contact {
	if err := s.unlinkEnded(ctx, c.CustomerID, c); err != nil {
		s.log.WarnContext(ctx, "look at connections", "contact", c.ID, "error", err)
	}
	return c
}

// checkInput tidies what a person entered, and says per field what is wrong. Fields
// that are not standard have to be in the customer's settings.
func (s *Service) checkInput(ctx context.Context, customer contact.CustomerID, values contact.Values) (contact.Values, error) {
	defined, err := s.customFields(ctx, customer, values)
	if err != nil {
		return nil, err
	}
	tidy := contact.Values{}
	problems := map[string]string{}
	for f, v := range values {
		name, label := string(f), f.Label()
		if !f.IsStandard() {
			name, label = "custom."+name, cmp.Or(defined[f].Label, label)
			if _, known := defined[f]; !known {
				problems[name] = "There is no field of this name in the settings."
				continue
			}
		}
		if text := contact.Check(f, v); text != "" {
			problems[name] = label + " " + text + "."
		}
		tidy[f] = contact.Tidy(v)
	}
	if len(problems) > 0 {
		return nil, fault.InvalidFields(problems)
	}
	return tidy, nil
}

// customFields returns the customer's own fields, if the values have any that are
// not standard.
func (s *Service) customFields(ctx context.Context, customer contact.CustomerID, values contact.Values) (map[contact.Field]FieldSettings, error) {
	for f := range values {
		if !f.IsStandard() {
			settings, err := s.store.Settings(ctx, customer)
			if err != nil {
				return nil, err
			}
			return settings.Fields, nil
		}
	}
	return nil, nil
}

// checkEmailFree fails with fault.Conflict when another contact has the address.
func (s *Service) checkEmailFree(ctx context.Context, customer contact.CustomerID, email string, own contact.ID) error {
	if email == "" {
		return nil
	}
	holders, err := s.store.ContactsByEmail(ctx, customer, []string{s.canonical.Of(contact.Email, email)})
	if err != nil {
		return err
	}
	for _, h := range holders {
		if h.ID != own {
			e := fault.New(fault.Conflict, "Another contact has this e-mail address.")
			e.ExistingID = string(h.ID)
			return e
		}
	}
	return nil
}

func (s *Service) noteEdit(ctx context.Context, c *Contact, op, message string, fields []contact.Field) {
	p := pass{Service: s, customer: c.CustomerID, run: s.unstoredRun(c.CustomerID, Incremental)}
	p.note(c, Activity{Op: op, Direction: "app", Message: message, Fields: fields})
	p.flushLog(ctx)
}
