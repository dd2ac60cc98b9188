package main

import (
	activity "github.com/contactsync/contactsync/api/activity"
	conflicts "github.com/contactsync/contactsync/api/conflicts"
	connections "github.com/contactsync/contactsync/api/connections"
	contacts "github.com/contactsync/contactsync/api/contacts"
	cronsync "github.com/contactsync/contactsync/api/cron/sync"
	health "github.com/contactsync/contactsync/api/health"
	signin "github.com/contactsync/contactsync/api/session"
	settings "github.com/contactsync/contactsync/api/settings"
	pronouns "github.com/contactsync/contactsync/api/setup/pronouns"
	sync "github.com/contactsync/contactsync/api/sync"
	hubspotevents "github.com/contactsync/contactsync/api/webhook/hubspot"
	pipedriveevents "github.com/contactsync/contactsync/api/webhook/pipedrive"

	"github.com/contactsync/contactsync/scripts/dev/platform"
)

// functions are the very functions that are deployed, each at the path of its
// folder.
var functions = []platform.Function{
	{Path: "/api/activity", Handler: activity.Handler},
	{Path: "/api/conflicts", Handler: conflicts.Handler},
	{Path: "/api/connections", Handler: connections.Handler},
	{Path: "/api/contacts", Handler: contacts.Handler},
	{Path: "/api/cron/sync", Handler: cronsync.Handler},
	{Path: "/api/health", Handler: health.Handler},
	{Path: "/api/session", Handler: signin.Handler},
	{Path: "/api/settings", Handler: settings.Handler},
	{Path: "/api/setup/pronouns", Handler: pronouns.Handler},
	{Path: "/api/sync", Handler: sync.Handler},
	{Path: "/api/webhook/hubspot", Handler: hubspotevents.Handler},
	{Path: "/api/webhook/pipedrive", Handler: pipedriveevents.Handler},
}
