package mongo

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

const secret = "s3cret"

// wantFault expects an error of a kind, with a text for people, that shows nothing
// secret to anybody.
func wantFault(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("error %v, want one of kind %v", err, kind)
	}
	if !strings.Contains(fault.Public(err), text) {
		t.Errorf("the text for people is %q, want %q in it", fault.Public(err), text)
	}
	if strings.Contains(err.Error(), secret) || strings.Contains(fault.Public(err), secret) {
		t.Errorf("the error shows the password: %v", err)
	}
}

// address is a URI with a password, of a host that is given up soon.
func address(host string) string {
	return "mongodb://user:" + secret + "@" + host + "/?serverSelectionTimeoutMS=300&connectTimeoutMS=300"
}

// plainAddress is one without a user.
func plainAddress(host string) string { return "mongodb://" + host + "/?serverSelectionTimeoutMS=300" }

func openFails(t *testing.T, uri string) error {
	t.Helper()
	s, err := Open(t.Context(), Options{URI: uri})
	if err == nil {
		t.Fatal("it was opened")
	}
	if s != nil {
		t.Error("there is a store beside the error")
	}
	return err
}

func TestAddresses(t *testing.T) {
	for _, uri := range []string{
		"", "localhost", "postgres://user:" + secret + "@localhost/db", "mongodb://user:" + secret + "@", "mongodb://user:" + secret + "%zz@localhost",
		"mongodb://user:" + secret + "@localhost/?w=none&connectTimeoutMS=soon", "mongodb://user:a/" + secret + "@localhost",
	} {
		wantFault(t, openFails(t, uri), fault.Unavailable, "MONGODB_URI")
	}
	wantFault(t, badAddress(&net.DNSError{Name: "cluster.example"}), fault.Unavailable, "host in MONGODB_URI cannot be found")
	for uri, want := range map[string]string{
		"mongodb://a:1,b:2/mine?x=/y": "mine", "mongodb+srv://u:p@c.example/my%20own": "my own", "mongodb://a/?x=1": "", "mongodb://a": "",
		"mongodb+srv://u:p@c.example/myFirstDatabase?w=majority": "",
	} {
		if got := databaseOf(uri); got != want {
			t.Errorf("database %q of %s, want %q", got, uri, want)
		}
	}
}

func TestUnreachable(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	wantFault(t, openFails(t, address(host)), fault.Unavailable, "cannot be reached. Check the host in MONGODB_URI")
}

