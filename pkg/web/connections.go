package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

func (s *Server) listConnections(c *call) (reply, error) {
	list, err := s.Service.Connections(c.Context(), c.customer)
	if err != nil {
		return reply{}, err
	}
	v := connectionsView{Connections: make([]connectionView, len(list)), Available: make([]availableView, len(providers))}
	for i := range list {
		v.Connections[i] = s.viewConnection(c.customer, &list[i])
	}
	for i, provider := range providers {
		missing := s.OAuthMissing(provider)
		v.Available[i] = availableView{provider, guides[provider], s.HasToken(c.customer, provider), oauthView{len(missing) == 0, missing}}
	}
	return ok(v)
}

// connect takes the token a person entered. Without one, the connection is taken up
// again with the credential it has, or with the deployment's.
func (s *Server) connect(c *call) (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	name, _ := o.text("provider")
	provider := contact.Provider(name)
	token, _ := o.text("token")
	method, given := o.text("method")
	carrier, _ := o.text("connectionId")
	if given && !slices.Contains([]string{byToken, byOAuth, byMembrane}, method) || method != byToken && given && token != "" {
		o.reject("method", "has to be token, or oauth or membrane without a token")
	}
	if (method == byMembrane) != (carrier != "") {
		o.reject("connectionId", "goes with the method membrane")
	}
	if !slices.Contains(providers, provider) {
		o.reject("provider", "has to be one of "+list(providers))
	}
	if err := o.done(); err != nil {
		return reply{}, err
	}
	if method == byOAuth {
		return s.authorize(c, provider)
	}
	member := "token"
	switch {
	case method == byMembrane:
		member = "connectionId"
		err = s.Service.ConnectThrough(c.Context(), c.customer, provider, carrier)
	case token != "":
		err = s.Service.Connect(c.Context(), c.customer, provider, token)
	default:
		err = s.Service.Reconnect(c.Context(), c.customer, provider)
		if fault.Is(err, fault.NotFound) {
			err = fault.InvalidFields(map[string]string{"token": "Enter a token."})
		}
	}
	if err != nil {
		return reply{}, refusal(err, member)
	}
	return s.connectionReply(c, provider)
}

// refusal turns a CRM's refusal of its credential into a problem of the request: it
// must not look like a refusal of the caller.
func refusal(err error, member string) error {
	if fault.Is(err, fault.Unauthorised) || fault.Is(err, fault.Forbidden) {
		return fault.InvalidFields(map[string]string{member: fault.Public(err)})
	}
	return err
}

// changeConnection tests, pauses or resumes, confirms deletions, or sets whether
// writes are checked.
func (s *Server) changeConnection(c *call) (reply, error) {
	change := map[string]func(context.Context, contact.CustomerID, contact.Provider) error{
		"test": s.testConnection, "pause": s.Service.PauseConnection, "resume": s.Service.ResumeConnection,
		"confirm": s.Service.ConfirmDeletions,
	}
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	action, given := o.text("action")
	verify := o.choice("verifyWrites")
	if change[action] == nil && (given || verify == nil) {
		o.reject("action", "has to be one of test, pause, resume, confirm")
	}
	if err := o.done(); err != nil {
		return reply{}, err
	}
	provider := contact.Provider(c.id)
	if verify != nil {
		if err := s.Service.VerifyWrites(c.Context(), c.customer, provider, *verify); err != nil {
			return reply{}, err
		}
	}
	if do := change[action]; do != nil {
		if err := do(c.Context(), c.customer, provider); err != nil {
			return reply{}, err
		}
	}
	return s.connectionReply(c, provider)
}

// testConnection has the outcome recorded in the connection's state, which is the
// answer. What leaves no trace there is an error.
func (s *Server) testConnection(ctx context.Context, customer contact.CustomerID, provider contact.Provider) error {
	failed := s.Service.TestConnection(ctx, customer, provider)
	if failed == nil || fault.Is(failed, fault.NotFound) {
		return failed
	}
	status, err := s.connectionStatus(ctx, customer, provider)
	if err != nil {
		return err
	}
	switch status.State {
	case sync.ConnectionUnauthorised, sync.ConnectionError, sync.ConnectionThrottled:
		return nil
	}
	return refusal(failed, "action")
}

