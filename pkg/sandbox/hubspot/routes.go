package hubspot

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Scopes the routes ask for.
const (
	scopeRead        = "crm.objects.contacts.read"
	scopeWrite       = "crm.objects.contacts.write"
	scopeSchemaRead  = "crm.schemas.contacts.read"
	scopeSchemaWrite = "crm.schemas.contacts.write"
)

// call is one API call while it is served; the server's mutex is held.
type call struct {
	*http.Request
	route         *route
	header        http.Header // of the answer
	version       string      // v3, 2026-03 or 2026-09
	now           time.Time
	correlationID string
	body          []byte
}

// route is an operation of the API, mounted under every version's prefix.
type route struct {
	label   string // for counting
	method  string
	path    string   // below the resource's prefix
	scopes  []string // any one of them is enough
	search  bool
	open    bool // needs no token
	serve   func(*Server, *call) (status int, body any, err error)
	objects bool // the path names an object type, which must be contacts
}

func contactRoutes() []route {
	read, write := []string{scopeRead}, []string{scopeWrite}
	return []route{
		{label: "contacts.list", method: "GET", path: "", scopes: read, serve: (*Server).listContacts},
		{label: "contacts.get", method: "GET", path: "/{id}", scopes: read, serve: (*Server).getContact},
		{label: "contacts.create", method: "POST", path: "", scopes: write, serve: (*Server).createContact},
		{label: "contacts.update", method: "PATCH", path: "/{id}", scopes: write, serve: (*Server).updateContact},
		{label: "contacts.archive", method: "DELETE", path: "/{id}", scopes: write, serve: (*Server).archiveContact},
		{label: "contacts.search", method: "POST", path: "/search", scopes: read, search: true, serve: (*Server).searchContacts},
		{label: "contacts.merge", method: "POST", path: "/merge", scopes: write, serve: (*Server).mergeContacts},
		{label: "contacts.gdpr-delete", method: "POST", path: "/gdpr-delete", scopes: write, serve: (*Server).purgeContact},
		{label: "contacts.batch.read", method: "POST", path: "/batch/read", scopes: read, serve: (*Server).batchRead},
		{label: "contacts.batch.create", method: "POST", path: "/batch/create", scopes: write, serve: (*Server).batchCreate},
		{label: "contacts.batch.update", method: "POST", path: "/batch/update", scopes: write, serve: (*Server).batchUpdate},
		{label: "contacts.batch.upsert", method: "POST", path: "/batch/upsert", scopes: write, serve: (*Server).batchUpsert},
		{label: "contacts.batch.archive", method: "POST", path: "/batch/archive", scopes: write, serve: (*Server).batchArchive},
	}
}

func propertyRoutes() []route {
	read, write := []string{scopeSchemaRead, scopeRead}, []string{scopeSchemaWrite}
	return []route{
		{label: "properties.list", method: "GET", path: "", scopes: read, serve: (*Server).listProperties},
		{label: "properties.get", method: "GET", path: "/{name}", scopes: read, serve: (*Server).getProperty},
		{label: "properties.create", method: "POST", path: "", scopes: write, serve: (*Server).createProperty},
		{label: "properties.update", method: "PATCH", path: "/{name}", scopes: write, serve: (*Server).updateProperty},
		{label: "properties.archive", method: "DELETE", path: "/{name}", scopes: write, serve: (*Server).archiveProperty},
		{label: "properties.groups.list", method: "GET", path: "/groups", scopes: read, serve: (*Server).listGroups},
		{label: "properties.groups.get", method: "GET", path: "/groups/{name}", scopes: read, serve: (*Server).getGroup},
		{label: "properties.groups.create", method: "POST", path: "/groups", scopes: write, serve: (*Server).createGroup},
		{label: "properties.groups.update", method: "PATCH", path: "/groups/{name}", scopes: write, serve: (*Server).updateGroup},
		{label: "properties.groups.archive", method: "DELETE", path: "/groups/{name}", scopes: write, serve: (*Server).archiveGroup},
		{label: "properties.batch.create", method: "POST", path: "/batch/create", scopes: write, serve: (*Server).batchCreateProperties},
		{label: "properties.batch.read", method: "POST", path: "/batch/read", scopes: read, serve: (*Server).batchReadProperties},
		{label: "properties.batch.archive", method: "POST", path: "/batch/archive", scopes: write, serve: (*Server).batchArchiveProperties},
	}
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mount := func(prefix, version string, r route) {
		inner := s.faults.Wrap(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { s.serve(w, req, &r, version) }))
		mux.HandleFunc(strings.TrimSpace(r.method+" "+prefix+r.path), func(w http.ResponseWriter, req *http.Request) {
			s.calls.Add(r.label)
			inner.ServeHTTP(w, req)
		})
	}
	for _, version := range []string{"v3", "2026-03", "2026-09"} {
		contacts, properties := "/crm/objects/"+version+"/{objectType}", "/crm/properties/"+version+"/{objectType}"
		if version == "v3" {
			contacts, properties = "/crm/v3/objects/{objectType}", "/crm/v3/properties/{objectType}"
		}
		for _, r := range contactRoutes() {
			r.objects = true
			mount(contacts, version, r)
		}
		for _, r := range propertyRoutes() {
			r.objects = true
			mount(properties, version, r)
		}
		mount("/account-info/"+version, version, route{label: "account.details", method: "GET", path: "/details", serve: (*Server).accountDetails})
	}
	for _, version := range []string{"v1", "v3", "2026-03", "2026-09"} {
		for _, r := range oauthRoutes(version) {
			r.open = true
			mount("/oauth/"+version, version, r)
		}
	}
	for _, prefix := range []string{"/webhooks/v3", "/webhooks/2026-03", "/app-webhooks/2026-09"} {
		for _, r := range webhookRoutes() {
			mount(prefix+"/{appId}", path.Base(prefix), asDeveloper(r))
		}
	}
	mux.HandleFunc("GET /oauth/authorize", s.authorize)
	mux.HandleFunc("POST /oauth/authorize", s.authorize)
	mount("/", "", route{label: "unknown", open: true, serve: func(*Server, *call) (int, any, error) {
		return 0, nil, noSuchContact()
	}})
	return mux
}

