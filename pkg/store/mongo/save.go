package mongo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// saveWithin bounds a save, from its first round trip to its last. Reservations of
// links grow old much later, so that no save is still under way when they do.
const saveWithin = 30 * time.Second

// SaveContacts implements [sync.ContactStore]. Two round trips for contacts that
// are stored and gain no link; up to two more when some are new, when links are
// gained, when links are lost, and when others were faster. Contacts that contend
// with others for a link take more, but no more for many than for one.
func (s *Store) SaveContacts(ctx context.Context, customer contact.CustomerID, contacts []*sync.Contact) ([]sync.SaveOutcome, error) {
	const op = "mongo.saveContacts"
	if len(contacts) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, saveWithin)
	defer cancel()
	b := &batch{Store: s, customer: customer, token: newToken()}
	for _, c := range contacts {
		if c.CustomerID != customer {
			return nil, &fault.Error{Op: op, Err: fmt.Errorf("contact %s is of another customer", c.ID)}
		}
		b.drafts = append(b.drafts, &draft{contact: c, key: keysOf(customer).of(string(c.ID)), keys: newContactKeys(c)})
	}
	for _, step := range []func(context.Context) error{b.readHeads, b.reserve, b.save, b.release} {
		if err := step(ctx); err != nil {
			return nil, classify(op, err)
		}
	}
	outcomes := make([]sync.SaveOutcome, len(contacts))
	for i, d := range b.drafts {
		outcomes[i] = d.outcome
		if d.outcome == sync.Saved {
			d.contact.Rev++
		}
	}
	return outcomes, nil
}

// batch is the saving of several contacts of one customer. A draft is open until
// it is refused.
type batch struct {
	*Store
	customer contact.CustomerID
	token    string // of this save
	drafts   []*draft
}

// draft is a contact about to be saved.
type draft struct {
	contact *sync.Contact
	key     string
	keys    contactKeys
	head    *contactHead // as stored; nil: not stored yet
	refused bool
	outcome sync.SaveOutcome // of a refused one why, else Saved
	// reserved are the records that this save and no other has reserved for it.
	reserved []string
}

func (d *draft) refuse(outcome sync.SaveOutcome) { d.refused, d.outcome = true, outcome }

// next is the revision that the save makes.
func (d *draft) next() int64 { return d.contact.Rev + 1 }

// gained lists the records that the stored contact does not hold, lost those that
// only it holds.
func (d *draft) gained() []string { return without(d.keys.Records, d.stored()) }
func (d *draft) lost() []string   { return without(d.stored(), d.keys.Records) }

func (d *draft) stored() []string {
	if d.head == nil {
		return nil
	}
	return d.head.Keys.Records
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// open lists the drafts that are not refused.
func (b *batch) open() []*draft {
	return slices.DeleteFunc(slices.Clone(b.drafts), func(d *draft) bool { return d.refused })
}

// heads reads the heads of contacts.
func (b *batch) heads(ctx context.Context, keys []string) (map[string]*contactHead, error) {
	found, err := project[contactHead](ctx, b.Store, contactHeads, scoped(b.customer, in("_id", keys)), 0, headFields)
	heads := make(map[string]*contactHead, len(found))
	for i := range found {
		heads[found[i].Key] = &found[i]
	}
	return heads, err
}

// readHeads refuses what is stale already, before anything is reserved for it, and
// all but the first of several drafts of one contact.
func (b *batch) readHeads(ctx context.Context) error {
	keys := make([]string, len(b.drafts))
	for i, d := range b.drafts {
		keys[i] = d.key
	}
	heads, err := b.heads(ctx, keys)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, d := range b.drafts {
		d.head = heads[d.key]
		fresh := d.head == nil && d.contact.Rev == 0
		same := d.head != nil && d.contact.Rev != 0 && d.head.Rev == d.contact.Rev && d.head.Fence == d.contact.Fence
		if seen[d.key] || !fresh && !same {
			d.refuse(sync.SaveStale)
		}
		seen[d.key] = true
	}
	return nil
}

// save writes the open drafts, each guarded by its revision and fence, and refuses
// those whose guard did not hold any more.
func (b *batch) save(ctx context.Context) error {
	open := b.open()
	operations := make([]driver.WriteModel, len(open))
	for i, d := range open {
		doc, err := b.encode(d)
		if err != nil {
			return err
		}
		if d.head == nil {
			operations[i] = insertDoc(doc)
		} else {
			guard := scoped(b.customer, is("_id", d.key), is("rev", d.contact.Rev), is("fence", d.contact.Fence))
			operations[i] = replaceDoc(guard, doc)
		}
	}
	w, err := b.write(ctx, saveContacts, operations...)
	if err != nil || w.all(len(open)) {
		return err
	}
	return b.refuseUnsaved(ctx, open)
}

func (b *batch) encode(d *draft) (bson.Raw, error) {
	doc := contactDoc{Key: d.key, Contact: *d.contact, Keys: d.keys, Writes: []string{b.token}}
	doc.Rev = d.next()
	if d.head != nil {
		before := d.head.Writes
		doc.Writes = slices.Concat(before[max(0, len(before)-writesKept+1):], doc.Writes)
	}
	return marshal(doc)
}

// refuseUnsaved looks which drafts were saved: those whose documents know the token
// of this save. A count of writes would not do: it does not tell which, and not of
// a write that the driver repeated because the answer was lost.
func (b *batch) refuseUnsaved(ctx context.Context, open []*draft) error {
	keys := make([]string, len(open))
	for i, d := range open {
		keys[i] = d.key
	}
	filter := scoped(b.customer, in("_id", keys), is("writes", b.token))
	saved, err := project[contactHead](ctx, b.Store, savedContacts, filter, 0, []string{"rev"})
	if err != nil {
		return err
	}
	for _, d := range open {
		if !slices.ContainsFunc(saved, func(h contactHead) bool { return h.Key == d.key }) {
			d.refuse(sync.SaveStale)
		}
	}
	return nil
}
