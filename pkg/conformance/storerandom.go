package conformance

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

var randomCases = []storeCase{
	{"random histories end as in a model", randomHistories},
}

// randomHistories drives the store and a model with the same operations. Every
// history has a customer of its own, so one store serves them all.
func randomHistories(b *bench) {
	histories := 0
	rapid.Check(b.T, func(t *rapid.T) {
		histories++
		h := &history{
			T: t, b: b, model: newModel(), now: noon,
			customer: contact.CustomerID(fmt.Sprintf("customer-%d", histories)),
		}
		t.Repeat(map[string]func(*rapid.T){
			"save":        h.save,
			"save again":  h.save,
			"mark due":    h.markDue,
			"hurry":       h.hurry,
			"claim":       h.claim,
			"put hints":   h.putHints,
			"claim hints": h.claimHints,
			"drop hints":  h.dropHints,
			"stage":       h.stage,
			"acquire run": h.acquireRun,
			"save run":    h.saveRun,
			"wait": func(t *rapid.T) {
				h.now = h.now.Add(time.Duration(rapid.IntRange(1, 50).Draw(t, "ms")) * time.Millisecond)
			},
			"search": h.search,
			"look":   h.look,
		})
		h.look(t)
	})
}

// history is one sequence of operations on a store and its model.
type history struct {
	*rapid.T
	b        *bench
	model    *model
	customer contact.CustomerID
	now      time.Time
	claimed  []sync.Hint // every hint that was ever claimed
	runs     int
}

func (h *history) must(err error) {
	if err != nil {
		h.Fatalf("unexpected error: %v", err)
	}
}

func (h *history) equal(what string, got, want any) {
	if diff := difference(got, want); diff != "" {
		h.Fatalf("%s (- want, + got):\n%s", what, diff)
	}
}

const people = 6

var (
	drawConnection = rapid.SampledFrom([]contact.ConnectionID{hub, pipe})
	drawExternal   = rapid.SampledFrom([]contact.ExternalID{"1", "2", "3", "10"})
	drawEmail      = rapid.SampledFrom([]string{"", "ann@example.com", "Ann@example.com", "bob@example.com", "zoë@example.com"})
	drawName       = rapid.SampledFrom([]string{"", "Ann", "Anna", "Zoë", "Zoe Ann", "張"})
)

func (h *history) drawTime(t *rapid.T, label string) time.Time {
	return h.now.Add(time.Duration(rapid.IntRange(-40, 40).Draw(t, label)) * time.Millisecond)
}

func (h *history) drawIDs(t *rapid.T) []contact.ID {
	list := []contact.ID{}
	for _, n := range rapid.SliceOfN(rapid.IntRange(0, people), 0, 4).Draw(t, "ids") {
		list = append(list, id(n))
	}
	return list
}

func (h *history) drawClaim(t *rapid.T) sync.Claim {
	return sync.Claim{
		Now: h.now, Until: h.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "lease")) * time.Millisecond),
		Limit: rapid.IntRange(0, 4).Draw(t, "limit"),
	}
}

func (h *history) save(t *rapid.T) {
	n := rapid.IntRange(0, people-1).Draw(t, "contact")
	c := newContact(n)
	c.CustomerID = h.customer
	if stored := h.model.contacts[c.ID]; stored != nil {
		c = stored.Clone()
	}
	switch rapid.IntRange(0, 12).Draw(t, "guard") {
	case 0:
		c.Rev++
	case 1:
		c.Rev = max(c.Rev-1, 0)
	case 2:
		c.Fence++
	}
	c.UpdatedAt = h.now
	setField(c, contact.Email, drawEmail.Draw(t, "email"))
	setField(c, contact.LastName, drawName.Draw(t, "name"))
	c.Lifecycle = rapid.SampledFrom([]sync.Lifecycle{sync.Active, sync.Active, sync.Archived}).Draw(t, "lifecycle")
	c.Status = rapid.SampledFrom(sync.Statuses).Draw(t, "status")
	c.Links = nil
	for range rapid.IntRange(0, 2).Draw(t, "links") {
		linked(drawConnection.Draw(t, "connection"), rapid.OneOf(drawExternal, rapid.Just(contact.ExternalID(""))).Draw(t, "external"))(c)
		l := &c.Links[len(c.Links)-1]
		l.State = rapid.SampledFrom([]sync.LinkState{sync.LinkActive, sync.LinkActive, sync.LinkMissing, sync.LinkReview, sync.LinkDetached}).Draw(t, "state")
		if rapid.Bool().Draw(t, "work") {
			l.Intents = []sync.Intent{{ID: "i", Op: sync.OpUpdate, At: h.now}}
		}
		if rapid.Bool().Draw(t, "error") {
			l.Error = &sync.LinkError{Kind: "invalid", Message: "no", At: h.now}
		}
	}
	c.Due = nil
	if rapid.Bool().Draw(t, "due") {
		c.Due = &sync.Due{At: h.drawTime(t, "at")}
	}
	want := h.model.save(c)
	outcomes, err := h.b.store().SaveContacts(h.b.ctx, h.customer, []*sync.Contact{c})
	h.must(err)
	h.equal("outcome", outcomes, []sync.SaveOutcome{want})
}

