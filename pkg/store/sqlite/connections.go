package sqlite

import (
	"context"
	"encoding/json"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	insertConnection = `
INSERT INTO connections (rev, provider, account, doc, customer, id) VALUES (1, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`

	updateConnection = `
UPDATE connections SET rev = rev + 1, provider = ?, account = ?, doc = ? WHERE customer = ? AND id = ? AND rev = ?`

	connectionsOf        = `SELECT rev, doc FROM connections WHERE customer = ? ORDER BY id`
	connectionsByAccount = `SELECT rev, doc FROM connections WHERE provider = ? AND account = ? ORDER BY customer, id`
	listCustomers        = `SELECT DISTINCT customer FROM connections ORDER BY customer`
)

// SaveConnection implements [sync.ConnectionStore].
func (s *Store) SaveConnection(ctx context.Context, connection *sync.Connection) error {
	const op = "sqlite.saveConnection"
	doc, err := json.Marshal(connection)
	if err != nil {
		return &fault.Error{Op: op, Err: err}
	}
	args := []any{connection.Provider, connection.AccountID, doc, connection.CustomerID, connection.ID}
	query := insertConnection
	if connection.Rev != 0 {
		query = updateConnection
		args = append(args, connection.Rev)
	}
	err = s.write(ctx, op, func(ctx context.Context, c *conn) error {
		n, err := c.exec(ctx, query, args...)
		if err == nil && n == 0 {
			return fault.New(fault.Stale, "The connection changed in the meantime.")
		}
		return err
	})
	if err == nil {
		connection.Rev++
	}
	return err
}

// Connections implements [sync.ConnectionStore]: by id.
func (s *Store) Connections(ctx context.Context, customer contact.CustomerID) ([]*sync.Connection, error) {
	return s.connections(ctx, "sqlite.connections", connectionsOf, customer)
}

// ConnectionsByAccount implements [sync.ConnectionStore].
func (s *Store) ConnectionsByAccount(ctx context.Context, provider contact.Provider, account string) ([]*sync.Connection, error) {
	return s.connections(ctx, "sqlite.connectionsByAccount", connectionsByAccount, provider, account)
}

func (s *Store) connections(ctx context.Context, op, query string, args ...any) (found []*sync.Connection, err error) {
	err = s.read(ctx, op, func(c *conn) error {
		found, err = list(ctx, c, scanConnection, query, args...)
		return err
	})
	return found, err
}

func scanConnection(row scanner) (*sync.Connection, error) {
	var rev int64
	c := &sync.Connection{}
	err := scanDoc(row, c, &rev)
	c.Rev = rev
	roundConnection(c)
	return c, err
}

// Customers implements [sync.ConnectionStore].
func (s *Store) Customers(ctx context.Context) (customers []contact.CustomerID, err error) {
	err = s.read(ctx, "sqlite.customers", func(c *conn) error {
		customers, err = list(ctx, c, func(row scanner) (id contact.CustomerID, err error) {
			return id, row.Scan(&id)
		}, listCustomers)
		return err
	})
	return customers, err
}
