package reconcile_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/sync/reconcile"
)

var update = flag.Bool("update", false, "rewrite the golden tables")

// states are the values a place can hold: "?" is undefined, "-" blank.
var states = []string{"?", "-", "a", "b", "c"}

var policies = []reconcile.Policy{reconcile.CRMWins, reconcile.AppWins, reconcile.LatestWins, "source:pipedrive", reconcile.Manual}

func text(state string) string {
	if state == "-" {
		return ""
	}
	return state
}

// place builds a link from a shadow pair ("?" for none) and a remote state.
func place(h, r, remote string) *link {
	l := &link{}
	if h != "?" {
		l.shadow = &reconcile.Shadow{H: text(h), R: text(r)}
	}
	if remote != "?" {
		v := text(remote)
		l.remote = &v
	}
	return l
}

// code writes a result in four letters: the value that stands, what happens to
// each link (. keep, = agree, > write, x forget, ~ differ, h hold, w wait), and ! for a conflict.
func code(in reconcile.Input) string {
	plan := reconcile.Merge(in)
	standing := in.Hub[field].V
	if v, ok := plan.Hub[field]; ok {
		standing = v.V
	}
	if standing == "" {
		standing = "-"
	}
	out := standing
	for i := range in.Links {
		d := plan.Links[i][field]
		out += string(".=>x~hw"[d.Kind])
	}
	if len(plan.Conflicts) > 0 {
		out += "!"
	}
	return out
}

// TestGoldenOneLink writes down every combination of shadow pair, hub and remote
// for one link, each policy and direction.
func TestGoldenOneLink(t *testing.T) {
	var b strings.Builder
	for _, policy := range policies {
		for i, direction := range []reconcile.Direction{reconcile.BothWays, reconcile.ToCRM, reconcile.FromCRM, reconcile.NoWay} {
			fmt.Fprintf(&b, "# %s, %s; remote: %s\n", policy, [...]string{"both ways", "to the CRM", "from the CRM", "no way"}[i], strings.Join(states, "    "))
			for _, h := range states {
				for _, r := range states {
					if (h == "?") != (r == "?") {
						continue // a shadow has both columns or none
					}
					for _, hub := range states[1:] {
						fmt.Fprintf(&b, "shadow %s/%s hub %s:", h, r, hub)
						for _, remote := range states {
							l := place(h, r, remote).only(direction)
							fmt.Fprintf(&b, " %-4s", code(input(text(hub), "", noon, policy, l, nil)))
						}
						b.WriteString("\n")
					}
				}
			}
		}
	}
	golden(t, "one_link.txt", b.String())
}

// TestGoldenTwoLinks does the same for two links that agreed on equal values.
func TestGoldenTwoLinks(t *testing.T) {
	var b strings.Builder
	for _, policy := range policies {
		fmt.Fprintf(&b, "# %s; remotes HubSpot, Pipedrive:", policy)
		for _, r1 := range states {
			for _, r2 := range states {
				fmt.Fprintf(&b, " %s,%s  ", r1, r2)
			}
		}
		b.WriteString("\n")
		for _, s1 := range states {
			for _, s2 := range states {
				for _, hub := range states[1:] {
					fmt.Fprintf(&b, "shadows %s %s hub %s:", s1, s2, hub)
					for _, r1 := range states {
						for _, r2 := range states {
							in := input(text(hub), "", later, policy, place(s1, s1, r1), place(s2, s2, r2))
							fmt.Fprintf(&b, " %-5s", code(in))
							checkOrder(t, in)
						}
					}
					b.WriteString("\n")
				}
			}
		}
	}
	golden(t, "two_links.txt", b.String())
}

// checkOrder demands that the order of the links changes nothing.
func checkOrder(t *testing.T, in reconcile.Input) {
	t.Helper()
	swapped := in
	swapped.Links = []reconcile.Link{in.Links[1], in.Links[0]}
	if a, b := describe(in, reconcile.Merge(in)), describe(swapped, reconcile.Merge(swapped)); a != b {
		t.Errorf("the order of the links matters: %+v and %+v for %+v", a, b, in)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range min(len(wantLines), len(gotLines)) {
		if wantLines[i] != gotLines[i] {
			t.Fatalf("%s line %d changed (run with -update if that is meant):\n-%s\n+%s", path, i+1, wantLines[i], gotLines[i])
		}
	}
	t.Fatalf("%s has %d lines, now %d", path, len(wantLines), len(gotLines))
}
