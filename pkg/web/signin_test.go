package web_test

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The password of the tests, hashed at a cost that tests can afford.
const (
	password     = "correct horse"
	passwordHash = "$argon2id$v=19$m=8,t=1,p=1$c29tZSBzYWx0$NCGq/NbngxOfEc510EsHmZE+y9M7A10aYSRwzEm3Nk4"
)

// tokenSecret is the host application's.
const tokenSecret = "a secret that the host application shares"

// envWithPassword are the settings of a deployment that people sign in to.
func envWithPassword() map[string]string {
	settings := env()
	maps.Copy(settings, map[string]string{"APP_PASSWORD": passwordHash, "SESSION_SECRET": "session secret", "APP_JWT_SECRET": tokenSecret})
	return settings
}

type sessionJSON struct {
	SignedIn  bool
	User      *string
	Customer  *string `json:"customerId"`
	Via       *string
	ExpiresAt *time.Time
	Methods   []string
}

// signIn opens a session and returns its cookie.
func (d *desk) signIn(header ...string) *http.Cookie {
	d.Helper()
	a := d.as("").do("POST session", `{"password":"`+password+`"}`, header...).want(200)
	set, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	d.must(err)
	return set
}

// as returns the desk with another API key, or none.
func (d *desk) as(key string) *desk {
	other := *d
	other.key = key
	return &other
}

// from returns the desk for a client at another address of this machine.
func (d *desk) from(ip string) *desk {
	other := *d
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	other.client = &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}}
	return &other
}

func cookie(c *http.Cookie) []string { return []string{"Cookie", c.Name + "=" + c.Value} }

func TestSignIn(t *testing.T) {
	d := openWith(t, envWithPassword()).as("")
	var who sessionJSON
	d.do("GET session", "").want(200).into(&who)
	if diff := cmp.Diff(sessionJSON{Methods: []string{"password", "key", "token"}}, who); diff != "" {
		t.Errorf("before: %s", diff)
	}
	c := d.signIn()
	if c.Name != "contactsync" || c.Path != "/" || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteLaxMode || c.MaxAge != 7*24*60*60 || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
	d.do("GET session", "", cookie(c)...).want(200).into(&who)
	if !who.SignedIn || *who.User != "admin" || *who.Customer != "default" || *who.Via != "password" || who.ExpiresAt.Sub(d.clock.Now()) > 7*24*time.Hour {
		t.Errorf("after: %+v", who)
	}
	d.do("POST contacts", `{"email":"ada@example.com"}`, cookie(c)...).want(201)
	for _, op := range d.store.take() {
		if strings.Contains(op.scope, c.Value) || strings.Contains(op.scope, strings.Split(c.Value, ".")[0]) {
			t.Errorf("the store has the id itself: %v", op)
		}
	}
	out := d.do("DELETE session", "", cookie(c)...).want(204).header.Get("Set-Cookie")
	if !strings.HasPrefix(out, "contactsync=; Path=/; Max-Age=0") {
		t.Errorf("signed out with %q", out)
	}
	d.do("GET contacts", "", cookie(c)...).problem(401)
	d.do("GET session", "", cookie(c)...).want(200).into(&who)
	if who.SignedIn {
		t.Error("a cookie counts after signing out")
	}
	d.do("DELETE session", "").want(204)
}

func TestCookiesOutsideThisMachine(t *testing.T) {
	d := openWith(t, envWithPassword()).as("")
	c := d.signIn("Host", "sync.test", "Origin", "https://sync.test")
	if c.Name != "__Host-contactsync" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
	d.do("GET contacts", "", append(cookie(c), "Host", "sync.test")...).want(200)
	d.do("GET contacts", "", "Host", "sync.test", "Cookie", "contactsync="+c.Value).problem(401) // any host of the domain can plant that one
	d.do("GET contacts", "", "Host", "sync.test", "Cookie", c.Name+"="+c.Value+"; "+c.Name+"="+c.Value).problem(401)
}

func TestSessionsEnd(t *testing.T) {
	d := openWith(t, envWithPassword()).as("")
	d.clock.stop()
	began := d.signIn()
	status := func(at time.Duration) int {
		d.clock.set(at)
		return d.do("GET settings", "", cookie(began)...).status
	}
	for at := time.Duration(0); at < 7*24*time.Hour; at += 11*time.Hour + 59*time.Minute {
		if got := status(at); got != 200 {
			t.Fatalf("after %v, used all the time: %d", at, got)
		}
	}
	if got := status(7*24*time.Hour + time.Minute); got != 401 {
		t.Errorf("after seven days: %d", got)
	}
	d.clock.set(0)
	began = d.signIn()
	if got := status(12*time.Hour + time.Minute); got != 401 {
		t.Errorf("after twelve hours without use: %d", got)
	}
}

