package transport

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/contactsync/contactsync/pkg/fault"
)

// Effect says what sending a request twice would do.
type Effect int

const (
	// Write is a request that has an effect each time, such as a plain create.
	Write Effect = iota
	// Repeatable is a write of which the second has no further effect.
	Repeatable
	// Read has no effect.
	Read
)

// Request is one API call.
type Request struct {
	// Op names the operation in errors and logs, such as "hubspot.update".
	Op     string
	Method string
	Path   string // from the base URL, escaped
	Query  url.Values
	Body   any // encoded as JSON; nil: none
	Class  Class
	Effect Effect
	// Setup marks calls that are counted apart: account, fields, tokens.
	Setup bool
}

func (r *Request) encode() ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(r.Body)
	return b.Bytes(), err
}

// Response is a complete answer.
type Response struct {
	Request *Request
	Status  int
	Header  http.Header
	Body    []byte
	// secret is the credential that was sent; it never leaves in an excerpt.
	secret string
}

// OK reports a status of 2xx.
func (r *Response) OK() bool { return r.Status/100 == 2 }

// IsHTML reports whether the body is a web page: what proxies and firewalls in
// front of an API answer with.
func (r *Response) IsHTML() bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "text/html") ||
		bytes.HasPrefix(bytes.TrimLeft(r.Body[:min(len(r.Body), 64)], " \r\n\t\ufeff"), []byte("<"))
}

// Excerpt returns the beginning of the body on one line, without the credential;
// for causes and logs, not for users.
func (r *Response) Excerpt() string {
	return r.Redact(strings.Join(strings.Fields(cut(string(r.Body), 300)), " "))
}

// Redact returns text without the credential of the request.
func (r *Response) Redact(text string) string {
	if r.secret == "" {
		return text
	}
	return strings.ReplaceAll(text, r.secret, "[redacted]")
}

func (r *Response) decode(out any) error {
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return errEmptyBody
	}
	return json.Unmarshal(r.Body, out)
}

// unreadable is the error of a successful answer that is not the JSON it should
// be. A write has taken effect then, for all we know.
func (c *Client) unreadable(r *Response, cause error) error {
	what := "an answer that cannot be read"
	if r.IsHTML() {
		what = "a web page instead of data"
	}
	err := fault.New(r.Request.lost(), "%s sent %s (status %d).", c.Vendor, what, r.Status)
	err.Op, err.Err = r.Request.Op, cause
	return err
}

// lost is the kind of a request whose answer is missing.
func (r *Request) lost() fault.Kind {
	if r.Effect == Read {
		return fault.Retryable
	}
	return fault.OutcomeUnknown
}

// cut shortens text to at most n bytes at a character boundary.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + "…"
}
