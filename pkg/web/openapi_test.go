package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	gosync "sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// The document that programs are written against, and every test of this package
// is held to.
const documentFile = "../../frontend/public/openapi.json"

// contract is the document, with the addresses that stand for a function and its
// operations.
type contract struct {
	*openapi3.T
	byTarget map[string]string // "/api/contacts?op=one": "/api/contacts/{id}"
}

var theContract = gosync.OnceValues(func() (*contract, error) {
	// A file may be wrong in single rows; the library would take none of it then.
	openapi3filter.RegisterBodyDecoder("text/csv", openapi3filter.FileBodyDecoder)
	document, err := openapi3.NewLoader().LoadFromFile(documentFile)
	if err != nil {
		return nil, err
	}
	if err := document.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		return nil, err
	}
	rewrites, err := readRewrites()
	c := &contract{document, map[string]string{}}
	for path := range document.Paths.Map() {
		c.byTarget[target(rewrites, path)] = path
	}
	return c, err
})

type rewrite struct{ Source, Destination string }

func readRewrites() ([]rewrite, error) {
	data, err := os.ReadFile("../../vercel.json")
	if err != nil {
		return nil, err
	}
	var config struct{ Rewrites []rewrite }
	return config.Rewrites, json.Unmarshal(data, &config)
}

// target is where a documented path leads, without the id that its parameter is.
// An alias leads to its original and is no target of its own.
func target(rewrites []rewrite, path string) string {
	shape := func(p string) string {
		parts := strings.Split(p, "/")
		for i, part := range parts {
			if strings.HasPrefix(part, ":") || strings.HasPrefix(part, "{") {
				parts[i] = "*"
			}
		}
		return strings.Join(parts, "/")
	}
	for _, r := range rewrites {
		if shape(r.Source) == shape(path) && strings.Contains(r.Destination, "?") {
			destination, _, _ := strings.Cut(r.Destination, "&id=")
			return destination
		}
	}
	return path
}

// exchange is a request and its answer, as they were on the wire.
type exchange struct {
	request *http.Request
	body    []byte
	answer  *http.Response
	text    []byte
}

// watch serves requests and holds each exchange to the contract.
func watch(t *testing.T, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what breaks off is the function's to find
		r.Body = io.NopCloser(bytes.NewReader(body))
		asked := r.Clone(r.Context())
		recorder := httptest.NewRecorder()
		serve(recorder, r)
		answer := recorder.Result()
		if err := check(exchange{asked, body, answer, recorder.Body.Bytes()}); err != nil {
			t.Errorf("%s %s answers %d against %s:\n%v\n%s", r.Method, r.URL, answer.StatusCode, documentFile, err, recorder.Body)
		}
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = w.Write(recorder.Body.Bytes()) // the client fails if it comes to nothing
	}
}

// check holds an exchange to the contract: the answer always, and the request when
// it was accepted. What is refused may be wrong in any way.
func check(x exchange) error {
	c, err := theContract()
	if err != nil {
		return err
	}
	query := x.request.URL.Query()
	op, id := query.Get("op"), query.Get("id")
	query.Del("op")
	query.Del("id")
	where := x.request.URL.Path
	if op != "" {
		where += "?op=" + op
	}
	path, known := c.byTarget[where]
	if !known {
		return c.checkError(x, http.StatusNotFound)
	}
	method := x.request.Method
	if method == http.MethodHead {
		return nil // the answer to GET without its body
	}
	item := c.Paths.Find(path)
	operation := item.GetOperation(method)
	if operation == nil {
		return c.checkError(x, http.StatusMethodNotAllowed)
	}
	input := c.input(x, path, item, operation, method, id, query)
	if x.answer.StatusCode < 300 {
		if err := accepted(input, query); err != nil {
			return fmt.Errorf("the request was accepted: %w", err)
		}
	}
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: x.answer.StatusCode, Header: x.answer.Header, Options: input.Options,
	}
	if err := openapi3filter.ValidateResponse(context.Background(), output.SetBodyBytes(x.text)); err != nil {
		return err
	}
	return undeclared(operation, x)
}

// input describes the request under its documented address.
func (c *contract) input(x exchange, path string, item *openapi3.PathItem, operation *openapi3.Operation, method, id string, query url.Values) *openapi3filter.RequestValidationInput {
	request := x.request.Clone(context.Background())
	request.URL = &url.URL{Path: path, RawQuery: query.Encode()}
	request.Body = io.NopCloser(bytes.NewReader(x.body))
	parameters := map[string]string{}
	if _, rest, ok := strings.Cut(path, "{"); ok {
		name, _, _ := strings.Cut(rest, "}")
		parameters[name] = id
	}
	return &openapi3filter.RequestValidationInput{
		Request: request, PathParams: parameters, QueryParams: query,
		Route: &routers.Route{Spec: c.T, Path: path, PathItem: item, Method: method, Operation: operation},
		Options: &openapi3filter.Options{
			AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true,
		},
	}
}

// accepted checks a request that was answered with success. The library lets query
// parameters pass that the document does not know.
func accepted(input *openapi3filter.RequestValidationInput, query url.Values) error {
	for name := range query {
		if input.Route.Operation.Parameters.GetByInAndName("query", name) == nil {
			return fmt.Errorf("the document has no parameter %s", name)
		}
	}
	return openapi3filter.ValidateRequest(context.Background(), input)
}

// undeclared finds headers of the answer that the document should name.
func undeclared(operation *openapi3.Operation, x exchange) error {
	response := operation.Responses.Status(x.answer.StatusCode)
	for name := range x.answer.Header {
		if slices.Contains([]string{"Cache-Control", "Content-Type", "Content-Length"}, name) {
			continue
		}
		if !slices.ContainsFunc(headerNames(response), func(h string) bool { return http.CanonicalHeaderKey(h) == name }) {
			return fmt.Errorf("the document does not name the header %s", name)
		}
	}
	if (len(x.text) > 0) != (x.answer.Header.Get("Content-Type") == "application/json; charset=utf-8") {
		return fmt.Errorf("content type %q with %d bytes", x.answer.Header.Get("Content-Type"), len(x.text))
	}
	return nil
}

func headerNames(response *openapi3.ResponseRef) []string {
	var names []string
	for name := range response.Value.Headers {
		names = append(names, name)
	}
	return names
}

// checkError checks the answer of an address or method that does not exist, unless
// the caller was refused before that was looked at.
func (c *contract) checkError(x exchange, status int) error {
	if !slices.Contains([]int{status, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable}, x.answer.StatusCode) {
		return fmt.Errorf("the document has nothing here, so it has to be %d", status)
	}
	var body any
	if err := json.Unmarshal(x.text, &body); err != nil {
		return err
	}
	return c.Components.Schemas["Error"].Value.VisitJSON(body, openapi3.EnableJSONSchema2020())
}
