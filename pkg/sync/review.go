package sync

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// What only a person can decide waits as a [Review], and a decision is carried out at
// once. Nothing else waits for it but the link of the contact concerned.

// ReviewAction is a way to decide a review.
type ReviewAction string

const (
	// ReviewLink links the record to the contact.
	ReviewLink ReviewAction = "link"
	// ReviewCreate makes a new contact of the record.
	ReviewCreate ReviewAction = "create"
	// ReviewIgnore leaves the record alone for good.
	ReviewIgnore ReviewAction = "ignore"
	// ReviewRecreate makes the record again.
	ReviewRecreate ReviewAction = "recreate"
	// ReviewDelete deletes the record in its CRM.
	ReviewDelete ReviewAction = "delete"
	// ReviewLeave leaves the record where it is, linked to nothing.
	ReviewLeave ReviewAction = "leave"
)

// ReviewActions are all of them.
var ReviewActions = []ReviewAction{ReviewLink, ReviewCreate, ReviewIgnore, ReviewRecreate, ReviewDelete, ReviewLeave}

// Actions lists the ways to decide the review.
func (r *Review) Actions() []ReviewAction {
	switch r.Kind {
	case reviewUnknown:
		return []ReviewAction{ReviewLink, ReviewRecreate}
	case reviewMerge, reviewErasure:
		return []ReviewAction{ReviewDelete, ReviewLeave}
	}
	return []ReviewAction{ReviewLink, ReviewCreate, ReviewIgnore}
}

// Decision is what a person decided about a review.
type Decision struct {
	Action ReviewAction
	// ExternalID is the record meant; "" is the review's, if it is about one.
	ExternalID contact.ExternalID
	// ContactID is the contact to link to; "" is the review's.
	ContactID contact.ID
}

// DecideReview carries a decision out and drops the review. It fails with
// fault.NotFound when the review, the contact or the record is not there; with
// fault.Invalid when the decision does not fit the review; and with fault.Conflict when
// a contact or record is linked to another by now.
func (s *Service) DecideReview(ctx context.Context, customer contact.CustomerID, id string, d Decision) error {
	items, err := s.store.ListReviews(ctx, customer)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(items, func(r Review) bool { return r.ID == id })
	if i < 0 {
		return fault.New(fault.NotFound, "There is nothing of that kind to decide any more.")
	}
	item := &items[i]
	if !slices.Contains(item.Actions(), d.Action) {
		return fault.InvalidFields(map[string]string{"action": "This cannot be decided that way."})
	}
	p, ctx, err := s.begin(ctx, customer, s.unstoredRun(customer, Evented))
	if err != nil {
		return err
	}
	ch := p.channel(item.ConnectionID)
	if ch == nil {
		return fault.New(fault.Conflict, "%s cannot be used at present. Look at its connection first.", item.Provider.Title())
	}
	decide := map[ReviewAction]func(context.Context, *channel, *Review, Decision) error{
		ReviewLink: p.decideLink, ReviewCreate: p.decideCreate, ReviewIgnore: p.decideIgnore,
		ReviewRecreate: p.decideRecreate, ReviewDelete: p.decideDelete, ReviewLeave: p.decideLeave,
	}
	if err := decide[d.Action](ctx, ch, item, d); err != nil {
		return err
	}
	if err := s.store.DropReviews(ctx, customer, []string{id}); err != nil {
		return err
	}
	if err := p.letGoOn(ctx, item, d.Action != ReviewIgnore || len(item.ExternalIDs) > 0, without(items, i)); err != nil {
		return err
	}
	p.note(nil, Activity{Op: "review", Direction: "app", Provider: item.Provider, Message: "Decided: " + decided[d.Action]})
	return p.finish(ctx)
}

var decided = map[ReviewAction]string{
	ReviewLink: "the record belongs to the contact", ReviewCreate: "the record is a contact of its own",
	ReviewIgnore: "the record is left alone", ReviewRecreate: "the record is made again",
	ReviewDelete: "the record is deleted", ReviewLeave: "the record stays as it is",
}

func without(items []Review, i int) []Review { return slices.Delete(slices.Clone(items), i, i+1) }

// recordOf returns the record a decision means.
func (r *Review) recordOf(d Decision) (contact.ExternalID, error) {
	switch {
	case d.ExternalID != "" && (r.Kind == reviewUnknown || slices.Contains(r.ExternalIDs, d.ExternalID)):
		return d.ExternalID, nil
	case d.ExternalID == "" && len(r.ExternalIDs) == 1:
		return r.ExternalIDs[0], nil
	}
	return "", fault.InvalidFields(map[string]string{"externalId": "Say which of the records is meant."})
}

