package web

import (
	"strings"
	"testing"
)

func TestPasswords(t *testing.T) {
	for text, right := range map[string]string{
		"correct horse":  "correct horse",
		" spaces count ": " spaces count ",
		// From the tests of the reference implementation, github.com/P-H-C/phc-winner-argon2.
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc": "password",
		"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc":   "password",
	} {
		p, err := ParsePassword(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if !p.Matches(right) {
			t.Errorf("%q refuses %q", text, right)
		}
		for _, wrong := range []string{"", right + " ", strings.ToUpper(right), "guess"} {
			if p.Matches(wrong) {
				t.Errorf("%q takes %q", text, wrong)
			}
		}
		if right != text && p.Matches(text) {
			t.Errorf("the hash %q opens itself", text)
		}
	}
}

func TestHashesThatAreNone(t *testing.T) {
	for _, text := range []string{
		"$argon2", "$argon2id$", "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=16$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=8,t=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=8,t=1,p=1,x=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=8,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=8,t=1,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=8,t=1,p=1$c29t$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$CTFh", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$", "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$%%",
		"$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc$more",
	} {
		if _, err := ParsePassword(text); err == nil || strings.Contains(err.Error(), "CTFh") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
