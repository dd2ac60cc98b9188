package mongo

import (
	"context"
	"encoding/json"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// CountContacts implements [sync.ContactStore]. Four round trips. A leased contact
// counts for NextDue with the end of its lease, when it can be claimed again.
func (s *Store) CountContacts(ctx context.Context, customer contact.CustomerID) (sync.ContactCounts, error) {
	const op = "mongo.countContacts"
	tallies, err := s.countBy(ctx, countContacts, "keys.tally", scoped(customer))
	if err != nil {
		return sync.ContactCounts{}, classify(op, err)
	}
	counts, err := sum(tallies)
	if err == nil {
		counts.Due, err = s.count(ctx, countDue, scoped(customer, with("due.at", "$gt", ever)))
	}
	if err == nil && counts.Due > 0 {
		counts.NextDue, err = s.nextDue(ctx, customer)
	}
	return counts, classify(op, err)
}

// sum adds up how many contacts have which tally.
func sum(tallies map[string]int) (sync.ContactCounts, error) {
	counts := sync.ContactCounts{
		ByStatus: map[sync.Status]int{},
		Links:    map[contact.ConnectionID]sync.LinkCounts{},
	}
	for text, n := range tallies {
		var t tally
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			return counts, err
		}
		if t.Lifecycle == sync.Active {
			counts.Total += n
			counts.ByStatus[t.Status] += n
		}
		for _, l := range t.Links {
			c := counts.Links[l.Connection]
			c.Linked += n * l.Linked
			c.Pending += n * l.Pending
			c.Errors += n * l.Errors
			counts.Links[l.Connection] = c
		}
	}
	return counts, nil
}

func (s *Store) nextDue(ctx context.Context, customer contact.CustomerID) (time.Time, error) {
	type times struct {
		Due sync.Due `bson:"due"`
	}
	return earliest(
		func(filter bson.D, limit int) ([]lease, error) {
			q := leasedBefore
			if limit > 0 {
				q = nextDue
			}
			found, err := project[times](ctx, s, q, append(scoped(customer), filter...), limit, []string{"due"}, is("due.at", 1))
			list := make([]lease, len(found))
			for i, t := range found {
				list[i] = lease{t.Due.At, t.Due.LeaseUntil}
			}
			return list, err
		}, "due.at", "due.leaseUntil")
}

// lease is when something is due and until when it is leased, or zero.
type lease struct{ due, until time.Time }

// earliest returns when the first of some work can be claimed, or zero when there
// is none. The work that is leased is looked at one by one; there is little of it.
func earliest(read func(filter bson.D, limit int) ([]lease, error), due, until string) (time.Time, error) {
	idle, err := read(bson.D{with(due, "$gt", ever), with(until, "$exists", false)}, 1)
	if err != nil {
		return ever, err
	}
	next := distant
	if len(idle) > 0 {
		next = idle[0].due
	}
	leased, err := read(bson.D{with(due, "$lt", next), is(until, bson.D{is("$gt", ever), is("$lt", next)})}, 0)
	for _, l := range leased {
		claimable := l.due
		if l.until.After(claimable) {
			claimable = l.until
		}
		if claimable.Before(next) {
			next = claimable
		}
	}
	if next.Equal(distant) {
		return ever, err
	}
	return next, err
}
