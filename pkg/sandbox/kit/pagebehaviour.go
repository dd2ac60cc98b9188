package kit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// fact is a line of the behaviour page.
type fact struct {
	Name  string
	Value any
}

func (d *Desk) behaviourPage(w http.ResponseWriter, r *http.Request) {
	d.renderBehaviour(w, r, indented(d.Book.Knobs()), indented(d.Faults.Pending()), nil)
}

func (d *Desk) behaviourForm(w http.ResponseWriter, r *http.Request) {
	knobs, script := r.PostFormValue("knobs"), r.PostFormValue("faults")
	var faults []Fault
	err := json.Unmarshal([]byte(script), &faults)
	if err != nil {
		err = fmt.Errorf("faults: %w", err)
	} else if err = d.Book.SetKnobs([]byte(knobs)); err != nil {
		err = fmt.Errorf("knobs: %w", err)
	}
	if err != nil {
		d.renderBehaviour(w, r, knobs, script, err)
		return
	}
	d.Faults.Clear()
	for _, f := range faults {
		d.Faults.Add(f)
	}
	if r.PostFormValue("reset") != "" {
		d.Calls.Reset()
	}
	done(w, r, "/behaviour", "applied")
}

func (d *Desk) renderBehaviour(w http.ResponseWriter, r *http.Request, knobs, faults string, problem error) {
	v, status := view{Kind: "behaviour", Knobs: knobs, Faults: faults}, http.StatusOK
	if problem != nil {
		v.Problem, status = problem.Error(), http.StatusUnprocessableEntity
	}
	v.Troubles = d.troubles()
	v.Armed = len(d.Faults.Pending())
	for _, f := range facts(d.Book.State()) {
		v.State = append(v.State, fact{words(f.Name), plainValue(f.Value)})
	}
	v.Calls = append(facts(d.Calls.Snapshot()), fact{"Total", d.Calls.Total()})
	d.render(w, r, status, v)
}

func facts[V any](m map[string]V) []fact {
	list := make([]fact, 0, len(m))
	for name, value := range m {
		list = append(list, fact{name, value})
	}
	slices.SortFunc(list, func(a, b fact) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func indented(v any) string {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// words turns a name such as pendingWebhooks into "Pending webhooks".
func words(name string) string {
	var text strings.Builder
	for i, r := range name {
		switch {
		case i == 0:
			text.WriteRune(unicode.ToUpper(r))
		case unicode.IsUpper(r):
			text.WriteRune(' ')
			text.WriteRune(unicode.ToLower(r))
		default:
			text.WriteRune(r)
		}
	}
	return text.String()
}

func plainValue(value any) any {
	switch v := value.(type) {
	case []string:
		if len(v) > 0 {
			return strings.Join(v, ", ")
		}
		return "none"
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case string:
		if v == "" {
			return "none"
		}
	}
	return value
}
