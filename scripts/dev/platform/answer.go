package platform

import (
	"bytes"
	"maps"
	"net/http"
)

// answer collects a function's answer, which the platform sends only when it is
// complete.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
	failed bool
}

func newAnswer() *answer { return &answer{header: http.Header{}} }

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// send writes the answer. A content type is never guessed.
func (a *answer) send(w http.ResponseWriter) {
	switch {
	case a.failed:
		platformError(w, http.StatusInternalServerError, "FUNCTION_INVOCATION_FAILED")
		return
	case a.body.Len() > MaxBody:
		platformError(w, http.StatusInternalServerError, "FUNCTION_RESPONSE_PAYLOAD_TOO_LARGE")
		return
	}
	maps.Copy(w.Header(), a.header)
	if len(a.header["Content-Type"]) == 0 {
		w.Header()["Content-Type"] = nil
	}
	a.WriteHeader(http.StatusOK)
	w.WriteHeader(a.status)
	// A client that is gone cannot be told so.
	_, _ = w.Write(a.body.Bytes())
}
