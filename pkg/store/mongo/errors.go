package mongo

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/description"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"github.com/contactsync/contactsync/pkg/fault"
)

// Codes of MongoDB's errors (https://www.mongodb.com/docs/manual/reference/error-codes/).
const (
	codeUnauthorized  = 13
	codeAuthFailed    = 18
	codeTooLarge      = 10334
	codeDiskFull      = 14031
	codeAtlas         = 8000 // its text says what it is
	codeNoSuchCommand = 59
)

var (
	codesOfNoPrimary = []int{91, 189, 10058, 10107, 11600, 11602, 13435, 13436}
	codesOfTimeouts  = []int{50, 64, 202, 262}
)

// classify says what a caller can do about an error of the database. Every text
// for people names what to check; none holds an address or a password.
func classify(op string, err error) error {
	if err == nil || fault.As(err) != nil {
		return err
	}
	e := describe(err)
	e.Op, e.Err = op, err
	return e
}

func describe(err error) *fault.Error {
	selection := topology.ServerSelectionError{}
	server := mongo.ServerError(nil)
	switch {
	case errors.Is(err, context.Canceled):
		return fault.New(fault.Retryable, "The time for it was over.")
	case strings.Contains(err.Error(), "reports wire version"):
		return tooOld("The database server's version of MongoDB is not supported.")
	case errors.As(err, &server) && fromServer(server) != nil:
		return fromServer(server)
	case errors.As(err, &selection):
		return notSelected(selection.Desc)
	case errors.Is(err, mongo.ErrClientDisconnected):
		return fault.New(fault.Unavailable, "The database is closed.")
	case mongo.IsTimeout(err):
		return fault.New(fault.Retryable, "The database did not answer in time.")
	case mongo.IsNetworkError(err), isNetwork(err):
		return fault.New(fault.Retryable, "The connection to the database broke.")
	}
	return &fault.Error{}
}

// fromServer describes what a server answered; nil if it is nothing in particular.
func fromServer(err mongo.ServerError) *fault.Error {
	is := func(code int) bool { return err.HasErrorCode(code) }
	switch {
	case is(codeAuthFailed), is(codeAtlas) && err.HasErrorMessage("auth"):
		return &fault.Error{
			Kind:    fault.Unavailable,
			Message: "The database refuses the user or the password of MONGODB_URI.",
			Hint:    "Check both; special characters of a password have to be percent-encoded.",
		}
	case is(codeUnauthorized), is(codeAtlas) && err.HasErrorMessage("not allowed"):
		return &fault.Error{
			Kind:    fault.Unavailable,
			Message: "The user of MONGODB_URI may not read and write the database.",
			Hint:    "Give it the role readWrite on it.",
		}
	case is(codeDiskFull), is(codeAtlas) && err.HasErrorMessage("quota"):
		return &fault.Error{
			Kind:    fault.Unavailable,
			Message: "The disk of the database is full.",
			Hint:    "Make room for it; nothing that was stored is lost.",
		}
	case slices.ContainsFunc(codesOfNoPrimary, is):
		return noPrimary()
	case is(codeTooLarge):
		return fault.New(fault.TooLarge, "A record is too large to be stored.")
	case slices.ContainsFunc(codesOfTimeouts, is):
		return fault.New(fault.Retryable, "The database did not answer in time.")
	}
	return nil
}

// notSelected describes why no server could be chosen: none answers, or none of
// those that do takes writes.
func notSelected(desc description.Topology) *fault.Error {
	for _, s := range desc.Servers {
		if s.Kind != description.Unknown {
			return noPrimary()
		}
	}
	return &fault.Error{
		Kind:    fault.Unavailable,
		Message: "The database cannot be reached.",
		Hint:    "Check the host in MONGODB_URI, that the server runs, and that it lets this deployment connect.",
	}
}

func noPrimary() *fault.Error {
	return &fault.Error{
		Kind:    fault.Unavailable,
		Message: "The database takes no writes at present: it is read-only, or has no primary server.",
		Hint:    "Check that MONGODB_URI names every server of the replica set, and that one of them is primary.",
	}
}

func tooOld(message string) *fault.Error {
	return &fault.Error{
		Kind:    fault.Unavailable,
		Message: message,
		Hint:    "MONGODB_URI has to name a server with MongoDB " + oldestName + " or newer.",
	}
}

func isNetwork(err error) bool {
	network := net.Error(nil)
	return errors.As(err, &network)
}

// isDuplicate reports whether every failed write of err found its key taken.
func isDuplicate(err error) bool {
	bulk := mongo.BulkWriteException{}
	if !errors.As(err, &bulk) {
		return mongo.IsDuplicateKeyError(err)
	}
	return bulk.WriteConcernError == nil && !slices.ContainsFunc(bulk.WriteErrors, func(e mongo.BulkWriteError) bool {
		return !mongo.IsDuplicateKeyError(e.WriteError)
	})
}
