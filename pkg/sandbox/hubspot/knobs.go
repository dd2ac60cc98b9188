package hubspot

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// Knobs are the settings a test or a person may change while the sandbox runs.
// The zero value is the strictest documented tier and the documented behaviour.
// Of the limits, 0 means the documented value and a negative number no limit.
type Knobs struct {
	// TenSecondlyLimit is the number of calls in any 10 seconds, searches apart; 100, or 110 with OAuthApp.
	TenSecondlyLimit int `json:"tenSecondlyLimit"`
	// DailyLimit is the number of calls until midnight in the account's zone; 250,000. OAuth apps have none.
	DailyLimit int `json:"dailyLimit"`
	// SearchPerSecond is the number of searches in any second; 5.
	SearchPerSecond int `json:"searchPerSecond"`
	// OAuthApp applies the limits of an OAuth app: 110 per 10 seconds, no daily limit or headers.
	OAuthApp bool `json:"oauthApp"`

	// LatencyMS delays every API call in real time.
	LatencyMS int `json:"latencyMs"`
	// IndexLagMS is how far the search index is behind.
	IndexLagMS int `json:"indexLagMs"`
	// StaleReadMS is how long after a write reads by id still answer the contact as it
	// was before. Lists and searches do not wait for that.
	StaleReadMS int `json:"staleReadMs"`
	// HistoryInputs is the most inputs of a batch read with histories; 0 means 100, as
	// for any batch. Accounts were seen to refuse more than 50.
	HistoryInputs int `json:"historyInputs"`
	// PropertyLagMS is how long a new property stays unknown to everything but its creation.
	PropertyLagMS int `json:"propertyLagMs"`

	// NoopKeepsModified leaves lastmodifieddate alone when a write changes no value.
	NoopKeepsModified bool `json:"noopKeepsModified"`
	// KeepEmailCase stores e-mail addresses as written; they still compare without case.
	KeepEmailCase bool `json:"keepEmailCase"`
	// OldEmailBecomesSecondary keeps a replaced primary address as an additional one.
	OldEmailBecomesSecondary bool `json:"oldEmailBecomesSecondary"`
	// PreservePrimaryID keeps the primary's id in a merge instead of a new one.
	PreservePrimaryID bool `json:"preservePrimaryId"`
	// BatchConflictNamesID lets the 409 of a whole batch name the first existing id.
	BatchConflictNamesID bool `json:"batchConflictNamesId"`
	// BatchErrorsWith200 answers a batch with failed rows like one without, not with 207.
	BatchErrorsWith200 bool `json:"batchErrorsWith200"`
	// AdditionalEmailsWritable lets the API write hs_additional_emails.
	AdditionalEmailsWritable bool `json:"additionalEmailsWritable"`
	// RequiredProperties are enforced on writes through the 2026-09 paths only.
	RequiredProperties []string `json:"requiredProperties"`

	// Scopes granted to the app; nil grants all.
	Scopes []string `json:"scopes"`
	// Revoked refuses the static token.
	Revoked bool `json:"revoked"`

	// Subscriptions are the properties with a propertyChange subscription; nil means all that can be written.
	Subscriptions []string `json:"subscriptions"`
	// NoCreatePropertyChange sends only contact.creation for a new contact.
	NoCreatePropertyChange bool `json:"noCreatePropertyChange"`
	// ShuffleEvents sends waiting events in random order.
	ShuffleEvents bool `json:"shuffleEvents"`
	// DuplicatePercent and DropPercent of the events are sent twice or never.
	DuplicatePercent int `json:"duplicatePercent"`
	DropPercent      int `json:"dropPercent"`
	// WebhookDelayMS is the most that a webhook waits before its first attempt; each waits a random part of it.
	WebhookDelayMS int `json:"webhookDelayMs"`
	// RetrySeconds are the delays before each retry; nil means ten, spread over 24 hours.
	RetrySeconds []int `json:"retrySeconds"`
	// SourceID names the app's own writes in events and histories; "" means by the app's id.
	SourceID string `json:"sourceId"`
	// OldEvents has the form of older samples: eventType for subscriptionType, NEW for
	// CREATED, CRM for CRM_UI.
	OldEvents bool `json:"oldEvents"`
	// RetryOldTimestamp signs retries with the time of the first attempt.
	RetryOldTimestamp bool `json:"retryOldTimestamp"`
	// RetryNewEventIDs gives events another eventId on each retry.
	RetryNewEventIDs bool `json:"retryNewEventIds"`
	// NoV1Signature and NoV3Signature leave those headers out.
	NoV1Signature bool `json:"noV1Signature"`
	NoV3Signature bool `json:"noV3Signature"`
}

func (k Knobs) withDefaults() Knobs {
	if k.TenSecondlyLimit == 0 {
		k.TenSecondlyLimit = 100
		if k.OAuthApp {
			k.TenSecondlyLimit = 110
		}
	}
	if k.DailyLimit == 0 {
		k.DailyLimit = 250_000
	}
	if k.SearchPerSecond == 0 {
		k.SearchPerSecond = 5
	}
	if k.HistoryInputs == 0 {
		k.HistoryInputs = batchLimit
	}
	return k
}

// Knobs returns the current settings, defaults filled in. The lists are copies.
func (s *Server) Knobs() Knobs {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.knobs
	for _, list := range []*[]string{&k.RequiredProperties, &k.Scopes, &k.Subscriptions} {
		*list = slices.Clone(*list)
	}
	k.RetrySeconds = slices.Clone(k.RetrySeconds)
	return k
}

// SetKnobs replaces the settings.
func (s *Server) SetKnobs(k Knobs) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.knobs = k.withDefaults()
	s.limits.apply(s.knobs)
}

// patchKnobs changes the settings named in a JSON object.
func (s *Server) patchKnobs(patch []byte) error {
	knobs := s.Knobs()
	decoder := json.NewDecoder(bytes.NewReader(patch))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&knobs); err != nil {
		return err
	}
	s.SetKnobs(knobs)
	return nil
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }
