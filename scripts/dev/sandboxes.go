package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
)

// sandboxes are the CRMs that this host brings along. Their records are kept in the
// data folder.
type sandboxes struct {
	all  []*sandbox
	data string
	log  *slog.Logger
}

// sandbox is one of them, on a port of its own.
type sandbox struct {
	provider, title, url, note string
	crm                        crm
	keeper                     *keeper
	server                     *http.Server
	ended                      chan error
}

// crm is what the sandboxes have in common.
type crm interface {
	http.Handler
	keepable
	Start()
	Close() error
}

// pipedriveBurst is more than the largest plan allows an API token (120), so that
// a demo does not wait: what OAuth apps get on that plan.
const pipedriveBurst = 480

// startSandboxes starts those that the flags and the environment ask for, and
// points the environment to them.
func startSandboxes(o options, env *environment, main net.Addr, log *slog.Logger) (*sandboxes, error) {
	boxes := &sandboxes{data: o.data, log: log}
	wanted := func(variable string) bool {
		return o.sandbox == "on" || o.sandbox == "auto" && env.get(variable) == ""
	}
	port := main.(*net.TCPAddr).Port
	if wanted("HUBSPOT_BASE_URL") {
		box := &sandbox{provider: "hubspot", title: "HubSpot", note: "100 calls in 10 s, as on the lowest plan", crm: newHubSpot(env)}
		if err := boxes.start(box, port+101, env, "HUBSPOT_BASE_URL"); err != nil {
			return nil, errors.Join(err, boxes.Close())
		}
	}
	if wanted("PIPEDRIVE_BASE_URL") {
		box := &sandbox{provider: "pipedrive", title: "Pipedrive", note: fmt.Sprintf("%d calls in 2 s, so that a demo does not wait", pipedriveBurst), crm: newPipedrive(env)}
		if err := boxes.start(box, port+102, env, "PIPEDRIVE_BASE_URL"); err != nil {
			return nil, errors.Join(err, boxes.Close())
		}
	}
	return boxes, nil
}

func newHubSpot(env *environment) crm {
	secret, _, _ := strings.Cut(env.orSecret("HUBSPOT_CLIENT_SECRET"), ",")
	if env.get("HUBSPOT_CLIENT_ID") == "" {
		env.set("HUBSPOT_CLIENT_ID", "sandbox-hubspot-app")
	}
	options := hubspot.Options{
		ClientID:     env.get("HUBSPOT_CLIENT_ID"),
		Token:        env.orSecret("HUBSPOT_ACCESS_TOKEN"),
		ClientSecret: strings.TrimSpace(secret),
		WebhookURL:   env.get("PUBLIC_BASE_URL") + "/api/webhook/hubspot",
	}
	if id, err := strconv.ParseInt(env.get("HUBSPOT_APP_ID"), 10, 64); err == nil {
		options.AppID = id
	}
	return hubspot.New(options)
}

func newPipedrive(env *environment) crm {
	if env.get("PIPEDRIVE_CLIENT_ID") == "" {
		env.set("PIPEDRIVE_CLIENT_ID", "sandbox-pipedrive-app")
	}
	return pipedrive.New(pipedrive.Options{
		ClientID: env.get("PIPEDRIVE_CLIENT_ID"), ClientSecret: env.orSecret("PIPEDRIVE_CLIENT_SECRET"),
		Token: env.orSecret("PIPEDRIVE_API_TOKEN"),
		Knobs: pipedrive.Knobs{Plan: "ultimate", Seats: 10, BurstLimit: pipedriveBurst},
	})
}

// start serves a sandbox on a port of this machine, the preferred one if it is
// free, so that addresses stay the same from run to run.
func (b *sandboxes) start(box *sandbox, preferred int, env *environment, variable string) error {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(preferred)))
	if err != nil {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return err
	}
	if box.keeper, err = keep(box.crm, filepath.Join(b.data, box.provider+".sandbox"), b.log); err != nil {
		return errors.Join(err, listener.Close())
	}
	box.url = "http://" + listener.Addr().String()
	box.server = &http.Server{Handler: box.keeper.watch(box.crm), ReadHeaderTimeout: 10 * time.Second}
	box.ended = make(chan error, 1)
	go func() { box.ended <- box.server.Serve(listener) }()
	box.crm.Start()
	env.set(variable, box.url)
	b.all = append(b.all, box)
	return nil
}

// get returns the sandbox of a provider, or nil.
func (b *sandboxes) get(provider string) *sandbox {
	for _, box := range b.all {
		if box.provider == provider {
			return box
		}
	}
	return nil
}

func (b *sandboxes) url(provider string) *string {
	if box := b.get(provider); box != nil {
		return &box.url
	}
	return nil
}

// Close ends all sandboxes and waits for them.
func (b *sandboxes) Close() error {
	var problems []error
	for _, box := range b.all {
		problems = append(problems, box.crm.Close(), box.server.Close())
		if err := <-box.ended; !errors.Is(err, http.ErrServerClosed) {
			problems = append(problems, err)
		}
		problems = append(problems, box.keeper.Close())
	}
	return errors.Join(problems...)
}
