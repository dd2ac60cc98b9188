package sync

import (
	"cmp"
	"context"
	"maps"
	"slices"
	gosync "sync"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// drafts is the store of a rehearsal: it reads what is stored, and keeps what would
// be written to itself. Only the rehearsed run and its staging rows are stored. It
// has no embedded [Store], so that an operation that is added there has to be
// thought about here.
type drafts struct {
	storedReads
	rehearsal *rehearsal

	mu    gosync.Mutex
	docs  map[contact.ID]*Contact // those that are still to be worked on
	kept  map[contact.ID]bool     // found through their records: whoever merges with them needs them again
	conns map[contact.ConnectionID]*Connection
	// linked is how many more links a connection has than are stored; loaded holds the
	// connections that the contacts of the page at hand are linked to.
	linked map[contact.ConnectionID]int
	loaded map[contact.ID][]contact.ConnectionID
	stones map[contact.ConnectionID]map[contact.ExternalID]Tombstone
}

// storedReads are the operations that a rehearsal may do: they change nothing, or
// only the run and its rows.
type storedReads interface {
	ContactsByEmail(ctx context.Context, customer contact.CustomerID, emails []string) ([]*Contact, error)
	SearchContacts(ctx context.Context, customer contact.CustomerID, q ContactQuery) (ContactPage, error)

	PutStaged(ctx context.Context, customer contact.CustomerID, generation string, rows []Staged) error
	StagedPage(ctx context.Context, customer contact.CustomerID, generation string, connection contact.ConnectionID, after contact.ExternalID, limit int) ([]Staged, error)
	StagedByEmail(ctx context.Context, customer contact.CustomerID, generation string, emails []string) ([]Staged, error)
	StagedByContact(ctx context.Context, customer contact.CustomerID, generation string, ids []contact.ID) ([]Staged, error)
	StagedNew(ctx context.Context, customer contact.CustomerID, generation string, after contact.ID, limit int) ([]contact.ID, error)

	SaveRun(ctx context.Context, run *Run) error
	Run(ctx context.Context, customer contact.CustomerID, id string) (*Run, error)
	LatestRun(ctx context.Context, customer contact.CustomerID) (*Run, error)

	ListActivity(ctx context.Context, customer contact.CustomerID, q LogQuery) (entries []Activity, next string, err error)
	ListConflicts(ctx context.Context, customer contact.CustomerID, q LogQuery) (entries []Conflict, next string, total int, err error)
	Conflict(ctx context.Context, customer contact.CustomerID, id string) (*Conflict, error)
	ListChanges(ctx context.Context, customer contact.CustomerID, q LogQuery) (entries []Change, next string, err error)
	Change(ctx context.Context, customer contact.CustomerID, id string) (*Change, error)
	ListReviews(ctx context.Context, customer contact.CustomerID) ([]Review, error)

	ConnectionsByAccount(ctx context.Context, provider contact.Provider, account string) ([]*Connection, error)
	Customers(ctx context.Context) ([]contact.CustomerID, error)
	Settings(ctx context.Context, customer contact.CustomerID) (*Settings, error)
	Value(ctx context.Context, key string, now time.Time) ([]byte, error)
	Ping(ctx context.Context) (name string, err error)
}

func newDrafts(under Store, r *rehearsal) *drafts {
	return &drafts{
		storedReads: under, rehearsal: r,
		docs: map[contact.ID]*Contact{}, kept: map[contact.ID]bool{}, conns: map[contact.ConnectionID]*Connection{},
		linked: map[contact.ConnectionID]int{}, loaded: map[contact.ID][]contact.ConnectionID{},
		stones: map[contact.ConnectionID]map[contact.ExternalID]Tombstone{},
	}
}

// under is the store that the drafts lie over.
func (d *drafts) under() Store { return d.rehearsal.stored }

// SaveContacts keeps what is still due, and counts the links of the rest.
func (d *drafts) SaveContacts(_ context.Context, _ contact.CustomerID, contacts []*Contact) ([]SaveOutcome, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	outcomes := make([]SaveOutcome, len(contacts))
	for i, c := range contacts {
		if known := d.docs[c.ID]; known != nil && known.Rev != c.Rev {
			outcomes[i] = SaveStale
			continue
		}
		c.Rev++
		d.countLinks(c)
		if c.Due == nil && !d.kept[c.ID] {
			delete(d.docs, c.ID)
			d.rehearsal.forget(c)
			continue
		}
		d.docs[c.ID] = c.Clone()
	}
	return outcomes, nil
}

// countLinks notes which links a contact gained or lost.
func (d *drafts) countLinks(c *Contact) {
	for _, id := range d.loaded[c.ID] {
		d.linked[id]--
	}
	d.loaded[c.ID] = linkedTo(c)
	for _, id := range d.loaded[c.ID] {
		d.linked[id]++
	}
}

func linkedTo(c *Contact) []contact.ConnectionID {
	var list []contact.ConnectionID
	for _, l := range c.Index().Links {
		list = append(list, l.ConnectionID)
	}
	return list
}

// Contacts implements [ContactStore].
func (d *drafts) Contacts(ctx context.Context, customer contact.CustomerID, ids []contact.ID) ([]*Contact, error) {
	return d.latest(d.under().Contacts(ctx, customer, ids))
}

// ContactsByLink implements [ContactStore]. What it finds is kept.
func (d *drafts) ContactsByLink(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) ([]*Contact, error) {
	found, err := d.latest(d.under().ContactsByLink(ctx, customer, connection, ids))
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	holds := func(c *Contact) bool {
		return slices.ContainsFunc(c.Index().Links, func(l IndexLink) bool {
			return l.ConnectionID == connection && slices.Contains(ids, l.ExternalID)
		})
	}
	found = slices.DeleteFunc(found, func(c *Contact) bool { return !holds(c) })
	for _, id := range sortedKeys(d.docs) {
		if c := d.docs[id]; holds(c) && !slices.ContainsFunc(found, func(f *Contact) bool { return f.ID == id }) {
			found = append(found, c.Clone())
		}
	}
	if d.rehearsal.reconciling() {
		for _, c := range found {
			d.kept[c.ID] = true
		}
	}
	return found, nil
}

// ScanContacts implements [ContactStore].
func (d *drafts) ScanContacts(ctx context.Context, customer contact.CustomerID, after contact.ID, limit int) ([]*Contact, error) {
	d.mu.Lock()
	maps.DeleteFunc(d.loaded, func(id contact.ID, _ []contact.ConnectionID) bool { return d.docs[id] == nil })
	d.mu.Unlock()
	return d.latest(d.under().ScanContacts(ctx, customer, after, limit))
}

// latest puts the drafts of stored contacts in their place.
func (d *drafts) latest(stored []*Contact, err error) ([]*Contact, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, c := range stored {
		if draft := d.docs[c.ID]; draft != nil {
			stored[i] = draft.Clone()
			continue
		}
		d.loaded[c.ID] = linkedTo(c)
	}
	return stored, err
}

// MarkDue implements [ContactStore].
func (d *drafts) MarkDue(ctx context.Context, customer contact.CustomerID, ids []contact.ID, at time.Time) error {
	found, err := d.Contacts(ctx, customer, ids)
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range found {
		if c.Due == nil || at.Before(c.Due.At) {
			due := Due{At: at}
			if c.Due != nil {
				due.LeaseUntil = c.Due.LeaseUntil
			}
			c.Due = &due
		}
		c.Rev++
		d.docs[c.ID] = c
	}
	return err
}

// HurryContacts does nothing: that is what a person's request does.
func (d *drafts) HurryContacts(context.Context, contact.CustomerID, time.Time) error { return nil }

// ClaimContacts claims drafts. What is stored as due belongs to others.
func (d *drafts) ClaimContacts(_ context.Context, _ contact.CustomerID, claim Claim) ([]*Contact, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var due []*Contact
	for _, c := range d.docs {
		if c.Due != nil && !c.Due.At.After(claim.Now) && !c.leased(claim.Now) {
			due = append(due, c)
		}
	}
	slices.SortFunc(due, func(a, b *Contact) int { return cmp.Or(a.Due.At.Compare(b.Due.At), cmp.Compare(a.ID, b.ID)) })
	due = due[:min(len(due), claim.Limit)]
	for i, c := range due {
		c.Due.LeaseUntil = claim.Until
		c.Fence++
		due[i] = c.Clone()
	}
	return due, nil
}

// CountContacts implements [ContactStore]; what is due are the drafts alone.
func (d *drafts) CountContacts(ctx context.Context, customer contact.CustomerID) (ContactCounts, error) {
	counts, err := d.under().CountContacts(ctx, customer)
	if err != nil {
		return counts, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	counts.Due, counts.NextDue = 0, time.Time{}
	for _, c := range d.docs {
		if c.Due == nil {
			continue
		}
		counts.Due++
		if at := later(c.Due.At, c.Due.LeaseUntil); counts.NextDue.IsZero() || at.Before(counts.NextDue) {
			counts.NextDue = at
		}
	}
	for id, more := range d.linked {
		n := counts.Links[id]
		n.Linked += more
		counts.Links[id] = n
	}
	return counts, nil
}

// PutTombstones implements [StagingStore].
func (d *drafts) PutTombstones(_ context.Context, _ contact.CustomerID, stones []Tombstone) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range stones {
		if d.stones[s.ConnectionID] == nil {
			d.stones[s.ConnectionID] = map[contact.ExternalID]Tombstone{}
		}
		d.stones[s.ConnectionID][s.ExternalID] = s
	}
	return nil
}

// Tombstones implements [StagingStore].
func (d *drafts) Tombstones(ctx context.Context, customer contact.CustomerID, connection contact.ConnectionID, ids []contact.ExternalID) ([]Tombstone, error) {
	found, err := d.under().Tombstones(ctx, customer, connection, ids)
	d.mu.Lock()
	defer d.mu.Unlock()
	drafted := d.stones[connection]
	found = slices.DeleteFunc(found, func(s Tombstone) bool { _, replaced := drafted[s.ExternalID]; return replaced })
	for _, id := range ids {
		if stone, ok := drafted[id]; ok {
			found = append(found, stone)
		}
	}
	return found, err
}

// SaveConnection implements [ConnectionStore].
func (d *drafts) SaveConnection(_ context.Context, c *Connection) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.Rev++
	draft := *c
	d.conns[c.ID] = &draft
	return nil
}

