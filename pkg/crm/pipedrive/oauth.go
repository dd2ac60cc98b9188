package pipedrive

import (
	"cmp"
	"net/http"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/oauth"
	"github.com/contactsync/contactsync/pkg/sync"
)

// oauthURL is Pipedrive's own server for consent and tokens.
const oauthURL = "https://oauth.pipedrive.com"

// OAuthOptions are a deployment's app at Pipedrive, which holds the scopes. See
// https://pipedrive.readme.io/docs/marketplace-oauth-authorization
type OAuthOptions struct {
	// BaseURL is that of [Options]; at another address than Pipedrive's, consent and
	// tokens are there too.
	BaseURL          string
	ClientID, Secret string
	Redirect         string
	RoundTripper     http.RoundTripper
	Clock            sync.Clock
}

// NewOAuth returns what gets and renews the tokens of Pipedrive accounts. The token's
// address has no slash at its end, whatever the published specification says: there
// is a redirect behind it.
func NewOAuth(o OAuthOptions) sync.OAuth {
	base := oauthURL
	if at := cmp.Or(o.BaseURL, DefaultBaseURL); !isVendor(at) {
		base = at
	}
	return oauth.New(oauth.Options{
		Provider: contact.Pipedrive, ClientID: o.ClientID, ClientSecret: o.Secret, Redirect: o.Redirect, Basic: true,
		AuthorizeURL: base + "/oauth/authorize", TokenURL: base + "/oauth/token", RevokeURL: base + "/oauth/revoke",
		RoundTripper: o.RoundTripper, Clock: o.Clock,
	})
}