// maxBody is more than any documented batch needs.
const maxBody = 16 << 20

func (s *Server) serve(w http.ResponseWriter, r *http.Request, route *route, version string) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "Request Entity Too Large", http.StatusRequestEntityTooLarge)
		return
	}
	s.delay(r)
	s.mu.Lock()
	c := &call{Request: r, route: route, header: w.Header(), version: version, now: s.now(), body: body}
	c.correlationID = s.nextCorrelationID()
	status, answer, err := s.dispatch(c)
	s.mu.Unlock()
	s.webhooks.Wake()

	c.header.Set("X-HubSpot-Correlation-Id", c.correlationID)
	if p := (*problem)(nil); errors.As(err, &p) {
		p.Status, p.CorrelationID = "error", c.correlationID
		status, answer = p.code, p
	}
	if answer == nil {
		w.WriteHeader(status)
		return
	}
	c.header.Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(plainJSON(answer))
}

// dispatch checks what every call needs, in the vendor's order, and serves it.
func (s *Server) dispatch(c *call) (int, any, error) {
	if !c.route.open {
		if err := s.authenticate(c); err != nil {
			return 0, nil, err
		}
		if err := s.take(c); err != nil {
			return 0, nil, err
		}
		if err := s.permit(c.route); err != nil {
			return 0, nil, err
		}
	}
	if c.route.objects {
		if err := checkObjectType(c.PathValue("objectType")); err != nil {
			return 0, nil, err
		}
	}
	return c.route.serve(s, c)
}

func (s *Server) delay(r *http.Request) {
	latency := milliseconds(s.Knobs().LatencyMS)
	if latency <= 0 {
		return
	}
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

// nextCorrelationID counts up, dressed as the UUID the vendor sends.
func (s *Server) nextCorrelationID() string {
	s.issued.correlation++
	return uuid.NewSHA1(uuid.NameSpaceOID, strconv.AppendInt(nil, s.issued.correlation, 10)).String()
}

func checkObjectType(name string) error {
	switch strings.ToLower(name) {
	case "contacts", "contact", "0-1":
		return nil
	}
	return unreadable("Unable to infer object type from: %s", name)
}

// decode reads the call's JSON body.
func (c *call) decode(v any) error {
	err := json.Unmarshal(c.body, v)
	var wrongType *json.UnmarshalTypeError
	var refused *problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &wrongType):
		line, column := position(c.body, wrongType.Offset)
		return unreadable("Invalid input JSON on line %d, column %d: Cannot deserialize value of type `%s` from %s value", line, column, wrongType.Type, wrongType.Value)
	}
	offset := int64(len(c.body))
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	}
	line, column := position(c.body, offset)
	return unreadable("Invalid input JSON on line %d, column %d: %v", line, column, err)
}

func position(body []byte, offset int64) (line, column int) {
	before := string(body[:min(offset, int64(len(body)))])
	line = strings.Count(before, "\n") + 1
	return line, max(1, len(before)-strings.LastIndex(before, "\n")-1)
}

// names reads a list parameter, comma-separated or repeated.
func names(query url.Values, key string) []string {
	var list []string
	for _, value := range query[key] {
		for name := range strings.SplitSeq(value, ",") {
			if name = strings.TrimSpace(name); name != "" {
				list = append(list, name)
			}
		}
	}
	return list
}