// Connections implements [ConnectionStore].
func (d *drafts) Connections(ctx context.Context, customer contact.CustomerID) ([]*Connection, error) {
	conns, err := d.under().Connections(ctx, customer)
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, c := range conns {
		if draft := d.conns[c.ID]; draft != nil {
			c := *draft
			conns[i] = &c
		}
	}
	return conns, err
}

// PutReviews counts what a person would be asked that they were not asked yet.
func (d *drafts) PutReviews(ctx context.Context, customer contact.CustomerID, items []Review) error {
	return d.rehearsal.takeReviews(ctx, customer, items)
}

// The rest is not kept: nothing in a run reads it again.

func (d *drafts) DropStaged(context.Context, contact.CustomerID, string) error { return nil }

func (d *drafts) DropTombstones(context.Context, contact.CustomerID, contact.ConnectionID, []contact.ExternalID) error {
	return nil
}
func (d *drafts) PutHints(context.Context, contact.CustomerID, []Hint) error  { return nil }
func (d *drafts) DropHints(context.Context, contact.CustomerID, []Hint) error { return nil }
func (d *drafts) ClaimHints(context.Context, contact.CustomerID, Claim) ([]Hint, error) {
	return nil, nil
}

func (d *drafts) CountHints(context.Context, contact.CustomerID) (int, time.Time, error) {
	return 0, time.Time{}, nil
}

