package kit

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const pageSize = 50

func (d *Desk) listPage(w http.ResponseWriter, r *http.Request) {
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	deleted := r.URL.Query().Get("show") == "deleted"
	d.renderList(w, r, query, deleted, queryInt(r, "offset", 0), "")
}

func (d *Desk) renderList(w http.ResponseWriter, r *http.Request, query string, deleted bool, offset int, problem string) {
	rows, total := d.Book.Rows(query, deleted, pageSize, offset)
	v := view{Kind: "list", Query: query, Deleted: deleted, Rows: rows, Total: total, From: offset + 1, To: offset + len(rows), Problem: problem}
	if offset > 0 {
		v.Previous = listAddress(query, deleted, max(0, offset-pageSize))
	}
	if v.To < total {
		v.Next = listAddress(query, deleted, offset+pageSize)
	}
	status := http.StatusOK
	if problem != "" {
		status = http.StatusUnprocessableEntity
	}
	d.render(w, r, status, v)
}

func listAddress(query string, deleted bool, offset int) string {
	values := url.Values{"offset": {fmt.Sprint(offset)}}
	if query != "" {
		values.Set("q", query)
	}
	if deleted {
		values.Set("show", "deleted")
	}
	return "/?" + values.Encode()
}

func (d *Desk) deleteForm(w http.ResponseWriter, r *http.Request) {
	d.each(w, r, false, "deleted", d.Book.Delete)
}

func (d *Desk) restoreForm(w http.ResponseWriter, r *http.Request) {
	d.each(w, r, true, "restored", d.Book.Restore)
}

// each acts on the selected records, one after the other. Those that cannot be
// acted on are named with their reasons; the others are done all the same.
func (d *Desk) each(w http.ResponseWriter, r *http.Request, deleted bool, what string, act func(id string) error) {
	ids := selected(r)
	problems := []string{}
	for _, id := range ids {
		if err := act(id); err != nil {
			problems = append(problems, err.Error())
		}
	}
	switch acted := len(ids) - len(problems); {
	case len(ids) == 0:
		d.renderList(w, r, "", deleted, 0, "Select at least one record.")
	case len(problems) > 0:
		d.renderList(w, r, "", deleted, 0, fmt.Sprintf("%d of %d records %s. %s", acted, len(ids), what, strings.Join(problems, "; ")))
	default:
		done(w, r, "/", fmt.Sprintf("%s&n=%d", what, acted))
	}
}

// selected returns the ids a form or an address names, each once.
func selected(r *http.Request) []string {
	_ = r.ParseForm() // what cannot be read selects nothing
	ids := slices.Clone(r.Form["id"])
	slices.Sort(ids)
	return slices.Compact(ids)
}

// erasePage asks once more: nothing brings an erased record back.
func (d *Desk) erasePage(w http.ResponseWriter, r *http.Request) {
	v := view{Kind: "erase"}
	for _, id := range selected(r) {
		if row, ok := d.Book.Row(id); ok {
			v.Rows = append(v.Rows, row)
		}
	}
	status := http.StatusOK
	if len(v.Rows) == 0 {
		v.Problem, status = "Select at least one record.", http.StatusUnprocessableEntity
	}
	d.render(w, r, status, v)
}

func (d *Desk) eraseForm(w http.ResponseWriter, r *http.Request) {
	eraser, ok := d.Book.(Eraser)
	if !ok {
		http.NotFound(w, r)
		return
	}
	d.each(w, r, true, "erased", eraser.Erase)
}