func TestSessionsAreRenewedOnceAMinute(t *testing.T) {
	d := openWith(t, envWithPassword()).as("")
	d.clock.stop()
	c := d.signIn()
	d.store.take()
	for second := range 180 {
		d.clock.set(time.Duration(second) * time.Second)
		d.do("GET settings", "", cookie(c)...).want(200)
	}
	writes := 0
	for _, op := range d.store.take() {
		if op.name == "PutValue" {
			writes++
		}
	}
	if writes != 2 {
		t.Errorf("%d writes in three minutes", writes)
	}
}

func TestWrongPasswordsAreSlowedThenRefused(t *testing.T) {
	d := openWith(t, envWithPassword()).as("")
	d.clock.stop()
	right, wrong := `{"password":"`+password+`"}`, `{"password":"guess"}`
	for i := range 5 {
		p := d.do("POST session", wrong).problem(401)
		if told := strings.Contains(p.Message, "Try again in 15 minutes"); told != (i == 4) {
			t.Errorf("attempt %d: %q", i+1, p.Message)
		}
	}
	if want := []time.Duration{250e6, 500e6, 1e9, 2e9}; !slices.Equal(d.clock.slept, want) {
		t.Errorf("slowed by %v, want %v", d.clock.slept, want)
	}
	for _, body := range []string{wrong, right} {
		a := d.do("POST session", body)
		p := a.problem(429)
		wait, err := strconv.Atoi(a.header.Get("Retry-After"))
		if err != nil || wait < 14*60 || wait > 15*60 || p.Code != "throttled" || !strings.Contains(p.Message, "Try again in 15 minutes.") {
			t.Errorf("%q, Retry-After %v", p.Message, wait)
		}
	}
	d.from("127.0.0.2").do("POST session", right).want(200)
	d.clock.set(15*time.Minute + time.Second)
	d.do("POST session", right).want(200)
	for range 5 { // what went right is forgotten
		d.do("POST session", wrong).problem(401)
	}
}

func TestAddressesTogetherHaveALimitToo(t *testing.T) {
	d := openWith(t, envWithPassword()).as("")
	for i := range 20 {
		client := d.from(fmt.Sprintf("127.0.1.%d", i+1))
		for range 5 {
			client.do("POST session", `{"password":"guess"}`).problem(401)
		}
	}
	late := d.from("127.0.2.1").do("POST session", `{"password":"`+password+`"}`)
	if p := late.problem(429); late.header.Get("Retry-After") == "" {
		t.Errorf("%+v", p)
	}
	d.as("s3cret").do("GET contacts", "").want(200)
}

func TestAttemptsAtOnceAreNoMore(t *testing.T) {
	d := openWith(t, envWithPassword()).as("")
	got := make([]int, 20)
	var all gosync.WaitGroup
	for i := range got {
		all.Go(func() { got[i] = d.do("POST session", `{"password":"guess"}`).status })
	}
	all.Wait()
	slices.Sort(got)
	if tried, _ := slices.BinarySearch(got, 429); tried != 5 || got[0] != 401 {
		t.Errorf("statuses %v", got)
	}
}

func TestPasswordsThatAreNone(t *testing.T) {
	d := openWith(t, envWithPassword()).as("")
	for body, status := range map[string]int{
		"": 422, "{}": 422, `{"password":""}`: 422, `{"password":null}`: 422, `{"password":7}`: 422, `{"password":"x","user":"root"}`: 422,
		`{"password":"` + strings.Repeat("x", 1025) + `"}`: 422, "password": 400, "[]": 400, `{"password":"` + strings.Repeat("x", 64_000) + `"}`: 413,
	} {
		if a := d.do("POST session", body); a.status != status {
			t.Errorf("%.40s: %d, want %d", body, a.status, status)
		}
	}
	d.do("POST session", `{"password":"`+password+`"}`, "Origin", "https://evil.example").problem(403)
	for _, op := range d.store.take() {
		if op.name == "CountAttempt" {
			t.Error("what was never tried is counted as an attempt")
		}
	}
}

func TestSignInNeedsItsSecrets(t *testing.T) {
	for missing, without := range map[string][]string{
		"SESSION_SECRET": {"SESSION_SECRET", "API_KEYS", "APP_JWT_SECRET"},
		"APP_PASSWORD":   {"APP_PASSWORD", "API_KEYS", "APP_JWT_SECRET"},
	} {
		settings := envWithPassword()
		for _, name := range without {
			delete(settings, name)
		}
		d := openWith(t, settings).as("")
		for _, call := range []string{"POST session", "GET session", "GET contacts", "GET settings"} {
			if p := d.do(call, `{"password":"`+password+`"}`).problem(503); !strings.Contains(p.Message, missing) {
				t.Errorf("%s without %s: %q", call, missing, p.Message)
			}
		}
	}
	settings := envWithPassword()
	delete(settings, "SESSION_SECRET")
	d := openWith(t, settings)
	d.do("GET contacts", "").want(200) // programs need no sessions
	if p := d.as("").do("GET session", "").problem(503); !strings.Contains(p.Message, "SESSION_SECRET") {
		t.Errorf("%+v", p)
	}
	d.as("").do("GET contacts", "").problem(401)
}
