package web

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/store/sqlite"
)

func newTestSessions(t *testing.T) (*sessions, func(secret, password string) *sessions) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), sqlite.Memory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	with := func(secret, text string) *sessions {
		p, err := ParsePassword(text)
		if err != nil {
			t.Fatal(err)
		}
		return newSessions(store, secret, p)
	}
	return with("secret", "password"), with
}

func TestSessionsCountWhereTheyWereIssued(t *testing.T) {
	s, with := newTestSessions(t)
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	cookie, _, err := s.begin(t.Context(), "admin", "default", now)
	if err != nil {
		t.Fatal(err)
	}
	found, err := with("secret", "password").find(t.Context(), cookie, now)
	if err != nil || found.User != "admin" || found.Customer != "default" || !found.Ends.Equal(now.Add(sessionLife)) {
		t.Errorf("another instance: %+v, %v", found, err)
	}
	id, signature, _ := strings.Cut(cookie, ".")
	flipped := []byte(id)
	flipped[0] ^= 1
	for name, attempt := range map[string]struct {
		s      *sessions
		cookie string
	}{
		"another secret":      {with("other", "password"), cookie},
		"another password":    {with("secret", "changed"), cookie},
		"another id":          {s, string(flipped) + "." + signature},
		"no signature":        {s, id},
		"an empty signature":  {s, id + "."},
		"half a signature":    {s, id + "." + signature[:20]},
		"more signature":      {s, cookie + "A"},
		"nothing":             {s, ""},
		"not base64":          {s, "%%%.%%%"},
		"padded":              {s, id + "=." + signature},
		"an id of no length":  {s, "." + base64.RawURLEncoding.EncodeToString(s.sign(nil))},
		"an id of one letter": {s, "QQ." + base64.RawURLEncoding.EncodeToString(s.sign([]byte("A")))},
	} {
		if found, err := attempt.s.find(t.Context(), attempt.cookie, now); !fault.Is(err, fault.Unauthorised) {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
}

// A request that was let in while its session ended renews the session afterwards.
func TestARenewalDoesNotBringASessionBack(t *testing.T) {
	s, _ := newTestSessions(t)
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	cookie, opened, err := s.begin(t.Context(), "admin", "default", now)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.end(t.Context(), cookie); err != nil {
		t.Fatal(err)
	}
	id, _ := s.open(cookie)
	_, used := keysOf(id)
	if err := s.use(t.Context(), used, now, opened.Ends); err != nil {
		t.Fatal(err)
	}
	if found, err := s.find(t.Context(), cookie, now); !fault.Is(err, fault.Unauthorised) {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestAttemptsAreCountedByNetwork(t *testing.T) {
	same := func(a, b string) bool { return attemptsKey(a) == attemptsKey(b) }
	if !same("203.0.113.7:1234", "203.0.113.7") || !same("203.0.113.7:1", "[::ffff:203.0.113.7]:2") || !same("[2001:db8::1]:1", "[2001:db8::ffff:2]:3") {
		t.Error("one client counts as several")
	}
	if same("203.0.113.7:1", "203.0.113.8:1") || same("[2001:db8::1]:1", "[2001:db8:0:1::1]:1") || same("", "203.0.113.7") {
		t.Error("several clients count as one")
	}
	if strings.Contains(attemptsKey("203.0.113.7"), "203") {
		t.Error("the key shows the address")
	}
}

// fixed is a clock that stands.
type fixed time.Time

func (f fixed) Now() time.Time { return time.Time(f) }

func (fixed) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func (fixed) WithTimeout(ctx context.Context, _ time.Duration) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}
