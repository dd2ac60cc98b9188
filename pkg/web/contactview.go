package web

import (
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

// contactView is the JSON of a contact. Every standard field is always present.
type contactView struct {
	ID              contact.ID               `json:"id"`
	CustomerID      contact.CustomerID       `json:"customerId"`
	Email           string                   `json:"email"`
	FirstName       string                   `json:"firstName"`
	LastName        string                   `json:"lastName"`
	Phone           string                   `json:"phone"`
	Company         string                   `json:"company"`
	JobTitle        string                   `json:"jobTitle"`
	Pronouns        string                   `json:"pronouns"`
	Custom          map[contact.Field]string `json:"custom"`
	Rev             int64                    `json:"rev"`
	Status          sync.Status              `json:"status"`
	CreatedAt       time.Time                `json:"createdAt"`
	UpdatedAt       time.Time                `json:"updatedAt"`
	LastAppModified *time.Time               `json:"lastAppModified"`
	SyncedToCRMs    []contact.Provider       `json:"syncedToCRMs"`
	Links           []linkView               `json:"links"`
}

type linkView struct {
	Provider     contact.Provider   `json:"provider"`
	ExternalID   contact.ExternalID `json:"externalId"`
	State        string             `json:"state"`
	SyncStatus   string             `json:"syncStatus"`
	LastSyncedAt *time.Time         `json:"lastSyncedAt"`
	URL          string             `json:"url,omitempty"`
	Error        string             `json:"error,omitempty"`
}

type contactPageView struct {
	Contacts   []contactView `json:"contacts"`
	NextCursor *string       `json:"nextCursor"`
	Total      int           `json:"total"`
}

type importView struct {
	RunID     string         `json:"runId"`
	Created   int            `json:"created"`
	Updated   int            `json:"updated"`
	Unchanged int            `json:"unchanged"`
	Rejected  []rejectedView `json:"rejected"`
}

type rejectedView struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

func viewContact(c *sync.Contact) contactView {
	values := c.Values()
	v := contactView{
		ID:              c.ID,
		CustomerID:      c.CustomerID,
		Email:           values[contact.Email],
		FirstName:       values[contact.FirstName],
		LastName:        values[contact.LastName],
		Phone:           values[contact.Phone],
		Company:         values[contact.Company],
		JobTitle:        values[contact.JobTitle],
		Pronouns:        values[contact.Pronouns],
		Custom:          map[contact.Field]string{},
		Rev:             c.Rev,
		Status:          c.Status,
		CreatedAt:       c.CreatedAt,
		UpdatedAt:       c.UpdatedAt,
		LastAppModified: moment(c.Edited),
		SyncedToCRMs:    c.SyncedTo(),
		Links:           make([]linkView, len(c.Links)),
	}
	for f, value := range values {
		if !f.IsStandard() {
			v.Custom[f] = value
		}
	}
	for i := range c.Links {
		v.Links[i] = viewLink(&c.Links[i])
	}
	return v
}

func viewLink(l *sync.Link) linkView {
	v := linkView{
		Provider:     l.Provider,
		ExternalID:   l.ExternalID,
		State:        string(l.State),
		SyncStatus:   syncStatus(l),
		LastSyncedAt: moment(l.SyncedAt),
		URL:          l.URL,
	}
	if l.State == sync.LinkActive && l.ExternalID == "" {
		v.State = "creating"
	}
	if l.Error != nil {
		v.Error = l.Error.Message
	}
	return v
}

// syncStatus sums a link up for people.
func syncStatus(l *sync.Link) string {
	switch {
	case l.State == sync.LinkDetached:
		return "unlinked"
	case l.State == sync.LinkReview:
		return "conflict"
	case l.Error != nil:
		return "error"
	case l.State == sync.LinkMissing, l.State == sync.LinkEnding, l.ExternalID == "", len(l.Intents) > 0, len(l.InDoubt) > 0:
		return "pending"
	}
	return "synced"
}

func viewContactPage(page sync.ContactPage) contactPageView {
	v := contactPageView{
		Contacts:   make([]contactView, len(page.Contacts)),
		NextCursor: cursor(page.Next),
		Total:      page.Total,
	}
	for i, c := range page.Contacts {
		v.Contacts[i] = viewContact(c)
	}
	return v
}

func viewImport(run *sync.Run, result sync.ImportResult) importView {
	v := importView{
		RunID:     run.ID,
		Created:   result.Created,
		Updated:   result.Updated,
		Unchanged: result.Unchanged,
		Rejected:  make([]rejectedView, len(result.Rejected)),
	}
	for i, r := range result.Rejected {
		v.Rejected[i] = rejectedView(r)
	}
	return v
}

// moment is a time for JSON: null when it never was.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// cursor is the next page's cursor for JSON: null on the last page.
func cursor(next string) *string {
	if next == "" {
		return nil
	}
	return &next
}
