package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
)

func TestSendsAgainOnlyWhatIsSafe(t *testing.T) {
	const ok = fault.Kind(-1)
	cases := []struct {
		answers             []int
		read, patch, create fault.Kind
		calls               [3]int
	}{
		{[]int{200}, ok, ok, ok, [3]int{1, 1, 1}},
		{[]int{500, 200}, ok, ok, fault.OutcomeUnknown, [3]int{2, 2, 1}},
		{[]int{0, 200}, ok, ok, fault.OutcomeUnknown, [3]int{2, 2, 1}},
		{[]int{503, 524, 200}, ok, ok, fault.OutcomeUnknown, [3]int{3, 3, 1}},
		{[]int{502}, fault.Retryable, fault.OutcomeUnknown, fault.OutcomeUnknown, [3]int{3, 3, 1}},
		{[]int{0}, fault.Retryable, fault.OutcomeUnknown, fault.OutcomeUnknown, [3]int{3, 3, 1}},
		{[]int{429, 200}, ok, ok, ok, [3]int{2, 2, 2}},
		{[]int{429}, fault.Throttled, fault.Throttled, fault.Throttled, [3]int{4, 4, 4}},
		{[]int{429, 500, 200}, ok, ok, fault.OutcomeUnknown, [3]int{3, 3, 2}},
		{[]int{400}, fault.Invalid, fault.Invalid, fault.Invalid, [3]int{1, 1, 1}},
		{[]int{501}, fault.Invalid, fault.Invalid, fault.Invalid, [3]int{1, 1, 1}},
		{[]int{302}, fault.Invalid, fault.Invalid, fault.Invalid, [3]int{1, 1, 1}},
	}
	for _, c := range cases {
		for i, request := range []Request{get, patch, create} {
			want := []fault.Kind{c.read, c.patch, c.create}[i]
			t.Run(fmt.Sprintf("%v/%s", c.answers, request.Method), func(t *testing.T) {
				in(t, func(t *testing.T) {
					v := script(c.answers...)
					var out struct{ OK bool }
					_, err := v.client().JSON(t.Context(), request, &out)
					if want == ok && (err != nil || !out.OK) || want != ok && !fault.Is(err, want) {
						t.Errorf("%v, want %v", err, want)
					}
					if v.count() != c.calls[i] || v.sent != v.count() {
						t.Errorf("%d calls (%d counted), want %d", v.count(), v.sent, c.calls[i])
					}
				})
			})
		}
	}
}

func TestSendsAgainWhatWasNeverSent(t *testing.T) {
	for name, cause := range map[string]error{
		"refused":      &net.OpError{Op: "dial", Err: errSome},
		"unknown host": &net.DNSError{Err: "no such host"},
		"certificate":  &tls.CertificateVerificationError{Err: errSome},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				calls := 0
				v := script(200)
				c := v.client(func(o *Options) {
					o.RoundTripper = roundTripper(func(*http.Request) (*http.Response, error) { calls++; return nil, cause })
				})
				if _, err := c.Do(t.Context(), create); !fault.Is(err, fault.Retryable) || calls != 3 {
					t.Errorf("%d calls, %v", calls, err)
				}
			})
		})
	}
}

func TestWaitsAsLongAsToldAndNoLonger(t *testing.T) {
	in(t, func(t *testing.T) {
		v := script(429, 200)
		v.serve = retryAfter(v, "7")
		began := time.Now()
		if _, err := v.client().Do(t.Context(), create); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 7*time.Second || took > 8*time.Second {
			t.Errorf("waited %v", took)
		}
	})
}

// retryAfter refuses the first call with the header, and takes the others.
func retryAfter(v *vendor, after string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if v.count() == 1 {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}
}

func TestDoesNotWaitPastTheDeadline(t *testing.T) {
	in(t, func(t *testing.T) {
		v := script(200)
		v.serve = retryAfter(v, "20")
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		c := v.client()
		began := time.Now()
		for range 3 {
			_, err := c.Do(ctx, get)
			if f := fault.As(err); !fault.Is(err, fault.Throttled) || f.Until.Sub(began).Round(time.Second) != 20*time.Second {
				t.Errorf("%v, until %v", err, f)
			}
		}
		if time.Since(began) != 0 || v.count() != 1 {
			t.Errorf("waited %v, %d calls", time.Since(began), v.count())
		}
		time.Sleep(20 * time.Second)
		if _, err := c.Do(t.Context(), get); err != nil {
			t.Errorf("after the wait: %v", err)
		}
	})
}

func TestRefusalHoldsForItsClassOrForEveryone(t *testing.T) {
	in(t, func(t *testing.T) {
		v := script(200)
		c := v.client(func(o *Options) { o.Limits = map[Class]Limit{"a": {100, time.Second}, "b": {100, time.Second}} })
		a, b := get, get
		a.Class, b.Class = "a", "b"

		v.serve = retryAfter(v, "3600")
		if _, err := c.Do(t.Context(), a); !fault.Is(err, fault.Throttled) {
			t.Fatal(err)
		}
		if _, err := c.Do(t.Context(), b); err != nil {
			t.Errorf("the other class: %v", err)
		}
		v.serve = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusForbidden)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		for range 3 {
			if _, err := c.Do(ctx, b); !fault.Is(err, fault.Throttled) {
				t.Fatal(err)
			}
		}
		if v.count() != 3 {
			t.Errorf("%d calls: %v", v.count(), v.calls)
		}
	})
}

