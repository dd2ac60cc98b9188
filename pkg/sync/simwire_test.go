package sync_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	hubspotbox "github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	pipedrivebox "github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	// latency is how long a request to a CRM takes.
	latency = 80 * time.Millisecond
	// vendorTimeout is how long after it was sent a request may still take effect.
	vendorTimeout = 100 * time.Second
)

// tenant is one customer with its two CRM accounts.
type tenant struct {
	customer  contact.CustomerID
	number    int
	hubspot   *hubspotbox.Server
	pipedrive *pipedrivebox.Server
	mail      []sync.Event // events on their way from HubSpot
	told      []sync.Event // every one that was sent
	verified  bool         // every write to Pipedrive is checked for edits it may have replaced
}

func newTenant(s *simulation, customer contact.CustomerID, number int) *tenant {
	t := &tenant{customer: customer, number: number}
	t.hubspot = hubspotbox.New(hubspotbox.Options{
		Clock: s.clock.Now, Token: t.token(contact.HubSpot), AppID: 7, PortalID: int64(4700 + number), ClientSecret: "secret",
		WebhookURL: "http://product.test/events", Webhooks: &http.Client{Transport: mailbox{t}},
		Knobs: hubspotbox.Knobs{TenSecondlyLimit: -1, SearchPerSecond: -1, DailyLimit: -1},
	})
	t.pipedrive = pipedrivebox.New(pipedrivebox.Options{
		Clock: s.clock.Now, Token: t.token(contact.Pipedrive), CompanyID: int64(900 + number), Knobs: pipedrivebox.Knobs{LimitsOff: true},
	})
	return t
}

func (t *tenant) token(p contact.Provider) string { return fmt.Sprintf("%s-token-%d", p, t.number) }

// box is the sandbox of a provider as people in the CRM use it.
type box interface {
	http.Handler
	Create(fields map[string]string) (string, error)
	Edit(id string, fields map[string]string) error
	Delete(id string) error
	Restore(id string) error
	Record(id string) (kit.Row, bool)
	Records() []kit.Row
	Calls() *kit.Calls
}

func (t *tenant) box(p contact.Provider) box {
	if p == contact.HubSpot {
		return t.hubspot
	}
	return t.pipedrive
}

// mailbox takes the requests in which HubSpot tells of events.
type mailbox struct{ *tenant }

func (m mailbox) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	events, err := (&hubspot.Webhook{Secrets: []string{"secret"}}).Decode(body)
	if err != nil {
		return nil, err
	}
	m.mail = append(m.mail, events...)
	m.told = append(m.told, events...)
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: req}, nil
}

// simCRMs opens adapters whose calls go over the simulated wire.
type simCRMs struct{ *worker }

func (w simCRMs) Open(_ context.Context, c *sync.Connection) (sync.CRM, error) {
	off := transport.Limit{Calls: -1}
	t := w.sim.tenant(c.CustomerID)
	line := wire{w.worker, t, c.Provider}
	token := cmp.Or(c.Credential, t.token(c.Provider))
	if c.Provider == contact.HubSpot {
		return hubspot.New(hubspot.Options{
			BaseURL: "http://hubspot.test", Fields: c.Fields, AccountID: c.AccountID, AccountURL: c.AccountURL, RateLimit: off,
			Token: hubspot.StaticToken(token), RoundTripper: line, Clock: w.sim.clock, Parallel: 1, Jitter: w.sim.jitter,
		}), nil
	}
	return pipedrive.New(pipedrive.Options{
		BaseURL: "http://pipedrive.test", Fields: c.Fields, AccountID: c.AccountID, AccountURL: c.AccountURL, RateLimit: off,
		Token: pipedrive.StaticToken(token), RoundTripper: line, Clock: w.sim.clock, Parallel: 1, Jitter: w.sim.jitter,
	}), nil
}

func (s *simulation) jitter(most time.Duration) time.Duration {
	return time.Duration(s.spread.Int64N(max(1, int64(most))))
}

// wire carries the requests of one instance to one account: each is a stop of the
// schedule, and so is the answer to one that writes.
type wire struct {
	*worker
	tenant   *tenant
	provider contact.Provider
}

// RoundTrip implements [http.RoundTripper].
func (x wire) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := readBody(req)
	if err != nil {
		return nil, err
	}
	x.arrive(stop{name: string(x.provider) + " " + req.Method + " " + req.URL.Path})
	sent := x.sim.clock.now
	x.sim.clock.advance(latency)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	resp, err := x.carry(req, body)
	x.leave()
	if writes(req) {
		x.arrive(stop{name: "the answer"})
	}
	if ended := req.Context().Err(); ended != nil || x.sim.clock.now.Sub(sent) > 10*time.Second {
		return nil, cmp.Or(ended, context.DeadlineExceeded)
	}
	return resp, err
}

