package kit

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Page describes the page on which a person edits records as if in the CRM: a
// list with search, an edit form, new, delete, restore, merge, and the sandbox's
// behaviour. It is self-contained HTML that works without JavaScript.
type Page struct {
	Title string
	// Accent is the colour of buttons and links as #rrggbb. White text must be
	// readable on it.
	Accent string
	// Columns returns the columns to show at this moment.
	Columns func() []Column
}

// Column is one field of the page.
type Column struct {
	Key, Label string
	// Input is the type of the form's input: "" for text, or "email", "tel", "url".
	Input string
	// ReadOnly fields are shown and never sent.
	ReadOnly bool
	// Hint is shown under the input.
	Hint string
}

const pageSize = 50

//go:embed page.html
var pageFiles embed.FS

var pageTemplate = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"css": func(s string) template.CSS { return template.CSS(s) },
}).ParseFS(pageFiles, "page.html"))

func (d *Desk) pages(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", d.listPage)
	mux.HandleFunc("GET /records/new", d.newPage)
	mux.HandleFunc("POST /records/new", d.createForm)
	mux.HandleFunc("GET /records/merge", d.mergePage)
	mux.HandleFunc("POST /records/merge", d.mergeForm)
	mux.HandleFunc("GET /records/{id}", d.editPage)
	mux.HandleFunc("POST /records/{id}", d.editForm)
	mux.HandleFunc("POST /records/{id}/delete", d.deleteForm)
	mux.HandleFunc("POST /records/{id}/restore", d.restoreForm)
	mux.HandleFunc("GET /behaviour", d.behaviourPage)
	mux.HandleFunc("POST /behaviour", d.behaviourForm)
}

// view is what the template draws; only the fields of its kind are set.
type view struct {
	Page    Page
	Kind    string // list, edit, merge, behaviour
	Columns []Column
	Notice  string
	Problem string

	Query          string
	Deleted        bool
	Rows           []Row
	Total          int
	From, To       int
	Previous, Next string // addresses; "" at the ends

	Row Row
	New bool

	State  []fact
	Calls  []fact
	Knobs  string
	Faults string
}

type fact struct {
	Name  string
	Value any
}

func (d *Desk) render(w http.ResponseWriter, r *http.Request, status int, v view) {
	v.Page, v.Columns = d.Page, d.Page.Columns()
	if v.Notice == "" {
		v.Notice = notices[r.URL.Query().Get("done")]
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, v)
}

var notices = map[string]string{
	"created":  "Record created.",
	"saved":    "Changes saved.",
	"deleted":  "Record deleted. You find it under Deleted.",
	"restored": "Record restored.",
	"merged":   "Records merged.",
	"applied":  "Behaviour changed.",
}

func done(w http.ResponseWriter, r *http.Request, path, what string) {
	http.Redirect(w, r, path+"?done="+what, http.StatusSeeOther)
}

