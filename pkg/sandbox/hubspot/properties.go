package hubspot

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// maxUniqueProperties is how many properties with hasUniqueValue an object type may have.
const maxUniqueProperties = 10

var (
	propertyName   = regexp.MustCompile(`^[a-z][a-z0-9_]{0,99}$`)
	propertyFields = map[string][]string{
		"bool":         {"booleancheckbox", "calculation_equation"},
		"date":         {"date"},
		"datetime":     {"date"},
		"enumeration":  {"booleancheckbox", "checkbox", "radio", "select", "calculation_equation"},
		"number":       {"number", "calculation_equation"},
		"phone_number": {"phonenumber"},
		"string":       {"text", "textarea", "file", "html", "phonenumber", "calculation_equation"},
	}
)

// propertyInput is a definition to create, or the parts to change of one.
type propertyInput struct {
	Name           string    `json:"name"`
	Label          string    `json:"label"`
	Type           string    `json:"type"`
	FieldType      string    `json:"fieldType"`
	GroupName      string    `json:"groupName"`
	Description    *string   `json:"description"`
	Options        *[]option `json:"options"`
	DisplayOrder   *int      `json:"displayOrder"`
	HasUniqueValue *bool     `json:"hasUniqueValue"`
	Hidden         *bool     `json:"hidden"`
	FormField      *bool     `json:"formField"`
}

type propertyList struct {
	Results []property `json:"results"`
}

func (s *Server) listProperties(c *call) (int, any, error) {
	archived := c.URL.Query().Get("archived") == "true"
	list := propertyList{Results: []property{}}
	for _, p := range s.account.properties {
		if p.Archived == archived && !c.now.Before(p.visibleFrom) {
			list.Results = append(list.Results, *p)
		}
	}
	return http.StatusOK, list, nil
}

func (s *Server) getProperty(c *call) (int, any, error) {
	p, err := s.account.property(c.PathValue("name"), c.URL.Query().Get("archived") == "true", c.now)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, *p, nil
}

func (a *account) property(name string, archived bool, now time.Time) (*property, error) {
	p := a.byName[name]
	if p == nil || p.Archived != archived || now.Before(p.visibleFrom) {
		return nil, &problem{code: http.StatusNotFound, Message: fmt.Sprintf("Property \"0-1.%s\" does not exist", name), Category: "OBJECT_NOT_FOUND"}
	}
	return p, nil
}

func (s *Server) createProperty(c *call) (int, any, error) {
	var in propertyInput
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	p, err := s.define(in, c.now)
	if err != nil {
		return 0, nil, err
	}
	c.header.Set("Location", c.URL.Path+"/"+p.Name)
	return http.StatusCreated, *p, nil
}

// define adds a property, or brings an archived one of the same name back as it was.
func (s *Server) define(in propertyInput, now time.Time) (*property, error) {
	if err := in.check(s.account); err != nil {
		return nil, err
	}
	existing := s.account.byName[in.Name]
	if existing != nil && !existing.Archived {
		return nil, &problem{
			code: http.StatusConflict, Message: fmt.Sprintf("A property named '%s' already exists.", in.Name),
			Category: "OBJECT_ALREADY_EXISTS", SubCategory: "Properties.PROPERTY_WITH_NAME_EXISTS",
		}
	}
	visible := now.Add(milliseconds(s.knobs.PropertyLagMS))
	if existing != nil {
		existing.Archived, existing.ArchivedAt, existing.UpdatedAt, existing.visibleFrom = false, "", timestamp(now), visible
		return existing, nil
	}
	unique := in.HasUniqueValue != nil && *in.HasUniqueValue
	if unique {
		if in.Type != "string" && in.Type != "number" {
			return nil, badRequest("A property of type %s cannot have unique values", in.Type)
		}
		if s.account.uniqueProperties() >= maxUniqueProperties {
			return nil, badRequest("An object type can have at most %d properties with unique values", maxUniqueProperties)
		}
	}
	p := &property{
		CreatedAt: timestamp(now), Name: in.Name, Options: []option{}, CreatedUserID: "77", UpdatedUserID: "77", DisplayOrder: -1,
		HasUniqueValue: unique, DataSensitivity: "non_sensitive", visibleFrom: visible,
		ModificationMetadata: modificationMetadata{Archivable: true},
	}
	in.applyTo(p, now)
	s.account.addProperty(p)
	return p, nil
}

func (a *account) uniqueProperties() int {
	n := 0
	for _, p := range a.properties {
		if p.HasUniqueValue && !p.Archived {
			n++
		}
	}
	return n
}

// check refuses a definition that lacks a part or contradicts itself.
func (in propertyInput) check(a *account) error {
	for _, part := range [][2]string{
		{"groupName", in.GroupName}, {"name", in.Name}, {"label", in.Label}, {"type", in.Type}, {"fieldType", in.FieldType},
	} {
		if part[1] == "" {
			return badRequest("Invalid input JSON on line 1, column 1: Some required fields were not set: [%s]", part[0])
		}
	}
	if !propertyName.MatchString(in.Name) || strings.HasPrefix(in.Name, "hs_") {
		return badRequest("The property name %q is not valid: lower-case letters, digits and underscores, beginning with a letter, and not with hs_", in.Name)
	}
	if a.group(in.GroupName) == nil {
		return noGroup(in.GroupName)
	}
	if !slices.Contains(propertyFields[in.Type], in.FieldType) {
		return badRequest("%q is not a field type of a property of type %q", in.FieldType, in.Type)
	}
	return in.checkOptions()
}

