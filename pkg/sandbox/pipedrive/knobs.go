package pipedrive

import "time"

// Knobs choose between behaviours: what an account's plan and settings decide,
// and what the vendor does not document. The zero value is the lowest plan and,
// where the documentation is silent, the behaviour that was recorded most often
// or that forgives least.
type Knobs struct {
	// Plan is lite (the default), growth, premium or ultimate: it sets the burst
	// limits, the daily budget and which visible_to values exist.
	Plan string `json:"plan"`
	// Seats multiplies the daily budget; 0 means 1.
	Seats int `json:"seats"`
	// LimitsOff lifts the burst limits, the daily budget and the block.
	LimitsOff bool `json:"limitsOff"`
	// BurstLimit and SearchLimit replace the plan's calls per 2 s; 0 keeps them.
	BurstLimit  int `json:"burstLimit"`
	SearchLimit int `json:"searchLimit"`
	// DailyTokens replaces the plan's budget; 0 keeps it.
	DailyTokens int `json:"dailyTokens"`
	// ResetHour is the UTC hour at which the daily budget starts anew.
	ResetHour int `json:"resetHour"`
	// HideDailyHeaders leaves the x-daily-ratelimit headers out.
	HideDailyHeaders bool `json:"hideDailyHeaders"`
	// EpochReset sends x-ratelimit-reset as Unix seconds instead of seconds to wait.
	EpochReset bool `json:"epochReset"`
	// SendRetryAfter adds Retry-After to a 429.
	SendRetryAfter bool `json:"sendRetryAfter"`
	// FailedCallsFree makes calls answered with 4xx cost no tokens.
	FailedCallsFree bool `json:"failedCallsFree"`
	// BlockAfter is the number of consecutive refused calls after which the edge
	// answers 403 with HTML; 0 means 50, negative never. BlockSeconds is how long;
	// 0 means 300.
	BlockAfter   int `json:"blockAfter"`
	BlockSeconds int `json:"blockSeconds"`

	// ContactSync turns on the person fields notes, im, birthday, job_title and
	// postal_address; without it writing them is a 403.
	ContactSync bool `json:"contactSync"`
	// CustomFieldCap is the plan's number of custom fields; 0 means no cap.
	CustomFieldCap int `json:"customFieldCap"`
	// LatencyMS delays every API call in real time.
	LatencyMS int `json:"latencyMs"`
	// Revoked refuses both credentials.
	Revoked bool `json:"revoked"`
	// Scopes are the OAuth scopes that the access token holds; null means all. An
	// API token has every right of its user.
	Scopes []string `json:"scopes"`
	// RegularUser makes the token's user no administrator: no field settings, no
	// webhooks, and other users' persons with visible_to 1 do not exist for it.
	RegularUser bool `json:"regularUser"`

	// PostCreateBump moves a new person's update_time one second after creation.
	PostCreateBump bool `json:"postCreateBump"`
	// SilentNoops makes a write that changes nothing leave update_time alone and
	// send no event.
	SilentNoops bool `json:"silentNoops"`
	// ListDeleted shows deleted persons in lists.
	ListDeleted bool `json:"listDeleted"`
	// DeletedGet404 answers 404 to reading or changing a deleted person instead of 200
	// and 400; DeletedGet410 answers 410 to reading one.
	DeletedGet404 bool `json:"deletedGet404"`
	DeletedGet410 bool `json:"deletedGet410"`
	// SecondDelete404 answers 404 to deleting a deleted person instead of 410.
	SecondDelete404 bool `json:"secondDelete404"`
	// NameTogether400 refuses name together with first_name and last_name; else
	// name wins.
	NameTogether400 bool `json:"nameTogether400"`
	// EmptyList400 refuses an empty list of emails or phones instead of clearing.
	EmptyList400 bool `json:"emptyList400"`
	// EmptyCustomClears makes an empty custom_fields object clear every custom field.
	EmptyCustomClears bool `json:"emptyCustomClears"`
	// TruncateLong cuts an over-long varchar instead of refusing it.
	TruncateLong bool `json:"truncateLong"`
	// ClampLimit lowers an over-large limit instead of refusing it.
	ClampLimit bool `json:"clampLimit"`
	// PlaceholderEmpty shows an empty emails or phones list as one empty item.
	PlaceholderEmpty bool `json:"placeholderEmpty"`
	// LenientBodies ignores unknown properties at the top of a v2 body.
	LenientBodies bool `json:"lenientBodies"`
	// StaleReadMS is how long after a write reads by id still answer the person as it
	// was before; lists do not wait for that.
	StaleReadMS int `json:"staleReadMs"`
	// ChangelogText is how the changelog shows lists of addresses and numbers: "" as
	// lists, "json" as their JSON in a text, or "joined" as the values with commas.
	ChangelogText string `json:"changelogText"`
	// SearchLagSeconds is how long a written person stays out of the search.
	SearchLagSeconds int `json:"searchLagSeconds"`
	// RecentsData is how /recents shows data: "" the person, "null", or "list".
	RecentsData string `json:"recentsData"`
	// FreshEventIDs gives every delivery attempt of an event its own meta.id.
	FreshEventIDs bool `json:"freshEventIds"`
	// DuplicatePercent and DropPercent of the events are sent twice or never.
	DuplicatePercent int `json:"duplicatePercent"`
	DropPercent      int `json:"dropPercent"`
	// ShuffleEvents sends waiting events in random order.
	ShuffleEvents bool `json:"shuffleEvents"`
	// WebhookDelayMS is the most that an event waits before its first attempt; each
	// waits a random part of it.
	WebhookDelayMS int `json:"webhookDelayMs"`
}

