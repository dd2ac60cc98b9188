package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	// sessionLife is when a session ends in any case, sessionIdle after its last use.
	sessionLife = 7 * 24 * time.Hour
	sessionIdle = 12 * time.Hour
	// sessionRenewal is how much later a use has to be to be remembered.
	sessionRenewal = time.Minute
)

// session is who signed in, as the store keeps it until sessionLife is over.
type session struct {
	User     string             `json:"user"`
	Customer contact.CustomerID `json:"customer"`
	Ends     time.Time          `json:"ends"`
}

// sessions keeps sessions in the store, under the hashes of their ids: who reads the
// store can sign in as nobody. The browser holds the id and a signature, so that
// what was not issued here never reaches the store.
//
// A session has two values: who it is, which is written once, and when it was last
// used. Signing out removes the first, so that a request under way, which renews the
// second, cannot bring it back.
type sessions struct {
	store sync.ValueStore
	key   []byte
}

// newSessions derives the key of the signatures from the secret and the password:
// a new password ends all sessions.
func newSessions(store sync.ValueStore, secret string, password *Password) *sessions {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("contactsync/web/session/v1"))
	mac.Write(password.fingerprint[:])
	return &sessions{store, mac.Sum(nil)}
}

// begin opens a session and returns the value of its cookie.
func (s *sessions) begin(ctx context.Context, user string, customer contact.CustomerID, now time.Time) (string, *session, error) {
	id := make([]byte, 32)
	if _, err := rand.Read(id); err != nil {
		return "", nil, err
	}
	opened := &session{User: user, Customer: customer, Ends: now.Add(sessionLife)}
	value, err := json.Marshal(opened)
	if err != nil {
		return "", nil, err
	}
	who, used := keysOf(id)
	if err := s.use(ctx, used, now, opened.Ends); err != nil {
		return "", nil, err
	}
	if err := s.store.PutValue(ctx, who, value, opened.Ends); err != nil {
		return "", nil, err
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode(id) + "." + encode(s.sign(id)), opened, nil
}

// find returns the session of a cookie and counts it as used. It fails with
// fault.Unauthorised for anything but a session that goes on.
func (s *sessions) find(ctx context.Context, cookie string, now time.Time) (*session, error) {
	id, ok := s.open(cookie)
	if !ok {
		return nil, errSignedOut
	}
	who, used := keysOf(id)
	var found session
	if err := s.read(ctx, who, now, &found); err != nil {
		return nil, err
	}
	var last time.Time
	if err := s.read(ctx, used, now, &last); err != nil {
		return nil, err
	}
	if now.Sub(last) < sessionRenewal {
		return &found, nil
	}
	return &found, s.use(ctx, used, now, found.Ends)
}

// end closes the session of a cookie; one that is none is no error.
func (s *sessions) end(ctx context.Context, cookie string) error {
	id, ok := s.open(cookie)
	if !ok {
		return nil
	}
	who, used := keysOf(id)
	if err := s.store.DropValue(ctx, who); err != nil {
		return err
	}
	return s.store.DropValue(ctx, used)
}

var errSignedOut = fault.New(fault.Unauthorised, "You are not signed in, or not any more.")

func (s *sessions) read(ctx context.Context, key string, now time.Time, into any) error {
	value, err := s.store.Value(ctx, key, now)
	if fault.Is(err, fault.NotFound) {
		return errSignedOut
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(value, into)
}

func (s *sessions) use(ctx context.Context, key string, now, ends time.Time) error {
	until := now.Add(sessionIdle)
	if until.After(ends) {
		until = ends
	}
	value, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return s.store.PutValue(ctx, key, value, until)
}

// open returns the id of a cookie that was issued here.
func (s *sessions) open(cookie string) ([]byte, bool) {
	id, signature, _ := strings.Cut(cookie, ".")
	decode := base64.RawURLEncoding.Strict().DecodeString
	raw, err1 := decode(id)
	given, err2 := decode(signature)
	if err1 != nil || err2 != nil || len(raw) != 32 {
		return nil, false
	}
	return raw, hmac.Equal(given, s.sign(raw))
}

func (s *sessions) sign(id []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(id)
	return mac.Sum(nil)
}

// keysOf names the values of a session in the store.
func keysOf(id []byte) (who, used string) {
	hash := sha256.Sum256(id)
	name := hex.EncodeToString(hash[:])
	return "session:" + name, "session-used:" + name
}
