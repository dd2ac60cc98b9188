package hubspot

import (
	"encoding/gob"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// saved is an account on its way to or from a file.
type saved struct {
	LastID, LastEvent int64
	Aliases           map[int64]int64
	Properties        []savedProperty
	Groups            []propertyGroup
	Contacts          []savedContact
}

type savedProperty struct {
	Property    property
	VisibleFrom time.Time
}

type savedContact struct {
	ID         int64
	Created    time.Time
	CreatedBy  savedActor
	Touched    []time.Time
	ArchivedAt time.Time
	Props      map[string][]savedVersion
}

type savedVersion struct {
	Value string
	At    time.Time
	By    savedActor
}

type savedActor struct {
	Source, ID string
	Silent     bool
}

// SaveTo writes the account: contacts with their history, merges and properties.
// Knobs, limits, tokens and events on their way are not part of it.
func (s *Server) SaveTo(w io.Writer) error {
	s.mu.Lock()
	account := saved{LastID: s.account.lastID, LastEvent: s.issued.event, Aliases: maps.Clone(s.account.aliases)}
	for _, p := range s.account.properties {
		account.Properties = append(account.Properties, savedProperty{*p, p.visibleFrom})
	}
	for _, g := range s.account.groups {
		account.Groups = append(account.Groups, *g)
	}
	for _, r := range s.account.order {
		account.Contacts = append(account.Contacts, r.save())
	}
	s.mu.Unlock()
	return gob.NewEncoder(w).Encode(account)
}

// LoadFrom replaces the account by one that SaveTo wrote. On an error the account
// stays as it is.
func (s *Server) LoadFrom(r io.Reader) error {
	var from saved
	if err := gob.NewDecoder(r).Decode(&from); err != nil {
		return fmt.Errorf("hubspot sandbox: the saved account cannot be read: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := newAccount(s.account.portalID, s.now())
	a.lastID, a.aliases = from.LastID, from.Aliases
	if a.aliases == nil {
		a.aliases = map[int64]int64{}
	}
	a.properties, a.byName = nil, map[string]*property{}
	for _, p := range from.Properties {
		p.Property.visibleFrom = p.VisibleFrom
		p.Property.Options = append([]option{}, p.Property.Options...)
		a.addProperty(&p.Property)
	}
	if len(from.Groups) > 0 {
		a.groups = nil
	}
	for _, g := range from.Groups {
		a.groups = append(a.groups, &g)
	}
	for _, contact := range from.Contacts {
		a.add(contact.record())
	}
	s.account, s.issued.event = a, from.LastEvent
	return nil
}

// add takes in a contact with a higher id than all before.
func (a *account) add(r *record) {
	a.ids[r.id] = r
	a.order = append(a.order, r)
	if !r.archived() {
		a.live++
		a.claim(r)
	}
}

func (r *record) save() savedContact {
	c := savedContact{
		ID: r.id, Created: r.created, CreatedBy: r.createdBy.save(), Touched: slices.Clone(r.touched),
		ArchivedAt: r.archivedAt, Props: make(map[string][]savedVersion, len(r.props)),
	}
	for name, versions := range r.props {
		for _, v := range versions {
			c.Props[name] = append(c.Props[name], savedVersion{v.value, v.at, v.by.save()})
		}
	}
	return c
}

func (c savedContact) record() *record {
	r := &record{
		id: c.ID, created: c.Created, createdBy: c.CreatedBy.actor(), touched: c.Touched, archivedAt: c.ArchivedAt,
		props: make(map[string][]version, len(c.Props)),
	}
	for name, versions := range c.Props {
		for _, v := range versions {
			r.props[name] = append(r.props[name], version{v.Value, v.At, v.By.actor()})
		}
	}
	return r
}

func (a *actor) save() savedActor { return savedActor{a.source, a.id, a.silent} }

func (a savedActor) actor() *actor { return &actor{a.Source, a.ID, a.Silent} }
