package kit

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// lateCalls are requests whose caller is gone and that take effect later.
type lateCalls struct {
	applying sync.Mutex // held while calls are applied, so that no other overtakes them

	mu    sync.Mutex
	calls []lateCall // in the order they take effect
}

type lateCall struct {
	due     time.Time
	request *http.Request
	next    http.Handler
}

// add keeps a request until it is due. What cannot be read of it never arrived.
func (l *lateCalls) add(r *http.Request, due time.Time, next http.Handler) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	kept := r.WithContext(context.WithoutCancel(r.Context()))
	kept.Body = io.NopCloser(bytes.NewReader(body))
	l.mu.Lock()
	defer l.mu.Unlock()
	at, _ := slices.BinarySearchFunc(l.calls, due, func(c lateCall, due time.Time) int {
		if c.due.After(due) {
			return 1
		}
		return -1
	})
	l.calls = slices.Insert(l.calls, at, lateCall{due, kept, next})
}

func (l *lateCalls) next() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) == 0 {
		return time.Time{}, false
	}
	return l.calls[0].due, true
}

// apply serves what is due by now. Nobody gets the answers.
func (l *lateCalls) apply(now time.Time) {
	l.applying.Lock()
	defer l.applying.Unlock()
	for {
		call, ok := l.take(now)
		if !ok {
			return
		}
		call.next.ServeHTTP(newRecorder(), call.request)
	}
}

func (l *lateCalls) take(now time.Time) (lateCall, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.calls) == 0 || l.calls[0].due.After(now) {
		return lateCall{}, false
	}
	call := l.calls[0]
	l.calls = l.calls[1:]
	return call, true
}
