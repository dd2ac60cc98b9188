package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"

	"github.com/contactsync/contactsync/pkg/app"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/web/contactcsv"
)

// load fills an empty store with generated contacts, and imports a file, as the
// flags ask.
func load(ctx context.Context, o options, a *app.App, boxes *sandboxes, out io.Writer) error {
	if o.sample > 0 {
		if err := loadSample(ctx, o.sample, a, boxes, out); err != nil {
			return fmt.Errorf("--sample: %w", err)
		}
	}
	if o.importFile != "" {
		if err := importFile(ctx, o.importFile, a, out); err != nil {
			return fmt.Errorf("--import: %w", err)
		}
	}
	return nil
}

// loadSample loads n people into the app and some of them into each sandbox, which
// the next sync brings together. What is there already stays as it is.
func loadSample(ctx context.Context, n int, a *app.App, boxes *sandboxes, out io.Writer) error {
	page, err := a.Service.SearchContacts(ctx, app.EnvironmentCustomer, sync.ContactQuery{Limit: 1})
	if err != nil {
		return err
	}
	if page.Total > 0 {
		fmt.Fprintf(out, "There are %d contacts already; nothing is generated.\n", page.Total)
		return nil
	}
	if _, _, err := a.Service.Import(ctx, app.EnvironmentCustomer, sampleRows(n)); err != nil {
		return err
	}
	fmt.Fprintf(out, "Generated %d contacts", n)
	for _, crm := range []struct {
		provider string
		of       func(i int) map[string]string
	}{
		{"hubspot", func(i int) map[string]string { return pick(inHubSpot(i), generated(i).asHubSpot) }},
		{"pipedrive", func(i int) map[string]string { return pick(inPipedrive(i), generated(i).asPipedrive) }},
	} {
		box := boxes.get(crm.provider)
		if box == nil {
			continue
		}
		loaded, err := box.fill(ctx, n, crm.of)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, ", %d of them in %s too", loaded, box.title)
	}
	fmt.Fprintln(out, ".")
	return nil
}

func pick(wanted bool, record func() map[string]string) map[string]string {
	if !wanted {
		return nil
	}
	return record()
}

func sampleRows(n int) iter.Seq2[sync.ImportRow, error] {
	return func(yield func(sync.ImportRow, error) bool) {
		for i := range n {
			if !yield(sync.ImportRow{Line: i + 1, Values: generated(i).inApp(i)}, nil) {
				return
			}
		}
	}
}

// fill loads those of the first n people that the CRM has, unless it has records.
func (box *sandbox) fill(ctx context.Context, n int, of func(int) map[string]string) (int, error) {
	var present struct{ Total int }
	if err := box.control(ctx, http.MethodGet, "/__sandbox/records?limit=1", nil, &present); err != nil || present.Total > 0 {
		return 0, err
	}
	records := []map[string]string{}
	for i := range n {
		if record := of(i); record != nil {
			records = append(records, record)
		}
	}
	return len(records), box.control(ctx, http.MethodPost, "/__sandbox/records?silent=true", records, nil)
}

// control calls one of the sandbox's own endpoints.
func (box *sandbox) control(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, box.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("the %s sandbox answers %s: %s", box.title, resp.Status, bytes.TrimSpace(answer))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// importFile imports a CSV file and tells what became of its rows.
func importFile(ctx context.Context, name string, a *app.App, out io.Writer) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	file, err := contactcsv.Parse(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	_, result, err := a.Service.Import(ctx, app.EnvironmentCustomer, file.Rows())
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(out, "Imported %s: %d created, %d updated, %d unchanged, %d rejected.\n",
		name, result.Created, result.Updated, result.Unchanged, len(result.Rejected))
	for i, r := range result.Rejected {
		if i == 10 {
			fmt.Fprintf(out, "  and %d more\n", len(result.Rejected)-i)
			break
		}
		fmt.Fprintf(out, "  line %d: %s\n", r.Line, r.Message)
	}
	return nil
}
