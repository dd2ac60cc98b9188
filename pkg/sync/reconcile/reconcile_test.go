package reconcile_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

var (
	noon  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	later = noon.Add(time.Minute)
)

// TestMerge is the hand-checked core of the decision table: each row says in
// words what a person would expect.
func TestMerge(t *testing.T) {
	tests := []struct {
		name      string
		hub       string
		hubSrc    contact.Source
		hubAt     time.Time
		hubspot   *link
		pipedrive *link
		policy    reconcile.Policy
		want      result
	}{
		{
			name: "nothing changed: nothing happens", hub: "a",
			hubspot: agreed("a", "a"), pipedrive: agreed("a", "a"),
			want: result{hub: "a"},
		},
		{
			name: "an edit in HubSpot reaches the app and Pipedrive", hub: "a",
			hubspot: agreed("a", "a").now("b"), pipedrive: agreed("a", "a"),
			want: result{hub: "b", hubspot: "agree b/b", pipedrive: "write b over a"},
		},
		{
			name: "an edit in the app reaches both", hub: "b",
			hubspot: agreed("a", "a"), pipedrive: agreed("a", "a"),
			want: result{hub: "b", hubspot: "write b over a", pipedrive: "write b over a"},
		},
		{
			name: "clearing travels like any edit", hub: "a",
			hubspot: agreed("a", "a").now(""), pipedrive: agreed("a", "a"),
			want: result{hub: "", hubspot: "agree /", pipedrive: "write  over a"},
		},
		{
			name: "edited in the app and in HubSpot: the CRM wins, and it is logged", hub: "b",
			hubspot: agreed("a", "a").now("c"), pipedrive: agreed("a", "a"),
			want: result{hub: "c", hubspot: "agree c/c", pipedrive: "write c over a", conflict: "hubspot c, app b; base a"},
		},
		{
			name: "the same under app_wins", hub: "b", policy: reconcile.AppWins,
			hubspot: agreed("a", "a").now("c"), pipedrive: agreed("a", "a"),
			want: result{hub: "b", hubspot: "write b over c", pipedrive: "write b over a", conflict: "app b, hubspot c; base a"},
		},
		{
			name: "latest_wins takes the later change", hub: "b", hubAt: later, policy: reconcile.LatestWins,
			hubspot: agreed("a", "a").now("c"),
			want:    result{hub: "b", hubspot: "write b over c", conflict: "app b, hubspot c; base a"},
		},
		{
			name: "edited in both CRMs: HubSpot ranks first", hub: "a",
			hubspot: agreed("a", "a").now("b"), pipedrive: agreed("a", "a").now("c"),
			want: result{hub: "b", hubspot: "agree b/b", pipedrive: "write b over c", conflict: "hubspot b, pipedrive c; base a"},
		},
		{
			name: "source:pipedrive puts Pipedrive first", hub: "a", policy: "source:pipedrive",
			hubspot: agreed("a", "a").now("b"), pipedrive: agreed("a", "a").now("c"),
			want: result{hub: "c", hubspot: "write c over b", pipedrive: "agree c/c", conflict: "pipedrive c, hubspot b; base a"},
		},
		{
			name: "the same edit everywhere is no conflict", hub: "b",
			hubspot: agreed("a", "a").now("b"), pipedrive: agreed("a", "a").now("b"),
			want: result{hub: "b", hubspot: "agree b/b", pipedrive: "agree b/b"},
		},
		{
			name: "a second HubSpot edit while the first waits for Pipedrive is no conflict", hub: "b", hubSrc: "hubspot",
			hubspot: agreed("b", "b").now("c"), pipedrive: agreed("a", "a"),
			want: result{hub: "c", hubspot: "agree c/c", pipedrive: "write c over a"},
		},
		{
			name: "a value taken from HubSpot keeps its rank against Pipedrive", hub: "b", hubSrc: "hubspot",
			hubspot: agreed("b", "b"), pipedrive: agreed("a", "a").now("c"),
			want: result{hub: "b", pipedrive: "write b over c", conflict: "hubspot b, pipedrive c; base a"},
		},
		{
			name: "our own write that arrived is acknowledged, not taken for an edit", hub: "b",
			hubspot: agreed("a", "a").now("b").wrote("b"),
			want:    result{hub: "b", hubspot: "agree b/b"},
		},
		{
			name: "our own write that arrived late is overwritten by what came after", hub: "c",
			hubspot: agreed("a", "a").now("b").wrote("b", "c"),
			want:    result{hub: "c", hubspot: "write c over b"},
		},
		{
			name: "a recorded write that never arrived is sent again", hub: "b",
			hubspot: agreed("a", "a").wrote("b"),
			want:    result{hub: "b", hubspot: "write b over a"},
		},
		{
			name: "first match fills blanks from the record", hub: "",
			hubspot: fresh("b"),
			want:    result{hub: "b", hubspot: "agree b/b"},
		},
		{
			name: "first match fills the record's blanks", hub: "a",
			hubspot: fresh(""),
			want:    result{hub: "a", hubspot: "write a over "},
		},
		{
			name: "first match of equal values agrees", hub: "a",
			hubspot: fresh("a"), pipedrive: fresh("a"),
			want: result{hub: "a", hubspot: "agree a/a", pipedrive: "agree a/a"},
		},
		{
			name: "first match of different values is a conflict", hub: "a",
			hubspot: fresh("b"),
			want:    result{hub: "b", hubspot: "agree b/b", conflict: "hubspot b, app a; base "},
		},
		{
			name: "a blank record never clears the app at first match", hub: "a",
			hubspot: agreed("a", "a"), pipedrive: fresh(""),
			want: result{hub: "a", pipedrive: "write a over "},
		},
		{
			name: "a field that does not exist there is skipped and its shadow forgotten", hub: "b",
			hubspot: agreed("a", "a").undefined(), pipedrive: agreed("a", "a"),
			want: result{hub: "b", hubspot: "forget", pipedrive: "write b over a"},
		},
		{
			name: "blank and undefined are different things", hub: "a",
			hubspot: agreed("a", "a").now(""), pipedrive: fresh("").undefined(),
			want: result{hub: "", hubspot: "agree /"},
		},
		{
			name: "a form the CRM gave the value is no difference to repair", hub: "a long value",
			hubspot: agreed("a long value", "a long va"),
			want:    result{hub: "a long value"},
		},
		{
			name: "white space is no change", hub: "a b",
			hubspot: agreed("a b", "a b").now(" a  b "),
			want:    result{hub: "a b", hubspot: "agree a b/ a  b "},
		},
		{
			name: "to the CRM only: its edits stay there", hub: "a",
			hubspot: agreed("a", "a").now("b").only(reconcile.ToCRM), pipedrive: agreed("a", "a"),
			want: result{hub: "a", hubspot: "differ"},
		},
		{
			name: "to the CRM only: our edits are sent over them", hub: "c",
			hubspot: agreed("a", "a").now("b").only(reconcile.ToCRM),
			want:    result{hub: "c", hubspot: "write c over b"},
		},
		{
			name: "to the CRM only: a blank of ours clears nothing at first match", hub: "",
			hubspot: fresh("b").only(reconcile.ToCRM),
			want:    result{hub: "", hubspot: "differ"},
		},
		{
			name: "from the CRM only: our edits stay here", hub: "b",
			hubspot: agreed("a", "a").only(reconcile.FromCRM), pipedrive: agreed("a", "a"),
			want: result{hub: "b", hubspot: "differ", pipedrive: "write b over a"},
		},
		{
			name: "a field left alone is neither read nor written", hub: "b",
			hubspot: agreed("a", "a").now("c").only(reconcile.NoWay),
			want:    result{hub: "b", hubspot: "differ"},
		},
		{
			name: "manual: two changes wait for a person, and nothing moves", hub: "b", policy: reconcile.Manual,
			hubspot: agreed("a", "a").now("c"), pipedrive: agreed("a", "a"),
			want: result{hub: "b", hubspot: "hold", pipedrive: "hold", conflict: "hubspot c, app b; base a"},
		},
		{
			name: "manual: one change travels by itself", hub: "a", policy: reconcile.Manual,
			hubspot: agreed("a", "a").now("b"), pipedrive: agreed("a", "a"),
			want: result{hub: "b", hubspot: "agree b/b", pipedrive: "write b over a"},
		},
		{
			name: "manual: the same change everywhere needs nobody", hub: "b", policy: reconcile.Manual,
			hubspot: agreed("a", "a").now("b"), pipedrive: agreed("a", "a").now("b"),
			want: result{hub: "b", hubspot: "agree b/b", pipedrive: "agree b/b"},
		},
		{
			name: "manual, decided: the value chosen replaces those that were seen", hub: "b", policy: reconcile.Manual,
			hubspot: agreed("a", "a").now("c").wrote("c", "b"), pipedrive: agreed("a", "a").wrote("c", "b"),
			want: result{hub: "b", hubspot: "write b over c", pipedrive: "write b over a"},
		},
		{
			name: "a read that is perhaps older than our write decides nothing", hub: "b",
			hubspot: agreed("b", "b").now("a").over("a"), pipedrive: agreed("b", "b"),
			want: result{hub: "b", hubspot: "wait"},
		},
		{
			name: "not even when the app went back to that value", hub: "a",
			hubspot: agreed("b", "b").now("a").over("a"), pipedrive: agreed("b", "b"),
			want: result{hub: "a", hubspot: "wait", pipedrive: "write a over b"},
		},
		{
			name: "an edit that our write replaced unseen is one more change: the CRM wins", hub: "b",
			hubspot: agreed("b", "b").hid("x", "a"), pipedrive: agreed("b", "b"),
			want: result{hub: "x", hubspot: "write x over b", pipedrive: "write x over b", conflict: "hubspot x, app b; base a"},
		},
		{
			name: "the same under app_wins: it is logged", hub: "b", policy: reconcile.AppWins,
			hubspot: agreed("b", "b").hid("x", "a"), pipedrive: agreed("b", "b"),
			want: result{hub: "b", conflict: "app b, hubspot x; base a"},
		},
		{
			name: "an edit replaced unseen, then another edit: the later one stands", hub: "b",
			hubspot: agreed("b", "b").now("c").hid("x", "a"),
			want:    result{hub: "c", hubspot: "agree c/c", conflict: "hubspot c, hubspot x; base a"},
		},
		{
			name: "an edit replaced unseen by the same value is no loss", hub: "b",
			hubspot: agreed("b", "b").hid("b", "a"),
			want:    result{hub: "b"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := input(tt.hub, tt.hubSrc, tt.hubAt, tt.policy, tt.hubspot, tt.pipedrive)
			got := describe(in, reconcile.Merge(in))
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(result{})); diff != "" {
				t.Errorf("Merge (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMergeTakesTimeAndSourceOfTheWinner(t *testing.T) {
	in := input("a", contact.App, noon, "", agreed("a", "a").now("b"), nil)
	in.Links[0].RemoteAt = later
	want := map[contact.Field]reconcile.Value{field: {V: "b", Src: "hubspot", At: later, Rule: reconcile.OnlyChange}}
	if diff := cmp.Diff(want, reconcile.Merge(in).Hub, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestMergeSaysWhyAValueStands(t *testing.T) {
	for want, in := range map[reconcile.Rule]reconcile.Input{
		reconcile.OnlyChange:         input("a", contact.App, noon, "", agreed("a", "a").now("b"), nil),
		reconcile.Filled:             input("", contact.App, noon, "", fresh("b"), nil),
		reconcile.Won("crm_wins"):    input("c", contact.App, noon, "", agreed("a", "a").now("b"), nil),
		reconcile.Won("latest_wins"): input("c", contact.App, noon.Add(-time.Hour), reconcile.LatestWins, fresh("b"), nil),
	} {
		if got := reconcile.Merge(in).Hub[field].Rule; got != want {
			t.Errorf("rule %q, want %q", got, want)
		}
	}
}

func TestAHeldFieldIsNotTouched(t *testing.T) {
	in := input("b", contact.App, noon, "", agreed("a", "a").now("c"), agreed("a", "a"))
	in.Held = map[contact.Field]bool{field: true}
	want := result{hub: "b", hubspot: "hold", pipedrive: "hold"}
	if diff := cmp.Diff(want, describe(in, reconcile.Merge(in)), cmp.AllowUnexported(result{})); diff != "" {
		t.Error(diff)
	}
}

func TestEmailsAndPhonesCompareByMeaning(t *testing.T) {
	in := reconcile.Input{
		Hub:       map[contact.Field]reconcile.Value{contact.Email: {V: "Zoë@Example.com"}, contact.Phone: {V: "(650) 253-0000"}},
		Canonical: contact.Canonical{Region: "US"},
		Links: []reconcile.Link{{Provider: contact.HubSpot, Remote: contact.Values{
			contact.Email: "zoë@example.com", contact.Phone: "+16502530000"}}},
	}
	plan := reconcile.Merge(in)
	if plan.Changes() || len(plan.Conflicts) > 0 {
		t.Errorf("equal in meaning, yet planned: %+v", plan)
	}
}

func TestParsePolicy(t *testing.T) {
	for text, want := range map[string]reconcile.Policy{
		"": reconcile.CRMWins, "app_wins": reconcile.AppWins, "manual": reconcile.Manual, "source:pipedrive": "source:pipedrive",
	} {
		if got, err := reconcile.ParsePolicy(text); err != nil || got != want {
			t.Errorf("ParsePolicy(%q) = %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"crm", "source:", "CRM_WINS"} {
		if _, err := reconcile.ParsePolicy(text); err == nil {
			t.Errorf("ParsePolicy(%q) was accepted", text)
		}
	}
}
