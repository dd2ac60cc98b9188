package mongo

import (
	"context"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// Contacts implements [sync.ContactStore]. One round trip.
func (s *Store) Contacts(ctx context.Context, customer contact.CustomerID, ids []contact.ID) ([]*sync.Contact, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := contactsOf(find[contactDoc](ctx, s, contactsByID, scoped(customer, contactIDs(customer, ids)), 0))
	return found, classify("mongo.contacts", err)
}

// ContactsByLink implements [sync.ContactStore]. One round trip: the contacts
// themselves know which records they hold.
func (s *Store) ContactsByLink(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) ([]*sync.Contact, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	records := ofAll(keysOf(customer).under(string(connection)), ids)
	found, err := contactsOf(find[contactDoc](ctx, s, contactsByRecord, scoped(customer, in("keys.records", records)), 0))
	return found, classify("mongo.contactsByLink", err)
}

// ContactsByEmail implements [sync.ContactStore]. One round trip.
func (s *Store) ContactsByEmail(ctx context.Context, customer contact.CustomerID, emails []string) ([]*sync.Contact, error) {
	wanted := make([]string, 0, len(emails))
	for _, email := range emails {
		if email != "" {
			wanted = append(wanted, email)
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	filter := scoped(customer, is("lifecycle", sync.Active), in("keys.email", wanted))
	found, err := contactsOf(find[contactDoc](ctx, s, contactsByEmail, filter, 0))
	return found, classify("mongo.contactsByEmail", err)
}

// ScanContacts implements [sync.ContactStore]. One round trip.
func (s *Store) ScanContacts(ctx context.Context, customer contact.CustomerID, after contact.ID, limit int) ([]*sync.Contact, error) {
	if limit <= 0 {
		return nil, nil
	}
	filter := scoped(customer, keysOf(customer).above(string(after)))
	found, err := contactsOf(find[contactDoc](ctx, s, contactsAbove, filter, limit, is("_id", 1)))
	return found, classify("mongo.scanContacts", err)
}
