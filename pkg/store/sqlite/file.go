package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/contactsync/contactsync/pkg/fault"
)

// creating is held while this process creates a file: closing a file drops every
// lock that the process holds on it, those of another Store included.
var creating sync.Mutex

// createFile makes an empty file for a database that holds people's data, unless
// there is one, and returns its absolute path. SQLite gives its side files the same
// permissions.
func createFile(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	creating.Lock()
	defer creating.Unlock()
	file, err := os.OpenFile(absolute, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return absolute, nil
	}
	if err != nil {
		return "", err
	}
	return absolute, file.Close()
}

func cannotOpen(op, path string, err error) error {
	message := "The database file cannot be created."
	if errors.Is(err, fs.ErrNotExist) {
		message = "The folder of the database file does not exist."
	}
	return &fault.Error{
		Kind: fault.Unavailable, Op: op, Err: err, Message: message,
		Hint: "Check the setting of its path: " + filepath.Base(path) + ".",
	}
}
