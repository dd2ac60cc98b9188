package hubspot

import "testing"

// Made with Signature.getSignature of @hubspot/api-client 14.0.1.
func TestSignatureVectors(t *testing.T) {
	const (
		secret = "11111111-2222-3333-4444-555555555555"
		url    = "https://sync.example.com/hooks/hubspot"
		ts     = "1764000001000"
		ascii  = `[{"eventId":1001,"subscriptionId":2002,"portalId":62515,"appId":54321,"occurredAt":1764000000000,"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":123,"propertyName":"email","propertyValue":"ada@example.com","changeSource":"CRM_UI","sourceId":"userId:77"}]`
		utf8   = `[{"eventId":1002,"subscriptionId":2003,"portalId":62515,"appId":54321,"occurredAt":1764000000123,"subscriptionType":"contact.propertyChange","attemptNumber":1,"objectId":124,"propertyName":"firstname","propertyValue":"Zoë 😀 O'Brien & Söhne","changeSource":"INTEGRATION","sourceId":"54321"}]`
	)
	for _, c := range []struct{ name, got, want string }{
		{"v1 ascii", signatureV1(secret, []byte(ascii)), "7e07d15b118292817b95b056ba301eb39b63ed4214a9c73ddce0473e630f4d1f"},
		{"v1 utf-8", signatureV1(secret, []byte(utf8)), "4ad2603452cd2af325a8e0f88b978e59b051ecfe1523c5bdd399bb2d6c13f34a"},
		{"v3 ascii", signatureV3(secret, "POST", url, []byte(ascii), ts), "4G6XRFDwDh7FZo834DjuMFH6pzIKcQwPr2vmqeU4lhc="},
		{"v3 utf-8", signatureV3(secret, "POST", url, []byte(utf8), ts), "PW3hkB2da2XxCmn7qNZa7gTMpv2y5grFLUdBhNe5jPo="},
		{"v3 query", signatureV3(secret, "POST", url+"?tenant=acme&next=%2Fa%2Fb", []byte(ascii), ts), "HtjunESaATLu1tcnDcJjyUyD8is2mRyvoXP7k29+Tso="},
		{"v3 empty body", signatureV3(secret, "POST", url, nil, ts), "Wi3JMEqFfRTqyqM2NssOJDwoUBM0DqEdQFVHqohAk3U="},
		{"v1 published by HubSpot", signatureV1("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", []byte(`[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]`)), "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.name, c.got, c.want)
		}
	}
}
