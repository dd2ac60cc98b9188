// Package pace is the arithmetic of a vendor's rate limits: how many calls an
// account has left in its rolling windows and in its day, and when the next may be
// sent.
//
// It is pure: an [Account] is a value that is stored as JSON, shared by all
// instances, and changed by one of them at a time. It knows neither vendors nor
// requests, and reads no clock.
//
// A rolling window is kept as a log of calls in small steps of time. The vendor
// counts a call at some time between the one it is granted for and that of its answer.
// So it is counted in every window that ends after the first, until one begins after
// the second, or after what answers lately took while it is not told: no window that
// ends now or later can then hold more calls than the log says.
package pace

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Account is what is known of the limits of one vendor account. The zero value is
// an account that was never called.
type Account struct {
	// Until ends a pause of all calls, in Unix milliseconds.
	Until   int64              `json:"until,omitempty"`
	Windows map[string]*Window `json:"windows,omitempty"`
	Day     Day                `json:"day,omitzero"`
}

// Decode reads an account as [Account.Encode] wrote it. What cannot be read counts
// as never called: the vendor's answers correct it.
func Decode(data []byte) Account {
	var a Account
	if len(data) > 0 && json.Unmarshal(data, &a) != nil {
		return Account{}
	}
	return a
}

// Encode writes the account, without what is too old to matter.
func (a *Account) Encode(now time.Time) []byte {
	for name, w := range a.Windows {
		if w.expire(now); w == nil || len(w.Open)+len(w.Done) == 0 && w.Limit == 0 && w.Until <= now.UnixMilli() {
			delete(a.Windows, name)
		}
	}
	data, err := json.Marshal(a)
	if err != nil {
		panic(err) // numbers always encode
	}
	return data
}

// Clone returns a copy that shares nothing.
func (a Account) Clone() Account {
	a.Windows = maps.Clone(a.Windows)
	for name, w := range a.Windows {
		c := *w
		c.Open, c.Done = slices.Clone(w.Open), slices.Clone(w.Done)
		a.Windows[name] = &c
	}
	a.Day.Samples = slices.Clone(a.Day.Samples)
	return a
}

// Window returns the window of a class, with the length it has now.
func (a *Account) Window(class string, per time.Duration) *Window {
	w := a.Windows[class]
	if w == nil {
		w = &Window{}
		if a.Windows == nil {
			a.Windows = map[string]*Window{}
		}
		a.Windows[class] = w
	}
	if per > 0 {
		w.Per = per.Milliseconds()
	}
	return w
}

// Block grants no call before until: of the class, or of any if class is "".
func (a *Account) Block(class string, until time.Time) {
	ms := until.UnixMilli()
	if class == "" {
		a.Until = max(a.Until, ms)
		return
	}
	w := a.Window(class, 0)
	w.Until = max(w.Until, ms)
}

// Blocked returns how long no call of the class is granted; 0 or less: it is.
func (a *Account) Blocked(class string, now time.Time) time.Duration {
	until := a.Until
	if w := a.Windows[class]; w != nil {
		until = max(until, w.Until)
	}
	return time.UnixMilli(until).Sub(now)
}