// recordsOf returns the one record a decision means, or all of the review's.
func (r *Review) recordsOf(d Decision) ([]contact.ExternalID, error) {
	if d.ExternalID == "" {
		return r.ExternalIDs, nil
	}
	id, err := r.recordOf(d)
	return []contact.ExternalID{id}, err
}

// free returns the record the decision means: it has to be there, and be linked to
// nothing but the contact.
func (p *pass) free(ctx context.Context, ch *channel, r *Review, d Decision, own contact.ID) (contact.ExternalID, error) {
	id, err := r.recordOf(d)
	if err != nil {
		return "", err
	}
	p.read(ctx, ch, []contact.ExternalID{id}, nil)
	switch reading, read := ch.reads[id]; {
	case !read:
		return "", fault.New(fault.Conflict, "%s cannot be used at present. Look at its connection first.", r.Provider.Title())
	case reading.Err != nil:
		return "", reading.Err
	case reading.Gone():
		return "", fault.New(fault.NotFound, "The record is not there any more.")
	default:
		id = reading.Record.ID
	}
	holders, err := p.store.ContactsByLink(ctx, p.customer, ch.conn.ID, []contact.ExternalID{id})
	if err != nil {
		return "", err
	}
	for _, c := range holders {
		if c.ID != own {
			return "", linkedElsewhere(c.ID)
		}
	}
	return id, p.store.DropTombstones(ctx, p.customer, ch.conn.ID, []contact.ExternalID{id})
}

func linkedElsewhere(id contact.ID) error {
	e := fault.New(fault.Conflict, "The record is linked to another contact.")
	e.ExistingID = string(id)
	return e
}

func (p *pass) decideLink(ctx context.Context, ch *channel, r *Review, d Decision) error {
	target := d.ContactID
	if target == "" {
		target = r.ContactID
	}
	if target == "" {
		return fault.InvalidFields(map[string]string{"contactId": "Say which contact the record belongs to."})
	}
	id, err := p.free(ctx, ch, r, d, target)
	if err != nil {
		return err
	}
	c, err := p.changeLink(ctx, target, ch.conn.ID, func(c *Contact, l *Link) error {
		if l != nil && l.ExternalID != "" && l.State != LinkDetached && l.ExternalID != id {
			return fault.New(fault.Conflict, "The contact is linked to another record in %s.", r.Provider.Title())
		}
		if l == nil || l.ExternalID != id {
			c.addLink(ch, id)
		} else {
			l.State = LinkActive
		}
		return nil
	})
	if err == nil {
		p.noteEdit(ctx, c, "linked", "Linked to a record in "+r.Provider.Title(), nil)
		p.pushNow(ctx, c)
	}
	return err
}

// changeLink changes a living contact's link of a connection, as an edit.
func (p *pass) changeLink(ctx context.Context, id contact.ID, conn contact.ConnectionID, change func(*Contact, *Link) error) (*Contact, error) {
	return p.edit(ctx, p.customer, id, nil, func(c *Contact, _ time.Time) error {
		if c.Lifecycle != Active {
			return notThere()
		}
		return change(c, c.Link(conn))
	})
}

func (p *pass) decideCreate(ctx context.Context, ch *channel, r *Review, d Decision) error {
	id, err := p.free(ctx, ch, r, d, "")
	if err != nil {
		return err
	}
	now := p.clock.Now()
	it := p.newContact(contact.ID(p.newID(now)), now)
	it.next.addLink(ch, id)
	if err := p.apply(ctx, []*item{it}); err != nil {
		return err
	}
	if err := p.finish(ctx); err != nil {
		return err
	}
	holders, err := p.store.ContactsByLink(ctx, p.customer, ch.conn.ID, []contact.ExternalID{id})
	if err == nil && len(holders) == 1 && holders[0].ID != it.next.ID {
		err = linkedElsewhere(holders[0].ID)
	}
	return err
}

