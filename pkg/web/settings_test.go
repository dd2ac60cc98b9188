package web_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type (
	remoteJSON struct{ Remote, Direction, State, Key, Message string }
	fieldJSON  struct {
		Field, Label string
		Custom       bool
		Policy       *string
		Remotes      map[string]remoteJSON
	}
	settingsJSON struct {
		Rev      int64
		Policy   string
		Policies []struct{ Value, Label, Description string }
		Region   string
		Fields   []fieldJSON

		DeletePolicy     string
		DeletePolicies   []struct{ Value, Label, Description string }
		Brake            struct{ Least, Share int }
		RetentionDays    int
		ApproveFirstSync bool
	}
)

func (s settingsJSON) field(name string) *fieldJSON {
	for i := range s.Fields {
		if s.Fields[i].Field == name {
			return &s.Fields[i]
		}
	}
	return nil
}

func (d *desk) settings(patch string) settingsJSON {
	d.Helper()
	var s settingsJSON
	d.do("PATCH settings", patch).want(200).into(&s)
	return s
}

func TestSettings(t *testing.T) {
	settings := env()
	settings["CONFLICT_POLICY"], settings["DEFAULT_PHONE_REGION"] = "app_wins", "DE"
	d := openWith(t, settings)
	var s settingsJSON
	d.do("GET settings", "").want(200).into(&s)
	if s.Rev != 0 || s.Policy != "app_wins" || s.Region != "DE" || len(s.Fields) != 7 || len(s.Policies) != 6 {
		t.Errorf("before: %+v", s)
	}
	want := &fieldJSON{Field: "jobTitle", Label: "Job title", Remotes: map[string]remoteJSON{
		"hubspot":   {Remote: "jobtitle", Direction: "both", State: "missing"},
		"pipedrive": {Remote: "Job title", Direction: "both", State: "missing"},
	}}
	d.do("GET settings", "").want(200).into(&s)
	if diff := cmp.Diff(want, s.field("jobTitle")); diff != "" {
		t.Error(diff)
	}
	d.sync()
	d.do("GET settings", "").want(200).into(&s)
	if r := s.field("jobTitle").Remotes["hubspot"]; r.State != "present" || r.Key != "jobtitle" {
		t.Errorf("after a sync: %+v", r)
	}
	s = d.settings(`{"rev":0,"policy":"source:pipedrive","region":"us"}`)
	if s.Rev != 1 || s.Policy != "source:pipedrive" || s.Region != "US" {
		t.Errorf("changed: %+v", s)
	}
	d.do("PATCH settings", `{"rev":0,"policy":"crm_wins"}`).problem(412)
	s = d.settings(`{"policy":null,"region":null}`)
	if s.Policy != "app_wins" || s.Region != "DE" {
		t.Errorf("back to the deployment's: %+v", s)
	}
	s = d.settings(`{"fields":{"phone":{"policy":"latest_wins","remotes":{"hubspot":{"remote":"mobilephone","direction":"to_crm"},"pipedrive":{"direction":"none"}}}}}`)
	phone := s.field("phone")
	if text(phone.Policy) != "latest_wins" || phone.Remotes["hubspot"].Remote != "mobilephone" || phone.Remotes["hubspot"].Direction != "to_crm" || phone.Remotes["pipedrive"].Direction != "none" {
		t.Errorf("phone: %+v", phone)
	}
	if phone = d.settings(`{"fields":{"phone":null}}`).field("phone"); phone.Policy != nil || phone.Remotes["hubspot"].Remote != "phone" {
		t.Errorf("phone, taken back: %+v", phone)
	}
	d.as("0ther").do("GET settings", "").want(200).into(&s)
	if s.Rev != 0 {
		t.Errorf("of another customer: %+v", s)
	}
}

