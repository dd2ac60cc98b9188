package mongo

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	gosync "sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"

	"github.com/contactsync/contactsync/pkg/conformance"
)

// The server that the tests of this package use: the one that MONGODB_TEST_URI
// names, else one that the program in CONTACTSYNC_FERRET serves (scripts/devmongo),
// else none.
const (
	uriVariable    = "MONGODB_TEST_URI"
	ferretVariable = "CONTACTSYNC_FERRET"
	noServer       = "no server: neither " + uriVariable + " nor " + ferretVariable + " is set"
)

// testServer is a server, and what it cannot do.
type testServer struct {
	uri         string
	description string
	ferret      bool
}

var server struct {
	once gosync.Once
	testServer
	err  error
	stop func()

	mu      gosync.Mutex
	skipped map[string][]string // tests by reason
}

func TestMain(m *testing.M) {
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); os.Getenv(uriVariable) == "" && checks.Value.String() == checks.DefValue {
		_ = checks.Value.Set("20") // FerretDB is slow
	}
	code := m.Run()
	if err := dropDatabase(); err != nil {
		fmt.Fprintln(os.Stderr, "the tests' database stays:", err)
		code = 1
	}
	report()
	if server.stop != nil {
		server.stop()
	}
	os.Exit(code)
}

func dropDatabase() error {
	if server.description == "" {
		return nil
	}
	client, err := connect(Options{URI: server.uri})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	return errors.Join(client.Database(database).Drop(ctx), client.Disconnect(ctx))
}

// report says what the tests were run on, and what was left out.
func report() {
	fmt.Printf("server: %s\n", cmp.Or(server.description, noServer))
	for _, reason := range slices.Sorted(maps.Keys(server.skipped)) {
		fmt.Printf("skipped: %s (%s)\n", strings.Join(server.skipped[reason], ", "), reason)
	}
}

// skip leaves a test out for a reason, and has the report say so.
func skip(t *testing.T, reason string) {
	t.Helper()
	noteSkipped(t.Name(), reason)
	t.Skip(reason)
}

func noteSkipped(name, reason string) {
	server.mu.Lock()
	defer server.mu.Unlock()
	if server.skipped == nil {
		server.skipped = map[string][]string{}
	}
	server.skipped[reason] = append(server.skipped[reason], name)
}

// theServer returns the server of the tests, or skips the test.
func theServer(t *testing.T) testServer {
	t.Helper()
	server.once.Do(func() {
		switch {
		case os.Getenv(uriVariable) != "":
			server.uri = os.Getenv(uriVariable)
		case os.Getenv(ferretVariable) != "":
			server.uri, server.stop, server.err = startFerret(os.Getenv(ferretVariable))
		default:
			return
		}
		if server.err == nil {
			server.description, server.ferret, server.err = describeServer(t.Context(), server.uri)
		}
	})
	if server.err != nil {
		t.Fatal(server.err)
	}
	if server.uri == "" {
		skip(t, noServer)
	}
	return server.testServer
}

// startFerret starts the program and reads its address. It ends with its input.
func startFerret(program string) (uri string, stop func(), err error) {
	command := exec.Command(program)
	input, err := command.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = input.Close()
		_, _ = io.Copy(io.Discard, output)
		_ = command.Wait()
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	return strings.TrimSpace(line), stop, err
}

// describeServer says which server answers, as far as it tells.
func describeServer(ctx context.Context, uri string) (text string, ferret bool, err error) {
	client, err := connect(Options{URI: uri})
	if err != nil {
		return "", false, err
	}
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }()
	var info struct {
		Version string   `bson:"version"`
		Git     string   `bson:"gitVersion"`
		Modules []string `bson:"modules"`
		Ferret  string   `bson:"ferretdbVersion"`
	}
	if err := client.Database("admin").RunCommand(ctx, bson.D{is("buildInfo", 1)}).Decode(&info); err != nil {
		return "", false, err
	}
	if info.Ferret != "" {
		return "FerretDB, which reports MongoDB " + info.Version + "; no MongoDB server was used", true, nil
	}
	return fmt.Sprintf("one that reports MongoDB %s, git version %q, modules %q", info.Version, info.Git, info.Modules), false, nil
}

// What is left out on FerretDB.
var ferretExceptions = []conformance.Exception{
	{Case: "concurrent", Reason: "FerretDB's updates are not atomic under concurrency", Skipped: noteSkipped},
	{Case: "contacts/a large batch is saved", Reason: ferretIsSlow, Skipped: noteSkipped},
	{Case: "staging/rows page by external id as text", Reason: ferretIsSlow, Skipped: noteSkipped},
}

const ferretIsSlow = "FerretDB reads the whole collection for each of hundreds of statements, which takes minutes"

func (s testServer) exceptions() []conformance.Exception {
	if s.ferret {
		return ferretExceptions
	}
	return nil
}

// database is the tests' own, so that a server in use is left alone. It is dropped
// when the tests are over.
var database = fmt.Sprintf("contactsync_test_%d_%d", os.Getpid(), time.Now().UnixNano()%1e6)

// openTest opens the tests' database, as it is.
func openTest(t *testing.T, monitor *event.CommandMonitor) *Store {
	t.Helper()
	return openDatabase(t, database, monitor)
}

// emptyStore opens the tests' database and empties it.
func emptyStore(t *testing.T, monitor *event.CommandMonitor) *Store {
	t.Helper()
	s := openTest(t, monitor)
	empty(t, s)
	return s
}

func openDatabase(t *testing.T, name string, monitor *event.CommandMonitor) *Store {
	t.Helper()
	o := Options{URI: theServer(t).uri, Database: name, Monitor: monitor, Log: slog.New(slog.DiscardHandler)}
	if theServer(t).ferret {
		o.BatchSize = 50 // an update command of 100 statements deadlocks it
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// empty empties every collection, and keeps the indexes.
func empty(t *testing.T, s *Store) {
	t.Helper()
	names, err := s.db.ListCollectionNames(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name == schema {
			continue
		}
		if _, err := s.db.Collection(name).DeleteMany(t.Context(), bson.D{}); err != nil {
			t.Fatal(err)
		}
	}
}
