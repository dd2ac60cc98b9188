package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
)

// Function is one serverless function: what stands in one folder of api/.
type Function struct {
	// Name is its path below /api/, such as "cron/sync".
	Name string
	// Limit is how long the platform lets one request take: maxDuration in vercel.json.
	Limit  time.Duration
	access access
	// callbacks are operations whose callers bring no credential but what they were
	// given for it; their handlers decide.
	callbacks []string
	routes    []route
}

// accessTo says who may call an operation.
func (fn Function) accessTo(op string) access {
	if slices.Contains(fn.callbacks, op) {
		return checksItself
	}
	return fn.access
}

// route is one operation of a function. An empty op is the function's own path;
// the others are reached through rewrites that carry op, and id where needed.
type route struct {
	method, op string
	handle     handler
}

type handler func(*Server, *call) (reply, error)

// The functions.
var (
	Contacts = Function{
		Name: "contacts", Limit: 60 * time.Second,
		routes: []route{
			{http.MethodGet, "", (*Server).listContacts},
			{http.MethodPost, "", (*Server).createContact},
			{http.MethodGet, "one", (*Server).getContact},
			{http.MethodPatch, "one", (*Server).updateContact},
			{http.MethodDelete, "one", (*Server).deleteContact},
			{http.MethodPost, "restore", (*Server).restoreContact},
			{http.MethodGet, "explain", (*Server).explainContact},
			{http.MethodPost, "import", (*Server).importContacts},
		},
	}
	Sync = Function{
		Name: "sync", Limit: 60 * time.Second,
		routes: []route{
			{http.MethodGet, "", (*Server).status},
			{http.MethodPost, "", (*Server).startSync},
			{http.MethodGet, "run", (*Server).getRun},
			{http.MethodPost, "revert", (*Server).revertRun},
			{http.MethodPost, "approve", (*Server).approveRun},
			{http.MethodPost, "cancel", (*Server).cancelRun},
		},
	}
	CronSync = Function{
		Name: "cron/sync", Limit: 60 * time.Second, access: cronOnly,
		routes: []route{
			{http.MethodGet, "", (*Server).cronSync},
		},
	}
	SetupPronouns = Function{
		Name: "setup/pronouns", Limit: 30 * time.Second,
		routes: []route{
			{http.MethodGet, "", (*Server).pronouns},
			{http.MethodPost, "", (*Server).setUpPronouns},
		},
	}
	WebhookHubSpot = Function{
		Name: "webhook/hubspot", Limit: 10 * time.Second, access: checksItself,
		routes: []route{
			{http.MethodPost, "", (*Server).receiveHubSpot},
		},
	}
	WebhookPipedrive = Function{
		Name: "webhook/pipedrive", Limit: 10 * time.Second, access: checksItself,
		routes: []route{
			{http.MethodPost, "", (*Server).receivePipedrive},
			{http.MethodPost, "own", (*Server).receiveOwnPipedrive},
		},
	}
	Activity = Function{
		Name: "activity", Limit: 15 * time.Second,
		routes: []route{
			{http.MethodGet, "", (*Server).listActivity},
			{http.MethodGet, "changes", (*Server).listChanges},
			{http.MethodPost, "revert", (*Server).revertChange},
		},
	}
	Conflicts = Function{
		Name: "conflicts", Limit: 15 * time.Second,
		routes: []route{
			{http.MethodGet, "", (*Server).listConflicts},
			{http.MethodPost, "one", (*Server).resolveConflict},
			{http.MethodGet, "review", (*Server).listReviews},
			{http.MethodPost, "decide", (*Server).decideReview},
		},
	}
	Connections = Function{
		Name: "connections", Limit: 30 * time.Second, callbacks: []string{"callback"},
		routes: []route{
			{http.MethodGet, "", (*Server).listConnections},
			{http.MethodPost, "", (*Server).connect},
			{http.MethodPatch, "one", (*Server).changeConnection},
			{http.MethodDelete, "one", (*Server).disconnect},
			{http.MethodGet, "callback", (*Server).authorised},
			{http.MethodGet, "token", (*Server).membraneToken},
		},
	}
	Settings = Function{
		Name: "settings", Limit: 15 * time.Second,
		routes: []route{
			{http.MethodGet, "", (*Server).getSettings},
			{http.MethodPatch, "", (*Server).updateSettings},
		},
	}
	Session = Function{
		Name: "session", Limit: 15 * time.Second, access: checksItself,
		routes: []route{
			{http.MethodGet, "", (*Server).getSession},
			{http.MethodPost, "", (*Server).signIn},
			{http.MethodDelete, "", (*Server).signOut},
		},
	}
	Health = Function{
		Name: "health", Limit: 10 * time.Second, access: anyone,
		routes: []route{
			{http.MethodGet, "", (*Server).health},
		},
	}
)

// Functions lists every function.
func Functions() []Function {
	return []Function{
		Contacts, Sync, CronSync, SetupPronouns, WebhookHubSpot, WebhookPipedrive, Activity, Conflicts, Connections, Settings, Session,
		Health,
	}
}

// Has reports whether some method of the function's operation op exists; a
// rewrite to one that does not is a mistake.
func (fn Function) Has(op string) bool {
	return slices.ContainsFunc(fn.routes, func(r route) bool { return r.op == op })
}

// route finds the handler for the call's method and op.
func (c *call) route(fn Function) error {
	method := c.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var allowed []string
	for _, r := range fn.routes {
		if r.op != c.op {
			continue
		}
		if r.method == method {
			c.handle = r.handle
			return nil
		}
		allowed = append(allowed, r.method)
	}
	if len(allowed) > 0 {
		return &methodError{allowed: allowed}
	}
	return fault.New(fault.NotFound, "There is nothing at this address.")
}
