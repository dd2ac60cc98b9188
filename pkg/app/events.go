package app

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/url"
	"strings"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/sync"
	"github.com/contactsync/contactsync/pkg/web"
)

// hubspotWebhook returns nil without a secret: nothing could be verified.
func hubspotWebhook(c Config) sync.Webhook {
	if len(c.HubSpot.Secrets) == 0 {
		return nil
	}
	return &hubspot.Webhook{
		Secrets:       c.HubSpot.Secrets,
		PublicBaseURL: c.PublicBaseURL,
		Paths:         []string{"/api/webhook/hubspot", "/api/integration/webhook/hubspot"},
		RequireV3:     c.HubSpot.RequireV3,
	}
}

// pipedriveWebhook makes what verifies events that come with a user and a password;
// those of the deployment when none are given.
func pipedriveWebhook(c Config) func(user, password string) sync.Webhook {
	return func(user, password string) sync.Webhook {
		if user == "" && password == "" {
			user, password = c.Pipedrive.WebhookUser, c.Pipedrive.WebhookPassword
		}
		return &pipedrive.Webhook{User: user, Password: password}
	}
}

// eventAddresses says where CRMs that can be asked to send their events send them.
func eventAddresses(c Config) map[contact.Provider]sync.EventAddress {
	at := sync.EventAddress{User: c.Pipedrive.WebhookUser, Password: c.Pipedrive.WebhookPassword}
	if at.Problem = unreachable(c.PublicBaseURL, c.Pipedrive.BaseURL); at.Problem == "" {
		at.Base = c.PublicBaseURL + "/api/" + web.WebhookPipedrive.Name
	}
	mac := hmac.New(sha256.New, []byte(c.Pipedrive.Token))
	mac.Write([]byte(at.User + "\x00" + at.Password))
	at.Version = hex.EncodeToString(mac.Sum(nil))
	return map[contact.Provider]sync.EventAddress{contact.Pipedrive: at}
}

// unreachable says why a CRM could not send anything to this deployment; "" if it
// can. A stand-in on this machine reaches what is on this machine.
func unreachable(here, crm string) string {
	address, err := url.Parse(here)
	switch {
	case here == "" || err != nil:
		return "PUBLIC_BASE_URL is not set, so the CRM has nowhere to send its events."
	case isLoopback(crm):
		return ""
	case address.Scheme != "https" || isLoopback(here):
		return "PUBLIC_BASE_URL is not an https address that the CRM could reach."
	}
	return ""
}

func isLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := strings.TrimSuffix(u.Hostname(), ".")
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
