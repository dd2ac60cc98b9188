package kit

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// Transport is an [http.RoundTripper] that serves requests from Handler in the
// caller's goroutine: no port, no network, deterministic. A handler that panics
// with [http.ErrAbortHandler] looks like a dropped connection. An answer that
// comes after the request's deadline is lost, as on a real connection.
type Transport struct{ Handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t Transport) RoundTrip(req *http.Request) (resp *http.Response, err error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	recorder := newRecorder()
	if err := t.serve(recorder, inbound(req)); err != nil {
		return nil, err
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.response(req), nil
}

func (t Transport) serve(w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case http.ErrAbortHandler:
			err = io.ErrUnexpectedEOF
		default:
			panic(cause)
		}
	}()
	t.Handler.ServeHTTP(w, r)
	return nil
}

// inbound turns a client's request into the one its server would see.
func inbound(req *http.Request) *http.Request {
	in := req.Clone(req.Context())
	in.RequestURI = req.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	if in.Host == "" {
		in.Host = req.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	return in
}

// recorder keeps a handler's answer in memory.
type recorder struct {
	header, sent http.Header
	status       int
	body         bytes.Buffer
}

func newRecorder() *recorder { return &recorder{header: make(http.Header)} }

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status, r.sent = status, r.header.Clone()
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// copyTo sends what was recorded; headers that w has already are kept.
func (r *recorder) copyTo(w http.ResponseWriter) {
	r.WriteHeader(http.StatusOK)
	for name, values := range r.sent {
		if _, set := w.Header()[name]; !set {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(r.status)
	_, _ = r.body.WriteTo(w)
}

func (r *recorder) response(req *http.Request) *http.Response {
	r.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", r.status, http.StatusText(r.status)),
		StatusCode:    r.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        r.sent,
		Body:          io.NopCloser(&r.body),
		ContentLength: int64(r.body.Len()),
		Request:       req,
	}
}
