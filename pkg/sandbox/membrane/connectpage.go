package membrane

import (
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
)

// maxForm bounds a form in bytes.
const maxForm = 1 << 20

// connectPage is what the engine's client opens in a frame, or a person from a
// connection request: one button stands for signing in at the CRM.
func (s *Server) connectPage(w http.ResponseWriter, r *http.Request) {
	s.calls.Add("connect page")
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	key := r.FormValue("integrationKey")
	if named := r.PathValue("key"); named != "" {
		key = named
	}
	c := &call{Request: r}
	if err := s.authenticate(c, r.FormValue("token")); err != nil {
		s.page(w, http.StatusUnauthorized, view{Problem: err.Error()})
		return
	}
	to := s.integration(key)
	if to == nil || c.customer == "" {
		s.page(w, http.StatusNotFound, view{Problem: "There is no integration " + key + "."})
		return
	}
	s.page(w, http.StatusOK, view{Integration: to, Token: r.FormValue("token"), Request: r.FormValue("requestId")})
}

// connectForm makes the connection and tells the page's opener, or goes back to the
// address that the connection request named.
func (s *Server) connectForm(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	c := &call{Request: r}
	if err := s.authenticate(c, r.PostFormValue("token")); err != nil || c.customer == "" {
		s.page(w, http.StatusUnauthorized, view{Problem: "The token is not valid any more."})
		return
	}
	s.mu.Lock()
	made, err := s.connect(c.customer, r.PostFormValue("integrationKey"))
	asked := s.requests[r.PostFormValue("requestId")]
	back := ""
	if err == nil && asked != nil && asked.customer == c.customer {
		asked.made, back = made.id, asked.redirect
	}
	var shown map[string]any
	if err == nil {
		shown = viewConnection(made)
	}
	s.mu.Unlock()
	if err != nil {
		s.page(w, http.StatusNotFound, view{Problem: err.Error()})
		return
	}
	if u, err := url.Parse(back); err == nil && u.IsAbs() {
		http.Redirect(w, r, back, http.StatusSeeOther)
		return
	}
	text, err := json.Marshal(shown)
	if err != nil {
		s.page(w, http.StatusInternalServerError, view{Problem: err.Error()})
		return
	}
	s.page(w, http.StatusOK, view{Made: template.JS(text)})
}

type view struct {
	Integration    *Integration
	Token, Request string
	Problem        string
	Made           template.JS // the connection
}

func (s *Server) page(w http.ResponseWriter, status int, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = connectTemplate.Execute(w, v)
}

// connectTemplate speaks the protocol of the frame that the engine's client opens
// (penpal 6): it greets until it is answered, shakes hands, and reports what was made.
var connectTemplate = template.Must(template.New("connect").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Connect{{with .Integration}} {{.Name}}{{end}}</title>
<style>body{font:16px system-ui;display:grid;place-content:center;min-height:90vh;gap:1rem;text-align:center;background:#fff;color:#111}button{font:inherit;padding:.5rem 1rem}</style>
{{if .Problem}}<p role="alert">{{.Problem}}</p>
{{else if .Integration}}<h1>Connect {{.Integration.Name}}</h1>
<p>This stands for the sign-in page of {{.Integration.Name}}.</p>
<form method="post" action="/ui/connect">
<input type="hidden" name="token" value="{{.Token}}">
<input type="hidden" name="integrationKey" value="{{.Integration.Key}}">
<input type="hidden" name="requestId" value="{{.Request}}">
<button>Allow access</button>
</form>
{{else}}<p>The account is connected. You can close this page.</p>{{end}}
<script>
const made = {{if .Made}}{{.Made}}{{else}}null{{end}};
let calls = 0;
const tell = (methodName, ...args) => parent.postMessage({penpal: 'call', id: ++calls, methodName, args}, '*');
if (parent !== window) {
  const greeting = setInterval(() => parent.postMessage({penpal: 'syn'}, '*'), 100);
  addEventListener('message', event => {
    if (event.source !== parent || event.data?.penpal !== 'synAck') return;
    clearInterval(greeting);
    parent.postMessage({penpal: 'ack', methodNames: []}, '*');
    tell('handshake');
    if (made) { tell('onSuccess', made); tell('close'); }
  });
}
</script>
</html>
`))
