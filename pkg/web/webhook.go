package web

import (
	"net/http"
	"slices"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// maxEventBody is far above what a vendor sends in one request (HubSpot: 100
// events of a few hundred bytes).
const maxEventBody = 1_000_000

func (s *Server) receiveHubSpot(c *call) (reply, error) {
	if s.HubSpot == nil {
		return reply{}, fault.New(fault.Unavailable, "HUBSPOT_CLIENT_SECRET is not set.")
	}
	return s.receive(c, s.HubSpot, "")
}

// receivePipedrive takes the events of the connection that the environment makes.
func (s *Server) receivePipedrive(c *call) (reply, error) {
	vendor := s.Pipedrive("", "")
	if err := vendor.Verify(c.Request, nil, s.Clock.Now()); fault.Is(err, fault.Unavailable) {
		return reply{}, fault.New(fault.Unavailable, "PIPEDRIVE_WEBHOOK_USER and PIPEDRIVE_WEBHOOK_PASSWORD are not set.")
	}
	return s.receive(c, vendor, "")
}

// receiveOwnPipedrive takes the events of a connection that has an address and a
// password of its own. What they say of other accounts is not believed.
func (s *Server) receiveOwnPipedrive(c *call) (reply, error) {
	source, err := s.Service.EventSource(c.Context(), contact.Pipedrive, c.id)
	if err != nil {
		return reply{}, err
	}
	return s.receive(c, s.Pipedrive(source.User, source.Password), source.AccountID)
}

// receive stores a vendor's events, those of one account only if it is named. The
// body is verified as it came, before anything looks into it.
func (s *Server) receive(c *call, vendor sync.Webhook, account string) (reply, error) {
	body, err := c.body(maxEventBody)
	if err != nil {
		return reply{}, err
	}
	if err := vendor.Verify(c.Request, body, s.Clock.Now()); err != nil {
		return reply{}, err
	}
	events, err := vendor.Decode(body)
	if err != nil {
		return reply{}, err
	}
	if account != "" {
		events = slices.DeleteFunc(events, func(e sync.Event) bool { return e.AccountID != account })
	}
	if err := s.Service.Receive(c.Context(), events); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: receivedView{len(events)}}, nil
}

type receivedView struct {
	Received int `json:"received"`
}
