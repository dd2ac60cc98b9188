package pipedrive_test

import (
	"maps"
	"testing"
	"testing/synctest"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// run runs a test of a set-up account in a bubble.
func run(t *testing.T, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(newBench(t, newSandbox(t))) })
}

func (b *bench) create(values contact.Values) *sync.Record {
	b.Helper()
	result := b.Create(b.ctx, []sync.CreateRequest{{Key: "key", Fields: values}})[0]
	if result.Err != nil {
		b.Fatal(result.Err)
	}
	return result.Record
}

func (b *bench) update(r *sync.Record, values contact.Values) *sync.Record {
	b.Helper()
	result := b.Update(b.ctx, []sync.UpdateRequest{{ID: r.ID, Current: r, Fields: values}})[0]
	if result.Err != nil {
		b.Fatal(result.Err)
	}
	return result.Record
}

func (b *bench) read(id contact.ExternalID) *sync.Record {
	b.Helper()
	r := b.Read(b.ctx, []contact.ExternalID{id}, nil)[id]
	if r.Record == nil {
		b.Fatalf("Read(%s) = %+v", id, r)
	}
	return r.Record
}

// shown is what people see in Pipedrive.
func (b *bench) shown(id contact.ExternalID) map[string]string {
	b.Helper()
	row, ok := b.account.Record(string(id))
	if !ok {
		b.Fatalf("no person %s", id)
	}
	return row.Fields
}

// TestNames writes names step by step. Want are the names people see in Pipedrive;
// the record always has those of the contact.
func TestNames(t *testing.T) {
	type step struct {
		write       contact.Values
		first, last string
	}
	for name, steps := range map[string][]step{
		"both": {
			{contact.Values{contact.FirstName: "Ada", contact.LastName: "King Lovelace"}, "Ada", "King Lovelace"},
			{contact.Values{contact.LastName: "Byron"}, "Ada", "Byron"},
			{contact.Values{contact.FirstName: "Augusta Ada"}, "Augusta Ada", "Byron"},
		},
		"only one": {
			{contact.Values{contact.LastName: "Lovelace"}, "", "Lovelace"},
			{contact.Values{contact.FirstName: "Ada"}, "Ada", "Lovelace"},
			{contact.Values{contact.LastName: ""}, "Ada", ""},
		},
		"none, an e-mail": {
			{contact.Values{contact.Email: "ada@example.com"}, "ada@example.com", ""},
			{contact.Values{contact.Email: "augusta@example.com"}, "augusta@example.com", ""},
			{contact.Values{contact.LastName: "Lovelace"}, "", "Lovelace"},
			{contact.Values{contact.LastName: ""}, "augusta@example.com", ""},
			{contact.Values{contact.Phone: "+1 555 0100"}, "augusta@example.com", ""},
			{contact.Values{contact.Email: ""}, "+15550100", ""},
			{contact.Values{contact.Phone: ""}, "(no", "name)"},
			{contact.Values{contact.FirstName: "Ada"}, "Ada", ""},
		},
		"none, a phone": {
			{contact.Values{contact.Phone: "(020) 7946-0958"}, "(020)7946-0958", ""},
			{contact.Values{contact.Email: "ada@example.com"}, "ada@example.com", ""},
		},
		"none, a number that may be a name": {
			{contact.Values{contact.Phone: "12"}, "(no", "name)"},
		},
		"nothing but pronouns": {
			{contact.Values{contact.Pronouns: "she/her"}, "(no", "name)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(b *bench) {
				want := contact.Values{contact.Email: "", contact.Phone: "", contact.FirstName: "", contact.LastName: "", contact.JobTitle: "", contact.Pronouns: ""}
				var r *sync.Record
				for i, s := range steps {
					maps.Copy(want, s.write)
					if r == nil {
						r = b.create(s.write)
					} else {
						r = b.update(r, s.write)
					}
					for what, got := range map[string]*sync.Record{"answer": r, "reading": b.read(r.ID)} {
						if !maps.Equal(got.Fields, want) {
							t.Errorf("step %d, %s: %v, want %v", i, what, got.Fields, want)
						}
					}
					if shown := b.shown(r.ID); shown["first_name"] != s.first || shown["last_name"] != s.last {
						t.Errorf("step %d: shown as %q %q", i, shown["first_name"], shown["last_name"])
					}
				}
			})
		})
	}
}

// TestNamesOfPeople are read as they are, unless they stand for a missing name.
func TestNamesOfPeople(t *testing.T) {
	for _, c := range []struct{ first, last, wantFirst, wantLast string }{
		{"Ada", "Lovelace", "Ada", "Lovelace"},
		{"Ada King", "", "Ada King", ""},
		{"Madonna", "", "Madonna", ""},
		{"", "Lovelace", "", "Lovelace"},
		{"old@example.com", "", "", ""},
		{"+44", "20 7946 0958", "", ""},
		{"(no", "name)", "", ""},
		{"ada@example.com", "Lovelace", "", "Lovelace"},
		{"Ada", "555-0100", "Ada", ""},
		{"Ada", "(ada@example.com)", "Ada", "(ada@example.com)"},
		{"7", "of 9", "7", "of 9"},
		{"50", "", "50", ""}, // too short for a phone number
		{"X Æ A-12", "", "X Æ A-12", ""},
	} {
		run(t, func(b *bench) {
			id, err := b.account.Create(map[string]string{"first_name": c.first, "last_name": c.last, "emails": "ada@example.com"})
			if err != nil {
				t.Fatal(err)
			}
			got := b.read(contact.ExternalID(id)).Fields
			if got[contact.FirstName] != c.wantFirst || got[contact.LastName] != c.wantLast {
				t.Errorf("%q %q is read as %q %q", c.first, c.last, got[contact.FirstName], got[contact.LastName])
			}
		})
	}
}

// TestNameChangedByHand: our update of another field leaves a name alone that a
// person gave since we read.
func TestNameChangedByHand(t *testing.T) {
	run(t, func(b *bench) {
		r := b.create(contact.Values{contact.FirstName: "Ada", contact.Email: "ada@example.com"})
		if err := b.account.Edit(string(r.ID), map[string]string{"first_name": "Augusta"}); err != nil {
			t.Fatal(err)
		}
		b.update(r, contact.Values{contact.Phone: "+1 555 0100", contact.Pronouns: "she/her"})
		if got := b.shown(r.ID)["first_name"]; got != "Augusta" {
			t.Errorf("the name became %q", got)
		}
	})
}
