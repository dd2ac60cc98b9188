// Package secret encrypts what must not be readable in the store: the credentials
// of connections. It uses AES-256-GCM with a random nonce, bound to what the secret
// is for, and keys that can be rotated.
//
// It does not store anything and does not decide what is secret. Passwords are
// hashed by package web, not encrypted here.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/contactsync/contactsync/pkg/fault"
)

const (
	// version begins every sealed text, so that the form can change.
	version = "v1"
	// minKey is the shortest key material accepted, in characters.
	minKey = 32
)

// Box seals and opens secrets. Safe for concurrent use.
type Box struct {
	keys []key // newest first
}

type key struct {
	id   string
	aead cipher.AEAD
}

// New returns a Box for the keys of ENCRYPTION_KEYS, newest first: each at least 32
// characters of any text with enough randomness, such as 32 random bytes in base64.
// The newest seals; all open. An error names no key material.
func New(keys []string) (*Box, error) {
	b := &Box{}
	for i, material := range keys {
		material = strings.TrimSpace(material)
		if len(material) < minKey {
			return nil, fmt.Errorf("key %d is shorter than %d characters", i+1, minKey)
		}
		k, err := derive(material)
		if err != nil {
			return nil, err
		}
		b.keys = append(b.keys, k)
	}
	if len(b.keys) == 0 {
		return nil, fmt.Errorf("no key")
	}
	return b, nil
}

// derive makes a cipher and an identifier from key material; neither tells anything
// about the other.
func derive(material string) (key, error) {
	raw, err := hkdf.Key(sha256.New, []byte(material), nil, "contactsync/secret/key/v1", 32)
	if err != nil {
		return key{}, err
	}
	id, err := hkdf.Key(sha256.New, []byte(material), nil, "contactsync/secret/id/v1", 6)
	if err != nil {
		return key{}, err
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return key{}, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return key{}, err
	}
	return key{id: hex.EncodeToString(id), aead: aead}, nil
}

// Seal encrypts plain for a purpose, such as the connection it belongs to. Sealing
// the same twice gives different texts.
func (b *Box) Seal(plain, purpose string) (string, error) {
	k := b.keys[0]
	nonce := make([]byte, k.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	sealed := k.aead.Seal(nonce, nonce, []byte(plain), []byte(purpose))
	return strings.Join([]string{version, k.id, base64.RawURLEncoding.EncodeToString(sealed)}, "."), nil
}

// Open decrypts what Seal made for the same purpose. Old reports that a newer key
// exists, so that it is worth sealing again. It fails with fault.Unavailable when
// its key is not among those of the Box, and with fault.Unauthorised when the text
// was changed or belongs to another purpose.
func (b *Box) Open(sealed, purpose string) (plain string, old bool, err error) {
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != version {
		return "", false, fault.New(fault.Unauthorised, "The stored credential is not readable. Enter it again.")
	}
	for i, k := range b.keys {
		if k.id != parts[1] {
			continue
		}
		raw, err := base64.RawURLEncoding.DecodeString(parts[2])
		if err != nil || len(raw) < k.aead.NonceSize() {
			return "", false, fault.New(fault.Unauthorised, "The stored credential is damaged. Enter it again.")
		}
		nonce, text := raw[:k.aead.NonceSize()], raw[k.aead.NonceSize():]
		opened, err := k.aead.Open(nil, nonce, text, []byte(purpose))
		if err != nil {
			return "", false, fault.New(fault.Unauthorised, "The stored credential is damaged. Enter it again.")
		}
		return string(opened), i > 0, nil
	}
	return "", false, fault.New(fault.Unavailable,
		"The credential was encrypted with a key that ENCRYPTION_KEYS does not have. Add that key behind the newest one.")
}
