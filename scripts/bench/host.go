package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// buildHost builds the local host, as people run it.
func (b *bench) buildHost(ctx context.Context) error {
	b.host = filepath.Join(b.folder, "dev")
	command := exec.CommandContext(ctx, "go", "build", "-o", b.host, "./scripts/dev")
	command.Dir, command.Stderr = b.root, b.log
	return command.Run()
}

// instance is a process of the local host.
type instance struct {
	url  string
	stop func() error
}

// startInstance starts the product on a data folder, connected to the sandboxes.
// Instances of one folder share the store.
func (b *bench) startInstance(ctx context.Context, data string, s *sandboxes) (*instance, error) {
	command := exec.CommandContext(ctx, b.host, "--addr", "127.0.0.1:0", "--data", data, "--root", b.root, "--sandbox", "off", "--cron", "off")
	command.Env = []string{
		"HOME=" + b.folder, "PATH=" + os.Getenv("PATH"), "CRON_SECRET=bench",
		"HUBSPOT_BASE_URL=" + s.HubSpot, "HUBSPOT_ACCESS_TOKEN=" + token,
		"PIPEDRIVE_BASE_URL=" + s.Pipedrive, "PIPEDRIVE_API_TOKEN=" + token,
	}
	command.Stderr = b.log
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	stop := func() error { return errors.Join(command.Process.Signal(syscall.SIGTERM), command.Wait()) }
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line, ready := strings.CutPrefix(lines.Text(), "ready ")
		if !ready {
			continue
		}
		i := &instance{stop: stop}
		if err := json.Unmarshal([]byte(line), i); err != nil {
			return nil, errors.Join(err, stop())
		}
		go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
		return i, nil
	}
	return nil, errors.Join(errors.New("the local host does not start"), command.Wait())
}

// UnmarshalJSON reads the ready line.
func (i *instance) UnmarshalJSON(data []byte) error {
	var line struct{ URL string }
	err := json.Unmarshal(data, &line)
	i.url = line.URL
	return err
}

// runView is a run as the API tells it.
type runView struct {
	State  string
	Error  string
	Counts struct{ Created, Updated, Pulled, Errors int }
}

// sync starts a run, or goes on with one, and returns it.
func (i *instance) sync(ctx context.Context) (run runView, err error) {
	return run, exchange(ctx, http.MethodPost, i.url+"/api/sync", nil, &run)
}

// untilDone lets a run go on until it has ended.
func (i *instance) untilDone(ctx context.Context) (runView, error) {
	for {
		run, err := i.sync(ctx)
		if err != nil || run.State != "partial" && run.State != "running" {
			return run, err
		}
	}
}

func getJSON(ctx context.Context, url string, into any) error {
	return exchange(ctx, http.MethodGet, url, nil, into)
}

// exchange makes one request with a JSON body, if any, and decodes the answer.
func exchange(ctx context.Context, method, url string, body, into any) error {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, r.URL.Path, resp.Status, bytes.TrimSpace(answer))
	}
	return json.Unmarshal(answer, into)
}
