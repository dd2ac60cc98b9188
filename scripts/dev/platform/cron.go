package platform

import (
	"fmt"
	"net/http"
	"time"

	"github.com/robfig/cron/v3"
)

// StartCrons calls the configured paths on their schedules, in UTC, as the
// platform's scheduler does: with the secret as a bearer token, without retry, and
// even while an earlier call is still at work. The returned function ends the
// schedules and waits for calls under way.
func (h *Host) StartCrons(secret string) (stop func(), err error) {
	schedule := cron.New(cron.WithLocation(time.UTC))
	for _, c := range h.config.Crons {
		if _, err := schedule.AddFunc(c.Schedule, func() { h.call(c, secret) }); err != nil {
			return nil, fmt.Errorf("cron %s: %w", c.Path, err)
		}
	}
	schedule.Start()
	return func() { <-schedule.Stop().Done() }, nil
}

func (h *Host) call(c Cron, secret string) {
	r, err := http.NewRequestWithContext(h.life, http.MethodGet, c.Path, http.NoBody)
	if err != nil {
		h.log.Error("a scheduled call has no valid path", "path", c.Path, "error", err)
		return
	}
	r.Host = "scheduler.localhost"
	r.Header.Set("Authorization", "Bearer "+secret)
	r.Header.Set("User-Agent", "vercel-cron/1.0")
	r.Header.Set("X-Vercel-Cron-Schedule", c.Schedule)
	a := newAnswer()
	h.ServeHTTP(a, r)
	if a.status >= 300 {
		h.log.Error("a scheduled call failed", "path", c.Path, "status", a.status, "answer", a.body.String())
	}
}
