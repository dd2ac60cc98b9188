package hubspot

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// limits holds the vendor's three budgets. The server's mutex guards it.
type limits struct {
	tenSecondly *kit.Window
	searches    *kit.Window
	day         string // in the account's zone
	today       int
	throttled   int
}

func newLimits(k Knobs) *limits {
	return &limits{
		tenSecondly: kit.NewWindow(k.TenSecondlyLimit, 10*time.Second),
		searches:    kit.NewWindow(k.SearchPerSecond, time.Second),
	}
}

func (l *limits) apply(k Knobs) {
	l.tenSecondly.SetLimit(k.TenSecondlyLimit)
	l.searches.SetLimit(k.SearchPerSecond)
}

// take asks for one call, sets the limit headers of its answer, and returns the
// 429 when a budget is spent. Refused calls do not count against any budget.
func (s *Server) take(c *call) error {
	l, k := s.limits, s.knobs
	if day := c.now.In(s.zone).Format(time.DateOnly); day != l.day {
		l.day, l.today = day, 0
	}
	daily := !k.OAuthApp && k.DailyLimit > 0
	if daily && l.today >= k.DailyLimit {
		s.limitHeaders(c, 0)
		return s.throttle(&problem{Message: "You have reached your daily limit.", ErrorType: "RATE_LIMIT", PolicyName: "DAILY", RequestID: c.correlationID})
	}
	if c.route.search {
		if ok, _, _ := l.searches.Take(c.now); !ok {
			return s.throttle(&problem{Message: "You have reached your secondly limit.", Category: "RATE_LIMITS"})
		}
		l.today++
		return nil
	}
	ok, remaining, _ := l.tenSecondly.Take(c.now)
	if ok {
		l.today++
	}
	s.limitHeaders(c, remaining)
	if !ok {
		return s.throttle(&problem{
			Message: "You have reached your ten_secondly_rolling limit.", ErrorType: "RATE_LIMIT", PolicyName: "TEN_SECONDLY_ROLLING",
			GroupName: fmt.Sprintf("publicapi:private_app-api-calls-ten-secondly:%d:%d", s.options.AppID, s.options.PortalID),
		})
	}
	return nil
}

func (s *Server) throttle(p *problem) error {
	s.limits.throttled++
	p.code = http.StatusTooManyRequests
	return p
}

func (s *Server) limitHeaders(c *call, remaining int) {
	set := func(name string, n int) { c.header.Set("X-HubSpot-RateLimit-"+name, strconv.Itoa(max(0, n))) }
	if limit := s.limits.tenSecondly.Limit(); limit > 0 {
		set("Max", limit)
		set("Remaining", remaining)
		set("Interval-Milliseconds", 10_000)
		set("Secondly", limit/10)
		set("Secondly-Remaining", min(remaining, limit/10))
	}
	if !s.knobs.OAuthApp && s.knobs.DailyLimit > 0 {
		set("Daily", s.knobs.DailyLimit)
		set("Daily-Remaining", s.knobs.DailyLimit-s.limits.today)
	}
}
