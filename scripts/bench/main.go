// Command bench measures the product's figures and prints them as a table, each
// next to the figure to reach. It needs no account and no network: the CRMs are the
// sandboxes, in a process of their own, and the product is the local host, in one or
// several others.
//
//	go run ./scripts/bench                    every figure; takes minutes
//	go run ./scripts/bench -only limits       one of them
//
// Figures that take the time of a clock are measured here and never in tests. It ends
// with status 1 when one of them is not reached.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
)

// figure is something to measure. A figure of the same subject may give several rows.
type figure struct {
	name    string
	measure func(ctx context.Context, b *bench) ([]row, error)
}

// figures are all there are, in the order of the table.
var figures = []figure{
	{"limits", measureLimits},
	{"limits2", measureLimitsOfTwo},
}

// row is a measured figure: what it is, what was seen, and what it has to reach.
type row struct {
	what, seen, want string
	reached          bool
}

// bench holds what figures are measured with.
type bench struct {
	settings
	folder string // for everything that is made; removed at the end
	host   string // the program of the local host
	log    io.Writer
}

// settings are the command's flags.
type settings struct {
	only   string
	people int
	burst  int
	root   string
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == sandboxCommand {
		exit(serveSandboxes(os.Args[2:], os.Stdin, os.Stdout))
	}
	var s settings
	flag.StringVar(&s.only, "only", "", "figures to measure, with commas between them: "+strings.Join(names(), ", "))
	flag.IntVar(&s.people, "contacts", 2000, "contacts that each CRM has before the first sync")
	flag.IntVar(&s.burst, "burst", 20, "Pipedrive's calls in 2 s; the strictest plan has 20")
	flag.StringVar(&s.root, "root", ".", "folder of the project")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, s, os.Stdout, os.Stderr)
	stop()
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func names() []string {
	var list []string
	for _, f := range figures {
		list = append(list, f.name)
	}
	return list
}

var errNotReached = errors.New("not every figure is reached")

// run measures the chosen figures and prints their table.
func run(ctx context.Context, s settings, out, log io.Writer) (err error) {
	chosen := names()
	if s.only != "" {
		chosen = strings.Split(s.only, ",")
	}
	for _, name := range chosen {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("there is no figure %q", name)
		}
	}
	b := &bench{settings: s, log: log}
	if b.folder, err = os.MkdirTemp("", "contactsync-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.folder)) }()
	if err := b.buildHost(ctx); err != nil {
		return err
	}
	var rows []row
	for _, f := range figures {
		if !slices.Contains(chosen, f.name) {
			continue
		}
		fmt.Fprintf(log, "measuring %s\n", f.name)
		more, err := f.measure(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		rows = append(rows, more...)
	}
	return table(out, rows)
}

// table writes the rows, in Markdown.
func table(out io.Writer, rows []row) error {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	fmt.Fprint(w, "| what\t| measured\t| to reach\t|\n|---\t|---\t|---\t|\n")
	reached := true
	for _, r := range rows {
		seen := r.seen
		if !r.reached {
			seen += " (not reached)"
			reached = false
		}
		fmt.Fprintf(w, "| %s\t| %s\t| %s\t|\n", r.what, seen, r.want)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if !reached {
		return errNotReached
	}
	return nil
}
