// Package fault classifies errors by what the caller will do about them, and
// keeps the text a user may read apart from the cause an engineer reads.
//
// It knows nothing of HTTP, stores or vendors: adapters translate into a [Kind],
// the engine acts on it, and package web maps it to a status code.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what a caller can do about an error.
type Kind int

const (
	// Unexpected is a defect or a failure nobody classified. It is retried like
	// Retryable by the engine, and shown as an internal error.
	Unexpected Kind = iota
	// Throttled means the vendor's budget is spent until [Error.Until].
	Throttled
	// Retryable means the same request may succeed later and had no effect now.
	Retryable
	// OutcomeUnknown means the request may or may not have taken effect. A create
	// must be looked up before it is sent again.
	OutcomeUnknown
	// Unauthorised means the credential is missing, expired or revoked.
	Unauthorised
	// Forbidden means the credential is valid but lacks a scope, plan or permission.
	Forbidden
	// Invalid means the request can never succeed as it is; [Error.Fields] may name why.
	Invalid
	// NotFound means the record is not there (or not visible).
	NotFound
	// Conflict means the value belongs to another record: see [Error.ExistingID].
	Conflict
	// Stale means a compare-and-set lost: read again and start over.
	Stale
	// TooLarge means the input is over a stated limit.
	TooLarge
	// Unavailable means the deployment lacks a setting or a service it needs.
	Unavailable
)

var kindNames = [...]string{
	"unexpected", "throttled", "retryable", "outcome_unknown", "unauthorised", "forbidden",
	"invalid", "not_found", "conflict", "stale", "too_large", "unavailable",
}

// String gives the kind's stable name, also used as the error code of the HTTP API.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", int(k))
}

// Error is a classified error. The zero value is an unexpected error without text.
type Error struct {
	Kind Kind
	// Op is the operation that failed, such as "hubspot.update"; for engineers.
	Op string
	// Message is what a user may read: no secrets, no addresses, no stack.
	Message string
	// Hint tells the user what would fix it; may be empty.
	Hint string
	// Fields holds one message per invalid input field; nil when not about fields.
	Fields map[string]string
	// Until is when a Throttled call may be tried again (UTC).
	Until time.Time
	// ExistingID is the record that already holds the value of a Conflict; empty
	// when the vendor did not say.
	ExistingID string
	// Err is the cause; never shown to users.
	Err error
}

// Error joins operation, message and cause; for logs, not for users.
func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = e.Kind.String()
	}
	if e.Op != "" {
		text = e.Op + ": " + text
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns a classified error with a text for users.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap classifies err under an operation name. A nil err stays nil, and an error
// that is classified already keeps its kind and text.
func Wrap(kind Kind, op string, err error) error {
	if err == nil {
		return nil
	}
	if inner := (*Error)(nil); errors.As(err, &inner) {
		return fmt.Errorf("%s: %w", op, err)
	}
	return &Error{Kind: kind, Op: op, Err: err}
}

// InvalidFields reports input errors, one message per field.
func InvalidFields(fields map[string]string) *Error {
	return &Error{Kind: Invalid, Message: "Some fields are not valid.", Fields: fields}
}

// ThrottledUntil reports a spent budget.
func ThrottledUntil(until time.Time, format string, args ...any) *Error {
	return &Error{Kind: Throttled, Until: until, Message: fmt.Sprintf(format, args...)}
}

// KindOf returns the kind of the first classified error in err's chain, else Unexpected.
func KindOf(err error) Kind {
	if e := As(err); e != nil {
		return e.Kind
	}
	return Unexpected
}

// As returns the first classified error in err's chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Is reports whether err is classified as kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Public returns the text a user may read about err, never its cause.
func Public(err error) string {
	e := As(err)
	switch {
	case e == nil:
		return "Something went wrong on our side."
	case e.Message == "":
		return publicDefault[e.Kind]
	case e.Hint != "":
		return e.Message + " " + e.Hint
	}
	return e.Message
}

var publicDefault = map[Kind]string{
	Unexpected:     "Something went wrong on our side.",
	Throttled:      "The limit of calls is reached; it goes on by itself.",
	Retryable:      "The service did not answer; it is tried again.",
	OutcomeUnknown: "The service did not confirm the change; it is checked before it is sent again.",
	Unauthorised:   "The credentials were refused.",
	Forbidden:      "The credentials do not allow this.",
	Invalid:        "The request is not valid.",
	NotFound:       "There is no such record.",
	Conflict:       "Another record already has this value.",
	Stale:          "The record changed in the meantime.",
	TooLarge:       "The request is too large.",
	Unavailable:    "The service is not set up completely.",
}
