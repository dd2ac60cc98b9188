package hubspot

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	listLimit        = 100
	historyPageLimit = 50 // per page when histories are read
	defaultPageSize  = 10
)

type pagingJSON struct {
	Next nextJSON `json:"next"`
}

type nextJSON struct {
	After string `json:"after"`
	Link  string `json:"link,omitempty"`
}

type pageJSON struct {
	Results []objectJSON `json:"results"`
	Paging  *pagingJSON  `json:"paging,omitempty"`
}

// listContacts pages in order of id; after is the id of the next contact.
func (s *Server) listContacts(c *call) (int, any, error) {
	query := c.URL.Query()
	sel := selection{names(query, "properties"), names(query, "propertiesWithHistory")}
	limit, err := pageLimit(query.Get("limit"), listLimit)
	if err != nil {
		return 0, nil, err
	}
	if len(sel.history) > 0 && limit > historyPageLimit {
		return 0, nil, badRequest("The limit with propertiesWithHistory is %d", historyPageLimit)
	}
	start := int64(0)
	if after := query.Get("after"); after != "" {
		if start, err = strconv.ParseInt(after, 10, 64); err != nil || start <= firstID {
			return 0, nil, unreadable("Cannot deserialize value of type `long` from String %q: not a valid paging cursor", after)
		}
	}
	archived := query.Get("archived") == "true"
	page := pageJSON{Results: make([]objectJSON, 0, limit)}
	at, _ := s.account.position(start)
	for _, r := range s.account.order[at:] {
		if r.archived() != archived || r.forgotten(c.now) {
			continue
		}
		if len(page.Results) == limit {
			query.Set("after", r.name())
			link := fmt.Sprintf("https://%s%s?%s", c.Host, c.URL.Path, query.Encode())
			page.Paging = &pagingJSON{nextJSON{r.name(), link}}
			break
		}
		page.Results = append(page.Results, s.account.render(r, sel, c.now))
	}
	return http.StatusOK, page, nil
}

func pageLimit(text string, most int) (int, error) {
	if text == "" {
		return defaultPageSize, nil
	}
	limit, err := strconv.Atoi(text)
	if err != nil {
		return 0, unreadable("Cannot deserialize value of type `int` from String %q: not a valid `int` value", text)
	}
	if limit < 1 || limit > most {
		return 0, badRequest("The limit must be between 1 and %d", most)
	}
	return limit, nil
}

func (s *Server) getContact(c *call) (int, any, error) {
	query := c.URL.Query()
	r, err := s.readable(c.PathValue("id"), query.Get("idProperty"), query.Get("archived") == "true", c.now)
	if err != nil {
		return 0, nil, err
	}
	sel := selection{names(query, "properties"), names(query, "propertiesWithHistory")}
	return http.StatusOK, s.account.render(r, sel, c.now), nil
}

type writeJSON struct {
	Properties propertyValues `json:"properties"`
}

func (s *Server) createContact(c *call) (int, any, error) {
	var in writeJSON
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	d, err := s.account.draft(nil, in.Properties, s.apiCheck(c))
	if err != nil {
		return 0, nil, err
	}
	r := s.commit(d, s.app(), c.now)
	c.header.Set("Location", c.URL.Path+"/"+r.name())
	return http.StatusCreated, s.account.renderWritten(r, d.values, c.now), nil
}

func (s *Server) updateContact(c *call) (int, any, error) {
	var in writeJSON
	if err := c.decode(&in); err != nil {
		return 0, nil, err
	}
	r, err := s.account.lookup(c.PathValue("id"), c.URL.Query().Get("idProperty"), false, c.now)
	if err != nil {
		return 0, nil, err
	}
	d, err := s.account.draft(r, in.Properties, s.apiCheck(c))
	if err != nil {
		return 0, nil, err
	}
	s.commit(d, s.app(), c.now)
	return http.StatusOK, s.account.renderWritten(r, in.Properties, c.now), nil
}

// archiveContact answers 204 whether or not there is such a contact.
func (s *Server) archiveContact(c *call) (int, any, error) {
	s.archiveByID(c.PathValue("id"), s.app(), c.now)
	return http.StatusNoContent, nil, nil
}

func (s *Server) archiveByID(id string, by *actor, now time.Time) {
	if r, err := s.account.lookup(id, "", false, now); err == nil {
		s.account.archive(r, now)
		s.emit(event{Type: "contact.deletion", ObjectID: r.id, ChangeFlag: "DELETED"}, by, now)
	}
}

// app is the actor of API calls.
func (s *Server) app() *actor {
	return &actor{source: "INTEGRATION", id: cmp.Or(s.knobs.SourceID, strconv.FormatInt(s.options.AppID, 10))}
}

// person is the actor of changes made in the CRM's own UI.
func (s *Server) person() *actor { return &actor{source: "CRM_UI", id: "userId:77"} }

func (s *Server) apiCheck(c *call) check {
	return check{now: c.now, knobs: s.knobs, strict: c.version == "2026-09"}
}

// commit applies a draft and sends its events.
func (s *Server) commit(d draft, by *actor, now time.Time) *record {
	created := d.target == nil
	if created {
		d.target = s.account.create(by, now)
		s.emit(event{Type: "contact.creation", ObjectID: d.target.id, ChangeFlag: "CREATED"}, by, now)
	}
	changed := s.account.apply(d, by, now, s.knobs)
	if created && s.knobs.NoCreatePropertyChange {
		return d.target
	}
	for _, name := range changed {
		if s.subscribes(name) {
			value := d.target.value(name)
			s.emit(event{Type: "contact.propertyChange", ObjectID: d.target.id, PropertyName: name, PropertyValue: &value}, by, now)
		}
	}
	return d.target
}

func (s *Server) subscribes(name string) bool {
	if s.knobs.Subscriptions != nil {
		return slices.Contains(s.knobs.Subscriptions, name)
	}
	return true
}
