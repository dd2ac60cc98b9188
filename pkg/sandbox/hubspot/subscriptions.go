package hubspot

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// subscription is one kind of event that an app wants. The sandbox knows those of
// contacts, under their own names and as generic "object." ones.
type subscription struct {
	CreatedAt    string `json:"createdAt"`
	ObjectTypeID string `json:"objectTypeId,omitempty"`
	PropertyName string `json:"propertyName,omitempty"`
	Active       bool   `json:"active"`
	EventType    string `json:"eventType"`
	ID           string `json:"id"`
	UpdatedAt    string `json:"updatedAt,omitempty"`

	number int64
}

type subscriptionList struct {
	Results []subscription `json:"results"`
}

// hookSettings is where and how fast an app wants its events.
type hookSettings struct {
	Throttling throttling `json:"throttling"`
	TargetURL  string     `json:"targetUrl"`
	CreatedAt  string     `json:"createdAt"`
	UpdatedAt  string     `json:"updatedAt,omitempty"`
}

type throttling struct {
	MaxConcurrentRequests int    `json:"maxConcurrentRequests"`
	Period                string `json:"period,omitempty"`
}

var (
	contactEvents = []string{"creation", "deletion", "propertyChange", "privacyDeletion", "merge", "restore", "associationChange"}
	// unsubscribable properties change too often for HubSpot to report them.
	unsubscribable = []string{"hs_lastmodifieddate", "num_unique_conversion_events"}
)

func webhookRoutes() []route {
	return []route{
		{label: "webhooks.settings.get", method: "GET", path: "/settings", serve: (*Server).getSettings},
		{label: "webhooks.settings.put", method: "PUT", path: "/settings", serve: (*Server).putSettings},
		{label: "webhooks.settings.delete", method: "DELETE", path: "/settings", serve: (*Server).deleteSettings},
		{label: "webhooks.subscriptions.list", method: "GET", path: "/subscriptions", serve: (*Server).listSubscriptions},
		{label: "webhooks.subscriptions.create", method: "POST", path: "/subscriptions", serve: (*Server).createSubscription},
		{label: "webhooks.subscriptions.batch.update", method: "POST", path: "/subscriptions/batch/update", serve: (*Server).batchUpdateSubscriptions},
		{label: "webhooks.subscriptions.get", method: "GET", path: "/subscriptions/{id}", serve: (*Server).getSubscription},
		{label: "webhooks.subscriptions.update", method: "PATCH", path: "/subscriptions/{id}", serve: (*Server).updateSubscription},
		{label: "webhooks.subscriptions.delete", method: "DELETE", path: "/subscriptions/{id}", serve: (*Server).deleteSubscription},
	}
}

// asDeveloper lets only the owner of the app pass: its settings are reached with
// the developer's key, not with an account's token.
func asDeveloper(r route) route {
	serve := r.serve
	r.open = true
	r.serve = func(s *Server, c *call) (int, any, error) {
		key := c.URL.Query().Get("hapikey")
		switch {
		case s.options.DeveloperKey == "" || key != s.options.DeveloperKey:
			return 0, nil, &problem{code: http.StatusUnauthorized, Message: "The API key provided is invalid. View or manage your API key here: https://app.hubspot.com/l/api-key/", Category: "INVALID_AUTHENTICATION"}
		case c.PathValue("appId") != strconv.FormatInt(s.options.AppID, 10):
			return 0, nil, noSuchContact()
		}
		return serve(s, c)
	}
	return r
}

func (s *Server) getSettings(*call) (int, any, error) {
	if s.webhookURL == "" {
		return 0, nil, noSuchContact()
	}
	settings := s.hookSettings
	settings.TargetURL = s.webhookURL
	return http.StatusOK, settings, nil
}

func (s *Server) putSettings(c *call) (int, any, error) {
	var in hookSettings
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	if !acceptable(in.TargetURL) {
		return 0, nil, badRequest("targetUrl must be an absolute https address")
	}
	if in.Throttling.MaxConcurrentRequests <= 5 {
		return 0, nil, badRequest("maxConcurrentRequests must be greater than 5")
	}
	at := timestamp(c.now)
	if s.webhookURL == "" {
		s.hookSettings.CreatedAt = at
	}
	s.webhookURL, s.hookSettings.Throttling, s.hookSettings.UpdatedAt = in.TargetURL, in.Throttling, at
	return s.getSettings(c)
}

// acceptable asks for https, except on this machine.
func acceptable(target string) bool {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (ip.IsLoopback() || u.Hostname() == "localhost")
}

func (s *Server) deleteSettings(*call) (int, any, error) {
	s.webhookURL = ""
	return http.StatusNoContent, nil, nil
}

func (s *Server) listSubscriptions(*call) (int, any, error) {
	return http.StatusOK, subscriptionList{append([]subscription{}, s.subscriptions...)}, nil
}

