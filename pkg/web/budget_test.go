package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestASpentDayHoldsUpTheRestButNotAnEdit: the first sync stops at what is kept of
// Pipedrive's day, says until when, lets an edit through, and goes on the next day.
func TestASpentDayHoldsUpTheRestButNotAnEdit(t *testing.T) {
	d := openWith(t, env())
	knobs := d.pipedrive.Knobs()
	knobs.LimitsOff, knobs.BurstLimit, knobs.DailyTokens = false, 100_000, 1000
	d.pipedrive.SetKnobs(knobs)
	const people = 250
	for i := range people {
		_, err := d.hubspot.Create(map[string]string{"email": fmt.Sprintf("p%d@example.com", i), "firstname": fmt.Sprint("P", i)})
		d.must(err)
	}
	var run runJSON
	d.do("POST sync", "").want(http.StatusOK).into(&run)
	made := len(d.inPipedrive())
	if made == 0 || made >= people {
		t.Fatalf("%d of %d people were made within the day's limit: %+v", made, people, run)
	}
	c := d.connection("pipedrive")
	if c.State != "throttled" || !strings.Contains(c.Message, "daily limit") || !strings.Contains(c.Message, "UTC on ") {
		t.Errorf("%s: %q", c.State, c.Message)
	}
	d.start(env()) // a new instance knows it from the store
	c = d.connection("pipedrive")
	if c.Budget == nil || len(c.Budget.Classes) != 2 {
		t.Fatalf("budget %+v", c.Budget)
	}
	day := c.Budget.Classes[1]
	if day.Name != "daily" || day.Unit != "tokens" || day.Limit != 1000 || day.Reserved != 20 || day.Left < 20 || day.Left > 100 || day.ResetsAt.IsZero() || day.Forecast == nil {
		t.Errorf("%+v", day)
	}

	var page pageJSON
	d.do("GET contacts?provider=pipedrive&limit=1", "").want(http.StatusOK).into(&page)
	edited := page.Contacts[0]
	d.do("PATCH contacts?op=one&id="+edited.ID, `{"lastName":"Edited"}`).want(http.StatusOK)
	if row := d.inPipedrive()[edited.Email]; !strings.Contains(fmt.Sprint(row), "Edited") {
		t.Errorf("the edit waits too: %v", row)
	}
	if n := len(d.inPipedrive()); n != made {
		t.Errorf("%d people were made out of what is kept", n-made)
	}

	knobs.DailyTokens = 5000 // as after its midnight
	d.pipedrive.SetKnobs(knobs)
	d.clock.set(time.Until(d.clock.Now()) + 2*time.Hour)
	for range 4 { // the first call finds out whether the day has begun; the others wait for it
		_, err := d.app.Service.SyncAll(t.Context())
		d.must(err)
	}
	if n := len(d.inPipedrive()); n != people {
		t.Errorf("%d of %d people in the end", n, people)
	}
	if c := d.connection("pipedrive"); c.State != "active" || c.Message != "" {
		t.Errorf("%s: %q", c.State, c.Message)
	}
}
