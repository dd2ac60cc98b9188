package reconcile_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

var (
	anyValue = rapid.SampledFrom([]string{"", "a", "b", "c", "A", " a"})
	anyField = rapid.SampledFrom([]contact.Field{contact.Email, contact.FirstName, contact.LastName, contact.Phone})
	anyTime  = rapid.Map(rapid.IntRange(0, 3), func(n int) int64 { return int64(n) })
)

// anyInput draws a contact with up to two links in any state.
func anyInput(t *rapid.T) reconcile.Input {
	in := reconcile.Input{
		Hub:   map[contact.Field]reconcile.Value{},
		Rules: reconcile.Rules{Default: rapid.SampledFrom(policies).Draw(t, "policy")},
	}
	for f, v := range rapid.MapOf(anyField, anyValue).Draw(t, "hub") {
		src := rapid.SampledFrom([]contact.Source{contact.App, "hubspot", "pipedrive"}).Draw(t, "src")
		in.Hub[f] = reconcile.Value{V: v, Src: src, At: noon.Add(time.Second * timeOf(t))}
	}
	for _, p := range []contact.Provider{contact.HubSpot, contact.Pipedrive}[:rapid.IntRange(0, 2).Draw(t, "links")] {
		l := reconcile.Link{Provider: p, Shadow: map[contact.Field]reconcile.Shadow{}, RemoteAt: noon.Add(time.Second * timeOf(t))}
		l.Remote = rapid.MapOf(anyField, anyValue).Draw(t, "remote")
		for _, f := range slices.Sorted(maps.Keys(rapid.MapOf(anyField, rapid.Bool()).Draw(t, "agreed"))) {
			l.Shadow[f] = reconcile.Shadow{H: anyValue.Draw(t, "h"), R: anyValue.Draw(t, "r")}
		}
		l.Lost = map[contact.Field]reconcile.Lost{}
		for f, v := range rapid.MapOf(anyField, anyValue).Draw(t, "lost") {
			if _, agreed := l.Shadow[f]; agreed {
				l.Lost[f] = reconcile.Lost{Value: v, At: noon.Add(time.Second * timeOf(t)), Base: anyValue.Draw(t, "base")}
			}
		}
		in.Links = append(in.Links, l)
	}
	return in
}

func timeOf(t *rapid.T) time.Duration { return time.Duration(anyTime.Draw(t, "at")) }

// apply does to the input what an engine and obedient CRMs would do.
func apply(in reconcile.Input, plan reconcile.Plan) reconcile.Input {
	out := in
	out.Hub = maps.Clone(in.Hub)
	maps.Copy(out.Hub, plan.Hub)
	out.Links = slices.Clone(in.Links)
	for i := range out.Links {
		l := &out.Links[i]
		l.Lost = maps.Clone(l.Lost)
		maps.DeleteFunc(l.Lost, func(f contact.Field, _ reconcile.Lost) bool { return !waiting(plan, f) })
		l.Shadow, l.Remote = maps.Clone(l.Shadow), maps.Clone(l.Remote)
		for f, d := range plan.Links[i] {
			switch d.Kind {
			case reconcile.Agree:
				l.Shadow[f] = d.Shadow
			case reconcile.Write:
				l.Remote[f] = d.Shadow.H
				l.Shadow[f] = reconcile.Shadow{H: d.Shadow.H, R: d.Shadow.H}
			case reconcile.Forget:
				delete(l.Shadow, f)
			}
		}
	}
	return out
}

func TestApplyingAPlanConvergesAndThenIsQuiet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		plan := reconcile.Merge(in)
		after := apply(in, plan)
		for i, l := range after.Links {
			for f, remote := range l.Remote {
				if waiting(plan, f) {
					continue
				}
				s, agreed := in.Links[i].Shadow[f]
				own := agreed && in.Canonical.Equal(f, s.R, remote) && in.Canonical.Equal(f, s.H, after.Hub[f].V)
				if !own && !in.Canonical.Equal(f, after.Hub[f].V, remote) {
					t.Fatalf("%s of %s is %q, the app has %q", f, l.Provider, remote, after.Hub[f].V)
				}
			}
		}
		again := reconcile.Merge(after)
		if again.Changes() || slices.ContainsFunc(again.Conflicts, func(c reconcile.Conflict) bool { return c.Winner != "" }) {
			t.Fatalf("the next plan is not empty: %+v", again)
		}
		for i, l := range again.Links {
			for f, d := range l {
				if d.Kind != reconcile.Hold {
					t.Fatalf("the next plan still touches the shadow of %s: %s %+v", after.Links[i].Provider, f, d)
				}
			}
		}
	})
}

// TestNoChangeIsLostSilently: whatever somebody wrote since the last agreement
// either stands afterwards or is in a conflict.
func TestNoChangeIsLostSilently(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		plan := reconcile.Merge(in)
		after := apply(in, plan)
		for _, l := range in.Links {
			for f, lost := range l.Lost {
				_, there := l.Remote[f]
				if there && !in.Canonical.Equal(f, after.Hub[f].V, lost.Value) && !logged(plan, f, lost.Value) {
					t.Fatalf("%s: %q that was replaced unseen in %s is gone: %+v", f, lost.Value, l.Provider, plan)
				}
			}
			for f, remote := range l.Remote {
				s, agreed := l.Shadow[f]
				changed := agreed && !in.Canonical.Equal(f, s.R, remote) || !agreed && in.Canonical.Of(f, remote) != ""
				if changed && !in.Canonical.Equal(f, after.Hub[f].V, remote) && !logged(plan, f, remote) {
					t.Fatalf("%s: %q of %s is gone without a trace: %+v", f, remote, l.Provider, plan)
				}
			}
		}
		for f, v := range plan.Hub {
			old := in.Hub[f].V
			seen := in.Canonical.Of(f, old) == ""
			for _, l := range in.Links {
				if s, ok := l.Shadow[f]; ok && in.Canonical.Equal(f, s.H, old) {
					seen = true // somebody who could see it changed it
				}
			}
			if !seen && !logged(plan, f, old) {
				t.Fatalf("%s: the app's %q was replaced by %q without a trace", f, old, v.V)
			}
		}
	})
}

func TestTheOrderOfLinksChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := anyInput(t)
		if len(in.Links) < 2 {
			return
		}
		swapped := in
		swapped.Links = []reconcile.Link{in.Links[1], in.Links[0]}
		a, b := apply(in, reconcile.Merge(in)), apply(swapped, reconcile.Merge(swapped))
		for f := range a.Hub {
			if a.Hub[f].V != b.Hub[f].V || a.Hub[f].Src != b.Hub[f].Src {
				t.Fatalf("%s: %+v or %+v", f, a.Hub[f], b.Hub[f])
			}
		}
	})
}

// waiting reports whether the field waits for a person.
func waiting(plan reconcile.Plan, f contact.Field) bool {
	return slices.ContainsFunc(plan.Conflicts, func(c reconcile.Conflict) bool { return c.Field == f && c.Winner == "" })
}

func logged(plan reconcile.Plan, f contact.Field, value string) bool {
	for _, c := range plan.Conflicts {
		if c.Field == f && slices.ContainsFunc(c.Values, func(v reconcile.Change) bool { return v.Value == value }) {
			return true
		}
	}
	return false
}
