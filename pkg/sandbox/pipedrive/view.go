package pipedrive

import (
	"encoding/json"
	"slices"
	"strconv"
)

// view is how a request wants persons shown.
type view struct {
	fields       []*field // custom fields, active
	only         []string // custom field codes to show; nil for all
	optionLabels bool
	labels       *field // not nil: add labels
	include      []string
	placeholder  bool // show an empty list as one empty item
}

// counters are the optional properties that are numbers.
var counters = []string{
	"open_deals_count", "related_open_deals_count", "closed_deals_count", "related_closed_deals_count",
	"participant_open_deals_count", "participant_closed_deals_count", "email_messages_count", "activities_count",
	"done_activities_count", "undone_activities_count", "files_count", "notes_count", "followers_count",
	"won_deals_count", "related_won_deals_count", "lost_deals_count", "related_lost_deals_count",
}

var optional = slices.Concat(counters, []string{
	"next_activity_id", "last_activity_id", "last_incoming_mail_time", "last_outgoing_mail_time", "marketing_status",
	"doi_status", "smart_bcc_email",
})

type personV2 struct {
	ID           int64          `json:"id"`
	Name         string         `json:"name"`
	FirstName    string         `json:"first_name"`
	LastName     *string        `json:"last_name"`
	OwnerID      int64          `json:"owner_id"`
	OrgID        *int64         `json:"org_id"`
	AddTime      string         `json:"add_time"`
	UpdateTime   string         `json:"update_time"`
	Emails       []contactPoint `json:"emails"`
	Phones       []contactPoint `json:"phones"`
	IsDeleted    bool           `json:"is_deleted"`
	VisibleTo    int64          `json:"visible_to"`
	LabelIDs     []int64        `json:"label_ids"`
	PictureID    *int64         `json:"picture_id"`
	CustomFields map[string]any `json:"custom_fields"`

	more map[string]any // shown after the others
}

// MarshalJSON writes the fixed properties and then the optional ones.
func (p personV2) MarshalJSON() ([]byte, error) {
	type fixed personV2
	data, err := json.Marshal(fixed(p))
	if err != nil || len(p.more) == 0 {
		return data, err
	}
	more, err := json.Marshal(p.more)
	if err != nil {
		return nil, err
	}
	return append(append(data[:len(data)-1], ','), more[1:]...), nil
}

func (v view) person(p *person) personV2 {
	return personV2{
		ID: p.id, Name: p.name.full, FirstName: p.name.first, LastName: orNull(p.name.last), OwnerID: p.owner, OrgID: p.org,
		AddTime: stamp(p.added), UpdateTime: stamp(p.updated), Emails: v.points(p.emails), Phones: v.points(p.phones),
		IsDeleted: p.deleted, VisibleTo: p.visible, LabelIDs: p.labels, CustomFields: v.custom(p), more: v.more(p),
	}
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (v view) points(points []contactPoint) []contactPoint {
	if len(points) == 0 && v.placeholder {
		return []contactPoint{{Primary: true}}
	}
	return points
}

// custom shows every defined field, null where unset; with no field defined the
// object itself is null.
func (v view) custom(p *person) map[string]any {
	if len(v.fields) == 0 {
		return nil
	}
	values := make(map[string]any, len(v.fields))
	for _, f := range v.fields {
		if v.only != nil && !slices.Contains(v.only, f.code) {
			continue
		}
		value := p.custom[f.code]
		if v.optionLabels {
			value = f.labelled(value)
		}
		values[f.code] = value
	}
	return values
}

func (v view) more(p *person) map[string]any {
	more := map[string]any{}
	for name, value := range p.extras {
		more[name] = value
	}
	for _, name := range v.include {
		more[name] = nil
		if slices.Contains(counters, name) {
			more[name] = 0
		}
	}
	if v.labels != nil {
		more["labels"] = v.labels.labelled(p.labels)
	}
	return more
}

// personV1 is a person in the shape that the remaining v1 endpoints show: custom
// values flat on the root, times without zone, one empty item for an empty list.
func (s *Server) personV1(p *person) map[string]any {
	var deleteTime any
	if p.deleted {
		deleteTime = dated(p.updated)
	}
	v := view{placeholder: true}
	shown := map[string]any{
		"id": p.id, "company_id": s.companyID, "owner_id": s.userV1(p.owner), "org_id": p.org, "name": p.name.full,
		"first_name": p.name.first, "last_name": orNull(p.name.last), "active_flag": !p.deleted,
		"phone": v.points(p.phones), "email": v.points(p.emails), "primary_email": primaryValue(p.emails),
		"add_time": dated(p.added), "update_time": dated(p.updated), "delete_time": deleteTime,
		"visible_to": strconv.FormatInt(p.visible, 10), "label_ids": p.labels, "picture_id": nil,
	}
	for _, f := range s.fields.customs() {
		shown[f.code] = flatV1(p.custom[f.code])
		compoundV1(shown, f, p.custom[f.code])
	}
	return shown
}

func primaryValue(points []contactPoint) *string {
	for _, point := range points {
		if point.Primary {
			return &point.Value
		}
	}
	return nil
}

// flatV1 shows option ids as text, as v1 does.
func flatV1(value any) any {
	switch v := value.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case []int64:
		return joinInts(v, ",")
	case map[string]any:
		return v["value"]
	}
	return value
}

func compoundV1(shown map[string]any, f *field, value any) {
	parts, _ := value.(map[string]any)
	for _, name := range compound[f.kind] {
		if name != "value" {
			shown[f.code+"_"+name] = parts[name]
		}
	}
}

func joinInts(values []int64, separator string) string {
	var text []byte
	for i, v := range values {
		if i > 0 {
			text = append(text, separator...)
		}
		text = strconv.AppendInt(text, v, 10)
	}
	return string(text)
}
