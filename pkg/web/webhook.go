package web

import (
	"net/http"

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
	return s.receive(c, s.HubSpot)
}

// receive stores a vendor's events. The body is verified as it came, before
// anything looks into it.
func (s *Server) receive(c *call, vendor sync.Webhook) (reply, error) {
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
	if err := s.Service.Receive(c.Context(), events); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: receivedView{len(events)}}, nil
}

type receivedView struct {
	Received int `json:"received"`
}
