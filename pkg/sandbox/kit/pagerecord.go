package kit

import (
	"net/http"
	"net/url"
	"slices"
)

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
		problem = "Select exactly two records in the list to merge them."
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
