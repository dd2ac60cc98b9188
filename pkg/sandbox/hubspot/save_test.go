package hubspot

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestSavedAccountIsTheSame(t *testing.T) {
	b := start(t)
	b.call("POST", fields, `{"name":"pronouns","label":"Pronouns","groupName":"contactinformation","type":"string","fieldType":"text"}`).want(201)
	b.call("POST", fields, `{"name":"code","label":"Code","groupName":"contactinformation","type":"string","fieldType":"text","hasUniqueValue":true}`).want(201)
	ids := make([]string, 0, 4)
	for _, name := range []string{"ada", "bob", "cyd", "dan"} {
		id, err := b.Create(map[string]string{"email": name + "@example.com", "firstname": name, "pronouns": "they/them", "code": name})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
		b.advance(time.Minute)
	}
	b.call("PATCH", contacts+"/"+ids[0], `{"properties":{"phone":"+1 212 555 0100"}}`).want(200)
	if err := b.Delete(ids[1]); err != nil {
		t.Fatal(err)
	}
	merged, err := b.Merge(ids[2], ids[3])
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := b.SaveTo(&file); err != nil {
		t.Fatal(err)
	}
	again := start(t)
	again.advance(b.clock().Sub(again.clock()))
	if err := again.LoadFrom(&file); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		contacts + "?properties=email,phone,pronouns,code&propertiesWithHistory=phone,email",
		contacts + "?archived=true&properties=email",
		contacts + "/" + merged + "?properties=email,hs_all_contact_vids",
		contacts + "/" + ids[3] + "?properties=email",
		contacts + "/ada?idProperty=code",
		fields,
	} {
		if want, got := b.call("GET", path, "").want(200).text, again.call("GET", path, "").want(200).text; got != want {
			t.Errorf("%s:\n got %s\nwant %s", path, got, want)
		}
	}
	again.call("POST", contacts, `{"properties":{"email":"ADA@example.com"}}`).want(409, ids[0])
	if id, err := again.Create(map[string]string{"email": "eve@example.com"}); err != nil || id <= merged {
		t.Errorf("the next contact is %s after %s, %v", id, merged, err)
	}
}

func TestUnreadableFileChangesNothing(t *testing.T) {
	b := start(t)
	id, err := b.Create(map[string]string{"email": "ada@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.LoadFrom(strings.NewReader("garbage")); err == nil {
		t.Error("garbage is read")
	}
	if _, ok := b.Record(id); !ok {
		t.Error("the contact is gone")
	}
}
