package app

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/secret"
	"github.com/contactsync/contactsync/pkg/sync/reconcile"
	"github.com/contactsync/contactsync/pkg/web"
)

// Config is what the environment says. The zero value is an app without CRMs that
// lets nobody in.
type Config struct {
	// PublicBaseURL is the origin that the world calls, without a slash at its end;
	// "" when it is not known.
	PublicBaseURL string
	CronSecret    string
	// Database is the address and the name of the MongoDB database; without an address
	// a deployed function has no store. "" takes the name in the address.
	DatabaseURI, Database string
	Keys                  []web.Key
	// Password admits the built-in user, with sessions signed by SessionSecret; nil:
	// there is no such user.
	Password      *web.Password
	SessionSecret string
	// TokenSecret is what a host application signs its tokens with; "" takes none.
	TokenSecret string
	// Vault encrypts the credentials that people enter; nil: none can be entered.
	Vault     *secret.Box
	HubSpot   HubSpot
	Pipedrive Pipedrive
	Membrane  Membrane
	Policy    reconcile.Policy
	// PhoneRegion is the country of phone numbers without a country code; "" none.
	PhoneRegion string
	Version     string
}

// HubSpot is the connection of the environment, if Token is set, and the app whose
// events are received, if Secrets are; with ClientID people can connect through it.
type HubSpot struct {
	Token, BaseURL, APIVersion string
	ClientID                   string
	Secrets                    []string
	RequireV3                  bool
	RateLimit                  transport.Limit // zero: the vendor's own
}

// Pipedrive is the connection of the environment, if Token is set. Its events come
// with WebhookUser and WebhookPassword, if both are. With ClientID and ClientSecret
// people can connect through the app.
type Pipedrive struct {
	Token, BaseURL               string
	ClientID, ClientSecret       string
	WebhookUser, WebhookPassword string
	RateLimit                    transport.Limit
}

// Membrane is the workspace at Membrane, if Key and Secret are set.
type Membrane struct{ Key, Secret, APIURL, UIURL string }

// Read reads the configuration from variables. Every error names its variable.
func Read(getenv func(string) string) (Config, error) {
	v := variables{getenv: getenv}
	c := Config{
		PublicBaseURL: v.origin("PUBLIC_BASE_URL"),
		CronSecret:    v.text("CRON_SECRET"),
		DatabaseURI:   v.text("MONGODB_URI"),
		Database:      v.text("MONGODB_DATABASE"),
		Keys:          v.keys("API_KEYS"),
		Password:      v.password("APP_PASSWORD"),
		SessionSecret: v.text("SESSION_SECRET"),
		TokenSecret:   v.text("APP_JWT_SECRET"),
		Vault:         v.vault("ENCRYPTION_KEYS"),
		HubSpot: HubSpot{
			Token:      v.text("HUBSPOT_ACCESS_TOKEN"),
			BaseURL:    v.origin("HUBSPOT_BASE_URL"),
			APIVersion: v.oneOf("HUBSPOT_API_VERSION", hubspot.DefaultVersion, "2026-09", "v3"),
			ClientID:   v.text("HUBSPOT_CLIENT_ID"),
			Secrets:    v.list("HUBSPOT_CLIENT_SECRET"),
			RequireV3:  v.flag("HUBSPOT_REQUIRE_V3"),
			RateLimit:  v.rate("HUBSPOT_RATE_LIMIT"),
		},
		Pipedrive: Pipedrive{
			Token:           v.text("PIPEDRIVE_API_TOKEN"),
			BaseURL:         v.origin("PIPEDRIVE_BASE_URL"),
			ClientID:        v.text("PIPEDRIVE_CLIENT_ID"),
			ClientSecret:    v.text("PIPEDRIVE_CLIENT_SECRET"),
			WebhookUser:     v.text("PIPEDRIVE_WEBHOOK_USER"),
			WebhookPassword: v.text("PIPEDRIVE_WEBHOOK_PASSWORD"),
			RateLimit:       v.rate("PIPEDRIVE_RATE_LIMIT"),
		},
		Membrane: Membrane{
			Key:    v.text(v.called("INTEGRATION_APP_WORKSPACE_KEY")),
			Secret: v.text(v.called("INTEGRATION_APP_WORKSPACE_SECRET")),
			APIURL: v.origin(v.called("INTEGRATION_APP_API_URL")),
			UIURL:  v.origin(v.called("INTEGRATION_APP_UI_URL")),
		}.withDefaults(),
		Policy:      v.policy("CONFLICT_POLICY"),
		PhoneRegion: v.region("DEFAULT_PHONE_REGION"),
		Version:     version(v.text("VERCEL_GIT_COMMIT_SHA")),
	}
	if len(v.problems) > 0 {
		return Config{}, fault.New(fault.Unavailable, "%s", strings.Join(v.problems, " "))
	}
	return c, nil
}

