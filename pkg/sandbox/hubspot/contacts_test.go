package hubspot

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEveryVersionServesTheSame(t *testing.T) {
	b := start(t)
	id := b.add(map[string]string{"email": "ada@example.com"})
	for _, prefix := range []string{
		"/crm/v3/objects/contacts", "/crm/v3/objects/0-1", "/crm/v3/objects/CONTACT", "/crm/objects/2026-03/contacts", "/crm/objects/2026-09/contacts", "/crm/objects/2026-09/0-1",
	} {
		b.call("GET", prefix+"/"+id, "").want(200, `"email":"ada@example.com"`)
	}
	for _, prefix := range []string{"/crm/v3/properties/contacts", "/crm/properties/2026-03/0-1", "/crm/properties/2026-09/contacts"} {
		b.call("GET", prefix+"/email", "").want(200, `"name":"email"`)
	}
	b.call("GET", "/crm/v3/objects/companies", "").want(400, "Unable to infer object type from: companies")
	b.call("PUT", contacts, "{}").want(404)
}

func TestCreateAnswersWithComputedProperties(t *testing.T) {
	b := start(t)
	a := b.call("POST", contacts, `{"properties":{"email":"Ada@Example.com","firstname":"Ada","annualrevenue":12,"phone":null}}`).want(201)
	r := a.decode()
	if r.ID != "171600000001" || a.header.Get("Location") != contacts+"/"+r.ID {
		t.Errorf("id %q, location %q", r.ID, a.header.Get("Location"))
	}
	for name, want := range map[string]string{
		"email": "ada@example.com", "firstname": "Ada", "annualrevenue": "12", "phone": "<absent>", "lifecyclestage": "lead",
		"hs_object_source": "INTEGRATION", "hs_object_source_id": "54321", "hs_email_domain": "example.com",
		"hs_all_contact_vids": r.ID, "hs_object_id": r.ID, "createdate": "2026-11-22T12:00:00Z", "lastmodifieddate": "2026-11-22T12:00:00Z",
		"hs_lifecyclestage_lead_date": "1795348800000", "hs_full_name_or_email": "Ada",
	} {
		if got := r.prop(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if a.header.Get("X-HubSpot-Correlation-Id") == "" {
		t.Error("no correlation id")
	}
	b.advance(1500 * time.Microsecond)
	if again := b.call("POST", contacts, `{"properties":{"lastname":"B"}}`).want(201).decode(); again.prop("createdate") != "2026-11-22T12:00:00.001Z" {
		t.Errorf("createdate %s", again.prop("createdate"))
	}
}

func TestWhichPropertiesAReadAnswers(t *testing.T) {
	b := start(t)
	id := b.add(map[string]string{"email": "ada@example.com", "firstname": "Ada", "company": "Engines"})
	for _, c := range []struct{ query, want string }{
		{"", "createdate,email,firstname,hs_object_id,lastmodifieddate,lastname"},
		{"?properties=company,phone,nope", "company,createdate,hs_object_id,lastmodifieddate,phone"},
		{"?properties=company&properties=phone", "company,createdate,hs_object_id,lastmodifieddate,phone"},
		{"?propertiesWithHistory=company", "company,createdate,email,firstname,hs_object_id,lastmodifieddate,lastname"},
	} {
		r := b.call("GET", contacts+"/"+id+c.query, "").want(200).decode()
		var names []string
		for name := range r.Properties {
			names = append(names, name)
		}
		slices.Sort(names)
		if got := strings.Join(names, ","); got != c.want {
			t.Errorf("%q: %s, want %s", c.query, got, c.want)
		}
	}
	r := b.call("GET", contacts+"/"+id+"?properties=phone,company", "").want(200).decode()
	if r.prop("phone") != "<null>" || r.prop("company") != "Engines" {
		t.Errorf("phone %s, company %s", r.prop("phone"), r.prop("company"))
	}
}

func TestGetByUniqueValue(t *testing.T) {
	b := start(t)
	b.define("contact_sync_id", `,"hasUniqueValue":true`)
	id := b.add(map[string]string{"email": "a+b@example.com", "contact_sync_id": "k1"})
	if err := b.Edit(id, map[string]string{"hs_additional_emails": "second@example.com"}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/a%2Bb%40example.com?idProperty=email", "/A%2BB@example.com?idProperty=email", "/second@example.com?idProperty=email", "/k1?idProperty=contact_sync_id"} {
		if r := b.call("GET", contacts+path, "").want(200).decode(); r.ID != id {
			t.Errorf("%s: %s", path, r.ID)
		}
	}
	b.call("GET", contacts+"/k1?idProperty=firstname", "").want(400)
	b.call("GET", contacts+"/no@example.com?idProperty=email", "").exactly(404, `{"status":"error","message":"resource not found","correlationId":"…"}`)
	b.call("GET", contacts+"/999", "").exactly(404, `{"status":"error","message":"resource not found","correlationId":"…"}`)
	b.call("GET", contacts+"/abc", "").exactly(404, `{"status":"error","message":"Object not found.  objectId are usually numeric.","correlationId":"…","context":{"id":["abc"]},"category":"OBJECT_NOT_FOUND"}`)
}

func TestListPagesById(t *testing.T) {
	b := start(t)
	ids := b.seed(205)
	if err := b.Delete(ids[100]); err != nil {
		t.Fatal(err)
	}
	var got []string
	path := contacts + "?limit=100"
	for pages := 1; ; pages++ {
		r := b.call("GET", path, "").want(200).decode()
		got = append(got, r.ids()...)
		if r.Paging == nil {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		if pages == 1 && r.Paging.Next.After != ids[101] {
			t.Errorf("after %s, want the next live contact %s", r.Paging.Next.After, ids[101])
		}
		path = contacts + "?limit=100&after=" + r.Paging.Next.After
	}
	if want := slices.Delete(slices.Clone(ids), 100, 101); !slices.Equal(got, want) {
		t.Errorf("%d contacts, want %d", len(got), len(want))
	}
	if r := b.call("GET", contacts+"?archived=true", "").want(200).decode(); !slices.Equal(r.ids(), ids[100:101]) || !r.Results[0].Archived || r.Results[0].ArchivedAt == nil {
		t.Errorf("archived: %+v", r)
	}
	if r := b.call("GET", contacts, "").want(200).decode(); len(r.Results) != 10 {
		t.Errorf("default page of %d", len(r.Results))
	}
	for _, bad := range []string{"limit=101", "limit=0", "limit=x", "after=100", "after=x", "limit=100&propertiesWithHistory=email"} {
		b.call("GET", contacts+"?"+bad, "").want(400)
	}
}

func TestUpdate(t *testing.T) {
	b := start(t)
	id := b.add(map[string]string{"email": "ada@example.com", "firstname": "Ada", "company": "Engines"})
	b.advance(time.Second)
	r := b.call("PATCH", contacts+"/"+id, `{"properties":{"company":"","phone":"1"}}`).want(200).decode()
	if r.prop("company") != "" || r.prop("phone") != "1" || r.prop("firstname") != "<absent>" || r.prop("lastmodifieddate") != "2026-11-22T12:00:01Z" {
		t.Errorf("%v", r.Properties)
	}
	b.advance(time.Second)
	b.call("PATCH", contacts+"/ada@example.com?idProperty=email", `{"properties":{"phone":"2"}}`).want(200)
	r = b.call("GET", contacts+"/"+id+"?properties=company&propertiesWithHistory=phone,company", "").want(200).decode()
	if r.prop("company") != "<null>" || r.prop("phone") != "2" {
		t.Errorf("%v", r.Properties)
	}
	want := []historyJSON{
		{"2", "2026-11-22T12:00:02Z", "INTEGRATION", "54321"},
		{"1", "2026-11-22T12:00:01Z", "INTEGRATION", "54321"},
	}
	if !slices.Equal(r.History["phone"], want) || len(r.History["company"]) != 2 || r.History["company"][0].Value != "" {
		t.Errorf("history %+v", r.History)
	}
	b.call("PATCH", contacts+"/999", `{"properties":{}}`).want(404)
}

func TestNoopUpdate(t *testing.T) {
	for _, keeps := range []bool{false, true} {
		b := start(t, func(o *Options) { o.Knobs.NoopKeepsModified = keeps })
		id := b.add(map[string]string{"firstname": "Ada"})
		b.advance(time.Second)
		r := b.call("PATCH", contacts+"/"+id, `{"properties":{"firstname":"Ada"}}`).want(200).decode()
		if moved := r.prop("lastmodifieddate") == "2026-11-22T12:00:01Z"; moved == keeps {
			t.Errorf("keeps %v: %s", keeps, r.prop("lastmodifieddate"))
		}
	}
}

func TestValidation(t *testing.T) {
	b := start(t)
	b.add(map[string]string{"email": "taken@example.com"})
	id := b.add(map[string]string{"email": "ada@example.com"})
	b.call("POST", fields, `{"groupName":"contactinformation","name":"birthday","label":"B","type":"date","fieldType":"date"}`).want(201)
	b.call("POST", fields, `{"groupName":"contactinformation","name":"likes","label":"L","type":"enumeration","fieldType":"checkbox","options":[{"label":"A","value":"a"},{"label":"B","value":"b"}]}`).want(201)
	b.call("POST", fields, `{"groupName":"contactinformation","name":"score","label":"S","type":"number","fieldType":"number"}`).want(201)
	for _, c := range []struct{ name, properties, code, message string }{
		{"e-mail", `"email":"dsfsafas@"`, "INVALID_EMAIL", `Email address dsfsafas@ is invalid`},
		{"e-mail with a name", `"email":"Ada <ada2@example.com>"`, "INVALID_EMAIL", ""},
		{"e-mail with a space", `"email":" ada2@example.com"`, "INVALID_EMAIL", ""},
		{"e-mail without a top level", `"email":"ada@localhost"`, "INVALID_EMAIL", ""},
		{"unknown property", `"testproperty":"1"`, "PROPERTY_DOESNT_EXIST", `Property \\\"testproperty\\\" does not exist`},
		{"calculated", `"hs_email_domain":"x"`, "READ_ONLY_VALUE", `is a calculated property; its value cannot be set.`},
		{"read-only", `"hs_additional_emails":"x@example.com"`, "READ_ONLY_VALUE", ""},
		{"option", `"hs_lead_status":"new"`, "INVALID_OPTION", "was not one of the allowed options"},
		{"multiple options", `"likes":"a;c"`, "INVALID_OPTION", "c was not one"},
		{"number", `"score":"many"`, "INVALID_LONG", ""},
		{"date off midnight", `"birthday":"1795348800000"`, "INVALID_DATE", ""},
		{"too long", `"company":"` + strings.Repeat("x", 65_537) + `"`, "PROPERTY_VALUE_TOO_LONG", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := b.call("PATCH", contacts+"/"+id, `{"properties":{"firstname":"never",`+c.properties+`}}`)
			a.t = t
			a.want(400, `"message":"Property values were not valid: [{\"isValid\":false,\"message\":\"`, `\"error\":\"`+c.code+`\"`, c.message, `"code":"`+c.code+`"`, `"category":"VALIDATION_ERROR"`)
		})
	}
	if row, _ := b.Record(id); row.Fields["firstname"] != "" {
		t.Error("a refused write took effect in part")
	}
	b.call("PATCH", contacts+"/"+id, `{"properties":{"likes":"a"}}`).want(200)
	if r := b.call("PATCH", contacts+"/"+id, `{"properties":{"likes":";b","birthday":"1795305600000","closedate":1795348800000}}`).want(200).decode(); r.prop("likes") != "a;b" || r.prop("birthday") != "2026-11-22" || r.prop("closedate") != "2026-11-22T12:00:00Z" {
		t.Errorf("%s %s %s", r.prop("likes"), r.prop("birthday"), r.prop("closedate"))
	}
	b.call("POST", contacts, `{"properties":{"phone":"1"}}`).want(400, "VALIDATION_ERROR")
	for _, bad := range []string{``, `{`, `[]`, `{"properties":[]}`, `{"properties":{"firstname":{}}}`} {
		a := b.call("POST", contacts, bad).want(400, `"message":"Invalid input JSON on line 1, column `)
		if strings.Contains(a.text, "category") {
			t.Errorf("%s has a category", a.text)
		}
	}
}

func TestUniqueEmail(t *testing.T) {
	b := start(t)
	first := b.add(map[string]string{"email": "one@example.com"})
	second := b.add(map[string]string{"email": "two@example.com"})
	if err := b.Edit(first, map[string]string{"hs_additional_emails": "Extra@example.com"}); err != nil {
		t.Fatal(err)
	}
	conflict := `{"status":"error","message":"Contact already exists. Existing ID: ` + first + `","correlationId":"…","category":"CONFLICT"}`
	for _, email := range []string{"one@example.com", "ONE@example.com", "extra@example.com"} {
		b.call("POST", contacts, `{"properties":{"email":"`+email+`"}}`).exactly(409, conflict)
		b.call("PATCH", contacts+"/"+second, `{"properties":{"email":"`+email+`"}}`).exactly(409, conflict)
	}
	b.call("PATCH", contacts+"/"+first, `{"properties":{"email":"extra@example.com"}}`).want(200)
	if row, _ := b.Record(first); row.Fields["hs_additional_emails"] != "" {
		t.Errorf("a promoted address stayed secondary: %v", row.Fields)
	}
	b.call("PATCH", contacts+"/"+second, `{"properties":{"email":"one@example.com"}}`).want(200)
	b.call("DELETE", contacts+"/"+first, "").want(204)
	if third := b.add(map[string]string{"email": "extra@example.com"}); third == first {
		t.Error("a new contact got the id of an archived one")
	}
	if err := b.Restore(first); err == nil {
		t.Error("restored although its address was taken meanwhile")
	}
}

func TestEmailKnobs(t *testing.T) {
	b := start(t, func(o *Options) { o.Knobs.KeepEmailCase, o.Knobs.OldEmailBecomesSecondary = true, true })
	id := b.add(map[string]string{"email": "Ada@Example.com"})
	b.call("POST", contacts, `{"properties":{"email":"ada@example.com"}}`).want(409)
	b.call("PATCH", contacts+"/"+id, `{"properties":{"email":"new@example.com"}}`).want(200)
	if row, _ := b.Record(id); row.Fields["email"] != "new@example.com" || row.Fields["hs_additional_emails"] != "Ada@Example.com" {
		t.Errorf("%v", row.Fields)
	}
}

func TestUniqueProperty(t *testing.T) {
	b := start(t)
	b.define("contact_sync_id", `,"hasUniqueValue":true`)
	first := b.add(map[string]string{"firstname": "A", "contact_sync_id": "k"})
	b.call("POST", contacts, `{"properties":{"firstname":"B","contact_sync_id":"k"}}`).want(400, "CONFLICTING_UNIQUE_VALUE", first+" already has that value.")
	b.call("PATCH", contacts+"/"+first, `{"properties":{"contact_sync_id":"k"}}`).want(200)
}

func TestArchive(t *testing.T) {
	b := start(t)
	id := b.add(map[string]string{"email": "ada@example.com"})
	for range 2 {
		if a := b.call("DELETE", contacts+"/"+id, "").want(204); a.text != "" || a.header.Get("Content-Type") != "" {
			t.Errorf("204 with %q %q", a.text, a.header.Get("Content-Type"))
		}
	}
	b.call("DELETE", contacts+"/999", "").want(204)
	b.call("GET", contacts+"/"+id, "").want(404)
	b.call("PATCH", contacts+"/"+id, `{"properties":{"firstname":"x"}}`).want(404)
	b.call("GET", contacts+"/"+id+"?archived=true", "").want(200, `"archived":true,"archivedAt":"2026-11-22T12:00:00Z"`)
	if err := b.Restore(id); err != nil {
		t.Fatal(err)
	}
	b.call("GET", contacts+"/ada@example.com?idProperty=email", "").want(200, `"archived":false`)
}

func TestLifecycleStageMovesForwardOnly(t *testing.T) {
	b := start(t)
	id := b.add(map[string]string{"firstname": "A", "lifecyclestage": "customer"})
	stage := func(value string) string {
		b.call("PATCH", contacts+"/"+id, `{"properties":{"lifecyclestage":"`+value+`"}}`).want(200)
		row, _ := b.Record(id)
		return row.Fields["lifecyclestage"]
	}
	for _, c := range [][2]string{{"lead", "customer"}, {"", ""}, {"lead", "lead"}, {"opportunity", "opportunity"}} {
		if got := stage(c[0]); got != c[1] {
			t.Errorf("set to %q it is %q, want %q", c[0], got, c[1])
		}
	}
}

func TestRequiredPropertiesOnTheNewestVersionOnly(t *testing.T) {
	b := start(t, func(o *Options) { o.Knobs.RequiredProperties = []string{"lastname"} })
	body := `{"properties":{"firstname":"A"}}`
	b.call("POST", "/crm/objects/2026-09/contacts", body).want(400, "MISSING_REQUIRED_PROPERTY")
	b.call("POST", "/crm/objects/2026-03/contacts", body).want(201)
	b.call("POST", "/crm/v3/objects/contacts", body).want(201)
}

func TestAccountDetails(t *testing.T) {
	b := start(t)
	for _, version := range []string{"v3", "2026-03"} {
		b.call("GET", "/account-info/"+version+"/details", "").want(200, `"portalId":62515`, `"timeZone":"US/Eastern"`, `"utcOffset":"-05:00"`, `"uiDomain":"app.hubspot.com"`, `"dataHostingLocation":"na1"`, `"companyCurrency":"USD"`)
	}
}

func TestTokensAndScopes(t *testing.T) {
	b := start(t)
	const unknown = `{"status":"error","message":"Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview","correlationId":"…","category":"INVALID_AUTHENTICATION"}`
	with := func(authorization string) answer {
		req := httptest.NewRequest("GET", contacts, nil)
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		return b.send(req)
	}
	for _, authorization := range []string{"", "Bearer ", "Bearer nope", token, "Basic " + token} {
		with(authorization).exactly(401, unknown)
	}
	b.SetKnobs(Knobs{Revoked: true})
	with("Bearer "+token).exactly(401, unknown)
	b.SetKnobs(Knobs{Scopes: []string{scopeRead}})
	with("Bearer " + token).want(200)
	b.SetToken("rotated")
	with("Bearer " + token).want(401)
	with("Bearer rotated").want(200)
	b.SetToken(token)
	b.call("POST", fields, `{}`).exactly(403, `{"status":"error","message":"This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.","correlationId":"…","errors":[{"message":"One or more of the following scopes are required.","context":{"requiredGranularScopes":["crm.schemas.contacts.write"]}}],"links":{"scopes":"https://developers.hubspot.com/scopes"},"category":"MISSING_SCOPES"}`)
	b.call("POST", contacts, `{}`).want(403, "crm.objects.contacts.write")
	b.call("GET", fields, "").want(200)
}

func TestOAuth(t *testing.T) {
	b := start(t)
	consent := b.send(httptest.NewRequest("GET", "/oauth/authorize?client_id=client&redirect_uri=https://app.example.com/back&state=s1", nil)).want(302)
	back := consent.header.Get("Location")
	if back != "https://app.example.com/back?code=na1-sandbox-code-0001&state=s1" {
		t.Fatalf("sent back to %s", back)
	}
	exchange := func(version, form string) answer {
		return b.send(httptest.NewRequest("POST", "/oauth/"+version+"/token", strings.NewReader("client_id=client&client_secret=secret&"+form)))
	}
	const byCode = "grant_type=authorization_code&code=na1-sandbox-code-0001&redirect_uri=https://app.example.com/back"
	exchange("2026-03", byCode).exactly(200, `{"token_type":"bearer","refresh_token":"na1-sandbox-refresh-0002","access_token":"na1-sandbox-access-0003","expires_in":1800,"hub_id":62515,"scopes":["oauth","crm.objects.contacts.read","crm.objects.contacts.write","crm.schemas.contacts.read","crm.schemas.contacts.write"]}`)
	exchange("v1", byCode).want(400, "BAD_AUTH_CODE")
	read := func() answer {
		req := httptest.NewRequest("GET", contacts, nil)
		req.Header.Set("Authorization", "Bearer na1-sandbox-access-0003")
		return b.send(req)
	}
	read().want(200)
	b.advance(tokenLife + 7*time.Second)
	read().exactly(401, `{"status":"error","message":"The OAuth token used to make this call expired 7 second(s) ago.","correlationId":"…","category":"EXPIRED_AUTHENTICATION"}`)
	const refresh = "grant_type=refresh_token&refresh_token=na1-sandbox-refresh-0002"
	exchange("v1", refresh).exactly(200, `{"token_type":"bearer","refresh_token":"na1-sandbox-refresh-0002","access_token":"na1-sandbox-access-0004","expires_in":1800}`)
	b.RevokeRefreshTokens()
	exchange("v3", refresh).exactly(400, `{"error":"invalid_grant","error_description":"refresh token is invalid, expired or revoked","status":"BAD_REFRESH_TOKEN","message":"refresh token is invalid, expired or revoked"}`)
}
