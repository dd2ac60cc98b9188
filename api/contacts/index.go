// Package handler serves /api/contacts and what lies below it.
package handler

import (
	"net/http"

	"github.com/contactsync/contactsync/pkg/app"
	"github.com/contactsync/contactsync/pkg/web"
)

// Handler answers one request; see [web.Contacts] for its operations.
func Handler(w http.ResponseWriter, r *http.Request) { app.Serve(w, r, web.Contacts) }
