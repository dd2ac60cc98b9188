package pipedrive

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

const (
	hookTimeout  = 10 * time.Second
	hookBan      = 30 * time.Minute
	hookFailures = 10 // failed first attempts until the ban
	hookPatience = 3 * 24 * time.Hour
	maxHooks     = 40
)

// hookRetries are the delays before the second, third and fourth attempt.
var hookRetries = []time.Duration{3 * time.Second, 30 * time.Second, 150 * time.Second}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// hook is one registered webhook.
type hook struct {
	id                    int64
	url, user, password   string
	action, object, title string
	added                 time.Time
	removed               time.Time // zero while it is active
	failures              int       // failed first attempts since the last ban
	bannedUntil           time.Time
	failingSince          time.Time // zero after a success
	lastDelivery          time.Time
	lastStatus            int
}

// hooks holds the webhooks of the account.
type hooks struct {
	all    []*hook
	nextID int64
	preset *hook // made by Options.WebhookURL or SetWebhook
	lost   int   // events that fell into a ban
}

func (h *hook) active() bool { return h.removed.IsZero() }

func (h *hook) wants(action string) bool {
	return h.active() && (h.action == "*" || h.action == action) && (h.object == "*" || h.object == "person")
}

// event is a change of a person.
type event struct {
	action               string
	before, after        *person
	mergedTo, mergedFrom int64
}

// announcement is the body of a webhook.
type announcement struct {
	Meta     meta `json:"meta"`
	Data     any  `json:"data"`
	Previous any  `json:"previous"`
}

type meta struct {
	Action           string   `json:"action"`
	Entity           string   `json:"entity"`
	CompanyID        string   `json:"company_id"`
	CorrelationID    string   `json:"correlation_id"`
	EntityID         string   `json:"entity_id"`
	ID               string   `json:"id"`
	IsBulkEdit       bool     `json:"is_bulk_edit"`
	Timestamp        string   `json:"timestamp"`
	Type             string   `json:"type"`
	UserID           string   `json:"user_id"`
	Version          string   `json:"version"`
	WebhookID        string   `json:"webhook_id"`
	WebhookOwnerID   string   `json:"webhook_owner_id"`
	ChangeSource     string   `json:"change_source"`
	PermittedUserIDs []string `json:"permitted_user_ids"`
	Attempt          int      `json:"attempt"`
	Host             string   `json:"host"`
	MergedToID       string   `json:"merged_to_id,omitempty"`
	MergedFromID     string   `json:"merged_from_id,omitempty"`
}

// announce queues the event for every webhook that wants it.
func (s *Server) announce(e event, o origin) {
	if o.silent {
		return
	}
	var shared announcement
	for _, h := range s.hooks.all {
		if !h.wants(e.action) || !s.reachable(h) {
			continue
		}
		if shared.Meta.ID == "" {
			shared = s.describe(e, o)
		}
		s.enqueue(h, shared)
	}
}

// reachable applies the vendor's sanctions: a webhook without success for three
// days is deleted, one that is banned loses the event.
func (s *Server) reachable(h *hook) bool {
	if !h.failingSince.IsZero() && s.now.Sub(h.failingSince) >= hookPatience {
		h.removed = s.now
		return false
	}
	if s.now.Before(h.bannedUntil) {
		s.hooks.lost++
		return false
	}
	return true
}

