package socket

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// allowedOrigin tells whether the page that opens a socket may do so: one of our own host and port, or a configured one.
// Who sends no Origin is no browser. Compared as a whole: game.example.evil.com is not game.example.
func (s *Server) allowedOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	if len(origins) > 1 {
		return false
	}
	u, err := url.Parse(origins[0])
	if err != nil || u.Host == "" || u.Path != "" || u.User != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return false // "null" is among these
	}
	own := strings.EqualFold(withPort(u.Host, u.Scheme), withPort(r.Host, u.Scheme))
	return own || slices.ContainsFunc(s.Origins, func(o string) bool { return strings.EqualFold(o, origins[0]) })
}

// withPort adds a scheme's usual port to a host that names none.
func withPort(host, scheme string) string {
	u := url.URL{Host: host}
	if u.Port() != "" {
		return host
	}
	if scheme == "https" {
		return strings.TrimSuffix(host, ":") + ":443"
	}
	return strings.TrimSuffix(host, ":") + ":80"
}