func TestSettingsOfDeletionsRetentionAndApproval(t *testing.T) {
	d := open(t)
	expect := func(s settingsJSON, policy string, least, share, days int, approve bool) {
		t.Helper()
		if s.DeletePolicy != policy || s.Brake.Least != least || s.Brake.Share != share || s.RetentionDays != days || s.ApproveFirstSync != approve {
			t.Errorf("%s, brake %+v, %d days, approve %t; want %s, {%d %d}, %d, %t",
				s.DeletePolicy, s.Brake, s.RetentionDays, s.ApproveFirstSync, policy, least, share, days, approve)
		}
	}
	var s settingsJSON
	d.do("GET settings", "").want(200).into(&s)
	expect(s, "propagate", 10, 5, 400, false)
	if len(s.DeletePolicies) != 3 || s.DeletePolicies[0].Value != "propagate" {
		t.Errorf("offered: %+v", s.DeletePolicies)
	}
	s = d.settings(`{"deletePolicy":"unlink","brake":{"least":3,"share":20},"retentionDays":30,"approveFirstSync":true}`)
	expect(s, "unlink", 3, 20, 30, true)
	s = d.settings(`{"deletePolicy":"keep","brake":{"least":4}}`)
	expect(s, "keep", 4, 5, 30, true)
	d.do("GET settings", "").want(200).into(&s)
	expect(s, "keep", 4, 5, 30, true)
	s = d.settings(`{"deletePolicy":null,"brake":null,"retentionDays":null,"approveFirstSync":null}`)
	expect(s, "propagate", 10, 5, 400, false)
}

func TestSettingsThatAreNotValid(t *testing.T) {
	d := open(t)
	for body, member := range map[string]string{
		`{"policy":"mine"}`:                                  "policy",
		`{"policy":"source:salesforce"}`:                     "policy",
		`{"policy":7}`:                                       "policy",
		`{"region":"Germany"}`:                               "region",
		`{"rev":"1"}`:                                        "rev",
		`{"rev":1.5}`:                                        "rev",
		`{"brake":1}`:                                        "brake",
		`{"brake":{"least":0}}`:                              "brake.least",
		`{"brake":{"least":100001}}`:                         "brake.least",
		`{"brake":{"least":2.5}}`:                            "brake.least",
		`{"brake":{"share":101}}`:                            "brake.share",
		`{"brake":{"share":-1}}`:                             "brake.share",
		`{"brake":{"most":1}}`:                               "brake.most",
		`{"deletePolicy":"purge"}`:                           "deletePolicy",
		`{"deletePolicy":true}`:                              "deletePolicy",
		`{"retentionDays":6}`:                                "retentionDays",
		`{"retentionDays":3651}`:                             "retentionDays",
		`{"retentionDays":0}`:                                "retentionDays",
		`{"retentionDays":"30"}`:                             "retentionDays",
		`{"approveFirstSync":"yes"}`:                         "approveFirstSync",
		`{"fields":[]}`:                                      "fields",
		`{"fields":{"tier":[]}}`:                             "fields.tier",
		`{"fields":{"Tier":{}}}`:                             "fields.Tier",
		`{"fields":{"a.b":{}}}`:                              "fields.a.b",
		`{"fields":{"contactSyncId":{}}}`:                    "fields.contactSyncId",
		`{"fields":{"tier":{"label":7}}}`:                    "fields.tier.label",
		`{"fields":{"tier":{"colour":"red"}}}`:               "fields.tier.colour",
		`{"fields":{"tier":{"label":"a","label":"b"}}}`:      "fields.tier.label",
		`{"fields":{"tier":{"policy":"mine"}}}`:              "fields.tier",
		`{"fields":{"tier":{"remotes":{"hubspot":"tier"}}}}`: "fields.tier.remotes.hubspot",
		`{"fields":{"tier":{"remotes":{"hubspot":{"direction":"up"}}}}}`:    "fields.tier",
		`{"fields":{"tier":{"remotes":{"hubspot":{"name":"tier"}}}}}`:       "fields.tier.remotes.hubspot.name",
		`{"fields":{"tier":{"remotes":{"salesforce":{"remote":"tier"}}}}}`:  "fields.tier",
		`{"fields":{"tier":{"remotes":{"hubspot":{"remote":"a\u0000b"}}}}}`: "fields.tier",
	} {
		if p := d.do("PATCH settings", body).problem(422); p.Details[member] == "" {
			t.Errorf("%s: %+v", body, p.Details)
		}
	}
	var s settingsJSON
	d.do("GET settings", "").want(200).into(&s)
	if s.Rev != 0 {
		t.Errorf("refused, but saved: %+v", s)
	}
}

