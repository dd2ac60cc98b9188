package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

func TestParseKeys(t *testing.T) {
	keys, err := ParseKeys(" shop:acme:s3cret , crm:other:with:colons,")
	if err != nil || len(keys) != 2 || keys[0].Name != "shop" || keys[1].Customer != "other" {
		t.Fatalf("%v %v", keys, err)
	}
	s := New(Config{Keys: keys})
	for secret, want := range map[string]contact.CustomerID{"s3cret": "acme", "with:colons": "other"} {
		if key, known := s.key(secret); !known || key.Customer != want {
			t.Errorf("%q admits %v, %v", secret, key, known)
		}
	}
	for _, secret := range []string{"", "s3cre", "s3crets", "colons"} {
		if key, known := s.key(secret); known {
			t.Errorf("%q admits %v", secret, key)
		}
	}
	for _, text := range []string{"only", "name:customer", "name:customer:", ":customer:secret", "name::secret", "a:b:same,c:d:same", "a:b c:secret", "a:b/c:secret", "a:-b:secret", "a:b\x00:secret", "a:" + strings.Repeat("b", 101) + ":secret"} {
		if keys, err := ParseKeys(text); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%q: %v, %v", text, keys, err)
		}
	}
}

func TestAdmitSignedIn(t *testing.T) {
	keys, err := ParseKeys("shop:acme:s3cret")
	if err != nil {
		t.Fatal(err)
	}
	deployed := Config{Keys: keys}
	local := Config{Keys: keys, Developer: "default"}
	closed := Config{}
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	for name, test := range map[string]struct {
		config Config
		host   string
		header http.Header
		want   contact.CustomerID
		kind   fault.Kind
	}{
		"a key":                        {deployed, "app.example", header("Authorization", "Bearer s3cret"), "acme", 0},
		"a key, scheme in lower case":  {deployed, "app.example", header("Authorization", "bearer s3cret"), "acme", 0},
		"a wrong key":                  {deployed, "app.example", header("Authorization", "Bearer secret"), "", fault.Unauthorised},
		"the wrong scheme":             {deployed, "app.example", header("Authorization", "Basic s3cret"), "", fault.Unauthorised},
		"nothing":                      {deployed, "app.example", nil, "", fault.Unauthorised},
		"nothing from this machine":    {deployed, "127.0.0.1:3000", nil, "", fault.Unauthorised},
		"nothing set":                  {closed, "app.example", header("Authorization", "Bearer s3cret"), "", fault.Unavailable},
		"the developer":                {local, "127.0.0.1:3000", nil, "default", 0},
		"the developer by name":        {local, "localhost:3000", nil, "default", 0},
		"the developer by IPv6":        {local, "[::1]:3000", nil, "default", 0},
		"the developer's page":         {local, "localhost:3000", header("Origin", "http://localhost:3000", "Sec-Fetch-Site", "same-origin"), "default", 0},
		"the page in front":            {local, "127.0.0.1:3000", header("Origin", "http://localhost:3001", "Sec-Fetch-Site", "same-origin"), "default", 0},
		"a bookmark":                   {local, "localhost:3000", header("Sec-Fetch-Site", "none"), "default", 0},
		"a key at the developer's":     {local, "localhost:3000", header("Authorization", "Bearer s3cret"), "acme", 0},
		"a wrong key at developer's":   {local, "localhost:3000", header("Authorization", "Bearer secret"), "", fault.Unauthorised},
		"another page":                 {local, "localhost:3000", header("Origin", "https://evil.example"), "", fault.Forbidden},
		"another page, cross-site":     {local, "localhost:3000", header("Sec-Fetch-Site", "cross-site"), "", fault.Forbidden},
		"another port of this machine": {local, "localhost:3000", header("Origin", "http://localhost:8080", "Sec-Fetch-Site", "same-site"), "", fault.Forbidden},
		"another port, old browser":    {local, "localhost:3000", header("Origin", "http://localhost:8080"), "", fault.Forbidden},
		"a page without an origin":     {local, "localhost:3000", header("Origin", "null"), "", fault.Forbidden},
		"a name that resolves here":    {local, "evil.example:3000", nil, "", fault.Forbidden},
		"a name that looks like it":    {local, "127.0.0.1.evil.example", nil, "", fault.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/api/contacts", nil)
			r.Host = test.host
			if test.header != nil {
				r.Header = test.header
			}
			c := newCall(httptest.NewRecorder(), r)
			err := New(test.config).admit(c, signedIn)
			if test.want != "" && err != nil || test.want == "" && !fault.Is(err, test.kind) || c.customer != test.want {
				t.Errorf("customer %q, error %v", c.customer, err)
			}
		})
	}
}
