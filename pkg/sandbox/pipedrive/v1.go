package pipedrive

import (
	"net/http"
	"strings"
	"time"
)

type user struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Active   bool   `json:"active_flag"`
	Deleted  bool   `json:"is_deleted"`
	Admin    int    `json:"is_admin"`
	You      bool   `json:"is_you"`
	Language string `json:"locale"`
	Timezone string `json:"timezone_name"`
	Offset   string `json:"timezone_offset"`
}

type myself struct {
	user
	CompanyID     int64  `json:"company_id"`
	CompanyName   string `json:"company_name"`
	CompanyDomain string `json:"company_domain"`
}

func (s *Server) users() []user {
	me := user{ID: ownUser, Name: "Robin Sandbox", Email: "robin@sandbox.example", Active: true, You: true}
	if !s.knobs.RegularUser {
		me.Admin = 1
	}
	colleague := user{ID: colleagueUser, Name: "Sam Sandbox", Email: "sam@sandbox.example", Active: true, Admin: 1}
	all := []user{me, colleague}
	for i := range all {
		all[i].Language, all[i].Timezone, all[i].Offset = "en_US", "Europe/Tallinn", "+02:00"
	}
	return all
}

// user returns the user with the id, or nil.
func (s *Server) user(id int64) *user {
	for _, u := range s.users() {
		if u.ID == id {
			return &u
		}
	}
	return nil
}

// userV1 is a user as v1 embeds it in other objects.
func (s *Server) userV1(id int64) map[string]any {
	u := s.user(id)
	return map[string]any{"id": u.ID, "name": u.Name, "email": u.Email, "active_flag": u.Active, "has_pic": 0, "value": u.ID}
}

func (s *Server) getMe(*call) (answer, error) {
	return answer{data: myself{user: s.users()[0], CompanyID: s.companyID, CompanyName: "Sandbox", CompanyDomain: s.domain}}, nil
}

func (s *Server) listUsers(*call) (answer, error) {
	return answer{data: s.users(), additional: map[string]any{"company_id": s.companyID}}, nil
}

func (s *Server) getUser(c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	u := s.user(id)
	if u == nil {
		return answer{}, refuse(http.StatusNotFound, "", "User not found")
	}
	return answer{data: *u}, nil
}

// findUsers looks for a part of a name, or of an e-mail address when asked.
func (s *Server) findUsers(c *call) (answer, error) {
	term := strings.ToLower(c.query.values.Get("term"))
	if term == "" {
		return answer{}, refuse(http.StatusBadRequest, "", "Search term must be given")
	}
	byEmail := c.query.values.Get("search_by_email") == "1"
	found := []user{}
	for _, u := range s.users() {
		text := u.Name
		if byEmail {
			text = u.Email
		}
		if strings.Contains(strings.ToLower(text), term) {
			found = append(found, u)
		}
	}
	return answer{data: found}, nil
}

type recentItem struct {
	Item string `json:"item"`
	ID   int64  `json:"id"`
	Data any    `json:"data"`
}

// listRecents shows persons changed since a time, deleted ones among them, oldest
// change first.
func (s *Server) listRecents(c *call) (answer, error) {
	since, err := time.Parse(time.DateTime, c.query.values.Get("since_timestamp"))
	if err != nil {
		return answer{}, refuse(http.StatusBadRequest, "", "since_timestamp must be given as YYYY-MM-DD HH:MM:SS")
	}
	ids := []int64{}
	if items := c.query.values.Get("items"); items == "" || items == "person" {
		for p := range s.people.walk("update_time", ascending, key{at: since.Unix()}) {
			if s.visible(p) {
				ids = append(ids, p.id)
			}
		}
	}
	page, pagination := paginate(c, ids)
	rows, last := make([]recentItem, 0, len(page)), dated(since)
	for _, id := range page {
		p := s.people.byID[id]
		rows, last = append(rows, recentItem{Item: "person", ID: id, Data: s.recentData(p)}), dated(p.updated)
	}
	return answer{data: rows, additional: map[string]any{
		"since_timestamp": dated(since), "last_timestamp_on_page": last, "pagination": pagination,
	}}, nil
}

func (s *Server) recentData(p *person) any {
	switch s.knobs.RecentsData {
	case "null":
		return nil
	case "list":
		return []any{s.personV1(p)}
	}
	return s.personV1(p)
}

// mergePersons joins the person of the path into the one of the body, which stays.
func (s *Server) mergePersons(c *call) (answer, error) {
	loser, err := s.readable(c)
	if err != nil {
		return answer{}, err
	}
	id, ok := asInteger(c.body["merge_with_id"])
	survivor := s.people.byID[id]
	switch {
	case !ok:
		return answer{}, refuse(http.StatusBadRequest, "", "merge_with_id must be given")
	case survivor == nil || !s.visible(survivor) || survivor.deleted || loser.deleted:
		return answer{}, notFound()
	case survivor == loser:
		return answer{}, refuse(http.StatusBadRequest, "", "A person cannot be merged with itself")
	}
	shown := s.personV1(s.merge(loser, survivor, fromAPI))
	shown["merge_what_id"] = loser.id
	return answer{data: shown}, nil
}
