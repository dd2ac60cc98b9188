package contactcsv

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/contactsync/contactsync/pkg/contact"
)

// columns says which cells of a row hold what.
type columns struct {
	// of lists, per field, the cells that may hold it, the best first.
	of map[contact.Field][]int
	// fullName is the cell of a first and last name in one, or -1.
	fullName int
}

func (c columns) none() bool { return len(c.of) == 0 && c.fullName < 0 }

// recognise finds the known columns of a header. A name that fits a field only
// loosely counts if no other column fits it well.
func recognise(header []string) columns {
	c := columns{of: map[contact.Field][]int{}, fullName: -1}
	loose := map[contact.Field][]int{}
	for i, name := range header {
		key := squash(name)
		if f, ok := fieldOf(key); ok {
			c.of[f] = append(c.of[f], i)
		} else if f, ok := looseNames[key]; ok {
			loose[f] = append(loose[f], i)
		} else if fullNames[key] && c.fullName < 0 {
			c.fullName = i
		}
	}
	for f, cells := range loose {
		if len(c.of[f]) == 0 {
			c.of[f] = cells
		}
	}
	return c
}

// squash reduces a column name to its lower-case letters and digits, so that
// "Phone 1 - Value", "phone1_value" and "PHONE1VALUE" are one. The entity that
// Pipedrive puts before each name is dropped.
func squash(name string) string {
	name = strings.ToLower(contact.Fold(name))
	name = strings.TrimPrefix(strings.TrimSpace(name), "person - ")
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, name)
}

func fieldOf(key string) (contact.Field, bool) {
	if f, ok := names[key]; ok {
		return f, true
	}
	switch {
	case emailName.MatchString(key):
		return contact.Email, true
	case phoneName.MatchString(key):
		return contact.Phone, true
	}
	return "", false
}

// Exports number and label the columns of addresses and phones: "E-mail 2 -
// Value", "Email - Work", "phone1", "Business Phone 2", "Mobile Phone Number".
var (
	emailName = regexp.MustCompile(`^(primary|work|home|personal|business|private|other)?(e?mails?)\d*(address\d*|value|work|home|other|personal|primary)?$`)
	phoneName = regexp.MustCompile(`^(primary|work|home|personal|business|private|other|mobile|cell|company|main|office|direct)?(tele)?phones?(number)?\d*(number|value|work|home|mobile|other|main|primary)?$`)
)

// names are the squashed column names that say exactly what they hold: those of
// the exports of HubSpot, Pipedrive, Google, Outlook and this product, and plain
// ones in use.
var names = map[string]contact.Field{
	"firstname":  contact.FirstName,
	"givenname":  contact.FirstName,
	"forename":   contact.FirstName,
	"fname":      contact.FirstName,
	"lastname":   contact.LastName,
	"familyname": contact.LastName,
	"surname":    contact.LastName,
	"lname":      contact.LastName,

	"mobile":       contact.Phone,
	"mobilenumber": contact.Phone,
	"cell":         contact.Phone,
	"tel":          contact.Phone,

	"company":           contact.Company,
	"companyname":       contact.Company,
	"associatedcompany": contact.Company,
	"organization":      contact.Company,
	"organisation":      contact.Company,
	"organizationname":  contact.Company,
	"organization1name": contact.Company,
	"employer":          contact.Company,

	"jobtitle":           contact.JobTitle,
	"organizationtitle":  contact.JobTitle,
	"organization1title": contact.JobTitle,

	"pronouns":          contact.Pronouns,
	"preferredpronouns": contact.Pronouns,
	"pronoun":           contact.Pronouns,
}

// looseNames may mean something else: Outlook's Title is "Dr", and a position or
// role is not always a job.
var looseNames = map[string]contact.Field{
	"title":    contact.JobTitle,
	"position": contact.JobTitle,
	"role":     contact.JobTitle,
	"account":  contact.Company,
	"business": contact.Company,
}

var fullNames = map[string]bool{"name": true, "fullname": true, "contactname": true, "displayname": true, "contact": true}
