package platform

import (
	_ "embed"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
)

// static serves the files of a build with clean URLs: a page is its file without
// ".html". Directories are never listed.
type static struct{ dir string }

//go:embed missing.html
var missingPage []byte

func (s *static) has(urlPath string) bool {
	_, ok := s.find(urlPath)
	return ok
}

// find returns the name of the file that a path shows.
func (s *static) find(urlPath string) (string, bool) {
	name := strings.Trim(path.Clean("/"+urlPath), "/")
	candidates := []string{name, name + ".html", path.Join(name, "index.html")}
	if name == "" {
		candidates = []string{"index.html"}
	}
	for _, candidate := range candidates {
		if info, err := fs.Stat(s.files(), candidate); err == nil && info.Mode().IsRegular() {
			return candidate, true
		}
	}
	return "", false
}

// files are read anew each time: a build replaces the directory.
func (s *static) files() fs.FS { return os.DirFS(s.dir) }

func (s *static) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		platformError(w, http.StatusMethodNotAllowed, "INVALID_REQUEST_METHOD")
		return
	}
	if clean, ok := cleaned(r.URL.Path); ok {
		if r.URL.RawQuery != "" {
			clean += "?" + r.URL.RawQuery
		}
		http.Redirect(w, r, clean, http.StatusPermanentRedirect)
		return
	}
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "public, max-age=0, must-revalidate")
	}
	if name, ok := s.find(r.URL.Path); ok {
		http.ServeFileFS(w, requestFor(r, name), s.files(), name)
		return
	}
	s.notFound(w)
}

// requestFor keeps ServeFileFS from redirecting by its own rules.
func requestFor(r *http.Request, name string) *http.Request {
	in := r.Clone(r.Context())
	in.URL.Path = "/" + strings.TrimSuffix(name, "index.html")
	return in
}

// notFound shows the build's own page, or how to make a build.
func (s *static) notFound(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page, err := fs.ReadFile(s.files(), "404.html")
	status := http.StatusNotFound
	if _, built := s.find("/"); err != nil && !built {
		page, status = missingPage, http.StatusServiceUnavailable
	}
	w.WriteHeader(status)
	_, _ = w.Write(page)
}

// cleaned returns where a path with a file name of a page has moved to.
func cleaned(urlPath string) (string, bool) {
	name, isPage := strings.CutSuffix(urlPath, ".html")
	if !isPage && path.Base(urlPath) != "index" {
		return "", false
	}
	if path.Base(name) == "index" {
		name = path.Dir(name)
	}
	return "/" + strings.TrimLeft(name, "/"), true
}
