package web

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
)

func post(body string) *call {
	return newCall(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/api/contacts", strings.NewReader(body)))
}

func TestContactValues(t *testing.T) {
	for name, test := range map[string]struct {
		body   string
		values contact.Values
		fields map[string]string
	}{
		"nothing":        {"", contact.Values{}, nil},
		"empty object":   {" {} \n", contact.Values{}, nil},
		"values":         {`{"email":"a@b.co","phone":""}`, contact.Values{contact.Email: "a@b.co", contact.Phone: ""}, nil},
		"null clears":    {`{"phone":null}`, contact.Values{contact.Phone: ""}, nil},
		"unknown member": {`{"email":"a@b.co","shoeSize":"44"}`, nil, map[string]string{"shoeSize": "is not known here"}},
		"every problem": {
			`{"email":5,"phone":["1"],"Email":"a@b.co","company":{"name":"x"}}`, nil,
			map[string]string{"email": "has to be text or null", "phone": "has to be text or null", "Email": "is not known here", "company": "has to be text or null"},
		},
		"given twice": {`{"email":"a@b.co","email":"c@d.co"}`, nil, map[string]string{"email": "is given twice"}},
	} {
		t.Run(name, func(t *testing.T) {
			values, err := contactValues(post(test.body))
			if test.fields == nil {
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.values, values); diff != "" {
					t.Error(diff)
				}
				return
			}
			classified := fault.As(err)
			if classified == nil || classified.Kind != fault.Invalid {
				t.Fatalf("error %v", err)
			}
			if diff := cmp.Diff(test.fields, classified.Fields); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMalformedBodies(t *testing.T) {
	for name, body := range map[string]string{
		"not JSON":        "email=a@b.co",
		"cut short":       `{"email":"a@b.co"`,
		"a list":          `[{"email":"a@b.co"}]`,
		"a text":          `"a@b.co"`,
		"something after": `{"email":"a@b.co"}{}`,
		"garbage after":   `{"email":"a@b.co"} x`,
		"not UTF-8":       "{\"firstName\":\"Zo\xeb\"}",
		"deep nesting":    `{"email":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		_, err := contactValues(post(body))
		if syntax := (*malformedError)(nil); !errors.As(err, &syntax) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := contactValues(post(`{"email":"` + strings.Repeat("a", maxJSON) + `"}`)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("a large body: %v", err)
	}
	brackets := `{"company":"\"[[[[[[[[[[[[ {{{{{{{{"}`
	if values, err := contactValues(post(brackets)); err != nil || values[contact.Company] != `"[[[[[[[[[[[[ {{{{{{{{` {
		t.Errorf("brackets in text: %v, %v", values, err)
	}
}

func TestLargeBodyOfUnknownLength(t *testing.T) {
	c := post(strings.Repeat("x", 100))
	c.ContentLength = -1
	if _, err := c.body(99); !fault.Is(err, fault.TooLarge) {
		t.Error(err)
	}
	c = post(strings.Repeat("x", 100))
	c.ContentLength = -1
	if data, err := c.body(100); err != nil || len(data) != 100 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

func TestTarget(t *testing.T) {
	for query, want := range map[string]string{
		"":                    "|",
		"op=one&id=5":         "one|5",
		"id=5&op=one&id=5":    "one|5",
		"id=5&op=one&id=6":    "refused",
		"op=restore&op=one":   "refused",
		"op=&id=":             "|",
		"op=one&id=a%2Fb%20c": "one|a/b c",
	} {
		op, id, err := target(httptest.NewRequest(http.MethodGet, "/anything?"+query, nil))
		got := op + "|" + id
		if err != nil {
			got = "refused"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
}

func TestIfMatch(t *testing.T) {
	for header, want := range map[string]int64{"": -1, "*": -1, "3": 3, `"3"`: 3, " 12 ": 12, "0": 0} {
		c := post("")
		c.Header.Set("If-Match", header)
		rev, err := c.ifMatch()
		if err != nil || (rev == nil) != (want < 0) || rev != nil && *rev != want {
			t.Errorf("%q: %v, %v", header, rev, err)
		}
	}
	for _, header := range []string{"x", "-1", `"a"`, "3, 4", `W/"3"`, "99999999999999999999"} {
		c := post("")
		c.Header.Set("If-Match", header)
		if rev, err := c.ifMatch(); err == nil {
			t.Errorf("%q is read as %v", header, *rev)
		}
	}
}
