package hubspot

import (
	"net/http"
	"slices"
)

// propertyGroup is a heading under which an account sorts its properties.
type propertyGroup struct {
	Archived     bool   `json:"archived"`
	Name         string `json:"name"`
	DisplayOrder int    `json:"displayOrder"`
	Label        string `json:"label"`
}

type groupInput struct {
	Name         string  `json:"name"`
	Label        *string `json:"label"`
	DisplayOrder *int    `json:"displayOrder"`
}

type groupList struct {
	Results []propertyGroup `json:"results"`
}

func builtinGroups() []*propertyGroup {
	var groups []*propertyGroup
	for i, g := range [][2]string{
		{"contactinformation", "Contact information"}, {"emailinformation", "Email information"}, {"sales_properties", "Sales properties"},
		{"social_media", "Social media information"}, {"contactscripted", "Contact activity"}, {"deal_information", "Deal information"},
	} {
		groups = append(groups, &propertyGroup{Name: g[0], Label: g[1], DisplayOrder: i})
	}
	return groups
}

// group returns the group that is not archived, or nil.
func (a *account) group(name string) *propertyGroup {
	at := slices.IndexFunc(a.groups, func(g *propertyGroup) bool { return g.Name == name && !g.Archived })
	if at < 0 {
		return nil
	}
	return a.groups[at]
}

func noGroup(name string) *problem { return badRequest("Property group %q does not exist", name) }

func (s *Server) pathGroup(c *call) (*propertyGroup, error) {
	g := s.account.group(c.PathValue("name"))
	if g == nil {
		return nil, &problem{code: http.StatusNotFound, Message: "Property group \"" + c.PathValue("name") + "\" does not exist", Category: "OBJECT_NOT_FOUND"}
	}
	return g, nil
}

func (s *Server) listGroups(*call) (int, any, error) {
	list := groupList{Results: []propertyGroup{}}
	for _, g := range s.account.groups {
		if !g.Archived {
			list.Results = append(list.Results, *g)
		}
	}
	return http.StatusOK, list, nil
}

func (s *Server) getGroup(c *call) (int, any, error) {
	g, err := s.pathGroup(c)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, *g, nil
}

func (s *Server) createGroup(c *call) (int, any, error) {
	var in groupInput
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	switch {
	case in.Label == nil || *in.Label == "":
		return 0, nil, badRequest("Invalid input JSON on line 1, column 1: Some required fields were not set: [label]")
	case !propertyName.MatchString(in.Name):
		return 0, nil, badRequest("The group name %q is not valid: lower-case letters, digits and underscores, beginning with a letter", in.Name)
	case s.account.group(in.Name) != nil:
		return 0, nil, &problem{code: http.StatusConflict, Message: "A property group named '" + in.Name + "' already exists.", Category: "OBJECT_ALREADY_EXISTS"}
	}
	g := &propertyGroup{Name: in.Name, DisplayOrder: -1}
	in.applyTo(g)
	s.account.groups = append(s.account.groups, g)
	return http.StatusCreated, *g, nil
}

// applyTo changes the parts that were sent.
func (in groupInput) applyTo(g *propertyGroup) {
	if in.Label != nil {
		g.Label = *in.Label
	}
	if in.DisplayOrder != nil {
		g.DisplayOrder = *in.DisplayOrder
	}
}

func (s *Server) updateGroup(c *call) (int, any, error) {
	var in groupInput
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	g, err := s.pathGroup(c)
	if err != nil {
		return 0, nil, err
	}
	in.applyTo(g)
	return http.StatusOK, *g, nil
}

// archiveGroup refuses a group that still has properties.
func (s *Server) archiveGroup(c *call) (int, any, error) {
	g, err := s.pathGroup(c)
	if err != nil {
		return 0, nil, err
	}
	if slices.ContainsFunc(s.account.properties, func(p *property) bool { return p.GroupName == g.Name && !p.Archived }) {
		return 0, nil, badRequest("Property group %q still has properties", g.Name)
	}
	g.Archived = true
	return http.StatusNoContent, nil, nil
}
