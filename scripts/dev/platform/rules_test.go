package platform_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/robfig/cron/v3"

	"github.com/contactsync/contactsync/pkg/web"
	"github.com/contactsync/contactsync/scripts/dev/platform"
)

const root = "../../.."

func load(t *testing.T) *platform.Config {
	t.Helper()
	config, err := platform.Load(filepath.Join(root, "vercel.json"))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// functionFolders are the folders of api/ with Go files, such as "cron/sync".
func functionFolders(t *testing.T) []string {
	t.Helper()
	var folders []string
	api := filepath.Join(root, "api")
	err := filepath.WalkDir(api, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(api, file)
		if folder := path.Dir(filepath.ToSlash(rel)); err == nil && !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return folders
}

// The builder makes a function of every Go file in api/, and can neither share a
// folder between two nor import what is internal.
func TestFoldersOfFunctions(t *testing.T) {
	folders := functionFolders(t)
	if len(folders) > 12 {
		t.Errorf("%d functions; the smallest plan deploys 12", len(folders))
	}
	for _, folder := range folders {
		if strings.ContainsAny(folder, "[]_.") || strings.Contains("/"+folder+"/", "/internal/") {
			t.Errorf("api/%s: the builder or the go command cannot use this name", folder)
		}
		entries, err := os.ReadDir(filepath.Join(root, "api", filepath.FromSlash(folder)))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if name := entry.Name(); !entry.IsDir() && name != "index.go" && name != "index_test.go" {
				t.Errorf("api/%s/%s: only index.go may stand there; code belongs in pkg/", folder, name)
			}
		}
		checkHandler(t, folder)
	}
}

// checkHandler reads a function's source as the builder does.
func checkHandler(t *testing.T, folder string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "api", filepath.FromSlash(folder), "index.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Error(err)
		return
	}
	if file.Name.Name != "handler" {
		t.Errorf("api/%s: package %s instead of handler", folder, file.Name.Name)
	}
	for _, imported := range file.Imports {
		if strings.Contains(imported.Path.Value, "/internal") {
			t.Errorf("api/%s imports %s, which the builder refuses", folder, imported.Path.Value)
		}
	}
	var exported []string
	for _, declaration := range file.Decls {
		if f, ok := declaration.(*ast.FuncDecl); ok && f.Name.IsExported() {
			exported = append(exported, f.Name.Name+signature(f))
		}
	}
	if want := []string{"Handler(http.ResponseWriter, *http.Request)"}; !slices.Equal(exported, want) {
		t.Errorf("api/%s exports %v instead of %v", folder, exported, want)
	}
}

func signature(f *ast.FuncDecl) string {
	var types []string
	for _, parameter := range f.Type.Params.List {
		for range parameter.Names {
			types = append(types, typeName(parameter.Type))
		}
	}
	text := "(" + strings.Join(types, ", ") + ")"
	if f.Recv != nil || f.Type.Results != nil || f.Type.TypeParams != nil {
		text += " and more"
	}
	return text
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return "*" + typeName(e.X)
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return "?"
}

// Every function is in api/, in package web and in vercel.json, with one budget.
func TestFunctionsAgree(t *testing.T) {
	config := load(t)
	folders := functionFolders(t)
	var served []string
	for _, fn := range web.Functions() {
		served = append(served, fn.Name)
		resources, ok := config.Functions["api/"+fn.Name+"/index.go"]
		switch {
		case !ok:
			t.Errorf("vercel.json has no limits for %s", fn.Name)
		case resources.Limit() != fn.Limit:
			t.Errorf("%s: maxDuration is %v in vercel.json, %v in package web", fn.Name, resources.Limit(), fn.Limit)
		case resources.MaxDuration > 300 || resources.Memory < 128 || resources.Memory > 2048:
			t.Errorf("%s: %+v is more than the smallest plan gives", fn.Name, resources)
		}
		source, err := os.ReadFile(filepath.Join(root, "api", filepath.FromSlash(fn.Name), "index.go"))
		if err != nil {
			t.Error(err)
		}
		if want := "app.Serve(w, r, web." + identifier(fn.Name) + ")"; !strings.Contains(string(source), want) {
			t.Errorf("api/%s does not call %s", fn.Name, want)
		}
	}
	slices.Sort(served)
	if !slices.Equal(folders, served) {
		t.Errorf("folders %v, functions of package web %v", folders, served)
	}
	if len(config.Functions) != len(served) {
		t.Errorf("vercel.json has limits for %v", slices.Sorted(maps.Keys(config.Functions)))
	}
}

