package sync

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

// Held fields are part of step 4: a field that the manual policy leaves to a person,
// or that automations keep changing back and forth, stays as it is on every side
// until somebody decides its conflict.

const (
	// mostFlips is how often within flipWindow a CRM may change a field to the same
	// value again, after it was changed back, before the field is held.
	mostFlips  = 5
	flipWindow = time.Hour
	// flippingRule is the rule in the conflict log of a field held for that.
	flippingRule = "flipping"
)

// Flips counts how often a CRM's record changed a field to one value.
type Flips struct {
	Value string    `json:"v"`
	Count int       `json:"n"`
	Since time.Time `json:"since"` // of the first
	Base  time.Time `json:"base"`  // the agreement that the latest of them changed
}

// allRead reports whether every record of the contact takes part in the merge.
func (c *Contact) allRead(sides []mergeSide) bool {
	for i := range c.Links {
		l := &c.Links[i]
		if l.readable() && !slices.ContainsFunc(sides, func(s mergeSide) bool { return s.link == l }) {
			return false
		}
	}
	return true
}

// heldFields tells the merge which fields to leave alone: those that keep flipping,
// and those left to a person as long as not every side of them was read.
func (c *Contact) heldFields(sides []mergeSide) map[contact.Field]bool {
	complete := c.allRead(sides)
	held := map[contact.Field]bool{}
	for f, h := range c.Held {
		held[f] = h.Reason == HeldFlipping || !complete
	}
	return held
}

// damp counts changes that come again and again, and holds fields that do so too often.
func (p *pass) damp(it *item, sides []mergeSide, now time.Time) {
	for _, s := range sides {
		maps.DeleteFunc(s.link.Flips, func(_ contact.Field, f Flips) bool { return now.Sub(f.Since) >= flipWindow })
		for _, f := range sortedKeys(s.link.Shadow) {
			if p.changedField(it.next, s.link, s.record, f) && s.link.flip(f, s.record.Fields[f], now) > mostFlips {
				p.holdFlipping(it, sides, f, now)
			}
		}
	}
}

// flip counts a change of the field to a value, once per agreement that it breaks,
// and returns how often it came.
func (l *Link) flip(f contact.Field, value string, now time.Time) int {
	flips, base := l.Flips[f], l.Shadow[f].At
	switch {
	case flips.Count > 0 && flips.Value == value && !base.After(flips.Base):
		return flips.Count
	case flips.Count > 0 && flips.Value == value:
		flips.Count, flips.Base = flips.Count+1, base
	default:
		flips = Flips{Value: value, Count: 1, Since: now, Base: base}
	}
	if l.Flips == nil {
		l.Flips = map[contact.Field]Flips{}
	}
	l.Flips[f] = flips
	return flips.Count
}

func (p *pass) holdFlipping(it *item, sides []mergeSide, f contact.Field, now time.Time) {
	if _, held := it.next.Held[f]; held {
		return
	}
	hub := it.next.Fields[f]
	entry := Conflict{
		ContactID: it.next.ID, ContactName: it.next.Values().DisplayName(), Field: f, Base: hub.V,
		Values: []ConflictValue{{Source: contact.App, Value: hub.V, At: hub.At}}, Rule: flippingRule,
		At: now, State: ConflictOpen, RunID: p.run.ID,
	}
	for _, s := range sides {
		if v, defined := s.record.Fields[f]; defined {
			entry.Values = append(entry.Values, ConflictValue{Source: s.link.Provider.Source(), Value: v, At: s.record.Modified})
		}
	}
	p.holdField(it, HeldFlipping, entry)
	p.note(it.next, Activity{Level: Warning, Op: "conflict", Direction: "app", Fields: []contact.Field{f},
		Message: fmt.Sprintf("%s keeps changing back and forth between the CRMs and the app. It is left alone until somebody decides", f.Label())})
}

// takeConflicts logs decided conflicts through the contact's own document, so that
// the compare-and-set that decides also records.
func (p *pass) takeConflicts(it *item, conflicts []reconcile.Conflict, now time.Time) {
	for _, c := range conflicts {
		entry := Conflict{
			ContactID: it.next.ID, ContactName: it.next.Values().DisplayName(), Field: c.Field, Base: c.Base,
			Winner: c.Winner, Rule: string(c.Rule), At: now, State: ConflictDecided, RunID: p.run.ID,
		}
		for _, v := range c.Values {
			entry.Values = append(entry.Values, ConflictValue{Source: v.Source, Value: v.Value, At: v.At})
		}
		if c.Winner == "" {
			entry.State = ConflictOpen
			if p.holdField(it, HeldManual, entry) {
				p.note(it.next, Activity{Level: Warning, Op: "conflict", Direction: "app", Fields: []contact.Field{c.Field},
					Message: c.Field.Label() + " was changed in several places, and waits for a person to decide"})
			}
			continue
		}
		entry.ID = digest("conflict", string(it.next.ID), string(c.Field), fmt.Sprint(it.next.Rev))
		p.addConflict(it, entry)
	}
}

func (p *pass) addConflict(it *item, entry Conflict) {
	it.next.Outbox = append(it.next.Outbox, entry)
	p.count(contact.App, func(n *Counts) { n.Conflicts++ })
	p.note(it.next, Activity{Level: Warning, Op: "conflict", Direction: "app", Fields: []contact.Field{entry.Field},
		Message: fmt.Sprintf("%s was changed in several places; the value of %s stands", entry.Field.Label(), sourceTitle(entry.Winner))})
}

