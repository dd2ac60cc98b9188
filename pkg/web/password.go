package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	gosync "sync"

	"golang.org/x/crypto/argon2"
)

// The cost of checking a password that is given in plain: 19 MiB and two passes, what
// OWASP's password storage cheat sheet asks for at least.
var plainCost = cost{memory: 19 * 1024, passes: 2, threads: 1}

// Password checks what is entered against the built-in user's password, slowly and
// in constant time.
type Password struct {
	cost
	salt        []byte
	hash        func() []byte // computed when it is first needed
	fingerprint [sha256.Size]byte
}

// cost is what one check takes: memory in KiB.
type cost struct {
	memory, passes uint32
	threads        uint8
}

// ParsePassword reads APP_PASSWORD: the password itself, or its argon2id hash in PHC
// form ($argon2id$v=19$m=19456,t=2,p=1$salt$hash). The error repeats nothing of it.
func ParsePassword(text string) (*Password, error) {
	p := &Password{fingerprint: sha256.Sum256([]byte(text))}
	if strings.HasPrefix(text, "$argon2") {
		return p, p.readHash(text)
	}
	p.cost, p.salt = plainCost, make([]byte, 16)
	if _, err := rand.Read(p.salt); err != nil {
		return nil, err
	}
	p.hash = gosync.OnceValue(func() []byte { return p.derive(text, 32) })
	return p, nil
}

// Matches reports whether the password is the right one.
func (p *Password) Matches(entered string) bool {
	want := p.hash()
	return subtle.ConstantTimeCompare(p.derive(entered, len(want)), want) == 1
}

func (p *Password) derive(text string, length int) []byte {
	return argon2.IDKey([]byte(text), p.salt, p.passes, p.memory, p.threads, uint32(length)) //nolint:gosec // at most 64 bytes
}

// Bounds on what a hash may ask for: no more than a small instance has, and no less
// than makes it a hash.
const (
	maxMemory, maxPasses, maxThreads = 256 * 1024, 16, 16
	minHash, maxHash                 = 16, 64
)

func (p *Password) readHash(text string) error {
	wrong := errors.New("begins like an argon2 hash but is none of the form $argon2id$v=19$m=19456,t=2,p=1$salt$hash")
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return wrong
	}
	if _, err := fmt.Sscanf(parts[3]+"\n", "m=%d,t=%d,p=%d\n", &p.memory, &p.passes, &p.threads); err != nil {
		return wrong
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	hash, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(hash) < minHash || len(hash) > maxHash {
		return wrong
	}
	if p.memory > maxMemory || p.passes > maxPasses || p.threads > maxThreads || p.passes < 1 || p.threads < 1 {
		return fmt.Errorf("asks for more than m=%d,t=%d,p=%d, or for nothing", maxMemory, maxPasses, maxThreads)
	}
	p.salt, p.hash = salt, func() []byte { return hash }
	return nil
}
