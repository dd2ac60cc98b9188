package kit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// maxControlBody bounds a control request, bulk loads included.
const maxControlBody = 256 << 20

func (d *Desk) control(mux *http.ServeMux) {
	mux.HandleFunc("GET /__sandbox/calls", d.getCalls)
	mux.HandleFunc("POST /__sandbox/calls/reset", d.resetCalls)
	mux.HandleFunc("GET /__sandbox/faults", d.getFaults)
	mux.HandleFunc("POST /__sandbox/faults", d.replaceFaults)
	mux.HandleFunc("DELETE /__sandbox/faults", d.clearFaults)
	mux.HandleFunc("GET /__sandbox/records", d.getRecords)
	mux.HandleFunc("POST /__sandbox/records", d.loadRecords)
	mux.HandleFunc("GET /__sandbox/records/{id}", d.getRecord)
	mux.HandleFunc("PATCH /__sandbox/records/{id}", d.editRecord)
	mux.HandleFunc("DELETE /__sandbox/records/{id}", d.deleteRecord)
	mux.HandleFunc("POST /__sandbox/records/{id}/restore", d.restoreRecord)
	mux.HandleFunc("POST /__sandbox/records/{id}/erase", d.eraseRecord)
	mux.HandleFunc("POST /__sandbox/records/{id}/merge", d.mergeRecord)
	mux.HandleFunc("GET /__sandbox/state", d.getState)
	mux.HandleFunc("PATCH /__sandbox/knobs", d.patchKnobs)
}

func (d *Desk) getCalls(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"routes": d.Calls.Snapshot(), "total": d.Calls.Total()})
}

func (d *Desk) resetCalls(w http.ResponseWriter, _ *http.Request) {
	d.Calls.Reset()
	w.WriteHeader(http.StatusNoContent)
}

func (d *Desk) getFaults(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, d.Faults.Pending())
}

func (d *Desk) replaceFaults(w http.ResponseWriter, r *http.Request) {
	var faults []Fault
	if !readJSON(w, r, &faults) {
		return
	}
	d.Faults.Clear()
	for _, f := range faults {
		d.Faults.Add(f)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (d *Desk) clearFaults(w http.ResponseWriter, _ *http.Request) {
	d.Faults.Clear()
	w.WriteHeader(http.StatusNoContent)
}

func (d *Desk) getRecords(w http.ResponseWriter, r *http.Request) {
	rows, total := d.Book.AllRows(queryInt(r, "limit", 100), queryInt(r, "offset", 0))
	writeJSON(w, http.StatusOK, map[string]any{"records": rows, "total": total})
}

func (d *Desk) loadRecords(w http.ResponseWriter, r *http.Request) {
	var records []flatRecord
	if !readJSON(w, r, &records) {
		return
	}
	flat := make([]map[string]string, len(records))
	for i, record := range records {
		flat[i] = record
	}
	ids, err := d.Book.Load(flat, r.URL.Query().Get("silent") == "true")
	if err != nil {
		writeProblem(w, http.StatusUnprocessableEntity, err)
		return
	}
	writeJSON(w, http.StatusCreated, map[string]any{"ids": ids})
}

func (d *Desk) getRecord(w http.ResponseWriter, r *http.Request) {
	row, ok := d.Book.Row(r.PathValue("id"))
	if !ok {
		writeProblem(w, http.StatusNotFound, fmt.Errorf("no record %q", r.PathValue("id")))
		return
	}
	writeJSON(w, http.StatusOK, row)
}

func (d *Desk) editRecord(w http.ResponseWriter, r *http.Request) {
	var fields flatRecord
	if readJSON(w, r, &fields) {
		writeOutcome(w, d.Book.Edit(r.PathValue("id"), fields))
	}
}

func (d *Desk) deleteRecord(w http.ResponseWriter, r *http.Request) {
	writeOutcome(w, d.Book.Delete(r.PathValue("id")))
}

func (d *Desk) restoreRecord(w http.ResponseWriter, r *http.Request) {
	writeOutcome(w, d.Book.Restore(r.PathValue("id")))
}

func (d *Desk) eraseRecord(w http.ResponseWriter, r *http.Request) {
	eraser, ok := d.Book.(Eraser)
	if !ok {
		writeProblem(w, http.StatusNotFound, errors.New("this CRM does not erase records"))
		return
	}
	writeOutcome(w, eraser.Erase(r.PathValue("id")))
}

func (d *Desk) mergeRecord(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Other string `json:"other"`
	}
	if !readJSON(w, r, &body) {
		return
	}
	id, err := d.Book.Merge(r.PathValue("id"), body.Other)
	if err != nil {
		writeProblem(w, http.StatusUnprocessableEntity, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"id": id})
}

func (d *Desk) getState(w http.ResponseWriter, _ *http.Request) {
	state := d.Book.State()
	state["knobs"] = d.Book.Knobs()
	state["calls"] = d.Calls.Total()
	writeJSON(w, http.StatusOK, state)
}

func (d *Desk) patchKnobs(w http.ResponseWriter, r *http.Request) {
	patch, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err == nil {
		err = d.Book.SetKnobs(patch)
	}
	if err != nil {
		writeProblem(w, http.StatusUnprocessableEntity, err)
		return
	}
	writeJSON(w, http.StatusOK, d.Book.Knobs())
}

// flatRecord reads a JSON object whose values become text: null is "", a scalar
// its literal, a list or an object its compact JSON.
type flatRecord map[string]string

func (f *flatRecord) UnmarshalJSON(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*f = make(flatRecord, len(raw))
	for key, value := range raw {
		var text string
		switch {
		case string(value) == "null":
		case value[0] == '"':
			if err := json.Unmarshal(value, &text); err != nil {
				return err
			}
		default:
			var compact bytes.Buffer
			if err := json.Compact(&compact, value); err != nil {
				return err
			}
			text = compact.String()
		}
		(*f)[key] = text
	}
	return nil
}

func queryInt(r *http.Request, name string, otherwise int) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 0 {
		return otherwise
	}
	return n
}

func readJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBody)).Decode(v); err != nil {
		writeProblem(w, http.StatusBadRequest, err)
		return false
	}
	return true
}

func writeOutcome(w http.ResponseWriter, err error) {
	if err != nil {
		writeProblem(w, http.StatusUnprocessableEntity, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func writeProblem(w http.ResponseWriter, status int, err error) {
	writeJSON(w, status, map[string]string{"error": err.Error()})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
