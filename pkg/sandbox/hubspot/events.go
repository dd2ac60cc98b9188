package hubspot

import (
	"bytes"
	"net/http"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// eventLimit is how many events one request carries.
const eventLimit = 100

// retryDelays spread ten retries over 24 hours; chance adds up to a fifth to each.
var retryDelays = []int{60, 180, 600, 1_800, 3_600, 7_200, 10_800, 14_400, 14_400, 18_000}

// event is one entry of a webhook's body.
type event struct {
	EventID                 int64   `json:"eventId"`
	SubscriptionID          int64   `json:"subscriptionId"`
	PortalID                int64   `json:"portalId"`
	AppID                   int64   `json:"appId"`
	OccurredAt              int64   `json:"occurredAt"` // epoch milliseconds
	Type                    string  `json:"subscriptionType,omitempty"`
	OldType                 string  `json:"eventType,omitempty"` // instead of Type, in older samples
	AttemptNumber           int     `json:"attemptNumber"`
	ObjectID                int64   `json:"objectId"`
	ObjectTypeID            string  `json:"objectTypeId,omitempty"` // of generic ones
	PropertyName            string  `json:"propertyName,omitempty"`
	PropertyValue           *string `json:"propertyValue,omitempty"`
	ChangeFlag              string  `json:"changeFlag,omitempty"`
	ChangeSource            string  `json:"changeSource"`
	SourceID                string  `json:"sourceId"`
	PrimaryObjectID         int64   `json:"primaryObjectId,omitempty"`
	MergedObjectIDs         []int64 `json:"mergedObjectIds,omitempty"`
	NewObjectID             int64   `json:"newObjectId,omitempty"`
	NumberOfPropertiesMoved *int    `json:"numberOfPropertiesMoved,omitempty"`
}

// emit queues an event, unless nobody listens or the seed loses it; it may double it.
func (s *Server) emit(e event, by *actor, now time.Time) {
	if s.webhookURL == "" || by.silent {
		return
	}
	e.PortalID, e.AppID, e.OccurredAt = s.options.PortalID, s.options.AppID, now.UnixMilli()
	e.ChangeSource, e.SourceID = by.source, by.id
	for _, e := range s.wanted(e) {
		s.issued.event++
		e.EventID = 3_900_000_000 + s.issued.event
		if s.chance(s.knobs.DropPercent) {
			continue
		}
		s.events = append(s.events, e)
		if s.chance(s.knobs.DuplicatePercent) {
			s.events = append(s.events, e)
		}
	}
}

func (s *Server) chance(percent int) bool {
	return percent > 0 && s.random.IntN(100) < percent
}

// subscription gives each type and property its own id.
func (s *Server) subscription(name string) int64 {
	id, known := s.subscribed[name]
	if !known {
		id = 2_000_001 + int64(len(s.subscribed))
		s.subscribed[name] = id
	}
	return id
}

// gatherEvents turns waiting events into deliveries of at most eventLimit.
func (s *Server) gatherEvents() []kit.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events
	s.events = nil
	if s.knobs.ShuffleEvents {
		s.random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	}
	var deliveries []kit.Delivery
	for len(events) > 0 {
		n := min(eventLimit, len(events))
		deliveries = append(deliveries, s.delivery(events[:n:n]))
		events = events[n:]
	}
	return deliveries
}

func (s *Server) delivery(events []event) kit.Delivery {
	delays := s.knobs.RetrySeconds
	spread := delays == nil
	if spread {
		delays = retryDelays
	}
	var first time.Time
	d := kit.Delivery{Build: func(attempt int, now time.Time) (*http.Request, error) {
		if attempt == 0 {
			first = now
		}
		return s.webhookRequest(events, attempt, first, now)
	}}
	if late := s.knobs.WebhookDelayMS; late > 0 {
		d.Delay = milliseconds(s.random.IntN(late + 1))
	}
	for _, seconds := range delays {
		delay := time.Duration(seconds) * time.Second
		if spread {
			delay += time.Duration(s.random.Int64N(int64(delay / 5)))
		}
		d.Attempts = append(d.Attempts, delay)
	}
	return d
}

// inOldForm is the event as older samples of HubSpot's documentation show it.
func (e event) inOldForm() event {
	e.OldType, e.Type = e.Type, ""
	if e.ChangeFlag == "CREATED" {
		e.ChangeFlag = "NEW"
	}
	if e.ChangeSource == "CRM_UI" {
		e.ChangeSource = "CRM"
	}
	return e
}

// webhookRequest builds an attempt: its number and a fresh timestamp, signed.
func (s *Server) webhookRequest(events []event, attempt int, first, now time.Time) (*http.Request, error) {
	s.mu.Lock()
	address, knobs := s.webhookURL, s.knobs
	sent := make([]event, len(events))
	for i, e := range events {
		e.AttemptNumber = attempt
		if attempt > 0 && knobs.RetryNewEventIDs {
			s.issued.event++
			e.EventID = 3_900_000_000 + s.issued.event
		}
		if knobs.OldEvents {
			e = e.inOldForm()
		}
		sent[i] = e
	}
	s.mu.Unlock()
	if knobs.RetryOldTimestamp {
		now = first
	}

	body := plainJSON(sent)
	req, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "HubSpot Connect 2.0 (https://developers.hubspot.com/)")
	sign(req.Header, s.options.ClientSecret, address, body, now, knobs)
	return req, nil
}
