// Command devmongo serves the MongoDB protocol from a temporary folder
// for the tests of package mongo on machines without MongoDB.
//
//	devmongo
//
// It prints its mongodb:// address as one line, serves until its standard input
// ends or it is interrupted, and removes the folder. The server is FerretDB with
// its SQLite backend: a real one, by other people, over a real socket. It is not
// MongoDB: its updates are not atomic under concurrency, so nothing that races is
// tested on it.
//
// The module is apart from the product's, whose dependencies stay its own. Build it
// with the tag ferretdb_no_postgresql: the other backend is not used.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := serve(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "devmongo:", err)
		os.Exit(1)
	}
}

// serve runs the server until ctx ends.
func serve(ctx context.Context, out io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "devmongo")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    slog.New(slog.DiscardHandler),
		Handler:   "sqlite",
		SQLiteURL: "file:" + folder + "/", // its mode=memory deadlocks
	})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	fmt.Fprintln(out, server.MongoDBURI()) // waits until it listens
	return <-ended
}
