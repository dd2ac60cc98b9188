package platform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"
)

// MaxBody is the largest request body and the largest answer, in bytes.
const MaxBody = 4_500_000

// Function is one function of api/.
type Function struct {
	Path    string // such as "/api/cron/sync"
	Handler http.HandlerFunc
}

// Host serves a project. It is safe for concurrent use, and runs as many
// invocations at a time as are asked for: each stands for an instance of its own.
type Host struct {
	config    *Config
	functions map[string]function
	static    *static
	log       *slog.Logger

	life   context.Context // of every invocation
	stop   context.CancelFunc
	active sync.WaitGroup
}

type function struct {
	serve http.HandlerFunc
	limit time.Duration
}

// New returns a host for functions, with the static files of the directory files.
// Every function needs its limits in the configuration.
func New(config *Config, functions []Function, files string, log *slog.Logger) (*Host, error) {
	h := &Host{config: config, functions: map[string]function{}, static: &static{dir: files}, log: log}
	for _, f := range functions {
		resources, ok := config.Functions[f.Path[1:]+"/index.go"]
		if !ok || resources.MaxDuration <= 0 {
			return nil, fmt.Errorf("vercel.json has no maxDuration for %s", f.Path)
		}
		h.functions[f.Path] = function{f.Handler, resources.Limit()}
	}
	h.life, h.stop = context.WithCancel(context.Background())
	return h, nil
}

// Close waits for invocations under way, up to patience, then ends their contexts
// and waits for them to return.
func (h *Host) Close(patience time.Duration) {
	timer := time.AfterFunc(patience, h.stop)
	h.active.Wait()
	timer.Stop()
	h.stop()
}

// ServeHTTP implements [http.Handler].
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for key, value := range h.config.HeadersFor(r.URL.Path) {
		w.Header().Set(key, value)
	}
	if f, ok := h.functions[r.URL.Path]; ok {
		h.invoke(w, r, f, nil)
		return
	}
	if path, query, ok := h.config.Rewrite(r.URL.EscapedPath()); ok && !h.static.has(r.URL.Path) {
		if f, ok := h.functions[path]; ok {
			h.invoke(w, r, f, query)
			return
		}
	}
	h.static.ServeHTTP(w, r)
}

// invoke runs a function for a request and sends its answer.
func (h *Host) invoke(w http.ResponseWriter, r *http.Request, f function, query url.Values) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if over := (*http.MaxBytesError)(nil); errors.As(err, &over) {
		platformError(w, http.StatusRequestEntityTooLarge, "FUNCTION_PAYLOAD_TOO_LARGE")
		return
	}
	if err != nil {
		platformError(w, http.StatusBadRequest, "INVALID_REQUEST")
		return
	}
	ctx, cancel := context.WithCancel(h.life)
	defer cancel()
	answer := h.start(f, event(ctx, r, body, query))
	limit := time.NewTimer(f.limit)
	defer limit.Stop()
	select {
	case a := <-answer:
		a.send(w)
	case <-limit.C:
		h.log.Error("the function took longer than its maxDuration", "path", r.URL.Path, "limit", f.limit)
		platformError(w, http.StatusGatewayTimeout, "FUNCTION_INVOCATION_TIMEOUT")
	}
}

// start runs a function in a goroutine that Close waits for: one that overruns its
// limit cannot be killed inside this process, it can only be left behind.
func (h *Host) start(f function, r *http.Request) <-chan *answer {
	done := make(chan *answer, 1)
	h.active.Go(func() {
		a := newAnswer()
		defer func() {
			if cause := recover(); cause != nil {
				h.log.Error("the function panicked", "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
				a.failed = true
			}
			done <- a
		}()
		f.serve(a, r)
	})
	return done
}

// event is the request as a function gets it: whole, with the path of the client,
// the query of the rewrite added, and the platform's headers.
func event(ctx context.Context, r *http.Request, body []byte, query url.Values) *http.Request {
	in := r.Clone(ctx)
	if len(query) > 0 {
		if in.URL.RawQuery != "" {
			in.URL.RawQuery += "&"
		}
		in.URL.RawQuery += query.Encode()
	}
	client := r.RemoteAddr
	if host, _, err := net.SplitHostPort(client); err == nil {
		client = host
	}
	in.Body, in.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	in.RequestURI, in.RemoteAddr = r.URL.EscapedPath(), client
	in.Header.Set("X-Forwarded-Host", r.Host)
	in.Header.Set("X-Forwarded-Proto", "http")
	in.Header.Set("X-Forwarded-For", client)
	in.Header.Set("X-Real-Ip", client)
	in.Header.Set("X-Vercel-Id", "dev1::"+uuid.NewString())
	return in
}

// platformError is an answer of the platform itself, not of a function.
func platformError(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Vercel-Error", code)
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "%s\n\n%s\n", http.StatusText(status), code)
}
