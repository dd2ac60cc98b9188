package hubspot

import (
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxValueLength is the longest text a property holds.
const maxValueLength = 65_536

// draft is a checked write: values in their stored form, ready for apply.
type draft struct {
	target *record // nil: a new contact
	values map[string]string
}

// check is what a write is checked against besides the account.
type check struct {
	now    time.Time
	knobs  Knobs
	person bool // in the CRM's own UI, where additional addresses may be edited
	strict bool // the portal's own rules apply: 2026-09
	// claimed holds unique values of earlier rows of the same request, which are not stored yet.
	claimed map[string]bool
}

// draft checks a write of properties to target (nil: a new contact). The error is
// a *problem: 400 for values, 409 for an e-mail address that is taken.
func (a *account) draft(target *record, properties map[string]string, c check) (draft, error) {
	d := draft{target: target, values: make(map[string]string, len(properties))}
	var wrong []invalidValue
	for _, name := range sortedKeys(properties) {
		value, problem := a.normalise(target, name, properties[name], c)
		if problem != nil {
			wrong = append(wrong, *problem)
			continue
		}
		d.values[name] = value
	}
	wrong = append(wrong, a.missingRequired(d, c)...)
	if len(wrong) > 0 {
		return draft{}, invalidValues(wrong)
	}
	if target == nil {
		if d.values["email"] == "" && d.values["firstname"] == "" && d.values["lastname"] == "" {
			return draft{}, badRequest("At least one of email, firstname or lastname is needed to create a contact")
		}
		if d.values["lifecyclestage"] == "" {
			d.values["lifecyclestage"] = "lead"
		}
	}
	if err := a.checkUnique(d, c); err != nil {
		return draft{}, err
	}
	if target != nil && movesBack(target.value("lifecyclestage"), d.values["lifecyclestage"]) {
		delete(d.values, "lifecyclestage")
	}
	return d, nil
}

// movesBack reports whether a lifecycle stage is earlier than the present one;
// HubSpot ignores such a write.
func movesBack(from, to string) bool {
	return to != "" && slices.Index(lifecycleStages, to) < slices.Index(lifecycleStages, from)
}

func (a *account) missingRequired(d draft, c check) []invalidValue {
	if !c.strict {
		return nil
	}
	var wrong []invalidValue
	for _, name := range c.knobs.RequiredProperties {
		value, written := d.values[name]
		if value == "" && (written || d.target == nil) {
			wrong = append(wrong, a.invalid(name, "MISSING_REQUIRED_PROPERTY", "Property %q is required", name))
		}
	}
	return wrong
}

// checkUnique refuses values another contact holds, or an earlier row claimed.
func (a *account) checkUnique(d draft, c check) error {
	emails := splitList(d.values["hs_additional_emails"])
	if primary := d.values["email"]; primary != "" {
		emails = slices.Insert(emails, 0, primary)
	}
	for _, email := range emails {
		if holder, taken := a.taken("email", email, d.target, c); taken {
			return contactExists(holder)
		}
	}
	for _, name := range sortedKeys(d.values) {
		value := d.values[name]
		if name == "email" || value == "" || !a.isUnique(name, c.now) {
			continue
		}
		if holder, taken := a.taken(name, value, d.target, c); taken {
			return invalidValues([]invalidValue{a.invalid(name, "CONFLICTING_UNIQUE_VALUE", "%s", conflictText(a, d.target, name, value, holder))})
		}
	}
	return nil
}

func conflictText(a *account, target *record, name, value string, holder int64) string {
	objectID := int64(0)
	if target != nil {
		objectID = target.id
	}
	return fmt.Sprintf("Cannot set PropertyValueCoordinates{portalId=%d, objectTypeId=0-1, objectId=%d, propertyName=%s, value=%s} on %d. %d already has that value.",
		a.portalID, objectID, name, value, objectID, holder)
}

// taken reports whether another contact has the value, and which (0: a row of this request).
func (a *account) taken(name, value string, target *record, c check) (holder int64, taken bool) {
	key := uniqueKey(name, value)
	if id, held := a.unique[key]; held && (target == nil || id != target.id) {
		return id, true
	}
	if c.claimed == nil {
		return 0, false
	}
	if c.claimed[key] {
		return 0, true
	}
	c.claimed[key] = true
	return 0, false
}

// normalise turns a value into its stored form.
func (a *account) normalise(target *record, name, value string, c check) (string, *invalidValue) {
	refuse := func(code, format string, args ...any) (string, *invalidValue) {
		wrong := a.invalid(name, code, format, args...)
		return "", &wrong
	}
	p := a.defined(name, c.now)
	switch {
	case p == nil:
		return refuse("PROPERTY_DOESNT_EXIST", "Property %q does not exist", name)
	case name == "hs_additional_emails" && (c.person || c.knobs.AdditionalEmailsWritable):
		return a.normaliseEmails(value, c)
	case p.Calculated:
		return refuse("READ_ONLY_VALUE", "%q is a calculated property; its value cannot be set.", name)
	case p.readOnly():
		return refuse("READ_ONLY_VALUE", "%q is a read only property; its value cannot be set.", name)
	case value == "":
		return "", nil
	case utf8.RuneCountInString(value) > maxValueLength:
		return refuse("PROPERTY_VALUE_TOO_LONG", "Property %q is limited to %d characters", name, maxValueLength)
	case name == "email":
		return a.normaliseEmail(name, value, c)
	}
	switch p.Type {
	case "enumeration":
		if p.FieldType == "checkbox" && strings.HasPrefix(value, ";") && target != nil {
			value = target.value(name) + value
		}
		if bad, ok := wrongOption(p, value); !ok {
			return refuse("INVALID_OPTION", "%s was not one of the allowed options: %s", bad, describeOptions(p))
		}
		return strings.Join(slices.Compact(splitList(value)), ";"), nil
	case "bool":
		if value = strings.ToLower(value); value != "true" && value != "false" {
			return refuse("INVALID_OPTION", "%s was not one of the allowed options: [label: \"True\"\nvalue: \"true\"\n, label: \"False\"\nvalue: \"false\"\n]", value)
		}
	case "number":
		if _, err := strconv.ParseFloat(value, 64); err != nil {
			return refuse("INVALID_LONG", "%s was not a valid number.", value)
		}
	case "date":
		day, ok := parseDay(value)
		if !ok {
			return refuse("INVALID_DATE", "%s was not a valid date: it must be YYYY-MM-DD or midnight UTC in milliseconds.", value)
		}
		value = day.Format(time.DateOnly)
	case "datetime":
		at, ok := parseTime(value)
		if !ok {
			return refuse("INVALID_DATE", "%s was not a valid timestamp.", value)
		}
		value = timestamp(at)
	}
	return value, nil
}

func (a *account) normaliseEmail(name, value string, c check) (string, *invalidValue) {
	if !validEmail(value) {
		wrong := a.invalid(name, "INVALID_EMAIL", "Email address %s is invalid", value)
		return "", &wrong
	}
	if c.knobs.KeepEmailCase {
		return value, nil
	}
	return strings.ToLower(value), nil
}

func (a *account) normaliseEmails(list string, c check) (string, *invalidValue) {
	var stored []string
	for _, value := range splitList(list) {
		email, wrong := a.normaliseEmail("hs_additional_emails", strings.TrimSpace(value), c)
		if wrong != nil {
			return "", wrong
		}
		stored = append(stored, email)
	}
	return strings.Join(stored, ";"), nil
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func validEmail(value string) bool {
	address, err := mail.ParseAddress(value)
	if err != nil || address.Address != value || len(value) > 254 {
		return false
	}
	_, domain, _ := strings.Cut(value, "@")
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && dot < len(domain)-2
}

func wrongOption(p *property, value string) (string, bool) {
	values := []string{value}
	if p.FieldType == "checkbox" {
		values = splitList(value)
	}
	for _, v := range values {
		if !slices.ContainsFunc(p.Options, func(o option) bool { return o.Value == v }) {
			return v, false
		}
	}
	return "", true
}

func describeOptions(p *property) string {
	texts := make([]string, len(p.Options))
	for i, o := range p.Options {
		texts[i] = fmt.Sprintf("label: %q\nvalue: %q\ndisplay_order: %d\nhidden: %t\n", o.Label, o.Value, o.DisplayOrder, o.Hidden)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// parseTime reads epoch milliseconds or RFC 3339.
func parseTime(value string) (time.Time, bool) {
	if ms, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.UnixMilli(ms).UTC(), true
	}
	at, err := time.Parse(time.RFC3339, value)
	return at.UTC(), err == nil
}

func parseDay(value string) (time.Time, bool) {
	if day, err := time.Parse(time.DateOnly, value); err == nil {
		return day, true
	}
	ms, err := strconv.ParseInt(value, 10, 64)
	day := time.UnixMilli(ms).UTC()
	return day, err == nil && day.Equal(day.Truncate(24*time.Hour))
}
