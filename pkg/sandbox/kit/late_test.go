package kit

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// slowVendor notes the requests that take effect, with a clock that a test moves.
type slowVendor struct {
	Faults
	at   time.Time
	done []string
}

func newSlowVendor() *slowVendor {
	v := &slowVendor{at: noon}
	v.Clock = func() time.Time { return v.at }
	return v
}

func (v *slowVendor) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v.done = append(v.done, r.URL.Path+" "+string(body))
	if err := r.Context().Err(); err != nil {
		v.done = append(v.done, err.Error())
	}
}

// send sends a request whose caller is gone when it returns.
func (v *slowVendor) send(path string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "POST", "http://sandbox"+path, strings.NewReader("body of "+path))
	_, err := Transport{v.Wrap(v)}.RoundTrip(req)
	return err
}

func TestLateRequests(t *testing.T) {
	v := newSlowVendor()
	v.Add(Fault{PathPrefix: "/slow", Drop: DropLate, Late: 10 * time.Second})
	v.Add(Fault{PathPrefix: "/slower", Drop: DropLate, Late: 10 * time.Second})
	v.Add(Fault{PathPrefix: "/soon", Drop: DropLate, Late: time.Second})
	for _, path := range []string{"/slow", "/slower", "/soon"} {
		if err := v.send(path); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%s: %v, want a dropped connection", path, err)
		}
	}
	v.Clear()
	if due, ok := v.NextLate(); !ok || !due.Equal(noon.Add(time.Second)) {
		t.Errorf("the next is due %v, %v", due, ok)
	}
	v.ApplyLate()
	if len(v.done) != 0 {
		t.Errorf("too early: %q", v.done)
	}
	v.at = noon.Add(9 * time.Second)
	if err := v.send("/other"); err != nil {
		t.Fatal(err)
	}
	v.at = noon.Add(10 * time.Second)
	v.ApplyLate()
	want := []string{"/soon body of /soon", "/other body of /other", "/slow body of /slow", "/slower body of /slower"}
	if !slices.Equal(v.done, want) {
		t.Errorf("got %q, want %q", v.done, want)
	}
	if due, ok := v.NextLate(); ok {
		t.Errorf("one more is due %v", due)
	}
}
