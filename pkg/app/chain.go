package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"
	"time"

	"github.com/contactsync/contactsync/pkg/web"
)

const (
	// chainWithin is how long a call to the cron route is waited for. It is answered
	// only when its work is done, which nobody here has time for.
	chainWithin = time.Second
	// chainLinger is how long the connection is kept after the request was written,
	// so that nothing in between takes it back.
	chainLinger = 200 * time.Millisecond
)

// chain has the cron route called, in an invocation of its own.
type chain struct {
	url, secret string
	client      *http.Client
	log         *slog.Logger
}

// newChain returns nil when it is not known where or with which secret to call.
func newChain(c Config, log *slog.Logger) *chain {
	if c.PublicBaseURL == "" || c.CronSecret == "" {
		return nil
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &chain{url: c.PublicBaseURL + "/api/cron/sync", secret: c.CronSecret, client: client, log: log}
}

// call sends one request and returns when it is on its way. It does not fail: the
// scheduler calls the same route anyway.
func (c *chain) call(ctx context.Context, generation int) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), chainWithin)
	defer cancel()
	var written sync.Once
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { written.Do(func() { time.AfterFunc(chainLinger, cancel) }) },
	})
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url, http.NoBody)
	if err != nil {
		c.log.Error("the cron route has no valid address", "error", err)
		return
	}
	req.Header.Set("Authorization", "Bearer "+c.secret)
	req.Header.Set(web.GenerationHeader, strconv.Itoa(generation))
	resp, err := c.client.Do(req)
	if err != nil {
		if ctx.Err() == nil {
			c.log.Warn("the cron route could not be called", "error", err)
		}
		return
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	if resp.StatusCode >= 300 {
		c.log.Warn("the cron route refused a chained call", "status", resp.StatusCode)
	}
}