func (s *Server) disconnect(c *call) (reply, error) {
	if err := s.Service.Disconnect(c.Context(), c.customer, contact.Provider(c.id)); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

func (s *Server) connectionReply(c *call, provider contact.Provider) (reply, error) {
	status, err := s.connectionStatus(c.Context(), c.customer, provider)
	if err != nil {
		return reply{}, err
	}
	return ok(s.viewConnection(c.customer, status))
}

func (s *Server) connectionStatus(ctx context.Context, customer contact.CustomerID, provider contact.Provider) (*sync.ConnectionStatus, error) {
	list, err := s.Service.Connections(ctx, customer)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(st sync.ConnectionStatus) bool { return st.Provider == provider })
	if i < 0 {
		return nil, fault.New(fault.NotFound, "%s is not connected.", provider.Title())
	}
	return &list[i], nil
}

type connectionsView struct {
	Connections []connectionView `json:"connections"`
	Available   []availableView  `json:"available"`
}

// availableView says how a CRM is connected.
type availableView struct {
	Provider contact.Provider `json:"provider"`
	guide
	Environment bool      `json:"environment"`
	OAuth       oauthView `json:"oauth"`
}

// oauthView says whether a CRM can be connected through its consent page, and which
// variables of the deployment that lacks.
type oauthView struct {
	Offered bool     `json:"offered"`
	Missing []string `json:"missing"`
}

type connectionView struct {
	Provider      contact.Provider     `json:"provider"`
	State         sync.ConnectionState `json:"state"`
	Message       string               `json:"message,omitempty"`
	Held          string               `json:"held,omitempty"`
	LastSuccessAt *time.Time           `json:"lastSuccessAt"`
	LagSeconds    *int64               `json:"lagSeconds"`
	Pending       int                  `json:"pending"`
	Errors        int                  `json:"errors"`
	Linked        int                  `json:"linked"`
	Budget        *sync.Budget         `json:"budget"`
	URL           string               `json:"url,omitempty"`
	VerifyWrites  bool                 `json:"verifyWrites"`
	Credential    *string              `json:"credential"`
	AccountID     *string              `json:"accountId"`
	WebhookURL    *string              `json:"webhookUrl"`
	Events        *eventsView          `json:"events"`
}

// eventsView says how changes in a CRM arrive that is asked to send its events.
type eventsView struct {
	Live    bool   `json:"live"`
	Message string `json:"message,omitempty"`
}

func (s *Server) viewConnection(customer contact.CustomerID, c *sync.ConnectionStatus) connectionView {
	v := connectionView{
		Provider:      c.Provider,
		State:         c.State,
		Message:       c.Message,
		Held:          c.Held,
		LastSuccessAt: moment(c.LastSuccessAt),
		Pending:       c.Pending,
		Errors:        c.Errors,
		Linked:        c.Linked,
		Budget:        c.Budget,
		URL:           c.URL,
		VerifyWrites:  c.VerifyWrites,
		AccountID:     given(c.AccountID),
		WebhookURL:    given(s.webhookURL(c.Provider)),
	}
	if e := c.Events; e != nil {
		v.Events = &eventsView{e.Live, e.Problem}
	}
	switch {
	case c.State == sync.ConnectionDisconnected:
	case c.Route == sync.RouteMembrane:
		v.Credential = given(byMembrane)
	case c.OAuth:
		v.Credential = given(byOAuth)
	case c.Entered:
		v.Credential = given("entered")
	case s.HasToken(customer, c.Provider):
		v.Credential = given("environment")
	}
	if c.Lag > 0 {
		lag := int64(c.Lag / time.Second)
		v.LagSeconds = &lag
	}
	return v
}

// webhookURL is where a CRM has to send its events, or "" where they are not
// received.
func (s *Server) webhookURL(provider contact.Provider) string {
	if provider != contact.HubSpot || s.HubSpot == nil || s.PublicBaseURL == "" {
		return ""
	}
	return s.PublicBaseURL + "/api/" + WebhookHubSpot.Name
}

// given is a text for JSON: null when there is none.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
