package kit

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Delivery is one request a vendor sends to its subscriber, and its retries.
type Delivery struct {
	// Build makes the request of an attempt (0 is the first), so that timestamp
	// and signature are those of the moment it is sent.
	Build func(attempt int, now time.Time) (*http.Request, error)
	// Delay is how long the first attempt waits.
	Delay time.Duration
	// Attempts holds the delay before each retry; its length is their number.
	Attempts []time.Duration
	// Tried, if not nil, is called after every attempt, outside any lock.
	Tried func(attempt, status int, err error)
	// Done, if not nil, is called once, outside any lock: with the status of the
	// attempt that succeeded or was the last, and its error. Any 2xx is success.
	Done func(status int, err error)

	attempt int
	due     time.Time
}

// Webhooks delivers events in the order they become due, one at a time. Until
// Start is called they are held and only Flush sends them. It is safe for
// concurrent use; set the fields before the first use.
type Webhooks struct {
	// Client sends the requests; its Timeout is the vendor's patience. Nil means a
	// client with 5 seconds and without redirects.
	Client *http.Client
	// Clock decides when a retry is due.
	Clock Clock
	// Gather, if not nil, is called before each look at the queue and returns
	// deliveries made of events that waited since; a vendor batches there.
	Gather func() []Delivery
	// Shuffle, if not nil, may put what is due into another order before it is sent.
	Shuffle func(due []Delivery)

	mu     sync.Mutex
	queue  []Delivery // by due, equal ones in order of arrival
	flush  sync.Mutex // one sender at a time
	wake   chan struct{}
	cancel context.CancelFunc
	ended  chan struct{}
}

// Enqueue adds a delivery that is due now, or after its Delay.
func (w *Webhooks) Enqueue(d Delivery) {
	d.due = w.Clock.Now().Add(d.Delay)
	w.insert(d)
	w.Wake()
}

// Wake makes the background delivery look at its queue; Enqueue does it by itself.
func (w *Webhooks) Wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.wake == nil {
		return
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Pending returns how many deliveries wait, retries included.
func (w *Webhooks) Pending() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.queue)
}

// NextDue returns when the next delivery is due, and whether there is one.
func (w *Webhooks) NextDue() (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return time.Time{}, false
	}
	return w.queue[0].due, true
}

// Flush sends everything that is due now, in order, and waits for the answers.
// Retries that become due later stay queued. It returns only ctx's error.
func (w *Webhooks) Flush(ctx context.Context) error {
	w.flush.Lock()
	defer w.flush.Unlock()
	w.gather()
	due := w.takeDue(w.Clock.Now())
	if w.Shuffle != nil {
		w.Shuffle(due)
	}
	for i, d := range due {
		if err := ctx.Err(); err != nil {
			w.insert(due[i:]...)
			return err
		}
		w.send(ctx, d)
	}
	return ctx.Err()
}

// Start delivers in the background until Close. Calling it twice is an error of the caller.
func (w *Webhooks) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	w.mu.Lock()
	w.wake, w.ended, w.cancel = make(chan struct{}, 1), make(chan struct{}), cancel
	w.mu.Unlock()
	go w.run(ctx, w.wake, w.ended)
}

// Close ends the background delivery and waits for it. What is queued stays queued.
func (w *Webhooks) Close() {
	w.mu.Lock()
	cancel, ended := w.cancel, w.ended
	w.mu.Unlock()
	if cancel != nil {
		cancel()
		<-ended
	}
}

func (w *Webhooks) run(ctx context.Context, wake <-chan struct{}, ended chan<- struct{}) {
	defer close(ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		if w.Flush(ctx) != nil {
			return
		}
		timer.Stop()
		if next, ok := w.NextDue(); ok {
			timer.Reset(max(0, next.Sub(w.Clock.Now())))
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-timer.C:
		}
	}
}

func (w *Webhooks) gather() {
	if w.Gather == nil {
		return
	}
	for _, d := range w.Gather() {
		d.due = w.Clock.Now().Add(d.Delay)
		w.insert(d)
	}
}

func (w *Webhooks) insert(deliveries ...Delivery) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range deliveries {
		at := len(w.queue)
		for at > 0 && w.queue[at-1].due.After(d.due) {
			at--
		}
		w.queue = slices.Insert(w.queue, at, d)
	}
}

func (w *Webhooks) takeDue(now time.Time) []Delivery {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for n < len(w.queue) && !w.queue[n].due.After(now) {
		n++
	}
	due := slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
	return due
}

func (w *Webhooks) send(ctx context.Context, d Delivery) {
	status, err := w.attempt(ctx, d)
	if err != nil && ctx.Err() != nil { // interrupted by us: not an attempt
		w.insert(d)
		return
	}
	if d.Tried != nil {
		d.Tried(d.attempt, status, err)
	}
	if (err != nil || status/100 != 2) && d.attempt < len(d.Attempts) {
		d.due = w.Clock.Now().Add(d.Attempts[d.attempt])
		d.attempt++
		w.insert(d)
		return
	}
	if d.Done != nil {
		d.Done(status, err)
	}
}

func (w *Webhooks) attempt(ctx context.Context, d Delivery) (int, error) {
	req, err := d.Build(d.attempt, w.Clock.Now())
	if err != nil {
		return 0, fmt.Errorf("building a webhook: %w", err)
	}
	client := w.Client
	if client == nil {
		client = defaultClient
	}
	resp, err := client.Do(req.WithContext(ctx))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, nil
}

var defaultClient = &http.Client{
	Timeout:       5 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}