func (p *pass) decideIgnore(ctx context.Context, ch *channel, r *Review, d Decision) error {
	ids, err := r.recordsOf(d)
	if err != nil {
		return err
	}
	linked, err := p.linkedAmong(ctx, ch, ids)
	if err != nil {
		return err
	}
	var stones []Tombstone
	for _, id := range ids {
		if !linked[id] {
			stones = append(stones, Tombstone{ConnectionID: ch.conn.ID, ExternalID: id, ContactID: r.ContactID,
				Reason: stoneIgnored, By: contact.App, At: p.clock.Now()})
		}
	}
	r.ExternalIDs = slices.DeleteFunc(slices.Clone(ids), func(id contact.ExternalID) bool { return linked[id] })
	return p.store.PutTombstones(ctx, p.customer, stones)
}

func (p *pass) linkedAmong(ctx context.Context, ch *channel, ids []contact.ExternalID) (map[contact.ExternalID]bool, error) {
	holders, err := p.store.ContactsByLink(ctx, p.customer, ch.conn.ID, ids)
	linked := map[contact.ExternalID]bool{}
	for _, c := range holders {
		linked[c.Link(ch.conn.ID).ExternalID] = true
	}
	return linked, err
}

func (p *pass) decideRecreate(_ context.Context, _ *channel, r *Review, _ Decision) error {
	if r.ContactID == "" {
		return notThere()
	}
	return nil // letGoOn does it
}

func (p *pass) decideDelete(ctx context.Context, ch *channel, r *Review, d Decision) error {
	ids, err := r.recordsOf(d)
	if err != nil {
		return err
	}
	linked, err := p.linkedAmong(ctx, ch, ids)
	if err != nil {
		return err
	}
	if len(linked) > 0 {
		return fault.New(fault.Conflict, "The record is linked to a contact by now. Delete that instead.")
	}
	if err := p.letRest(ctx, ch, r, ids); err != nil {
		return err
	}
	for _, err := range ch.crm.Delete(ctx, ids) {
		if err != nil {
			return err
		}
	}
	p.count(r.Provider.Source(), func(n *Counts) { n.Deleted += len(ids) })
	return nil
}

func (p *pass) decideLeave(ctx context.Context, ch *channel, r *Review, d Decision) error {
	ids, err := r.recordsOf(d)
	if err != nil {
		return err
	}
	return p.letRest(ctx, ch, r, ids)
}

// letRest remembers records so that they never come back by themselves; those of an
// erased person under a hash.
func (p *pass) letRest(ctx context.Context, ch *channel, r *Review, ids []contact.ExternalID) error {
	plain, reason := ids, stoneMerged
	if r.Kind == reviewErasure {
		m, err := p.beginMemory(ctx, p.customer)
		if err != nil {
			return err
		}
		ids, reason = hashes(m, erasedRecord, ids), stoneErased
		if err := p.store.DropTombstones(ctx, p.customer, ch.conn.ID, plain); err != nil {
			return err
		}
	}
	stones := make([]Tombstone, len(ids))
	for i, id := range ids {
		stones[i] = Tombstone{ConnectionID: ch.conn.ID, ExternalID: id, ContactID: r.ContactID, Reason: reason, By: contact.App, At: p.clock.Now()}
	}
	return p.store.PutTombstones(ctx, p.customer, stones)
}

// letGoOn ends the waiting of the contact that a closed review held, unless another
// one holds it: for a record of its own, or for none on the connection.
func (p *pass) letGoOn(ctx context.Context, closed *Review, ofItsOwn bool, others []Review) error {
	if closed.ContactID == "" || slices.ContainsFunc(others, closed.holdsToo) {
		return nil
	}
	waits := false
	c, err := p.changeLink(ctx, closed.ContactID, closed.ConnectionID, func(c *Contact, l *Link) error {
		switch waits = l != nil && l.State == LinkReview; {
		case waits && ofItsOwn:
			c.Links = slices.DeleteFunc(c.Links, func(l Link) bool { return l.ConnectionID == closed.ConnectionID })
		case waits:
			l.State, l.Intents, l.Error = LinkDetached, nil, nil
		default:
			return errNothingToDo
		}
		return nil
	})
	if err == nil {
		p.pushNow(ctx, c)
	}
	if fault.Is(err, fault.NotFound) || errors.Is(err, errNothingToDo) {
		return nil // the contact is gone, or does not wait
	}
	return err
}

var errNothingToDo = errors.New("nothing waits")

// holdsToo reports whether another review is about the same contact and connection.
func (r *Review) holdsToo(other Review) bool {
	return other.ContactID == r.ContactID && other.ConnectionID == r.ConnectionID
}
