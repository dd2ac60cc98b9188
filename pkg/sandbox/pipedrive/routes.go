package pipedrive

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// route is one endpoint of the API with what a call of it costs and needs.
type route struct {
	cost   int
	scopes []string // one of them is needed
	search bool     // has the search's burst window
	handle func(*Server, *call) (answer, error)
}

// call is one request. Its handler runs under the Server's lock.
type call struct {
	*http.Request
	query query
	body  map[string]json.RawMessage // when the body is a JSON object
	items []json.RawMessage          // when it is a JSON array
	err   error                      // of reading the body
}

const (
	maxBody    = 2 << 20
	everything = "/"
)

var (
	readContacts  = []string{"contacts:read", "contacts:full"}
	writeContacts = []string{"contacts:full"}
	search        = []string{"contacts:read", "contacts:full", "search:read"}
	readFields    = []string{"admin", "contact-fields:full", "contacts:read", "contacts:full"}
	fieldSettings = []string{"admin", "contact-fields:full"}
	recents       = []string{"recents:read"}
	admin         = []string{"admin"}
	anyScope      = []string{"base", "contacts:read", "contacts:full", "contact-fields:full", "admin", "search:read", "recents:read"}
)

func v2Routes() map[string]*route {
	return map[string]*route{
		"GET /persons":                             {cost: 10, scopes: readContacts, handle: (*Server).listPersons},
		"GET /persons/search":                      {cost: 20, scopes: search, search: true, handle: (*Server).searchPersons},
		"GET /persons/{id}":                        {cost: 1, scopes: readContacts, handle: (*Server).getPerson},
		"POST /persons":                            {cost: 5, scopes: writeContacts, handle: (*Server).postPerson},
		"PATCH /persons/{id}":                      {cost: 5, scopes: writeContacts, handle: (*Server).patchPerson},
		"DELETE /persons/{id}":                     {cost: 3, scopes: writeContacts, handle: (*Server).deletePerson},
		"GET /personFields":                        {cost: 10, scopes: readFields, handle: (*Server).listFields},
		"GET /personFields/{field_code}":           {cost: 1, scopes: readFields, handle: (*Server).getField},
		"POST /personFields":                       {cost: 5, scopes: fieldSettings, handle: (*Server).postField},
		"PATCH /personFields/{field_code}":         {cost: 5, scopes: fieldSettings, handle: (*Server).patchField},
		"DELETE /personFields/{field_code}":        {cost: 3, scopes: fieldSettings, handle: (*Server).deleteField},
		"POST /personFields/{field_code}/options":  {cost: 5, scopes: fieldSettings, handle: (*Server).postOptions},
		"PATCH /personFields/{field_code}/options": {cost: 5, scopes: fieldSettings, handle: (*Server).patchOptions},
		"DELETE /personFields/{field_code}/options": {
			cost: 3, scopes: fieldSettings, handle: (*Server).deleteOptions,
		},
	}
}

func v1Routes() map[string]*route {
	return map[string]*route{
		"GET /users/me":               {cost: 2, scopes: anyScope, handle: (*Server).getMe},
		"GET /users/find":             {cost: 20, scopes: anyScope, handle: (*Server).findUsers},
		"GET /users/{id}":             {cost: 2, scopes: anyScope, handle: (*Server).getUser},
		"GET /users":                  {cost: 20, scopes: anyScope, handle: (*Server).listUsers},
		"GET /recents":                {cost: 20, scopes: recents, handle: (*Server).listRecents},
		"PUT /persons/{id}/merge":     {cost: 40, scopes: writeContacts, handle: (*Server).mergePersons},
		"GET /persons/{id}/changelog": {cost: 20, scopes: readContacts, handle: (*Server).listChangelog},
		"GET /personFields":           {cost: 20, scopes: readFields, handle: (*Server).listFieldsV1},
		"POST /personFields":          {cost: 10, scopes: fieldSettings, handle: (*Server).postFieldV1},
		"DELETE /personFields":        {cost: 10, scopes: fieldSettings, handle: (*Server).deleteFieldsV1},
		"GET /personFields/{id}":      {cost: 2, scopes: readFields, handle: (*Server).getFieldV1},
		"PUT /personFields/{id}":      {cost: 10, scopes: fieldSettings, handle: (*Server).putFieldV1},
		"DELETE /personFields/{id}":   {cost: 6, scopes: fieldSettings, handle: (*Server).deleteFieldV1},
		"GET /webhooks":               {cost: 10, scopes: admin, handle: (*Server).listWebhooks},
		"POST /webhooks":              {cost: 10, scopes: admin, handle: (*Server).postWebhook},
		"DELETE /webhooks/{id}":       {cost: 6, scopes: admin, handle: (*Server).deleteWebhook},
	}
}

