package hubspot

import (
	"net/http"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

func TestTenSecondlyLimit(t *testing.T) {
	b := start(t, func(o *Options) { o.Knobs = Knobs{} })
	first := b.call("GET", contacts, "").want(200)
	for name, want := range map[string]string{
		"Max": "100", "Remaining": "99", "Interval-Milliseconds": "10000", "Daily": "250000", "Daily-Remaining": "249999", "Secondly": "10", "Secondly-Remaining": "10",
	} {
		if got := first.header.Get("X-HubSpot-RateLimit-" + name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	b.advance(time.Second)
	for range 99 {
		b.call("GET", contacts, "").want(200)
	}
	b.advance(9*time.Second - time.Millisecond)
	refused := b.call("GET", contacts, "")
	refused.exactly(429, `{"status":"error","message":"You have reached your ten_secondly_rolling limit.","errorType":"RATE_LIMIT","correlationId":"…","policyName":"TEN_SECONDLY_ROLLING","groupName":"publicapi:private_app-api-calls-ten-secondly:54321:62515"}`)
	if refused.header.Get("Retry-After") != "" || refused.header.Get("X-HubSpot-RateLimit-Remaining") != "0" {
		t.Errorf("headers %v", refused.header)
	}
	b.call("POST", contacts+"/search", "{}").want(200) // has a limit of its own
	b.advance(time.Millisecond)
	b.call("GET", contacts, "").want(200) // only the first call is 10 seconds old
	b.call("GET", contacts, "").want(429)
	b.advance(time.Second)
	b.call("GET", contacts, "").want(200)
}

func TestSearchLimit(t *testing.T) {
	b := start(t, func(o *Options) { o.Knobs = Knobs{} })
	for range 5 {
		a := b.search("{}").want(200)
		for name := range a.header {
			if len(name) > 19 && name[:19] == "X-Hubspot-Ratelimit" {
				t.Errorf("a search has %s", name)
			}
		}
	}
	b.search("{}").exactly(429, `{"status":"error","message":"You have reached your secondly limit.","correlationId":"…","category":"RATE_LIMITS"}`)
	b.advance(time.Second)
	b.search("{}").want(200)
}

func TestDailyLimitEndsAtTheAccountsMidnight(t *testing.T) {
	b := start(t, func(o *Options) { o.Knobs.DailyLimit = 2 })
	b.call("GET", contacts, "").want(200)
	b.search("{}").want(200)
	b.call("GET", contacts, "").want(429, `"message":"You have reached your daily limit.","errorType":"RATE_LIMIT"`, `"policyName":"DAILY","requestId":"`)
	b.advance(16*time.Hour + 59*time.Minute) // 12:00 UTC is 7:00 in US/Eastern
	b.search("{}").want(429)
	b.advance(time.Minute)
	b.call("GET", contacts, "").want(200)
}

func TestOAuthAppLimits(t *testing.T) {
	b := start(t, func(o *Options) { o.Knobs = Knobs{OAuthApp: true, DailyLimit: 1} })
	for range 110 {
		b.call("GET", contacts, "").want(200)
	}
	a := b.call("GET", contacts, "").want(429)
	if a.header.Get("X-HubSpot-RateLimit-Max") != "110" || a.header.Get("X-HubSpot-RateLimit-Daily") != "" {
		t.Errorf("%v", a.header)
	}
}

func TestCallsAreCountedByRoute(t *testing.T) {
	b := start(t)
	b.call("GET", contacts, "")
	b.call("GET", "/crm/v3/objects/contacts/1", "")
	b.Faults().Add(kit.Fault{PathPrefix: "/crm/", Status: 503})
	b.call("GET", contacts, "").want(503)
	b.call("GET", "/__sandbox/state", "").want(200)
	b.call("GET", "/", "").want(200)
	got := b.Calls().Snapshot()
	if got["contacts.list"] != 2 || got["contacts.get"] != 1 || b.Calls().Total() != 3 {
		t.Errorf("%v", got)
	}
}

func TestFaultsAroundAWrite(t *testing.T) {
	b := start(t)
	id := b.seed(1)[0]
	client := &http.Client{Transport: kit.Transport{Handler: b}}
	archive := func() error {
		req, err := http.NewRequest("DELETE", "https://api.hubapi.com"+contacts+"/"+id, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		_, err = client.Do(req)
		return err
	}
	b.Faults().Add(kit.Fault{Method: "DELETE", Drop: kit.DropBefore})
	b.Faults().Add(kit.Fault{Method: "DELETE", Drop: kit.DropAfter})
	if archive() == nil {
		t.Error("the first connection was not dropped")
	}
	if row, _ := b.Record(id); row.Deleted {
		t.Error("a request dropped before took effect")
	}
	if archive() == nil {
		t.Error("the second connection was not dropped")
	}
	if row, _ := b.Record(id); !row.Deleted {
		t.Error("a request dropped after took no effect")
	}
}
