package hubspot

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const batchLimit = 100

// batchJSON is the answer to a batch; with errors its status is 207.
type batchJSON struct {
	CompletedAt string         `json:"completedAt"`
	Status      string         `json:"status"`
	StartedAt   string         `json:"startedAt"`
	Results     []objectJSON   `json:"results"`
	Errors      []batchProblem `json:"errors,omitempty"`
	NumErrors   int            `json:"numErrors,omitempty"`
}

type batchProblem struct {
	Status      string              `json:"status"`
	Category    string              `json:"category"`
	SubCategory string              `json:"subCategory,omitempty"`
	Message     string              `json:"message"`
	Context     map[string][]string `json:"context,omitempty"`
}

func newBatch(now time.Time) *batchJSON {
	at := timestamp(now)
	return &batchJSON{Status: "COMPLETE", StartedAt: at, CompletedAt: at, Results: []objectJSON{}}
}

// answer is the batch with the status that fits it.
func (b *batchJSON) answer(complete int, k Knobs) (int, any, error) {
	b.NumErrors = len(b.Errors)
	if b.NumErrors > 0 && !k.BatchErrorsWith200 {
		return http.StatusMultiStatus, b, nil
	}
	return complete, b, nil
}

// missing reports inputs that name no contact.
func (b *batchJSON) missing(ids []string) {
	if len(ids) > 0 {
		b.Errors = append(b.Errors, batchProblem{
			Status: "error", Category: "OBJECT_NOT_FOUND",
			Message: "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.",
			Context: map[string][]string{"ids": ids},
		})
	}
}

// refuse reports one row of a write that failed.
func (b *batchJSON) refuse(in batchInput, err error) {
	var p *problem
	if !errors.As(err, &p) {
		return
	}
	row := batchProblem{Status: "error", Category: p.Category, Message: p.Message, Context: map[string][]string{"objectWriteTraceId": {in.TraceID}}}
	if id := existingID(p); id != "" {
		row.Context["existingId"] = []string{id}
	}
	b.Errors = append(b.Errors, row)
}

func existingID(p *problem) string {
	const before = "Contact already exists. Existing ID: "
	if p.Category == "CONFLICT" && len(p.Message) > len(before) {
		return p.Message[len(before):]
	}
	return ""
}

type batchRequest struct {
	Properties            []string     `json:"properties"`
	PropertiesWithHistory []string     `json:"propertiesWithHistory"`
	IDProperty            string       `json:"idProperty"`
	Inputs                []batchInput `json:"inputs"`
}

type batchInput struct {
	ID         string         `json:"id"`
	IDProperty string         `json:"idProperty"`
	Properties propertyValues `json:"properties"`
	TraceID    string         `json:"objectWriteTraceId"`
}

func (c *call) decodeBatch() (batchRequest, error) {
	var in batchRequest
	if err := c.decode(&in); err != nil {
		return in, err
	}
	if len(in.Inputs) > batchLimit {
		return in, badRequest("The batch is limited to %d inputs, %d were sent", batchLimit, len(in.Inputs))
	}
	return in, nil
}

// uniqueIDs refuses a batch that names an id twice.
func (in batchRequest) uniqueIDs() error {
	seen, twice := make(map[string]bool), []string(nil)
	for _, row := range in.Inputs {
		if seen[row.ID] && !slices.Contains(twice, row.ID) {
			twice = append(twice, row.ID)
		}
		seen[row.ID] = true
	}
	if twice != nil {
		return duplicateIDs(twice)
	}
	return nil
}

// traced reports whether every input has a trace id of its own, which is what
// turns failures of single rows into a 207.
func (in batchRequest) traced() bool {
	seen := make(map[string]bool)
	for _, row := range in.Inputs {
		if row.TraceID == "" || seen[row.TraceID] {
			return false
		}
		seen[row.TraceID] = true
	}
	return true
}

// batchRead answers in order of id, not of the inputs, and each contact once.
func (s *Server) batchRead(c *call) (int, any, error) {
	in, err := c.decodeBatch()
	if err != nil {
		return 0, nil, err
	}
	if err := in.uniqueIDs(); err != nil {
		return 0, nil, err
	}
	if in.IDProperty != "" && in.IDProperty != "hs_object_id" && !s.account.isUnique(in.IDProperty, c.now) {
		return 0, nil, badRequest("Property %s is not a unique property of 0-1", in.IDProperty)
	}
	if most := s.knobs.HistoryInputs; len(in.PropertiesWithHistory) > 0 && len(in.Inputs) > most {
		return 0, nil, badRequest("The maximum number of inputs supported in a batch request for property histories is %d. Please reduce the number of items and try again", most)
	}
	var found []*record
	var missing []string
	for _, row := range in.Inputs {
		r, err := s.readable(row.ID, in.IDProperty, c.URL.Query().Get("archived") == "true", c.now)
		if err != nil {
			missing = append(missing, row.ID)
		} else if !slices.ContainsFunc(found, func(other *record) bool { return other.id == r.id }) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *record) int { return cmp.Compare(a.id, b.id) })
	batch := newBatch(c.now)
	for _, r := range found {
		batch.Results = append(batch.Results, s.account.render(r, selection{in.Properties, in.PropertiesWithHistory}, c.now))
	}
	batch.missing(missing)
	return batch.answer(http.StatusOK, s.knobs)
}

