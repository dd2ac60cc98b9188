package membrane

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/contactsync/contactsync/pkg/fault"
)

func TestToken(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	w := Workspace{Key: "workspace", Secret: "the secret of the workspace", Now: func() time.Time { return now }}
	text, err := w.Token("acme")
	if err != nil {
		t.Fatal(err)
	}
	parse := func(at time.Time, secret string) (jwt.MapClaims, error) {
		said := jwt.MapClaims{}
		_, err := jwt.NewParser(jwt.WithValidMethods([]string{"HS512"}), jwt.WithExpirationRequired(),
			jwt.WithTimeFunc(func() time.Time { return at })).
			ParseWithClaims(text, said, func(*jwt.Token) (any, error) { return []byte(secret), nil })
		return said, err
	}
	said, err := parse(now, w.Secret)
	if err != nil {
		t.Fatal(err)
	}
	want := jwt.MapClaims{
		"iss": "workspace", "id": "acme", "name": "acme",
		"iat": float64(now.Unix()), "exp": float64(now.Add(15 * time.Minute).Unix()),
	}
	if len(said) != len(want) {
		t.Errorf("claims %v, want %v", said, want)
	}
	for name, value := range want {
		if said[name] != value {
			t.Errorf("%s is %v, want %v", name, said[name], value)
		}
	}
	if _, err := parse(now.Add(TokenLife), w.Secret); err == nil {
		t.Error("it does not expire")
	}
	if _, err := parse(now, "another secret"); err == nil {
		t.Error("another secret verifies it")
	}
}

func TestTokenNeedsAWorkspaceAndACustomer(t *testing.T) {
	for _, w := range []Workspace{{Key: "k", Now: time.Now}, {Secret: "s", Now: time.Now}} {
		if _, err := w.Token("acme"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%+v: %v", w, err)
		}
	}
	if _, err := (Workspace{Key: "k", Secret: "s", Now: time.Now}).Token(""); err == nil {
		t.Error("a token for nobody")
	}
}
