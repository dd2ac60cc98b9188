package mongo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/contactsync/contactsync/pkg/fault"
)

// The settings of the client suit a function: an instance answers one request at a
// time and is put to sleep without notice, and there may be many instances, so it
// keeps few connections and gives them up soon.
const (
	appName      = "contactsync"
	poolSize     = 5
	idleFor      = 45 * time.Second
	selectWithin = 5 * time.Second
	dialWithin   = 5 * time.Second
	// answerWithin bounds a single operation whose context has no deadline.
	answerWithin = 20 * time.Second
	closeWithin  = 5 * time.Second
)

// connect makes a client; it does not wait for a server.
func connect(o Options) (*driver.Client, error) {
	settings := clientOptions(o)
	if err := settings.Validate(); err != nil {
		return nil, badAddress(err)
	}
	return driver.Connect(settings)
}

// clientOptions are the settings of a client. What decides about correctness is set
// after the address has been applied, and cannot be undone by it.
func clientOptions(o Options) *options.ClientOptions {
	return options.Client().
		SetAppName(appName).
		SetMaxPoolSize(poolSize).
		SetMinPoolSize(0).
		SetMaxConnIdleTime(idleFor).
		SetServerSelectionTimeout(selectWithin).
		SetConnectTimeout(dialWithin).
		SetTimeout(answerWithin).
		ApplyURI(o.URI).
		SetReadPreference(readpref.Primary()).
		SetWriteConcern(writeconcern.Majority()).
		SetRetryWrites(true).
		SetRetryReads(true).
		SetRegistry(codec).
		SetBSONOptions(&options.BSONOptions{UseJSONStructTags: true}).
		SetMonitor(o.Monitor)
}

// badAddress describes an address that cannot be used. The driver's text may repeat
// parts of the address, so it is left out.
func badAddress(err error) error {
	if lookup := (*net.DNSError)(nil); errors.As(err, &lookup) {
		return &fault.Error{
			Kind:    fault.Unavailable,
			Message: "The host in MONGODB_URI cannot be found.",
			Hint:    "Copy the address from the database's own page.",
		}
	}
	return &fault.Error{
		Kind:    fault.Unavailable,
		Message: "MONGODB_URI is not the address of a MongoDB database.",
		Hint:    "It begins with mongodb:// or mongodb+srv://; special characters of a password have to be percent-encoded.",
	}
}

// placeholder is what stands for the database in addresses that MongoDB Atlas
// suggests.
const placeholder = "myFirstDatabase"

// databaseOf returns the database that an address names, or "".
func databaseOf(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	rest, _, _ = strings.Cut(rest, "?")
	_, name, _ := strings.Cut(rest, "/")
	if name == placeholder {
		return ""
	}
	if plain, err := url.PathUnescape(name); err == nil {
		return plain
	}
	return name
}

// The oldest version that the driver and the queries of this package work with.
const oldestName = "4.4"

var oldest = [2]int32{4, 4}

// checkVersion refuses a server that is too old.
func (s *Store) checkVersion(ctx context.Context) error {
	var info struct {
		Version string  `bson:"version"`
		Parts   []int32 `bson:"versionArray"`
	}
	if err := s.client.Database("admin").RunCommand(ctx, bson.D{is("buildInfo", 1)}).Decode(&info); err != nil {
		return err
	}
	if len(info.Parts) >= 2 && (info.Parts[0] < oldest[0] || info.Parts[0] == oldest[0] && info.Parts[1] < oldest[1]) {
		return tooOld(fmt.Sprintf("The database server is MongoDB %s, which is too old.", info.Version))
	}
	return nil
}