// handler puts the API, its call counter and its faults next to the desk.
func (s *Server) handler() http.Handler {
	s.api = http.NewServeMux()
	s.mount("v2", v2Routes())
	s.mount("v1", v1Routes())
	s.api.HandleFunc(everything, func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, &route{cost: 1, scopes: anyScope, handle: (*Server).unmatched})
	})
	desk := kit.Desk{Book: (*book)(s), Calls: &s.calls, Faults: &s.faults, Page: s.page()}
	mux := http.NewServeMux()
	mux.Handle("/", desk.Handler())
	faulty := s.counted(s.faults.Wrap(s.api))
	for _, prefix := range []string{"/api/v1/", "/api/v2/", "/v1/", "/v2/"} {
		mux.Handle(prefix, faulty)
	}
	mux.Handle("/oauth/", s.faults.Wrap(s.oauth()))
	return mux
}

// mount serves the routes of a version under both of its prefixes.
func (s *Server) mount(version string, routes map[string]*route) {
	for pattern, route := range routes {
		method, path, _ := strings.Cut(pattern, " ")
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, route) })
		s.api.Handle(method+" /api/"+version+path, handler)
		s.api.Handle(method+" /"+version+path, handler)
	}
}

// counted counts every call that arrives, under the route's label or as unknown.
func (s *Server) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		label := r.Method + " unknown"
		if _, pattern := s.api.Handler(r); pattern != everything {
			label = strings.Replace(pattern, " /api/", " /", 1)
		}
		s.calls.Add(label)
		next.ServeHTTP(w, r)
	})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, route *route) {
	c := &call{Request: r, query: query{values: r.URL.Query()}}
	c.readBody(w)
	if !s.pause(r) {
		return
	}
	a, err := s.answer(w.Header(), c, route)
	if err != nil {
		err.(*refusal).write(w)
		return
	}
	a.write(w)
}

// pause holds the call up for the latency and reports whether the caller is still
// there.
func (s *Server) pause(r *http.Request) bool {
	latency := time.Duration(s.Knobs().LatencyMS) * time.Millisecond
	if latency <= 0 {
		return true
	}
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *Server) answer(header http.Header, c *call, route *route) (a answer, err error) {
	s.lock()
	defer s.unlock()
	if err := s.admit(header, c.Request, route); err != nil {
		return answer{}, err
	}
	if err = c.err; err == nil {
		a, err = route.handle(s, c)
	}
	if err != nil {
		s.refund(header, route)
	}
	return a, err
}

// readBody reads a JSON object or array. The vendor does not look at a body of
// another content type: a create then lacks everything it needs.
func (c *call) readBody(w http.ResponseWriter) {
	if c.Method == http.MethodGet {
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, c.Body, maxBody))
	if err != nil {
		c.err = refuse(http.StatusRequestEntityTooLarge, "", "Request entity too large")
		return
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return
	}
	if kind, _, _ := mime.ParseMediaType(c.Header.Get("Content-Type")); kind != "application/json" {
		if c.Method != http.MethodPost {
			c.err = invalid("Content-Type must be application/json")
		}
		return
	}
	if json.Unmarshal(data, &c.body) != nil && json.Unmarshal(data, &c.items) != nil {
		c.err = invalid("the body is not a JSON object or array")
	}
}

// id reads the id in the path.
func (c *call) id() (int64, error) {
	id, err := strconv.ParseInt(c.PathValue("id"), 10, 64)
	if err != nil || id < 1 {
		return 0, invalid("id: must be a positive integer")
	}
	return id, nil
}

// unmatched answers what no route does.
func (s *Server) unmatched(c *call) (answer, error) {
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := &http.Request{Method: method, URL: c.URL, Host: c.Host}
		if _, pattern := s.api.Handler(other); pattern != everything {
			return answer{}, refuse(http.StatusMethodNotAllowed, "", "Method not allowed")
		}
	}
	return answer{}, refuse(http.StatusNotFound, "", "Unknown method .")
}
