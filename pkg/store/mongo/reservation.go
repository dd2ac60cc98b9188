package mongo

import (
	"context"
	"slices"
	"time"

	driver "go.mongodb.org/mongo-driver/v2/mongo"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// A record has one contact because the collection of links has one document of its
// key. It is a reservation: made before the contact is saved with the link, taken
// back after the contact was saved without it. So a saved contact always has the
// reservations of its links, and what a save that broke off leaves behind is a
// reservation too many. Another contact takes that one over once it can prove that
// nothing stands behind it:
//
//   - the stored contact that it names does not hold the link, and
//   - no save that could still add the link is under way. A save raises the revision
//     to the one in the reservation, so a contact that is there already leaves no
//     such save a chance. Failing that, the reservation is older than any save lasts.
//
// Every change of a reservation names the token it was seen with.

// reservation is a document of the collection of links.
type reservation struct {
	Key          string               `bson:"_id"` // see linkKey
	CustomerID   contact.CustomerID   `bson:"customerId"`
	ConnectionID contact.ConnectionID `bson:"connectionId"`
	ExternalID   contact.ExternalID   `bson:"externalId"`
	ContactID    contact.ID           `bson:"contactId"`
	Rev          int64                `bson:"rev"`   // the highest that a save for which it was made makes
	Token        string               `bson:"token"` // of the latest such save
	At           time.Time            `bson:"at"`    // of the latest such save
}

// reservationKept is how long a reservation counts for which no contact can be
// found: much longer than a save lasts, and than clocks of instances differ.
const reservationKept = 4 * saveWithin

// reserveTries is how often a save tries again when others change the reservations
// that it wants.
const reserveTries = 3

// reserve reserves the links that drafts gain. It refuses the drafts that want a
// link of another contact.
func (b *batch) reserve(ctx context.Context) error {
	wanted := b.wanted()
	absent := wanted
	for range reserveTries {
		taken, err := b.insertReservations(ctx, absent)
		if err != nil {
			return err
		}
		if !taken && len(absent) == len(wanted) {
			return nil
		}
		if absent, err = b.contest(ctx, wanted); err != nil || len(wanted) == 0 {
			return err
		}
	}
	for _, d := range wanted {
		d.refuse(sync.SaveStale) // others want the same: read again, and start over
	}
	return nil
}

// wanted are the records to reserve. Of two drafts that want one, the second is
// refused.
func (b *batch) wanted() map[string]*draft {
	wanted := map[string]*draft{}
	for _, d := range b.open() {
		gained := d.gained()
		if slices.ContainsFunc(gained, func(record string) bool { return wanted[record] != nil }) {
			d.refuse(sync.SaveLinkTaken)
			continue
		}
		for _, record := range gained {
			wanted[record] = d
		}
	}
	return wanted
}

// insertReservations reports whether some are there already.
func (b *batch) insertReservations(ctx context.Context, wanted map[string]*draft) (taken bool, err error) {
	var operations []driver.WriteModel
	for record, d := range wanted {
		doc, err := marshal(b.reservation(record, d))
		if err != nil {
			return false, err
		}
		operations = append(operations, insertDoc(doc))
		d.reserved = append(d.reserved, record)
	}
	w, err := b.write(ctx, reserveLinks, operations...)
	return w.duplicates, err
}

func (b *batch) reservation(record string, d *draft) reservation {
	r := reservation{
		Key: record, CustomerID: b.customer, ContactID: d.contact.ID, Rev: d.next(), Token: b.token, At: b.now(),
	}
	for _, l := range d.contact.Links {
		if linkKey(b.customer, l.ConnectionID, l.ExternalID) == record {
			r.ConnectionID, r.ExternalID = l.ConnectionID, l.ExternalID
		}
	}
	return r
}

// contest looks who has the wanted records, strikes off those that are reserved for
// this save, refuses drafts that cannot have theirs, and takes over what it may. It
// returns the records that have no reservation (any more).
func (b *batch) contest(ctx context.Context, wanted map[string]*draft) (absent map[string]*draft, err error) {
	standing, err := b.standing(ctx, wanted)
	if err != nil {
		return nil, err
	}
	holders, err := b.holders(ctx, wanted, standing)
	if err != nil {
		return nil, err
	}
	absent = map[string]*draft{}
	var takeovers []driver.WriteModel
	for record, d := range wanted {
		r := standing[record]
		switch {
		case r == nil:
			absent[record] = d
		case r.Token == b.token:
			delete(wanted, record)
		case r.ContactID == d.contact.ID:
			// Another save of the same contact made it. It is not ours to take back, and not
			// the other's any more.
			d.reserved = without(d.reserved, []string{record})
			takeovers = append(takeovers, b.takeover(r, d))
		case b.stands(r, holders[keysOf(b.customer).of(string(r.ContactID))]):
			d.refuse(sync.SaveLinkTaken)
		default:
			takeovers = append(takeovers, b.takeover(r, d))
		}
	}
	for _, list := range []map[string]*draft{wanted, absent} {
		for record, d := range list {
			if d.refused {
				delete(list, record)
			}
		}
	}
	if len(takeovers) > 0 {
		_, err = b.write(ctx, contestLinks, takeovers...)
	}
	return absent, err
}

// standing reads the reservations of records.
func (b *batch) standing(ctx context.Context, wanted map[string]*draft) (map[string]*reservation, error) {
	records := make([]string, 0, len(wanted))
	for record := range wanted {
		records = append(records, record)
	}
	found, err := find[reservation](ctx, b.Store, linksByKey, scoped(b.customer, in("_id", records)), 0)
	standing := make(map[string]*reservation, len(found))
	for i := range found {
		standing[found[i].Key] = &found[i]
	}
	return standing, err
}

// holders reads the heads of the other contacts that reservations name. They have
// to be read after the reservations.
func (b *batch) holders(ctx context.Context, wanted map[string]*draft, standing map[string]*reservation) (map[string]*contactHead, error) {
	var others []contact.ID
	for record, r := range standing {
		if r.Token != b.token && r.ContactID != wanted[record].contact.ID {
			others = append(others, r.ContactID)
		}
	}
	if len(others) == 0 {
		return nil, nil
	}
	return b.heads(ctx, ofAll(keysOf(b.customer), others))
}

// stands reports whether a reservation has to be respected. The holder is the
// stored contact that it names; nil if there is none.
func (b *batch) stands(r *reservation, holder *contactHead) bool {
	if holder.holds(r.Key) {
		return true
	}
	settled := holder != nil && holder.Rev >= r.Rev
	return !settled && b.now().Sub(r.At) < reservationKept
}

// takeover makes a reservation the draft's, if it still is as it was seen.
func (b *batch) takeover(seen *reservation, d *draft) driver.WriteModel {
	rev := d.next()
	if seen.ContactID == d.contact.ID {
		rev = max(rev, seen.Rev)
	}
	return updateOne(
		scoped(b.customer, is("_id", seen.Key), is("contactId", seen.ContactID), is("token", seen.Token)),
		bson.D{is("$set", bson.D{is("contactId", d.contact.ID), is("rev", rev), is("token", b.token), is("at", b.now())})})
}

// release takes back the reservations of links that saved contacts lost, and those
// that were made for refused ones. Failing to leaves reservations too many, which
// others may take over: the save counts all the same.
func (b *batch) release(ctx context.Context) error {
	var operations []driver.WriteModel
	for _, d := range b.drafts {
		if d.refused {
			for _, record := range d.reserved {
				operations = append(operations, deleteOne(scoped(b.customer, is("_id", record), is("token", b.token))))
			}
			continue
		}
		for _, record := range d.lost() {
			// One of a later revision is of a save that adds the link again.
			operations = append(operations, deleteOne(scoped(b.customer,
				is("_id", record), is("contactId", d.contact.ID), with("rev", "$lte", d.next()))))
		}
	}
	if len(operations) == 0 {
		return nil
	}
	if _, err := b.write(ctx, releaseLinks, operations...); err != nil {
		b.log.WarnContext(ctx, "reservations of links were left behind", "error", err)
	}
	return nil
}
