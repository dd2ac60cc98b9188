package hubspot

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	token    = "pat-na1-test"
	contacts = "/crm/objects/2026-03/contacts"
	fields   = "/crm/properties/2026-03/contacts"
)

// bench is a sandbox with a clock that moves by hand.
type bench struct {
	*Server
	t *testing.T

	mu  sync.Mutex
	now time.Time
}

// start returns a sandbox without limits; tests of the limits set them.
func start(t *testing.T, change ...func(*Options)) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	o := Options{Clock: b.clock, Token: token, ClientID: "client", ClientSecret: "secret", Seed: 7}
	o.Knobs.TenSecondlyLimit, o.Knobs.DailyLimit, o.Knobs.SearchPerSecond = -1, -1, -1
	for _, f := range change {
		f(&o)
	}
	b.Server = New(o)
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// answer is what a call returned.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	text   string
}

// call sends a request with the token and a JSON body ("" for none).
func (b *bench) call(method, path, body string) answer {
	b.t.Helper()
	req := httptest.NewRequest(method, "https://api.hubapi.com"+path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	return b.send(req)
}

func (b *bench) send(req *http.Request) answer {
	b.t.Helper()
	w := httptest.NewRecorder()
	b.ServeHTTP(w, req)
	a := answer{b.t, w.Code, w.Header(), w.Body.String()}
	if isAPI := strings.HasPrefix(req.URL.Path, "/crm/"); isAPI && a.text != "" && a.header.Get("Content-Type") != "application/json;charset=utf-8" {
		b.t.Errorf("%s %s: content type %q", req.Method, req.URL, a.header.Get("Content-Type"))
	}
	return a
}

// want checks the status and, in order, that the body contains each part.
func (a answer) want(status int, parts ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.text)
	}
	for _, part := range parts {
		if !strings.Contains(a.text, part) {
			a.t.Errorf("the body lacks %s:\n%s", part, a.text)
		}
	}
	return a
}

var correlation = regexp.MustCompile(`"correlationId":"[0-9a-f-]{36}"`)

// exactly checks status and body, the correlation id apart.
func (a answer) exactly(status int, body string) {
	a.t.Helper()
	if got := correlation.ReplaceAllString(a.text, `"correlationId":"…"`); a.status != status || got != body {
		a.t.Errorf("got %d %s\nwant %d %s", a.status, got, status, body)
	}
}

// result is the part of every answer the tests look at.
type result struct {
	ID         string
	Properties map[string]*string
	History    map[string][]historyJSON `json:"propertiesWithHistory"`
	UpdatedAt  time.Time
	Archived   bool
	ArchivedAt *time.Time
	New        *bool
	TraceID    string `json:"objectWriteTraceId"`

	Total   int
	Results []result
	Paging  *pagingJSON
	Errors  []batchProblem
	Count   int `json:"numErrors"`
}

func (a answer) decode() result {
	a.t.Helper()
	var r result
	if err := json.Unmarshal([]byte(a.text), &r); err != nil {
		a.t.Fatalf("%v in %s", err, a.text)
	}
	return r
}

// prop returns a property's value: "<null>" when null and "<absent>" when it is not there.
func (r result) prop(name string) string {
	value, ok := r.Properties[name]
	switch {
	case !ok:
		return "<absent>"
	case value == nil:
		return "<null>"
	}
	return *value
}

func (r result) ids() []string {
	var list []string
	for _, row := range r.Results {
		list = append(list, row.ID)
	}
	return list
}

// add creates a contact through the API and returns its id.
func (b *bench) add(properties map[string]string) string {
	b.t.Helper()
	body, _ := json.Marshal(map[string]any{"properties": properties})
	return b.call("POST", contacts, string(body)).want(201).decode().ID
}

// seed loads n contacts p000@example.com… as a person does.
func (b *bench) seed(n int) []string {
	b.t.Helper()
	var records []map[string]string
	for i := range n {
		records = append(records, map[string]string{"email": "p" + pad(i) + "@example.com", "firstname": "P" + pad(i)})
	}
	ids, err := b.load(records, &actor{source: "IMPORT", silent: true})
	if err != nil {
		b.t.Fatal(err)
	}
	return ids
}

func pad(i int) string { return fmt.Sprintf("%03d", i) }

// define creates a custom property through the API.
func (b *bench) define(name, more string) {
	b.t.Helper()
	b.call("POST", fields, `{"groupName":"contactinformation","name":"`+name+`","label":"`+name+`","type":"string","fieldType":"text"`+more+`}`).want(201)
}

// inbox receives webhooks in process.
type inbox struct {
	mu       sync.Mutex
	statuses []int // answered in turn, then 200
	bodies   []string
	headers  []http.Header
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	i.bodies, i.headers = append(i.bodies, string(body)), append(i.headers, r.Header.Clone())
	if len(i.statuses) > 0 {
		w.WriteHeader(i.statuses[0])
		i.statuses = i.statuses[1:]
	}
}

func (i *inbox) events(t *testing.T) []event {
	t.Helper()
	var all []event
	for _, body := range i.bodies {
		var batch []event
		if err := json.Unmarshal([]byte(body), &batch); err != nil {
			t.Fatal(err)
		}
		all = append(all, batch...)
	}
	return all
}