func (in propertyInput) checkOptions() error {
	if in.Options == nil {
		return nil
	}
	seen := make(map[string]bool)
	for _, o := range *in.Options {
		if o.Label == "" || o.Value == "" || seen[o.Value] {
			return badRequest("Options need a label and a value of their own")
		}
		seen[o.Value] = true
	}
	return nil
}

// applyTo changes the parts that were sent. Name, type of uniqueness and creation stay.
func (in propertyInput) applyTo(p *property, now time.Time) {
	for to, from := range map[*string]string{&p.Label: in.Label, &p.Type: in.Type, &p.FieldType: in.FieldType, &p.GroupName: in.GroupName} {
		if from != "" {
			*to = from
		}
	}
	if in.Description != nil {
		p.Description = *in.Description
	}
	if in.Options != nil {
		p.Options = slices.Clone(*in.Options)
	}
	if in.DisplayOrder != nil {
		p.DisplayOrder = *in.DisplayOrder
	}
	if in.Hidden != nil {
		p.Hidden = *in.Hidden
	}
	if in.FormField != nil {
		p.FormField = *in.FormField
	}
	p.UpdatedAt = timestamp(now)
}

func (s *Server) updateProperty(c *call) (int, any, error) {
	var in propertyInput
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	p, err := s.account.property(c.PathValue("name"), false, c.now)
	if err != nil {
		return 0, nil, err
	}
	if p.ModificationMetadata.ReadOnlyDefinition {
		return 0, nil, badRequest("Property %q is read only and cannot be changed", p.Name)
	}
	if in.HasUniqueValue != nil && *in.HasUniqueValue != p.HasUniqueValue {
		return 0, nil, badRequest("hasUniqueValue of property %q cannot be changed after its creation", p.Name)
	}
	if in.GroupName != "" && s.account.group(in.GroupName) == nil {
		return 0, nil, noGroup(in.GroupName)
	}
	if err := in.checkOptions(); err != nil {
		return 0, nil, err
	}
	in.applyTo(p, c.now)
	return http.StatusOK, *p, nil
}

func (s *Server) archiveProperty(c *call) (int, any, error) {
	p, err := s.account.property(c.PathValue("name"), false, c.now)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, p.archive(c.now)
}

func (p *property) archive(now time.Time) error {
	if !p.ModificationMetadata.Archivable {
		return badRequest("Property %q is defined by HubSpot and cannot be archived", p.Name)
	}
	p.Archived, p.ArchivedAt = true, timestamp(now)
	return nil
}

type propertyBatch struct {
	CompletedAt string         `json:"completedAt"`
	Status      string         `json:"status"`
	StartedAt   string         `json:"startedAt"`
	Results     []property     `json:"results"`
	Errors      []batchProblem `json:"errors,omitempty"`
	NumErrors   int            `json:"numErrors,omitempty"`
}

func newPropertyBatch(now time.Time) *propertyBatch {
	at := timestamp(now)
	return &propertyBatch{Status: "COMPLETE", StartedAt: at, CompletedAt: at, Results: []property{}}
}

func (b *propertyBatch) add(name string, p *property, err error) {
	var failed *problem
	if !errors.As(err, &failed) {
		b.Results = append(b.Results, *p)
		return
	}
	b.NumErrors++
	b.Errors = append(b.Errors, batchProblem{
		Status: "error", Category: failed.Category, SubCategory: failed.SubCategory, Message: failed.Message,
		Context: map[string][]string{"name": {name}},
	})
}

func (b *propertyBatch) answer(complete int) (int, any, error) {
	if b.NumErrors > 0 {
		return http.StatusMultiStatus, b, nil
	}
	return complete, b, nil
}

func (s *Server) batchCreateProperties(c *call) (int, any, error) {
	var in struct {
		Inputs []propertyInput `json:"inputs"`
	}
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	batch := newPropertyBatch(c.now)
	for _, row := range in.Inputs {
		p, err := s.define(row, c.now)
		batch.add(row.Name, p, err)
	}
	return batch.answer(http.StatusCreated)
}

type propertyNames struct {
	Archived bool `json:"archived"`
	Inputs   []struct {
		Name string `json:"name"`
	} `json:"inputs"`
}

func (s *Server) batchReadProperties(c *call) (int, any, error) {
	var in propertyNames
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	batch := newPropertyBatch(c.now)
	for _, row := range in.Inputs {
		p, err := s.account.property(row.Name, in.Archived, c.now)
		batch.add(row.Name, p, err)
	}
	return batch.answer(http.StatusOK)
}

func (s *Server) batchArchiveProperties(c *call) (int, any, error) {
	var in propertyNames
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	for _, row := range in.Inputs {
		if p, err := s.account.property(row.Name, false, c.now); err == nil {
			if err := p.archive(c.now); err != nil {
				return 0, nil, err
			}
		}
	}
	return http.StatusNoContent, nil, nil
}
