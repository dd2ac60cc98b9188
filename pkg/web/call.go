package web

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// MaxBody is the largest request body of the platform, in bytes. Imports may use
// all of it; other bodies are held to less.
const MaxBody = 4_500_000

// call is one request on its way through a handler.
type call struct {
	*http.Request
	w         http.ResponseWriter
	requestID string
	op, id    string
	broken    error // the query cannot be used
	customer  contact.CustomerID
	via       string // how the caller is signed in
	handle    handler
}

func newCall(w http.ResponseWriter, r *http.Request) *call {
	c := &call{Request: r, w: w, requestID: requestID(r)}
	c.op, c.id, c.broken = target(r)
	return c
}

// target reads the operation and the id a rewrite put into the query. A request
// that brings others of its own is refused rather than guessed about.
func target(r *http.Request) (op, id string, err error) {
	query := r.URL.Query()
	for _, p := range []struct {
		name  string
		value *string
	}{{"op", &op}, {"id", &id}} {
		for i, v := range query[p.name] {
			if i > 0 && v != *p.value {
				return "", "", malformed("The query names several values for %q.", p.name)
			}
			*p.value = v
		}
	}
	return op, id, nil
}

// requestID takes over the platform's id of a request, so that its logs and ours
// can be joined, or makes one.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Vercel-Id")
	unsafe := func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.ContainsRune(":-_.", c))
	}
	if id == "" || len(id) > 100 || strings.ContainsFunc(id, unsafe) {
		return uuid.NewString()
	}
	return id
}

// body reads the whole body, of at most limit bytes.
func (c *call) body(limit int64) ([]byte, error) {
	tooLarge := fault.New(fault.TooLarge, "The request is larger than %s.", size(limit))
	if c.ContentLength > limit {
		return nil, tooLarge
	}
	data, err := io.ReadAll(http.MaxBytesReader(c.w, c.Body, limit))
	if over := (*http.MaxBytesError)(nil); errors.As(err, &over) {
		return nil, tooLarge
	}
	if err != nil {
		return nil, malformed("The request broke off.")
	}
	return data, nil
}

// ifMatch returns the revision a write is conditional on, or nil. It takes the
// number plain and in quotes, as an entity tag.
func (c *call) ifMatch() (*int64, error) {
	text := strings.TrimSpace(c.Header.Get("If-Match"))
	if text == "" || text == "*" {
		return nil, nil
	}
	if inner, ok := strings.CutPrefix(text, `"`); ok {
		text = strings.TrimSuffix(inner, `"`)
	}
	rev, err := strconv.ParseInt(text, 10, 64)
	if err != nil || rev < 0 {
		return nil, malformed("If-Match has to be the revision of the contact, such as 3.")
	}
	return &rev, nil
}

func size(bytes int64) string {
	if bytes >= 1_000_000 {
		return strconv.FormatFloat(float64(bytes)/1e6, 'f', -1, 64) + " MB"
	}
	return strconv.FormatInt(bytes/1000, 10) + " kB"
}
