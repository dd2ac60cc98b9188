// Package handler serves /api/webhook/pipedrive.
package handler

import (
	"net/http"

	"github.com/contactsync/contactsync/pkg/app"
	"github.com/contactsync/contactsync/pkg/web"
)

// Handler answers one request; see [web.WebhookPipedrive] for its operations.
func Handler(w http.ResponseWriter, r *http.Request) { app.Serve(w, r, web.WebhookPipedrive) }
