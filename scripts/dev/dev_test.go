package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/web"
)

func TestEveryFunctionIsServed(t *testing.T) {
	var want, got []string
	for _, fn := range web.Functions() {
		want = append(want, "/api/"+fn.Name)
	}
	for _, fn := range functions {
		got = append(got, fn.Path)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("served %v, want %v", got, want)
	}
}

func TestFlags(t *testing.T) {
	t.Setenv("APP_PASSWORD", "")
	for _, args := range [][]string{
		{"--addr", "0.0.0.0:3000"}, {"--addr", ":3000"}, {"--addr", "192.168.1.5:3000"}, {"--addr", "nonsense"},
		{"--sandbox", "maybe"}, {"--cron", "often"}, {"--sample", "-1"}, {"--sample", "200001"}, {"extra"}, {"--unknown"},
	} {
		if o, err := parseFlags(args, io.Discard); err == nil {
			t.Errorf("%v is accepted: %+v", args, o)
		}
	}
	for _, args := range [][]string{nil, {"--addr", "localhost:0"}, {"--addr", "[::1]:3000"}, {"--sample", "200", "--sample", "7", "--cron=off"}} {
		if _, err := parseFlags(args, io.Discard); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	t.Setenv("APP_PASSWORD", "s3cret")
	if _, err := parseFlags([]string{"--addr", "0.0.0.0:3000"}, io.Discard); err != nil {
		t.Errorf("with a password: %v", err)
	}
}

func TestGeneratedPeople(t *testing.T) {
	emails := map[string]bool{}
	const n = 5000
	for i := range n {
		p := generated(i)
		emails[p.email] = true
		for f, value := range p.inApp(i) {
			if problem := contact.Check(f, value); problem != "" {
				t.Fatalf("person %d: %s %q %s", i, f, value, problem)
			}
		}
		if p != generated(i) {
			t.Fatalf("person %d is not always the same", i)
		}
	}
	if len(emails) != n {
		t.Errorf("%d addresses for %d people", len(emails), n)
	}
}

// session is a running local host.
type session struct {
	*testing.T
	addresses addresses
	stop      func()
}

// start runs the local host until stop.
func start(t *testing.T, args ...string) *session {
	t.Helper()
	return startWith(t, nil, args...)
}

// startWith runs it with variables set, and no others.
func startWith(t *testing.T, env map[string]string, args ...string) *session {
	t.Helper()
	for _, name := range []string{
		"APP_PASSWORD", "API_KEYS", "APP_JWT_SECRET", "SESSION_SECRET", "ENCRYPTION_KEYS", "PUBLIC_BASE_URL", "CRON_SECRET", "HUBSPOT_BASE_URL", "HUBSPOT_ACCESS_TOKEN",
		"HUBSPOT_CLIENT_SECRET", "PIPEDRIVE_BASE_URL", "PIPEDRIVE_API_TOKEN", "CONFLICT_POLICY",
	} {
		t.Setenv(name, "")
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
	o, err := parseFlags(append([]string{"--addr", "127.0.0.1:0", "--root", "../.."}, args...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	var diagnostics bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, o, in, &diagnostics)
		_ = in.CloseWithError(io.EOF)
		ended <- err
	}()
	s := &session{T: t}
	s.stop = func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the host ended with %v\n%s", err, &diagnostics)
		}
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if line, ready := strings.CutPrefix(lines.Text(), "ready "); ready {
			if err := json.Unmarshal([]byte(line), &s.addresses); err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return s
		}
	}
	t.Fatalf("the host never got ready: %v\n%s", <-ended, &diagnostics)
	return nil
}

func (s *session) call(method, path string, into any) int {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.addresses.URL+path, nil)
	if err != nil {
		s.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			s.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
		}
	}
	return resp.StatusCode
}

type runJSON struct {
	State  string
	Counts struct{ Created, Updated, Pulled, Deleted, Errors int }
}

func TestHostKeepsEverythingOverARestart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	csv := filepath.Join(t.TempDir(), "more.csv")
	if err := os.WriteFile(csv, []byte("email,first_name\nada@example.com,Ada\nnobody,Bad\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "--data", data, "--sample", "24", "--import", csv)
	if s.addresses.HubSpot == nil || s.addresses.Pipedrive == nil || s.addresses.Membrane != nil {
		t.Errorf("%+v", s.addresses)
	}
	var page struct{ Total int }
	if s.call("GET", "/api/contacts", &page); page.Total != 25 {
		t.Errorf("%d contacts", page.Total)
	}
	var run runJSON
	s.call("POST", "/api/sync", &run)
	if run.State != "done" || run.Counts.Errors != 0 || run.Counts.Created != 25+25-8-6 {
		t.Errorf("the first run: %+v", run)
	}
	s.stop()

	s = start(t, "--data", data, "--sample", "24")
	defer s.stop()
	if s.call("POST", "/api/sync", &run); run.State != "done" || run.Counts != (runJSON{}.Counts) {
		t.Errorf("after a restart a run changes something: %+v", run)
	}
	if s.call("GET", "/api/contacts", &page); page.Total != 25 {
		t.Errorf("%d contacts after a restart", page.Total)
	}
	if status := s.call("GET", "/api/integration/setup/pronouns", nil); status != 200 {
		t.Errorf("a rewritten address: %d", status)
	}
	if status := s.call("GET", "/api/cron/sync", nil); status != 401 {
		t.Errorf("the cron without its secret: %d", status)
	}
}

func TestHostWithoutSandboxes(t *testing.T) {
	s := start(t, "--data", t.TempDir(), "--sandbox", "off", "--cron", "off")
	defer s.stop()
	if s.addresses.HubSpot != nil || s.addresses.Pipedrive != nil {
		t.Errorf("%+v", s.addresses)
	}
	var overview struct{ Connections []struct{} }
	if s.call("GET", "/api/sync", &overview); len(overview.Connections) != 0 {
		t.Errorf("%+v", overview)
	}
}

func TestHostOnAPortThatIsTaken(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	o, err := parseFlags([]string{"--addr", listener.Addr().String(), "--data", t.TempDir()}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), o, io.Discard, io.Discard); err == nil {
		t.Error("it runs all the same")
	}
}
