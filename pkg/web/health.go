package web

import (
	"context"
	"net/http"
	"time"
)

// health tells whether the store answers. It is open to everyone, so it says no
// more than that.
func (s *Server) health(c *call) (reply, error) {
	ctx, cancel := context.WithTimeout(c.Context(), 5*time.Second)
	defer cancel()
	view, status := healthView{Status: "ok", Version: s.Version}, http.StatusOK
	name, err := s.Ping(ctx)
	view.Store = name
	if err != nil {
		s.Log.ErrorContext(ctx, "store does not answer", "requestId", c.requestID, "error", err)
		view.Status, status = "unavailable", http.StatusServiceUnavailable
	}
	return reply{status: status, body: view}, nil
}

type healthView struct {
	Status  string `json:"status"`
	Version string `json:"version"`
	Store   string `json:"store"`
}
