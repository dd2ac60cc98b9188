package kit

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"
)

// Consent is the page on which a person agrees that an app uses the account.
type Consent struct {
	Title  string // of the CRM
	Accent string // as of [Page]
	Scopes []string
	// Denied is the error that the app is told when the person does not agree.
	Denied string
	// Agree returns the code for an app that comes back to an address.
	Agree func(redirect string) string
}

var consentTemplate = template.Must(template.New("consent").Funcs(template.FuncMap{
	"css": func(s string) template.CSS { return template.CSS(s) },
}).Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Connect an app · {{.Title}} sandbox</title>
<style>
:root { color-scheme: light dark; --accent: {{css .Accent}} }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText }
main { max-width: 26rem; margin: 1rem; padding: 1.5rem; border: 1px solid color-mix(in srgb, CanvasText 20%, Canvas); border-radius: 12px }
h1 { font-size: 1.25rem; margin: 0 0 .5rem }
ul { padding-left: 1.25rem; font: .875rem/1.7 ui-monospace, monospace; overflow-wrap: anywhere }
form { display: flex; gap: .5rem; margin-top: 1.25rem }
button { font: inherit; padding: .5rem 1rem; border-radius: 8px; border: 1px solid color-mix(in srgb, CanvasText 30%, Canvas); background: Canvas; color: CanvasText; cursor: pointer }
button[value=allow] { background: var(--accent); border-color: var(--accent); color: #fff }
</style>
<main>
<h1>Contact Sync wants to use this {{.Title}} account</h1>
<p>The account of the {{.Title}} sandbox on this machine. It will be able to:</p>
<ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<form method="post">
<button name="decision" value="allow">Connect app</button>
<button name="decision" value="deny">Cancel</button>
</form>
</main>
</html>
`))

// ServeHTTP shows the page to browsers and takes the person's decision. Programs do
// not look at pages: for them the person agrees at once. The caller has checked the
// client id and the redirect address.
func (c Consent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = consentTemplate.Execute(w, c) // a browser that is gone cannot be told so
		return
	}
	redirect := query.Get("redirect_uri")
	back, err := url.Parse(redirect)
	if err != nil {
		http.Error(w, "The redirect_uri is no address.", http.StatusBadRequest)
		return
	}
	answer := back.Query()
	if r.Method == http.MethodPost && r.PostFormValue("decision") != "allow" {
		answer.Set("error", c.Denied)
	} else {
		answer.Set("code", c.Agree(redirect))
	}
	if query.Has("state") {
		answer.Set("state", query.Get("state"))
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}
