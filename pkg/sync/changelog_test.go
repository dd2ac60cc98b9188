package sync_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// changes returns the change log, oldest first, in one line each.
func (w *world) changes(q sync.LogQuery) []string {
	w.Helper()
	var lines []string
	for _, c := range w.changeLog(q) {
		lines = append(lines, describeChange(c))
	}
	slices.Reverse(lines)
	return lines
}

// changeLog returns all changes of a query, newest first.
func (w *world) changeLog(q sync.LogQuery) []sync.Change {
	w.Helper()
	var all []sync.Change
	for {
		page, next, err := w.service.Changes(w.ctx, acme, q)
		w.must(err)
		all = append(all, page...)
		if next == "" {
			return all
		}
		q.Cursor = next
	}
}

// describeChange leaves out names and the key of the contact.
func describeChange(c sync.Change) string {
	text := string(c.Op)
	if c.By != "" {
		text += " by " + string(c.By)
	}
	text += fieldsText(c.Fields)
	slices.SortFunc(c.Remotes, func(a, b sync.RemoteChange) int { return strings.Compare(string(a.Provider), string(b.Provider)) })
	for _, r := range c.Remotes {
		text += fmt.Sprintf("; %s %s%s", r.Provider, r.Op, fieldsText(r.Fields))
	}
	return text
}

func fieldsText(fields map[contact.Field]sync.FieldChange) string {
	text := ""
	for _, f := range sortedFields(fields) {
		text += fmt.Sprintf(" %s %q>%q", f, fields[f].Before, fields[f].After)
	}
	return text
}

func sortedFields(fields map[contact.Field]sync.FieldChange) []contact.Field {
	var list []contact.Field
	for f := range fields {
		list = append(list, f)
	}
	slices.Sort(list)
	return list
}

// wantChanges compares the log with what is expected, and holds that it never has
// what was only planned.
func (w *world) wantChanges(q sync.LogQuery, want ...string) {
	w.Helper()
	if got := w.changes(q); !slices.Equal(got, want) {
		w.Errorf("changes:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	for _, c := range w.changeLog(q) {
		if slices.ContainsFunc(c.Remotes, func(r sync.RemoteChange) bool { return r.Intent != "" || r.ExternalID == "" }) {
			w.Errorf("what was only planned is in the log: %+v", c)
		}
	}
}

// ada is a contact that all sides have, with nothing left to do.
func (w *world) ada() *sync.Contact {
	w.Helper()
	w.create(contact.Values{contact.Email: "ada@example.com", contact.Phone: "1"})
	w.sync()
	w.clock.Advance(10 * time.Minute)
	w.sync()
	return w.contacts()["ada@example.com"]
}

func (w *world) id(c *sync.Contact, conn contact.ConnectionID) string {
	return string(c.Link(conn).ExternalID)
}

func TestChangesOfEverySideAreKept(t *testing.T) {
	w := newWorld(t)
	w.sync()
	c := w.ada()
	created := `created by app email "">"ada@example.com" phone "">"1"` +
		`; hubspot created email "">"ada@example.com" phone "">"1"; pipedrive created email "">"ada@example.com" phone "">"1"`
	w.wantChanges(sync.LogQuery{}, created)

	_, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.Phone: "2"}, nil)
	w.must(err)
	w.clock.Advance(time.Minute)
	w.must(w.hubspot.Edit(w.id(c, hubspotConn), map[string]string{"phone": "3"}))
	run := w.sync()
	w.clock.Advance(time.Minute)
	w.must(w.hubspot.Edit(w.id(c, hubspotConn), map[string]string{"phone": "4"}))
	w.must(w.pipedrive.Edit(w.id(c, pipedriveCo), map[string]string{"phones": "5"}))
	w.sync()
	w.wantChanges(sync.LogQuery{RunID: run.ID}, `updated by hubspot phone "2">"3"; pipedrive updated phone "2">"3"`)
	w.clock.Advance(time.Minute)
	w.must(w.hubspot.Delete(w.id(c, hubspotConn)))
	w.sync()
	w.wantChanges(sync.LogQuery{ContactID: c.ID}, created,
		`updated by app phone "1">"2"; hubspot updated phone "1">"2"; pipedrive updated phone "1">"2"`,
		`updated by hubspot phone "2">"3"; pipedrive updated phone "2">"3"`,
		`updated by hubspot phone "3">"4"; pipedrive updated phone "5">"4"`,
		`deleted by hubspot; pipedrive deleted email "ada@example.com">"" phone "4">""`)
}

