package mongo

import (
	"context"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// settingsDoc is how a customer's settings are stored.
type settingsDoc struct {
	Key           contact.CustomerID `bson:"_id"`
	CustomerID    contact.CustomerID `bson:"customerId"`
	sync.Settings `bson:",inline"`
}

// Settings implements [sync.SettingsStore]. One round trip.
func (s *Store) Settings(ctx context.Context, customer contact.CustomerID) (*sync.Settings, error) {
	found, err := find[settingsDoc](ctx, s, settingsByKey, scoped(customer, is("_id", customer)), 1)
	if err != nil || len(found) == 0 {
		return &sync.Settings{}, classify("mongo.settings", err)
	}
	return &found[0].Settings, nil
}

// SaveSettings implements [sync.SettingsStore]. One round trip.
func (s *Store) SaveSettings(ctx context.Context, customer contact.CustomerID, settings *sync.Settings) error {
	d := settingsDoc{Key: customer, CustomerID: customer, Settings: *settings}
	d.Rev++
	saved, err := s.saveRevision(ctx, saveSettings, scoped(customer, is("_id", customer)), settings.Rev, d)
	if err != nil {
		return classify("mongo.saveSettings", err)
	}
	if !saved {
		return fault.New(fault.Stale, "The settings changed in the meantime.")
	}
	settings.Rev++
	return nil
}
