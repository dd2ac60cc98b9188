// Package pipedrive is a stateful local stand-in of Pipedrive for tests, demos and
// people: persons, person fields and search of API v2, the v1 endpoints that have
// no successor (users, recents, merge, changelog, webhooks), OAuth, token costs,
// burst and daily limits, webhooks v2, and a page on which a person edits records as if
// in the CRM. It is as strict as the vendor is; where the vendor's behaviour is
// undocumented, [Knobs] choose.
//
// It keeps everything in memory and does not model deals, organizations, filters
// or visibility groups: an organization is just a number, and every filter is
// unknown.
package pipedrive

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// Options set up a sandbox. The zero value works with the wall clock, the lowest
// plan's limits and no valid credential.
type Options struct {
	Clock kit.Clock
	// Token is the API token, sent as x-api-token; "" refuses every API token.
	Token string
	// AccessToken is an OAuth access token that never expires, sent as a bearer, next
	// to those that the sandbox issues; "" means only those.
	AccessToken string
	// ClientID and ClientSecret are the app's; "" refuses to issue tokens.
	ClientID, ClientSecret string
	// CompanyID and CompanyDomain name the account; two accounts have different
	// field codes. Default 7421053 and "sandbox".
	CompanyID     int64
	CompanyDomain string
	// WebhookURL receives every person event from the start, as a webhook made in
	// the CRM's settings does. User and password in it are sent as HTTP Basic.
	WebhookURL string
	// Webhooks sends the events; nil means a client with the vendor's 10 s patience
	// and without redirects.
	Webhooks *http.Client
	// Seed steers lost, doubled, late and shuffled events.
	Seed  uint64
	Knobs Knobs
}

// Server is the sandbox. It is safe for concurrent use.
type Server struct {
	clock        kit.Clock
	token        string
	accessToken  string
	clientID     string
	clientSecret string
	companyID    int64
	domain       string
	api          *http.ServeMux
	http         http.Handler
	calls        kit.Calls
	faults       kit.Faults
	sender       kit.Webhooks

	mu     sync.Mutex // guards what follows
	now    time.Time  // of the operation that holds the lock
	knobs  Knobs
	people *people
	fields *catalogue
	hooks  hooks
	gate   gate
	grants grants
	random *rand.Rand
	serial uint64 // of the ids made so far
}

// Every account has two users: the one the credentials belong to, who also edits
// on the page, and a colleague.
const (
	ownUser       int64 = 12415231
	colleagueUser int64 = 12415232
)

// New returns a sandbox without records.
func New(o Options) *Server {
	s := &Server{
		clock: o.Clock, token: o.Token, accessToken: o.AccessToken, clientID: o.ClientID, clientSecret: o.ClientSecret, companyID: o.CompanyID, domain: o.CompanyDomain,
		knobs: o.Knobs, people: newPeople(), hooks: hooks{nextID: 1}, random: rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15)),
	}
	if s.companyID == 0 {
		s.companyID = 7421053
	}
	if s.domain == "" {
		s.domain = "sandbox"
	}
	s.fields = newCatalogue(s.companyID, s.clock.Now())
	s.sender.Clock, s.sender.Client, s.sender.Shuffle = o.Clock, o.Webhooks, s.shuffle
	if o.Webhooks == nil {
		s.sender.Client = &http.Client{Timeout: hookTimeout, CheckRedirect: noRedirect}
	}
	s.faults.Clock = o.Clock
	s.SetWebhook(o.WebhookURL)
	s.http = s.handler()
	return s
}

// Start delivers events in the background until Close; without it they wait for
// FlushWebhooks. Call it at most once.
func (s *Server) Start() { s.sender.Start() }

// Close ends the background delivery and waits for it.
func (s *Server) Close() error {
	s.sender.Close()
	return nil
}

// ServeHTTP serves the vendor's API under /api/v1, /api/v2, /v1 and /v2, OAuth
// under /oauth, the control endpoints under /__sandbox/, and the page everywhere else.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.http.ServeHTTP(w, r) }

// Calls returns the counts of API calls by route, refused ones included.
func (s *Server) Calls() *kit.Calls { return &s.calls }

// Faults returns the fault script that stands in front of the API.
func (s *Server) Faults() *kit.Faults { return &s.faults }

// FlushWebhooks delivers every event and retry that is due now, in order.
func (s *Server) FlushWebhooks(ctx context.Context) error { return s.sender.Flush(ctx) }

// Pending returns how many deliveries wait, retries included.
func (s *Server) Pending() int { return s.sender.Pending() }

// NextWebhook returns when the next delivery is due, and whether there is one.
func (s *Server) NextWebhook() (time.Time, bool) { return s.sender.NextDue() }

// lock takes the lock at the time of the clock and lets happen what is due.
func (s *Server) lock() {
	s.mu.Lock()
	s.now = s.clock.Now()
	s.people.settle(s.now)
}

// lockForPeople takes the lock for one who looks at or changes the records beside
// the API, after the late requests that are due.
func (s *Server) lockForPeople() {
	s.faults.ApplyLate()
	s.lock()
}

func (s *Server) unlock() { s.mu.Unlock() }

// uuid returns the next of a series of ids that is the same in every run.
func (s *Server) uuid() string {
	s.serial++
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte{
		byte(s.serial), byte(s.serial >> 8), byte(s.serial >> 16), byte(s.serial >> 24), byte(s.serial >> 32),
	}).String()
}