func (d *drafts) AcquireRun(_ context.Context, run *Run, _ time.Time) (*Run, bool, error) {
	return run, false, nil
}
func (d *drafts) AddRun(context.Context, *Run) error { return nil }

func (d *drafts) AppendActivity(context.Context, contact.CustomerID, []Activity) error  { return nil }
func (d *drafts) ForgetContact(context.Context, contact.CustomerID, contact.ID) error   { return nil }
func (d *drafts) AppendConflicts(context.Context, contact.CustomerID, []Conflict) error { return nil }
func (d *drafts) SaveConflict(context.Context, contact.CustomerID, *Conflict) error     { return nil }
func (d *drafts) AppendChanges(context.Context, contact.CustomerID, []Change) error     { return nil }
func (d *drafts) SaveChanges(context.Context, contact.CustomerID, []Change) error       { return nil }
func (d *drafts) PruneLogs(context.Context, contact.CustomerID, time.Time) error        { return nil }
func (d *drafts) DropReviews(context.Context, contact.CustomerID, []string) error       { return nil }

func (d *drafts) SaveSettings(context.Context, contact.CustomerID, *Settings) error { return nil }
func (d *drafts) PutValue(context.Context, string, []byte, time.Time) error         { return nil }
func (d *drafts) DropValue(context.Context, string) error                           { return nil }
func (d *drafts) ForgetAttempts(context.Context, string) error                      { return nil }
func (d *drafts) ChangeValue(context.Context, string, time.Time, time.Time, func([]byte) []byte) error {
	return nil
}

func (d *drafts) CountAttempt(context.Context, string, time.Time, time.Duration) (int, time.Time, error) {
	return 0, time.Time{}, nil
}