func (s *Server) createSubscription(c *call) (int, any, error) {
	var in subscription
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	if err := in.check(); err != nil {
		return 0, nil, err
	}
	if slices.ContainsFunc(s.subscriptions, func(other subscription) bool {
		return other.EventType == in.EventType && other.PropertyName == in.PropertyName
	}) {
		return 0, nil, &problem{code: http.StatusConflict, Message: "There is already a subscription for " + strings.TrimSpace(in.EventType+" "+in.PropertyName), Category: "CONFLICT"}
	}
	in.number = s.subscription(in.EventType + " " + in.PropertyName)
	in.ID, in.CreatedAt, in.UpdatedAt = strconv.FormatInt(in.number, 10), timestamp(c.now), ""
	s.subscriptions = append(s.subscriptions, in)
	return http.StatusCreated, in, nil
}

func (sub subscription) check() error {
	object, kind, _ := strings.Cut(sub.EventType, ".")
	generic := object == "object"
	switch {
	case object != "contact" && !generic || !slices.Contains(contactEvents, kind) || generic && kind == "privacyDeletion":
		return badRequest("Unknown eventType %q", sub.EventType)
	case generic && sub.ObjectTypeID != "0-1":
		return badRequest("objectTypeId must be 0-1 in this sandbox")
	case (kind == "propertyChange") != (sub.PropertyName != ""):
		return badRequest("propertyName belongs to propertyChange, and only to it")
	case slices.Contains(unsubscribable, sub.PropertyName):
		return badRequest("The property %q cannot be subscribed to", sub.PropertyName)
	}
	return nil
}

// findSubscription returns a pointer into the list.
func (s *Server) findSubscription(id string) (*subscription, error) {
	at := slices.IndexFunc(s.subscriptions, func(sub subscription) bool { return sub.ID == id })
	if at < 0 {
		return nil, noSuchContact()
	}
	return &s.subscriptions[at], nil
}

func (s *Server) getSubscription(c *call) (int, any, error) {
	sub, err := s.findSubscription(c.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, *sub, nil
}

func (s *Server) updateSubscription(c *call) (int, any, error) {
	var in struct {
		Active *bool `json:"active"`
	}
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	sub, err := s.findSubscription(c.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	if in.Active != nil {
		sub.activate(*in.Active, c.now)
	}
	return http.StatusOK, *sub, nil
}

func (sub *subscription) activate(active bool, now time.Time) {
	sub.Active, sub.UpdatedAt = active, timestamp(now)
}

type subscriptionBatch struct {
	CompletedAt string         `json:"completedAt"`
	Status      string         `json:"status"`
	StartedAt   string         `json:"startedAt"`
	Results     []subscription `json:"results"`
}

// batchUpdateSubscriptions changes all or none.
func (s *Server) batchUpdateSubscriptions(c *call) (int, any, error) {
	var in struct {
		Inputs []struct {
			ID     int64 `json:"id"`
			Active bool  `json:"active"`
		} `json:"inputs"`
	}
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	found := make([]*subscription, len(in.Inputs))
	for i, row := range in.Inputs {
		sub, err := s.findSubscription(strconv.FormatInt(row.ID, 10))
		if err != nil {
			return 0, nil, err
		}
		found[i] = sub
	}
	at := timestamp(c.now)
	batch := subscriptionBatch{Status: "COMPLETE", StartedAt: at, CompletedAt: at, Results: []subscription{}}
	for i, sub := range found {
		sub.activate(in.Inputs[i].Active, c.now)
		batch.Results = append(batch.Results, *sub)
	}
	return http.StatusOK, batch, nil
}

func (s *Server) deleteSubscription(c *call) (int, any, error) {
	id := c.PathValue("id")
	s.subscriptions = slices.DeleteFunc(s.subscriptions, func(sub subscription) bool { return sub.ID == id })
	return http.StatusNoContent, nil, nil
}

// wanted returns the event once for every subscription it belongs to. An app
// without subscriptions of its own has one for everything, as the demo's.
func (s *Server) wanted(e event) []event {
	if s.subscriptions == nil {
		e.SubscriptionID = s.subscription(e.Type + " " + e.PropertyName)
		return []event{e}
	}
	var events []event
	_, kind, _ := strings.Cut(e.Type, ".")
	for _, sub := range s.subscriptions {
		if !sub.Active || sub.PropertyName != e.PropertyName {
			continue
		}
		switch sub.EventType {
		case e.Type:
			e.SubscriptionID = sub.number
			events = append(events, e)
		case "object." + kind:
			generic := e
			generic.SubscriptionID, generic.Type, generic.ObjectTypeID = sub.number, sub.EventType, sub.ObjectTypeID
			events = append(events, generic)
		}
	}
	return events
}
