package transport

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	gosync "sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	"github.com/contactsync/contactsync/pkg/sync"
)

const secret = "s3cret-t0ken"

// vendor is a made-up API: serve answers its calls, which are counted.
type vendor struct {
	serve http.HandlerFunc

	mu    gosync.Mutex
	calls []string
	sent  int // as the client counts
	log   strings.Builder
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	v.calls = append(v.calls, r.Method+" "+r.URL.RequestURI())
	v.mu.Unlock()
	v.serve(w, r)
}

func (v *vendor) Write(p []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.log.Write(p)
}

func (v *vendor) logged() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.log.String()
}

func (v *vendor) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.calls)
}

// client returns a client of the vendor with a plain policy: 429 is refused for
// Retry-After, 403 with a page for everyone, 5xx failed.
func (v *vendor) client(change ...func(*Options)) *Client {
	o := Options{
		Vendor: "Vendor", BaseURL: "https://api.example.com", Clock: sync.WallClock{},
		RoundTripper: kit.Transport{Handler: v},
		Authorise: func(context.Context) (Credential, error) {
			return Credential{"Authorization", "Bearer " + secret}, nil
		},
		Judge: func(r *Response, now time.Time) Verdict {
			switch {
			case r.Status == http.StatusTooManyRequests:
				return Verdict{Refused: true, Wait: RetryAfter(r.Header, now)}
			case r.Status == http.StatusForbidden && r.IsHTML():
				return Verdict{Refused: true, Wait: 5 * time.Second, Everyone: true}
			}
			return Verdict{Failed: IsServerFailure(r.Status), Wait: RetryAfter(r.Header, now)}
		},
		Explain: func(r *Response) error {
			return &fault.Error{Kind: fault.Invalid, Message: "no", Err: r.Cause()}
		},
		Count: func(context.Context, bool) {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.sent++
		},
		Log: slog.New(slog.NewTextHandler(v, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&o)
	}
	return New(o)
}

// in runs a test in a bubble in which waiting costs nothing.
func in(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// script answers with each status in turn, and with the last one from then on.
// Status 0 drops the connection.
func script(statuses ...int) *vendor {
	v := &vendor{}
	v.serve = func(w http.ResponseWriter, _ *http.Request) {
		status := statuses[min(v.count(), len(statuses))-1]
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"ok":true}`)
	}
	return v
}

var (
	get    = Request{Op: "vendor.get", Method: "GET", Path: "/things", Effect: Read}
	patch  = Request{Op: "vendor.patch", Method: "PATCH", Path: "/things/1", Body: map[string]int{"a": 1}, Effect: Repeatable}
	create = Request{Op: "vendor.create", Method: "POST", Path: "/things", Body: map[string]int{"a": 1}, Effect: Write}
)

// roundTripper is a function as an [http.RoundTripper].
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var errSome = errors.New("some failure")
