package kit

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestWindowRolls(t *testing.T) {
	w := NewWindow(2, 10*time.Second)
	steps := []struct {
		at        time.Duration
		ok        bool
		remaining int
		reset     time.Duration
	}{
		{0, true, 1, 0},
		{4 * time.Second, true, 0, 6 * time.Second},
		{9 * time.Second, false, 0, time.Second},
		{10 * time.Second, true, 0, 4 * time.Second}, // the first expired, the second has not
		{13 * time.Second, false, 0, time.Second},
		{24 * time.Second, true, 1, 0},
	}
	for _, s := range steps {
		ok, remaining, reset := w.Take(noon.Add(s.at))
		if ok != s.ok || remaining != s.remaining || reset != s.reset {
			t.Errorf("at %v: got %v, %d, %v, want %v, %d, %v", s.at, ok, remaining, reset, s.ok, s.remaining, s.reset)
		}
	}
}

func TestWindowLimitCanMove(t *testing.T) {
	w := NewWindow(3, time.Second)
	for range 3 {
		w.Take(noon)
	}
	w.SetLimit(1)
	if ok, _, reset := w.Take(noon.Add(time.Millisecond)); ok || reset != 999*time.Millisecond {
		t.Errorf("after lowering: %v, reset %v", ok, reset)
	}
	w.SetLimit(0)
	if ok, _, _ := w.Take(noon); !ok {
		t.Error("limit 0 must be unlimited")
	}
}

// serve runs one request through faults in front of a counting handler.
func serve(t *testing.T, f *Faults, count *int, method, path string) (*http.Response, string, error) {
	t.Helper()
	next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*count++
		_, _ = io.WriteString(w, "real")
	})
	req, err := http.NewRequest(method, "http://sandbox"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := Transport{f.Wrap(next)}.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	body, _ := io.ReadAll(resp.Body)
	return resp, string(body), nil
}

func TestFaults(t *testing.T) {
	var f Faults
	var count int
	f.Add(Fault{Method: "POST", PathPrefix: "/a", Skip: 1, Times: 2, Status: 503, Body: "<html>", ContentType: "text/html", Header: http.Header{"Retry-After": {"3"}}})
	for i, want := range []string{"real", "<html>", "<html>", "real"} {
		resp, body, err := serve(t, &f, &count, "POST", "/a/1")
		if err != nil || body != want {
			t.Fatalf("call %d: %q, %v, want %q", i, body, err, want)
		}
		if want == "<html>" && (resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "3" || resp.Header.Get("Content-Type") != "text/html") {
			t.Errorf("call %d: %d %v", i, resp.StatusCode, resp.Header)
		}
	}
	if count != 2 {
		t.Errorf("the handler ran %d times, want 2", count)
	}
	if _, body, _ := serve(t, &f, &count, "GET", "/a/1"); body != "real" {
		t.Errorf("another method got %q", body)
	}
}

func TestFaultsThatDropOrApply(t *testing.T) {
	for _, c := range []struct {
		fault   Fault
		applied int
		dropped bool
	}{
		{Fault{Drop: DropBefore}, 0, true},
		{Fault{Drop: DropAfter}, 1, true},
		{Fault{Status: 504, Applied: true}, 1, false},
		{Fault{Status: 504}, 0, false},
		{Fault{Header: http.Header{"X-Seen": {"1"}}}, 1, false},
	} {
		var f Faults
		var count int
		f.Add(c.fault)
		_, _, err := serve(t, &f, &count, "POST", "/")
		if dropped := errors.Is(err, io.ErrUnexpectedEOF); dropped != c.dropped || count != c.applied {
			t.Errorf("%+v: dropped %v, applied %d", c.fault, dropped, count)
		}
	}
}

