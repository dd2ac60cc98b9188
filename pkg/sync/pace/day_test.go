package pace

import (
	"testing"
	"time"
)

// on is a time of the day of noon, or of the days after it.
func on(day, hour, minute int) time.Time {
	return time.Date(2026, time.March, 1+day, hour, minute, 0, 0, time.UTC)
}

func TestADayIsSpent(t *testing.T) {
	var a Account
	d := &a.Day
	if ok, _, _ := d.Admit(1e6, false, noon); !ok {
		t.Error("a limit that is not known holds calls up")
	}
	d.Observe(1000, 30, noon)
	if ok, _, _ := d.Admit(10, false, noon); !ok {
		t.Error("what is left is not granted")
	}
	ok, probe, retry := d.Admit(11, false, noon)
	if ok || probe || !retry.Equal(on(0, 13, 1)) {
		t.Errorf("into what is kept: %v %v, again at %v", ok, probe, retry)
	}
	if ok, _, _ := d.Admit(30, true, noon); !ok {
		t.Error("an urgent call may not use what is kept")
	}
	if ok, _, _ := d.Admit(31, true, noon); ok {
		t.Error("more than the limit is granted")
	}
	// Once an hour one call is tried.
	if ok, probe, _ := d.Admit(11, false, on(0, 13, 1)); !ok || !probe {
		t.Error("nothing is tried after an hour")
	}
	d.Probed(on(0, 13, 1))
	if ok, _, retry := d.Admit(11, false, on(0, 13, 1)); ok || !retry.Equal(on(0, 13, 1).Add(probeAnswer)) {
		t.Errorf("a second one is tried; again at %v", retry)
	}
	d.Observe(1000, 0, on(0, 13, 1))
	if ok, _, retry := d.Admit(11, false, on(0, 13, 2)); ok || !retry.Equal(on(0, 14, 1)) {
		t.Errorf("a second one is tried; again at %v", retry)
	}
	if until := a.Exhaust(on(0, 13, 2), 0); !until.Equal(on(0, 14, 1)) || !d.Spent() {
		t.Errorf("spent until %v: %+v", until, d)
	}
	if until := a.Exhaust(on(0, 13, 2), 5*time.Hour); !until.Equal(on(0, 18, 2)) {
		t.Errorf("told to wait: %v", until)
	}
	// The vendor's count says that the day is over.
	d.Observe(1000, 995, on(0, 15, 0))
	if ok, _, _ := d.Admit(11, false, on(0, 15, 0)); !ok || d.Used != 5 {
		t.Errorf("%+v", d)
	}
}

// TestWhatIsNotKnownIsTriedToo: the vendor says that the day is spent, but tells no
// limit.
func TestWhatIsNotKnownIsTriedToo(t *testing.T) {
	var a Account
	if until := a.Exhaust(noon, 15*time.Minute); !until.Equal(on(0, 12, 15)) || a.Blocked("any", noon) != 15*time.Minute {
		t.Errorf("until %v", until)
	}
	if ok, _, _ := a.Day.Admit(1, false, on(0, 12, 15)); !ok {
		t.Errorf("%+v", a.Day)
	}
}

// TestMidnightIsLearned from when the vendor's count falls.
func TestMidnightIsLearned(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after time.Time
		used, then    int
		want          time.Time // of the reset after that
	}{
		{"between two answers", on(0, 22, 52), on(0, 23, 4), 900, 10, on(1, 23, 0)},
		{"at half past", on(0, 18, 21), on(0, 18, 33), 900, 0, on(1, 18, 30)},
		{"answers too far apart", on(0, 3, 0), on(0, 5, 0), 900, 10, on(1, 0, 0)},
		{"calls given back", on(0, 22, 52), on(0, 23, 4), 900, 700, on(1, 0, 0)},
		{"hardly used", on(0, 22, 52), on(0, 23, 4), 12, 0, on(1, 0, 0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d Day
			d.Observe(1000, 1000-c.used, c.before)
			d.Observe(1000, 1000-c.then, c.after)
			if got := d.Resets(c.after); !got.Equal(c.want) || d.Used != c.then {
				t.Errorf("starts anew at %v, want %v; %d used", got, c.want, d.Used)
			}
		})
	}
}

