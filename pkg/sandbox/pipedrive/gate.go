package pipedrive

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// gate is what decides whether a call may pass, apart from the knobs: usage of the
// burst windows and of the day's tokens, and the edge's patience.
type gate struct {
	meters       map[caller]*meter
	day          time.Time // start of the current budget
	spent        int       // tokens of that day
	refused      int       // consecutive calls answered with 429
	throttled    int       // calls ever answered with 429
	blockedUntil time.Time
}

// meter is the burst usage of one credential. Searches have a window of their own.
type meter struct{ calls, searches *kit.Window }

// caller is who makes a call.
type caller struct {
	credential string
	oauth      bool
}

// admit lets a call pass or says why not, and sets the headers that every answer
// from behind the gateway has.
func (s *Server) admit(header http.Header, r *http.Request, route *route) error {
	header.Set("Server", "cloudflare")
	if s.now.Before(s.gate.blockedUntil) {
		return blocked()
	}
	who, err := s.authenticate(r)
	if err != nil {
		return err
	}
	header.Set("X-Correlation-Id", s.uuid())
	if err := s.meter(header, who, route); err != nil {
		return err
	}
	if who.oauth && !s.inScope(route.scopes) {
		return gateway(http.StatusForbidden, "Scope and URL mismatch")
	}
	return nil
}

func (s *Server) authenticate(r *http.Request) (caller, error) {
	if s.knobs.Revoked {
		return caller{}, unauthorised()
	}
	bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if ok && (s.accessToken != "" && bearer == s.accessToken || s.now.Before(s.grants.access[bearer])) {
		return caller{credential: bearer, oauth: true}, nil
	}
	token := r.Header.Get("X-Api-Token")
	if token == "" {
		token = r.URL.Query().Get("api_token")
	}
	if s.token == "" || token != s.token {
		return caller{}, unauthorised()
	}
	return caller{credential: token}, nil
}

func (s *Server) inScope(wanted []string) bool {
	return s.knobs.Scopes == nil ||
		slices.ContainsFunc(wanted, func(scope string) bool { return slices.Contains(s.knobs.Scopes, scope) })
}

// meter takes one call of the burst window and the call's tokens of the day. A
// refused call costs no tokens.
func (s *Server) meter(header http.Header, who caller, route *route) error {
	if s.knobs.LimitsOff {
		return nil
	}
	s.startDay()
	window, limit := s.window(who, route)
	fits, remaining, reset := window.Take(s.now)
	header.Set("X-Ratelimit-Limit", strconv.Itoa(limit))
	header.Set("X-Ratelimit-Remaining", strconv.Itoa(remaining))
	header.Set("X-Ratelimit-Reset", s.resetHeader(remaining, reset))
	header.Set("Access-Control-Expose-Headers", exposed)
	if !fits || s.gate.spent >= s.knobs.dailyTokens() {
		s.showBudget(header)
		return s.throttle(header)
	}
	s.gate.refused = 0
	s.gate.spent += route.cost
	s.showBudget(header)
	return nil
}

const exposed = "X-RateLimit-Remaining, X-RateLimit-Limit, X-RateLimit-Reset, X-Daily-RateLimit-Token-Limit, X-Daily-RateLimit-Token-Remaining"

// startDay begins a new budget when the reset hour has passed.
func (s *Server) startDay() {
	shift := time.Duration(s.knobs.ResetHour) * time.Hour
	if day := s.now.Add(-shift).Truncate(24 * time.Hour); !day.Equal(s.gate.day) {
		s.gate.day, s.gate.spent = day, 0
	}
}

func (s *Server) window(who caller, route *route) (*kit.Window, int) {
	m := s.gate.meters[who]
	if m == nil {
		m = &meter{calls: kit.NewWindow(1, burstPeriod), searches: kit.NewWindow(1, burstPeriod)}
		if s.gate.meters == nil {
			s.gate.meters = map[caller]*meter{}
		}
		s.gate.meters[who] = m
	}
	window, limit := m.calls, s.knobs.burstLimit(who.oauth)
	if route.search {
		window, limit = m.searches, s.knobs.searchLimit()
	}
	window.SetLimit(limit)
	return window, limit
}

// resetHeader is in seconds; with calls remaining it is the window's length, as
// recorded from live accounts.
func (s *Server) resetHeader(remaining int, reset time.Duration) string {
	if remaining > 0 {
		reset = burstPeriod
	}
	seconds := int64(math.Ceil(reset.Seconds()))
	if s.knobs.EpochReset {
		seconds += s.now.Unix()
	}
	return strconv.FormatInt(seconds, 10)
}

func (s *Server) showBudget(header http.Header) {
	if s.knobs.HideDailyHeaders || s.knobs.LimitsOff {
		return
	}
	budget := s.knobs.dailyTokens()
	header.Set("X-Daily-Ratelimit-Token-Limit", strconv.Itoa(budget))
	header.Set("X-Daily-Ratelimit-Token-Remaining", strconv.Itoa(max(0, budget-s.gate.spent)))
}

// throttle refuses a call for its rate, and starts the edge's block when the
// caller has ignored that for too long.
func (s *Server) throttle(header http.Header) error {
	s.gate.throttled++
	s.gate.refused++
	if most := s.knobs.blockAfter(); most > 0 && s.gate.refused >= most {
		s.gate.refused = 0
		s.gate.blockedUntil = s.now.Add(s.knobs.blockFor())
	}
	if s.knobs.SendRetryAfter {
		header.Set("Retry-After", "2")
	}
	return gateway(http.StatusTooManyRequests, "request over limit")
}

// refund gives a failed call's tokens back where failed calls are free.
func (s *Server) refund(header http.Header, route *route) {
	if s.knobs.FailedCallsFree && !s.knobs.LimitsOff {
		s.gate.spent -= route.cost
		s.showBudget(header)
	}
}