func (d *Desk) listPage(w http.ResponseWriter, r *http.Request) {
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	deleted := r.URL.Query().Get("show") == "deleted"
	offset := queryInt(r, "offset", 0)
	rows, total := d.Book.Rows(query, deleted, pageSize, offset)
	v := view{Kind: "list", Query: query, Deleted: deleted, Rows: rows, Total: total, From: offset + 1, To: offset + len(rows)}
	if offset > 0 {
		v.Previous = listAddress(query, deleted, max(0, offset-pageSize))
	}
	if v.To < total {
		v.Next = listAddress(query, deleted, offset+pageSize)
	}
	d.render(w, r, http.StatusOK, v)
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

func (d *Desk) newPage(w http.ResponseWriter, r *http.Request) {
	d.render(w, r, http.StatusOK, view{Kind: "edit", New: true})
}

func (d *Desk) createForm(w http.ResponseWriter, r *http.Request) {
	fields := d.formFields(r)
	ids, err := d.Book.Load([]map[string]string{fields}, false)
	if err != nil {
		d.render(w, r, http.StatusUnprocessableEntity, view{Kind: "edit", New: true, Row: Row{Fields: fields}, Problem: err.Error()})
		return
	}
	done(w, r, "/records/"+url.PathEscape(ids[0]), "created")
}

func (d *Desk) editPage(w http.ResponseWriter, r *http.Request) {
	row, ok := d.Book.Row(r.PathValue("id"))
	if !ok {
		d.notFound(w, r)
		return
	}
	d.render(w, r, http.StatusOK, view{Kind: "edit", Row: row})
}

func (d *Desk) editForm(w http.ResponseWriter, r *http.Request) {
	row, ok := d.Book.Row(r.PathValue("id"))
	if !ok {
		d.notFound(w, r)
		return
	}
	changed := d.formFields(r)
	for key, value := range changed {
		if row.Fields[key] == value {
			delete(changed, key)
		}
	}
	if err := d.Book.Edit(row.ID, changed); err != nil {
		for key, value := range changed {
			row.Fields[key] = value
		}
		d.render(w, r, http.StatusUnprocessableEntity, view{Kind: "edit", Row: row, Problem: err.Error()})
		return
	}
	done(w, r, "/records/"+url.PathEscape(row.ID), "saved")
}

// formFields returns the writable fields the form sent.
func (d *Desk) formFields(r *http.Request) map[string]string {
	fields := make(map[string]string)
	for _, column := range d.Page.Columns() {
		if value := r.PostFormValue(column.Key); !column.ReadOnly && r.PostForm.Has(column.Key) {
			fields[column.Key] = value
		}
	}
	return fields
}

func (d *Desk) deleteForm(w http.ResponseWriter, r *http.Request) {
	d.act(w, r, d.Book.Delete(r.PathValue("id")), "deleted")
}

func (d *Desk) restoreForm(w http.ResponseWriter, r *http.Request) {
	d.act(w, r, d.Book.Restore(r.PathValue("id")), "restored")
}

func (d *Desk) act(w http.ResponseWriter, r *http.Request, err error, what string) {
	if err != nil {
		rows, total := d.Book.Rows("", false, pageSize, 0)
		d.render(w, r, http.StatusUnprocessableEntity, view{Kind: "list", Rows: rows, Total: total, From: 1, To: len(rows), Problem: err.Error()})
		return
	}
	done(w, r, "/", what)
}

func (d *Desk) mergePage(w http.ResponseWriter, r *http.Request) {
	d.renderMerge(w, r, r.URL.Query()["id"], "")
}

func (d *Desk) renderMerge(w http.ResponseWriter, r *http.Request, ids []string, problem string) {
	v, status := view{Kind: "merge"}, http.StatusOK
	for _, id := range ids {
		if row, ok := d.Book.Row(id); ok && !row.Deleted {
			v.Rows = append(v.Rows, row)
		}
	}
	if len(v.Rows) != 2 {
		problem = "Tick exactly two records in the list to merge them."
	}
	if problem != "" {
		v.Problem, status = problem, http.StatusUnprocessableEntity
	}
	d.render(w, r, status, v)
}

func (d *Desk) mergeForm(w http.ResponseWriter, r *http.Request) {
	primary := r.PostFormValue("primary")
	ids := r.PostForm["id"]
	at := slices.Index(ids, primary)
	if len(ids) != 2 || at < 0 {
		d.renderMerge(w, r, ids, "Choose the record that stays.")
		return
	}
	id, err := d.Book.Merge(primary, ids[1-at])
	if err != nil {
		d.renderMerge(w, r, ids, err.Error())
		return
	}
	done(w, r, "/records/"+url.PathEscape(id), "merged")
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
	v.State = facts(d.Book.State())
	v.Calls = append(facts(d.Calls.Snapshot()), fact{"total", d.Calls.Total()})
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

func (d *Desk) notFound(w http.ResponseWriter, r *http.Request) {
	d.render(w, r, http.StatusNotFound, view{Kind: "list", Problem: "There is no record " + r.PathValue("id") + "."})
}
