package hubspot

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// accent is the colour of the page.
const accent = "#c2410c"

func (s *Server) page() kit.Page {
	over := `{"status":"error","message":"You have reached your ten_secondly_rolling limit.","errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"}`
	return kit.Page{Title: "HubSpot", Accent: accent, Columns: s.columns, Troubles: []kit.Trouble{
		{Label: "Over the limit", Hint: "The next 3 calls are answered with 429.", Faults: []kit.Fault{{Status: http.StatusTooManyRequests, Body: over, Times: 3}}},
		{Label: "Day's calls used up", Hint: "Every call is answered with 429 until midnight.", Knobs: `{"dailyLimit":1}`},
		{Label: "Search behind", Hint: "The index knows changes 30 seconds later.", Knobs: `{"indexLagMs":30000}`},
		{Label: "Data centre moves", Hint: "The next call is answered with 477: wait 20 seconds.", Faults: []kit.Fault{{Status: 477, Body: "{}", Header: http.Header{"Retry-After": {"20"}}}}},
	}}
}

func (s *Server) columns() []kit.Column {
	columns := []kit.Column{
		{Key: "email", Label: "Email", Input: "email"},
		{Key: "firstname", Label: "First name"},
		{Key: "lastname", Label: "Last name"},
		{Key: "phone", Label: "Phone", Input: "tel"},
		{Key: "company", Label: "Company"},
		{Key: "jobtitle", Label: "Job title"},
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.account.defined("pronouns", s.now()) != nil {
		columns = append(columns, kit.Column{Key: "pronouns", Label: "Pronouns"})
	}
	if s.account.defined("contact_sync_id", s.now()) != nil {
		columns = append(columns, kit.Column{Key: "contact_sync_id", Label: "Contact Sync ID", ReadOnly: true, Detail: true})
	}
	return columns
}

// Create adds a contact as a person in the CRM does.
func (s *Server) Create(fields map[string]string) (id string, err error) {
	ids, err := s.load([]map[string]string{fields}, s.person())
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// load adds contacts, all or none.
func (s *Server) load(records []map[string]string, by *actor) ([]string, error) {
	defer s.webhooks.Wake()
	s.faults.ApplyLate()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	checks := check{now: now, knobs: s.knobs, person: true, claimed: make(map[string]bool)}
	drafts := make([]draft, len(records))
	for i, fields := range records {
		d, err := s.account.draft(nil, fields, checks)
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", i+1, plain(err))
		}
		drafts[i] = d
	}
	ids := make([]string, len(drafts))
	for i, d := range drafts {
		ids[i] = s.commit(d, by, now).name()
	}
	return ids, nil
}

// plain is an API error as a person reads it: the first message without its JSON.
func plain(err error) error {
	if p := (*problem)(nil); errors.As(err, &p) && len(p.Errors) > 0 {
		return errors.New(p.Errors[0].Message)
	}
	return err
}

// Edit changes a contact as a person in the CRM does; "" clears a property.
func (s *Server) Edit(id string, fields map[string]string) error {
	return s.act(id, false, func(r *record, now time.Time) error {
		d, err := s.account.draft(r, fields, check{now: now, knobs: s.knobs, person: true})
		if err != nil {
			return plain(err)
		}
		s.commit(d, s.person(), now)
		return nil
	})
}

// Delete archives a contact as a person in the CRM does.
func (s *Server) Delete(id string) error {
	return s.act(id, false, func(r *record, now time.Time) error {
		s.account.archive(r, now)
		s.emit(event{Type: "contact.deletion", ObjectID: r.id, ChangeFlag: "DELETED"}, s.person(), now)
		return nil
	})
}

// Restore brings an archived contact back as a person in the CRM does.
func (s *Server) Restore(id string) error {
	return s.act(id, true, func(r *record, now time.Time) error {
		if err := s.account.restore(r, now); err != nil {
			return err
		}
		s.emit(event{Type: "contact.restore", ObjectID: r.id}, s.person(), now)
		return nil
	})
}

// Purge erases a contact as a person in the CRM does who deletes it permanently;
// it may be archived.
func (s *Server) Purge(id string) error {
	erase := func(r *record, now time.Time) error {
		s.purge(r, s.person(), now)
		return nil
	}
	if s.act(id, true, erase) == nil {
		return nil
	}
	return s.act(id, false, erase)
}

// Touch moves lastmodifieddate without changing a value, as logged activities and
// calculated properties do.
func (s *Server) Touch(id string) error {
	return s.act(id, false, func(r *record, now time.Time) error {
		r.touch(now)
		return nil
	})
}

// Merge joins the second contact into the first and returns the survivor's id.
func (s *Server) Merge(primary, other string) (id string, err error) {
	err = s.act(primary, false, func(_ *record, now time.Time) error {
		survivor, err := s.merge(primary, other, s.person(), now)
		if err == nil {
			id = survivor.name()
		}
		return err
	})
	return id, err
}

// act runs a person's action on one contact.
func (s *Server) act(id string, archived bool, do func(*record, time.Time) error) error {
	defer s.webhooks.Wake()
	s.faults.ApplyLate()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	r, err := s.account.lookup(id, "", archived, now)
	if err != nil {
		return fmt.Errorf("contact %s: %w", id, err)
	}
	return do(r, now)
}

// Record returns a contact, live or archived; a merged-away id gives its survivor.
func (s *Server) Record(id string) (kit.Row, bool) {
	s.faults.ApplyLate()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, archived := range []bool{false, true} {
		if r, err := s.account.lookup(id, "", archived, s.now()); err == nil {
			return s.account.row(r), true
		}
	}
	return kit.Row{}, false
}

// Records returns every contact in order of id, archived ones included.
func (s *Server) Records() []kit.Row {
	rows, _ := s.rows("", nil, false, -1, 0)
	return rows
}

// rows lists contacts that contain query; only nil means live and archived ones.
func (s *Server) rows(query string, archived *bool, newestFirst bool, limit, offset int) ([]kit.Row, int) {
	s.faults.ApplyLate()
	s.mu.Lock()
	defer s.mu.Unlock()
	all, now := s.account.order, s.now()
	rows, total := []kit.Row{}, 0
	for i := range all {
		r := all[i]
		if newestFirst {
			r = all[len(all)-1-i]
		}
		if r.forgotten(now) || archived != nil && r.archived() != *archived || !r.contains(strings.ToLower(query)) {
			continue
		}
		if total++; total > offset && (limit < 0 || len(rows) < limit) {
			rows = append(rows, s.account.row(r))
		}
	}
	return rows, total
}

func (r *record) contains(query string) bool {
	if query == "" || r.name() == query {
		return true
	}
	for name := range r.props {
		if strings.Contains(strings.ToLower(r.value(name)), query) {
			return true
		}
	}
	return false
}

func (a *account) row(r *record) kit.Row {
	fields := make(map[string]string, len(r.props))
	for name := range maps.Keys(r.props) {
		if value := r.value(name); value != "" {
			fields[name] = value
		}
	}
	return kit.Row{ID: r.name(), Fields: fields, Deleted: r.archived(), Modified: r.modified()}
}

// book shows the server to kit as a person's view of it.
type book struct{ *Server }

func (b book) Rows(query string, deleted bool, limit, offset int) ([]kit.Row, int) {
	return b.rows(query, &deleted, true, limit, offset)
}

func (b book) AllRows(limit, offset int) ([]kit.Row, int) {
	return b.rows("", nil, false, limit, offset)
}

func (b book) Row(id string) (kit.Row, bool) { return b.Record(id) }

func (b book) Load(records []map[string]string, silent bool) ([]string, error) {
	by := b.person()
	if silent {
		by = &actor{source: "IMPORT", silent: true}
	}
	return b.load(records, by)
}

func (b book) Erase(id string) error { return b.Purge(id) }

func (b book) State() map[string]any {
	b.mu.Lock()
	state := map[string]any{
		"portalId":   b.options.PortalID,
		"contacts":   b.account.live,
		"archived":   len(b.account.order) - b.account.live,
		"merged":     len(b.account.aliases),
		"properties": b.account.customProperties(),
		"throttled":  b.limits.throttled,
		"dailyUsed":  b.limits.today,
		"webhookUrl": b.webhookURL,
	}
	b.mu.Unlock()
	state["pendingWebhooks"] = b.Pending()
	return state
}

func (a *account) customProperties() []string {
	custom := []string{}
	for _, p := range a.properties {
		if !p.HubSpotDefined && !p.Archived {
			custom = append(custom, p.Name)
		}
	}
	slices.Sort(custom)
	return custom
}

func (b book) Knobs() any                  { return b.Server.Knobs() }
func (b book) SetKnobs(patch []byte) error { return b.patchKnobs(patch) }
