package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
)

// reply is an answer that is not written yet.
type reply struct {
	status int
	body   any // nil: none
	header map[string]string
}

func ok(body any) (reply, error) { return reply{status: http.StatusOK, body: body}, nil }

// write sends the reply. Nothing the API answers may be kept by a cache.
func (a reply) write(w http.ResponseWriter, requestID string) {
	var text bytes.Buffer
	if a.body != nil {
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(a.body); err != nil {
			panic(fmt.Sprintf("web: a view does not encode: %v", err))
		}
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Request-Id", requestID)
	for name, value := range a.header {
		header.Set(name, value)
	}
	if a.body != nil {
		header.Set("Content-Type", "application/json; charset=utf-8")
		header.Set("Content-Length", strconv.Itoa(text.Len()))
	}
	w.WriteHeader(a.status)
	// A client that is gone cannot be told so.
	_, _ = w.Write(text.Bytes())
}

// statusOf maps what went wrong to a status code: the only such table.
var statusOf = map[fault.Kind]int{
	fault.Unexpected:     http.StatusInternalServerError,
	fault.Throttled:      http.StatusTooManyRequests,
	fault.Retryable:      http.StatusServiceUnavailable,
	fault.OutcomeUnknown: http.StatusBadGateway,
	fault.Unauthorised:   http.StatusUnauthorized,
	fault.Forbidden:      http.StatusForbidden,
	fault.Invalid:        http.StatusUnprocessableEntity,
	fault.NotFound:       http.StatusNotFound,
	fault.Conflict:       http.StatusConflict,
	fault.Stale:          http.StatusPreconditionFailed,
	fault.TooLarge:       http.StatusRequestEntityTooLarge,
	fault.Unavailable:    http.StatusServiceUnavailable,
}

type errorBody struct {
	Error errorView `json:"error"`
}

type errorView struct {
	Code      string            `json:"code"`
	Message   string            `json:"message"`
	Details   map[string]string `json:"details,omitempty"`
	RequestID string            `json:"requestId"`
}

// errorReply is the answer to a request that failed.
func errorReply(err error, requestID string, now time.Time) reply {
	view := errorView{Message: fault.Public(err), RequestID: requestID}
	a := reply{header: map[string]string{}}
	var syntax *malformedError
	var method *methodError
	kind := fault.KindOf(err)
	switch classified := fault.As(err); {
	case errors.As(err, &syntax):
		a.status, view.Code, view.Message = http.StatusBadRequest, "malformed", syntax.message
	case errors.As(err, &method):
		a.status, view.Code, view.Message = http.StatusMethodNotAllowed, "method_not_allowed", method.Error()
		a.header["Allow"] = strings.Join(method.allowed, ", ")
	case classified == nil && errors.Is(err, context.DeadlineExceeded):
		a.status, view.Code = http.StatusServiceUnavailable, fault.Retryable.String()
		view.Message = "This did not fit into the time of one request. Try again."
	default:
		a.status, view.Code = statusOf[kind], kind.String()
		if classified != nil {
			view.Details = details(classified)
			if wait := retryAfter(classified, now); wait != "" {
				a.header["Retry-After"] = wait
			}
		}
	}
	if a.status == http.StatusUnauthorized {
		a.header["WWW-Authenticate"] = "Bearer"
	}
	a.body = errorBody{view}
	return a
}

func details(e *fault.Error) map[string]string {
	if e.Kind == fault.Conflict && e.ExistingID != "" {
		return map[string]string{"id": e.ExistingID}
	}
	return e.Fields
}

// retryAfter is the wait in whole seconds, rounded up, at least one.
func retryAfter(e *fault.Error, now time.Time) string {
	if e.Kind != fault.Throttled {
		return ""
	}
	seconds := int((e.Until.Sub(now) + time.Second - 1) / time.Second)
	return strconv.Itoa(max(seconds, 1))
}

// malformedError is a request that cannot be read at all, as opposed to one whose
// values are not valid.
type malformedError struct{ message string }

func (e *malformedError) Error() string { return e.message }

func malformed(format string, args ...any) error {
	return &malformedError{fmt.Sprintf(format, args...)}
}

type methodError struct{ allowed []string }

func (e *methodError) Error() string {
	return "This address answers " + strings.Join(e.allowed, ", ") + " only."
}

// panicked turns a recovered panic into an unexpected error with its stack, for
// the log.
func panicked(cause any) error {
	return &fault.Error{Kind: fault.Unexpected, Op: "web", Err: fmt.Errorf("panic: %v\n%s", cause, debug.Stack())}
}

var address = regexp.MustCompile(`[^\s"'<>:=,;()]+@[^\s"'<>:=,;()]+`)

// withoutAddresses hides e-mail addresses, which vendors like to repeat in their
// error texts, from the log.
func withoutAddresses(text string) string { return address.ReplaceAllString(text, "[address]") }
