package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// slow answers after d, or when the caller is gone.
func slow(d time.Duration) *vendor {
	v := &vendor{}
	v.serve = func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	return v
}

func TestBoundsACallInTime(t *testing.T) {
	for _, c := range []struct {
		name     string
		deadline time.Duration // 0: none
		answer   time.Duration
		want     fault.Kind
		took     time.Duration
		calls    int
	}{
		{"an answer in time", 0, 9 * time.Second, -1, 9 * time.Second, 1},
		{"a time-out", 0, time.Minute, fault.OutcomeUnknown, 10 * time.Second, 1},
		{"less than the time-out is left", 6 * time.Second, time.Minute, fault.OutcomeUnknown, 5500 * time.Millisecond, 1},
		{"just enough is left", 2500 * time.Millisecond, time.Second, -1, time.Second, 1},
		{"too little is left", 2499 * time.Millisecond, 0, fault.Throttled, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				v := slow(c.answer)
				ctx := t.Context()
				if c.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.deadline)
					defer cancel()
				}
				began := time.Now()
				_, err := v.client().Do(ctx, create)
				if (c.want < 0) != (err == nil) || c.want >= 0 && !fault.Is(err, c.want) {
					t.Errorf("%v", err)
				}
				if took := time.Since(began); took != c.took || v.count() != c.calls {
					t.Errorf("took %v and %d calls, want %v and %d", took, v.count(), c.took, c.calls)
				}
			})
		})
	}
}

func TestStopsWithItsCaller(t *testing.T) {
	in(t, func(t *testing.T) {
		v := slow(time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			_, err := v.client().Do(ctx, get)
			done <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) || !fault.Is(err, fault.Retryable) {
			t.Errorf("%v", err)
		}
	})
}

func TestBoundsAnAnswerInSize(t *testing.T) {
	v := &vendor{}
	v.serve = func(w http.ResponseWriter, _ *http.Request) {
		chunk := strings.Repeat("x", 1<<20)
		for range maxBody>>20 + 1 {
			_, _ = io.WriteString(w, chunk)
		}
	}
	_, err := v.client().Do(t.Context(), create)
	if !fault.Is(err, fault.OutcomeUnknown) || !errors.Is(err, errTooLarge) {
		t.Errorf("%v", err)
	}
}

func TestKeepsSecrets(t *testing.T) {
	in(t, func(t *testing.T) {
		v := script(400)
		v.serve = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Correlation-Id", "c0rr")
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, "you sent "+r.Header.Get("Authorization"))
		}
		request := get
		request.Path = "/things/ada%40example.com"
		request.Query = map[string][]string{"email": {"ada@example.com"}}
		_, err := v.client().JSON(t.Context(), request, nil)
		if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "[redacted]") {
			t.Errorf("the error is %v", err)
		}
		text := v.log.String()
		for _, hidden := range []string{secret, "ada", "you sent"} {
			if strings.Contains(text, hidden) {
				t.Errorf("%q is in the log: %s", hidden, text)
			}
		}
		for _, shown := range []string{"op=vendor.get", "status=400", "correlation=c0rr", "/things/[address]"} {
			if !strings.Contains(text, shown) {
				t.Errorf("%q is not in the log: %s", shown, text)
			}
		}
	})
}

func TestNetworkErrorsHoldNoAddress(t *testing.T) {
	in(t, func(t *testing.T) {
		v := script(0)
		request := get
		request.Query = map[string][]string{"email": {"ada@example.com"}}
		_, err := v.client().Do(t.Context(), request)
		if err == nil || strings.Contains(err.Error(), "ada") || strings.Contains(err.Error(), "example.com") {
			t.Errorf("%v", err)
		}
	})
}

func TestSendsWhatItIsGiven(t *testing.T) {
	v := &vendor{}
	v.serve = func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != "{\"html\":\"<b>&\"}\n" || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Accept") != "application/json" {
			t.Errorf("sent %q with %v", body, r.Header)
		}
	}
	request := create
	request.Body = map[string]string{"html": "<b>&"}
	request.Path = "/things/a%2Bb"
	request.Query = map[string][]string{"q": {"a b"}}
	c := v.client(func(o *Options) { o.BaseURL = "https://api.example.com/" })
	if _, err := c.Do(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if v.calls[0] != "POST /things/a%2Bb?q=a+b" {
		t.Errorf("called %v", v.calls)
	}
}

func TestUnsuitableRequests(t *testing.T) {
	v := script(200)
	request := create
	request.Body = func() {}
	if _, err := v.client().Do(t.Context(), request); !fault.Is(err, fault.Unexpected) {
		t.Errorf("a body that cannot be encoded: %v", err)
	}
	c := v.client(func(o *Options) { o.BaseURL = "ht tp://x" })
	if _, err := c.Do(t.Context(), get); !fault.Is(err, fault.Unavailable) {
		t.Errorf("an address that is none: %v", err)
	}
	if v.count() != 0 {
		t.Errorf("%d calls", v.count())
	}
}

func TestUnreadableAnswers(t *testing.T) {
	for body, read := range map[string]bool{"": true, "<html>": true, `{"a":`: true, `{"a":1}`: false} {
		for _, request := range []Request{get, create} {
			v := &vendor{serve: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }}
			var out struct{ A int }
			_, err := v.client().JSON(t.Context(), request, &out)
			want := map[Effect]fault.Kind{Read: fault.Retryable, Write: fault.OutcomeUnknown}[request.Effect]
			if read && !fault.Is(err, want) || !read && err != nil {
				t.Errorf("%s %q: %v", request.Method, body, err)
			}
		}
	}
}

// BenchmarkDo measures what a call costs beyond the vendor's own work, with many
// callers and a limit that never holds them up.
func BenchmarkDo(b *testing.B) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"ok":true}`) })
	v := &vendor{}
	c := v.client(func(o *Options) {
		o.RoundTripper = kit.Transport{Handler: handler}
		o.Limits = map[Class]Limit{"": {10_000_000, 10 * time.Second}}
		o.Log, o.Count = nil, nil
	})
	b.ReportAllocs()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		var out struct{ OK bool }
		for pb.Next() {
			if _, err := c.JSON(b.Context(), patch, &out); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
