// Command peers serves both sandbox CRMs on free ports of this machine for the
// tests beside it, which drive them with the vendors' own clients.
//
// It prints one line of JSON with the addresses and credentials. Its clock stands
// still: a line "advance 30s" on standard input moves it and delivers the webhooks
// that are due by then, and a line of JSON answers when that is done. It ends with
// its input.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/contactsync/contactsync/pkg/sandbox/hubspot"
	"github.com/contactsync/contactsync/pkg/sandbox/pipedrive"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// credentials are what the tests sign in with at both vendors.
type credentials struct {
	Token        string `json:"token"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
	DeveloperKey string `json:"developerKey,omitempty"`
	AppID        int64  `json:"appId,omitempty"`
}

// address is where one vendor's sandbox answers.
type address struct {
	URL string `json:"url"`
	credentials
}

func run(commands io.Reader, answers io.Writer) error {
	clock := &stoppedClock{now: time.Now().UTC().Truncate(time.Second)}
	hub := credentials{Token: "pat-na1-peers", ClientID: "peers-client", ClientSecret: "peers-secret", DeveloperKey: "peers-developer", AppID: hubspot.DefaultAppID}
	pipe := credentials{Token: strings.Repeat("ab12", 10), ClientID: "peers-client", ClientSecret: "peers-secret"}
	hubspotBox := hubspot.New(hubspot.Options{
		Clock: clock.Now, Token: hub.Token, ClientID: hub.ClientID, ClientSecret: hub.ClientSecret, DeveloperKey: hub.DeveloperKey, AppID: hub.AppID,
	})
	pipedriveBox := pipedrive.New(pipedrive.Options{Clock: clock.Now, Token: pipe.Token, ClientID: pipe.ClientID, ClientSecret: pipe.ClientSecret})

	hubspotURL, err := serve(hubspotBox)
	if err != nil {
		return err
	}
	pipedriveURL, err := serve(pipedriveBox)
	if err != nil {
		return err
	}
	out := json.NewEncoder(answers)
	if err := out.Encode(map[string]address{"hubspot": {hubspotURL, hub}, "pipedrive": {pipedriveURL, pipe}}); err != nil {
		return err
	}
	lines := bufio.NewScanner(commands)
	for lines.Scan() {
		answer := map[string]string{}
		if err := clock.command(lines.Text(), hubspotBox, pipedriveBox); err != nil {
			answer["error"] = err.Error()
		}
		answer["now"] = clock.Now().Format("2006-01-02T15:04:05.000Z")
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

// serve answers on a free port until the process ends.
func serve(handler http.Handler) (url string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

// stoppedClock moves by command only. It is safe for concurrent use.
type stoppedClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *stoppedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

type sender interface {
	FlushWebhooks(context.Context) error
}

// command runs "advance DURATION" and sends what is due then.
func (c *stoppedClock) command(line string, senders ...sender) error {
	text, ok := strings.CutPrefix(line, "advance ")
	if !ok {
		return fmt.Errorf("%q is not a command: advance DURATION", line)
	}
	by, err := time.ParseDuration(text)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.now = c.now.Add(by)
	c.mu.Unlock()
	for _, s := range senders {
		if err := s.FlushWebhooks(context.Background()); err != nil {
			return err
		}
	}
	return nil
}
