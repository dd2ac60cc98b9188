package contact

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// MaxValue is the longest value of a field in characters. It is the length of a
// short text in Pipedrive, the strictest of the vendors.
const MaxValue = 255

// Check returns what is wrong with a value a person entered, as a sentence for
// that person, or "". It is for input only: what a CRM holds is taken as it is.
func Check(f Field, raw string) string {
	text := tidy(raw)
	switch {
	case !utf8.ValidString(raw):
		return "is not valid text"
	case utf8.RuneCountInString(text) > MaxValue:
		return fmt.Sprintf("is longer than %d characters", MaxValue)
	case strings.ContainsFunc(text, unicode.IsControl):
		return "holds control characters"
	case f == Email && text != "" && !isEmail(text):
		return "is not a valid e-mail address"
	}
	return ""
}

// Tidy returns a value a person entered as it is kept: trimmed, with inner white
// space collapsed, otherwise as typed.
func Tidy(raw string) string { return tidy(raw) }

func isEmail(text string) bool {
	addr, err := mail.ParseAddress(text)
	if err != nil || addr.Address != text || addr.Name != "" {
		return false
	}
	local, domain, _ := strings.Cut(text, "@")
	if len(local) > 64 || strings.Contains(domain, "@") {
		return false
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return true
}

// IsRegion reports whether code is a country that phone numbers can be read in: two
// capital letters.
func IsRegion(code string) bool { return phonenumbers.GetSupportedRegions()[code] }
