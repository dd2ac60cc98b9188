// Package hubspot is a stateful stand-in of HubSpot for tests, for the local host
// and for people in a browser: contacts, properties, search, account information,
// OAuth, and webhooks with their subscriptions, as strict and as unpleasant as the vendor is documented to
// be. Where the vendor's behaviour is not documented, a knob decides ([Knobs]).
//
// It keeps everything in memory, serves contacts only, ignores associations, and
// never imports the product: the product is judged by it.
package hubspot

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the account's zone must resolve on any machine

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// Defaults of [Options].
const (
	DefaultPortalID = 62515
	DefaultAppID    = 54321
	DefaultTimeZone = "US/Eastern"
)

// Options configure a [Server]. The zero value works: it refuses every token,
// sends no webhooks and has the limits of the lowest tier.
type Options struct {
	Clock kit.Clock // nil: the wall clock
	// Token is the static access token; "" refuses every token not issued by OAuth.
	Token string
	// ClientID and ClientSecret are the app's; the secret also signs webhooks.
	ClientID, ClientSecret string
	AppID, PortalID        int64
	// DeveloperKey opens the app's webhook settings; "" refuses every key.
	DeveloperKey string
	// TimeZone is the account's; the daily budget ends at its midnight.
	TimeZone string
	// WebhookURL is the exact address events are sent to and signed for; "": none are sent.
	WebhookURL string
	// Webhooks sends the events; nil means 5 seconds of patience and no redirects.
	Webhooks *http.Client
	// Seed steers shuffled, doubled and lost events and the spread of retries.
	Seed  uint64
	Knobs Knobs
}

// Server is the sandbox. It is an [http.Handler] for the vendor's API, the control
// endpoints under /__sandbox/ and the page at /, and safe for concurrent use.
type Server struct {
	options  Options
	zone     *time.Location
	api      http.Handler
	desk     http.Handler
	calls    kit.Calls
	faults   kit.Faults
	webhooks kit.Webhooks

	mu         sync.Mutex // guards all below
	knobs      Knobs
	account    *account
	limits     *limits
	tokens     *tokens
	events     []event // not yet batched
	webhookURL string
	random     *rand.Rand
	issued     struct{ correlation, event int64 }
	subscribed map[string]int64 // subscription ids by type and property

	hookSettings  hookSettings   // its target is webhookURL
	subscriptions []subscription // nil: made outside the API, for everything
}

// New returns a sandbox without contacts. It panics when Options.TimeZone is unknown.
func New(o Options) *Server {
	if o.AppID == 0 {
		o.AppID = DefaultAppID
	}
	if o.PortalID == 0 {
		o.PortalID = DefaultPortalID
	}
	if o.TimeZone == "" {
		o.TimeZone = DefaultTimeZone
	}
	s := &Server{
		options: o, zone: mustZone(o.TimeZone), webhookURL: o.WebhookURL,
		random:     rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15)),
		subscribed: make(map[string]int64),
	}
	s.hookSettings = hookSettings{Throttling: throttling{MaxConcurrentRequests: 10, Period: "SECONDLY"}, CreatedAt: timestamp(s.now())}
	s.knobs = o.Knobs.withDefaults()
	s.faults.Clock = o.Clock
	s.account = newAccount(o.PortalID, s.now())
	s.limits = newLimits(s.knobs)
	s.tokens = newTokens(o)
	s.webhooks = kit.Webhooks{Client: o.Webhooks, Clock: o.Clock, Gather: s.gatherEvents}
	s.api = s.routes()
	s.desk = (&kit.Desk{Book: book{s}, Calls: &s.calls, Faults: &s.faults, Page: s.page()}).Handler()
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, root := range []string{"/crm/", "/account-info/", "/oauth/", "/webhooks/", "/app-webhooks/"} {
		if strings.HasPrefix(r.URL.Path, root) {
			s.api.ServeHTTP(w, r)
			return
		}
	}
	s.desk.ServeHTTP(w, r)
}

// Start delivers webhooks in the background until Close. Without it they wait for FlushWebhooks.
func (s *Server) Start() { s.webhooks.Start() }

// Close ends the background delivery and waits for it.
func (s *Server) Close() error {
	s.webhooks.Close()
	return nil
}

// Calls counts the API calls received, refused ones included.
func (s *Server) Calls() *kit.Calls { return &s.calls }

// Faults is the script of faults in front of the API.
func (s *Server) Faults() *kit.Faults { return &s.faults }

// SetWebhook changes where events go from now on; "" sends none.
func (s *Server) SetWebhook(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.webhookURL = url
}

// FlushWebhooks sends every event that is due and waits for the answers. Failed
// ones are due again later: see NextWebhook.
func (s *Server) FlushWebhooks(ctx context.Context) error { return s.webhooks.Flush(ctx) }

// Pending returns how many events and deliveries wait.
func (s *Server) Pending() int {
	s.mu.Lock()
	events := len(s.events)
	s.mu.Unlock()
	return events + s.webhooks.Pending()
}

// NextWebhook returns when the next waiting delivery is due, and whether there is one.
func (s *Server) NextWebhook() (time.Time, bool) { return s.webhooks.NextDue() }

// now is the vendor's clock: milliseconds.
func (s *Server) now() time.Time { return s.options.Clock.Now().Truncate(time.Millisecond) }

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic("hubspot sandbox: " + err.Error())
	}
	return zone
}
