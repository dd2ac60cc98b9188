package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
)

// The sandboxes run in a process of their own: this program, started with
// sandboxCommand. They enforce the vendors' limits and note every call.

const (
	sandboxCommand = "sandboxes"
	token          = "bench-token"
)

// call is one that arrived at a CRM.
type call struct {
	At     time.Time `json:"at"`
	Status int       `json:"status"`
}

// tally notes the calls of a CRM.
type tally struct {
	mu    sync.Mutex
	calls []call
}

func (t *tally) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, answer := time.Now(), &noted{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.calls = append(t.calls, call{at, answer.status})
	})
}

type noted struct {
	http.ResponseWriter
	status int
}

func (n *noted) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

// addresses are where the sandboxes answer. Calls is the address of their notes.
type addresses struct{ HubSpot, Pipedrive, Calls string }

// serveSandboxes is the process of the sandboxes: it prints its addresses and serves
// until its input ends.
func serveSandboxes(args []string, in io.Reader, out io.Writer) error {
	f := flag.NewFlagSet(sandboxCommand, flag.ContinueOnError)
	people := f.Int("contacts", 0, "")
	burst := f.Int("burst", 0, "")
	if err := f.Parse(args); err != nil {
		return err
	}
	h := hubspot.New(hubspot.Options{Token: token})
	p := pipedrive.New(pipedrive.Options{Token: token, Knobs: pipedrive.Knobs{Plan: "lite", BurstLimit: *burst}})
	for i := range *people {
		if _, err := h.Create(map[string]string{"email": fmt.Sprintf("h%d@example.com", i), "firstname": "Ada", "lastname": "Hub" + strconv.Itoa(i)}); err != nil {
			return err
		}
		if _, err := p.Create(map[string]string{"emails": fmt.Sprintf("p%d@example.com", i), "first_name": "Bo", "last_name": "Pipe" + strconv.Itoa(i)}); err != nil {
			return err
		}
	}
	notes := map[string]*tally{"hubspot": {}, "pipedrive": {}}
	var a addresses
	for _, s := range []struct {
		address *string
		handler http.Handler
	}{
		{&a.HubSpot, notes["hubspot"].watch(h)},
		{&a.Pipedrive, notes["pipedrive"].watch(p)},
		{&a.Calls, showCalls(notes)},
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		*s.address = "http://" + listener.Addr().String()
		server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second}
		go func() { _ = server.Serve(listener) }() // ends with the process
	}
	if err := json.NewEncoder(out).Encode(a); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, in)
	return err
}

func showCalls(notes map[string]*tally) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		all := map[string][]call{}
		for name, t := range notes {
			t.mu.Lock()
			all[name] = append([]call{}, t.calls...)
			t.mu.Unlock()
		}
		_ = json.NewEncoder(w).Encode(all)
	})
}

// sandboxes is the process as the bench sees it.
type sandboxes struct {
	addresses
	stop func() error
}

// startSandboxes starts them with the people of the settings in each.
func (b *bench) startSandboxes(ctx context.Context) (*sandboxes, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, self, sandboxCommand, "-contacts", strconv.Itoa(b.people), "-burst", strconv.Itoa(b.burst))
	command.Stderr = b.log
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	s := &sandboxes{stop: func() error { return errors.Join(in.Close(), command.Wait()) }}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &s.addresses)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the sandboxes do not start: %w", err), s.stop())
	}
	return s, nil
}

// calls returns what arrived at each CRM so far, in the order of the answers.
func (s *sandboxes) calls(ctx context.Context) (all map[string][]call, err error) {
	return all, getJSON(ctx, s.Calls, &all)
}
