package contact_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/contactsync/contactsync/pkg/contact"
)

func TestCanonical(t *testing.T) {
	us, none := contact.Canonical{Region: "US"}, contact.Canonical{}
	tests := []struct {
		name  string
		c     contact.Canonical
		field contact.Field
		raw   string
		want  string
	}{
		{"text stays", none, contact.LastName, "Lovelace", "Lovelace"},
		{"case counts in names", none, contact.LastName, "van Dyke", "van Dyke"},
		{"white space is trimmed and collapsed", none, contact.LastName, " \tvan  der\u00a0Berg \n", "van der Berg"},
		{"composed and decomposed accents are one", none, contact.FirstName, "Zoe\u0308", "Zoë"},
		{"marks nobody sees do not count", none, contact.FirstName, "\ufeffAda\u200b", "Ada"},
		{"only white space is blank", none, contact.FirstName, " \u2003 ", ""},
		{"e-mail in small letters", none, contact.Email, " Ada@Example.COM ", "ada@example.com"},
		{"phone with a country code", none, contact.Phone, "+1 (650) 253-0000", "+16502530000"},
		{"phone in the region", us, contact.Phone, "(650) 253-0000", "+16502530000"},
		{"phone without any region stays", none, contact.Phone, "650-253-0000", "650-253-0000"},
		{"an extension is part of the number", us, contact.Phone, "650-253-0000 ext. 12", "+16502530000;ext=12"},
		{"what is no phone number stays", us, contact.Phone, "ask Bob", "ask Bob"},
		{"emoji survive", none, contact.Company, "Zoë 😀 & Söhne", "Zoë 😀 & Söhne"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.c.Of(tt.field, tt.raw); got != tt.want {
				t.Errorf("Of(%q) = %q, want %q", tt.raw, got, tt.want)
			}
		})
	}
}

func TestCanonicalIsItsOwnCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := contact.Canonical{Region: rapid.SampledFrom([]string{"", "US", "DE"}).Draw(t, "region")}
		f := rapid.SampledFrom(contact.Standard).Draw(t, "field")
		raw := rapid.String().Draw(t, "raw")
		once := c.Of(f, raw)
		if twice := c.Of(f, once); twice != once {
			t.Fatalf("%s: %q becomes %q becomes %q", f, raw, once, twice)
		}
		if !c.Equal(f, raw, once) || !c.Equal(f, once, raw) {
			t.Fatalf("%s: %q is not equal to its canonical form %q", f, raw, once)
		}
	})
}

func TestFingerprint(t *testing.T) {
	c := contact.Canonical{}
	a := contact.Values{contact.Email: "Ada@example.com", contact.Company: "", contact.LastName: "Lovelace "}
	b := contact.Values{contact.Email: "ada@EXAMPLE.com", contact.LastName: "Lovelace", contact.Phone: " "}
	if c.Fingerprint(a) != c.Fingerprint(b) {
		t.Error("the same content has two fingerprints")
	}
	moved := contact.Values{contact.Email: "Lovelace", contact.LastName: "ada@example.com"}
	if c.Fingerprint(a) == c.Fingerprint(moved) {
		t.Error("values in other fields have the same fingerprint")
	}
}

func TestCheck(t *testing.T) {
	for raw, good := range map[string]bool{
		"": true, "ada@example.com": true, "zoë@exämple.de": true, "a+b@sub.example.co": true, " ada@example.com ": true,
		"ada": false, "ada@": false, "@example.com": false, "ada@example": false, "ada@@example.com": false,
		"Ada <ada@example.com>": false, "ada@-example.com": false, "ada@example..com": false,
		strings.Repeat("a", 65) + "@example.com": false, "ada@example.com, bob@example.com": false,
	} {
		if text := contact.Check(contact.Email, raw); (text == "") != good {
			t.Errorf("Check(e-mail %q) = %q", raw, text)
		}
	}
	for raw, good := range map[string]bool{
		"Ada": true, "O'Brien-Söhne 😀": true, strings.Repeat("é", contact.MaxValue): true,
		strings.Repeat("é", contact.MaxValue+1): false, "bell\a": false, "not \xff utf-8": false,
	} {
		if text := contact.Check(contact.LastName, raw); (text == "") != good {
			t.Errorf("Check(name %.20q) = %q", raw, text)
		}
	}
}

func TestEverythingIsFoundByTheBeginningOfItsWords(t *testing.T) {
	words := contact.Words(contact.Values{
		contact.FirstName: "Zoë Marie", contact.LastName: "O'Brien", contact.Company: "Söhne & Co",
		contact.Email: "Zoe.B@Example.com", contact.Phone: "(0650) 253-0000",
	})
	found := func(query string) bool {
		for _, term := range contact.Terms(query) {
			if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, term) }) {
				return false
			}
		}
		return true
	}
	for query, want := range map[string]bool{
		"zoe": true, "ZOË": true, "mar": true, "brien zoe": true, "o'brien": true, "soh": true, "zoe.b@ex": true,
		"example": true, "0650 253": true, "650-253": true, "(650) 2530": true, "": true,
		"arie": false, "zoe max": false, "253": false, "b@example": false,
	} {
		if found(query) != want {
			t.Errorf("%q (terms %q) found: %v, want %v; words %q", query, contact.Terms(query), !want, want, words)
		}
	}
}

func TestDisplayName(t *testing.T) {
	for want, v := range map[string]contact.Values{
		"Ada Lovelace":  {contact.FirstName: "Ada", contact.LastName: "Lovelace", contact.Email: "a@example.com"},
		"Lovelace":      {contact.LastName: "Lovelace"},
		"a@example.com": {contact.Email: "a@example.com", contact.Phone: "1"},
		"1":             {contact.Phone: "1", contact.Company: "Acme"},
		"":              {contact.Company: "Acme"},
	} {
		if got := v.DisplayName(); got != want {
			t.Errorf("DisplayName(%v) = %q, want %q", v, got, want)
		}
	}
}
