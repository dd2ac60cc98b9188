package sqlite

import (
	"context"

	"github.com/contactsync/contactsync/pkg/fault"
)

// applicationID marks a database as one of this program ("CSyn").
const applicationID = 0x4353796e

// migrate brings the schema up to date. The version of the schema is the number
// of steps that have been applied.
func migrate(ctx context.Context, c *conn) error {
	if version, err := value[int](ctx, c, `PRAGMA user_version`); err != nil || version == len(steps) {
		return err
	}
	return c.transaction(ctx, ctx, "BEGIN IMMEDIATE", func(c *conn) error {
		version, err := value[int](ctx, c, `PRAGMA user_version`)
		if err != nil {
			return err
		}
		if err := checkOwner(ctx, c, version); err != nil {
			return err
		}
		for i := version; i < len(steps); i++ {
			if err := c.script(ctx, steps[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkOwner refuses a database that is not ours, or that is ahead of us.
func checkOwner(ctx context.Context, c *conn, version int) error {
	if version > len(steps) {
		return &fault.Error{
			Kind:    fault.Unavailable,
			Message: "The database was written by a newer version of Contact Sync.",
			Hint:    "Install that version, or use another database file.",
		}
	}
	owner, err := value[int](ctx, c, `PRAGMA application_id`)
	if err != nil {
		return err
	}
	tables, err := value[int](ctx, c, `SELECT count(*) FROM sqlite_schema`)
	if err != nil {
		return err
	}
	if owner != applicationID && (owner != 0 || tables > 0) {
		return &fault.Error{
			Kind:    fault.Unavailable,
			Message: "The database file belongs to another program.",
			Hint:    "Check the setting of its path.",
		}
	}
	return nil
}

// script runs several statements that are used once.
func (c *conn) script(ctx context.Context, script string) error {
	_, err := c.sql.ExecContext(ctx, script)
	return err
}

// steps lead from an empty database to the present schema, in order. A step that
// was released is never changed: a new one is appended, and it ends by setting
// its own number.
//
// The heads of contacts stand apart from their documents: a claim rewrites only
// a head, and a filter that has to look at many heads finds them close together.
// Times are milliseconds since 1970 UTC; 0 means none unless it can be null.
var steps = []string{`
PRAGMA application_id = 0x4353796e;

CREATE TABLE contacts (
	key         INTEGER PRIMARY KEY,
	customer    TEXT    NOT NULL,
	id          TEXT    NOT NULL,
	rev         INTEGER NOT NULL,
	fence       INTEGER NOT NULL,
	due_at      INTEGER,
	lease_until INTEGER NOT NULL,
	email       TEXT    NOT NULL,
	name        TEXT    NOT NULL,
	status      TEXT    NOT NULL,
	lifecycle   TEXT    NOT NULL,
	providers   TEXT    NOT NULL,  -- each between spaces
	created     INTEGER NOT NULL,
	updated     INTEGER NOT NULL,
	words       TEXT    NOT NULL,  -- each after a line break: what contact_words holds
	links       TEXT    NOT NULL   -- JSON: what contact_links and link_counts hold
) STRICT;
CREATE UNIQUE INDEX contacts_by_id ON contacts (customer, id);
CREATE INDEX contacts_by_name    ON contacts (customer, lifecycle, name, id);
CREATE INDEX contacts_by_email   ON contacts (customer, lifecycle, email, id);
CREATE INDEX contacts_by_updated ON contacts (customer, lifecycle, updated, id);
CREATE INDEX contacts_by_created ON contacts (customer, lifecycle, created, id);
CREATE INDEX contacts_by_status  ON contacts (customer, lifecycle, status, id, providers);
CREATE INDEX contacts_by_due     ON contacts (customer, due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE contact_docs (
	key INTEGER PRIMARY KEY,
	doc BLOB    NOT NULL
) STRICT;

CREATE TABLE contact_links (
	customer   TEXT    NOT NULL,
	connection TEXT    NOT NULL,
	external   TEXT    NOT NULL,
	contact    INTEGER NOT NULL,  -- contacts.key
	PRIMARY KEY (customer, connection, external)
) STRICT, WITHOUT ROWID;

CREATE TABLE link_counts (
	customer   TEXT    NOT NULL,
	connection TEXT    NOT NULL,
	linked     INTEGER NOT NULL,
	pending    INTEGER NOT NULL,
	errors     INTEGER NOT NULL,
	PRIMARY KEY (customer, connection)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact_words (
	customer TEXT    NOT NULL,
	word     TEXT    NOT NULL,
	contact  INTEGER NOT NULL,  -- contacts.key
	PRIMARY KEY (customer, word, contact)
) STRICT, WITHOUT ROWID;

CREATE TABLE hints (
	customer    TEXT    NOT NULL,
	connection  TEXT    NOT NULL,
	external    TEXT    NOT NULL,
	due_at      INTEGER NOT NULL,
	lease_until INTEGER NOT NULL,
	last_lease  INTEGER NOT NULL,  -- the latest ever given: leases never repeat
	event_at    INTEGER NOT NULL,
	PRIMARY KEY (customer, connection, external)
) STRICT, WITHOUT ROWID;
CREATE INDEX hints_by_due ON hints (customer, due_at, connection, external);

CREATE TABLE staged (
	customer   TEXT    NOT NULL,
	generation TEXT    NOT NULL,
	connection TEXT    NOT NULL,
	external   TEXT    NOT NULL,
	contact    TEXT    NOT NULL,  -- "": none assigned
	is_new     INTEGER NOT NULL,
	emails     TEXT    NOT NULL,  -- JSON: what staged_emails holds
	doc        BLOB    NOT NULL,
	PRIMARY KEY (customer, generation, connection, external)
) STRICT;
CREATE INDEX staged_by_contact ON staged (customer, generation, contact, is_new) WHERE contact <> '';

CREATE TABLE staged_emails (
	customer   TEXT NOT NULL,
	generation TEXT NOT NULL,
	email      TEXT NOT NULL,
	connection TEXT NOT NULL,
	external   TEXT NOT NULL,
	PRIMARY KEY (customer, generation, email, connection, external)
) STRICT, WITHOUT ROWID;

CREATE TABLE tombstones (
	customer   TEXT    NOT NULL,
	connection TEXT    NOT NULL,
	external   TEXT    NOT NULL,
	contact    TEXT    NOT NULL,
	reason     TEXT    NOT NULL,
	survivor   TEXT    NOT NULL,  -- "": none
	source     TEXT    NOT NULL,
	at         INTEGER NOT NULL,
	PRIMARY KEY (customer, connection, external)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
	customer    TEXT    NOT NULL,
	id          TEXT    NOT NULL,
	kind        TEXT    NOT NULL,
	state       TEXT    NOT NULL,
	dry_run     INTEGER NOT NULL,
	started     INTEGER NOT NULL,
	lease_until INTEGER NOT NULL,
	fence       INTEGER NOT NULL,
	doc         BLOB    NOT NULL,
	PRIMARY KEY (customer, id)
) STRICT;
CREATE INDEX runs_by_state ON runs (customer, state, started, id);
CREATE INDEX runs_by_start ON runs (customer, dry_run, started, id);

CREATE TABLE activity (
	customer TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	at       INTEGER NOT NULL,
	contact  TEXT    NOT NULL,
	run      TEXT    NOT NULL,
	level    TEXT    NOT NULL,
	doc      BLOB    NOT NULL,
	PRIMARY KEY (customer, id)
) STRICT;
CREATE INDEX activity_by_time    ON activity (customer, at, id);
CREATE INDEX activity_by_contact ON activity (customer, contact, at, id) WHERE contact <> '';
CREATE INDEX activity_by_run     ON activity (customer, run, at, id) WHERE run <> '';
CREATE INDEX activity_by_level   ON activity (customer, level, at, id) WHERE level <> 'info';

CREATE TABLE conflicts (
	customer TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	at       INTEGER NOT NULL,
	contact  TEXT    NOT NULL,
	run      TEXT    NOT NULL,
	doc      BLOB    NOT NULL,
	PRIMARY KEY (customer, id)
) STRICT;
CREATE INDEX conflicts_by_time    ON conflicts (customer, at, id);
CREATE INDEX conflicts_by_contact ON conflicts (customer, contact, at, id) WHERE contact <> '';
CREATE INDEX conflicts_by_run     ON conflicts (customer, run, at, id) WHERE run <> '';

CREATE TABLE changes (
	customer TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	at       INTEGER NOT NULL,
	contact  TEXT    NOT NULL,
	run      TEXT    NOT NULL,
	doc      BLOB    NOT NULL,
	PRIMARY KEY (customer, id)
) STRICT;
CREATE INDEX changes_by_time    ON changes (customer, at, id);
CREATE INDEX changes_by_contact ON changes (customer, contact, at, id) WHERE contact <> '';
CREATE INDEX changes_by_run     ON changes (customer, run, at, id) WHERE run <> '';

CREATE TABLE reviews (
	customer TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	at       INTEGER NOT NULL,
	doc      BLOB    NOT NULL,
	PRIMARY KEY (customer, id)
) STRICT;
CREATE INDEX reviews_by_time ON reviews (customer, at, id);

CREATE TABLE connections (
	customer TEXT    NOT NULL,
	id       TEXT    NOT NULL,
	rev      INTEGER NOT NULL,
	provider TEXT    NOT NULL,
	account  TEXT    NOT NULL,
	doc      BLOB    NOT NULL,
	PRIMARY KEY (customer, id)
) STRICT;
CREATE INDEX connections_by_account ON connections (provider, account, customer, id);

CREATE TABLE settings (
	customer TEXT    NOT NULL PRIMARY KEY,
	rev      INTEGER NOT NULL,
	doc      BLOB    NOT NULL
) STRICT;

CREATE TABLE short_lived (
	key   TEXT    NOT NULL PRIMARY KEY,
	value BLOB    NOT NULL,
	until INTEGER NOT NULL
) STRICT;
CREATE INDEX short_lived_by_end ON short_lived (until);

CREATE TABLE attempts (
	key   TEXT    NOT NULL PRIMARY KEY,
	n     INTEGER NOT NULL,
	until INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_by_end ON attempts (until);

PRAGMA user_version = 1;
`}
