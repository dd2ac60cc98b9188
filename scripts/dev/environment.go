package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
)

// environment is the process's environment with settings of the local host in it.
type environment struct{ own map[string]string }

func (e *environment) get(name string) string {
	if value, ok := e.own[name]; ok {
		return value
	}
	return os.Getenv(name)
}

// set gives a variable a value of this host's, whatever the process has.
func (e *environment) set(name, value string) { e.own[name] = value }

// orSecret returns a variable that is set, or makes a secret for this run.
func (e *environment) orSecret(name string) string {
	if e.get(name) == "" {
		e.set(name, rand.Text())
	}
	return e.get(name)
}

// orKept gives a variable that is not set the secret that a file keeps for all
// runs, also for those that begin at once.
func (e *environment) orKept(name, file string) error {
	if e.get(name) != "" {
		return nil
	}
	own := file + "." + rand.Text()
	if err := os.WriteFile(own, []byte(rand.Text()+rand.Text()), 0o600); err != nil {
		return err
	}
	if err := os.Link(own, file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	kept, err := os.ReadFile(file)
	e.set(name, string(kept))
	return errors.Join(err, os.Remove(own))
}

// signsIn reports whether requests need no credentials: nobody has set any.
func (e *environment) signsIn() bool {
	return e.get("APP_PASSWORD") == "" && e.get("API_KEYS") == ""
}
