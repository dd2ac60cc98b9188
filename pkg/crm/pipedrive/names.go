package pipedrive

import (
	"strings"
	"unicode"

	"github.com/contactsync/contactsync/pkg/contact"
)

// unnamed is the name of a person of whom nothing is known that could stand for a
// name: Pipedrive insists on one.
const unnamed = "(no name)"

// names returns a person's names as the contact has them: blank when the name is
// one that stands for a missing name, also where somebody has put a real one beside it.
func (p *person) names() (first, last string) {
	name := strings.TrimSpace(p.Name)
	if name == "" {
		name = strings.TrimSpace(p.FirstName + " " + p.LastName)
	}
	if isPlaceholder(name) {
		return "", ""
	}
	if p.FirstName == "" && p.LastName == "" {
		return name, ""
	}
	return realName(p.FirstName), realName(p.LastName)
}

func realName(part string) string {
	if isPlaceholder(strings.TrimSpace(part)) {
		return ""
	}
	return part
}

// placeholder returns what stands for the name of a contact without one. It has no
// space, at which Pipedrive would take it for two names.
func placeholder(email, phone string) string {
	for _, name := range []string{strings.TrimSpace(email), strings.Join(strings.Fields(phone), "")} {
		if isPlaceholder(name) { // another would come back as somebody's name
			return name
		}
	}
	return unnamed
}

// isPlaceholder reports whether a name is an e-mail address, a phone number, or
// [unnamed]. It need not be an address the person has: that one may have changed
// in Pipedrive while the name stayed.
func isPlaceholder(name string) bool {
	if name == unnamed {
		return true
	}
	if contact.Check(contact.Email, name) == "" && strings.Contains(name, "@") {
		return true
	}
	digits := 0
	for _, r := range name {
		switch {
		case unicode.IsDigit(r):
			digits++
		case !strings.ContainsRune("+-./() ", r):
			return false
		}
	}
	return digits >= 3
}
