// Command rulekill proves that the tests can fail: it disables one rule of the sync at
// a time and demands that the tests of that rule notice.
//
//	go run ./scripts/rulekill [-run REGEXP] [-jobs N] [-v]
//
// A rule is disabled by an edit of one source file, which the go command overlays; the
// work tree is not touched. An edit whose text is not found exactly once, or does not
// compile, is a failure too: the list has to follow the code.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// rule is one rule and how to disable it.
type rule struct {
	name     string
	file     string // in the module
	old, new string // the edit; old is there exactly once
	pkg      string // whose tests notice
	tests    string // -run of those tests
}

// limit is how long the tests of one rule may take; a disabled rule may keep the engine
// busy for ever.
const limit = 3 * time.Minute

func main() {
	only := flag.String("run", ".", "rules to disable, by name")
	jobs := flag.Int("jobs", 2, "how many at a time")
	verbose := flag.Bool("v", false, "print which tests noticed")
	flag.Parse()
	if !kill(regexp.MustCompile(*only), *jobs, *verbose) {
		os.Exit(1)
	}
}

// kill disables the rules and reports whether every one was noticed.
func kill(only *regexp.Regexp, jobs int, verbose bool) bool {
	dir, err := os.MkdirTemp("", "rulekill")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return false
	}
	defer func() { _ = os.RemoveAll(dir) }()
	slots := make(chan struct{}, jobs)
	var wg sync.WaitGroup
	var mu sync.Mutex
	survived, total := 0, 0
	for i, r := range rules() {
		if !only.MatchString(r.name) {
			continue
		}
		total++
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			noticed, err := r.disable(filepath.Join(dir, fmt.Sprint(i)))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				survived++
				fmt.Printf("NOT NOTICED  %s: %v\n", r.name, err)
			case verbose:
				fmt.Printf("noticed      %s (%s)\n", r.name, strings.Join(noticed, ", "))
			default:
				fmt.Printf("noticed      %s\n", r.name)
			}
		})
	}
	wg.Wait()
	fmt.Printf("\n%d rules disabled one by one, %d noticed\n", total, total-survived)
	return survived == 0
}

var failed = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)

// disable runs the rule's tests without it and returns those that failed. It fails if
// none did.
func (r rule) disable(dir string) ([]string, error) {
	overlay, err := r.overlay(dir)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	command := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-count=1", "-vet=off", "-failfast",
		"-timeout", "60s", "-run", r.tests, "./"+r.pkg)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	switch err := command.Run(); {
	case strings.Contains(out.String(), "[build failed]"), strings.Contains(out.String(), "[setup failed]"):
		return nil, fmt.Errorf("does not compile: %s", &out)
	case err == nil && strings.Contains(out.String(), "no tests to run"):
		return nil, fmt.Errorf("there are no tests %s in %s", r.tests, r.pkg)
	case err == nil:
		return nil, fmt.Errorf("%s of %s passed", r.tests, r.pkg)
	}
	var names []string
	for _, m := range failed.FindAllStringSubmatch(out.String(), -1) {
		names = append(names, m[1])
	}
	if len(names) == 0 && !strings.Contains(out.String(), "panic: ") {
		return nil, fmt.Errorf("no test failed, and yet: %s", &out)
	}
	return names, nil
}

// overlay writes the edited file and returns the overlay that puts it in place.
func (r rule) overlay(dir string) (string, error) {
	source, err := os.ReadFile(r.file)
	if err != nil {
		return "", err
	}
	if n := bytes.Count(source, []byte(r.old)); n != 1 {
		return "", fmt.Errorf("%q is in %s %d times, not once", r.old, r.file, n)
	}
	if r.old == r.new {
		return "", errors.New("the edit changes nothing")
	}
	path, err := filepath.Abs(r.file)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	edited, overlay := filepath.Join(dir, filepath.Base(r.file)), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(edited, bytes.Replace(source, []byte(r.old), []byte(r.new), 1), 0o644); err != nil {
		return "", err
	}
	data, err := json.Marshal(map[string]map[string]string{"Replace": {path: edited}})
	if err != nil {
		return "", err
	}
	return overlay, os.WriteFile(overlay, data, 0o644)
}