func TestAsksForTheCredentialAgain(t *testing.T) {
	for name, tokens := range map[string][]string{"replaced": {"old", "new"}, "the same": {"old", "old"}} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				asked := 0
				v := &vendor{}
				v.serve = func(w http.ResponseWriter, r *http.Request) {
					if r.Header.Get("Authorization") != "Bearer new" {
						w.WriteHeader(http.StatusUnauthorized)
					}
				}
				c := v.client(func(o *Options) {
					o.Authorise = func(context.Context) (Credential, error) {
						asked++
						return Credential{"Authorization", "Bearer " + tokens[min(asked, 2)-1]}, nil
					}
				})
				resp, err := c.Do(t.Context(), create)
				if err != nil {
					t.Fatal(err)
				}
				if changed := tokens[1] == "new"; changed != resp.OK() || v.count() > 2 || !changed && v.count() != 1 {
					t.Errorf("status %d after %d calls", resp.Status, v.count())
				}
			})
		})
	}
}

func TestSendsNothingWithoutACredential(t *testing.T) {
	for name, value := range map[string]string{"empty": "", "only a scheme": "Bearer ", "two lines": "Bearer a\nb", "not ASCII": "Bearer tökén"} {
		t.Run(name, func(t *testing.T) {
			v := script(200)
			c := v.client(func(o *Options) {
				o.Authorise = func(context.Context) (Credential, error) { return Credential{"Authorization", value}, nil }
			})
			if _, err := c.Do(t.Context(), get); !fault.Is(err, fault.Unauthorised) || v.count() != 0 {
				t.Errorf("%d calls, %v", v.count(), err)
			}
		})
	}
	t.Run("none to be had", func(t *testing.T) {
		v := script(200)
		c := v.client(func(o *Options) {
			o.Authorise = func(context.Context) (Credential, error) {
				return Credential{}, fault.New(fault.Unauthorised, "revoked")
			}
		})
		if _, err := c.Do(t.Context(), get); !fault.Is(err, fault.Unauthorised) || v.count() != 0 {
			t.Errorf("%d calls, %v", v.count(), err)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "5": 5 * time.Second, "-5": 0, "soon": 0, "86400": 24 * time.Hour,
		"99999999999":                   0, // out of range on no platform
		"Sun, 22 Nov 2026 12:00:30 GMT": 30 * time.Second,
		"Sun, 22 Nov 2026 11:00:00 GMT": 0,
	} {
		got := RetryAfter(http.Header{"Retry-After": {value}}, now)
		if value == "99999999999" {
			want = 7 * 24 * time.Hour
		}
		if got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

func TestServerFailures(t *testing.T) {
	var failures []int
	for status := 100; status < 600; status++ {
		if IsServerFailure(status) {
			failures = append(failures, status)
		}
	}
	if slices.Contains(failures, 501) || !slices.Contains(failures, 408) || !slices.Contains(failures, 524) || slices.Contains(failures, 429) {
		t.Error(failures)
	}
}

// TestCarrierErrors: what the RoundTripper classified itself is not a failure of the
// vendor, and is waited for only when it says until when.
func TestCarrierErrors(t *testing.T) {
	for name, c := range map[string]struct {
		first fault.Error
		wait  time.Duration
		calls int
		kind  fault.Kind
	}{
		"a short pause": {first: fault.Error{Kind: fault.Throttled}, wait: 3 * time.Second, calls: 2},
		"a long pause":  {first: fault.Error{Kind: fault.Throttled}, wait: time.Hour, calls: 1, kind: fault.Throttled},
		"not connected": {first: fault.Error{Kind: fault.Unauthorised}, calls: 1, kind: fault.Unauthorised},
		"not set up":    {first: fault.Error{Kind: fault.Unavailable}, calls: 1, kind: fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				v, calls := script(200), 0
				client := v.client(func(o *Options) {
					next := o.RoundTripper
					o.RoundTripper = roundTripper(func(r *http.Request) (*http.Response, error) {
						if calls++; calls > 1 {
							return next.RoundTrip(r)
						}
						first := c.first
						first.Message, first.Until = "said by the carrier", time.Now().Add(c.wait)
						return nil, &first
					})
				})
				began := time.Now()
				_, err := client.JSON(t.Context(), create, nil)
				if calls != c.calls {
					t.Errorf("%d calls, want %d", calls, c.calls)
				}
				if c.kind == fault.Unexpected {
					if err != nil || time.Since(began) < c.wait {
						t.Errorf("after %v: %v", time.Since(began), err)
					}
					return
				}
				if !fault.Is(err, c.kind) || fault.Public(err) != "said by the carrier" || fault.As(err).Op != create.Op {
					t.Errorf("%v", err)
				}
				if c.kind == fault.Throttled {
					if _, err := client.JSON(t.Context(), get, nil); !fault.Is(err, fault.Throttled) || calls != 1 {
						t.Errorf("the next call: %v, %d calls", err, calls)
					}
				}
			})
		})
	}
}
