package kit

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Page describes the page on which a person edits records as if in the CRM: a
// list with search, an edit form, new, delete, restore, merge, erase, and the
// sandbox's behaviour. It is self-contained and works without JavaScript; with it,
// selecting rows is more comfortable.
type Page struct {
	Title string
	// Accent is the colour of buttons and links as #rrggbb. White text must be
	// readable on it.
	Accent string
	// Columns returns the columns to show at this moment.
	Columns func() []Column
	// Troubles are offered on the behaviour page after those that every CRM knows.
	Troubles []Trouble
}

// Column is one field of the page.
type Column struct {
	Key, Label string
	// Input is the type of the form's input: "" for text, or "email", "tel", "url".
	Input string
	// ReadOnly fields are shown and never sent.
	ReadOnly bool
	// Detail fields are left out of the list.
	Detail bool
	// Hint is shown under the input.
	Hint string
}

//go:embed page.html page.css page.js
var pageFiles embed.FS

var pageTemplate = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"css": func(s string) template.CSS { return template.CSS(s) },
}).ParseFS(pageFiles, "page.html"))

func (d *Desk) pages(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", d.listPage)
	mux.HandleFunc("POST /records/delete", d.deleteForm)
	mux.HandleFunc("POST /records/restore", d.restoreForm)
	mux.HandleFunc("GET /records/erase", d.erasePage)
	mux.HandleFunc("POST /records/erase", d.eraseForm)
	mux.HandleFunc("GET /records/new", d.newPage)
	mux.HandleFunc("POST /records/new", d.createForm)
	mux.HandleFunc("GET /records/merge", d.mergePage)
	mux.HandleFunc("POST /records/merge", d.mergeForm)
	mux.HandleFunc("GET /records/{id}", d.editPage)
	mux.HandleFunc("POST /records/{id}", d.editForm)
	mux.HandleFunc("GET /behaviour", d.behaviourPage)
	mux.HandleFunc("POST /behaviour", d.behaviourForm)
	mux.HandleFunc("POST /behaviour/trouble", d.troubleForm)
	for _, name := range []string{"page.css", "page.js"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, pageFiles, name)
		})
	}
}

// view is what the template draws; only the fields of its kind are set.
type view struct {
	Page    Page
	Kind    string // list, edit, merge, erase, behaviour
	Columns []Column
	Erases  bool // the CRM erases for good
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

	State    []fact
	Calls    []fact
	Troubles []Trouble
	Knobs    string
	Faults   string
	Armed    int // faults that wait
}

func (d *Desk) render(w http.ResponseWriter, r *http.Request, status int, v view) {
	v.Page, v.Columns = d.Page, d.Page.Columns()
	_, v.Erases = d.Book.(Eraser)
	if v.Notice == "" {
		v.Notice = notice(r.URL.Query())
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = pageTemplate.Execute(w, v)
}

// notices say what was done; the count comes before those in lower case.
var notices = map[string]string{
	"created":  "Record created.",
	"saved":    "Changes saved.",
	"deleted":  "deleted. You find them under Deleted.",
	"restored": "restored.",
	"erased":   "erased for good.",
	"merged":   "Records merged.",
	"applied":  "Behaviour changed.",
	"normal":   "Back to normal.",
}

func notice(query url.Values) string {
	text := notices[query.Get("done")]
	n, err := strconv.Atoi(query.Get("n"))
	switch {
	case err != nil:
		return text
	case n == 1:
		return "1 record " + strings.Replace(text, "them", "it", 1)
	}
	return fmt.Sprintf("%d records %s", n, text)
}

func done(w http.ResponseWriter, r *http.Request, path, what string) {
	http.Redirect(w, r, path+"?done="+what, http.StatusSeeOther)
}

func (d *Desk) notFound(w http.ResponseWriter, r *http.Request) {
	d.render(w, r, http.StatusNotFound, view{Kind: "list", Problem: "There is no record " + r.PathValue("id") + "."})
}
