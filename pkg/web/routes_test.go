package web

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every route that can be reached is documented, and nothing else is.
func TestRoutesAreDocumented(t *testing.T) {
	var config struct {
		Rewrites []struct{ Source, Destination string }
	}
	decode(t, "../../vercel.json", &config)
	addresses := map[string][]string{} // by function and operation
	for _, fn := range Functions() {
		addresses["/api/"+fn.Name] = []string{"/api/" + fn.Name}
	}
	for _, r := range config.Rewrites {
		destination, _, _ := strings.Cut(r.Destination, "&id=")
		addresses[destination] = append(addresses[destination], anonymous(r.Source))
	}
	want := map[string][]string{}
	for _, fn := range Functions() {
		for _, r := range fn.routes {
			target := "/api/" + fn.Name
			if r.op != "" {
				target += "?op=" + r.op
			}
			if len(addresses[target]) == 0 {
				t.Errorf("%s %s cannot be reached: no rewrite leads there", r.method, target)
			}
			for _, address := range addresses[target] {
				want[address] = append(want[address], strings.ToLower(r.method))
			}
		}
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	decode(t, "../../frontend/public/openapi.json", &document)
	got := map[string][]string{}
	for path, item := range document.Paths {
		got[anonymous(path)] = slices.Sorted(maps.Keys(item))
	}
	for _, methods := range want {
		slices.Sort(methods)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("routes (-) and document (+) differ:\n%s", diff)
	}
}

var parameter = regexp.MustCompile(`:[a-z]+|\{[A-Za-z]+\}`)

// anonymous leaves out how a path names its parameter.
func anonymous(path string) string { return parameter.ReplaceAllString(path, "*") }

func decode(t *testing.T, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}
