package pipedrive

import (
	"net/http"
	"strings"

	"github.com/contactsync/contactsync/pkg/crm/transport"
)

// cost returns the tokens that a call takes from the daily budget: see
// https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting. A call of
// version 1 of the API costs twice as much as its like in version 2.
func cost(r transport.Request) int {
	tokens := 5 // a create or an update
	switch {
	case r.Method == http.MethodDelete:
		tokens = 3
	case r.Method == http.MethodGet && r.Path == webhooksPath:
		tokens = 5 // 10, with the doubling below
	case r.Method == http.MethodGet && isList(r.Path):
		tokens = 10
	case r.Method == http.MethodGet:
		tokens = 1
	}
	if strings.HasPrefix(r.Path, "/api/v1/") {
		tokens *= 2
	}
	return tokens
}

func isList(path string) bool {
	last := path[strings.LastIndexByte(path, '/')+1:]
	return last == "persons" || last == "personFields" || last == "changelog"
}