// token returns the environment's token for a CRM, or "".
func (c Config) token(provider contact.Provider) string {
	switch provider {
	case contact.HubSpot:
		return c.HubSpot.Token
	case contact.Pipedrive:
		return c.Pipedrive.Token
	}
	return ""
}

// hasToken reports whether the environment's token serves a customer.
func (c Config) hasToken(customer contact.CustomerID, provider contact.Provider) bool {
	return customer == EnvironmentCustomer && c.token(provider) != ""
}

// providers lists the CRMs that the environment connects.
func (c Config) providers() []contact.Provider {
	var list []contact.Provider
	for _, provider := range []contact.Provider{contact.HubSpot, contact.Pipedrive} {
		if c.token(provider) != "" {
			list = append(list, provider)
		}
	}
	return list
}

// variables reads settings and collects what is wrong with them. Values are never
// repeated in a problem: they may be secret.
type variables struct {
	getenv   func(string) string
	problems []string
}

func (v *variables) problem(name, what string) {
	v.problems = append(v.problems, name+" "+what+".")
}

func (v *variables) text(name string) string { return strings.TrimSpace(v.getenv(name)) }

// called returns the name under which a variable of Membrane is set: it was called
// Integration.app before.
func (v *variables) called(name string) string {
	if alias := strings.Replace(name, "INTEGRATION_APP", "MEMBRANE", 1); v.text(name) == "" && v.text(alias) != "" {
		return alias
	}
	return name
}

func (v *variables) list(name string) []string {
	var list []string
	for _, part := range strings.Split(v.text(name), ",") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

func (v *variables) flag(name string) bool {
	text := v.text(name)
	if text == "" {
		return false
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		v.problem(name, "has to be true or false")
	}
	return on
}

func (v *variables) oneOf(name string, allowed ...string) string {
	text := v.text(name)
	for _, a := range allowed {
		if text == a {
			return text
		}
	}
	if text != "" {
		v.problem(name, "has to be one of "+strings.Join(allowed, ", "))
	}
	return allowed[0]
}

// origin is the address of a server: a scheme and a host, perhaps with a path.
func (v *variables) origin(name string) string {
	text := strings.TrimRight(v.text(name), "/")
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
		v.problem(name, "has to be an address such as https://sync.example.com")
	}
	return text
}

func (v *variables) keys(name string) []web.Key {
	keys, err := web.ParseKeys(v.text(name))
	if err != nil {
		v.problems = append(v.problems, fault.Public(err))
	}
	return keys
}

func (v *variables) password(name string) *web.Password {
	text := v.getenv(name) // a password may begin or end with a space
	if strings.TrimSpace(text) == "" {
		return nil
	}
	password, err := web.ParsePassword(text)
	if err != nil {
		v.problem(name, err.Error())
	}
	return password
}

func (v *variables) vault(name string) *secret.Box {
	keys := v.list(name)
	if len(keys) == 0 {
		return nil
	}
	box, err := secret.New(keys)
	if err != nil {
		v.problem(name, "cannot be used: "+err.Error())
	}
	return box
}

// rate reads calls/seconds, such as 100/10.
func (v *variables) rate(name string) transport.Limit {
	text := v.text(name)
	if text == "" {
		return transport.Limit{}
	}
	calls, seconds, _ := strings.Cut(text, "/")
	n, err1 := strconv.Atoi(calls)
	s, err2 := strconv.Atoi(seconds)
	if err1 != nil || err2 != nil || n < 1 || s < 1 {
		v.problem(name, "has to be calls/seconds, such as 100/10")
	}
	return transport.Limit{Calls: n, Per: time.Duration(s) * time.Second}
}

var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

func (v *variables) region(name string) string {
	text := strings.ToUpper(v.text(name))
	if text != "" && !countryCode.MatchString(text) {
		v.problem(name, "has to be a country code such as US")
	}
	return text
}

func (v *variables) policy(name string) reconcile.Policy {
	policy, err := reconcile.ParsePolicy(v.text(name))
	if err != nil {
		v.problem(name, "has to be one of crm_wins, app_wins, latest_wins, manual")
	}
	return policy
}
