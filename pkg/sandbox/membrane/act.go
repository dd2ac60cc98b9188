package membrane

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// actRequest is the body of POST /act; other members are refused.
type actRequest struct {
	ID             string          `json:"id"`
	Key            string          `json:"key"`
	Code           string          `json:"code"`
	API            *apiCall        `json:"api"`
	ConnectionID   string          `json:"connectionId"`
	ConnectionKey  string          `json:"connectionKey"`
	IntegrationID  string          `json:"integrationId"`
	IntegrationKey string          `json:"integrationKey"`
	Input          json.RawMessage `json:"input"`
	Meta           json.RawMessage `json:"meta"`
}

type apiCall struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Query   map[string]any    `json:"query"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body"`
}

var methods = []string{"GET", "POST", "PATCH", "PUT", "DELETE"}

// act runs an API call on a connection.
func (s *Server) act(c *call) (any, error) {
	var asked actRequest
	if err := c.decode(&asked); err != nil {
		return nil, err
	}
	switch {
	case asked.API == nil && asked.ID == "" && asked.Key == "" && asked.Code == "":
		return nil, badRequest("one of id, key, api, code is required")
	case asked.API == nil:
		return nil, notFound("action " + asked.ID + asked.Key)
	case !slices.Contains(methods, asked.API.Method):
		return nil, badRequest("api.method: invalid enum value")
	case asked.API.Path == "":
		return nil, badRequest("api.path is required")
	}
	found, err := s.connected(c, &asked)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	run, knobs := s.next("run"), s.knobs
	s.mu.Unlock()
	output, failure := perform(c.Context(), found.integration, asked.API, knobs)
	if failure != nil {
		return nil, &problem{status: failure.status, Type: "action_run", Message: "Action run failed: " + failure.Message, CausedBy: failure, RunID: run}
	}
	return map[string]any{"output": output, "actionRunId": run}, nil
}

// connected finds the connection that a call names, in the order of the vendor.
func (s *Server) connected(c *call, asked *actRequest) (*connection, error) {
	selector := ""
	for _, named := range []string{asked.ConnectionID, asked.ConnectionKey, asked.IntegrationID, asked.IntegrationKey} {
		if named != "" {
			selector = named
			break
		}
	}
	if selector == "" {
		return nil, badRequest("a connection or an integration is required")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(c.customer, selector)
	if err != nil {
		return nil, err
	}
	if found.disconnected {
		return nil, &problem{status: http.StatusBadRequest, Type: "connection", Key: "access_token_expired", Message: "Connection is disconnected"}
	}
	copied := *found
	return &copied, nil
}

// perform calls the CRM with the credential of the integration's account.
func perform(ctx context.Context, to *Integration, asked *apiCall, knobs Knobs) (any, *problem) {
	req, bad := requestFor(to, asked, knobs)
	if bad != nil {
		return nil, bad
	}
	ctx, cancel := context.WithTimeout(ctx, actTimeout)
	defer cancel()
	resp, err := to.Transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, lost(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, lost(err)
	}
	if len(body) > maxAnswer {
		return nil, lost(fmt.Errorf("the response is larger than %d bytes", maxAnswer))
	}
	if resp.StatusCode/100 == 2 || knobs.ErrorsAsOutput {
		return outputOf(resp, body, knobs), nil
	}
	return nil, refusalOf(resp, body, knobs)
}

func requestFor(to *Integration, asked *apiCall, knobs Knobs) (*http.Request, *problem) {
	address := asked.Path
	if absolute := strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://"); !absolute {
		address = to.BaseURL + "/" + strings.TrimLeft(address, "/")
	} else if knobs.RelativePathsOnly {
		return nil, &problem{status: http.StatusBadRequest, Type: "connection", Data: map[string]any{"status": 404, "data": "Not Found"}, Message: "Request failed"}
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, badRequest("api.path: " + err.Error())
	}
	if base, _ := url.Parse(to.BaseURL); u.Scheme != base.Scheme || u.Host != base.Host {
		return nil, badRequest("the sandbox calls no server but " + base.Host)
	}
	query := u.Query()
	for name, value := range asked.Query {
		if list, ok := value.([]any); ok {
			for _, each := range list {
				query.Add(name, fmt.Sprint(each))
			}
			continue
		}
		query.Set(name, fmt.Sprint(value))
	}
	u.RawQuery = query.Encode()
	req, err := http.NewRequest(asked.Method, u.String(), bytes.NewReader(asked.Body))
	if err != nil {
		return nil, badRequest(err.Error())
	}
	if len(asked.Body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json, text/plain, */*")
	for name, value := range asked.Headers {
		req.Header.Set(name, value)
	}
	for name, values := range to.Credential {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	return req, nil
}

// parsed is a body as the engine's HTTP client gives it: data where it is JSON, else
// text.
func parsed(body []byte) any {
	if json.Valid(body) {
		return json.RawMessage(body)
	}
	return string(body)
}

func outputOf(resp *http.Response, body []byte, knobs Knobs) any {
	switch {
	case knobs.BareOutput:
		return parsed(body)
	case knobs.OutputHeaders:
		return map[string]any{"status": resp.StatusCode, "data": parsed(body), "headers": plain(resp.Header)}
	}
	return map[string]any{"status": resp.StatusCode, "data": parsed(body)}
}

// refusalOf is the error that a CRM's refusal becomes.
func refusalOf(resp *http.Response, body []byte, knobs Knobs) *problem {
	var data any = map[string]any{"status": resp.StatusCode, "data": parsed(body), "headers": plain(resp.Header)}
	if knobs.NestedErrors {
		data = map[string]any{"response": data, "request": map[string]any{}}
	}
	cause := &problem{
		status: http.StatusBadRequest, Type: "connection", Data: data,
		Message: fmt.Sprintf("Request failed with status code %d", resp.StatusCode),
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		cause.Key = "access_token_expired"
	case http.StatusTooManyRequests:
		cause.Key, cause.status = "rate_limit_exceeded", http.StatusTooManyRequests
	}
	return cause
}

// lost is a call without an answer.
func lost(err error) *problem {
	return &problem{status: http.StatusInternalServerError, Type: "internal", Message: err.Error()}
}

func plain(h http.Header) map[string]string {
	headers := make(map[string]string, len(h))
	for name, values := range h {
		headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return headers
}
