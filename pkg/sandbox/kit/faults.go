package kit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// How a [Fault] drops a connection.
const (
	DropBefore = "before" // nothing happens, then the connection is dropped
	DropAfter  = "after"  // the request takes effect, then the connection is dropped
	DropLate   = "late"   // the connection is dropped, and the request takes effect later
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
	// Hang waits in real time after the request took effect and before its answer:
	// a caller that gives up meanwhile has timed out after the commit.
	Hang time.Duration
	// Drop is DropBefore, DropAfter, DropLate or "".
	Drop string
	// Late is how long after a DropLate, on the clock of the [Faults], the request
	// takes effect. The limits and knobs of that moment apply to it.
	Late time.Duration
}

// Faults is a script of faults. The zero value lets everything pass; it is safe
// for concurrent use.
type Faults struct {
	Clock Clock // of late requests; nil: the wall clock

	mu    sync.Mutex
	armed []*armedFault
	late  lateCalls
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

// Clear removes every fault. Late requests are on their way and stay so.
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

// ApplyLate lets the late requests that are due take effect. Wrap does so before
// it serves a request; whoever looks at the records another way does so first.
func (f *Faults) ApplyLate() { f.late.apply(f.Clock.Now()) }

// NextLate returns when the next late request takes effect, and whether there is one.
func (f *Faults) NextLate() (time.Time, bool) { return f.late.next() }

// Wrap returns next with the faults in front of it. A dropped connection is a
// panic with [http.ErrAbortHandler], which net/http and [Transport] understand.
func (f *Faults) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.ApplyLate()
		fault, ok := f.next(r)
		switch {
		case !ok:
			next.ServeHTTP(w, r)
		case fault.Drop == DropLate:
			pause(r, fault.Delay)
			f.late.add(r, f.Clock.Now().Add(fault.Late), next)
			panic(http.ErrAbortHandler)
		default:
			fault.serve(w, r, next)
		}
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
	answer := newRecorder()
	if f.Applied || f.Drop == DropAfter || f.Status == 0 {
		next.ServeHTTP(answer, r)
	}
	if !pause(r, f.Hang) || f.Drop == DropAfter {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), f.Header)
	if f.Status == 0 {
		answer.copyTo(w)
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
	Hang        string      `json:"hang,omitempty"`
	Drop        string      `json:"drop,omitempty"`
	Late        string      `json:"late,omitempty"`
}

// MarshalJSON writes the fault with lower-case keys; Delay, Hang and Late are Go durations ("250ms").
func (f Fault) MarshalJSON() ([]byte, error) {
	out := faultJSON{
		Method: f.Method, PathPrefix: f.PathPrefix, Skip: f.Skip, Times: f.Times, Status: f.Status, Body: f.Body,
		ContentType: f.ContentType, Header: f.Header, Applied: f.Applied, Drop: f.Drop,
	}
	if f.Delay > 0 {
		out.Delay = f.Delay.String()
	}
	if f.Hang > 0 {
		out.Hang = f.Hang.String()
	}
	if f.Late > 0 {
		out.Late = f.Late.String()
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes and refuses an unknown Drop or duration.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var in faultJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*f = Fault{
		Method: in.Method, PathPrefix: in.PathPrefix, Skip: in.Skip, Times: in.Times, Status: in.Status, Body: in.Body,
		ContentType: in.ContentType, Header: in.Header, Applied: in.Applied, Drop: in.Drop,
	}
	if in.Drop != "" && !slices.Contains([]string{DropBefore, DropAfter, DropLate}, in.Drop) {
		return fmt.Errorf("drop %q is none of %q, %q and %q", in.Drop, DropBefore, DropAfter, DropLate)
	}
	if in.Late != "" && in.Drop != DropLate {
		return fmt.Errorf("late %q without drop %q", in.Late, DropLate)
	}
	return cmp.Or(readWait(&f.Delay, in.Delay), readWait(&f.Hang, in.Hang), readWait(&f.Late, in.Late))
}

func readWait(wait *time.Duration, text string) (err error) {
	if text != "" {
		*wait, err = time.ParseDuration(text)
	}
	return err
}
