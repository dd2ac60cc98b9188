package match_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/match"
)

func TestDecide(t *testing.T) {
	free, taken := match.Owner{ID: "ada"}, match.Owner{ID: "ada", Taken: true}
	other := match.Owner{ID: "bob"}
	tests := []struct {
		name   string
		record match.Record
		want   match.Verdict
	}{
		{"nobody knows it: a new contact", match.Record{}, match.Verdict{Kind: match.New}},
		{"a link stands above everything else", match.Record{LinkedTo: "ada", Ended: true, KeyOwner: &other, Rivals: []contact.ExternalID{"7"}},
			match.Verdict{Kind: match.Known, ContactID: "ada"}},
		{"a deleted record comes back by nothing", match.Record{Ended: true, KeyOwner: &free, EmailOwners: []match.Owner{free}},
			match.Verdict{Kind: match.Ignore}},
		{"a restored record goes back to its contact", match.Record{Ended: true, Restores: &free, EmailOwners: []match.Owner{other}},
			match.Verdict{Kind: match.Restore, ContactID: "ada"}},
		{"a restored record whose contact has another", match.Record{Ended: true, Restores: &taken},
			match.Verdict{Kind: match.Review, ContactID: "ada", Reason: match.DuplicateKey}},
		{"a record of an erased person", match.Record{Erased: true, KeyOwner: &free},
			match.Verdict{Kind: match.Ignore}},
		{"a record with the key of an erased person", match.Record{KeyOwner: &match.Owner{ID: "ada", Taken: true, Erased: true}},
			match.Verdict{Kind: match.Review, ContactID: "ada", Reason: match.Erasure}},
		{"an erased person's address comes back by nothing", match.Record{EmailErased: true, Rivals: []contact.ExternalID{"7"}},
			match.Verdict{Kind: match.Ignore}},
		{"an erased person's address that somebody entered again", match.Record{EmailErased: true, EmailOwners: []match.Owner{free}},
			match.Verdict{Kind: match.Link, ContactID: "ada"}},
		{"the key stands above e-mail", match.Record{KeyOwner: &free, EmailOwners: []match.Owner{other}},
			match.Verdict{Kind: match.Link, ContactID: "ada"}},
		{"a key decides between records of one e-mail", match.Record{KeyOwner: &free, Rivals: []contact.ExternalID{"7"}},
			match.Verdict{Kind: match.Link, ContactID: "ada"}},
		{"a known key on a second record", match.Record{KeyOwner: &taken},
			match.Verdict{Kind: match.Review, ContactID: "ada", Reason: match.DuplicateKey}},
		{"a second record of ours that nobody touched", match.Record{KeyOwner: &taken, Copy: true},
			match.Verdict{Kind: match.Remove, ContactID: "ada"}},
		{"a record of ours that is the only one", match.Record{KeyOwner: &free, Copy: true},
			match.Verdict{Kind: match.Link, ContactID: "ada"}},
		{"one contact with the e-mail", match.Record{EmailOwners: []match.Owner{free}},
			match.Verdict{Kind: match.Link, ContactID: "ada"}},
		{"the same contact found by two addresses", match.Record{EmailOwners: []match.Owner{free, free}},
			match.Verdict{Kind: match.Link, ContactID: "ada"}},
		{"its contact is linked elsewhere", match.Record{EmailOwners: []match.Owner{taken}},
			match.Verdict{Kind: match.Review, ContactID: "ada", Reason: match.EmailTaken}},
		{"two contacts with the e-mail", match.Record{EmailOwners: []match.Owner{free, other}},
			match.Verdict{Kind: match.Review, Reason: match.Ambiguous}},
		{"two records with one e-mail", match.Record{EmailOwners: []match.Owner{free}, Rivals: []contact.ExternalID{"9", "7"}},
			match.Verdict{Kind: match.Review, ContactID: "ada", Reason: match.Ambiguous, Others: []contact.ExternalID{"7", "9"}}},
		{"two records with one e-mail that no contact has", match.Record{Rivals: []contact.ExternalID{"7"}},
			match.Verdict{Kind: match.Review, Reason: match.Ambiguous, Others: []contact.ExternalID{"7"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := match.Decide(tt.record)
			if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreFields(match.Verdict{}, "Message")); diff != "" {
				t.Errorf("Decide (-want +got):\n%s", diff)
			}
			if (got.Message != "") != (got.Kind == match.Review) {
				t.Errorf("message %q with kind %v: reviews have one, nothing else does", got.Message, got.Kind)
			}
		})
	}
}
