package pipedrive_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/contactsync/contactsync/pkg/contact"
	"github.com/contactsync/contactsync/pkg/crm/pipedrive"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
	sandbox "github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
	"github.com/contactsync/contactsync/pkg/sync"
)

func TestWebhookPassword(t *testing.T) {
	request := func(user, password string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/api/webhook/pipedrive", nil)
		if user+password != "" {
			r.SetBasicAuth(user, password)
		}
		return r
	}
	for name, c := range map[string]struct {
		hook           pipedrive.Webhook
		user, password string
		kind           fault.Kind // -1: accepted
	}{
		"right":               {pipedrive.Webhook{User: "u", Password: "p"}, "u", "p", -1},
		"wrong password":      {pipedrive.Webhook{User: "u", Password: "p"}, "u", "q", fault.Unauthorised},
		"wrong user":          {pipedrive.Webhook{User: "u", Password: "p"}, "v", "p", fault.Unauthorised},
		"longer password":     {pipedrive.Webhook{User: "u", Password: "p"}, "u", "pp", fault.Unauthorised},
		"no password":         {pipedrive.Webhook{User: "u", Password: "p"}, "u", "", fault.Unauthorised},
		"nothing":             {pipedrive.Webhook{User: "u", Password: "p"}, "", "", fault.Unauthorised},
		"not set":             {pipedrive.Webhook{}, "u", "p", fault.Unavailable},
		"not set, nothing":    {pipedrive.Webhook{}, "", "", fault.Unavailable},
		"password is not set": {pipedrive.Webhook{User: "u"}, "u", "", fault.Unavailable},
	} {
		err := c.hook.Verify(request(c.user, c.password), nil, time.Time{})
		if c.kind < 0 && err != nil || c.kind >= 0 && !fault.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	bearer := request("", "")
	bearer.Header.Set("Authorization", "Bearer p")
	if err := (&pipedrive.Webhook{User: "u", Password: "p"}).Verify(bearer, nil, time.Time{}); !fault.Is(err, fault.Unauthorised) {
		t.Errorf("another scheme: %v", err)
	}
}

// TestDecodeEvents goes through every documented form of an event, and through what
// only looks like one.
func TestDecodeEvents(t *testing.T) {
	event := func(meta, data string) string {
		return `{"meta":{"version":"2.0","company_id":"7421053","timestamp":"2026-01-14T18:16:56.057Z",` + meta + `},"data":` + data + `,"previous":null}`
	}
	person := `{"id":8,"update_time":"2026-01-14T18:16:55Z","visible_to":"3","emails":[],"custom_fields":{"a":{"type":"varchar","value":"x"},"b":null}}`
	const stamp, written = " at 18:16:56.057", " at 18:16:56.057 written 18:16:55"
	for name, c := range map[string]struct{ body, want string }{
		"created by a person":   {event(`"action":"create","entity":"person","entity_id":"8","change_source":"app"`, person), "8" + stamp},
		"changed by a person":   {event(`"action":"change","entity":"person","entity_id":"8","change_source":"app"`, person), "8" + stamp},
		"changed by an API":     {event(`"action":"change","entity":"person","entity_id":"8","change_source":"api"`, person), "8" + written},
		"an API, without data":  {event(`"action":"change","entity":"person","entity_id":"8","change_source":"api"`, `null`), "8" + stamp},
		"an API, without time":  {event(`"action":"change","entity":"person","entity_id":"8","change_source":"api"`, `{"update_time":null}`), "8" + stamp},
		"deleted":               {event(`"action":"delete","entity":"person","entity_id":"8","change_source":"app"`, `null`), "8 deleted" + stamp},
		"merged away":           {event(`"action":"delete","entity":"person","entity_id":"8","merged_to_id":"9"`, `null`), "8 deleted into 9" + stamp + ", 9" + stamp},
		"merged into itself":    {event(`"action":"delete","entity":"person","entity_id":"8","merged_to_id":"8"`, `null`), "8 deleted" + stamp},
		"survivor of a merge":   {event(`"action":"change","entity":"person","entity_id":"9","merged_from_id":"8"`, person), "9" + stamp},
		"ids as numbers":        {`{"meta":{"action":"create","entity":"person","entity_id":8,"company_id":7421053}}`, "8"},
		"of an application":     {event(`"action":"change","entity":"person","entity_id":"8","type":"application","is_bulk_edit":true,"attempt":4`, person), "8" + stamp},
		"another entity":        {event(`"action":"change","entity":"deal","entity_id":"8"`, `{"id":8,"update_time":5}`), ""},
		"an entity with a uuid": {event(`"action":"create","entity":"lead","entity_id":"b2c0-77"`, `[]`), ""},
		"another action":        {event(`"action":"archive","entity":"person","entity_id":"8"`, person), ""},
		"no id":                 {event(`"action":"change","entity":"person"`, person), ""},
		"a zero":                {event(`"action":"change","entity":"person","entity_id":"0"`, person), ""},
		"an odd id":             {event(`"action":"change","entity":"person","entity_id":"8/../9"`, person), ""},
		"an odd time":           {`{"meta":{"action":"change","entity":"person","entity_id":"8","company_id":"7421053","timestamp":1523440213}}`, "8"},
		"the older version":     {`{"v":1,"event":"updated.person","meta":{"action":"updated","object":"person","id":8},"current":{},"previous":{}}`, ""},
		"no meta":               {`{"data":{}}`, "invalid"},
		"a list":                {`[]`, "invalid"},
		"not JSON":              {`meta`, "invalid"},
		"broken off":            {`{"meta":{"action":"cha`, "invalid"},
		"empty":                 {``, "invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := (&pipedrive.Webhook{}).Decode([]byte(c.body))
			var list []string
			for _, e := range events {
				list = append(list, describe(e))
			}
			got := strings.Join(list, ", ")
			if fault.Is(err, fault.Invalid) {
				got = "invalid"
			}
			if got != c.want {
				t.Errorf("%q, want %q (%v)", got, c.want, err)
			}
			for _, e := range events {
				if e.Provider != contact.Pipedrive || e.AccountID != "7421053" || e.At.Location() != time.UTC {
					t.Errorf("%+v", e)
				}
			}
		})
	}
}

