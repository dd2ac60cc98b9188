package web

import (
	"net/http"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/sync"
)

func (s *Server) listReviews(c *call) (reply, error) {
	items, err := s.Service.Reviews(c.Context(), c.customer)
	if err != nil {
		return reply{}, err
	}
	view := reviewsView{Items: make([]reviewView, len(items)), Total: len(items)}
	for i, item := range items {
		view.Items[i] = reviewView{
			ID: item.ID, Kind: item.Kind, Provider: item.Provider, ContactID: item.ContactID, ContactName: item.ContactName,
			ExternalIDs: append([]contact.ExternalID{}, item.ExternalIDs...), Message: item.Message, Actions: item.Actions(), At: item.At,
		}
	}
	return ok(view)
}

func (s *Server) decideReview(c *call) (reply, error) {
	o, err := c.object()
	if err != nil {
		return reply{}, err
	}
	action, _ := o.text("action")
	if action == "" {
		o.reject("action", "has to be one of the item's actions")
	}
	externalID, _ := o.text("externalId")
	contactID, _ := o.text("contactId")
	if err := o.done(); err != nil {
		return reply{}, err
	}
	err = s.Service.DecideReview(c.Context(), c.customer, c.id, sync.Decision{
		Action: sync.ReviewAction(action), ExternalID: contact.ExternalID(externalID), ContactID: contact.ID(contactID),
	})
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

type reviewsView struct {
	Items []reviewView `json:"items"`
	Total int          `json:"total"`
}

type reviewView struct {
	ID          string               `json:"id"`
	Kind        string               `json:"kind"`
	Provider    contact.Provider     `json:"provider"`
	ContactID   contact.ID           `json:"contactId,omitempty"`
	ContactName string               `json:"contactName,omitempty"`
	ExternalIDs []contact.ExternalID `json:"externalIds"`
	Message     string               `json:"message"`
	Actions     []sync.ReviewAction  `json:"actions"`
	At          time.Time            `json:"at"`
}
