package sync

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
)

// ImportRow is one row of an import.
type ImportRow struct {
	Line    int // of the file, the header being 1
	Values  contact.Values
	Problem string // why the row cannot be used; then Values do not count
}

// ImportResult says what became of an import's rows.
type ImportResult struct {
	Created, Updated, Unchanged int
	Rejected                    []Rejection
}

// Rejection is a row that was left out, and why.
type Rejection struct {
	Line    int
	Message string
}

// importer is one import under way.
type importer struct {
	*Service
	customer contact.CustomerID
	choices  choices
	memory   *memory // of erased people; nil: there are none
	synced   bool
	run      *Run
	result   ImportResult
}

// Import brings rows into the app. Rows are matched to contacts by e-mail; a blank
// value says nothing about the contact's. A bad row is rejected, the others are
// imported. It stops with the first error of rows or store; what was imported
// before stays.
func (s *Service) Import(ctx context.Context, customer contact.CustomerID, rows iter.Seq2[ImportRow, error]) (*Run, ImportResult, error) {
	synced, err := s.isSynced(ctx, customer)
	if err != nil {
		return nil, ImportResult{}, err
	}
	chosen, err := s.choicesOf(ctx, customer)
	if err != nil {
		return nil, ImportResult{}, err
	}
	erased, err := s.memoryOf(ctx, customer)
	if err != nil {
		return nil, ImportResult{}, err
	}
	run := &Run{ID: s.newID(s.clock.Now()), CustomerID: customer, Kind: Imported, StartedAt: s.clock.Now()}
	im := &importer{Service: s, customer: customer, choices: chosen, memory: erased, synced: synced, run: run}
	var batchRows []ImportRow
	for row, err := range rows {
		if err != nil {
			return nil, im.result, err
		}
		if batchRows = append(batchRows, row); len(batchRows) == batch {
			if err := im.take(ctx, batchRows); err != nil {
				return nil, im.result, err
			}
			batchRows = nil
		}
	}
	if err := im.take(ctx, batchRows); err != nil {
		return nil, im.result, err
	}
	return run, im.result, im.close(ctx, run)
}

// take imports some rows: one lookup and one save for all of them, and again for
// those that another writer interfered with.
func (im *importer) take(ctx context.Context, rows []ImportRow) error {
	rows = im.valid(rows)
	for len(rows) > 0 {
		contacts, origin, err := im.merge(ctx, rows)
		if err != nil {
			return err
		}
		if len(contacts) == 0 {
			return nil
		}
		outcomes, err := im.store.SaveContacts(ctx, im.customer, contacts)
		if err != nil {
			return err
		}
		rows = nil
		var log []Change
		for i, c := range contacts {
			if outcomes[i] != Saved {
				rows = append(rows, origin[c.ID]...)
				continue
			}
			log = append(log, c.changesOf(im.run.ID)...)
			if c.Rev == 1 {
				im.result.Created++
			} else {
				im.result.Updated++
			}
		}
		if len(log) == 0 {
			continue
		}
		if err := im.store.AppendChanges(ctx, im.customer, log); err != nil {
			return err
		}
	}
	return nil
}

// valid rejects the rows that cannot be a contact and tidies the others.
func (im *importer) valid(rows []ImportRow) []ImportRow {
	var good []ImportRow
	for _, row := range rows {
		if row.Problem == "" {
			row.Values, row.Problem = checkRow(row.Values)
		}
		if row.Problem != "" {
			im.result.Rejected = append(im.result.Rejected, Rejection{row.Line, row.Problem})
			continue
		}
		good = append(good, row)
	}
	return good
}

func checkRow(values contact.Values) (contact.Values, string) {
	given := contact.Values{}
	for _, f := range sortedKeys(values) {
		v := contact.Tidy(values[f])
		if v == "" {
			continue
		}
		if text := contact.Check(f, values[f]); text != "" {
			return nil, fmt.Sprintf("%s %s.", f.Label(), text)
		}
		given[f] = v
	}
	if given.DisplayName() == "" {
		return nil, "The row has no e-mail address, name or phone number."
	}
	return given, ""
}

// merge applies rows to the contacts they belong to, or to new ones. It returns the
// contacts to save, and which rows each came from.
func (im *importer) merge(ctx context.Context, rows []ImportRow) ([]*Contact, map[contact.ID][]ImportRow, error) {
	var emails []string
	for _, row := range rows {
		emails = append(emails, im.choices.canonical.Of(contact.Email, row.Values[contact.Email]))
	}
	holders, err := im.store.ContactsByEmail(ctx, im.customer, emails)
	if err != nil {
		return nil, nil, err
	}
	byEmail, before := map[string]*Contact{}, map[contact.ID]*Contact{}
	for _, c := range holders {
		byEmail[c.Index().Email], before[c.ID] = c, c.Clone()
	}
	erased, err := im.erasedAmong(ctx, im.customer, im.memory, everywhere, nil, emails)
	if err != nil {
		return nil, nil, err
	}
	now := im.clock.Now()
	var changed []*Contact
	origin := map[contact.ID][]ImportRow{}
	for i, row := range rows {
		c := byEmail[emails[i]]
		if c == nil && emails[i] != "" && im.memory.knows(erased, erasedEmail, emails[i]) {
			im.result.Rejected = append(im.result.Rejected, Rejection{row.Line,
				"This person's data was erased. An import does not bring it back; create the contact by hand."})
			continue
		}
		if c == nil || emails[i] == "" {
			c = &Contact{ID: contact.ID(im.newID(now)), CustomerID: im.customer, Fields: map[contact.Field]Value{}, Lifecycle: Active, CreatedAt: now}
			if emails[i] != "" {
				byEmail[emails[i]] = c
			}
		}
		if !im.fill(c, row.Values, now) {
			im.result.Unchanged++
			continue
		}
		if origin[c.ID] == nil {
			changed = append(changed, c)
		}
		origin[c.ID] = append(origin[c.ID], row)
	}
	if !im.synced {
		if err := im.clearChanges(ctx, im.customer, changed...); err != nil {
			return nil, nil, err
		}
	}
	for _, c := range changed {
		im.keepEdit(before[c.ID], c, im.run.ID)
	}
	return changed, origin, nil
}

// fill enters a row's values and reports whether that changed the contact.
func (im *importer) fill(c *Contact, values contact.Values, now time.Time) bool {
	changed := contact.Values{}
	for f, v := range values {
		if !im.choices.canonical.Equal(f, c.Fields[f].V, v) {
			changed[f] = v
		}
	}
	if len(changed) == 0 {
		return false
	}
	im.enter(c, changed, FromFile, now)
	im.makeDue(c, im.synced, now)
	return true
}

// close stores the import as a run, for the log.
func (im *importer) close(ctx context.Context, run *Run) error {
	now := im.clock.Now()
	run.State, run.FinishedAt, run.Progress.Phase = RunDone, now, PhaseDone
	run.Counts = Counts{Created: im.result.Created, Updated: im.result.Updated, Unchanged: im.result.Unchanged, Errors: len(im.result.Rejected)}
	if err := im.store.AddRun(ctx, run); err != nil {
		return err
	}
	p := pass{Service: im.Service, customer: im.customer, run: run}
	p.note(nil, Activity{Op: "run", Direction: "app", Message: fmt.Sprintf("Import: %d added, %d changed, %d unchanged, %d rejected",
		im.result.Created, im.result.Updated, im.result.Unchanged, len(im.result.Rejected))})
	p.flushLog(ctx)
	if im.synced && im.result.Created+im.result.Updated > 0 {
		im.trigger(context.WithoutCancel(ctx))
	}
	return nil
}
