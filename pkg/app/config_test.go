package app

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/web"
)

func from(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

func TestRead(t *testing.T) {
	got, err := Read(from(map[string]string{
		"PUBLIC_BASE_URL": " https://sync.example.com/ ", "CRON_SECRET": "cr0n", "API_KEYS": "shop:acme:s3cret",
		"HUBSPOT_ACCESS_TOKEN": "pat", "HUBSPOT_BASE_URL": "http://127.0.0.1:3101", "HUBSPOT_API_VERSION": "v3",
		"HUBSPOT_CLIENT_SECRET": "new, old,", "HUBSPOT_REQUIRE_V3": "true", "HUBSPOT_RATE_LIMIT": "190/10",
		"PIPEDRIVE_API_TOKEN": "token", "PIPEDRIVE_RATE_LIMIT": "20/2",
		"APP_PASSWORD": " a password ", "SESSION_SECRET": "sessions", "APP_JWT_SECRET": "tokens", "ENCRYPTION_KEYS": newKey + ", " + oldKey,
		"INTEGRATION_APP_WORKSPACE_KEY": "workspace", "MEMBRANE_WORKSPACE_KEY": "not this one", "MEMBRANE_WORKSPACE_SECRET": "signs",
		"MEMBRANE_API_URL": "http://127.0.0.1:3103/",
		"CONFLICT_POLICY":  "latest_wins", "DEFAULT_PHONE_REGION": "us", "VERCEL_GIT_COMMIT_SHA": "0123456789abcdef",
	}))
	if err != nil {
		t.Fatal(err)
	}
	keys, password, vault := got.Keys, got.Password, got.Vault
	got.Keys, got.Password, got.Vault = nil, nil, nil
	want := Config{
		PublicBaseURL: "https://sync.example.com", CronSecret: "cr0n", SessionSecret: "sessions", TokenSecret: "tokens",
		HubSpot: HubSpot{
			Token: "pat", BaseURL: "http://127.0.0.1:3101", APIVersion: "v3", Secrets: []string{"new", "old"}, RequireV3: true,
			RateLimit: transport.Limit{Calls: 190, Per: 10 * time.Second},
		},
		Pipedrive: Pipedrive{Token: "token", RateLimit: transport.Limit{Calls: 20, Per: 2 * time.Second}},
		Membrane:  Membrane{Key: "workspace", Secret: "signs", APIURL: "http://127.0.0.1:3103", UIURL: "http://127.0.0.1:3103/ui"},
		Policy:    "latest_wins", PhoneRegion: "US", Version: "0123456789ab",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(keys) != 1 || keys[0].Customer != "acme" {
		t.Errorf("keys %v", keys)
	}
	if password == nil || !password.Matches(" a password ") || password.Matches("a password") {
		t.Error("the password is another")
	}
	if vault == nil {
		t.Error("no vault")
	}
	if diff := cmp.Diff([]contact.Provider{contact.HubSpot, contact.Pipedrive}, got.providers()); diff != "" {
		t.Error(diff)
	}
}

func TestReadNothing(t *testing.T) {
	got, err := Read(from(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		HubSpot:  HubSpot{APIVersion: "2026-03"},
		Membrane: Membrane{APIURL: "https://api.getmembrane.com", UIURL: "https://ui.getmembrane.com"},
		Policy:   "crm_wins", Version: got.Version,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(web.Key{})); diff != "" {
		t.Error(diff)
	}
	if got.Version == "" || len(got.providers()) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestEveryProblemNamesItsVariableAndNotItsValue(t *testing.T) {
	for name, value := range map[string]string{
		"PUBLIC_BASE_URL":      "t0psecret.example.com",
		"API_KEYS":             "shop-t0psecret",
		"APP_PASSWORD":         "$argon2id$t0psecret",
		"ENCRYPTION_KEYS":      "t0psecret",
		"HUBSPOT_BASE_URL":     "ftp://t0psecret",
		"HUBSPOT_API_VERSION":  "t0psecret",
		"HUBSPOT_REQUIRE_V3":   "t0psecret",
		"HUBSPOT_RATE_LIMIT":   "t0psecret/10",
		"PIPEDRIVE_BASE_URL":   "https://t0psecret?x=1",
		"PIPEDRIVE_RATE_LIMIT": "0/2",
		"CONFLICT_POLICY":      "t0psecret",
		"DEFAULT_PHONE_REGION": "t0psecret",
	} {
		_, err := Read(from(map[string]string{name: value}))
		if text := fault.Public(err); !fault.Is(err, fault.Unavailable) || !strings.Contains(text, name) || strings.Contains(err.Error(), "t0psecret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Read(from(map[string]string{"HUBSPOT_RATE_LIMIT": "fast", "CONFLICT_POLICY": "mine"}))
	if text := fault.Public(err); !strings.Contains(text, "HUBSPOT_RATE_LIMIT") || !strings.Contains(text, "CONFLICT_POLICY") {
		t.Errorf("several problems: %s", text)
	}
}
