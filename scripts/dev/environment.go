package main

import (
	"crypto/rand"
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

// signsIn reports whether requests need no credentials: nobody has set any.
func (e *environment) signsIn() bool {
	return e.get("APP_PASSWORD") == "" && e.get("API_KEYS") == ""
}