// holdField holds a field for the conflict, which is logged unless it was already.
func (p *pass) holdField(it *item, reason HoldReason, entry Conflict) (logged bool) {
	parts := []string{"held", string(entry.ContactID), string(entry.Field), string(reason)}
	for _, v := range entry.Values {
		parts = append(parts, string(v.Source), v.Value)
	}
	before, held := it.next.Held[entry.Field]
	if !held {
		before.At = entry.At
	}
	entry.ID = digest(append(parts, fmt.Sprint(before.At.UnixMilli()))...)
	if before.ConflictID == entry.ID {
		return false
	}
	it.next.supersede(before.ConflictID)
	if it.next.Held == nil {
		it.next.Held = map[contact.Field]Hold{}
	}
	it.next.Held[entry.Field] = Hold{Reason: reason, ConflictID: entry.ID, At: before.At}
	it.next.Outbox = append(it.next.Outbox, entry)
	p.count(contact.App, func(n *Counts) { n.Conflicts++ })
	return true
}

// supersede closes an open conflict that needs no decision any more.
func (c *Contact) supersede(conflictID string) {
	if conflictID != "" {
		c.Outbox = append(c.Outbox, Conflict{ID: conflictID, ContactID: c.ID, State: ConflictSuperseded})
	}
}

// release ends the holds of fields that the merge of all sides found nothing to
// decide about any more, and forgets decisions that every side has followed.
func (c *Contact) release(plan reconcile.Plan) {
	for _, f := range sortedKeys(c.Held) {
		waits := slices.ContainsFunc(plan.Conflicts, func(k reconcile.Conflict) bool { return k.Field == f && k.Winner == "" })
		if c.Held[f].Reason == HeldManual && !waits {
			c.supersede(c.Held[f].ConflictID)
			delete(c.Held, f)
		}
	}
	maps.DeleteFunc(c.Chosen, func(f contact.Field, _ []string) bool {
		return !slices.ContainsFunc(plan.Links, func(l reconcile.LinkPlan) bool {
			return l[f].Kind == reconcile.Write || l[f].Kind == reconcile.Wait
		})
	})
}

// ResolveConflict lets one of a conflict's values stand: as a new edit in the app,
// which travels like any other. With a value, the one of that text is meant, where
// the source has several. It fails with fault.NotFound, with fault.Invalid if the
// conflict has no such value, and with fault.Conflict if it needs no decision any more.
func (s *Service) ResolveConflict(ctx context.Context, customer contact.CustomerID, id string, choose contact.Source, value *string) (*Conflict, error) {
	c, err := s.store.Conflict(ctx, customer, id)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(c.Values, func(v ConflictValue) bool {
		return v.Source == choose && (value == nil || v.Value == *value)
	})
	switch {
	case c.State == ConflictSuperseded:
		return nil, fault.New(fault.Conflict, "The values have changed since, and this conflict needs no decision any more.")
	case i < 0:
		return nil, fault.InvalidFields(map[string]string{"choose": "The conflict has no value from there to choose."})
	case c.Field == Existence:
		err = s.resolveExistence(ctx, customer, c.ContactID, c.Values[i].Value == wasDeleted)
	default:
		err = s.chooseValue(ctx, customer, c, c.Values[i].Value)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case c.State == ConflictOpen:
		c.Winner, c.State = choose, ConflictDecided
	case choose != c.Winner:
		c.Winner, c.State = choose, ConflictOverridden
	}
	return c, s.store.SaveConflict(ctx, customer, c)
}

// chooseValue enters the value of a decided conflict, and ends the hold of an open one.
func (s *Service) chooseValue(ctx context.Context, customer contact.CustomerID, k *Conflict, value string) error {
	f := k.Field
	changed := false
	c, err := s.edit(ctx, customer, k.ContactID, nil, func(c *Contact, now time.Time) error {
		if c.Lifecycle != Active {
			return notThere()
		}
		values := c.Values()
		values[f] = value
		if values.DisplayName() == "" {
			return fault.InvalidFields(map[string]string{"choose": "A contact needs an e-mail address, a name or a phone number."})
		}
		changed = c.Fields[f].V != value || k.State == ConflictOpen
		if !changed {
			return nil
		}
		c.Fields[f] = Value{V: value, Src: contact.App, At: now, Rule: Chosen}
		c.UpdatedAt, c.Edited = now, now
		if k.State == ConflictOpen {
			c.decided(k)
		}
		return nil
	})
	if err != nil || !changed {
		return err
	}
	s.noteEdit(ctx, c, "updated", f.Label()+" decided in the app", []contact.Field{f})
	s.pushNow(ctx, c)
	return nil
}

// decided ends the hold of an open conflict's field: the values that were seen are
// replaced where they stand.
func (c *Contact) decided(k *Conflict) {
	delete(c.Held, k.Field)
	if c.Chosen == nil {
		c.Chosen = map[contact.Field][]string{}
	}
	c.Chosen[k.Field] = nil
	for _, v := range k.Values {
		c.Chosen[k.Field] = append(c.Chosen[k.Field], v.Value)
	}
	for i := range c.Links {
		delete(c.Links[i].Lost, k.Field)
		delete(c.Links[i].Flips, k.Field)
	}
}

// resolveExistence follows a person's decision about a contact that one side deleted
// while another changed it.
func (s *Service) resolveExistence(ctx context.Context, customer contact.CustomerID, id contact.ID, remove bool) error {
	if remove {
		return s.DeleteContact(ctx, customer, id, nil)
	}
	_, err := s.RestoreContact(ctx, customer, id)
	return err
}
