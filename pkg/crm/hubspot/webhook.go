package hubspot

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/contactsync/contactsync/pkg/fault"
	"github.com/contactsync/contactsync/pkg/sync"
)

// maxAge is how old a signed request may be, and how far its time may be ahead.
const maxAge = 5 * time.Minute

// Webhook verifies and decodes HubSpot's event requests. See
// https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
type Webhook struct {
	// Secrets are the app's client secrets, any of which may have signed: two while
	// one replaces the other. None: every request is refused.
	Secrets []string
	// PublicBaseURL is the origin HubSpot calls, such as "https://sync.example.com";
	// empty: that of the request. The signature covers the address as HubSpot knows
	// it, which a proxy in between may have changed.
	PublicBaseURL string
	// Paths are the paths under which the app may be registered; none: that of the
	// request.
	Paths []string
	// RequireV3 refuses requests without a version 3 signature, which is the only
	// one that covers address and time.
	RequireV3 bool
}

var _ sync.Webhook = (*Webhook)(nil)

// Verify implements [sync.Webhook]. A request with a version 3 signature has to
// pass by it, whatever else it carries.
func (w *Webhook) Verify(r *http.Request, body []byte, now time.Time) error {
	if len(w.Secrets) == 0 {
		return fault.New(fault.Unavailable, "The client secret of the HubSpot app is not set.")
	}
	if signature := r.Header.Get("X-HubSpot-Signature-v3"); signature != "" || w.RequireV3 {
		return w.verifyV3(r, body, signature, now)
	}
	return w.verifyV1(r, body)
}

func (w *Webhook) verifyV3(r *http.Request, body []byte, signature string, now time.Time) error {
	got, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(got) != sha256.Size {
		return refused("The request has no version 3 signature.")
	}
	timestamp := r.Header.Get("X-HubSpot-Request-Timestamp")
	at, ok := parseTimestamp(timestamp)
	if !ok {
		return refused("The request has no valid timestamp.")
	}
	if age := now.Sub(at); age > maxAge || age < -maxAge {
		return refused("The request is too old, or a clock is wrong.")
	}
	for _, secret := range w.Secrets {
		for _, address := range w.addresses(r) {
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write([]byte(r.Method + address))
			mac.Write(body)
			mac.Write([]byte(timestamp))
			if hmac.Equal(got, mac.Sum(nil)) {
				return nil
			}
		}
	}
	return refused("The signature does not fit the request.")
}

func (w *Webhook) verifyV1(r *http.Request, body []byte) error {
	if version := r.Header.Get("X-HubSpot-Signature-Version"); version != "" && version != "v1" {
		return refused("The version of the signature is not one that webhooks use.")
	}
	got, err := hex.DecodeString(r.Header.Get("X-HubSpot-Signature"))
	if err != nil || len(got) != sha256.Size {
		return refused("The request has no signature.")
	}
	for _, secret := range w.Secrets {
		h := sha256.New()
		h.Write([]byte(secret))
		h.Write(body)
		if hmac.Equal(got, h.Sum(nil)) {
			return nil
		}
	}
	return refused("The signature does not fit the request.")
}

func refused(why string) error { return fault.New(fault.Unauthorised, "%s", why) }

// parseTimestamp reads milliseconds since 1970 in exactly 13 digits.
func parseTimestamp(text string) (time.Time, bool) {
	if len(text) != 13 || strings.Trim(text, "0123456789") != "" {
		return time.Time{}, false
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms), err == nil
}

// addresses returns the addresses HubSpot may have called for this request.
func (w *Webhook) addresses(r *http.Request) []string {
	origins := []string{strings.TrimRight(w.PublicBaseURL, "/")}
	if origins[0] == "" {
		origins = []string{"https://" + r.Host, "http://" + r.Host}
	}
	paths := w.Paths
	if len(paths) == 0 {
		paths = []string{r.URL.EscapedPath()}
	}
	queries := []string{""}
	if r.URL.RawQuery != "" {
		// A rewrite may have added the query.
		queries = append(queries, "?"+r.URL.RawQuery)
	}
	var all []string
	for _, origin := range origins {
		for _, path := range paths {
			for _, query := range queries {
				all = append(all, signedForm.Replace(origin+path+query))
			}
		}
	}
	return all
}

// signedForm decodes the characters that HubSpot decodes in the address it signs,
// and no others.
var signedForm = func() *strings.Replacer {
	var pairs []string
	for _, char := range ":/?@!$'()*,;" {
		code := hex.EncodeToString([]byte{byte(char)})
		pairs = append(pairs, "%"+strings.ToUpper(code), string(char), "%"+code, string(char))
	}
	return strings.NewReplacer(pairs...)
}()
