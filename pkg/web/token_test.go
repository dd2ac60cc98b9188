package web

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const hostSecret = "what the host application signs with"

func sign(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	text, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestHostTokens(t *testing.T) {
	now := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	s := New(Config{TokenSecret: hostSecret, Clock: fixed(now)})
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	claims := func(change func(jwt.MapClaims)) jwt.MapClaims {
		c := jwt.MapClaims{"sub": "ada", "customerId": "acme", "exp": now.Add(time.Hour).Unix()}
		if change != nil {
			change(c)
		}
		return c
	}
	set := func(name string, v any) func(jwt.MapClaims) { return func(c jwt.MapClaims) { c[name] = v } }
	hs256 := func(change func(jwt.MapClaims)) string {
		return sign(t, jwt.SigningMethodHS256, []byte(hostSecret), claims(change))
	}
	good := hs256(nil)
	unsigned := good[:strings.LastIndex(good, ".")+1]
	for name, token := range map[string]string{
		"plain": good, "expired within the leeway": hs256(set("exp", now.Add(-20*time.Second).Unix())), "more claims": hs256(set("role", "any")),
	} {
		if who, ok := s.hostToken(token); !ok || who.user != "ada" || who.customer != "acme" || who.via != byToken || who.ends.IsZero() {
			t.Errorf("%s: %+v, %v", name, who, ok)
		}
	}
	for name, token := range map[string]string{
		"expired":             hs256(set("exp", now.Add(-31*time.Second).Unix())),
		"no exp":              hs256(func(c jwt.MapClaims) { delete(c, "exp") }),
		"exp of another kind": hs256(set("exp", "tomorrow")),
		"not yet":             hs256(set("nbf", now.Add(time.Minute).Unix())),
		"no sub":              hs256(func(c jwt.MapClaims) { delete(c, "sub") }),
		"long sub":            hs256(set("sub", strings.Repeat("x", 201))),
		"no customer":         hs256(func(c jwt.MapClaims) { delete(c, "customerId") }),
		"empty customer":      hs256(set("customerId", "")),
		"customer with colon": hs256(set("customerId", "acme:hubspot")),
		"customer with zero":  hs256(set("customerId", "acme\x00")),
		"long customer":       hs256(set("customerId", strings.Repeat("x", 101))),
		"customer no text":    hs256(set("customerId", []string{"acme"})),
		"another secret":      sign(t, jwt.SigningMethodHS256, []byte("guess"), claims(nil)),
		"empty secret":        sign(t, jwt.SigningMethodHS256, []byte{}, claims(nil)),
		"HS512":               sign(t, jwt.SigningMethodHS512, []byte(hostSecret), claims(nil)),
		"RS256":               sign(t, jwt.SigningMethodRS256, pair, claims(nil)),
		"none":                sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(nil)),
		"signature cut off":   unsigned,
		"none over a good one": base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) +
			good[strings.Index(good, "."):strings.LastIndex(good, ".")+1],
		"changed": good[:len(good)-6] + "AAAAAA",
		"nothing": "", "dots": "..", "text": "token",
	} {
		if who, ok := s.hostToken(token); ok {
			t.Errorf("%s: lets in %+v", name, who)
		}
	}
	if _, ok := New(Config{Clock: fixed(now)}).hostToken(sign(t, jwt.SigningMethodHS256, []byte{}, claims(nil))); ok {
		t.Error("without a secret, the empty one counts")
	}
}
