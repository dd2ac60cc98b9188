package sqlite

import (
	"context"
	"encoding/json"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	insertSettings = `INSERT INTO settings (rev, doc, customer) VALUES (1, ?, ?) ON CONFLICT DO NOTHING`
	updateSettings = `UPDATE settings SET rev = rev + 1, doc = ? WHERE customer = ? AND rev = ?`
	oneSettings    = `SELECT rev, doc FROM settings WHERE customer = ?`
)

// Settings implements [sync.SettingsStore].
func (s *Store) Settings(ctx context.Context, customer contact.CustomerID) (*sync.Settings, error) {
	var found []*sync.Settings
	err := s.read(ctx, "sqlite.settings", func(c *conn) (err error) {
		found, err = list(ctx, c, scanSettings, oneSettings, customer)
		return err
	})
	if err != nil || len(found) == 0 {
		return &sync.Settings{}, err
	}
	return found[0], nil
}

func scanSettings(row scanner) (*sync.Settings, error) {
	var rev int64
	settings := &sync.Settings{}
	err := scanDoc(row, settings, &rev)
	settings.Rev = rev
	return settings, err
}

// SaveSettings implements [sync.SettingsStore].
func (s *Store) SaveSettings(ctx context.Context, customer contact.CustomerID, settings *sync.Settings) error {
	const op = "sqlite.saveSettings"
	doc, err := json.Marshal(settings)
	if err != nil {
		return &fault.Error{Op: op, Err: err}
	}
	query, args := insertSettings, []any{doc, customer}
	if settings.Rev != 0 {
		query, args = updateSettings, append(args, settings.Rev)
	}
	err = s.write(ctx, op, func(ctx context.Context, c *conn) error {
		n, err := c.exec(ctx, query, args...)
		if err == nil && n == 0 {
			return fault.New(fault.Stale, "The settings changed in the meantime.")
		}
		return err
	})
	if err == nil {
		settings.Rev++
	}
	return err
}
