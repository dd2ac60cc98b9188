// Package contact holds the words of the domain: identifiers, fields, values,
// their canonical forms and fingerprints.
//
// It does no input or output and knows no vendor and no store. The words are
// ours: a provider's own name for a field stands in its adapter.
package contact

import (
	"slices"
	"strings"
)

// Identifiers have types of their own, so that one cannot pass as another.
type (
	// ID identifies a contact of the app: a UUIDv7 in text form.
	ID string
	// CustomerID identifies the customer (tenant) that everything belongs to.
	CustomerID string
	// ConnectionID identifies one customer's connection to one CRM account.
	ConnectionID string
	// ExternalID identifies a remote record in its CRM account; opaque to us.
	ExternalID string
	// Provider names a CRM product.
	Provider string
	// Source names where a value came from: [App], or a provider.
	Source string
)

// The providers with an adapter of their own.
const (
	HubSpot   Provider = "hubspot"
	Pipedrive Provider = "pipedrive"
)

// App is the source of values entered in the app, its API or an import.
const App Source = "app"

// Source returns the provider as the source of a value.
func (p Provider) Source() Source { return Source(p) }

// Title returns the product's name as people write it.
func (p Provider) Title() string {
	switch p {
	case HubSpot:
		return "HubSpot"
	case Pipedrive:
		return "Pipedrive"
	}
	return string(p)
}

// Field names a value of a contact. Fields other than the standard ones are
// custom fields that a customer mapped; their names never hold a dot.
type Field string

// The standard fields.
const (
	Email     Field = "email"
	FirstName Field = "firstName"
	LastName  Field = "lastName"
	Phone     Field = "phone"
	Company   Field = "company"
	JobTitle  Field = "jobTitle"
	Pronouns  Field = "pronouns"
)

// SyncKey is the pseudo-field under which a CRM record carries the id of its
// contact. It is never merged and never shown as a value of the contact.
const SyncKey Field = "contactSyncId"

// Standard lists the standard fields in the order people expect them.
var Standard = []Field{Email, FirstName, LastName, Phone, Company, JobTitle, Pronouns}

// IsStandard reports whether f is one of the standard fields.
func (f Field) IsStandard() bool { return slices.Contains(Standard, f) }

// Label returns the field's name for people.
func (f Field) Label() string {
	switch f {
	case Email:
		return "E-mail"
	case FirstName:
		return "First name"
	case LastName:
		return "Last name"
	case Phone:
		return "Phone"
	case Company:
		return "Company"
	case JobTitle:
		return "Job title"
	case Pronouns:
		return "Pronouns"
	case SyncKey:
		return "Contact Sync ID"
	}
	return string(f)
}

// Values are raw values by field. A field that is not in the map is not known
// on that side, which is not the same as known and blank.
type Values map[Field]string

// DisplayName returns what a person calls the contact: its names, else its
// e-mail, else its phone, else "".
func (v Values) DisplayName() string {
	name := strings.TrimSpace(v[FirstName] + " " + v[LastName])
	switch {
	case name != "":
		return name
	case v[Email] != "":
		return v[Email]
	}
	return v[Phone]
}