func (h *history) markDue(t *rapid.T) {
	list, at := h.drawIDs(t), h.drawTime(t, "at")
	slices.Sort(list)
	list = slices.Compact(list)
	h.model.markDue(list, at)
	h.must(h.b.store().MarkDue(h.b.ctx, h.customer, list, at))
}

func (h *history) hurry(*rapid.T) {
	h.model.hurry(h.now)
	h.must(h.b.store().HurryContacts(h.b.ctx, h.customer, h.now))
}

// claim checks that as many were claimed as could be, the oldest first.
func (h *history) claim(t *rapid.T) {
	claim := h.drawClaim(t)
	if rapid.Bool().Draw(t, "by id") {
		claim.IDs = h.drawIDs(t)
	}
	able := h.model.claimable(claim)
	found, err := h.b.store().ClaimContacts(h.b.ctx, h.customer, claim)
	h.must(err)
	h.equal("claimed", len(found), min(len(able), claim.Limit))
	var oldest []time.Time
	for _, c := range able {
		if c.Due != nil {
			oldest = append(oldest, c.Due.At)
		}
	}
	slices.SortFunc(oldest, time.Time.Compare)
	for i, c := range found {
		if !slices.Contains(ids(able), c.ID) {
			h.Fatalf("contact %s could not be claimed", c.ID)
		}
		if claim.IDs == nil && !c.Due.At.Equal(oldest[i]) {
			h.Fatalf("claimed contact %d was due at %v, want %v", i, c.Due.At, oldest[i])
		}
		h.equal("claimed contact", c, h.model.claim(c.ID, claim))
	}
}

func (h *history) putHints(t *rapid.T) {
	var hints []sync.Hint
	for range rapid.IntRange(1, 3).Draw(t, "hints") {
		hints = append(hints, sync.Hint{
			ConnectionID: drawConnection.Draw(t, "connection"), ExternalID: drawExternal.Draw(t, "external"),
			DueAt: h.drawTime(t, "due"),
		})
		if rapid.Bool().Draw(t, "event") {
			hints[len(hints)-1].EventAt = h.drawTime(t, "at")
		}
		h.model.putHint(hints[len(hints)-1])
	}
	h.must(h.b.store().PutHints(h.b.ctx, h.customer, hints))
}

func (h *history) claimHints(t *rapid.T) {
	claim := h.drawClaim(t)
	var able []time.Time
	for _, hint := range h.model.hints {
		if !hint.DueAt.After(h.now) && !hint.LeaseUntil.After(h.now) {
			able = append(able, hint.DueAt)
		}
	}
	slices.SortFunc(able, time.Time.Compare)
	found, err := h.b.store().ClaimHints(h.b.ctx, h.customer, claim)
	h.must(err)
	h.equal("claimed", len(found), min(len(able), claim.Limit))
	for i, got := range found {
		key := record{got.ConnectionID, got.ExternalID}
		want := h.model.hints[key]
		want.LeaseUntil = got.LeaseUntil // may be moved to be another than any before
		h.equal("claimed hint", got, want)
		if !got.DueAt.Equal(able[i]) || got.LeaseUntil.Before(claim.Until) {
			h.Fatalf("hint %d due at %v until %v, want %v until %v", i, got.DueAt, got.LeaseUntil, able[i], claim.Until)
		}
		h.model.hints[key] = got
	}
	h.claimed = append(h.claimed, found...)
}