func (s *Server) describe(e event, o origin) announcement {
	subject := e.after
	if subject == nil {
		subject = e.before
	}
	a := announcement{Meta: meta{
		Action: e.action, Entity: "person", CompanyID: formatID(s.companyID), CorrelationID: s.uuid(),
		EntityID: formatID(subject.id), ID: s.uuid(), Timestamp: s.now.Format("2006-01-02T15:04:05.000Z"),
		UserID: formatID(ownUser), Version: "2.0", WebhookOwnerID: formatID(ownUser), ChangeSource: o.source,
		PermittedUserIDs: []string{formatID(ownUser), formatID(colleagueUser)}, Host: s.domain + ".pipedrive.com",
		MergedToID: optionalID(e.mergedTo), MergedFromID: optionalID(e.mergedFrom),
	}}
	switch {
	case e.after == nil:
		a.Previous = s.dialect(e.before)
	case e.before == nil:
		a.Data = s.dialect(e.after)
	default:
		data := s.dialect(e.after)
		a.Data, a.Previous = data, previous(s.dialect(e.before), data)
	}
	return a
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

func optionalID(id int64) string {
	if id == 0 {
		return ""
	}
	return formatID(id)
}

// dialect is a person as webhooks show it, which is not quite as the API does.
func (s *Server) dialect(p *person) map[string]any {
	custom := map[string]any{}
	for _, f := range s.fields.customs() {
		custom[f.code] = f.typed(p.custom[f.code])
	}
	return map[string]any{
		"id": p.id, "name": p.name.full, "first_name": p.name.first, "last_name": orNull(p.name.last), "owner_id": p.owner,
		"org_id": p.org, "add_time": stamp(p.added), "update_time": stamp(p.updated), "emails": p.emails, "phones": p.phones,
		"label": nil, "label_ids": p.labels, "visible_to": formatID(p.visible), "picture_id": nil, "custom_fields": custom,
	}
}

// previous holds what differed before: of the custom fields only the changed ones,
// and never update_time.
func previous(before, after map[string]any) map[string]any {
	old := map[string]any{}
	for name, value := range before {
		switch {
		case name == "update_time" || reflect.DeepEqual(value, after[name]):
		case name == "custom_fields":
			old[name] = previous(value.(map[string]any), after[name].(map[string]any))
		default:
			old[name] = value
		}
	}
	return old
}

// enqueue hands the event to the webhook, unless the seed loses it; it may double it.
func (s *Server) enqueue(h *hook, a announcement) {
	if s.chance(s.knobs.DropPercent) {
		return
	}
	a.Meta.WebhookID = formatID(h.id)
	a.Meta.Type = "general"
	d := s.delivery(h, a)
	s.sender.Enqueue(d)
	if s.chance(s.knobs.DuplicatePercent) {
		s.sender.Enqueue(d)
	}
}

func (s *Server) chance(percent int) bool {
	return percent > 0 && s.random.IntN(100) < percent
}

// shuffle puts what is due into random order, where the knob says so.
func (s *Server) shuffle(due []kit.Delivery) {
	s.lock()
	defer s.unlock()
	if s.knobs.ShuffleEvents {
		s.random.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] })
	}
}

func (s *Server) delivery(h *hook, a announcement) kit.Delivery {
	url, user, password := h.url, h.user, h.password
	d := kit.Delivery{
		Attempts: hookRetries,
		Build: func(attempt int, _ time.Time) (*http.Request, error) {
			s.lock()
			defer s.unlock()
			if !h.active() {
				return nil, errHookRemoved
			}
			sent := a
			sent.Meta.Attempt = attempt + 1
			if attempt > 0 && s.knobs.FreshEventIDs {
				sent.Meta.ID = s.uuid()
			}
			return buildHook(url, user, password, sent)
		},
		Tried: func(attempt, status int, err error) { s.tried(h, attempt, status, err) },
	}
	if late := s.knobs.WebhookDelayMS; late > 0 {
		d.Delay = time.Duration(s.random.IntN(late+1)) * time.Millisecond
	}
	return d
}

var errHookRemoved = errors.New("the webhook was deleted")

func buildHook(url, user, password string, a announcement) (*http.Request, error) {
	body, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Pipedrive Webhooks")
	if user != "" || password != "" {
		req.SetBasicAuth(user, password)
	}
	return req, nil
}

// tried takes note of an attempt: the tenth failed first attempt bans the webhook.
func (s *Server) tried(h *hook, attempt, status int, err error) {
	s.lock()
	defer s.unlock()
	h.lastDelivery, h.lastStatus = s.now, status
	if err == nil && status/100 == 2 {
		h.failingSince = time.Time{}
		return
	}
	if h.failingSince.IsZero() {
		h.failingSince = s.now
	}
	if attempt > 0 {
		return
	}
	h.failures++
	if h.failures >= hookFailures {
		h.failures, h.bannedUntil = 0, s.now.Add(hookBan)
	}
}

// find returns an active webhook, or nil.
func (hs *hooks) find(id int64) *hook {
	i := slices.IndexFunc(hs.all, func(h *hook) bool { return h.id == id && h.active() })
	if i < 0 {
		return nil
	}
	return hs.all[i]
}
