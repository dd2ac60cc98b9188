package pipedrive_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/contactsync/contactsync/pkg/contact"
	sandbox "github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
	"github.com/contactsync/contactsync/pkg/sync"
)

// TestListsKeepWhatIsNotMapped: writing a list replaces it whole, so everything
// beside the primary value has to come along.
func TestListsKeepWhatIsNotMapped(t *testing.T) {
	for name, c := range map[string]struct {
		before string
		write  string
		after  string
		emails []string
	}{
		"a new primary":             {"a@x.io (home); b@x.io (work); c@x.io", "new@x.io", "new@x.io (home); b@x.io; c@x.io", []string{"new@x.io", "b@x.io", "c@x.io"}},
		"one that is there already": {"a@x.io (home); b@x.io (work)", "b@x.io", "b@x.io; a@x.io (home)", []string{"b@x.io", "a@x.io"}},
		"the same, spelt otherwise": {"a@x.io (home); b@x.io", "A@X.io", "A@X.io (home); b@x.io", []string{"A@X.io", "b@x.io"}},
		"cleared":                   {"a@x.io (home); b@x.io", "", "b@x.io", []string{"b@x.io"}},
		"cleared, the only one":     {"a@x.io (home)", "", "", nil},
		"the first one":             {"", "a@x.io", "a@x.io", []string{"a@x.io"}},
		"cleared, none there":       {"", "", "", nil},
	} {
		for _, placeholder := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, newSandbox(t, func(o *sandbox.Options) { o.Knobs.PlaceholderEmpty = placeholder }))
					id, err := b.account.Create(map[string]string{"first_name": "Ada", "emails": c.before, "phones": "1; 2 (mobile)"})
					if err != nil {
						t.Fatal(err)
					}
					r := b.update(b.read(contact.ExternalID(id)), contact.Values{contact.Email: c.write})
					if got := b.shown(r.ID)["emails"]; !sameItems(got, c.after) {
						t.Errorf("emails are %q, want %q", got, c.after)
					}
					if got := b.shown(r.ID)["phones"]; !sameItems(got, "1; 2 (mobile)") {
						t.Errorf("phones are %q", got)
					}
					for what, got := range map[string]*sync.Record{"answer": r, "reading": b.read(r.ID)} {
						if !slices.Equal(got.Emails, c.emails) {
							t.Errorf("%s: %v, want %v", what, got.Emails, c.emails)
						}
					}
				})
			})
		}
	}
}

// sameItems compares lists as people see them; "work" is the label of none.
func sameItems(a, b string) bool {
	items := func(text string) []string {
		list := strings.Split(strings.ReplaceAll(text, " (work)", ""), ";")
		for i := range list {
			list[i] = strings.TrimSpace(list[i])
		}
		return list
	}
	return slices.Equal(items(a), items(b))
}

// TestUpdateWithoutTheRecord reads the person first: lists and names are written whole.
func TestUpdateWithoutTheRecord(t *testing.T) {
	run(t, func(b *bench) {
		id, err := b.account.Create(map[string]string{"first_name": "Ada", "last_name": "King", "emails": "a@x.io; b@x.io"})
		if err != nil {
			t.Fatal(err)
		}
		result := b.Update(b.ctx, []sync.UpdateRequest{
			{ID: contact.ExternalID(id), Fields: contact.Values{contact.Email: "new@x.io", contact.LastName: "Lovelace"}},
			{ID: "999", Fields: contact.Values{contact.Email: "new@x.io"}},
		})
		if result[0].Err != nil || !slices.Equal(result[0].Record.Emails, []string{"new@x.io", "b@x.io"}) || result[0].Record.Fields[contact.FirstName] != "Ada" {
			t.Errorf("%+v", result[0])
		}
		if result[1].Err == nil {
			t.Error("a person that does not exist was updated")
		}
	})
}
