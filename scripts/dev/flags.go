package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
)

// options are the command's flags.
type options struct {
	addr, data, root string
	sandbox          string // auto, on, off
	sample           int
	importFile       string
	cron             bool
}

func parseFlags(args []string, usage io.Writer) (options, error) {
	var o options
	var cron string
	f := flag.NewFlagSet("dev", flag.ContinueOnError)
	f.SetOutput(usage)
	f.StringVar(&o.addr, "addr", "127.0.0.1:3000", "address to listen on; port 0 takes a free one")
	f.StringVar(&o.data, "data", ".data", "folder of the embedded store and the sandboxes' records")
	f.StringVar(&o.root, "root", ".", "folder of the project: vercel.json and frontend/out")
	f.StringVar(&o.sandbox, "sandbox", "auto", "sandbox CRMs: auto (where no *_BASE_URL is set), on or off")
	f.IntVar(&o.sample, "sample", 0, "load this many generated contacts, if there are none yet")
	f.StringVar(&o.importFile, "import", "", "CSV file to import at the start")
	f.StringVar(&cron, "cron", "on", "call the crons of vercel.json: on or off")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.cron = cron == "on"
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	case !slices.Contains([]string{"auto", "on", "off"}, o.sandbox):
		return o, errors.New("--sandbox has to be auto, on or off")
	case cron != "on" && cron != "off":
		return o, errors.New("--cron has to be on or off")
	case o.sample < 0 || o.sample > 100_000:
		return o, errors.New("--sample has to be a number up to 100000")
	}
	return o, checkAddress(o.addr)
}

// checkAddress keeps a host that lets in everyone on this machine from being
// reached from elsewhere.
func checkAddress(addr string) error {
	name, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	if ip := net.ParseIP(name); strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback() {
		return nil
	}
	if os.Getenv("APP_PASSWORD") == "" {
		return fmt.Errorf("--addr %s can be reached from other machines: set APP_PASSWORD first, or listen on 127.0.0.1", addr)
	}
	return nil
}