func describe(e sync.Event) string {
	text := string(e.ExternalID)
	if e.Deleted {
		text += " deleted"
	}
	if e.MergedInto != "" {
		text += " into " + string(e.MergedInto)
	}
	if !e.At.IsZero() {
		text += " at " + e.At.Format("15:04:05.999")
	}
	if !e.Written.IsZero() {
		text += " written " + e.Written.Format("15:04:05.999")
	}
	return text
}

// What the sandbox sends for an edit, a merge and a deletion is understood.
func TestSandboxEvents(t *testing.T) {
	var got []string
	hook := &pipedrive.Webhook{User: "u", Password: "p"}
	receiver := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err1 := io.ReadAll(r.Body)
		err2 := hook.Verify(r, body, time.Now())
		events, err3 := hook.Decode(body)
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Error(err)
		}
		for _, e := range events {
			e.At = time.Time{}
			got = append(got, describe(e))
		}
	})
	s := newSandbox(t, func(o *sandbox.Options) {
		o.WebhookURL = "https://u:p@sync.test/api/webhook/pipedrive"
		o.Webhooks = &http.Client{Transport: kit.Transport{Handler: receiver}}
	})
	one, err1 := s.Create(named(contact.Values{contact.FirstName: "One"}))
	two, err2 := s.Create(named(contact.Values{contact.FirstName: "Two"}))
	err3 := s.Edit(one, named(contact.Values{contact.Email: "one@example.com"}))
	err4 := s.Merge(one, two)
	err5 := s.Delete(one)
	if err := errors.Join(err1, err2, err3, err4, err5, s.FlushWebhooks(t.Context())); err != nil {
		t.Fatal(err)
	}
	want := []string{one, two, one, two + " deleted into " + one, one, one, one + " deleted"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSubscribing(t *testing.T) {
	s := newSandbox(t)
	b := newBench(t, s)
	to := sync.EventTarget{Address: "https://sync.test/api/webhook/pipedrive/k3y", User: "u", Password: "p"}
	id, err := b.Subscribe(b.ctx, to)
	if err != nil {
		t.Fatal(err)
	}
	is := func(id string, want bool) {
		t.Helper()
		if there, err := b.Subscribed(b.ctx, id); err != nil || there != want {
			t.Errorf("webhook %s: %v, %v", id, there, err)
		}
	}
	is(id, true)
	again, err := b.Subscribe(b.ctx, to)
	if err != nil || again == id {
		t.Fatalf("%s after %s: %v", again, id, err)
	}
	is(id, false)
	is(again, true)
	other, err := b.Subscribe(b.ctx, sync.EventTarget{Address: "https://sync.test/api/webhook/pipedrive/another"})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing to remove
		if err := b.Unsubscribe(b.ctx, again); err != nil {
			t.Error(err)
		}
	}
	is(again, false)
	is(other, true)
}

func TestSubscribingThatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(*sandbox.Server, *bench)
		address string
		kind    fault.Kind
		says    string
	}{
		"no administrator": {func(s *sandbox.Server, _ *bench) { s.SetKnobs(sandbox.Knobs{RegularUser: true}) }, "https://sync.test/", fault.Forbidden, "administrators"},
		"too many": {func(s *sandbox.Server, b *bench) {
			for i := range 40 {
				if _, err := b.Subscribe(b.ctx, sync.EventTarget{Address: fmt.Sprintf("https://sync.test/%d", i)}); err != nil {
					b.Fatal(err)
				}
			}
		}, "https://sync.test/", fault.Invalid, "limit of webhooks"},
		"no address": {func(*sandbox.Server, *bench) {}, "sync.test", fault.Invalid, "subscription_url: invalid or non-reachable URL"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t, func(o *sandbox.Options) { o.Knobs = sandbox.Knobs{LimitsOff: true} })
			b := newBench(t, s)
			c.prepare(s, b)
			_, err := b.Subscribe(b.ctx, sync.EventTarget{Address: c.address})
			if !fault.Is(err, c.kind) || !strings.Contains(fault.Public(err), c.says) || strings.Contains(fault.Public(err), "person") {
				t.Errorf("%v", err)
			}
		})
	}
}
