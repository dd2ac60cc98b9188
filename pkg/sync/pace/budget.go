package pace

import "time"

// Budget is how much of a vendor account's limits is used, as far as all instances
// together know. The zero value: nothing is limited.
type Budget struct {
	// Used, Limit and WindowSeconds are of the rolling window that is used up most.
	Used          int `json:"used"`
	Limit         int `json:"limit"`
	WindowSeconds int `json:"windowSeconds"`
	// Classes holds every limit that is known, rolling windows before the day.
	Classes []ClassBudget `json:"classes"`
}

// ClassBudget is one of a vendor's limits and its use.
type ClassBudget struct {
	Name string `json:"name"` // such as general, search, burst, daily
	Unit string `json:"unit"` // calls or tokens
	Used int    `json:"used"`
	// Limit is what the vendor allows in a window, Left the part of it that is not
	// used, and Reserved the part that only events and edits may use.
	Limit    int `json:"limit"`
	Left     int `json:"left"`
	Reserved int `json:"reserved"`
	// WindowSeconds is the length of a rolling window, or that of a day.
	WindowSeconds int `json:"windowSeconds"`
	// ResetsAt is when a daily limit starts anew; zero for rolling windows.
	ResetsAt time.Time `json:"resetsAt,omitzero"`
	// Forecast is of a daily limit; else nil.
	Forecast *Forecast `json:"forecast,omitempty"`
}

// Forecast is what comes of a daily limit if calls go on as in the last hour.
type Forecast struct {
	PerHour int `json:"perHour"`
	// SpentAt is when nothing will be left; zero: not before the limit starts anew.
	SpentAt time.Time `json:"spentAt,omitzero"`
	// Fits reports whether the limit lasts until it starts anew.
	Fits bool `json:"fits"`
}

// Class is a limit as its vendor states it, where answers told of no other.
type Class struct {
	Name  string
	Limit int
	Per   time.Duration
	// Fixed: what answers tell does not count.
	Fixed bool
}

// Budget sums the account up: its classes, and its day in the unit given.
func (a Account) Budget(classes []Class, unit string, now time.Time) Budget {
	a = a.Clone()
	var b Budget
	tightest := -1.0
	for _, class := range classes {
		c := a.class(class, now)
		b.Classes = append(b.Classes, c)
		share := float64(c.Used) / float64(c.Limit)
		if share > tightest || share == tightest && c.Limit > b.Limit {
			tightest, b.Used, b.Limit, b.WindowSeconds = share, c.Used, c.Limit, c.WindowSeconds
		}
	}
	if a.Day.Limit > 0 {
		b.Classes = append(b.Classes, a.Day.class(unit, now))
	}
	return b
}

func (a *Account) class(class Class, now time.Time) ClassBudget {
	w := a.Window(class.Name, class.Per)
	limit, used := class.Limit, w.Used(now)
	if !class.Fixed {
		limit = w.LimitOr(limit, now)
	}
	return ClassBudget{
		Name: class.Name, Unit: "calls", Used: used, Limit: limit, Left: max(0, limit-used),
		Reserved: Reserved(limit), WindowSeconds: int(class.Per.Seconds()),
	}
}

func (d Day) class(unit string, now time.Time) ClassBudget {
	d.turn(now)
	spent := d.spentAt(now)
	return ClassBudget{
		Name: "daily", Unit: unit, Used: d.Used, Limit: d.Limit, Left: max(0, d.Limit-d.Used),
		Reserved: Reserved(d.Limit), WindowSeconds: int(dayLength.Seconds()), ResetsAt: d.Resets(now),
		Forecast: &Forecast{PerHour: d.perHour(now), SpentAt: spent, Fits: spent.IsZero()},
	}
}
