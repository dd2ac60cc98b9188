package app

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	gosync "sync"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/store/mongo"
	"github.com/contactsync/contactsync/pkg/web"
)

// openWithin bounds the wiring of a cold instance.
const openWithin = 8 * time.Second

var shared struct {
	mu  gosync.Mutex
	app *App
}

// Default returns the process's app, wired from the environment on first use. An
// error is not kept: the next request tries again.
func Default(ctx context.Context) (*App, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.app != nil {
		return shared.app, nil
	}
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	made, err := fromEnvironment(ctx, os.Getenv)
	if err != nil {
		return nil, err
	}
	shared.app = made
	return made, nil
}

// SetDefault makes a the process's app; nil forgets it.
func SetDefault(a *App) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.app = a
}

// Serve answers a request to a function with the process's app.
func Serve(w http.ResponseWriter, r *http.Request, fn web.Function) {
	a, err := Default(r.Context())
	if err != nil {
		web.Refuse(w, r, err)
		return
	}
	a.Server.Serve(w, r, fn)
}

// fromEnvironment wires a deployed function. Its store is MongoDB and nothing else:
// whatever is kept on the instance itself would be lost with it.
func fromEnvironment(ctx context.Context, getenv func(string) string) (*App, error) {
	config, err := Read(getenv)
	if err != nil {
		return nil, err
	}
	if missing := missing(config); len(missing) > 0 {
		return nil, fault.New(fault.Unavailable, "The deployment is not set up completely: %s.", strings.Join(missing, "; "))
	}
	store, err := mongo.Open(ctx, mongo.Options{URI: config.DatabaseURI, Database: config.Database})
	if err != nil {
		return nil, err
	}
	made, err := New(ctx, Options{Config: config, Store: store})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return made, nil
}

// missing names everything a deployment needs at least and does not have.
func missing(c Config) []string {
	var list []string
	if c.DatabaseURI == "" {
		list = append(list, "MONGODB_URI is not set (the database)")
	}
	if len(c.Keys) == 0 && c.Password == nil && c.TokenSecret == "" {
		list = append(list, "none of APP_PASSWORD, API_KEYS and APP_JWT_SECRET is set (who may call the API)")
	}
	return list
}
