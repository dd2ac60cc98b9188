// Package membrane is a stateful stand-in of Membrane (formerly Integration.app) for
// tests and for the local host: tokens, integrations, connections that are made on a
// page of its own, and calls of a CRM's API through POST /act, sent to whatever
// sandbox stands behind the integration. Where the vendor's behaviour is not
// documented, a knob decides ([Knobs]).
//
// It keeps everything in memory, runs no flows and no actions but API calls, and
// never imports the product: the product is judged by it.
package membrane

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// What the vendor documents of its limits.
const (
	maxRequest = 10 << 20 // bytes
	maxAnswer  = 30 << 20
	actTimeout = 60 * time.Second
)

// Integration is a CRM that customers can connect.
type Integration struct {
	Key, Name string
	// BaseURL is what paths are below that are no whole address, and the only server
	// that calls go to.
	BaseURL string
	// Credential is added to the headers of each call, as Membrane adds the token of
	// the account that was connected.
	Credential http.Header
	// Transport carries the calls; nil: the network.
	Transport http.RoundTripper
}

// Options configure a [Server]. Without a key and a secret it refuses every token.
type Options struct {
	Clock kit.Clock // nil: the wall clock
	// WorkspaceKey and WorkspaceSecret are what tokens are issued by and signed with.
	WorkspaceKey, WorkspaceSecret string
	Integrations                  []Integration
	Knobs                         Knobs
}

// Knobs decide what the documentation leaves open. The zero value is what it says.
type Knobs struct {
	// RequestsPerSecond bounds the calls of the workspace; 0: not at all.
	RequestsPerSecond int `json:"requestsPerSecond"`
	// SendRetryAfter adds a Retry-After header to the refusals of that limit.
	SendRetryAfter bool `json:"sendRetryAfter"`
	// BareOutput gives the CRM's data as output, without its status.
	BareOutput bool `json:"bareOutput"`
	// OutputHeaders adds the headers of the CRM's answer to the output.
	OutputHeaders bool `json:"outputHeaders"`
	// ErrorsAsOutput gives a CRM's refusal as output, with its status.
	ErrorsAsOutput bool `json:"errorsAsOutput"`
	// NestedErrors puts a CRM's refusal in a member "response" of an error's data.
	NestedErrors bool `json:"nestedErrors"`
	// RelativePathsOnly refuses paths that are whole addresses.
	RelativePathsOnly bool `json:"relativePathsOnly"`
}

// Server is the sandbox. It is an [http.Handler] for the engine's API and the pages
// that its client opens, and safe for concurrent use.
type Server struct {
	options Options
	api     http.Handler
	calls   kit.Calls
	faults  kit.Faults
	window  *kit.Window

	mu          sync.Mutex // guards all below
	knobs       Knobs
	connections []*connection
	requests    map[string]*connectionRequest
	names       map[string]string // of customers, by id
	issued      int
}

// New returns a sandbox without connections. It panics on an integration whose
// BaseURL is no address.
func New(o Options) *Server {
	for i := range o.Integrations {
		known := &o.Integrations[i]
		if u, err := url.Parse(known.BaseURL); err != nil || u.Host == "" {
			panic("membrane sandbox: " + known.Key + " has no address")
		}
		known.BaseURL = strings.TrimRight(known.BaseURL, "/")
		if known.Transport == nil {
			known.Transport = http.DefaultTransport
		}
		known.Name = cmp.Or(known.Name, known.Key)
	}
	s := &Server{
		options: o, knobs: o.Knobs, window: kit.NewWindow(o.Knobs.RequestsPerSecond, time.Second),
		requests: map[string]*connectionRequest{}, names: map[string]string{},
	}
	s.faults.Clock = o.Clock
	s.api = s.faults.Wrap(crossOrigin(s.routes()))
	return s
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, serve func(*call) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, pattern, serve) })
	}
	handle("GET /self", s.self)
	handle("PATCH /self", s.self)
	handle("GET /integrations", s.listIntegrations)
	handle("GET /integrations/{selector}", s.getIntegration)
	handle("GET /connections", s.listConnections)
	handle("GET /connections/{selector}", s.getConnection)
	handle("PATCH /connections/{selector}", s.renameConnection)
	handle("DELETE /connections/{selector}", s.archiveConnection)
	handle("POST /connections/{selector}/restore", s.restoreConnection)
	handle("POST /connections/{selector}/disconnect", s.disconnectConnection)
	handle("POST /connection-requests", s.requestConnection)
	handle("GET /connection-requests/{id}", s.getConnectionRequest)
	handle("POST /act", s.act)
	mux.HandleFunc("GET /ui/embed/integrations/{key}/connect", s.connectPage)
	mux.HandleFunc("POST /screens/connect", s.connectPage)
	mux.HandleFunc("POST /ui/connect", s.connectForm)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, notFound("route "+r.Method+" "+r.URL.Path))
	})
	return mux
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.api.ServeHTTP(w, r) }

// Calls counts the API calls received, refused ones included.
func (s *Server) Calls() *kit.Calls { return &s.calls }

// Faults is the script of faults in front of the API.
func (s *Server) Faults() *kit.Faults { return &s.faults }

// Knobs returns the current settings.
func (s *Server) Knobs() Knobs {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.knobs
}

// SetKnobs changes the settings from now on.
func (s *Server) SetKnobs(k Knobs) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k
	s.window.SetLimit(k.RequestsPerSecond)
}

func (s *Server) now() time.Time { return s.options.Clock.Now() }

// crossOrigin lets the pages of any origin call the API, as the vendor does: its
// tokens are in a header, never in a cookie.
func crossOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Add("Vary", "Origin")
		}
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Access-Control-Allow-Headers", "authorization, content-type, membrane-api-version")
		w.Header().Set("Access-Control-Allow-Methods", "GET,POST,PUT,PATCH,DELETE,OPTIONS")
		w.Header().Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	})
}