func (h *history) dropHints(t *rapid.T) {
	if len(h.claimed) == 0 {
		t.Skip("no hint was claimed yet")
	}
	dropped := rapid.SliceOfN(rapid.SampledFrom(h.claimed), 1, 3).Draw(t, "hints")
	for _, hint := range dropped {
		h.model.dropHint(hint)
	}
	h.must(h.b.store().DropHints(h.b.ctx, h.customer, dropped))
}

func (h *history) stage(t *rapid.T) {
	row := staged(drawConnection.Draw(t, "connection"), drawExternal.Draw(t, "external"), rapid.SliceOfN(drawEmail, 0, 2).Draw(t, "emails")...)
	if rapid.Bool().Draw(t, "joined") {
		row.ContactID, row.New = id(rapid.IntRange(0, people).Draw(t, "contact")), rapid.Bool().Draw(t, "new")
	}
	row.Emails = slices.DeleteFunc(row.Emails, func(email string) bool { return email == "" })
	h.model.staged[record{row.ConnectionID, row.Record.ID}] = row
	h.must(h.b.store().PutStaged(h.b.ctx, h.customer, "g", []sync.Staged{row}))
}

func (h *history) acquireRun(t *rapid.T) {
	h.runs++
	h.now = h.now.Add(time.Millisecond) // starts differ
	run := newRun(fmt.Sprintf("run-%03d", h.runs), rapid.SampledFrom([]sync.Kind{sync.Full, sync.Incremental}).Draw(t, "kind"), h.now)
	run.CustomerID, run.DryRun = h.customer, rapid.IntRange(0, 3).Draw(t, "dry") == 0
	run.LeaseUntil = h.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "lease")) * time.Millisecond)
	want, wantOK := h.model.acquire(run, h.now)
	got, ok, err := h.b.store().AcquireRun(h.b.ctx, run, h.now)
	h.must(err)
	h.equal("acquired", []any{got.ID, got.Fence, ok}, []any{want.ID, want.Fence, wantOK})
	h.equal("lease", got.LeaseUntil, want.LeaseUntil)
}

func (h *history) saveRun(t *rapid.T) {
	if len(h.model.runs) == 0 {
		t.Skip("there is no run yet")
	}
	run := rapid.SampledFrom(h.model.runs).Draw(t, "run")
	if run.State != sync.RunRunning {
		t.Skip("the run has ended")
	}
	saved := *run
	saved.State = rapid.SampledFrom([]sync.RunState{sync.RunRunning, sync.RunPartial, sync.RunDone, sync.RunFailed}).Draw(t, "state")
	saved.Progress.Done++
	late := rapid.IntRange(0, 5).Draw(t, "late") == 0
	if late {
		saved.Fence--
	}
	err := h.b.store().SaveRun(h.b.ctx, &saved)
	if late {
		if err == nil {
			h.Fatalf("a save under an older fence succeeded")
		}
		return
	}
	h.must(err)
	*run = saved
}

func (h *history) search(t *rapid.T) {
	q := sync.ContactQuery{
		Sort:      rapid.SampledFrom([]sync.ContactSort{"", sync.SortName, sync.SortEmail, sync.SortUpdated, sync.SortCreated, sync.SortStatus}).Draw(t, "sort"),
		Desc:      rapid.Bool().Draw(t, "desc"),
		Terms:     rapid.SliceOfN(rapid.SampledFrom([]string{"a", "ann", "anna", "zoe", "example", "ann@", "張", "x"}), 0, 2).Draw(t, "terms"),
		Status:    rapid.SampledFrom(append([]sync.Status{"", "", ""}, sync.Statuses...)).Draw(t, "status"),
		Provider:  rapid.SampledFrom([]contact.Provider{"", "", contact.HubSpot, contact.Pipedrive}).Draw(t, "provider"),
		Lifecycle: rapid.SampledFrom([]sync.Lifecycle{"", "", sync.Archived}).Draw(t, "lifecycle"),
		Limit:     rapid.IntRange(1, 4).Draw(t, "limit"),
	}
	want := h.model.search(q)
	var got []*sync.Contact
	for {
		page, err := h.b.store().SearchContacts(h.b.ctx, h.customer, q)
		h.must(err)
		h.equal("total", page.Total, len(want))
		got = append(got, page.Contacts...)
		if page.Next == "" {
			break
		}
		q.Cursor = page.Next
	}
	h.equal("found", got, want)
}

