package platform

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const testConfig = `{
  "outputDirectory": "out",
  "cleanUrls": true,
  "functions": {"api/things/index.go": {"maxDuration": 2, "memory": 512}},
  "crons": [{"path": "/api/things", "schedule": "*/10 * * * *"}],
  "rewrites": [
    {"source": "/api/things/special", "destination": "/api/things?op=special"},
    {"source": "/api/things/:id/undo", "destination": "/api/things?op=undo&id=:id"},
    {"source": "/api/things/:id", "destination": "/api/things?op=one&id=:id"},
    {"source": "/api/alias", "destination": "/api/things"}
  ],
  "headers": [
    {"source": "/(.*)", "headers": [{"key": "X-Frame-Options", "value": "DENY"}]},
    {"source": "/static/(.*)", "headers": [{"key": "Cache-Control", "value": "immutable"}]}
  ]
}`

// newHost serves one function and a small build.
func newHost(t *testing.T, serve http.HandlerFunc) *Host {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"index.html": "home", "404.html": "lost", "people.html": "people", "people/list.html": "list",
		"static/app.js": "code", "nested/index.html": "nested",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	config, err := Parse([]byte(testConfig))
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(config, []Function{{Path: "/api/things", Handler: serve}}, dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close(time.Second) })
	return h
}

func do(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
	return w
}

func TestRouting(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		fmt.Fprintf(w, "%s %s op=%s id=%s z=%s", r.Method, r.URL.EscapedPath(), q["op"], q["id"], q["z"])
	})
	for target, want := range map[string]string{
		"/api/things":                   "200 GET /api/things op=[] id=[] z=[]",
		"/api/things?z=1":               "200 GET /api/things op=[] id=[] z=[1]",
		"/api/things/special":           "200 GET /api/things/special op=[special] id=[] z=[]",
		"/api/things/42?z=1":            "200 GET /api/things/42 op=[one] id=[42] z=[1]",
		"/api/things/42?id=7":           "200 GET /api/things/42 op=[one] id=[7 42] z=[]",
		"/api/things/a%2Fb%26op%3Dundo": "200 GET /api/things/a%2Fb%26op%3Dundo op=[one] id=[a/b&op=undo] z=[]",
		"/api/things/42/undo":           "200 GET /api/things/42/undo op=[undo] id=[42] z=[]",
		"/api/alias":                    "200 GET /api/alias op=[] id=[] z=[]",
		"/api/things/42/other":          "404 lost",
		"/api/nothing":                  "404 lost",
		"/":                             "200 home",
		"/people":                       "200 people",
		"/people/":                      "200 people",
		"/people/list":                  "200 list",
		"/people?q=ada":                 "200 people",
		"/nested":                       "200 nested",
		"/static/app.js":                "200 code",
		"/static":                       "404 lost",
		"/nowhere":                      "404 lost",
		"/people.html?q=1":              "308 /people?q=1",
		"/index.html":                   "308 /",
		"/nested/index":                 "308 /nested",
		"/../../etc/passwd":             "404 lost",
	} {
		w := do(h, http.MethodGet, target, "")
		got := fmt.Sprintf("%d %s", w.Code, strings.TrimSpace(w.Body.String()))
		if location := w.Header().Get("Location"); location != "" {
			got = fmt.Sprintf("%d %s", w.Code, location)
		}
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", target, got, want)
		}
	}
	if w := do(h, http.MethodPost, "/people", ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST of a page: %d", w.Code)
	}
}

func TestHeaders(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Own", "1") })
	for target, want := range map[string][3]string{
		"/api/things":    {"DENY", "", "1"},
		"/people":        {"DENY", "public, max-age=0, must-revalidate", ""},
		"/static/app.js": {"DENY", "immutable", ""},
		"/nowhere":       {"DENY", "public, max-age=0, must-revalidate", ""},
	} {
		header := do(h, http.MethodGet, target, "").Header()
		got := [3]string{header.Get("X-Frame-Options"), header.Get("Cache-Control"), header.Get("X-Own")}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", target, diff)
		}
	}
}

