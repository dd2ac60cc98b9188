package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// send makes a request with a body, and returns the status and the answer.
func (s *session) send(client *http.Client, method, path, body string) (int, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.addresses.URL+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	r.Header.Set("Origin", s.addresses.URL)
	resp, err := client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestPeopleSignInToAHostWithAPassword(t *testing.T) {
	s := startWith(t, map[string]string{"APP_PASSWORD": "correct horse", "SESSION_SECRET": "sessions"},
		"--data", t.TempDir(), "--sandbox", "off", "--cron", "off")
	defer s.stop()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	for _, step := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/api/session", "", 200},
		{"GET", "/api/contacts", "", 401},
		{"POST", "/api/session", `{"password":"guess"}`, 401},
		{"POST", "/api/session", `{"password":"correct horse"}`, 200},
		{"GET", "/api/contacts", "", 200},
		{"PATCH", "/api/settings", `{"policy":"app_wins"}`, 200},
		{"DELETE", "/api/session", "", 204},
		{"GET", "/api/contacts", "", 401},
	} {
		if status, text := s.send(browser, step.method, step.path, step.body); status != step.status {
			t.Errorf("%s %s: %d, want %d: %s", step.method, step.path, status, step.status, text)
		}
	}
}

func TestATokenThatWasEnteredOutlivesARestart(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	tokens := map[string]string{"PIPEDRIVE_API_TOKEN": "known"}
	s := startWith(t, tokens, "--data", data, "--cron", "off")
	if status, text := s.send(http.DefaultClient, "POST", "/api/connections", `{"provider":"pipedrive","token":"known"}`); status != 200 {
		t.Errorf("%d %s", status, text)
	}
	s.stop()
	s = startWith(t, tokens, "--data", data, "--cron", "off")
	defer s.stop()
	status, text := s.send(http.DefaultClient, "PATCH", "/api/connections/pipedrive", `{"action":"test"}`)
	var c struct{ State, Credential string }
	if err := json.Unmarshal([]byte(text), &c); err != nil || status != 200 || c.State != "new" || c.Credential != "entered" {
		t.Errorf("after a restart: %d %s", status, text)
	}
	files, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasPrefix(f.Name(), "encryption.key.") {
			t.Errorf("%s was left behind", f.Name())
		}
	}
	if info, err := os.Stat(filepath.Join(data, "encryption.key")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
}

func TestTheHostSignsTheDeveloperIn(t *testing.T) {
	s := start(t, "--data", t.TempDir(), "--sandbox", "off", "--cron", "off")
	defer s.stop()
	var who struct {
		SignedIn              bool
		User, CustomerID, Via string
	}
	if s.call("GET", "/api/session", &who); !who.SignedIn || who.User != "developer" || who.CustomerID != "default" || who.Via != "developer" {
		t.Errorf("%+v", who)
	}
	if status, text := s.send(http.DefaultClient, "POST", "/api/session", `{"password":"x"}`); status != 503 || !strings.Contains(text, "APP_PASSWORD") {
		t.Errorf("%d %s", status, text)
	}
}
