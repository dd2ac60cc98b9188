// Package web is the HTTP side of the functions in api/: it admits a request,
// routes it inside its function, decodes what it carries, calls the service once
// and encodes the answer. Error kinds become status codes here and nowhere else.
//
// It decides nothing about contacts, opens no store and knows no vendor: those
// come in through [Config]. It routes on the method and the query parameters op
// and id only, never on the path, since platforms differ in which path a rewritten
// request shows.
package web

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// Service is what the functions need from the core. Every call ends before its
// context does; errors are classified (package fault).
type Service interface {
	CreateContact(ctx context.Context, customer contact.CustomerID, values contact.Values) (*sync.Contact, error)
	UpdateContact(ctx context.Context, customer contact.CustomerID, id contact.ID, patch contact.Values, ifRev *int64) (*sync.Contact, error)
	DeleteContact(ctx context.Context, customer contact.CustomerID, id contact.ID, ifRev *int64) error
	EraseContact(ctx context.Context, customer contact.CustomerID, id contact.ID, ifRev *int64) error
	RestoreContact(ctx context.Context, customer contact.CustomerID, id contact.ID) (*sync.Contact, error)
	Contact(ctx context.Context, customer contact.CustomerID, id contact.ID) (*sync.Contact, error)
	SearchContacts(ctx context.Context, customer contact.CustomerID, q sync.ContactQuery) (sync.ContactPage, error)
	Import(ctx context.Context, customer contact.CustomerID, rows iter.Seq2[sync.ImportRow, error]) (*sync.Run, sync.ImportResult, error)

	Sync(ctx context.Context, customer contact.CustomerID, request sync.SyncRequest) (*sync.Run, error)
	SyncAll(ctx context.Context) (*sync.Run, error)
	Run(ctx context.Context, customer contact.CustomerID, id string) (*sync.Run, error)
	Approve(ctx context.Context, customer contact.CustomerID, id string) (*sync.Run, error)
	CancelPlan(ctx context.Context, customer contact.CustomerID, id string) (*sync.Run, error)
	Status(ctx context.Context, customer contact.CustomerID) (*sync.Overview, error)
	Receive(ctx context.Context, events []sync.Event) error
	EventSource(ctx context.Context, provider contact.Provider, key string) (*sync.EventSource, error)

	Pronouns(ctx context.Context, customer contact.CustomerID) (sync.Setup, error)
	SetUpPronouns(ctx context.Context, customer contact.CustomerID) (sync.Setup, error)

	Connections(ctx context.Context, customer contact.CustomerID) ([]sync.ConnectionStatus, error)
	ConnectThrough(ctx context.Context, customer contact.CustomerID, provider contact.Provider, carrier string) error
	Connect(ctx context.Context, customer contact.CustomerID, provider contact.Provider, token string) error
	Authorize(ctx context.Context, customer contact.CustomerID, provider contact.Provider, browser string) (address string, ends time.Time, err error)
	Authorised(ctx context.Context, provider contact.Provider, state, code string, browsers []string) error
	CancelAuthorization(ctx context.Context, provider contact.Provider, state string, browsers []string) error
	Reconnect(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error
	TestConnection(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error
	PauseConnection(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error
	ResumeConnection(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error
	ConfirmDeletions(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error
	VerifyWrites(ctx context.Context, customer contact.CustomerID, provider contact.Provider, on bool) error
	Disconnect(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error

	Settings(ctx context.Context, customer contact.CustomerID) (*sync.SettingsView, error)
	UpdateSettings(ctx context.Context, customer contact.CustomerID, patch sync.SettingsPatch) (*sync.SettingsView, error)

	Activity(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) (entries []sync.Activity, next string, err error)
	Conflicts(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) (entries []sync.Conflict, next string, total int, err error)
	ResolveConflict(ctx context.Context, customer contact.CustomerID, id string, choose contact.Source, value *string) (*sync.Conflict, error)
	Reviews(ctx context.Context, customer contact.CustomerID) ([]sync.Review, error)
	DecideReview(ctx context.Context, customer contact.CustomerID, id string, d sync.Decision) error
	Changes(ctx context.Context, customer contact.CustomerID, q sync.LogQuery) (entries []sync.Change, next string, err error)
	RevertChange(ctx context.Context, customer contact.CustomerID, id string, field contact.Field) (*sync.Run, error)
	RevertRun(ctx context.Context, customer contact.CustomerID, runID string) (*sync.Run, error)
	Explain(ctx context.Context, customer contact.CustomerID, id contact.ID) (*sync.Explanation, error)
}

// Config is what a [Server] works with. Whatever is left out closes the functions
// that need it: they answer 503 and name the variable that is missing.
type Config struct {
	Service Service
	// Ping checks the store and names it.
	Ping func(ctx context.Context) (string, error)
	// Account is the built-in user; nil: there is none. Its sessions are signed with
	// SessionSecret and kept in Values, which also counts attempts to sign in.
	Account       *Account
	SessionSecret string
	Values        sync.ValueStore
	// Keys admit programs.
	Keys []Key
	// TokenSecret admits users of a host application, who bring a token signed with
	// it; "" admits none.
	TokenSecret string
	// Developer admits requests that carry no credentials at all, as this customer,
	// if they were sent to and from this machine. For the local host only.
	Developer contact.CustomerID
	// CronSecret is the bearer token of the cron route.
	CronSecret string
	// HubSpot verifies and decodes HubSpot's events.
	HubSpot sync.Webhook
	// Pipedrive makes what verifies and decodes Pipedrive's events that come with a
	// user and a password: those of the deployment when both are "".
	Pipedrive func(user, password string) sync.Webhook
	// Chain asks for another cron invocation, the generation-th in a row. It waits
	// only until the request is on its way. Nil: none.
	Chain func(ctx context.Context, generation int)
	// PublicBaseURL is the origin that the world calls; "" when it is not known.
	PublicBaseURL string
	// HasToken reports whether the deployment has a token of its own for the
	// customer's connection to a CRM. Nil: it has none.
	HasToken func(contact.CustomerID, contact.Provider) bool
	// OAuthMissing names the variables without which a CRM cannot be connected through
	// its consent page; none: it can. Nil: it never can.
	OAuthMissing func(contact.Provider) []string
	// Membrane returns what a customer's browser needs for Membrane's user interface.
	Membrane func(contact.CustomerID) (MembraneAccess, error)
	// Version is shown by the health function.
	Version string
	// Clock is nil for the wall clock.
	Clock sync.Clock
	// Log receives one line per request; nil: slog's default.
	Log *slog.Logger
}

// Server serves all functions. It is safe for concurrent use.
type Server struct {
	Config
	sessions *sessions // nil: nobody can sign in
	origins  *http.CrossOriginProtection
}

// New returns a server for config.
func New(config Config) *Server {
	if config.Clock == nil {
		config.Clock = sync.WallClock{}
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.HasToken == nil {
		config.HasToken = func(contact.CustomerID, contact.Provider) bool { return false }
	}
	if config.OAuthMissing == nil {
		config.OAuthMissing = func(contact.Provider) []string { return []string{"PUBLIC_BASE_URL"} }
	}
	if config.Membrane == nil {
		config.Membrane = func(contact.CustomerID) (MembraneAccess, error) {
			return MembraneAccess{}, fault.New(fault.Unavailable, "Membrane is not set up here.")
		}
	}
	s := &Server{Config: config, origins: http.NewCrossOriginProtection()}
	if u, err := url.Parse(config.PublicBaseURL); err == nil && u.Host != "" {
		_ = s.origins.AddTrustedOrigin(u.Scheme + "://" + u.Host) // a parsed address is one
	}
	if config.Account != nil && config.SessionSecret != "" {
		s.sessions = newSessions(config.Values, config.SessionSecret, config.Account.Password)
	}
	return s
}

// answerMargin is kept back from a function's time limit for the answer itself.
const answerMargin = time.Second

// Serve answers one request to fn. It gives the request its only deadline (the
// platform sets none), and a panic ends the request, not the process.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, fn Function) {
	ctx, cancel := context.WithTimeout(r.Context(), fn.Limit-answerMargin)
	defer cancel()
	c := newCall(w, r.WithContext(ctx))
	began := s.Clock.Now()
	reply, err := s.answer(c, fn)
	if err != nil {
		reply = errorReply(err, c.requestID, s.Clock.Now())
	}
	reply.write(w, c.requestID)
	s.logRequest(c, fn, reply.status, s.Clock.Now().Sub(began), err)
}

// answer runs one request through admission, routing and its handler.
func (s *Server) answer(c *call, fn Function) (_ reply, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = panicked(cause)
		}
	}()
	if err := s.admit(c, fn.accessTo(c.op)); err != nil {
		return reply{}, err
	}
	if err := c.route(fn); err != nil {
		return reply{}, err
	}
	return c.handle(s, c)
}

// Refuse answers a request that no server could be made for.
func Refuse(w http.ResponseWriter, r *http.Request, err error) {
	c := newCall(w, r)
	slog.Error("request refused", "requestId", c.requestID, "error", withoutAddresses(err.Error()))
	errorReply(err, c.requestID, time.Now().UTC()).write(w, c.requestID)
}

func (s *Server) logRequest(c *call, fn Function, status int, took time.Duration, err error) {
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("function", fn.Name), slog.String("method", c.Method), slog.String("op", c.op),
		slog.Int("status", status), slog.Duration("took", took), slog.String("requestId", c.requestID),
	}
	if err != nil {
		attrs = append(attrs, slog.String("kind", fault.KindOf(err).String()), slog.String("error", withoutAddresses(err.Error())))
	}
	if status >= 500 {
		level = slog.LevelError
	}
	s.Log.LogAttrs(c.Context(), level, "request", attrs...)
}