func (s *Server) batchCreate(c *call) (int, any, error) {
	in, err := c.decodeBatch()
	if err != nil {
		return 0, nil, err
	}
	return s.writeRows(c, in.Inputs, make([]*record, len(in.Inputs)), in.traced(), http.StatusCreated, nil)
}

func (s *Server) batchUpdate(c *call) (int, any, error) {
	in, err := c.decodeBatch()
	if err != nil {
		return 0, nil, err
	}
	if err := in.uniqueIDs(); err != nil {
		return 0, nil, err
	}
	var rows []batchInput
	var targets []*record
	var missing []string
	for _, row := range in.Inputs {
		if row.IDProperty == "" {
			if _, err := strconv.ParseInt(row.ID, 10, 64); err != nil {
				continue // an e-mail address in id without idProperty is silently ignored
			}
		} else if row.IDProperty == "email" || !s.account.isUnique(row.IDProperty, c.now) {
			return 0, nil, nonUnique()
		}
		r, err := s.account.lookup(row.ID, row.IDProperty, false, c.now)
		if err != nil {
			missing = append(missing, row.ID)
			continue
		}
		rows, targets = append(rows, row), append(targets, r)
	}
	return s.writeRows(c, rows, targets, in.traced(), http.StatusOK, func(b *batchJSON) { b.missing(missing) })
}

func nonUnique() error {
	return badRequest("Unable to perform update/upsert by non-unique 0-1 property")
}

// batchUpsert finds each row's contact by a unique property, or creates it with
// that value. By e-mail it is all or nothing.
func (s *Server) batchUpsert(c *call) (int, any, error) {
	in, err := c.decodeBatch()
	if err != nil {
		return 0, nil, err
	}
	if err := in.uniqueIDs(); err != nil {
		return 0, nil, err
	}
	partial := in.traced()
	targets := make([]*record, len(in.Inputs))
	for i, row := range in.Inputs {
		if !s.account.isUnique(row.IDProperty, c.now) {
			return 0, nil, nonUnique()
		}
		partial = partial && row.IDProperty != "email"
		if targets[i] = s.account.holder(row.IDProperty, row.ID, false); targets[i] == nil {
			in.Inputs[i].Properties = withKey(row)
		}
	}
	return s.writeRows(c, in.Inputs, targets, partial, http.StatusOK, func(b *batchJSON) {
		for i, o := range b.Results {
			created := !slices.ContainsFunc(targets, func(r *record) bool { return r != nil && r.name() == o.ID })
			b.Results[i].New = &created
		}
	})
}

func withKey(row batchInput) propertyValues {
	properties := propertyValues{row.IDProperty: row.ID}
	for name, value := range row.Properties {
		properties[name] = value
	}
	return properties
}

// writeRows writes each row to its target (nil: a new contact). Partial: each row
// on its own. Otherwise nothing is written unless every row is valid.
func (s *Server) writeRows(c *call, rows []batchInput, targets []*record, partial bool, complete int, finish func(*batchJSON)) (int, any, error) {
	batch := newBatch(c.now)
	drafts := make([]*draft, len(rows))
	checks := s.apiCheck(c)
	if !partial {
		checks.claimed = make(map[string]bool)
	}
	write := func(i int) {
		r := s.commit(*drafts[i], s.app(), c.now)
		o := s.account.renderWritten(r, drafts[i].values, c.now)
		o.ObjectWriteTraceID = rows[i].TraceID
		batch.Results = append(batch.Results, o)
	}
	for i, row := range rows {
		d, err := s.account.draft(targets[i], row.Properties, checks)
		switch {
		case err == nil:
			drafts[i] = &d
		case partial:
			batch.refuse(row, err)
			continue
		default:
			return 0, nil, s.wholeBatch(err)
		}
		if partial {
			write(i)
		}
	}
	if !partial {
		for i := range rows {
			write(i)
		}
	}
	if finish != nil {
		finish(batch)
	}
	return batch.answer(complete, s.knobs)
}

// wholeBatch is how a row's error looks when it fails the batch: a conflict does
// not say which contact exists, unless the knob says so.
func (s *Server) wholeBatch(err error) error {
	var p *problem
	if errors.As(err, &p) && p.Category == "CONFLICT" && !s.knobs.BatchConflictNamesID {
		return contactExists(0)
	}
	return err
}

func (s *Server) batchArchive(c *call) (int, any, error) {
	in, err := c.decodeBatch()
	if err != nil {
		return 0, nil, err
	}
	for _, row := range in.Inputs {
		s.archiveByID(row.ID, s.app(), c.now)
	}
	return http.StatusNoContent, nil, nil
}
