package app

import (
	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/sync"
)

// newGrants knows the apps of this deployment at the vendors, where they are set up.
func newGrants(o Options) *sync.Grants {
	c := o.Config
	g := &sync.Grants{Store: o.Store, OAuth: map[contact.Provider]sync.OAuth{}, Clock: o.Clock, Log: o.Log}
	if c.Vault != nil {
		g.Vault = c.Vault
	}
	if len(c.missingForOAuth(contact.HubSpot)) == 0 {
		g.OAuth[contact.HubSpot] = hubspot.NewOAuth(hubspot.OAuthOptions{
			BaseURL: c.HubSpot.BaseURL, APIVersion: c.HubSpot.APIVersion, ClientID: c.HubSpot.ClientID,
			Secret: c.HubSpot.Secrets[0], Redirect: c.redirect(contact.HubSpot), RoundTripper: o.Transport, Clock: o.Clock,
		})
	}
	if len(c.missingForOAuth(contact.Pipedrive)) == 0 {
		g.OAuth[contact.Pipedrive] = pipedrive.NewOAuth(pipedrive.OAuthOptions{
			BaseURL: c.Pipedrive.BaseURL, ClientID: c.Pipedrive.ClientID, Secret: c.Pipedrive.ClientSecret,
			Redirect: c.redirect(contact.Pipedrive), RoundTripper: o.Transport, Clock: o.Clock,
		})
	}
	return g
}

// redirect is where people come back to from a vendor's consent page; it has to be
// entered in the app there.
func (c Config) redirect(provider contact.Provider) string {
	return c.PublicBaseURL + "/api/connections/" + string(provider) + "/callback"
}

// missingForOAuth names the variables without which nobody can connect a CRM through
// its consent page.
func (c Config) missingForOAuth(provider contact.Provider) []string {
	missing := []string{}
	need := func(variable string, set bool) {
		if !set {
			missing = append(missing, variable)
		}
	}
	switch provider {
	case contact.HubSpot:
		need("HUBSPOT_CLIENT_ID", c.HubSpot.ClientID != "")
		need("HUBSPOT_CLIENT_SECRET", len(c.HubSpot.Secrets) > 0)
	case contact.Pipedrive:
		need("PIPEDRIVE_CLIENT_ID", c.Pipedrive.ClientID != "")
		need("PIPEDRIVE_CLIENT_SECRET", c.Pipedrive.ClientSecret != "")
	}
	need("PUBLIC_BASE_URL", c.PublicBaseURL != "")
	need("ENCRYPTION_KEYS", c.Vault != nil)
	return missing
}
