package sync

import "time"

// Budget is how much of a vendor account's limits is used, as far as all instances
// together know. The zero value: nothing is limited.
type Budget struct {
	// Used, Limit and WindowSeconds are of the rolling window that is used up most.
	Used          int `json:"used"`
	Limit         int `json:"limit"`
	WindowSeconds int `json:"windowSeconds"`
	// Classes holds every limit that is known, rolling windows before days.
	Classes []BudgetClass `json:"classes"`
}

// BudgetClass is one of a vendor's limits and its use.
type BudgetClass struct {
	Name string `json:"name"` // such as general, search, burst, daily
	Unit string `json:"unit"` // calls or tokens
	Used int    `json:"used"`
	// Limit is what the vendor allows in a window, Left the part of it that is not
	// used, of which Reserved is kept for events and edits.
	Limit    int `json:"limit"`
	Left     int `json:"left"`
	Reserved int `json:"reserved"`
	// WindowSeconds is the length of a rolling window, or that of a day.
	WindowSeconds int `json:"windowSeconds"`
	// ResetsAt is when a daily limit starts anew; zero for rolling windows.
	ResetsAt time.Time `json:"resetsAt,omitzero"`
	// Forecast is of a daily limit in use; else nil.
	Forecast *BudgetForecast `json:"forecast,omitempty"`
}

// BudgetForecast is what comes of a daily limit if calls go on as they lately did.
type BudgetForecast struct {
	PerHour int `json:"perHour"` // at present
	// SpentAt is when nothing will be left; zero: not before the limit starts anew.
	SpentAt time.Time `json:"spentAt,omitzero"`
	// Fits reports whether the limit lasts until it starts anew.
	Fits bool `json:"fits"`
}
