// Package membrane reaches CRMs through Membrane (formerly Integration.app), which
// holds the credentials of the accounts that people connect in its user interface.
//
// A [Carrier] takes the calls that the adapters of HubSpot and Pipedrive make anyway
// and has Membrane send them, so that a connection made there syncs as a direct one
// does: with the same batches, histories, results per record and error kinds. The
// package knows Membrane's envelopes and errors, nothing of contacts or CRMs.
package membrane

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
)

// DefaultAPIURL is Membrane's engine, DefaultUIURL its user interface.
const (
	DefaultAPIURL = "https://api.getmembrane.com"
	DefaultUIURL  = "https://ui.getmembrane.com"
)

// ActTimeout is how long Membrane works on a call at most: see
// https://docs.getmembrane.com/docs/limits. What a caller gave up on may still be
// sent to the CRM until then.
const ActTimeout = 60 * time.Second

const (
	// apiVersion is what Membrane's own client of version 0.28 sends.
	apiVersion = "2025-10-21"
	// maxRequest bounds a request to Membrane, in bytes.
	maxRequest = 10 << 20
	// maxAnswer bounds an answer: the 30 MB that Membrane allows, and its envelope.
	maxAnswer = 32 << 20
)

// Carrier is an [http.RoundTripper] that has Membrane send requests to a CRM with
// the credential that a connection holds. The request's own Authorization header has
// to carry a token of [Workspace.Token] of the customer who owns the connection.
//
// What the CRM answered comes back as its answer, with its status. What Membrane has
// to say itself is a classified error: Throttled, Unauthorised when the connection no
// longer works, Unavailable when the deployment or the workspace is not set up. An
// error that is not classified leaves open whether the CRM was reached.
type Carrier struct {
	APIURL     string // without a slash at its end
	Connection string // its id in Membrane
	Transport  http.RoundTripper
	Now        func() time.Time
}

// act is the body of POST /act with a call of the CRM's own API. See
// https://docs.getmembrane.com/docs/actions
type act struct {
	ConnectionID string  `json:"connectionId"`
	API          apiCall `json:"api"`
}

type apiCall struct {
	Method string `json:"method"`
	// Path is the whole address, which Membrane takes as it is. Paths below the base
	// of a connector would depend on the connector, and Pipedrive's ends in a version.
	Path  string          `json:"path"`
	Query map[string]any  `json:"query,omitempty"`
	Body  json.RawMessage `json:"body,omitempty"`
}

// RoundTrip implements [http.RoundTripper].
func (c *Carrier) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := c.wrap(req)
	if err != nil {
		return nil, err
	}
	outer, err := http.NewRequestWithContext(req.Context(), http.MethodPost, c.APIURL+"/act", bytes.NewReader(body))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "The address of Membrane is not valid.")
	}
	outer.Header.Set("Authorization", req.Header.Get("Authorization"))
	outer.Header.Set("Content-Type", "application/json")
	outer.Header.Set("Accept", "application/json")
	outer.Header.Set("membrane-api-version", apiVersion)
	resp, err := c.Transport.RoundTrip(outer)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("reading the answer of Membrane: %w", err)
	}
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("the answer of Membrane is larger than %d MiB", maxAnswer>>20)
	}
	got, err := c.unwrap(resp, text)
	if err != nil {
		return nil, err
	}
	return got.response(req), nil
}

func (c *Carrier) wrap(req *http.Request) ([]byte, error) {
	call := apiCall{Method: req.Method, Path: address(req.URL), Query: queryOf(req.URL.Query())}
	if req.Body != nil {
		defer req.Body.Close()
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		call.Body = bytes.TrimSpace(body)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(act{ConnectionID: c.Connection, API: call}); err != nil {
		return nil, fmt.Errorf("a body that Membrane cannot carry: %w", err)
	}
	if b.Len() > maxRequest {
		return nil, fault.New(fault.TooLarge, "The request is too large for Membrane.")
	}
	return b.Bytes(), nil
}

// address is u without its query.
func address(u *url.URL) string {
	bare := *u
	bare.RawQuery, bare.Fragment = "", ""
	return bare.String()
}

// queryOf is a query for JSON: lists only where a name comes more than once.
func queryOf(values url.Values) map[string]any {
	query := make(map[string]any, len(values))
	for name, list := range values {
		if len(list) == 1 {
			query[name] = list[0]
		} else {
			query[name] = list
		}
	}
	return query
}

// crmAnswer is what a CRM answered, as far as Membrane tells.
type crmAnswer struct {
	status int
	header http.Header
	body   []byte
}

func (a *crmAnswer) response(req *http.Request) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: req,
	}
}

// unwrap turns Membrane's answer into the CRM's, or into Membrane's own error.
func (c *Carrier) unwrap(resp *http.Response, text []byte) (*crmAnswer, error) {
	if resp.StatusCode/100 != 2 {
		return c.refused(resp, text)
	}
	var done struct {
		Output json.RawMessage `json:"output"`
	}
	if err := json.Unmarshal(text, &done); err != nil {
		return nil, fmt.Errorf("an answer of Membrane (status %d) that cannot be read: %w", resp.StatusCode, err)
	}
	if answer := answerIn(done.Output); answer != nil {
		return answer, nil
	}
	return &crmAnswer{status: http.StatusOK, header: http.Header{}, body: bodyOf(done.Output)}, nil
}

// answerIn reads an object with the status, the body and perhaps the headers of an
// answer, and nothing else; nil: it is none. CRMs' own bodies with a status hold
// other members too, or a status that is a word.
func answerIn(object json.RawMessage) *crmAnswer {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return nil
	}
	for name := range members {
		if !strings.Contains(" status statusCode statusText data body headers ", " "+name+" ") {
			return nil
		}
	}
	return answerAmong(members)
}

// answerAmong is answerIn for an object that may say more.
func answerAmong(members map[string]json.RawMessage) *crmAnswer {
	status := 0
	for _, name := range []string{"status", "statusCode", "code"} {
		if json.Unmarshal(members[name], &status) == nil && status >= 200 && status <= 599 {
			break
		}
		status = 0
	}
	if status == 0 {
		return nil
	}
	answer := &crmAnswer{status: status, header: headersIn(members["headers"])}
	for _, name := range []string{"data", "body", "responseData"} {
		if body, ok := members[name]; ok {
			answer.body = bodyOf(body)
			break
		}
	}
	return answer
}

// bodyOf undoes the parsing of a body: a text stands for itself, null for nothing.
func bodyOf(value json.RawMessage) []byte {
	var text *string
	switch {
	case len(value) == 0, bytes.Equal(value, []byte("null")):
		return nil
	case json.Unmarshal(value, &text) == nil:
		return []byte(*text)
	}
	return value
}

func headersIn(value json.RawMessage) http.Header {
	header := http.Header{}
	var members map[string]any
	if json.Unmarshal(value, &members) != nil {
		return header
	}
	for name, v := range members {
		switch v := v.(type) {
		case string:
			header.Set(name, v)
		case float64:
			header.Set(name, fmt.Sprint(v))
		case []any:
			for _, each := range v {
				header.Add(name, fmt.Sprint(each))
			}
		}
	}
	return header
}
