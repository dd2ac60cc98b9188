package pipedrive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

const (
	fieldsPath   = "/api/v2/personFields"
	fieldsPathV1 = "/api/v1/personFields" // where version 2 is not there yet
)

// personField is a field's definition, in the words of either version.
type personField struct {
	Code   string
	Name   string
	Type   string
	Custom bool
	path   string // of the definition itself
}

func (f *personField) UnmarshalJSON(data []byte) error {
	var raw struct {
		Code   string `json:"field_code"`
		Name   string `json:"field_name"`
		Type   string `json:"field_type"`
		Custom bool   `json:"is_custom_field"`
		// Version 1.
		ID     json.Number `json:"id"`
		Key    string      `json:"key"`
		Label  string      `json:"name"`
		Edit   bool        `json:"edit_flag"`
		Active *bool       `json:"active_flag"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*f = personField{Code: raw.Code, Name: raw.Name, Type: raw.Type, Custom: raw.Custom,
		path: fieldsPath + "/" + url.PathEscape(raw.Code)}
	if raw.Code == "" {
		f.Code, f.Name = raw.Key, raw.Label
		f.Custom = raw.Edit && (raw.Active == nil || *raw.Active)
		f.path = fieldsPathV1 + "/" + raw.ID.String()
	}
	return nil
}

// Discover implements [sync.CRM] with one listing of the account's person fields.
func (c *Client) Discover(ctx context.Context, specs []sync.FieldSpec) (map[contact.Field]sync.RemoteField, error) {
	var all []personField
	if slices.ContainsFunc(specs, func(s sync.FieldSpec) bool { return s.Custom }) {
		var err error
		if all, err = c.personFields(ctx); err != nil {
			return nil, err
		}
	}
	found := make(map[contact.Field]sync.RemoteField, len(specs))
	for _, spec := range specs {
		found[spec.Field] = choose(spec, all)
	}
	return found, nil
}

// choose finds the field of spec. Pipedrive's names are not unique.
func choose(spec sync.FieldSpec, all []personField) sync.RemoteField {
	if !spec.Custom {
		if native[spec.Field] {
			return sync.RemoteField{State: sync.FieldPresent, Key: spec.Remote}
		}
		return sync.RemoteField{State: sync.FieldMissing, Message: fmt.Sprintf("Pipedrive's persons have no field for %q.", spec.Field.Label())}
	}
	named := named(spec, all)
	texts := slices.DeleteFunc(slices.Clone(named), func(f personField) bool { return f.Type != "varchar" && f.Type != "text" })
	switch {
	case len(texts) == 1:
		return sync.RemoteField{State: sync.FieldPresent, Key: texts[0].Code}
	case len(texts) > 1:
		return sync.RemoteField{State: sync.FieldAmbiguous, Message: fmt.Sprintf(
			"Pipedrive has %d person fields named %q. Delete or rename all but one.", len(texts), spec.Remote)}
	case len(named) > 0:
		return sync.RemoteField{State: sync.FieldAmbiguous, Key: named[0].Code, Message: fmt.Sprintf(
			"Pipedrive's person field %q is of type %s; it has to be a text. Rename it, so that a text field can be created.", spec.Remote, named[0].Type)}
	}
	return sync.RemoteField{State: sync.FieldMissing, Message: fmt.Sprintf("Pipedrive has no person field named %q.", spec.Remote)}
}

// named returns the custom fields of the spec's name.
func named(spec sync.FieldSpec, all []personField) []personField {
	return slices.DeleteFunc(slices.Clone(all), func(f personField) bool {
		return !f.Custom || !strings.EqualFold(strings.TrimSpace(f.Name), strings.TrimSpace(spec.Remote))
	})
}

func (c *Client) personFields(ctx context.Context) ([]personField, error) {
	all, err := c.personFieldsV2(ctx)
	if notOffered(err) {
		return c.personFieldsV1(ctx)
	}
	return all, err
}

// notOffered reports that an endpoint does not exist.
func notOffered(err error) bool {
	return fault.Is(err, fault.NotFound) || fault.Is(err, fault.Unavailable)
}

func (c *Client) personFieldsV2(ctx context.Context) ([]personField, error) {
	var all []personField
	for query := (url.Values{"limit": {"500"}}); ; {
		page, answer, err := call[[]personField](ctx, c, fieldRequest("pipedrive.discover", http.MethodGet, fieldsPath, query, nil))
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		next := answer.Additional.Next
		if next == "" || next == query.Get("cursor") {
			return all, nil
		}
		query.Set("cursor", next)
	}
}

func (c *Client) personFieldsV1(ctx context.Context) ([]personField, error) {
	var all []personField
	for start := 0; ; {
		query := url.Values{"limit": {"500"}, "start": {strconv.Itoa(start)}}
		page, answer, err := call[[]personField](ctx, c, fieldRequest("pipedrive.discover", http.MethodGet, fieldsPathV1, query, nil))
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		next := answer.Additional.Pagination
		if !next.More || next.Next <= start {
			return all, nil
		}
		start = next.Next
	}
}

func fieldRequest(op, method, path string, query url.Values, body any) transport.Request {
	effect := transport.Read
	switch method {
	case http.MethodPost:
		effect = transport.Write // a second field of the name would be made
	case http.MethodDelete:
		effect = transport.Repeatable
	}
	return transport.Request{
		Op: op, Method: method, Path: path, Query: query, Body: body,
		Class: classBurst, Effect: effect, Setup: true,
	}
}

// Ensure implements [sync.CRM]. Nothing keeps two callers from creating two fields
// of one name, so the list is looked at again after creating one: the field that
// stands first in it stays, and whoever made another one removes that.
func (c *Client) Ensure(ctx context.Context, spec sync.FieldSpec) (sync.RemoteField, error) {
	found, err := c.settledField(ctx, spec)
	if err != nil {
		return sync.RemoteField{}, err
	}
	if found.State != sync.FieldMissing || !spec.Custom {
		return found, nil
	}
	made, err := c.createField(ctx, spec)
	switch {
	case fault.Is(err, fault.Forbidden):
		return sync.RemoteField{State: sync.FieldForbidden, Message: whyForbidden(spec, err)}, nil
	case err != nil && !fault.Is(err, fault.OutcomeUnknown):
		return sync.RemoteField{}, err
	}
	all, listed := c.personFields(ctx)
	if listed != nil {
		return sync.RemoteField{}, listed
	}
	same := named(spec, all)
	if len(same) > 1 && made.Code != "" && same[0].Code != made.Code {
		if err := c.removeField(ctx, made); err != nil {
			return sync.RemoteField{}, err
		}
		same = slices.DeleteFunc(same, func(f personField) bool { return f.Code == made.Code })
	} else if len(same) > 1 && made.Code != "" {
		same = same[:1] // whoever made the other one removes it
	}
	if len(same) == 0 && made.Code != "" {
		same = []personField{made} // created, but not listed yet
	}
	found = choose(spec, same)
	if found.State == sync.FieldMissing && err != nil {
		return sync.RemoteField{}, err
	}
	return found, nil
}

// settledField looks a field up. Several of one name may be those of other instances
// that set the account up at this moment, and remove theirs: they are given time.
func (c *Client) settledField(ctx context.Context, spec sync.FieldSpec) (sync.RemoteField, error) {
	for attempt := 0; ; attempt++ {
		all, err := c.personFields(ctx)
		if err != nil {
			return sync.RemoteField{}, err
		}
		found := choose(spec, all)
		if found.State != sync.FieldAmbiguous || len(named(spec, all)) < 2 || attempt == 3 {
			return found, nil
		}
		if err := c.o.Clock.Sleep(ctx, 500*time.Millisecond); err != nil {
			return sync.RemoteField{}, err
		}
	}
}

func (c *Client) createField(ctx context.Context, spec sync.FieldSpec) (personField, error) {
	made, _, err := call[personField](ctx, c, fieldRequest("pipedrive.ensure", http.MethodPost, fieldsPath, nil,
		map[string]any{"field_name": spec.Remote, "field_type": "varchar"}))
	if notOffered(err) {
		made, _, err = call[personField](ctx, c, fieldRequest("pipedrive.ensure", http.MethodPost, fieldsPathV1, nil,
			map[string]any{"name": spec.Remote, "field_type": "varchar"}))
	}
	return made, err
}

// removeField deletes a field that this client made a moment ago.
func (c *Client) removeField(ctx context.Context, f personField) error {
	_, err := c.api.JSON(ctx, fieldRequest("pipedrive.ensure", http.MethodDelete, f.path, nil, nil), nil)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

func whyForbidden(spec sync.FieldSpec, err error) string {
	if errors.Is(err, errPlan) {
		return fmt.Sprintf("The plan of the Pipedrive account allows no more custom fields. Delete one that is not used, so that %q can be created.", spec.Remote)
	}
	return fmt.Sprintf("The Pipedrive credential may not create the person field %q: use one of an administrator, for an app with the scope contact-fields:full or admin, or create the field by hand as a text.", spec.Remote)
}
