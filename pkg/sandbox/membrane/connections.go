package membrane

import (
	"slices"
	"strings"
	"time"
)

// connection is a customer's account at an integration. The server's mutex guards it.
type connection struct {
	id, name, customer string
	key                string
	integration        *Integration
	disconnected       bool
	createdAt          time.Time
	updatedAt          time.Time
	archivedAt         time.Time // zero: it is not
}

// connectionRequest is a connection that is being made on a page of the engine.
type connectionRequest struct {
	id, customer, integration, redirect string
	made                                string // the connection
	createdAt                           time.Time
}

// Connect makes a connection of a customer without a page, and returns its id.
func (s *Server) Connect(customer, integrationKey string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made, err := s.connect(customer, integrationKey)
	if err != nil {
		return "", err
	}
	return made.id, nil
}

func (s *Server) connect(customer, integrationKey string) (*connection, error) {
	to := s.integration(integrationKey)
	if to == nil {
		return nil, notFound("integration " + integrationKey)
	}
	now := s.now()
	made := &connection{
		id: s.next("con"), name: to.Name, customer: customer, integration: to,
		createdAt: now, updatedAt: now,
	}
	s.connections = append(s.connections, made)
	return made, nil
}

func (s *Server) integration(selector string) *Integration {
	for i := range s.options.Integrations {
		if known := &s.options.Integrations[i]; selector == known.Key || selector == integrationID(known) {
			return known
		}
	}
	return nil
}

func integrationID(i *Integration) string { return "int_" + i.Key }

// find returns a connection that is not archived, by id, key or integration, the
// newest first. Managers see everyone's.
func (s *Server) find(customer, selector string) (*connection, error) {
	for _, c := range slices.Backward(s.connections) {
		if c.archivedAt.IsZero() && (customer == "" || c.customer == customer) && c.isCalled(selector) {
			return c, nil
		}
	}
	return nil, notFound("connection " + selector)
}

func (c *connection) isCalled(selector string) bool {
	return slices.Contains([]string{c.id, c.integration.Key, integrationID(c.integration)}, selector) ||
		c.key != "" && c.key == selector
}

func viewIntegration(i *Integration) map[string]any {
	return map[string]any{
		"id": integrationID(i), "key": i.Key, "uuid": integrationID(i), "name": i.Name, "state": "READY", "errors": []any{},
		"logoUri": "https://static.integration.app/connectors/" + i.Key + "/logo.png", "authType": "oauth2",
		"hasUdm": true, "hasEvents": false, "hasGlobalWebhooks": false,
	}
}

func viewConnection(c *connection) map[string]any {
	v := map[string]any{
		"id": c.id, "name": c.name, "userId": c.customer, "tenantId": c.customer, "integrationId": integrationID(c.integration),
		"connected": !c.disconnected, "disconnected": c.disconnected, "state": "READY",
		"createdAt": timestamp(c.createdAt), "updatedAt": timestamp(c.updatedAt), "integration": viewIntegration(c.integration),
	}
	if c.key != "" {
		v["key"] = c.key
	}
	if !c.archivedAt.IsZero() {
		v["archivedAt"] = timestamp(c.archivedAt)
	}
	if c.disconnected {
		v["state"] = "CLIENT_ACTION_REQUIRED"
		v["clientAction"] = map[string]any{"type": "connect", "description": "Reconnect the account"}
	}
	return v
}

func (s *Server) listIntegrations(*call) (any, error) {
	items := make([]any, len(s.options.Integrations))
	for i := range s.options.Integrations {
		items[i] = viewIntegration(&s.options.Integrations[i])
	}
	return map[string]any{"items": items}, nil
}

func (s *Server) getIntegration(c *call) (any, error) {
	if found := s.integration(c.PathValue("selector")); found != nil {
		return viewIntegration(found), nil
	}
	return nil, notFound("integration " + c.PathValue("selector"))
}

