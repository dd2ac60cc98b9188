// Package handler serves /api/conflicts and what lies below it.
package handler

import (
	"net/http"

	"github.com/contactsync/contactsync/pkg/app"
	"github.com/contactsync/contactsync/pkg/web"
)

// Handler answers one request; see [web.Conflicts] for its operations.
func Handler(w http.ResponseWriter, r *http.Request) { app.Serve(w, r, web.Conflicts) }
