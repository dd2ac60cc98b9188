package pace

import "time"

// Day is the use of a limit per day. Vendors start it anew at midnight of a time
// zone they do not tell: that is learned from when their count falls, and until
// then UTC is assumed.
type Day struct {
	// Limit is what the vendor's answers say; 0: nothing, and nothing is limited.
	Limit int `json:"limit,omitempty"`
	Used  int `json:"used,omitempty"`
	// Seen is the vendor's own count at SeenAt, in Unix milliseconds.
	Seen   int   `json:"seen,omitempty"`
	SeenAt int64 `json:"seenAt,omitempty"`
	// Began is when Used was last set to zero; 0: not yet.
	Began int64 `json:"began,omitempty"`
	// Midnight is the minute of the UTC day at which it starts anew, and one more; 0:
	// not known.
	Midnight int `json:"midnight,omitempty"`
	// Probe is when a spent limit may be tried with one call, at the earliest; 0: see
	// [Day.probeAt].
	Probe int64 `json:"probe,omitempty"`
	// Samples are of the last hour: when, and what was used then.
	Samples []Mark `json:"samples,omitempty"`
}

const (
	dayLength = 24 * time.Hour
	// probeEvery is how often a spent limit is tried, a little after each hour:
	// midnight of almost every time zone is at one.
	probeEvery = time.Hour
	probeAfter = time.Minute
	// probeAnswer is how long the answer to such a call is waited for.
	probeAnswer = 15 * time.Second
	// Samples are taken every sampleEvery; the oldest tells the rate.
	sampleEvery = 10 * time.Minute
	sampleCount = 7
	// A count that falls by half, and by this much, was started anew. Less may be of
	// answers that overtook one another, or of calls given back.
	leastFall = 20
	// What is between two answers further apart does not tell when a day began.
	learnWithin = time.Hour
)

// Resets returns when the day after now begins.
func (d *Day) Resets(now time.Time) time.Time {
	midnight := now.UTC().Truncate(dayLength)
	if d.Midnight > 0 {
		midnight = midnight.Add(time.Duration(d.Midnight-1) * time.Minute)
	}
	for !midnight.After(now) {
		midnight = midnight.Add(dayLength)
	}
	return midnight
}

// turn begins a new day when its time has come.
func (d *Day) turn(now time.Time) {
	began := d.Resets(now).Add(-dayLength).UnixMilli()
	if d.Began == 0 {
		d.Began = began
	}
	if began <= d.Began {
		return
	}
	d.Began, d.Samples = began, nil
	if d.Midnight > 0 || d.Used < d.Limit-2*Reserved(d.Limit) {
		d.Used, d.Probe = 0, 0
	} // else nothing is left, and a probe will find out when it really begins
}

// Spend counts what a call cost.
func (d *Day) Spend(cost int, now time.Time) {
	d.turn(now)
	d.Used += cost
	d.sample(now)
}

// Observe takes over the vendor's count, as an answer told it.
func (d *Day) Observe(limit, remaining int, now time.Time) {
	d.turn(now)
	used, ms := limit-remaining, now.UnixMilli()
	if ms < d.SeenAt {
		return // overtaken by a later answer
	}
	if fell := d.Seen - used; d.SeenAt > 0 && fell >= leastFall && used <= d.Seen/2 {
		d.startedAnew(now)
	}
	d.Limit, d.Used, d.Seen, d.SeenAt, d.Probe = limit, used, used, ms, 0
	d.sample(now)
}

// startedAnew learns when days begin from two answers before and after it. Time
// zones begin at whole or half hours.
func (d *Day) startedAnew(now time.Time) {
	d.Samples = nil
	boundary := now.UTC().Truncate(30 * time.Minute)
	if before := time.UnixMilli(d.SeenAt); now.Sub(before) <= learnWithin && boundary.After(before) {
		d.Midnight = int(boundary.Sub(boundary.Truncate(dayLength))/time.Minute) + 1
	}
	d.Began = d.Resets(now).Add(-dayLength).UnixMilli()
}