func (s *Server) listConnections(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	query := c.URL.Query()
	archived := query.Get("includeArchived") == "true" || query.Get("includeArchived") == "1"
	items := []any{}
	for _, each := range s.connections {
		switch key, id := query.Get("integrationKey"), query.Get("integrationId"); {
		case c.customer != "" && each.customer != c.customer, !archived && !each.archivedAt.IsZero(),
			key != "" && key != each.integration.Key, id != "" && id != integrationID(each.integration):
		default:
			items = append(items, viewConnection(each))
		}
	}
	return map[string]any{"items": items}, nil
}

// withConnection does something to the connection that a call names, and shows it.
func (s *Server) withConnection(c *call, do func(*connection) error) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(c.customer, c.PathValue("selector"))
	if err != nil {
		return nil, err
	}
	if err := do(found); err != nil {
		return nil, err
	}
	return viewConnection(found), nil
}

func (s *Server) getConnection(c *call) (any, error) {
	return s.withConnection(c, func(*connection) error { return nil })
}

func (s *Server) renameConnection(c *call) (any, error) {
	return s.withConnection(c, func(found *connection) error {
		var change struct{ Name, Key *string }
		if err := c.decode(&change); err != nil {
			return err
		}
		if change.Name != nil {
			found.name = *change.Name
		}
		if change.Key != nil {
			found.key = *change.Key
		}
		found.updatedAt = s.now()
		return nil
	})
}

func (s *Server) archiveConnection(c *call) (any, error) {
	_, err := s.withConnection(c, func(found *connection) error {
		found.archivedAt = s.now()
		return nil
	})
	return map[string]any{}, err
}

func (s *Server) restoreConnection(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, each := range s.connections {
		if each.id == c.PathValue("selector") && (c.customer == "" || each.customer == c.customer) {
			each.archivedAt = time.Time{}
			return viewConnection(each), nil
		}
	}
	return nil, notFound("connection " + c.PathValue("selector"))
}

func (s *Server) disconnectConnection(c *call) (any, error) {
	return s.withConnection(c, func(found *connection) error {
		found.disconnected = true
		return nil
	})
}

// requestConnection begins a connection that a person makes on a page.
func (s *Server) requestConnection(c *call) (any, error) {
	if c.customer == "" {
		return nil, accessDenied("a manager has no connections")
	}
	var asked struct {
		IntegrationKey string `json:"integrationKey"`
		IntegrationID  string `json:"integrationId"`
		ConnectionID   string `json:"connectionId"`
		ConnectionKey  string `json:"connectionKey"`
		Name           string `json:"name"`
		RedirectURI    string `json:"redirectUri"`
	}
	if err := c.decode(&asked); err != nil {
		return nil, err
	}
	to := s.integration(asked.IntegrationKey + asked.IntegrationID)
	if to == nil {
		return nil, notFound("integration")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made := &connectionRequest{
		id: s.next("req"), customer: c.customer, integration: to.Key, redirect: asked.RedirectURI, createdAt: s.now(),
	}
	s.requests[made.id] = made
	return s.viewRequest(c, made), nil
}

func (s *Server) getConnectionRequest(c *call) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made := s.requests[c.PathValue("id")]
	if made == nil || made.customer != c.customer {
		return nil, notFound("connection request")
	}
	return s.viewRequest(c, made), nil
}

func (s *Server) viewRequest(c *call, r *connectionRequest) map[string]any {
	scheme := "http"
	if c.TLS != nil {
		scheme = "https"
	}
	token := strings.TrimPrefix(c.Header.Get("Authorization"), "Bearer ")
	v := map[string]any{
		"requestId": r.id, "status": "pending", "createdAt": timestamp(r.createdAt),
		"url": scheme + "://" + c.Host + "/ui/embed/integrations/" + r.integration + "/connect?requestId=" + r.id + "&token=" + token,
	}
	if r.made != "" {
		v["status"], v["resultConnectionId"] = "success", r.made
	}
	return v
}
