package pipedrive

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// answer is what a handler gives back when it succeeds.
type answer struct {
	status     int // 0 means 200
	data       any
	additional any
	body       any // if not nil, sent as it is instead of the envelope
}

type envelope struct {
	Success    bool `json:"success"`
	Data       any  `json:"data"`
	Additional any  `json:"additional_data"`
}

type nextCursor struct {
	NextCursor *string `json:"next_cursor"`
}

// refusal is an error answer in one of the vendor's shapes.
type refusal struct {
	status int
	header http.Header
	body   any    // JSON, unless html is set
	html   string // an edge page
	text   string
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s", r.status, r.text) }

const (
	seeDevelopers = "Please check developers.pipedrive.com"
	codeSchema    = "ERR_SCHEMA_VALIDATION_FAILED"
	codeInput     = "ERR_INVALID_INPUT"
)

type appError struct {
	Success    bool   `json:"success"`
	Error      string `json:"error"`
	Code       string `json:"code,omitempty"`
	Info       string `json:"error_info"`
	Data       any    `json:"data"`
	Additional any    `json:"additional_data"`
}

type gatewayError struct {
	Success bool   `json:"success"`
	Error   string `json:"error"`
	Code    int    `json:"errorCode"`
	Info    string `json:"error_info"`
}

type webhookError struct {
	Status  string              `json:"status"`
	Success bool                `json:"success"`
	Errors  map[string][]string `json:"errors"`
}

// refuse is an error of the application behind the gateway; code may be empty.
func refuse(status int, code, text string) *refusal {
	return refuseInfo(status, code, text, seeDevelopers)
}

func refuseInfo(status int, code, text, info string) *refusal {
	return &refusal{status: status, text: text, body: appError{Error: text, Code: code, Info: info}}
}

// invalid is the answer to a request that does not fit the endpoint's schema.
func invalid(format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, codeSchema, "Validation failed: "+fmt.Sprintf(format, args...))
}

func notFound() *refusal {
	return refuseInfo(http.StatusNotFound, "", "Entity was not found", "Object was not found.")
}

func gateway(status int, text string) *refusal {
	return &refusal{status: status, text: text, body: gatewayError{Error: text, Code: status, Info: seeDevelopers}}
}

func unauthorised() *refusal {
	r := gateway(http.StatusUnauthorized, "unauthorized access")
	r.header = http.Header{"X-401-By-Gw": {"true"}}
	return r
}

func noPermission() *refusal {
	return refuse(http.StatusForbidden, "", "You do not have permissions to do this")
}

const blockedPage = `<!DOCTYPE html>
<html lang="en-US"><head><title>Access denied | api.pipedrive.com used Cloudflare to restrict access</title></head>
<body><h1>Error 1015</h1><h2>You are being rate limited</h2><p>Access denied</p></body></html>
`

func blocked() *refusal {
	return &refusal{status: http.StatusForbidden, text: "access denied", html: blockedPage}
}

func (r *refusal) write(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	if r.html == "" {
		writeJSON(w, r.status, r.body)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.WriteHeader(r.status)
	_, _ = w.Write([]byte(r.html))
}

func (a answer) write(w http.ResponseWriter) {
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	if a.body != nil {
		writeJSON(w, status, a.body)
		return
	}
	writeJSON(w, status, envelope{Success: true, Data: a.data, Additional: a.additional})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(body)
}
