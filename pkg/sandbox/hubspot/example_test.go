package hubspot_test

import (
	"fmt"
	"io"
	"net/http"

	"github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/kit"
)

// In a test the sandbox needs no port: the client reaches it in process. To serve
// it on one, pass it to http.ListenAndServe and call Start for webhooks.
func Example() {
	sandbox := hubspot.New(hubspot.Options{Token: "pat-na1-example"})
	defer sandbox.Close()
	id, err := sandbox.Create(map[string]string{"email": "ada@example.com", "firstname": "Ada"})
	if err != nil {
		panic(err)
	}

	client := &http.Client{Transport: kit.Transport{Handler: sandbox}}
	req, err := http.NewRequest("GET", "https://api.hubapi.com/crm/objects/2026-03/contacts/"+id, nil)
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer pat-na1-example")
	resp, err := client.Do(req)
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, len(body) > 0, sandbox.Calls().Snapshot())
	// Output: 200 true map[contacts.get:1]
}