// look compares everything else that can be read.
func (h *history) look(*rapid.T) {
	s, ctx := h.b.store(), h.b.ctx
	all, err := s.ScanContacts(ctx, h.customer, "", 100)
	h.must(err)
	h.equal("contacts", all, h.model.all())
	h.lookUp(s)

	counts, err := s.CountContacts(ctx, h.customer)
	h.must(err)
	want, due := h.model.counts()
	counts.Links, counts.ByStatus = nonZero(counts.Links), nonZero(counts.ByStatus)
	if next := counts.NextDue; slices.ContainsFunc(due, func(c *sync.Contact) bool { return c.Due.LeaseUntil.IsZero() && c.Due.At.Before(next) }) {
		h.Fatalf("the next contact is due before %v", next)
	}
	want.NextDue = counts.NextDue
	h.equal("counts", counts, want)

	n, _, err := s.CountHints(ctx, h.customer)
	h.must(err)
	h.equal("hints", n, len(h.model.hints))
	latest, err := s.LatestRun(ctx, h.customer)
	h.must(err)
	if latest == nil {
		latest = &sync.Run{}
	}
	h.equal("latest run", latest.ID, h.model.latest())
	for _, want := range h.model.runs {
		got, err := s.Run(ctx, h.customer, want.ID)
		h.must(err)
		h.equal("run "+want.ID, []any{got.State, got.Fence, got.Progress.Done}, []any{want.State, want.Fence, want.Progress.Done})
	}
}

// lookUp compares what is found by key.
func (h *history) lookUp(s sync.Store) {
	ctx := h.b.ctx
	for _, email := range []string{"ann@example.com", "zoë@example.com"} {
		found, err := s.ContactsByEmail(ctx, h.customer, []string{email})
		h.must(err)
		h.equal("contacts of "+email, names(found), h.model.names(func(c *sync.Contact) bool {
			return c.Lifecycle == sync.Active && c.Index().Email == email
		}))
		rows, err := s.StagedByEmail(ctx, h.customer, "g", []string{email})
		h.must(err)
		h.equal("rows of "+email, rowNames(rows), h.model.stagedWith(func(r sync.Staged) bool { return slices.Contains(r.Emails, email) }))
	}
	for _, connection := range []contact.ConnectionID{hub, pipe} {
		wanted := []contact.ExternalID{"1", "10"}
		found, err := s.ContactsByLink(ctx, h.customer, connection, wanted)
		h.must(err)
		h.equal("contacts by link", names(found), h.model.names(func(c *sync.Contact) bool {
			return slices.ContainsFunc(holds(c), func(r record) bool { return r.connection == connection && slices.Contains(wanted, r.external) })
		}))
		rows, err := s.StagedPage(ctx, h.customer, "g", connection, "1", 100)
		h.must(err)
		h.equal("rows above 1", rowNames(rows), h.model.stagedWith(func(r sync.Staged) bool {
			return r.ConnectionID == connection && r.Record.ID > "1"
		}))
	}
	rows, err := s.StagedByContact(ctx, h.customer, "g", numbers(0, 1, 2))
	h.must(err)
	h.equal("rows by contact", rowNames(rows), h.model.stagedWith(func(r sync.Staged) bool {
		return slices.Contains(numbers(0, 1, 2), r.ContactID)
	}))
	made, err := s.StagedNew(ctx, h.customer, "g", "", 100)
	h.must(err)
	var want []contact.ID
	for _, row := range h.model.staged {
		if row.New {
			want = append(want, row.ContactID)
		}
	}
	slices.Sort(want)
	h.equal("to be made", made, slices.Compact(want))
}

// names are the ids of contacts as one text, sorted.
func names(contacts []*sync.Contact) string {
	var list []string
	for _, c := range contacts {
		list = append(list, string(c.ID))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func (m *model) names(fits func(*sync.Contact) bool) string {
	return names(slices.DeleteFunc(m.all(), func(c *sync.Contact) bool { return !fits(c) }))
}
