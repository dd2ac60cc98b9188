package pipedrive

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

const token = "0123456789abcdef0123456789abcdef01234567"

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// account is a sandbox with a clock that a test moves.
type account struct {
	*Server
	t   *testing.T
	at  time.Time
	got []sent // webhooks received
	// refuse, if not 0, is what the webhook receiver answers.
	refuse int
}

// sent is a webhook as it arrived.
type sent struct {
	header   http.Header
	at       time.Time
	Meta     map[string]any
	Data     map[string]any
	Previous map[string]any
}

func open(t *testing.T, knobs Knobs) *account {
	t.Helper()
	a := &account{t: t, at: noon}
	receiver := &http.Client{Transport: kit.Transport{Handler: http.HandlerFunc(a.receive)}}
	a.Server = New(Options{
		Clock: func() time.Time { return a.at }, Token: token, AccessToken: "access", Webhooks: receiver, Knobs: knobs,
	})
	return a
}

// unlimited is for tests that are not about limits.
func unlimited(t *testing.T) *account { return open(t, Knobs{LimitsOff: true}) }

func (a *account) receive(w http.ResponseWriter, r *http.Request) {
	s := sent{header: r.Header.Clone(), at: a.at}
	if err := json.NewDecoder(r.Body).Decode(&s); err != nil {
		a.t.Errorf("webhook: %v", err)
	}
	a.got = append(a.got, s)
	if a.refuse != 0 {
		w.WriteHeader(a.refuse)
	}
}

// flush delivers what is due and returns what arrived.
func (a *account) flush() []sent {
	a.t.Helper()
	a.got = nil
	if err := a.FlushWebhooks(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
	return a.got
}

func (a *account) pass(d time.Duration) { a.at = a.at.Add(d) }

// reply is an answer of the API.
type reply struct {
	status int
	header http.Header
	text   string
	json   map[string]any
}

// data returns the data object of the answer.
func (r reply) data() map[string]any {
	data, _ := r.json["data"].(map[string]any)
	return data
}

func (r reply) rows() []map[string]any {
	items, _ := r.json["data"].([]any)
	rows := make([]map[string]any, 0, len(items))
	for _, item := range items {
		rows = append(rows, item.(map[string]any))
	}
	return rows
}

func (r reply) ids() []int {
	ids := []int{}
	for _, row := range r.rows() {
		ids = append(ids, int(row["id"].(float64)))
	}
	return ids
}

func (r reply) cursor() string {
	more, _ := r.json["additional_data"].(map[string]any)
	next, _ := more["next_cursor"].(string)
	return next
}

func (a *account) request(method, path, body string) *http.Request {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, "http://sandbox.pipedrive.test"+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

func (a *account) send(req *http.Request) reply {
	a.t.Helper()
	resp, err := kit.Transport{Handler: a.Server}.RoundTrip(req)
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	r := reply{status: resp.StatusCode, header: resp.Header, text: string(bytes.TrimSpace(text))}
	_ = json.Unmarshal(text, &r.json)
	return r
}

// do makes a call with the API token.
func (a *account) do(method, path, body string) reply {
	a.t.Helper()
	req := a.request(method, path, body)
	req.Header.Set("x-api-token", token)
	return a.send(req)
}

// must makes a call that has to succeed.
func (a *account) must(method, path, body string) reply {
	a.t.Helper()
	r := a.do(method, path, body)
	if r.status/100 != 2 {
		a.t.Fatalf("%s %s %s: %d %s", method, path, body, r.status, r.text)
	}
	return r
}

// compact encodes a part of an answer for comparison.
func compact(t *testing.T, v any) string {
	t.Helper()
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(buffer.String())
}

func refused(t *testing.T, r reply, status int, words ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("got %d %s, want %d", r.status, r.text, status)
	}
	for _, word := range words {
		if !strings.Contains(r.text, word) {
			t.Errorf("got %s, want it to contain %q", r.text, word)
		}
	}
}
