package contact

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
)

// Canonical compares values: two raw values mean the same when their canonical
// forms are equal. Canonical forms are compared and indexed, never stored as a
// value and never sent to a CRM.
//
// The zero value is ready to use and safe for concurrent use.
type Canonical struct {
	// Region is the ISO 3166 country in which a phone number without a country
	// code is read, such as "US". Empty: such numbers stay as typed.
	Region string
}

// Of returns the canonical form of a raw value: Unicode NFC, trimmed, inner
// white space collapsed; e-mail addresses lower-cased; phone numbers as E.164
// (with ";ext=" when there is an extension) where they parse.
func (c Canonical) Of(f Field, raw string) string {
	text := tidy(raw)
	switch f {
	case Email:
		return strings.ToLower(text)
	case Phone:
		return c.phone(text)
	}
	return text
}

// Equal reports whether two raw values of a field mean the same.
func (c Canonical) Equal(f Field, a, b string) bool {
	return a == b || c.Of(f, a) == c.Of(f, b)
}

// Fingerprint returns a hash of the canonical forms of all values that are not
// blank. Equal fingerprints mean equal content.
func (c Canonical) Fingerprint(values Values) string {
	h := sha256.New()
	for _, f := range slices.Sorted(maps.Keys(values)) {
		if v := c.Of(f, values[f]); v != "" {
			h.Write([]byte(f))
			h.Write([]byte{0})
			h.Write([]byte(v))
			h.Write([]byte{0})
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func (c Canonical) phone(text string) string {
	if text == "" || c.Region == "" && !strings.HasPrefix(text, "+") {
		return text
	}
	region := c.Region
	if region == "" {
		region = phonenumbers.UNKNOWN_REGION
	}
	number, err := phonenumbers.Parse(text, region)
	if err != nil {
		return text
	}
	form := phonenumbers.Format(number, phonenumbers.E164)
	if ext := number.GetExtension(); ext != "" {
		form += ";ext=" + ext
	}
	return form
}

// tidy returns text in NFC, trimmed, with each run of white space as one space.
// Format characters that people cannot see (zero-width marks) are dropped.
func tidy(text string) string {
	if isTidyASCII(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	space := false
	for _, r := range norm.NFC.String(text) {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
		case r == '\u200b' || r == '\ufeff' || r == '\u2060':
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isTidyASCII reports whether text is printable ASCII without leading, trailing
// or doubled spaces: the common case, for which nothing is allocated.
func isTidyASCII(text string) bool {
	before := byte(' ')
	for i := range len(text) {
		b := text[i]
		if b < ' ' || b >= 0x7f || b == ' ' && before == ' ' {
			return false
		}
		before = b
	}
	return text == "" || before != ' '
}
