// Command dev is the local host: every function of api/ and the web UI on one
// port, on an embedded store, with sandbox CRMs where no real ones are named.
//
//	go run ./scripts/dev --sample 200
//
// It follows the rules of vercel.json (package platform) and prints one line
// "ready {...}" with all addresses when it serves. It is not for production: it
// signs the developer in by itself, unless APP_PASSWORD or API_KEYS is set.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/contactsync/contactsync/pkg/app"
	"github.com/contactsync/contactsync/pkg/store/mongo"
	"github.com/contactsync/contactsync/pkg/store/sqlite"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/scripts/dev/platform"
)

// A stop takes at most 5 s: invocations may finish within patience, and are then
// told to end.
const patience = 3 * time.Second

func main() {
	o, err := parseFlags(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		ctx, forget := untilOrphaned(ctx)
		err = run(ctx, o, os.Stdout, os.Stderr)
		if ctx.Err() != nil && errors.Is(err, context.Canceled) {
			err = nil // stopped while it was starting
		}
		forget()
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dev:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, o options, out, diagnostics io.Writer) (err error) {
	log := slog.New(slog.NewTextHandler(diagnostics, &slog.HandlerOptions{Level: slog.LevelWarn}))
	listener, err := net.Listen("tcp", o.addr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // for returns before it is served
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return err
	}
	env := &environment{own: map[string]string{}}
	if env.get("PUBLIC_BASE_URL") == "" {
		env.set("PUBLIC_BASE_URL", "http://"+reachable(listener.Addr().(*net.TCPAddr)))
	}
	if env.signsIn() { // who sets a password takes care of the other secrets too
		if err := env.orKept("ENCRYPTION_KEYS", filepath.Join(o.data, "encryption.key")); err != nil {
			return err
		}
	}
	boxes, err := startSandboxes(o, env, listener.Addr(), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, boxes.Close()) }()
	store, err := openStore(ctx, o, env, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	host, err := newHost(ctx, o, env, store, log)
	if err != nil {
		return err
	}
	defer app.SetDefault(nil)
	if err := load(ctx, o, host.app, boxes, out); err != nil {
		return err
	}
	return host.serve(ctx, listener, func() { announce(out, env, boxes) })
}

// openStore opens the database that the environment names, else the embedded one in
// the data folder.
func openStore(ctx context.Context, o options, env *environment, log *slog.Logger) (closingStore, error) {
	if uri := env.get("MONGODB_URI"); uri != "" {
		return mongo.Open(ctx, mongo.Options{URI: uri, Database: env.get("MONGODB_DATABASE"), Log: log})
	}
	return sqlite.Open(ctx, filepath.Join(o.data, "contactsync.db"))
}

type closingStore interface {
	sync.Store
	io.Closer
}

// reachable is an address of this machine under which a listener answers.
func reachable(addr *net.TCPAddr) string {
	ip := addr.IP
	if ip.IsUnspecified() {
		ip = net.IPv4(127, 0, 0, 1)
	}
	return net.JoinHostPort(ip.String(), strconv.Itoa(addr.Port))
}

// host is the product and the platform around it.
type host struct {
	*platform.Host
	app        *app.App
	cronSecret string
	cron       bool
}

func newHost(ctx context.Context, o options, env *environment, store sync.Store, log *slog.Logger) (*host, error) {
	config, err := platform.Load(filepath.Join(o.root, "vercel.json"))
	if err != nil {
		return nil, err
	}
	h := &host{cronSecret: env.orSecret("CRON_SECRET"), cron: o.cron}
	files := filepath.Join(o.root, filepath.FromSlash(config.OutputDirectory))
	if h.Host, err = platform.New(config, functions, files, log); err != nil {
		return nil, err
	}
	settings, err := app.Read(env.get)
	if err != nil {
		return nil, err
	}
	wiring := app.Options{Config: settings, Store: store, Log: log}
	if env.signsIn() {
		wiring.Developer = app.EnvironmentCustomer
	}
	if h.app, err = app.New(ctx, wiring); err != nil {
		return nil, err
	}
	app.SetDefault(h.app)
	return h, nil
}

// serve answers requests and crons until ctx ends, then lets what is under way
// finish.
func (h *host) serve(ctx context.Context, listener net.Listener, ready func()) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	endCrons := func() {}
	if h.cron {
		var err error
		if endCrons, err = h.StartCrons(h.cronSecret); err != nil {
			return errors.Join(err, server.Close(), <-failed)
		}
	}
	ready()
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience+time.Second)
	defer cancel()
	quiet := make(chan struct{})
	go func() { h.Close(patience); endCrons(); close(quiet) }()
	if server.Shutdown(ending) != nil {
		err = errors.Join(err, server.Close())
	}
	<-quiet
	return err
}

// announce prints the ready line, which programs wait for, and then the same for
// people.
func announce(out io.Writer, env *environment, boxes *sandboxes) {
	line, err := json.Marshal(addresses{URL: env.get("PUBLIC_BASE_URL"), HubSpot: boxes.url("hubspot"), Pipedrive: boxes.url("pipedrive")})
	if err != nil {
		panic(err) // three strings always encode
	}
	fmt.Fprintf(out, "ready %s\n", line)
	fmt.Fprintf(out, "\n  Contact Sync       %s\n", env.get("PUBLIC_BASE_URL"))
	for _, box := range boxes.all {
		fmt.Fprintf(out, "  %-18s %s   (%s)\n", box.title+" sandbox", box.url, box.note)
	}
	fmt.Fprintln(out, "\n  Ctrl-C ends it.")
}

// addresses is the ready line. A sandbox that does not run is null.
type addresses struct {
	URL       string  `json:"url"`
	HubSpot   *string `json:"hubspot"`
	Pipedrive *string `json:"pipedrive"`
	Membrane  *string `json:"membrane"`
}