func TestServersThatCannotBeUsed(t *testing.T) {
	always := func(answer bson.D) func(string) bson.D { return func(string) bson.D { return answer } }
	empty := ok(is("cursor", bson.D{is("id", int64(0)), is("ns", "contactsync.schema"), is("firstBatch", bson.A{})}))
	newer := ok(is("cursor", bson.D{is("id", int64(0)), is("ns", "contactsync.schema"),
		is("firstBatch", bson.A{bson.D{is("_id", "schema"), is("version", 99)}})}))
	build := func(major, minor int) bson.D {
		return ok(is("version", "4.2.24"), is("versionArray", bson.A{major, minor, 24, 0}))
	}
	onWrites := func(answer bson.D) func(string) bson.D {
		return func(command string) bson.D {
			return map[string]bson.D{"find": empty, "buildInfo": build(7, 0), "createIndexes": answer}[command]
		}
	}
	for name, test := range map[string]struct {
		server misfit
		user   bool
		kind   fault.Kind
		text   string
	}{
		"a wrong password": {misfit{answer: always(refusal(18, "Authentication failed."))}, true,
			fault.Unavailable, "refuses the user or the password of MONGODB_URI"},
		"a wrong password, at Atlas": {misfit{answer: always(refusal(8000, "bad auth : authentication failed"))}, true,
			fault.Unavailable, "refuses the user or the password of MONGODB_URI"},
		"a user without rights": {misfit{answer: always(refusal(13, "not authorized on contactsync to execute command"))}, false,
			fault.Unavailable, "user of MONGODB_URI may not read and write"},
		"a user who may only read": {misfit{answer: onWrites(refusal(13, "not authorized on contactsync to execute command"))}, false,
			fault.Unavailable, "user of MONGODB_URI may not read and write"},
		"a user who may only read, at Atlas": {misfit{answer: onWrites(refusal(8000, "user is not allowed to do action [createIndex]"))}, false,
			fault.Unavailable, "user of MONGODB_URI may not read and write"},
		"an old protocol": {misfit{hello: bson.D{is("maxWireVersion", 6)}, answer: always(ok())}, false,
			fault.Unavailable, "MONGODB_URI has to name a server with MongoDB 4.4 or newer"},
		"an old version": {misfit{answer: func(command string) bson.D {
			return map[string]bson.D{"find": empty, "buildInfo": build(4, 2)}[command]
		}}, false, fault.Unavailable, "MongoDB 4.2.24, which is too old"},
		"a replica set without a primary": {misfit{secondary: true, answer: always(ok())}, false,
			fault.Unavailable, "takes no writes at present"},
		"a server that is no primary any more": {misfit{answer: onWrites(refusal(10107, "not primary"))}, false,
			fault.Unavailable, "takes no writes at present"},
		"a full disk": {misfit{answer: onWrites(refusal(14031, "out of disk space"))}, false,
			fault.Unavailable, "disk of the database is full"},
		"a full account, at Atlas": {misfit{answer: onWrites(refusal(8000, "you are over your space quota"))}, false,
			fault.Unavailable, "disk of the database is full"},
		"a database of a newer version": {misfit{answer: always(newer)}, false,
			fault.Unavailable, "written by a newer version of Contact Sync"},
		"a server that hangs up": {misfit{answer: always(nil)}, false,
			fault.Retryable, "connection to the database broke"},
		"a server whose time is over": {misfit{answer: onWrites(refusal(50, "operation exceeded time limit"))}, false,
			fault.Retryable, "did not answer in time"},
		"a server that says something else": {misfit{answer: always(refusal(96, "OperationFailed"))}, false,
			fault.Unexpected, "Something went wrong on our side"},
	} {
		t.Run(name, func(t *testing.T) {
			uri := plainAddress(test.server.serve(t))
			if test.user {
				uri = strings.Replace(uri, "mongodb://", "mongodb://user:"+secret+"@", 1)
			}
			wantFault(t, openFails(t, uri), test.kind, test.text)
		})
	}
}

func TestDeadline(t *testing.T) {
	host := misfit{answer: func(string) bson.D { return silent }}.serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := Open(ctx, Options{URI: plainAddress(host)})
	wantFault(t, err, fault.Retryable, "did not answer in time")

	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	_, err = Open(ctx, Options{URI: plainAddress(host)})
	wantFault(t, err, fault.Retryable, "The time for it was over")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v does not tell that the context ended", err)
	}
}

func TestClosed(t *testing.T) {
	s := openTest(t, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := s.CountContacts(t.Context(), acme)
	wantFault(t, err, fault.Unavailable, "closed")
	_, err = s.Ping(t.Context())
	wantFault(t, err, fault.Unavailable, "closed")
	if err := s.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

// TestOversized holds that a document that is far too large is refused, and nothing
// of its batch is written.
func TestOversized(t *testing.T) {
	s := emptyStore(t, nil)
	batch := people(0, 2, true)
	batch[1].Links[0].URL = strings.Repeat("x", maxDocument)
	_, err := s.SaveContacts(t.Context(), acme, batch)
	wantFault(t, err, fault.TooLarge, "too large to be stored; the limit is 4 MB")
	if found, err := s.Contacts(t.Context(), acme, idsOf(batch)); err != nil || len(found) > 0 {
		t.Errorf("%d contacts were saved (%v)", len(found), err)
	}
	wantFault(t, s.SaveSettings(t.Context(), acme, &sync.Settings{Region: strings.Repeat("x", maxDocument)}), fault.TooLarge, "too large")
}