// identifier turns "webhook/hubspot" into "WebhookHubSpot".
func identifier(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "/") {
		if part == "hubspot" {
			part = "HubSpot"
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func TestRewritesLeadSomewhere(t *testing.T) {
	config := load(t)
	byPath := map[string]web.Function{}
	for _, fn := range web.Functions() {
		byPath["/api/"+fn.Name] = fn
	}
	for i := range config.Rewrites {
		rewrite := &config.Rewrites[i]
		example := regexp.MustCompile(`:[a-z]+`).ReplaceAllString(rewrite.Source, "42")
		target, query, ok := rewrite.Apply(example)
		if !ok {
			t.Errorf("%s does not serve %s", rewrite.Source, example)
			continue
		}
		fn, known := byPath[target]
		if !known || !fn.Has(query.Get("op")) {
			t.Errorf("%s leads to %s, which does not exist", rewrite.Source, rewrite.Destination)
		}
		if first, firstQuery, _ := config.Rewrite(example); first != target || firstQuery.Encode() != query.Encode() {
			t.Errorf("%s is hidden by an earlier rewrite", rewrite.Source)
		}
		if _, direct := byPath[example]; direct {
			t.Errorf("%s is a function of its own", rewrite.Source)
		}
		hasID := strings.Contains(rewrite.Source, ":id")
		if hasID != (query.Get("id") == "42") {
			t.Errorf("%s: id is %q", rewrite.Source, query.Get("id"))
		}
		if strings.Contains(target, "webhook/hubspot") && len(query) > 0 {
			t.Errorf("%s: a signature covers the address, so the rewrite may add nothing", rewrite.Source)
		}
	}
}

// The addresses that users and other programs rely on.
func TestPublicAddresses(t *testing.T) {
	config := load(t)
	for address, want := range map[string]string{
		"/api/contacts/import":              "/api/contacts?op=import",
		"/api/contacts/7":                   "/api/contacts?id=7&op=one",
		"/api/contacts/7/restore":           "/api/contacts?id=7&op=restore",
		"/api/sync/r1":                      "/api/sync?id=r1&op=run",
		"/api/sync/r1/approve":              "/api/sync?id=r1&op=approve",
		"/api/sync/r1/cancel":               "/api/sync?id=r1&op=cancel",
		"/api/conflicts/c1":                 "/api/conflicts?id=c1&op=one",
		"/api/conflicts/review":             "/api/conflicts?op=review",
		"/api/connections/hubspot":          "/api/connections?id=hubspot&op=one",
		"/api/connections/hubspot/callback": "/api/connections?id=hubspot&op=callback",
		"/api/integration/webhook/hubspot":  "/api/webhook/hubspot?",
		"/api/webhook/pipedrive/k3y":        "/api/webhook/pipedrive?id=k3y&op=own",
		"/api/integration/setup/pronouns":   "/api/setup/pronouns?",
	} {
		target, query, _ := config.Rewrite(address)
		if got := target + "?" + query.Encode(); got != want {
			t.Errorf("%s leads to %s, want %s", address, got, want)
		}
	}
}

func TestCronsLeadSomewhere(t *testing.T) {
	config := load(t)
	if len(config.Crons) == 0 {
		t.Error("nothing is scheduled")
	}
	for _, c := range config.Crons {
		if !slices.ContainsFunc(web.Functions(), func(fn web.Function) bool { return "/api/"+fn.Name == c.Path }) {
			t.Errorf("cron %s: there is no such function", c.Path)
		}
		if _, err := cron.ParseStandard(c.Schedule); err != nil {
			t.Errorf("cron %s: %v", c.Path, err)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	config := load(t)
	for _, address := range []string{"/", "/contacts", "/api/contacts/7", "/_next/static/chunk.js"} {
		headers := config.HeadersFor(address)
		policy := headers["Content-Security-Policy"]
		for _, part := range []string{
			"default-src 'self'", "script-src 'self' 'unsafe-inline'", "connect-src 'self'", "frame-ancestors 'none'", "object-src 'none'", "base-uri 'self'",
		} {
			if !slices.Contains(strings.Split(policy, "; "), part) {
				t.Errorf("%s: the policy lacks %q", address, part)
			}
		}
		if strings.ContainsAny(policy, "*") || strings.Contains(policy, "unsafe-eval") || strings.Contains(policy, "http:") {
			t.Errorf("%s: the policy is too open: %s", address, policy)
		}
		if headers["X-Content-Type-Options"] != "nosniff" || headers["Referrer-Policy"] == "" || headers["Permissions-Policy"] == "" ||
			!strings.Contains(headers["Strict-Transport-Security"], "max-age=63072000") {
			t.Errorf("%s: headers %v", address, headers)
		}
	}
}
