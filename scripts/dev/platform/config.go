// Package platform stands in for the deployment platform on one machine: it reads
// vercel.json and serves functions and static files by its rules: rewrites,
// headers, clean URLs, size limits, time limits and crons.
//
// Where the platform is known to differ from net/http it follows the platform:
// bodies and answers are whole, a request's context has no deadline and does not
// end when the client leaves, and the path a function sees is the one the client
// asked for. It routes nothing by itself and knows nothing of contacts.
package platform

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"
)

// Config is the part of vercel.json that matters when requests are served.
// Members that are not known here are an error: they would do nothing locally.
type Config struct {
	Schema          string               `json:"$schema"`
	Framework       *string              `json:"framework"`
	InstallCommand  string               `json:"installCommand"`
	BuildCommand    string               `json:"buildCommand"`
	DevCommand      string               `json:"devCommand"`
	OutputDirectory string               `json:"outputDirectory"`
	CleanURLs       bool                 `json:"cleanUrls"`
	Functions       map[string]Resources `json:"functions"`
	Crons           []Cron               `json:"crons"`
	Rewrites        []Rewrite            `json:"rewrites"`
	Headers         []HeaderRule         `json:"headers"`
}

// Resources is what one function may use.
type Resources struct {
	MaxDuration int `json:"maxDuration"` // seconds
	Memory      int `json:"memory"`      // MB
}

// Limit is the function's maxDuration.
func (r Resources) Limit() time.Duration { return time.Duration(r.MaxDuration) * time.Second }

// Cron calls a path on a schedule, in UTC.
type Cron struct {
	Path     string `json:"path"`
	Schedule string `json:"schedule"`
}

// Rewrite serves another path under the path of Source. The destination's query is
// added to the request's own.
type Rewrite struct {
	Source      string `json:"source"`
	Destination string `json:"destination"`

	pattern *regexp.Regexp
	names   []string
	target  *url.URL
}

// HeaderRule adds headers to the answers under the paths of Source.
type HeaderRule struct {
	Source  string   `json:"source"`
	Headers []Header `json:"headers"`

	pattern *regexp.Regexp
}

// Header is one header of an answer.
type Header struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Load reads a vercel.json.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Parse reads the text of a vercel.json.
func Parse(data []byte) (*Config, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var c Config
	if err := decoder.Decode(&c); err != nil {
		return nil, err
	}
	var problems []error
	for i := range c.Rewrites {
		problems = append(problems, c.Rewrites[i].compile())
	}
	for i := range c.Headers {
		problems = append(problems, c.Headers[i].compile())
	}
	return &c, errors.Join(problems...)
}

func (r *Rewrite) compile() (err error) {
	if r.pattern, r.names, err = compile(r.Source); err != nil {
		return fmt.Errorf("rewrite %s: %w", r.Source, err)
	}
	if r.target, err = url.Parse(r.Destination); err != nil {
		return fmt.Errorf("rewrite %s: destination: %w", r.Source, err)
	}
	return nil
}

func (h *HeaderRule) compile() (err error) {
	if h.pattern, _, err = compile(h.Source); err != nil {
		return fmt.Errorf("headers of %s: %w", h.Source, err)
	}
	return nil
}

var parameter = regexp.MustCompile(`:([a-z]+)|\(\.\*\)`)

// compile turns a source into a pattern. Of the platform's syntax it knows what
// the project uses: :name for one segment, and (.*) for any rest.
func compile(source string) (*regexp.Regexp, []string, error) {
	if !strings.HasPrefix(source, "/") {
		return nil, nil, errors.New("a source begins with a slash")
	}
	var pattern strings.Builder
	var names []string
	rest := source
	for rest != "" {
		at := parameter.FindStringSubmatchIndex(rest)
		literal := rest
		if at != nil {
			literal = rest[:at[0]]
		}
		if strings.ContainsAny(literal, "()*+?{}[]:|\\^$") {
			return nil, nil, fmt.Errorf("%q is not understood here", literal)
		}
		pattern.WriteString(regexp.QuoteMeta(literal))
		if at == nil {
			break
		}
		if at[2] >= 0 {
			names = append(names, rest[at[2]:at[3]])
			pattern.WriteString(`([^/]+)`)
		} else {
			names = append(names, "")
			pattern.WriteString(`(.*)`)
		}
		rest = rest[at[1]:]
	}
	return regexp.MustCompile(`\A` + pattern.String() + `\z`), names, nil
}

// Apply returns the path that serves an escaped path, and the query that comes
// with it; ok is false when the rewrite is about another path.
func (r *Rewrite) Apply(escaped string) (path string, query url.Values, ok bool) {
	match := r.pattern.FindStringSubmatch(escaped)
	if match == nil {
		return "", nil, false
	}
	query = url.Values{}
	for key, values := range r.target.Query() {
		for _, value := range values {
			query.Add(key, r.fill(value, match))
		}
	}
	return r.target.Path, query, true
}

func (r *Rewrite) fill(value string, match []string) string {
	for i, name := range r.names {
		if name != "" && value == ":"+name {
			if plain, err := url.PathUnescape(match[i+1]); err == nil {
				return plain
			}
			return match[i+1]
		}
	}
	return value
}

// Rewrite finds the function behind an escaped path. The first rewrite that fits
// counts.
func (c *Config) Rewrite(escaped string) (path string, query url.Values, ok bool) {
	for i := range c.Rewrites {
		if path, query, ok = c.Rewrites[i].Apply(escaped); ok {
			return path, query, true
		}
	}
	return "", nil, false
}

// HeadersFor returns the headers of answers under a path. Later rules win.
func (c *Config) HeadersFor(path string) map[string]string {
	headers := map[string]string{}
	for _, rule := range c.Headers {
		if rule.pattern.MatchString(path) {
			for _, h := range rule.Headers {
				headers[h.Key] = h.Value
			}
		}
	}
	return headers
}
