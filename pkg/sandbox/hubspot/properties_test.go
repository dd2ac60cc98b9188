package hubspot

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const pronouns = `{"groupName":"contactinformation","name":"pronouns","label":"Pronouns","type":"string","fieldType":"text","description":"Pronouns","formField":true}`

func TestPropertyLife(t *testing.T) {
	b := start(t)
	b.call("GET", fields+"/pronouns", "").want(404, `"category":"OBJECT_NOT_FOUND"`)
	created := b.call("POST", fields, pronouns)
	created.exactly(201, `{"updatedAt":"2026-11-22T12:00:00Z","createdAt":"2026-11-22T12:00:00Z","name":"pronouns","label":"Pronouns","type":"string","fieldType":"text","description":"Pronouns","groupName":"contactinformation","options":[],"createdUserId":"77","updatedUserId":"77","displayOrder":-1,"calculated":false,"externalOptions":false,"archived":false,"hasUniqueValue":false,"hidden":false,"modificationMetadata":{"archivable":true,"readOnlyDefinition":false,"readOnlyValue":false},"formField":true,"dataSensitivity":"non_sensitive"}`)
	if created.header.Get("Location") == "" {
		t.Error("no location")
	}
	b.call("POST", fields, pronouns).exactly(409, `{"status":"error","message":"A property named 'pronouns' already exists.","correlationId":"…","category":"OBJECT_ALREADY_EXISTS","subCategory":"Properties.PROPERTY_WITH_NAME_EXISTS"}`)
	id := b.add(map[string]string{"firstname": "A", "pronouns": "they/them"})

	b.call("DELETE", fields+"/pronouns", "").want(204)
	b.call("GET", fields+"/pronouns", "").want(404)
	b.call("GET", fields+"?archived=true", "").want(200, `"name":"pronouns"`)
	if r := b.call("GET", contacts+"/"+id+"?properties=pronouns", "").decode(); r.prop("pronouns") != "<absent>" {
		t.Errorf("an archived property is read as %s", r.prop("pronouns"))
	}
	b.call("PATCH", contacts+"/"+id, `{"properties":{"pronouns":"x"}}`).want(400, "PROPERTY_DOESNT_EXIST")
	b.advance(time.Hour)
	b.call("POST", fields, strings.Replace(pronouns, "Pronouns", "Other", 1)).want(201, `"createdAt":"2026-11-22T12:00:00Z"`, `"label":"Pronouns"`)
	if r := b.call("GET", contacts+"/"+id+"?properties=pronouns", "").decode(); r.prop("pronouns") != "they/them" {
		t.Errorf("after restoring the property it is %s", r.prop("pronouns"))
	}
	b.call("PATCH", fields+"/pronouns", `{"label":"Their pronouns"}`).want(200, `"label":"Their pronouns"`, `"description":"Pronouns"`)
	b.call("PATCH", fields+"/pronouns", `{"hasUniqueValue":true}`).want(400)
	b.call("PATCH", fields+"/email", `{"label":"x"}`).want(400)
	b.call("DELETE", fields+"/email", "").want(400)
}

func TestPropertyList(t *testing.T) {
	b := start(t)
	b.call("GET", fields, "").want(200, `"name":"hs_object_id"`, `"readOnlyValue":true`, `"name":"jobtitle"`)
	b.call("GET", fields+"/hs_email_domain", "").want(200, `"calculated":true`)
}

func TestPropertyDefinitionsAreChecked(t *testing.T) {
	b := start(t)
	for name, change := range map[string][2]string{
		"no group":         {`"contactinformation"`, `""`},
		"unknown group":    {`"contactinformation"`, `"nope"`},
		"no label":         {`"label":"Pronouns"`, `"label":""`},
		"upper-case name":  {`"name":"pronouns"`, `"name":"Pronouns"`},
		"vendor's prefix":  {`"name":"pronouns"`, `"name":"hs_pronouns"`},
		"unknown type":     {`"string"`, `"text"`},
		"field of another": {`"fieldType":"text"`, `"fieldType":"checkbox"`},
		"equal options":    {`"formField":true`, `"options":[{"label":"a","value":"a"},{"label":"b","value":"a"}]`},
	} {
		if a := b.call("POST", fields, strings.Replace(pronouns, change[0], change[1], 1)); a.status != 400 || !strings.Contains(a.text, "VALIDATION_ERROR") {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
}

func TestAtMostTenUniqueProperties(t *testing.T) {
	b := start(t)
	for i := range 10 {
		b.define(fmt.Sprintf("key%d", i), `,"hasUniqueValue":true`)
	}
	b.call("POST", fields, `{"groupName":"contactinformation","name":"key10","label":"x","type":"string","fieldType":"text","hasUniqueValue":true}`).want(400, "at most 10")
	b.call("POST", fields, `{"groupName":"contactinformation","name":"when","label":"x","type":"date","fieldType":"date","hasUniqueValue":true}`).want(400)
	b.define("plain", "")
}

func TestPropertyBatches(t *testing.T) {
	b := start(t)
	b.define("pronouns", "")
	other := strings.Replace(pronouns, `"pronouns"`, `"contact_sync_id"`, 1)
	b.call("POST", fields+"/batch/create", `{"inputs":[`+pronouns+`,`+other+`]}`).want(207, `"name":"contact_sync_id"`,
		`{"status":"error","category":"OBJECT_ALREADY_EXISTS","subCategory":"Properties.PROPERTY_WITH_NAME_EXISTS","message":"A property named 'pronouns' already exists.","context":{"name":["pronouns"]}}`, `"numErrors":1`)
	b.call("POST", fields+"/batch/read", `{"archived":false,"inputs":[{"name":"email"},{"name":"contact_sync_id"}]}`).want(200, `"status":"COMPLETE"`)
	b.call("POST", fields+"/batch/read", `{"inputs":[{"name":"email"},{"name":"nope"}]}`).want(207, `"context":{"name":["nope"]}`)
	b.call("POST", fields+"/batch/archive", `{"inputs":[{"name":"pronouns"},{"name":"nope"}]}`).want(204)
	b.call("GET", fields+"/pronouns", "").want(404)
}

func TestNewPropertiesAreKnownAfterALag(t *testing.T) {
	b := start(t, func(o *Options) { o.Knobs.PropertyLagMS = 500 })
	b.define("pronouns", "")
	b.call("GET", fields+"/pronouns", "").want(404)
	b.call("POST", contacts, `{"properties":{"firstname":"A","pronouns":"x"}}`).want(400, "PROPERTY_DOESNT_EXIST")
	b.call("POST", fields, pronouns).want(409)
	b.advance(500 * time.Millisecond)
	b.call("GET", fields+"/pronouns", "").want(200)
	b.call("POST", contacts, `{"properties":{"firstname":"A","pronouns":"x"}}`).want(201)
}