func readBody(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}

func writes(req *http.Request) bool {
	return req.Method != http.MethodGet && !strings.HasSuffix(req.URL.Path, "/search") && !strings.HasSuffix(req.URL.Path, "/batch/read")
}

// carry brings a request to the sandbox, in the way of the fault that awaits it.
func (x wire) carry(req *http.Request, body []byte) (*http.Response, error) {
	s := x.sim
	f := s.faults.ofWire(s, x.provider, writes(req))
	switch f.kind {
	case faultNone:
		return x.serve(req, body)
	case faultLost:
	case faultLate:
		s.late = append(s.late, lateRequest{wire: x, req: req.Clone(s.ctx), body: body, until: s.clock.now.Add(vendorTimeout)})
	case faultUnanswered:
		_, _ = x.serve(req, body)
	case faultApplied:
		_, _ = x.serve(req, body)
		return answer(req, 504, "text/html", "<html>Gateway time-out</html>"), nil
	case faultBusy:
		return answer(req, 503, "application/json", `{"status":"error","success":false}`), nil
	case faultError:
		return answer(req, 500, "application/json", `{"status":"error","success":false,"error":"boom"}`), nil
	case faultThrottled:
		return answer(req, 429, "application/json", `{"status":"error","success":false,"category":"RATE_LIMITS","policyName":"TEN_SECONDLY_ROLLING","errorCode":429}`), nil
	}
	return nil, io.ErrUnexpectedEOF
}

func (x wire) serve(req *http.Request, body []byte) (*http.Response, error) {
	in := req.Clone(context.WithoutCancel(req.Context()))
	in.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := kit.Transport{Handler: x.tenant.box(x.provider)}.RoundTrip(in)
	if err == nil {
		content, _ := io.ReadAll(resp.Body)
		resp.Body = io.NopCloser(bytes.NewReader(content))
		x.sim.hash.Write(body)
		x.sim.hash.Write(content)
		if x.sim.keep && len(body) > 0 {
			x.sim.lines = append(x.sim.lines, "                 "+string(body))
		}
		x.sim.model.answered(x, req)
	}
	return resp, err
}

func answer(req *http.Request, status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Request: req,
		Body: io.NopCloser(strings.NewReader(body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

// lateRequest is one whose caller gave up, and that takes effect later.
type lateRequest struct {
	wire  wire
	req   *http.Request
	body  []byte
	until time.Time // the vendor gives up on it
}

// land lets a late request take effect.
func (s *simulation) land(i int) {
	l := s.late[i]
	s.late = slices.Delete(s.late, i, i+1)
	s.say("late: %s %s %s takes effect", l.wire.provider, l.req.Method, l.req.URL.Path)
	s.reached["a late write"]++
	_, _ = l.wire.serve(l.req, l.body)
}

// landOverdue lets requests take effect of which the time is over.
func (s *simulation) landOverdue() {
	for len(s.late) > 0 && !s.late[0].until.After(s.clock.now) {
		s.land(0)
	}
}

// faultKind is what goes wrong with a call.
type faultKind int

const (
	faultNone       faultKind = iota
	faultLost                 // the request is lost
	faultUnanswered           // it takes effect, and the answer is lost
	faultLate                 // it takes effect after its caller gave up
	faultApplied              // it takes effect, and a gateway answers with HTML
	faultBusy                 // 503, nothing happened
	faultError                // 500, nothing happened
	faultThrottled            // 429
	faultKinds
)

var faultNames = [...]string{"none", "lost", "unanswered", "late", "applied, 504", "503", "500", "429"}

// planned is a fault that awaits calls.
type planned struct {
	kind     faultKind
	provider contact.Provider // "" the store
	skip     int
	times    int
}

// faults are those that await calls.
type faults struct{ waiting []planned }

// take returns the fault that concerns a call.
func (f *faults) take(provider contact.Provider) planned {
	for i := range f.waiting {
		p := &f.waiting[i]
		if p.provider != provider || p.times == 0 {
			continue
		}
		if p.skip > 0 {
			p.skip--
			return planned{}
		}
		p.times--
		return *p
	}
	return planned{}
}

func (f *faults) ofWire(s *simulation, provider contact.Provider, write bool) planned {
	p := f.take(provider)
	if p.kind == faultLate && !write {
		p.kind = faultLost
	}
	if p.kind != faultNone {
		s.reached[string(provider)+" "+faultNames[p.kind]]++
		s.trace("    fault: " + faultNames[p.kind])
	}
	return p
}

func (f *faults) ofStore(s *simulation, operation string) error {
	if s.sched.running == nil || f.take("").kind == faultNone {
		return nil
	}
	s.reached["store away"]++
	s.trace("    the store is away")
	return fault.New(fault.Unavailable, "The store cannot be reached.")
}
