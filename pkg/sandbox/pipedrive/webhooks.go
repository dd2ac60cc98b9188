package pipedrive

import (
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"
)

type webhook struct {
	ID           int64   `json:"id"`
	CompanyID    int64   `json:"company_id"`
	OwnerID      int64   `json:"owner_id"`
	UserID       int64   `json:"user_id"`
	Action       string  `json:"event_action"`
	Object       string  `json:"event_object"`
	URL          string  `json:"subscription_url"`
	Version      string  `json:"version"`
	Active       int     `json:"is_active"`
	AddTime      string  `json:"add_time"`
	RemoveTime   *string `json:"remove_time"`
	Type         string  `json:"type"`
	User         *string `json:"http_auth_user"`
	Password     *string `json:"http_auth_password"`
	RemoveReason *string `json:"remove_reason"`
	LastDelivery *string `json:"last_delivery_time"`
	LastStatus   *int    `json:"last_http_status"`
	AdminID      int64   `json:"admin_id"`
	Name         string  `json:"name"`
}

func (s *Server) showWebhook(h *hook) webhook {
	shown := webhook{
		ID: h.id, CompanyID: s.companyID, OwnerID: ownUser, UserID: ownUser, Action: h.action, Object: h.object, URL: h.url,
		Version: "2.0", Active: 1, AddTime: stamp(h.added), Type: "general", User: orNull(h.user), Password: orNull(h.password),
		AdminID: ownUser, Name: h.title,
	}
	if !h.lastDelivery.IsZero() {
		shown.LastDelivery, shown.LastStatus = new(stamp(h.lastDelivery)), &h.lastStatus
	}
	if !h.active() {
		shown.Active, shown.RemoveTime = 0, new(stamp(h.removed))
	}
	return shown
}

type webhookAnswer struct {
	Status  string `json:"status"`
	Success bool   `json:"success"`
	Data    any    `json:"data"`
}

func (s *Server) listWebhooks(*call) (answer, error) {
	if s.knobs.RegularUser {
		return answer{}, webhookForbidden()
	}
	shown := []webhook{}
	for _, h := range s.hooks.all {
		if h.active() {
			shown = append(shown, s.showWebhook(h))
		}
	}
	return answer{body: webhookAnswer{"ok", true, shown}}, nil
}

var (
	hookActions = []string{"create", "change", "delete", "*"}
	hookObjects = []string{
		"activity", "board", "deal", "lead", "note", "organization", "person", "phase", "pipeline", "product", "project", "stage",
		"task", "user", "*",
	}
)

func (s *Server) postWebhook(c *call) (answer, error) {
	if s.knobs.RegularUser {
		return answer{}, webhookForbidden()
	}
	h, complaints := readWebhook(&input{props: c.body})
	if len(complaints) > 0 {
		return answer{}, &refusal{
			status: http.StatusBadRequest, text: "webhook refused", body: webhookError{Status: "error", Errors: complaints},
		}
	}
	if s.hooks.active() >= maxHooks {
		return answer{}, &refusal{
			status: http.StatusUnprocessableEntity, text: "webhook limit reached",
			body: webhookError{Status: "error", Errors: map[string][]string{"webhooks": {"limit of webhooks is reached"}}},
		}
	}
	s.hooks.add(h, s.now)
	return answer{status: http.StatusCreated, body: webhookAnswer{"ok", true, s.showWebhook(h)}}, nil
}

func readWebhook(in *input) (*hook, map[string][]string) {
	complaints := map[string][]string{}
	text := func(name string) string {
		value, _ := asText(in.props[name])
		return value
	}
	require := func(name string, ok bool, complaint string) {
		if !ok {
			complaints[name] = append(complaints[name], complaint)
		}
	}
	h := &hook{
		url: text("subscription_url"), action: text("event_action"), object: text("event_object"), title: text("name"),
		user: text("http_auth_user"), password: text("http_auth_password"),
	}
	target, err := url.Parse(h.url)
	require("subscription_url", err == nil && target.Host != "" && (target.Scheme == "https" || target.Scheme == "http"),
		"invalid or non-reachable URL")
	require("event_action", slices.Contains(hookActions, h.action), "invalid event action")
	require("event_object", slices.Contains(hookObjects, h.object), "invalid event object")
	require("name", h.title != "" && utf8.RuneCountInString(h.title) <= maxFieldName, "name must be given")
	require("version", !in.has("version") || text("version") == "2.0", "only version 2.0 is supported")
	return h, complaints
}

func (s *Server) deleteWebhook(c *call) (answer, error) {
	if s.knobs.RegularUser {
		return answer{}, webhookForbidden()
	}
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	h := s.hooks.find(id)
	if h == nil {
		return answer{}, &refusal{status: http.StatusNotFound, text: "webhook not found", body: map[string]any{
			"success": false, "message": "Webhook not found",
		}}
	}
	h.removed = s.now
	return answer{body: webhookAnswer{Status: "ok", Success: true}}, nil
}

func webhookForbidden() *refusal {
	return &refusal{status: http.StatusForbidden, text: "forbidden", body: map[string]any{"success": false, "message": "Forbidden"}}
}

func (hs *hooks) active() int {
	n := 0
	for _, h := range hs.all {
		if h.active() {
			n++
		}
	}
	return n
}

func (hs *hooks) add(h *hook, now time.Time) {
	h.id, h.added = hs.nextID, now
	hs.nextID++
	hs.all = append(hs.all, h)
}

// SetWebhook makes address the receiver of every person event, as a webhook set up
// in the CRM's settings; the one set before is deleted. "" only deletes. User and
// password in the address are sent as HTTP Basic.
func (s *Server) SetWebhook(address string) {
	s.lock()
	defer s.unlock()
	if s.hooks.preset != nil {
		s.hooks.preset.removed = s.now
		s.hooks.preset = nil
	}
	if address == "" {
		return
	}
	h := &hook{url: address, action: "*", object: "person", title: "Contact Sync"}
	if target, err := url.Parse(address); err == nil && target.User != nil {
		h.user = target.User.Username()
		h.password, _ = target.User.Password()
		target.User = nil
		h.url = target.String()
	}
	s.hooks.add(h, s.now)
	s.hooks.preset = h
}
