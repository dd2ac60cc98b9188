package main

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// keeper keeps a sandbox's records in a file, so that a restart of this host does
// not look to the product as if everything had been deleted in the CRM. It saves
// soon after a change, and at the end.
type keeper struct {
	crm     keepable
	file    string
	changed atomic.Bool
	log     *slog.Logger
	end     chan struct{}
	running sync.WaitGroup
}

type keepable interface {
	SaveTo(io.Writer) error
	LoadFrom(io.Reader) error
}

// keep loads what the file holds, if it exists, and saves changes from now on.
func keep(crm keepable, file string, log *slog.Logger) (*keeper, error) {
	k := &keeper{crm: crm, file: file, log: log, end: make(chan struct{})}
	if err := k.load(); err != nil {
		return nil, err
	}
	k.running.Go(k.run)
	return k, nil
}

// watch notices every request that may change a record.
func (k *keeper) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			k.changed.Store(true)
		}
	})
}

// Close saves what has changed and ends.
func (k *keeper) Close() error {
	close(k.end)
	k.running.Wait()
	return k.save()
}

// run saves at most once a second, and so that saving large accounts takes a
// twentieth of the time at most.
func (k *keeper) run() {
	pause := time.Second
	for {
		select {
		case <-k.end:
			return
		case <-time.After(pause):
		}
		began := time.Now()
		if err := k.save(); err != nil {
			k.log.Error("the sandbox's records could not be saved", "error", err)
		}
		pause = max(time.Second, 20*time.Since(began))
	}
}

func (k *keeper) load() error {
	f, err := os.Open(k.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	return k.crm.LoadFrom(f)
}

// save replaces the file in one step, if anything has changed since the last time.
func (k *keeper) save() (err error) {
	if !k.changed.Swap(false) {
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(k.file), filepath.Base(k.file)+".*")
	if err != nil {
		return err
	}
	err = errors.Join(k.crm.SaveTo(f), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), k.file)
	}
	if err != nil {
		k.changed.Store(true)
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
