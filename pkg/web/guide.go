package web

import "github.com/contactsync/contactsync/pkg/contact"

// guide tells a person how to get the token of a CRM.
type guide struct {
	Name       string   `json:"name"`
	TokenLabel string   `json:"tokenLabel"`
	How        []string `json:"how"`
	Scopes     []string `json:"scopes"`
}

// The vendors' own words for the places, as of November 2026:
// https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/account-service-keys
// and https://pipedrive.readme.io/docs/how-to-find-the-api-token.
var guides = map[contact.Provider]guide{
	contact.HubSpot: {
		Name:       contact.HubSpot.Title(),
		TokenLabel: "Service key or access token",
		How: []string{
			"In HubSpot, open Development, then Keys, then Service keys. This takes a super admin.",
			"Create a service key with the scopes below, and copy it.",
			"To receive changes at once rather than every few minutes, create an app with webhooks instead, and copy its access token: service keys send no events.",
			"Paste it here.",
		},
		Scopes: []string{
			"crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.read", "crm.schemas.contacts.write",
		},
	},
	contact.Pipedrive: {
		Name:       contact.Pipedrive.Title(),
		TokenLabel: "Personal API token",
		How: []string{
			"In Pipedrive, open your account menu at the top right, then Personal preferences, then API. It has to be a user who sees all people and may add fields.",
			"Copy your personal API token.",
			"Paste it here.",
		},
		Scopes: []string{},
	},
}
