package kit

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// How a [Fault] drops a connection.
const (
	DropBefore = "before" // nothing happens, then the connection is dropped
	DropAfter  = "after"  // the request takes effect, then the connection is dropped
)

// Fault changes the answer of matching requests. Of several faults that match a
// request, the first that is neither skipping nor used up acts.
type Fault struct {
	// Method restricts the fault to one HTTP method; "" matches any.
	Method string
	// PathPrefix restricts it to paths that begin so; "" matches any.
	PathPrefix string
	// Skip lets that many matching calls pass first.
	Skip int
	// Times is on how many calls it acts: 0 means once, -1 always.
	Times int
	// Status, if not 0, is answered with Body instead of the real answer. A fault
	// without Status and Drop only delays and adds Header.
	Status int
	// Body is sent as it is; it may be empty, HTML or broken JSON.
	Body string
	// ContentType of Body; default application/json.
	ContentType string
	// Header is added to the answer.
	Header http.Header
	// Applied lets the request take effect before Status is answered, as a
	// gateway does that gives up on a slow but successful call.
	Applied bool
	// Delay waits in real time before anything else; for servers on a real port.
	Delay time.Duration
	// Drop is DropBefore, DropAfter or "".
	Drop string
}

// Faults is a script of faults. The zero value lets everything pass; it is safe
// for concurrent use.
type Faults struct {
	mu    sync.Mutex
	armed []*armedFault
}

type armedFault struct {
	Fault
	skip, left int // left < 0: always
}

// Add appends a fault to the script.
func (f *Faults) Add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	left := fault.Times
	if left == 0 {
		left = 1
	}
	f.armed = append(f.armed, &armedFault{Fault: fault, skip: fault.Skip, left: left})
}

// Clear removes every fault.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = nil
}

// Pending returns the faults that may still act, with what is left of Skip and Times.
func (f *Faults) Pending() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	faults := []Fault{}
	for _, a := range f.armed {
		if a.left == 0 {
			continue
		}
		fault := a.Fault
		fault.Skip, fault.Times = a.skip, a.left
		faults = append(faults, fault)
	}
	return faults
}

// Wrap returns next with the faults in front of it. A dropped connection is a
// panic with [http.ErrAbortHandler], which net/http and [Transport] understand.
func (f *Faults) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fault, ok := f.next(r)
		if !ok {
			next.ServeHTTP(w, r)
			return
		}
		fault.serve(w, r, next)
	})
}

func (f *Faults) next(r *http.Request) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.armed {
		switch {
		case a.left == 0 || !a.matches(r):
		case a.skip > 0:
			a.skip--
		default:
			if a.left > 0 {
				a.left--
			}
			return a.Fault, true
		}
	}
	return Fault{}, false
}

func (f *Fault) matches(r *http.Request) bool {
	return (f.Method == "" || f.Method == r.Method) && strings.HasPrefix(r.URL.Path, f.PathPrefix)
}

func (f *Fault) serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if !pause(r, f.Delay) || f.Drop == DropBefore {
		panic(http.ErrAbortHandler)
	}
	if f.Applied || f.Drop == DropAfter {
		next.ServeHTTP(newRecorder(), r)
	}
	if f.Drop == DropAfter {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), f.Header)
	if f.Status == 0 {
		next.ServeHTTP(w, r)
		return
	}
	contentType := f.ContentType
	if contentType == "" {
		contentType = "application/json"
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(f.Status)
	_, _ = io.WriteString(w, f.Body)
}

// pause waits and reports whether the caller is still there.
func pause(r *http.Request, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

type faultJSON struct {
	Method      string      `json:"method,omitempty"`
	PathPrefix  string      `json:"pathPrefix,omitempty"`
	Skip        int         `json:"skip,omitempty"`
	Times       int         `json:"times,omitempty"`
	Status      int         `json:"status,omitempty"`
	Body        string      `json:"body,omitempty"`
	ContentType string      `json:"contentType,omitempty"`
	Header      http.Header `json:"header,omitempty"`
	Applied     bool        `json:"applied,omitempty"`
	Delay       string      `json:"delay,omitempty"`
	Drop        string      `json:"drop,omitempty"`
}

// MarshalJSON writes the fault with lower-case keys and Delay as a Go duration ("250ms").
func (f Fault) MarshalJSON() ([]byte, error) {
	out := faultJSON{
		Method: f.Method, PathPrefix: f.PathPrefix, Skip: f.Skip, Times: f.Times, Status: f.Status, Body: f.Body,
		ContentType: f.ContentType, Header: f.Header, Applied: f.Applied, Drop: f.Drop,
	}
	if f.Delay > 0 {
		out.Delay = f.Delay.String()
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes and refuses an unknown Drop or Delay.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var in faultJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*f = Fault{
		Method: in.Method, PathPrefix: in.PathPrefix, Skip: in.Skip, Times: in.Times, Status: in.Status, Body: in.Body,
		ContentType: in.ContentType, Header: in.Header, Applied: in.Applied, Drop: in.Drop,
	}
	if in.Drop != "" && in.Drop != DropBefore && in.Drop != DropAfter {
		return fmt.Errorf("drop %q is neither %q nor %q", in.Drop, DropBefore, DropAfter)
	}
	if in.Delay == "" {
		return nil
	}
	delay, err := time.ParseDuration(in.Delay)
	f.Delay = delay
	return err
}