func TestChangesOfAnImportAreKept(t *testing.T) {
	for _, connected := range []bool{true, false} {
		t.Run(fmt.Sprintf("connected %v", connected), func(t *testing.T) {
			w := newWorld(t)
			if connected {
				w.sync()
			} else {
				w.must(w.service.Disconnect(w.ctx, acme, contact.HubSpot))
				w.must(w.service.Disconnect(w.ctx, acme, contact.Pipedrive))
			}
			w.create(contact.Values{contact.Email: "ada@example.com", contact.Phone: "1"})
			run := w.importRows(contact.Values{contact.Email: "ada@example.com", contact.Phone: "2"}, contact.Values{contact.Email: "bob@example.com"})
			want := []string{`updated by app phone "1">"2"`, `created by app email "">"bob@example.com"`}
			got := w.changes(sync.LogQuery{RunID: run.ID})
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("changes %q, want %q", got, want)
			}
			_, err := w.service.UpdateContact(w.ctx, acme, w.contacts()["ada@example.com"].ID, contact.Values{contact.Phone: "3"}, nil)
			w.must(err)
			if connected {
				w.sync()
			}
			if c := w.contacts()["ada@example.com"]; len(c.Changes) > 1 || connected && len(c.Changes) > 0 {
				t.Errorf("changes pile up in the contact: %+v", c.Changes)
			}
			all := w.changes(sync.LogQuery{ContactID: w.contacts()["ada@example.com"].ID})
			if len(all) < 3 || !strings.HasPrefix(all[len(all)-1], `updated by app phone "2">"3"`) {
				t.Errorf("changes %q", all)
			}
		})
	}
}

func (w *world) importRows(values ...contact.Values) *sync.Run {
	w.Helper()
	run, _, err := w.service.Import(w.ctx, acme, rowsOf(values...))
	w.must(err)
	return run
}

func rowsOf(values ...contact.Values) iter.Seq2[sync.ImportRow, error] {
	return func(yield func(sync.ImportRow, error) bool) {
		for i, v := range values {
			if !yield(sync.ImportRow{Line: i + 2, Values: v}, nil) {
				return
			}
		}
	}
}

// TestChangesSurviveACrash takes the store away around the log, at each save of a run
// that has everything in it, and holds that the log tells what happened, once.
func TestChangesSurviveACrash(t *testing.T) {
	away := fault.New(fault.Unavailable, "The store cannot be reached.")
	for _, at := range []string{"before the log", "after the log"} {
		for _, edited := range []string{"app", "hubspot", "created", "deleted"} {
			t.Run(edited+" "+at, func(t *testing.T) {
				w := newWorld(t)
				w.sync()
				c := w.ada()
				before := len(w.changes(sync.LogQuery{}))
				crash := func() {
					n := 0
					w.counted.appending = func() error {
						if n++; at == "before the log" {
							return away
						}
						w.counted.left = 1 // the save that acknowledges fails
						return nil
					}
				}
				var want []string
				crash()
				switch edited {
				case "app":
					_, err := w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.Phone: "2"}, nil)
					w.must(err)
					want = []string{`updated by app phone "1">"2"; hubspot updated phone "1">"2"; pipedrive updated phone "1">"2"`}
				case "hubspot":
					w.must(w.hubspot.Edit(w.id(c, hubspotConn), map[string]string{"phone": "2"}))
					want = []string{`updated by hubspot phone "1">"2"; pipedrive updated phone "1">"2"`}
				case "created":
					w.create(contact.Values{contact.Email: "bob@example.com"})
					want = []string{`created by app email "">"bob@example.com"; hubspot created email "">"bob@example.com"; pipedrive created email "">"bob@example.com"`}
				case "deleted":
					w.must(w.service.DeleteContact(w.ctx, acme, c.ID, nil))
					want = []string{`deleted by app; hubspot deleted email "ada@example.com">"" phone "1">""; pipedrive deleted email "ada@example.com">"" phone "1">""`}
				}
				if edited == "hubspot" {
					if _, err := w.service.Sync(w.ctx, acme, sync.SyncRequest{}); err == nil {
						t.Fatal("the store did not go away")
					}
				}
				w.counted.appending, w.counted.left = nil, 0
				w.restart()
				for range 3 {
					w.clock.Advance(3 * time.Minute)
					w.sync()
				}
				if got := w.changes(sync.LogQuery{})[before:]; !slices.Equal(got, want) {
					t.Errorf("changes:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
				}
				for _, c := range w.living() {
					if len(c.Changes) > 0 {
						t.Errorf("left in the contact: %+v", c.Changes)
					}
				}
			})
		}
	}
}

func TestFullRunsForgetOldLogEntries(t *testing.T) {
	w := newWorld(t)
	days := 30
	_, err := w.service.UpdateSettings(w.ctx, acme, sync.SettingsPatch{RetentionDays: &days})
	w.must(err)
	c := w.ada()
	_, err = w.service.UpdateContact(w.ctx, acme, c.ID, contact.Values{contact.Phone: "2"}, nil)
	w.must(err)
	w.clock.Advance(29 * 24 * time.Hour)
	w.sync()
	if n := len(w.changeLog(sync.LogQuery{})); n != 3 {
		t.Errorf("%d changes after 29 days, want 3", n)
	}
	w.clock.Advance(2 * 24 * time.Hour)
	w.sync()
	w.wantChanges(sync.LogQuery{})
	entries, _, err := w.service.Activity(w.ctx, acme, sync.LogQuery{})
	w.must(err)
	for _, e := range entries {
		if w.clock.Now().Sub(e.At) > 30*24*time.Hour {
			t.Errorf("still there: %+v", e)
		}
	}
}