func TestFaultAsJSON(t *testing.T) {
	text := `{"method":"PATCH","pathPrefix":"/crm","skip":1,"times":-1,"status":429,"body":"{}","delay":"250ms","drop":"after"}`
	var f Fault
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatal(err)
	}
	want := Fault{Method: "PATCH", PathPrefix: "/crm", Skip: 1, Times: -1, Status: 429, Body: "{}", Delay: 250 * time.Millisecond, Drop: DropAfter}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got %+v", f)
	}
	if out, _ := json.Marshal(f); string(out) != text {
		t.Errorf("round trip: %s", out)
	}
	late := `{"drop":"late","late":"1m0s"}`
	if err := json.Unmarshal([]byte(late), &f); err != nil || f.Late != time.Minute {
		t.Errorf("got %+v, %v", f, err)
	}
	if out, _ := json.Marshal(f); string(out) != late {
		t.Errorf("round trip: %s", out)
	}
	for _, bad := range []string{`{"drop":"maybe"}`, `{"delay":"soon"}`, `{"drop":"late","late":"soon"}`, `{"late":"1s"}`} {
		if json.Unmarshal([]byte(bad), &f) == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestTransportLosesLateAnswers(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() })
	req, _ := http.NewRequestWithContext(ctx, "GET", "http://sandbox/", nil)
	if _, err := (Transport{h}).RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCalls(t *testing.T) {
	var c Calls
	c.Add("list")
	c.Add("list")
	c.Add("get")
	if got := c.Snapshot(); !reflect.DeepEqual(got, map[string]int{"list": 2, "get": 1}) || c.Total() != 3 {
		t.Errorf("got %v, total %d", got, c.Total())
	}
	c.Reset()
	if c.Total() != 0 || len(c.Snapshot()) != 0 {
		t.Error("not reset")
	}
}

// receiver answers webhooks with scripted statuses (200 when they run out) and
// keeps what it got.
type receiver struct {
	statuses []int
	got      []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.got = append(r.got, string(body))
	if len(r.statuses) > 0 {
		w.WriteHeader(r.statuses[0])
		r.statuses = r.statuses[1:]
	}
}

func text(body string) func(int, time.Time) (*http.Request, error) {
	return func(attempt int, now time.Time) (*http.Request, error) {
		return http.NewRequest("POST", "http://subscriber/", strings.NewReader(body+now.Format(" 15:04:05")+strings.Repeat("!", attempt)))
	}
}

func TestWebhooksFlushInOrderAndRetryWhenDue(t *testing.T) {
	now := noon
	r := &receiver{statuses: []int{500, 200, 404, 200}}
	var status int
	w := Webhooks{Client: &http.Client{Transport: Transport{r}}, Clock: func() time.Time { return now }}
	w.Enqueue(Delivery{Build: text("a"), Attempts: []time.Duration{time.Minute, time.Minute}, Done: func(s int, _ error) { status = s }})
	w.Enqueue(Delivery{Build: text("b")})
	flush := func() {
		if err := w.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	flush()
	flush() // nothing more is due
	now = now.Add(time.Minute)
	flush()
	if due, ok := w.NextDue(); !ok || !due.Equal(noon.Add(2*time.Minute)) || w.Pending() != 1 {
		t.Errorf("next due %v %v, pending %d", due, ok, w.Pending())
	}
	now = now.Add(time.Minute)
	flush()
	want := []string{"a 12:00:00", "b 12:00:00", "a 12:01:00!", "a 12:02:00!!"}
	if !reflect.DeepEqual(r.got, want) || status != 200 || w.Pending() != 0 {
		t.Errorf("got %q, status %d, pending %d", r.got, status, w.Pending())
	}
}

func TestWebhooksGiveUp(t *testing.T) {
	r := &receiver{statuses: []int{500}}
	var status int
	w := Webhooks{Client: &http.Client{Transport: Transport{r}}}
	w.Enqueue(Delivery{Build: text("a"), Done: func(s int, _ error) { status = s }})
	if err := w.Flush(t.Context()); err != nil || status != 500 || w.Pending() != 0 {
		t.Errorf("%v, status %d, pending %d", err, status, w.Pending())
	}
}

func TestWebhooksInTheBackground(t *testing.T) {
	delivered := make(chan int, 2)
	w := Webhooks{Client: &http.Client{Transport: Transport{&receiver{}}}}
	gather := []Delivery{{Build: text("gathered"), Done: func(s int, _ error) { delivered <- s }}}
	w.Gather = func() []Delivery { defer func() { gather = nil }(); return gather }
	w.Start()
	w.Enqueue(Delivery{Build: text("queued"), Done: func(s int, _ error) { delivered <- s }})
	for range 2 {
		if s := <-delivered; s != 200 {
			t.Errorf("status %d", s)
		}
	}
	w.Close()
}

func TestWebhooksInterruptedKeepTheirAttempt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	interrupt := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() })
	w := Webhooks{Client: &http.Client{Transport: Transport{interrupt}}}
	w.Enqueue(Delivery{Build: text("a")})
	if err := w.Flush(ctx); !errors.Is(err, context.Canceled) || w.Pending() != 1 {
		t.Fatalf("%v, pending %d", err, w.Pending())
	}
	r := &receiver{}
	w.Client = &http.Client{Transport: Transport{r}}
	if err := w.Flush(t.Context()); err != nil || len(r.got) != 1 || strings.Contains(r.got[0], "!") {
		t.Errorf("%v, got %q", err, r.got)
	}
}
