package pipedrive

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/contactsync/contactsync/pkg/crm/transport"
	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// webhooksPath has no counterpart in version 2 of the API. See
// https://developers.pipedrive.com/docs/api/v1/Webhooks
const webhooksPath = "/api/v1/webhooks"

var _ sync.Subscriber = (*Client)(nil)

// webhookMade is a webhook as Pipedrive shows it.
type webhookMade struct {
	ID     json.Number `json:"id"`
	URL    string      `json:"subscription_url"`
	Active int         `json:"is_active"`
}

type webhookWanted struct {
	URL      string `json:"subscription_url"`
	Action   string `json:"event_action"`
	Object   string `json:"event_object"`
	Name     string `json:"name"`
	Version  string `json:"version"`
	User     string `json:"http_auth_user"`
	Password string `json:"http_auth_password"`
}

// Subscribe implements [sync.Subscriber]. Webhooks of Pipedrive cannot be changed:
// one that sends to the same address already is removed first.
func (c *Client) Subscribe(ctx context.Context, to sync.EventTarget) (string, error) {
	known, err := c.webhooks(ctx)
	if err != nil {
		return "", err
	}
	for _, w := range known {
		if w.URL == to.Address {
			if err := c.Unsubscribe(ctx, w.ID.String()); err != nil {
				return "", err
			}
		}
	}
	made, _, err := call[webhookMade](ctx, c, transport.Request{
		Op: "pipedrive.subscribe", Method: http.MethodPost, Path: webhooksPath, Class: classBurst, Effect: transport.Write, Setup: true,
		Body: webhookWanted{
			URL: to.Address, Action: "*", Object: "person", Name: "Contact Sync", Version: "2.0", User: to.User, Password: to.Password,
		},
	})
	return made.ID.String(), ofWebhook(err)
}

// Subscribed implements [sync.Subscriber].
func (c *Client) Subscribed(ctx context.Context, id string) (bool, error) {
	known, err := c.webhooks(ctx)
	for _, w := range known {
		if w.ID.String() == id && w.Active != 0 {
			return true, nil
		}
	}
	return false, err
}

// Unsubscribe implements [sync.Subscriber].
func (c *Client) Unsubscribe(ctx context.Context, id string) error {
	_, err := c.api.JSON(ctx, transport.Request{
		Op: "pipedrive.unsubscribe", Method: http.MethodDelete, Path: webhooksPath + "/" + url.PathEscape(id),
		Class: classBurst, Effect: transport.Repeatable, Setup: true,
	}, nil)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return ofWebhook(err)
}

func (c *Client) webhooks(ctx context.Context) ([]webhookMade, error) {
	known, _, err := call[[]webhookMade](ctx, c, transport.Request{
		Op: "pipedrive.webhooks", Method: http.MethodGet, Path: webhooksPath, Class: classBurst, Effect: transport.Read, Setup: true,
	})
	return known, ofWebhook(err)
}

// ofWebhook puts a refusal into words that fit webhooks.
func ofWebhook(err error) error {
	if !fault.Is(err, fault.Forbidden) {
		return err
	}
	refused := fault.New(fault.Forbidden, "Pipedrive lets only administrators set up webhooks, and apps with the scope admin.")
	refused.Err = err
	return refused
}