// TestALearnedMidnightIsRelied on: the count starts anew by itself.
func TestALearnedMidnightIsReliedOn(t *testing.T) {
	var a Account
	d := &a.Day
	d.Observe(1000, 100, on(0, 22, 52))
	d.Observe(1000, 1000, on(0, 23, 4))
	d.Observe(1000, 0, on(1, 22, 20))
	if ok, _, retry := d.Admit(1, true, on(1, 22, 30)); ok || !retry.Equal(on(1, 23, 0)) {
		t.Errorf("again at %v", retry)
	}
	if ok, probe, _ := d.Admit(1, false, on(1, 23, 0)); !ok || probe || d.Used != 0 {
		t.Errorf("after midnight: %v %v %+v", ok, probe, d)
	}
}

// TestAnAssumedMidnightIsTried: nothing starts anew only because it is midnight here.
func TestAnAssumedMidnightIsTried(t *testing.T) {
	var d Day
	d.Observe(1000, 0, on(0, 23, 0))
	if ok, _, _ := d.Admit(1, false, on(0, 23, 0)); ok {
		t.Fatal("granted")
	}
	if ok, probe, _ := d.Admit(1, false, on(1, 0, 2)); !ok || !probe {
		t.Errorf("after midnight: %v, %v", ok, probe)
	}
	d.Probed(on(1, 0, 2))
	d.Reopen(on(1, 0, 3)) // it passed, and the answer told no count
	if ok, probe, _ := d.Admit(1, false, on(1, 0, 4)); !ok || probe {
		t.Errorf("after the probe: %+v", d)
	}
}

func TestAnswersThatOvertakeOneAnother(t *testing.T) {
	var d Day
	d.Observe(1000, 500, noon.Add(time.Second))
	d.Observe(1000, 505, noon)
	if d.Used != 500 {
		t.Errorf("%d used", d.Used)
	}
	d.Spend(5, noon.Add(2*time.Second))
	if d.Used != 505 {
		t.Errorf("%d used", d.Used)
	}
}

func TestForecast(t *testing.T) {
	at := func(use ...int) ClassBudget {
		var a Account
		now := on(0, 6, 0)
		for _, used := range use {
			a.Day.Observe(10_000, 10_000-used, now)
			now = now.Add(10 * time.Minute)
		}
		return a.Budget(nil, "tokens", now.Add(-10*time.Minute)).Classes[0]
	}
	slow := at(1000, 1010, 1020, 1030)
	if f := slow.Forecast; f.PerHour != 60 || !f.Fits || !f.SpentAt.IsZero() || slow.Left != 8970 || slow.Unit != "tokens" || !slow.ResetsAt.Equal(on(1, 0, 0)) {
		t.Errorf("%+v, %+v", slow, f)
	}
	if f := at(1000, 1500, 2000).Forecast; f.PerHour != 3000 || f.Fits || !f.SpentAt.Equal(on(0, 6, 20).Add(160*time.Minute)) {
		t.Errorf("%+v", f)
	}
	if f := at(10_000).Forecast; f.Fits || !f.SpentAt.Equal(on(0, 6, 0)) {
		t.Errorf("spent: %+v", f)
	}
	if f := at(5).Forecast; f.PerHour != 0 || !f.Fits {
		t.Errorf("one answer: %+v", f)
	}
}

func TestBudgetShowsTheTightestWindow(t *testing.T) {
	var a Account
	a.Window("general", 10*time.Second).Take(100, 30, noon, 0)
	a.Window("search", time.Second).Take(5, 2, noon, 0)
	classes := []Class{{"general", 100, 10 * time.Second, false}, {"search", 5, time.Second, false}}
	b := a.Budget(classes, "calls", noon)
	if b.Used != 2 || b.Limit != 5 || b.WindowSeconds != 1 || len(b.Classes) != 2 {
		t.Errorf("%+v", b)
	}
	if g := b.Classes[0]; g.Used != 30 || g.Left != 70 || g.Reserved != 2 || g.Forecast != nil {
		t.Errorf("%+v", g)
	}
	a.Window("general", 0).Learn(190, noon)
	if b = a.Budget(classes, "calls", noon); b.Classes[0].Limit != 190 {
		t.Errorf("%+v", b.Classes[0])
	}
	classes[0].Fixed = true
	if b = a.Budget(classes, "calls", noon.Add(20*time.Second)); b.Classes[0].Limit != 100 || b.Classes[0].Used != 0 {
		t.Errorf("%+v", b.Classes[0])
	}
}
