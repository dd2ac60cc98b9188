package hubspot

import (
	"fmt"
	"sync"
	"testing"
)

func TestConcurrentUse(t *testing.T) {
	b, in := listen(t)
	b.define("pronouns", "")
	b.Start()
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for i := range 20 {
				id := b.add(map[string]string{"email": fmt.Sprintf("w%d-%d@example.com", w, i)})
				b.call("PATCH", contacts+"/"+id, `{"properties":{"pronouns":"they/them"}}`).want(200)
				b.call("GET", fields+"/pronouns", "").want(200)
				b.call("PATCH", fields+"/pronouns", `{"label":"L"}`).want(200)
				b.call("POST", contacts+"/search", `{"limit":5}`).want(200)
				b.call("GET", contacts+"?limit=100", "").want(200)
				b.call("GET", "/", "").want(200)
				b.SetKnobs(b.Knobs())
				if err := b.Edit(id, map[string]string{"phone": "1"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	workers.Wait()
	_ = b.Close()
	b.flush()
	if n := len(in.events(t)); n < 8*20*5 || b.Pending() != 0 { // creation, email, lifecyclestage, pronouns, phone
		t.Errorf("%d events, %d pending", n, b.Pending())
	}
}
