package hubspot

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// property is a property's definition. See
// https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide
type property struct {
	Name        string `json:"name"`
	Label       string `json:"label"`
	Description string `json:"description,omitempty"`
	Group       string `json:"groupName"`
	Type        string `json:"type"`
	FieldType   string `json:"fieldType"`
	Unique      bool   `json:"hasUniqueValue"`
	FormField   bool   `json:"formField"`
}

// existing is a definition as HubSpot tells it.
type existing struct {
	property
	Archived   bool `json:"archived"`
	Calculated bool `json:"calculated"`
	Meta       struct {
		ReadOnly bool `json:"readOnlyValue"`
	} `json:"modificationMetadata"`
}

// Discover implements [sync.CRM] with one call.
func (c *Client) Discover(ctx context.Context, specs []sync.FieldSpec) (map[contact.Field]sync.RemoteField, error) {
	var list struct {
		Results []existing `json:"results"`
	}
	_, err := c.api.JSON(ctx, c.propertyRequest("hubspot.discover", http.MethodGet, "", nil), &list)
	if err != nil {
		return nil, err
	}
	if list.Results == nil {
		return nil, withoutResults("hubspot.discover")
	}
	byName := make(map[string]*existing, len(list.Results))
	for i := range list.Results {
		byName[list.Results[i].Name] = &list.Results[i]
	}
	found := make(map[contact.Field]sync.RemoteField, len(specs))
	for _, spec := range specs {
		found[spec.Field] = examine(spec, byName[spec.Remote])
	}
	return found, nil
}

func (c *Client) propertyRequest(op, method, path string, body any) transport.Request {
	effect := transport.Read
	if method != http.MethodGet {
		effect = transport.Repeatable // a second property of the name is refused
	}
	return transport.Request{
		Op: op, Method: method, Path: c.props + path, Body: body,
		Class: classGeneral, Effect: effect, Setup: true,
	}
}

// examine says whether a property can hold the field's values.
func examine(spec sync.FieldSpec, p *existing) sync.RemoteField {
	if p == nil || p.Archived {
		return sync.RemoteField{State: sync.FieldMissing,
			Message: fmt.Sprintf("HubSpot has no contact property %q.", spec.Remote)}
	}
	unfit := func(format string, args ...any) sync.RemoteField {
		return sync.RemoteField{State: sync.FieldAmbiguous, Key: p.Name,
			Message: fmt.Sprintf("HubSpot's contact property %q ", p.Name) + fmt.Sprintf(format, args...)}
	}
	switch {
	case p.Calculated || p.Meta.ReadOnly:
		return unfit("cannot be written.")
	case p.Type != "string" && p.Type != "phone_number":
		return unfit("is of type %s; it has to be a text.", p.Type)
	case spec.Unique && !p.Unique:
		return unfit("does not keep its values unique. Delete it, so that it can be created anew.")
	}
	return sync.RemoteField{State: sync.FieldPresent, Key: p.Name}
}

// Ensure implements [sync.CRM]. A property that was archived comes back with its
// values; one that somebody else creates at the same time is taken as it is.
func (c *Client) Ensure(ctx context.Context, spec sync.FieldSpec) (sync.RemoteField, error) {
	found, err := c.lookUp(ctx, spec)
	if err != nil || found.State != sync.FieldMissing || !spec.Custom {
		return found, err
	}
	var made existing
	_, err = c.api.JSON(ctx, c.propertyRequest("hubspot.ensure", http.MethodPost, "", definition(spec)), &made)
	switch {
	case err == nil && made.Name == spec.Remote:
		return examine(spec, &made), nil
	case err == nil, fault.Is(err, fault.Conflict):
		return c.awaitProperty(ctx, spec)
	case fault.Is(err, fault.Forbidden):
		return sync.RemoteField{State: sync.FieldForbidden, Message: fmt.Sprintf(
			"The HubSpot app may not create the contact property %q: grant it the scope crm.schemas.contacts.write, or create the property by hand as single-line text%s.",
			spec.Remote, uniqueHint(spec))}, nil
	}
	return sync.RemoteField{}, err
}

func uniqueHint(spec sync.FieldSpec) string {
	if spec.Unique {
		return " with unique values"
	}
	return ""
}

func definition(spec sync.FieldSpec) property {
	p := property{
		Name: spec.Remote, Label: spec.Field.Label(), Group: "contactinformation",
		Type: "string", FieldType: "text", Unique: spec.Unique, FormField: !spec.Unique,
	}
	if spec.Field == contact.SyncKey {
		p.Description = "Set by Contact Sync to recognise the contact. Please leave it as it is."
	}
	return p
}

func (c *Client) lookUp(ctx context.Context, spec sync.FieldSpec) (sync.RemoteField, error) {
	var p existing
	_, err := c.api.JSON(ctx, c.propertyRequest("hubspot.property", http.MethodGet, "/"+escape(spec.Remote), nil), &p)
	switch {
	case fault.Is(err, fault.NotFound):
		return examine(spec, nil), nil
	case err != nil:
		return sync.RemoteField{}, err
	}
	return examine(spec, &p), nil
}

// awaitProperty looks a property up that exists but may not be readable yet: that
// takes HubSpot up to a second.
func (c *Client) awaitProperty(ctx context.Context, spec sync.FieldSpec) (sync.RemoteField, error) {
	for pause := 250 * time.Millisecond; ; pause *= 2 {
		found, err := c.lookUp(ctx, spec)
		if err != nil || found.State != sync.FieldMissing || pause > 2*time.Second {
			return found, err
		}
		if err := c.o.Clock.Sleep(ctx, pause); err != nil {
			return found, fault.Wrap(fault.Retryable, "hubspot.ensure", err)
		}
	}
}