func TestFunctionsSeeWhatThePlatformShows(t *testing.T) {
	var got *http.Request
	var body []byte
	h := newHost(t, func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	})
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://localhost:3000/api/things/42?z=1", strings.NewReader("hello"))
	h.ServeHTTP(httptest.NewRecorder(), r)
	if got == nil || string(body) != "hello" || got.RequestURI != "/api/things/42" || got.Host != "localhost:3000" || got.RemoteAddr != "192.0.2.1" {
		t.Fatalf("%+v, body %q", got, body)
	}
	if got.Header.Get("X-Forwarded-Host") != "localhost:3000" || !strings.HasPrefix(got.Header.Get("X-Vercel-Id"), "dev1::") {
		t.Errorf("headers %v", got.Header)
	}
	if _, limited := got.Context().Deadline(); limited {
		t.Error("the platform sets no deadline")
	}
}

func TestLimits(t *testing.T) {
	h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("do") {
		case "panic":
			panic("boom")
		case "flood":
			_, _ = w.Write(make([]byte, MaxBody+1))
		case "fill":
			_, _ = w.Write(make([]byte, MaxBody))
		}
	})
	for name, test := range map[string]struct {
		target, body string
		status       int
		code         string
	}{
		"a body at the limit":    {"/api/things", strings.Repeat("x", MaxBody), 200, ""},
		"a body over it":         {"/api/things", strings.Repeat("x", MaxBody+1), 413, "FUNCTION_PAYLOAD_TOO_LARGE"},
		"an answer at the limit": {"/api/things?do=fill", "", 200, ""},
		"an answer over it":      {"/api/things?do=flood", "", 500, "FUNCTION_RESPONSE_PAYLOAD_TOO_LARGE"},
		"a panic":                {"/api/things?do=panic", "", 500, "FUNCTION_INVOCATION_FAILED"},
	} {
		w := do(h, http.MethodPost, test.target, test.body)
		if w.Code != test.status || w.Header().Get("X-Vercel-Error") != test.code {
			t.Errorf("%s: %d %s", name, w.Code, w.Header().Get("X-Vercel-Error"))
		}
	}
}

func TestTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHost(t, func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(1999 * time.Millisecond):
			case <-r.Context().Done():
			}
			if r.URL.Query().Get("op") == "one" {
				<-r.Context().Done()
			}
		})
		began := time.Now()
		if w := do(h, http.MethodGet, "/api/things", ""); w.Code != 200 {
			t.Errorf("in time: %d", w.Code)
		}
		w := do(h, http.MethodGet, "/api/things/1", "")
		if w.Code != 504 || w.Header().Get("X-Vercel-Error") != "FUNCTION_INVOCATION_TIMEOUT" {
			t.Errorf("out of time: %d", w.Code)
		}
		if took := time.Since(began); took != 1999*time.Millisecond+2*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestCloseEndsWhatTakesTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := false
		h := newHost(t, func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			ended = true
		})
		go do(h, http.MethodGet, "/api/things", "")
		synctest.Wait()
		began := time.Now()
		h.Close(time.Second)
		if took := time.Since(began); took != time.Second || !ended {
			t.Errorf("took %v, ended %v", took, ended)
		}
	})
}

func TestCrons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls []string
		h := newHost(t, func(_ http.ResponseWriter, r *http.Request) {
			calls = append(calls, r.Method+" "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Vercel-Cron-Schedule"))
		})
		stop, err := h.StartCrons("s3cret")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(25 * time.Minute)
		stop()
		want := []string{"GET Bearer s3cret */10 * * * *", "GET Bearer s3cret */10 * * * *"}
		if diff := cmp.Diff(want, calls); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMissingBuild(t *testing.T) {
	h := newHost(t, func(http.ResponseWriter, *http.Request) {})
	h.static.dir = filepath.Join(t.TempDir(), "never")
	w := do(h, http.MethodGet, "/", "")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "npm run build") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := do(h, http.MethodGet, "/api/things", ""); w.Code != http.StatusOK {
		t.Errorf("the API without a build: %d", w.Code)
	}
}

func TestConfigurationsThatCannotBeServed(t *testing.T) {
	for name, text := range map[string]string{
		"unknown member":     `{"rewritez": []}`,
		"unknown syntax":     `{"rewrites": [{"source": "/api/:id*", "destination": "/api"}]}`,
		"regular expression": `{"headers": [{"source": "/(a|b)", "headers": []}]}`,
		"no slash":           `{"rewrites": [{"source": "api", "destination": "/api"}]}`,
		"not JSON":           `{`,
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	config, err := Parse([]byte(testConfig))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(config, []Function{{Path: "/api/other"}}, "", slog.Default()); err == nil {
		t.Error("a function without limits is accepted")
	}
}
