package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/contactsync/contactsync/"

// arrows lists what each package of the product may import of the project. A name
// with "/..." stands for everything below it.
var arrows = map[string][]string{
	"api/...": {"pkg/app", "pkg/web"},
	"pkg/app": {
		"pkg/web", "pkg/sync", "pkg/sync/reconcile", "pkg/sync/pace", "pkg/contact", "pkg/fault",
		"pkg/crm/hubspot", "pkg/crm/pipedrive", "pkg/crm/membrane", "pkg/crm/transport", "pkg/store/mongo", "pkg/secret",
	},
	"pkg/web":            {"pkg/sync", "pkg/sync/reconcile", "pkg/contact", "pkg/fault", "pkg/web/contactcsv"},
	"pkg/web/contactcsv": {"pkg/sync", "pkg/contact", "pkg/fault"},
	"pkg/sync":           {"pkg/sync/reconcile", "pkg/sync/match", "pkg/sync/pace", "pkg/contact", "pkg/fault"},
	"pkg/sync/reconcile": {"pkg/contact"},
	"pkg/sync/match":     {"pkg/contact"},
	"pkg/sync/pace":      {},
	"pkg/crm/hubspot":    {"pkg/crm/oauth", "pkg/crm/transport", "pkg/sync", "pkg/contact", "pkg/fault"},
	"pkg/crm/pipedrive":  {"pkg/crm/oauth", "pkg/crm/transport", "pkg/sync", "pkg/contact", "pkg/fault"},
	"pkg/crm/oauth":      {"pkg/crm/transport", "pkg/sync", "pkg/contact", "pkg/fault"},
	"pkg/crm/membrane":   {"pkg/crm/transport", "pkg/sync", "pkg/contact", "pkg/fault"},
	"pkg/crm/transport":  {"pkg/sync/pace", "pkg/fault"},
	"pkg/store/sqlite":   {"pkg/sync", "pkg/contact", "pkg/fault"},
	"pkg/store/mongo":    {"pkg/sync", "pkg/contact", "pkg/fault"},
	"pkg/store/memory":   {"pkg/sync", "pkg/contact", "pkg/fault"},
	"pkg/secret":         {"pkg/fault"},
	"pkg/contact":        {},
	"pkg/fault":          {},
	// Not part of a function: stand-ins, suites and commands.
	"pkg/sandbox/...":     {"pkg/sandbox/kit"},
	"pkg/conformance/...": {"pkg/sync", "pkg/sync/reconcile", "pkg/sync/pace", "pkg/contact", "pkg/fault", "pkg/sandbox/..."},
	"scripts/...":         {"api/...", "pkg/...", "scripts/..."},
}

// pure packages compute: they may reach no network, file, clock or process.
var pure = []string{"./pkg/contact", "./pkg/sync/reconcile", "./pkg/sync/match", "./pkg/sync/pace"}

var impure = []string{"net", "net/http", "os", "os/exec", "database/sql", "log", "log/slog"}

type listed struct {
	ImportPath string
	Imports    []string
}

// list asks the go command about packages of the module.
func list(t *testing.T, args ...string) []listed {
	t.Helper()
	command := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports"}, args...)...)
	command.Dir = "../.."
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &problems)
	}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func fits(pattern, name string) bool {
	if root, below := strings.CutSuffix(pattern, "/..."); below {
		return name == root || strings.HasPrefix(name, root+"/")
	}
	return name == pattern
}

// allowed returns what a package may import; ok is false for one nobody listed.
func allowed(name string) (imports []string, ok bool) {
	if imports, ok = arrows[name]; ok {
		return imports, true
	}
	for pattern, imports := range arrows {
		if strings.HasSuffix(pattern, "/...") && fits(pattern, name) {
			return imports, true
		}
	}
	return nil, false
}

func TestImportsPointDown(t *testing.T) {
	packages := list(t, "./...")
	if len(packages) < 15 {
		t.Fatalf("only %d packages: is the list complete?", len(packages))
	}
	for _, p := range packages {
		name := strings.TrimPrefix(p.ImportPath, module)
		may, known := allowed(name)
		if !known {
			t.Errorf("%s has no place in the design: give it one in arrows", name)
		}
		for _, imported := range p.Imports {
			other, ours := strings.CutPrefix(imported, module)
			if ours && !fitsAny(may, other) {
				t.Errorf("%s must not import %s", name, other)
			}
		}
	}
}

func fitsAny(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if fits(pattern, name) {
			return true
		}
	}
	return false
}

func TestPurePackages(t *testing.T) {
	for _, p := range list(t, pure...) {
		for _, imported := range p.Imports {
			if slices.Contains(impure, imported) {
				t.Errorf("%s imports %s", strings.TrimPrefix(p.ImportPath, module), imported)
			}
		}
	}
}

func TestFunctionsLinkNothingOfTheLocalHost(t *testing.T) {
	functions := 0
	for _, p := range list(t, "-deps", "./api/...") {
		name, ours := strings.CutPrefix(p.ImportPath, module)
		if ours && strings.HasPrefix(name, "api/") {
			functions++
		}
		for _, kept := range []string{"pkg/store/sqlite", "pkg/sandbox/...", "pkg/conformance/...", "scripts/..."} {
			if ours && fits(kept, name) {
				t.Errorf("a function links %s", name)
			}
		}
		if p.ImportPath == "testing" || path.Base(p.ImportPath) == "httptest" || strings.HasPrefix(p.ImportPath, "modernc.org/") ||
			strings.HasPrefix(p.ImportPath, "github.com/robfig/") || strings.HasPrefix(p.ImportPath, "pgregory.net/") {
			t.Errorf("a function links %s", p.ImportPath)
		}
	}
	if functions == 0 {
		t.Error("no function was found")
	}
}