func TestFieldsOfACustomersOwn(t *testing.T) {
	d := open(t)
	code := d.pipedrive.AddField("Town", "varchar")
	for body, member := range map[string]string{
		`{"email":"ada@example.com","custom":{"town":"London"}}`:      "custom.town",
		`{"email":"ada@example.com","custom":{"email":"x"}}`:          "custom.email",
		`{"email":"ada@example.com","custom":{"contactSyncId":"x"}}`:  "custom.contactSyncId",
		`{"email":"ada@example.com","custom":"London"}`:               "custom",
		`{"email":"ada@example.com","town":"London"}`:                 "town",
		`{"email":"ada@example.com","custom":{"town":{"name":"x"}}}`:  "custom.town",
		`{"email":"ada@example.com","custom":{"a":"1","a":"2"}}`:      "custom.a",
		`{"email":"not an address","custom":{"town":"London"}}`:       "custom.town",
		`{"email":"ada@example.com","custom":{"town":null,"x":null}}`: "custom.x",
	} {
		if p := d.do("POST contacts", body).problem(422); p.Details[member] == "" {
			t.Errorf("%s: %+v", body, p.Details)
		}
	}
	s := d.settings(`{"fields":{"town":{"label":"Town","remotes":{"hubspot":{"remote":"city"},"pipedrive":{"remote":"Town","direction":"to_crm"}}}}}`)
	if f := s.field("town"); f == nil || !f.Custom || f.Label != "Town" {
		t.Fatalf("settings %+v", s)
	}
	c := d.create(`{"email":"ada@example.com","custom":{"town":"London"}}`)
	if c.Custom["town"] != "London" {
		t.Errorf("contact %+v", c)
	}
	d.sync()
	if got := d.inHubSpot()["ada@example.com"].Fields["city"]; got != "London" {
		t.Errorf("HubSpot has %q", got)
	}
	if got := d.inPipedrive()["ada@example.com"].Fields["Town"]; got != "London" {
		t.Errorf("Pipedrive has %q in %v", got, d.inPipedrive()["ada@example.com"].Fields)
	}
	var s2 settingsJSON
	d.do("GET settings", "").want(200).into(&s2)
	if r := s2.field("town").Remotes; r["hubspot"].State != "present" || r["pipedrive"].State != "present" || r["pipedrive"].Key != code {
		t.Errorf("remotes %+v", r)
	}
	long := `{"custom":{"town":"` + strings.Repeat("x", 256) + `"}}`
	if p := d.do("PATCH contacts?op=one&id="+c.ID, long).problem(422); p.Details["custom.town"] != "Town is longer than 255 characters." {
		t.Errorf("%+v", p)
	}
	d.do("PATCH contacts?op=one&id="+c.ID, `{"custom":{"town":null}}`).want(200).into(&c)
	if c.Custom["town"] != "" || d.inHubSpot()["ada@example.com"].Fields["city"] != "" {
		t.Errorf("cleared: %+v", c)
	}
	d.do("PATCH contacts?op=one&id="+c.ID, `{"firstName":"Ada","custom":null}`).want(200)
	d.as("0ther").do("POST contacts", `{"email":"ada@example.com","custom":{"town":"London"}}`).problem(422)
	d.settings(`{"fields":{"town":null}}`)
	d.do("PATCH contacts?op=one&id="+c.ID, `{"custom":{"town":"Paris"}}`).problem(422)
}
