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
)

// sign sets the signature headers of a webhook: v1 and v3 side by side, as the
// vendor sends them, less those a knob leaves out.
func sign(header http.Header, secret, address string, body []byte, now time.Time, k Knobs) {
	if !k.NoV1Signature {
		header.Set("X-HubSpot-Signature", signatureV1(secret, body))
		header.Set("X-HubSpot-Signature-Version", "v1")
	}
	if !k.NoV3Signature {
		ts := strconv.FormatInt(now.UnixMilli(), 10)
		header.Set("X-HubSpot-Request-Timestamp", ts)
		header.Set("X-HubSpot-Signature-v3", signatureV3(secret, http.MethodPost, address, body, ts))
	}
}

// signatureV1 is hex(SHA-256(secret + body)).
func signatureV1(secret string, body []byte) string {
	sum := sha256.Sum256(append([]byte(secret), body...))
	return hex.EncodeToString(sum[:])
}

// signatureV3 is base64(HMAC-SHA-256(secret, method + decoded URI + body + timestamp)).
func signatureV3(secret, method, address string, body []byte, ts string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(method + signedURI.Replace(address)))
	mac.Write(body)
	mac.Write([]byte(ts))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signedURI decodes exactly the escapes that HubSpot documents as decoded
// (https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation).
var signedURI = strings.NewReplacer(
	"%3A", ":", "%2F", "/", "%3F", "?", "%40", "@", "%21", "!", "%24", "$", "%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%2C", ",", "%3B", ";",
	"%3a", ":", "%2f", "/", "%3f", "?", "%2a", "*", "%2c", ",", "%3b", ";",
)
