package contact

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Words returns the distinct search words of values: the words of the names,
// company and job title, the e-mail whole and in parts, and the digits of the phone, all
// folded by [FoldWords]. A search matches the beginnings of these words.
func Words(values Values) []string {
	var words []string
	for _, f := range []Field{FirstName, LastName, Company, JobTitle, Email} {
		words = append(words, FoldWords(values[f])...)
	}
	if email := fold(tidy(values[Email])); email != "" {
		words = append(words, email)
	}
	if digits := onlyDigits(values[Phone]); digits != "" {
		words = append(words, digits)
		if local := strings.TrimLeft(digits, "0"); local != digits && local != "" {
			words = append(words, local)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// Terms splits what a person typed into a search box into folded terms, each of
// which has to match. Something with an "@" stays whole, and something that is
// written like a phone number becomes its digits.
func Terms(query string) []string {
	query = tidy(query)
	if digits := onlyDigits(query); len(digits) >= 3 && !strings.ContainsFunc(query, unicode.IsLetter) {
		return []string{digits}
	}
	var terms []string
	for _, part := range strings.Fields(query) {
		if strings.Contains(part, "@") {
			terms = append(terms, fold(part))
			continue
		}
		terms = append(terms, FoldWords(part)...)
	}
	return terms
}

// FoldWords splits text at everything that is neither letter nor digit and
// folds case and accents, so that "Zoë" is found by "zoe".
func FoldWords(text string) []string {
	return strings.FieldsFunc(fold(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// Fold folds case and accents of text, for ordering and prefix search.
func Fold(text string) string { return fold(tidy(text)) }

func fold(text string) string {
	ascii := true
	for i := range len(text) {
		if text[i] >= 0x80 {
			ascii = false
			break
		}
	}
	if ascii {
		return strings.ToLower(text)
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}
