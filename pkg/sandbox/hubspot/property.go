package hubspot

import (
	"slices"
	"time"
)

// property is a property definition. Its JSON is the vendor's.
type property struct {
	UpdatedAt            string               `json:"updatedAt"`
	CreatedAt            string               `json:"createdAt"`
	Name                 string               `json:"name"`
	Label                string               `json:"label"`
	Type                 string               `json:"type"`
	FieldType            string               `json:"fieldType"`
	Description          string               `json:"description"`
	GroupName            string               `json:"groupName"`
	Options              []option             `json:"options"`
	CreatedUserID        string               `json:"createdUserId,omitempty"`
	UpdatedUserID        string               `json:"updatedUserId,omitempty"`
	DisplayOrder         int                  `json:"displayOrder"`
	Calculated           bool                 `json:"calculated"`
	ExternalOptions      bool                 `json:"externalOptions"`
	Archived             bool                 `json:"archived"`
	ArchivedAt           string               `json:"archivedAt,omitempty"`
	HasUniqueValue       bool                 `json:"hasUniqueValue"`
	Hidden               bool                 `json:"hidden"`
	HubSpotDefined       bool                 `json:"hubspotDefined,omitempty"`
	ModificationMetadata modificationMetadata `json:"modificationMetadata"`
	FormField            bool                 `json:"formField"`
	DataSensitivity      string               `json:"dataSensitivity"`

	visibleFrom time.Time // a new property is unknown until then
}

type modificationMetadata struct {
	Archivable         bool `json:"archivable"`
	ReadOnlyDefinition bool `json:"readOnlyDefinition"`
	ReadOnlyValue      bool `json:"readOnlyValue"`
}

type option struct {
	Label        string `json:"label"`
	Value        string `json:"value"`
	DisplayOrder int    `json:"displayOrder"`
	Hidden       bool   `json:"hidden"`
	Description  string `json:"description,omitempty"`
}

func (p *property) readOnly() bool { return p.ModificationMetadata.ReadOnlyValue }

// defined returns the live definition of a name, nil when there is none (yet).
func (a *account) defined(name string, now time.Time) *property {
	p := a.byName[name]
	if p == nil || p.Archived || now.Before(p.visibleFrom) {
		return nil
	}
	return p
}

// isUnique reports whether a property identifies a contact.
func (a *account) isUnique(name string, now time.Time) bool {
	p := a.defined(name, now)
	return p != nil && (p.HasUniqueValue || name == "email")
}

func (a *account) addProperty(p *property) {
	a.properties = append(a.properties, p)
	a.byName[p.Name] = p
}

// lifecycleStages are in the order in which a contact may move.
var lifecycleStages = []string{"subscriber", "lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer", "evangelist", "other"}

// builtinProperties are the definitions every portal has, as far as contacts of
// people go; marketing and analytics ones are left out.
func builtinProperties(now time.Time) []*property {
	at := timestamp(now)
	define := func(group, name, label, kind, field string) *property {
		return &property{
			CreatedAt: at, UpdatedAt: at, Name: name, Label: label, Type: kind, FieldType: field, GroupName: group, Options: []option{},
			DisplayOrder: -1, HubSpotDefined: true, FormField: true, DataSensitivity: "non_sensitive",
			ModificationMetadata: modificationMetadata{ReadOnlyDefinition: true},
		}
	}
	choice := func(p *property, values ...string) *property {
		for i, value := range values {
			p.Options = append(p.Options, option{Label: value, Value: value, DisplayOrder: i})
		}
		return p
	}
	var list []*property
	for _, d := range [][2]string{
		{"address", "Street Address"}, {"city", "City"}, {"company", "Company Name"}, {"country", "Country/Region"},
		{"date_of_birth", "Date of birth"}, {"email", "Email"}, {"fax", "Fax Number"}, {"firstname", "First Name"},
		{"industry", "Industry"}, {"jobtitle", "Job Title"}, {"lastname", "Last Name"}, {"message", "Message"},
		{"salutation", "Salutation"}, {"state", "State/Region"}, {"twitterhandle", "Twitter Username"},
		{"website", "Website URL"}, {"work_email", "Work email"}, {"zip", "Postal Code"},
	} {
		list = append(list, define("contactinformation", d[0], d[1], "string", "text"))
	}
	list = append(list,
		define("contactinformation", "phone", "Phone Number", "string", "phonenumber"),
		define("contactinformation", "mobilephone", "Mobile Phone Number", "string", "phonenumber"),
		define("contactinformation", "annualrevenue", "Annual Revenue", "string", "text"),
		define("contactinformation", "closedate", "Close Date", "datetime", "date"),
		choice(define("contactinformation", "lifecyclestage", "Lifecycle Stage", "enumeration", "radio"), lifecycleStages...),
		choice(define("sales_properties", "hs_lead_status", "Lead Status", "enumeration", "radio"), "NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED", "ATTEMPTED_TO_CONTACT", "CONNECTED", "BAD_TIMING"),
	)
	for _, d := range [][3]string{
		{"hs_additional_emails", "Additional email addresses", "enumeration"}, {"hs_merged_object_ids", "Merged record IDs", "enumeration"},
		{"hs_lastmodifieddate", "Object last modified date/time", "datetime"}, {"createdate", "Create Date", "datetime"},
		{"lastmodifieddate", "Last Modified Date", "datetime"}, {"hs_object_id", "Record ID", "number"},
		{"hs_all_contact_vids", "All vids for a contact", "enumeration"}, {"hs_associated_target_accounts", "Associated Target Accounts", "number"},
		{"hs_currently_enrolled_in_prospecting_agent", "Currently enrolled in prospecting agent", "bool"},
		{"hs_email_domain", "Email Domain", "string"}, {"hs_full_name_or_email", "Full name or email", "string"},
		{"hs_is_contact", "Is a contact", "bool"}, {"hs_is_unworked", "Contact unworked", "bool"},
		{"hs_lifecyclestage_lead_date", "Became a Lead Date", "datetime"}, {"hs_membership_has_accessed_private_content", "Has Accessed Private Content", "number"},
		{"hs_object_source", "Record creation source", "string"}, {"hs_object_source_id", "Record creation source ID", "string"},
		{"hs_object_source_label", "Record source", "enumeration"}, {"hs_pipeline", "Pipeline", "enumeration"},
		{"hs_registered_member", "Member registration", "number"}, {"hs_sequences_actively_enrolled_count", "Number of active sequence enrollments", "number"},
		{"num_notes", "Number of Sales Activities", "number"},
	} {
		p := define("contactinformation", d[0], d[1], d[2], "text")
		p.ModificationMetadata.ReadOnlyValue, p.FormField = true, false
		p.Calculated = slices.Contains(computedProperties, p.Name)
		list = append(list, p)
	}
	return list
}
