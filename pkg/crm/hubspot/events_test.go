package hubspot_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/crm/hubspot"
	"github.com/contactsync/contactsync/pkg/fault"
)

// decode returns the events of a body as "id" or "id deleted".
func decode(t *testing.T, body string) []string {
	t.Helper()
	events, err := (&hubspot.Webhook{}).Decode([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	list := []string{}
	for _, e := range events {
		text := string(e.ExternalID)
		if e.Deleted {
			text += " deleted"
		}
		list = append(list, text)
	}
	return list
}

func TestDecode(t *testing.T) {
	for body, want := range map[string]string{
		`[]`:  "",
		` [ `: "invalid",
		`{"subscriptionType":"contact.creation","objectId":5,"portalId":1}`:                              "5",
		`[{"subscriptionType":"contact.propertyChange","objectId":106500991877,"propertyName":"email"}]`: "106500991877",
		`[{"eventType":"contact.creation","objectId":5}]`:                                                "5",
		`[{"subscriptionType":"contact.creation","objectId":"5","portalId":"1"}]`:                        "5",
		`[{"subscriptionType":"object.creation","objectTypeId":"0-1","objectId":5}]`:                     "5",
		`[{"subscriptionType":"object.deletion","objectTypeId":"0-1","objectId":5}]`:                     "5 deleted",
		`[{"subscriptionType":"object.propertyChange","objectTypeId":"0-2","objectId":5}]`:               "",
		`[{"subscriptionType":"object.restore","objectTypeId":"0-1","objectId":5}]`:                      "5",
		`[{"subscriptionType":"company.deletion","objectId":5}]`:                                         "",
		`[{"subscriptionType":"contact.deletion","objectId":5}]`:                                         "5 deleted",
		`[{"subscriptionType":"contact.privacyDeletion","objectId":5}]`:                                  "5 deleted",
		`[{"subscriptionType":"contact.restore","objectId":5}]`:                                          "5",
		`[{"subscriptionType":"contact.associationChange","fromObjectId":5,"toObjectId":6}]`:             "",
		`[{"subscriptionType":"contact.somethingNew","objectId":5}]`:                                     "",
		`[{"subscriptionType":"contact.creation"}]`:                                                      "",
		`[{"subscriptionType":"contact.creation","objectId":0}]`:                                         "",
		`[{"subscriptionType":"contact.creation","objectId":"5; drop"}]`:                                 "",
		`[{"subscriptionType":"contact.creation","objectId":1.5}]`:                                       "",
		`[{}]`:     "",
		`[null]`:   "",
		`["text"]`: "invalid",
		`[7]`:      "invalid",
		`"text"`:   "invalid",
		`null`:     "",
		``:         "invalid",
		`<html>`:   "invalid",
		`[{"subscriptionType":"contact.creation","objectId":5}] trailing`:                                                                                               "invalid",
		`[{"subscriptionType":"contact.merge","objectId":9,"primaryObjectId":7,"mergedObjectIds":[7,8],"newObjectId":9}]`:                                               "9,7 deleted,8 deleted",
		`[{"subscriptionType":"contact.merge","objectId":7,"primaryObjectId":7,"mergedObjectIds":[8]}]`:                                                                 "7,8 deleted",
		`[{"subscriptionType":"contact.merge","objectId":7,"mergedObjectIds":["8","8"]}]`:                                                                               "7,8 deleted",
		`[{"subscriptionType":"object.merge","objectTypeId":"0-1","objectId":7,"primaryObjectId":7,"mergedObjectIds":8}]`:                                               "7,8 deleted",
		`[{"subscriptionType":"contact.creation","objectId":5},{"subscriptionType":"contact.deletion","objectId":5},{"subscriptionType":"deal.creation","objectId":6}]`: "5,5 deleted",
	} {
		if want == "invalid" {
			if _, err := (&hubspot.Webhook{}).Decode([]byte(body)); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", body, err)
			}
			continue
		}
		if got := strings.Join(decode(t, body), ","); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestDecodeTellsWhereAndWhen(t *testing.T) {
	events, err := (&hubspot.Webhook{}).Decode([]byte(`[{"eventId":3944863254,"subscriptionId":3327050,"portalId":49532047,"appId":9318066,"occurredAt":1742175136625,"subscriptionType":"contact.creation","attemptNumber":7,"objectId":106500991877,"changeFlag":"CREATED","changeSource":"INTEGRATION","sourceId":"9318066"}]`))
	if err != nil || len(events) != 1 {
		t.Fatal(events, err)
	}
	e := events[0]
	if e.AccountID != "49532047" || e.ExternalID != "106500991877" || !e.At.Equal(time.UnixMilli(1742175136625)) || e.At.Location() != time.UTC {
		t.Errorf("%+v", e)
	}
}

func TestDecodeManyEvents(t *testing.T) {
	var parts, want []string
	for i := 1; i <= 100; i++ {
		parts = append(parts, fmt.Sprintf(`{"subscriptionType":"contact.propertyChange","objectId":%d}`, i))
		want = append(want, fmt.Sprint(i))
	}
	if got := decode(t, "["+strings.Join(parts, ",")+"]"); !slices.Equal(got, want) {
		t.Errorf("%d events: %v", len(got), got)
	}
}

// TestDocumentedPayloads decodes every form of an event that is documented or was
// recorded, of several accounts in one request.
func TestDocumentedPayloads(t *testing.T) {
	const head = `"eventId":3029365631,"subscriptionId":686627,"appId":7906213,"occurredAt":1715203101896,"attemptNumber":0`
	for name, c := range map[string]struct{ body, want string }{
		"creation":                   {`{` + head + `,"portalId":1,"subscriptionType":"contact.creation","objectId":5,"changeFlag":"CREATED","changeSource":"INTEGRATION","sourceId":"9318066"}`, "1/5 by a program"},
		"creation, older":            {`{` + head + `,"portalId":1,"subscriptionType":"contact.creation","objectId":123,"changeFlag":"NEW","changeSource":"CRM","eventId":100}`, "1/123"},
		"creation, by its old name":  {`{` + head + `,"portalId":1,"eventType":"contact.creation","objectId":5}`, "1/5"},
		"change":                     {`{` + head + `,"portalId":1,"subscriptionType":"contact.propertyChange","objectId":5,"propertyName":"email","propertyValue":"a@example.com","changeSource":"CRM_UI","sourceId":"userId:1"}`, "1/5"},
		"change by a program":        {`{` + head + `,"portalId":1,"subscriptionType":"contact.propertyChange","objectId":5,"propertyName":"email","propertyValue":"a@example.com","changeSource":"API"}`, "1/5 by a program email=a@example.com"},
		"change of something secret": {`{` + head + `,"portalId":1,"subscriptionType":"contact.propertyChange","objectId":5,"propertyName":"passport_number","propertyValue":"REDACTED","changeSource":"CRM_UI"}`, "1/5"},
		"cleared":                    {`{` + head + `,"portalId":1,"subscriptionType":"contact.propertyChange","objectId":5,"propertyName":"phone","propertyValue":"","changeSource":"CRM_UI"}`, "1/5"},
		"deletion":                   {`{` + head + `,"portalId":1,"subscriptionType":"contact.deletion","objectId":5,"changeFlag":"DELETED","changeSource":"CRM_UI_BULK_ACTION"}`, "1/5 deleted"},
		"privacy deletion":           {`{` + head + `,"portalId":1,"subscriptionType":"contact.privacyDeletion","objectId":5}`, "1/5 deleted erased"},
		"restore":                    {`{` + head + `,"portalId":1,"subscriptionType":"contact.restore","objectId":5,"changeFlag":"RESTORED"}`, "1/5"},
		"merge":                      {`{` + head + `,"portalId":1,"subscriptionType":"contact.merge","objectId":7,"primaryObjectId":7,"mergedObjectIds":[8],"newObjectId":9,"numberOfPropertiesMoved":3}`, "1/9, 1/7 deleted, 1/8 deleted"},
		"association":                {`{` + head + `,"portalId":1,"subscriptionType":"contact.associationChange","associationType":"CONTACT_TO_COMPANY","fromObjectId":5,"toObjectId":6,"associationRemoved":false,"isPrimaryAssociation":true}`, ""},
		"generic creation":           {`{` + head + `,"portalId":1,"subscriptionType":"object.creation","objectTypeId":"0-1","objectId":5}`, "1/5"},
		"generic change":             {`{` + head + `,"portalId":1,"subscriptionType":"object.propertyChange","objectTypeId":"0-1","objectId":5,"propertyName":"x","propertyValue":"y","isSensitive":false}`, "1/5"},
		"generic deletion":           {`{` + head + `,"portalId":1,"subscriptionType":"object.deletion","objectTypeId":"0-1","objectId":5}`, "1/5 deleted"},
		"generic merge":              {`{` + head + `,"portalId":1,"subscriptionType":"object.merge","objectTypeId":"0-1","objectId":7,"primaryObjectId":7,"mergedObjectIds":[8]}`, "1/7, 1/8 deleted"},
		"generic restore":            {`{` + head + `,"portalId":1,"subscriptionType":"object.restore","objectTypeId":"0-1","objectId":5}`, "1/5"},
		"generic association":        {`{` + head + `,"portalId":1,"subscriptionType":"object.associationChange","fromObjectTypeId":"0-1","toObjectTypeId":"0-2","fromObjectId":5,"toObjectId":6,"associationTypeId":1,"associationCategory":"HUBSPOT_DEFINED"}`, ""},
		"of a company":               {`{` + head + `,"portalId":1,"subscriptionType":"company.deletion","objectId":5,"changeFlag":"DELETED"}`, ""},
		"of a deal, generic":         {`{` + head + `,"portalId":1,"subscriptionType":"object.creation","objectTypeId":"0-3","objectId":5}`, ""},
		"two accounts":               {`{"portalId":1,"subscriptionType":"contact.creation","objectId":5},{"portalId":2,"subscriptionType":"contact.creation","objectId":5}`, "1/5, 2/5"},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := (&hubspot.Webhook{}).Decode([]byte("[" + c.body + "]"))
			if err != nil {
				t.Fatal(err)
			}
			var list []string
			for _, e := range events {
				text := e.AccountID + "/" + string(e.ExternalID)
				for word, is := range map[string]bool{" deleted": e.Deleted, " by a program": e.ByAPI} {
					if is {
						text += word
					}
				}
				if e.Erased {
					text += " erased"
				}
				for property, value := range e.Marks {
					text += " " + property + "=" + value
				}
				list = append(list, text)
			}
			if got := strings.Join(list, ", "); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