// Exhaust notes that the vendor refused a call because the day's limit is used up,
// and grants none until the next probe; after is what the vendor asked to wait, if it
// did. It returns when that is.
func (a *Account) Exhaust(now time.Time, after time.Duration) time.Time {
	d := &a.Day
	d.turn(now)
	probe := nextProbe(now)
	if after >= time.Minute {
		probe = now.Add(after)
	}
	if d.Limit == 0 {
		a.Block("", probe) // how much the limit is was never told
		return probe
	}
	d.Used, d.Probe = max(d.Used, d.Limit), probe.UnixMilli()
	return d.retry(now)
}

func nextProbe(now time.Time) time.Time {
	return now.UTC().Truncate(probeEvery).Add(probeEvery + probeAfter)
}

// probeAt is when a spent limit is tried: in the hour after the last answer.
func (d *Day) probeAt() time.Time {
	if d.Probe > 0 {
		return time.UnixMilli(d.Probe).UTC()
	}
	return nextProbe(time.UnixMilli(d.SeenAt))
}

func (d *Day) retry(now time.Time) time.Time {
	resets, probe := d.Resets(now), d.probeAt()
	if d.Midnight > 0 && resets.Before(probe) {
		return resets
	}
	return probe
}

// Admit reports whether a call of a cost is within the day's limit. One that is not
// may be sent all the same once an hour, to see whether a day has begun elsewhere:
// then probe is true, and [Day.Probed] has to be called first. Otherwise retry is
// when to ask again.
func (d *Day) Admit(cost int, urgent bool, now time.Time) (ok, probe bool, retry time.Time) {
	d.turn(now)
	limit := d.Limit
	if !urgent {
		limit -= Reserved(limit)
	}
	switch {
	case d.Limit <= 0 || d.Used+cost <= limit:
		return true, false, time.Time{}
	case !now.Before(d.probeAt()):
		return true, true, time.Time{}
	}
	return false, false, d.retry(now)
}

// Probed notes that the hour's call is about to be sent. Until its answer tells,
// others wait a moment.
func (d *Day) Probed(now time.Time) { d.Probe = now.Add(probeAnswer).UnixMilli() }

// Reopen notes that a call was let pass though the limit was spent, by an answer that
// does not tell the count: a day has begun.
func (d *Day) Reopen(now time.Time) {
	d.startedAnew(now)
	d.Used, d.Probe, d.Seen, d.SeenAt = 0, 0, 0, 0
}

// Spent reports whether nothing is left but for probes.
func (d *Day) Spent() bool { return d.Limit > 0 && d.Used >= d.Limit }

// sample remembers the use for the rate.
func (d *Day) sample(now time.Time) {
	ms := now.UnixMilli()
	if n := len(d.Samples); n > 0 && ms-d.Samples[n-1][0] < sampleEvery.Milliseconds() {
		return
	}
	d.Samples = append(d.Samples, Mark{ms, int64(d.Used)})
	if n := len(d.Samples); n > sampleCount {
		d.Samples = d.Samples[n-sampleCount:]
	}
}

// perHour returns the rate at which the limit is used, over the last hour or what
// is known of it.
func (d *Day) perHour(now time.Time) int {
	recent := now.Add(-sampleEvery * sampleCount).UnixMilli()
	for _, s := range d.Samples {
		if s[0] < recent {
			continue
		}
		if passed := now.Sub(time.UnixMilli(s[0])); passed >= time.Minute {
			return max(0, int(float64(int64(d.Used)-s[1])/passed.Hours()+0.5))
		}
		break
	}
	return 0
}

// spentAt returns when nothing will be left at the present rate; zero: not before
// the limit starts anew.
func (d *Day) spentAt(now time.Time) time.Time {
	if d.Used >= d.Limit {
		return now
	}
	rate := d.perHour(now)
	if rate == 0 {
		return time.Time{}
	}
	spent := now.Add(time.Duration(float64(d.Limit-d.Used) / float64(rate) * float64(time.Hour)))
	if !spent.Before(d.Resets(now)) {
		return time.Time{}
	}
	return spent.UTC().Truncate(time.Second)
}
