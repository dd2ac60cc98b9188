package secret_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/secret"
)

const (
	oldKey = "an old key that is long enough to be one"
	newKey = "a new key that is long enough to be one!"
)

func box(t testing.TB, keys ...string) *secret.Box {
	t.Helper()
	b, err := secret.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSealedSecretsOpenOnlyForTheirPurpose(t *testing.T) {
	b := box(t, newKey)
	rapid.Check(t, func(t *rapid.T) {
		plain, purpose := rapid.String().Draw(t, "plain"), rapid.String().Draw(t, "purpose")
		sealed, err := b.Seal(plain, purpose)
		if err != nil {
			t.Fatal(err)
		}
		if len(plain) > 3 && strings.Contains(sealed, plain) {
			t.Fatal("the plain text shows")
		}
		if got, old, err := b.Open(sealed, purpose); err != nil || got != plain || old {
			t.Fatalf("Open = %q, %v, %v", got, old, err)
		}
		if _, _, err := b.Open(sealed, purpose+"x"); !fault.Is(err, fault.Unauthorised) {
			t.Fatalf("opened for another purpose: %v", err)
		}
	})
}

func TestKeysRotate(t *testing.T) {
	sealed, err := box(t, oldKey).Seal("token", "acme")
	if err != nil {
		t.Fatal(err)
	}
	if got, old, err := box(t, newKey, oldKey).Open(sealed, "acme"); err != nil || got != "token" || !old {
		t.Errorf("with the new key first: %q, %v, %v", got, old, err)
	}
	if _, _, err := box(t, newKey).Open(sealed, "acme"); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "ENCRYPTION_KEYS") {
		t.Errorf("without the old key: %v", err)
	}
}

func TestAnyChangeOfASealedTextIsNoticed(t *testing.T) {
	b := box(t, newKey)
	sealed, err := b.Seal("token", "acme")
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.Seal("token", "acme")
	if err != nil || again == sealed {
		t.Errorf("sealing twice gave the same text")
	}
	for i := range len(sealed) {
		swapped := byte('A')
		if sealed[i] == swapped {
			swapped = 'B'
		}
		changed := sealed[:i] + string(swapped) + sealed[i+1:]
		if got, _, err := b.Open(changed, "acme"); err == nil && i < len(sealed)-1 {
			t.Errorf("a change at %d went unnoticed: %q", i, got)
		}
	}
	for _, bad := range []string{"", "v1", "v1..", "v2.a.b", "v1." + strings.Split(sealed, ".")[1] + ".AA", strings.Repeat(".", 9)} {
		if _, _, err := b.Open(bad, "acme"); err == nil {
			t.Errorf("%q was opened", bad)
		}
	}
}

func TestKeysMustBeLongEnough(t *testing.T) {
	for _, keys := range [][]string{nil, {""}, {"short"}, {newKey, "short"}} {
		if _, err := secret.New(keys); err == nil || strings.Contains(err.Error(), "short") && !strings.Contains(err.Error(), "shorter") {
			t.Errorf("New(%d keys): %v", len(keys), err)
		}
	}
}
