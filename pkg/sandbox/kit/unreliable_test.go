package kit

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestACallerGivesUpBeforeOrAfterTheRequestTookEffect(t *testing.T) {
	for _, c := range []struct {
		fault   Fault
		applied int
	}{
		{Fault{Delay: time.Hour}, 0},
		{Fault{Hang: time.Hour}, 1},
		{Fault{Hang: time.Hour, Status: 504, Applied: true}, 1},
		{Fault{Hang: time.Hour, Status: 504}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			var f Faults
			applied := 0
			f.Add(c.fault)
			handler := f.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { applied++ }))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			req, _ := http.NewRequestWithContext(ctx, "POST", "http://sandbox/", nil)
			_, err := Transport{handler}.RoundTrip(req)
			if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, io.ErrUnexpectedEOF) || applied != c.applied {
				t.Errorf("%+v: %v, applied %d times", c.fault, err, applied)
			}
		})
	}
}

func TestAHangingAnswerIsTheRealOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f Faults
		var count int
		f.Add(Fault{Hang: time.Minute, Header: http.Header{"Content-Type": {"text/odd"}}})
		began := time.Now()
		resp, body, err := serve(t, &f, &count, "POST", "/")
		if err != nil || body != "real" || count != 1 || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/odd" {
			t.Errorf("%v: %q, %d calls, %v", err, body, count, resp)
		}
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("answered after %v", waited)
		}
	})
}

func TestDeliveriesMayBeLateAndShuffled(t *testing.T) {
	now := noon
	r := &receiver{}
	w := Webhooks{Client: &http.Client{Transport: Transport{r}}, Clock: func() time.Time { return now }, Shuffle: slices.Reverse[[]Delivery]}
	w.Enqueue(Delivery{Build: text("late"), Delay: time.Minute})
	w.Enqueue(Delivery{Build: text("first")})
	w.Enqueue(Delivery{Build: text("second")})
	for _, step := range []time.Duration{0, 59 * time.Second, time.Second} {
		now = now.Add(step)
		if err := w.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"second 12:00:00", "first 12:00:00", "late 12:01:00"}; !reflect.DeepEqual(r.got, want) {
		t.Errorf("got %q", r.got)
	}
}