// plan holds what one of the vendor's plans allows.
type plan struct {
	multiplier          int
	apiToken, oauth     int // calls per window
	hasVisibilityGroups bool
}

const (
	burstPeriod       = 2 * time.Second
	searchBurst       = 10
	tokensPerSeat     = 30_000
	purgeAfter        = 30 * 24 * time.Hour
	defaultBlockAfter = 50
	defaultBlock      = 5 * time.Minute
)

var plans = map[string]plan{
	"lite":     {multiplier: 1, apiToken: 20, oauth: 80},
	"growth":   {multiplier: 2, apiToken: 40, oauth: 160},
	"premium":  {multiplier: 5, apiToken: 100, oauth: 400, hasVisibilityGroups: true},
	"ultimate": {multiplier: 7, apiToken: 120, oauth: 480, hasVisibilityGroups: true},
}

func (k Knobs) plan() plan {
	if p, ok := plans[k.Plan]; ok {
		return p
	}
	return plans["lite"]
}

func (k Knobs) dailyTokens() int {
	if k.DailyTokens > 0 {
		return k.DailyTokens
	}
	return tokensPerSeat * k.plan().multiplier * max(1, k.Seats)
}

func (k Knobs) burstLimit(oauth bool) int {
	switch {
	case k.BurstLimit > 0:
		return k.BurstLimit
	case oauth:
		return k.plan().oauth
	}
	return k.plan().apiToken
}

func (k Knobs) searchLimit() int {
	if k.SearchLimit > 0 {
		return k.SearchLimit
	}
	return searchBurst
}

func (k Knobs) blockAfter() int {
	if k.BlockAfter == 0 {
		return defaultBlockAfter
	}
	return k.BlockAfter
}

func (k Knobs) blockFor() time.Duration {
	if k.BlockSeconds == 0 {
		return defaultBlock
	}
	return time.Duration(k.BlockSeconds) * time.Second
}

func (k Knobs) visibleTo(v int64) bool {
	return v == 1 || v == 3 || k.plan().hasVisibilityGroups && (v == 5 || v == 7)
}

// Knobs returns the current settings.
func (s *Server) Knobs() Knobs {
	s.lock()
	defer s.unlock()
	return s.knobs
}

// SetKnobs replaces the settings from now on.
func (s *Server) SetKnobs(k Knobs) {
	s.lock()
	defer s.unlock()
	s.knobs = k
}
