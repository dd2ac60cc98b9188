package sync

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

// What is remembered of people whose data was erased: keyed hashes of the ids of their
// records and of their addresses, as tombstones. They tell whether something that
// arrives is theirs, and tell nothing to whoever reads them without the customer's key.

// memory hashes with the customer's key. A nil memory, where nobody was erased yet,
// knows nobody.
type memory struct{ key []byte }

const (
	erasedRecord = "record"
	erasedEmail  = "email"
)

// hash is how an id, or a canonical address, is remembered.
func (m *memory) hash(kind, text string) contact.ExternalID {
	mac := hmac.New(sha256.New, m.key)
	mac.Write([]byte(kind + "\x00" + text))
	return contact.ExternalID("erased:" + hex.EncodeToString(mac.Sum(nil)[:20]))
}

// hashes are those of several texts of a kind.
func hashes[T ~string](m *memory, kind string, texts []T) []contact.ExternalID {
	if m == nil {
		return nil
	}
	list := make([]contact.ExternalID, len(texts))
	for i, text := range texts {
		list[i] = m.hash(kind, string(text))
	}
	return list
}

// everywhere is the connection of tombstones that count on all of them.
const everywhere contact.ConnectionID = ""

func memoryKey(customer contact.CustomerID) string { return "erasure-key:" + string(customer) }

// memoryOf returns the customer's memory, or nil.
func (s *Service) memoryOf(ctx context.Context, customer contact.CustomerID) (*memory, error) {
	key, err := s.store.Value(ctx, memoryKey(customer), s.clock.Now())
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &memory{key}, nil
}

// beginMemory returns the customer's memory, with a new key if there is none. Of
// several that begin at once one makes the key.
func (s *Service) beginMemory(ctx context.Context, customer contact.CustomerID) (*memory, error) {
	m, err := s.memoryOf(ctx, customer)
	if m != nil || err != nil {
		return m, err
	}
	n, until, err := s.store.CountAttempt(ctx, "make "+memoryKey(customer), s.clock.Now(), time.Minute)
	if err != nil {
		return nil, err
	}
	if n > 1 {
		return nil, fault.ThrottledUntil(until, "The first erasure is under way. Try again in a minute.")
	}
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return &memory{key}, s.store.PutValue(ctx, memoryKey(customer), key, s.clock.Now().AddDate(100, 0, 0))
}

// erasedAmong returns which of the records and addresses belong to people who were
// erased.
func (s *Service) erasedAmong(ctx context.Context, customer contact.CustomerID, m *memory, conn contact.ConnectionID, ids []contact.ExternalID, emails []string) (erased map[contact.ExternalID]bool, err error) {
	erased = map[contact.ExternalID]bool{}
	if m == nil {
		return erased, nil
	}
	var stones []Tombstone
	if len(ids) > 0 {
		if stones, err = s.store.Tombstones(ctx, customer, conn, hashes(m, erasedRecord, ids)); err != nil {
			return nil, err
		}
	}
	if len(emails) > 0 {
		of, err := s.store.Tombstones(ctx, customer, everywhere, hashes(m, erasedEmail, emails))
		if err != nil {
			return nil, err
		}
		stones = append(stones, of...)
	}
	for _, t := range stones {
		erased[t.ExternalID] = true
	}
	return erased, nil
}

// knows reports whether one of the texts was erased, by what erasedAmong returned.
func (m *memory) knows(erased map[contact.ExternalID]bool, kind string, texts ...string) bool {
	return slices.ContainsFunc(hashes(m, kind, texts), func(h contact.ExternalID) bool { return erased[h] })
}
