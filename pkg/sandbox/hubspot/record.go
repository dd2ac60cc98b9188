package hubspot

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// actor is who made a change, in the words of webhooks and of the history.
type actor struct {
	source, id string
	silent     bool // its changes send no webhooks
}

// version is a value a property had from a moment on.
type version struct {
	value string
	at    time.Time
	by    *actor
}

// record is a contact. Its current values are the newest versions.
type record struct {
	id         int64
	created    time.Time
	createdBy  *actor
	touched    []time.Time // every move of lastmodifieddate, oldest first
	archivedAt time.Time   // zero while it is live
	props      map[string][]version
}

// restorable is how long HubSpot keeps an archived contact.
const restorable = 90 * 24 * time.Hour

// forgotten reports whether the contact was archived so long ago that it is gone.
func (r *record) forgotten(now time.Time) bool {
	return r.archived() && now.Sub(r.archivedAt) >= restorable
}

func (r *record) archived() bool      { return !r.archivedAt.IsZero() }
func (r *record) modified() time.Time { return r.touched[len(r.touched)-1] }
func (r *record) name() string        { return strconv.FormatInt(r.id, 10) }

// value returns the current stored value; "" when there is none.
func (r *record) value(name string) string {
	if versions := r.props[name]; len(versions) > 0 {
		return versions[len(versions)-1].value
	}
	return ""
}

func (r *record) set(name, value string, by *actor, now time.Time) {
	r.props[name] = append(r.props[name], version{value, now, by})
}

// emails returns every address of the contact, the primary first.
func (r *record) emails() []string {
	list := splitList(r.value("hs_additional_emails"))
	if primary := r.value("email"); primary != "" {
		list = slices.Insert(list, 0, primary)
	}
	return list
}

// snapshot is a contact as it was at a moment, for the search index.
func (r *record) snapshot(at time.Time) (*record, bool) {
	touched := slices.DeleteFunc(slices.Clone(r.touched), func(t time.Time) bool { return t.After(at) })
	if len(touched) == 0 {
		return nil, false
	}
	old := &record{id: r.id, created: r.created, createdBy: r.createdBy, touched: touched, props: maps.Clone(r.props)}
	if !r.archivedAt.After(at) {
		old.archivedAt = r.archivedAt
	}
	for name, versions := range old.props {
		n := len(versions)
		for n > 0 && versions[n-1].at.After(at) {
			n--
		}
		old.props[name] = versions[:n]
	}
	return old, true
}

// read returns a property as the API shows it: stored, or computed by HubSpot.
func (r *record) read(name string) string {
	switch name {
	case "hs_object_id":
		return r.name()
	case "createdate":
		return timestamp(r.created)
	case "lastmodifieddate":
		return timestamp(r.modified())
	case "hs_all_contact_vids":
		return strings.Join(append([]string{r.name()}, splitList(r.value("hs_merged_object_ids"))...), ";")
	case "hs_email_domain":
		_, domain, _ := strings.Cut(r.value("email"), "@")
		return domain
	case "hs_full_name_or_email":
		if full := strings.TrimSpace(r.value("firstname") + " " + r.value("lastname")); full != "" {
			return full
		}
		return r.value("email")
	case "hs_object_source", "hs_object_source_label":
		return r.createdBy.source
	case "hs_object_source_id":
		return r.createdBy.id
	case "hs_lifecyclestage_lead_date":
		if r.value("lifecyclestage") == "" {
			return ""
		}
		return strconv.FormatInt(r.created.UnixMilli(), 10)
	case "hs_is_contact", "hs_is_unworked":
		return "true"
	case "hs_currently_enrolled_in_prospecting_agent":
		return "false"
	case "hs_pipeline":
		return "contacts-lifecycle-pipeline"
	case "hs_associated_target_accounts", "hs_membership_has_accessed_private_content",
		"hs_registered_member", "hs_sequences_actively_enrolled_count", "num_notes":
		return "0"
	}
	return r.value(name)
}

// computedProperties are those every answer to a write carries.
var computedProperties = []string{
	"createdate", "hs_all_contact_vids", "hs_associated_target_accounts", "hs_currently_enrolled_in_prospecting_agent",
	"hs_email_domain", "hs_full_name_or_email", "hs_is_contact", "hs_is_unworked", "hs_lifecyclestage_lead_date",
	"hs_membership_has_accessed_private_content", "hs_object_id", "hs_object_source", "hs_object_source_id",
	"hs_object_source_label", "hs_pipeline", "hs_registered_member", "hs_sequences_actively_enrolled_count",
	"lastmodifieddate", "num_notes",
}

// timestamp formats as Java's Instant.toString does: no fraction when it is zero.
func timestamp(t time.Time) string {
	if t.Nanosecond() == 0 {
		return t.Format("2006-01-02T15:04:05Z")
	}
	return t.Format("2006-01-02T15:04:05.000Z")
}

func splitList(list string) []string {
	return slices.DeleteFunc(strings.Split(list, ";"), func(s string) bool { return s == "" })
}
