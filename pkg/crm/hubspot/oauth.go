package hubspot

import (
	"cmp"
	"net/http"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/oauth"
	"github.com/contactsync/contactsync/pkg/sync"
)

// authorizeURL is HubSpot's own consent page, for accounts in every region.
const authorizeURL = "https://app.hubspot.com/oauth/authorize"

// scopes are what the app has to be granted.
func scopes() []string {
	return []string{
		"crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.read", "crm.schemas.contacts.write",
	}
}

// OAuthOptions are a deployment's app at HubSpot. See
// https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth
type OAuthOptions struct {
	// BaseURL and APIVersion are those of [Options]; at another address than
	// HubSpot's, the consent page is there too.
	BaseURL, APIVersion string
	ClientID, Secret    string
	Redirect            string
	RoundTripper        http.RoundTripper
	Clock               sync.Clock
}

// NewOAuth returns what gets and renews the tokens of HubSpot accounts.
func NewOAuth(o OAuthOptions) sync.OAuth {
	base, version := cmp.Or(o.BaseURL, DefaultBaseURL), cmp.Or(o.APIVersion, DefaultVersion)
	authorize := authorizeURL
	if base != DefaultBaseURL {
		authorize = base + "/oauth/authorize"
	}
	token := base + "/oauth/" + version + "/token"
	return oauth.New(oauth.Options{
		Provider: contact.HubSpot, ClientID: o.ClientID, ClientSecret: o.Secret, Redirect: o.Redirect,
		AuthorizeURL: authorize, TokenURL: token, RevokeURL: token + "/revoke",
		Scopes: append([]string{"oauth"}, scopes()...), RoundTripper: o.RoundTripper, Clock: o.Clock,
	})
}
