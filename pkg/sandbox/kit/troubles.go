package kit

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Trouble is bad luck that a person can cause with one click, to watch what the
// other side makes of it.
type Trouble struct {
	Label, Hint string
	Faults      []Fault // added to those that wait
	Knobs       string  // a JSON object for [Book.SetKnobs]; "" changes none
}

// everyTrouble is what may happen to any CRM. Both know the knobs named here.
var everyTrouble = []Trouble{
	{
		Label: "Down for a moment", Hint: "The next 5 calls are answered with 503.",
		Faults: []Fault{{Status: http.StatusServiceUnavailable, Body: "{}", Times: 5}},
	},
	{
		Label: "A proxy in the way", Hint: "The next 2 calls are answered with 502 and a page of HTML.",
		Faults: []Fault{{Status: http.StatusBadGateway, ContentType: "text/html", Body: "<html><title>502 Bad Gateway</title></html>", Times: 2}},
	},
	{
		Label: "Request lost", Hint: "The connection of the next call drops before it takes effect.",
		Faults: []Fault{{Drop: DropBefore}},
	},
	{
		Label: "Answer lost", Hint: "The next call takes effect, then its connection drops.",
		Faults: []Fault{{Drop: DropAfter}},
	},
	{
		Label: "Slow", Hint: "The next 5 calls take 3 seconds longer.",
		Faults: []Fault{{Delay: 3 * time.Second, Times: 5}},
	},
	{Label: "Webhooks lost", Hint: "None is sent any more.", Knobs: `{"dropPercent":100}`},
	{
		Label: "Webhooks in disorder", Hint: "Many come twice, in any order and up to 10 seconds late.",
		Knobs: `{"duplicatePercent":50,"shuffleEvents":true,"webhookDelayMs":10000}`,
	},
	{Label: "Token revoked", Hint: "Every call is answered with 401.", Knobs: `{"revoked":true}`},
}

func (d *Desk) troubles() []Trouble { return slices.Concat(everyTrouble, d.Page.Troubles) }

// troubleForm causes the trouble that is named, or ends all of it.
func (d *Desk) troubleForm(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("normal") != "" {
		d.Faults.Clear()
		d.settle(w, r, "normal", d.Book.SetKnobs(d.normal))
		return
	}
	label := r.PostFormValue("trouble")
	all := d.troubles()
	at := slices.IndexFunc(all, func(t Trouble) bool { return t.Label == label })
	if at < 0 {
		d.settle(w, r, "", fmt.Errorf("there is no trouble %q", label))
		return
	}
	if all[at].Knobs != "" {
		if err := d.Book.SetKnobs([]byte(all[at].Knobs)); err != nil {
			d.settle(w, r, "", err)
			return
		}
	}
	for _, f := range all[at].Faults {
		d.Faults.Add(f)
	}
	d.settle(w, r, "applied", nil)
}

func (d *Desk) settle(w http.ResponseWriter, r *http.Request, what string, err error) {
	if err != nil {
		d.renderBehaviour(w, r, indented(d.Book.Knobs()), indented(d.Faults.Pending()), err)
		return
	}
	done(w, r, "/behaviour", what)
}
