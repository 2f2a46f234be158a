package web_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/plygames/ply/transport/web"
)

var handler = sync.OnceValue(web.Handler)

func ask(t *testing.T, method, target string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "http://play.example:8080"+target, nil)
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	handler().ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPagesAndTheRest(t *testing.T) {
	for _, c := range []struct {
		method, path string
		status       int
		kind         string
	}{
		{"GET", "/", 200, "text/html"},
		{"HEAD", "/", 200, "text/html"},
		{"GET", "/game/k3JqT9xBv2Lm", 200, "text/html"},
		{"GET", "/game/", 404, ""},
		{"GET", "/game/a/b", 404, ""},
		{"GET", "/nothing", 404, ""},
		{"GET", "/assets/-/nothing.js", 404, ""},
		{"GET", "/assets/-/index.html", 404, ""},
		{"GET", "/player/p_1", 200, "text/html"},
		{"GET", "/tv", 200, "text/html"},
		{"GET", "/boards", 200, "text/html"},
		{"GET", "/assets/-/main.js", 200, "text/javascript"},
		{"GET", "/assets/-/board/board.js", 200, "text/javascript"},
		{"GET", "/assets/-/icon.svg", 200, "image/svg+xml"},
		{"POST", "/", 405, ""},
	} {
		r := ask(t, c.method, c.path)
		if r.StatusCode != c.status || !strings.HasPrefix(r.Header.Get("Content-Type"), c.kind) {
			t.Errorf("%s %s: %d %s", c.method, c.path, r.StatusCode, r.Header.Get("Content-Type"))
		}
		if c.method == "HEAD" && text(t, r) != "" {
			t.Error("HEAD has a body")
		}
		for header, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' " +
				"ws://play.example:8080 wss://play.example:8080; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		} {
			if got := r.Header.Get(header); got != want {
				t.Errorf("%s %s: %s is %q", c.method, c.path, header, got)
			}
		}
	}
}

func TestPolicyNamesOurOwnSocketsOnly(t *testing.T) {
	for host, named := range map[string]bool{
		"play.example:8080": true, "127.0.0.1:80": true, "[::1]:8080": true,
		"a; script-src *": false, "a b": false, "a,b": false, "*": false, "a'": false, "": false,
	} {
		policy := ask(t, "GET", "/", "Host", host).Header.Get("Content-Security-Policy")
		if got := strings.Contains(policy, "ws://"+host+" wss://"+host+";"); got != named {
			t.Errorf("host %q: %s", host, policy)
		}
		if strings.Contains(policy, "unsafe") || strings.Count(policy, "script-src") != 1 || strings.Contains(policy, "*") {
			t.Errorf("host %q: %s", host, policy)
		}
	}
}

// TestIndexIsWhole: everything the index names is there and may be kept for ever, it names every module, and it has no
// script or style of its own, which the policy would forbid.
func TestIndexIsWhole(t *testing.T) {
	index := text(t, ask(t, "GET", "/"))
	named := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`).FindAllStringSubmatch(index, -1) {
		named[m[1]] = true
		r := ask(t, "GET", m[1])
		if r.StatusCode != 200 || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d, %s", m[1], r.StatusCode, r.Header.Get("Cache-Control"))
		}
		for _, i := range regexp.MustCompile(`(?:from|import) "(\.\.?/[^"]+)"`).FindAllStringSubmatch(text(t, r), -1) {
			if wanted := path.Join(path.Dir(m[1]), i[1]); !strings.Contains(index, wanted) {
				t.Errorf("%s imports %s, which the index does not preload", m[1], wanted)
			}
		}
	}
	if len(named) < 20 || strings.Contains(index, "/assets/-/") {
		t.Errorf("the index names %d files", len(named))
	}
	if regexp.MustCompile(`<style|<script[^>]*>[^<]|\son\w+=|\sstyle=`).MatchString(index) {
		t.Error("the index has inline script or style")
	}
}

func TestCaching(t *testing.T) {
	first := ask(t, "GET", "/")
	tag := first.Header.Get("ETag")
	if tag == "" || first.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("index: %v", first.Header)
	}
	for list, status := range map[string]int{tag: 304, "W/" + tag: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200, "": 200} {
		if r := ask(t, "GET", "/", "If-None-Match", list); r.StatusCode != status {
			t.Errorf("If-None-Match %s: %d", list, r.StatusCode)
		}
	}
	// A page of another release gets the file that there is now, and keeps it for no longer than this visit.
	hash := regexp.MustCompile(`/assets/([0-9a-f]{12})/`).FindStringSubmatch(text(t, first))[1]
	ours, old := ask(t, "GET", "/assets/"+hash+"/main.js"), ask(t, "GET", "/assets/000000000000/main.js")
	if ours.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || old.StatusCode != 200 ||
		old.Header.Get("Cache-Control") != "no-cache" || old.Header.Get("ETag") != ours.Header.Get("ETag") || text(t, old) != text(t, ours) {
		t.Errorf("this release's file: %v, another release's: %d %v", ours.Header, old.StatusCode, old.Header)
	}
	// What that release had and this one has not is missing, and must not be remembered as missing.
	for _, path := range []string{"/assets/000000000000/gone.js", "/assets/" + hash + "/gone.js"} {
		if gone := ask(t, "GET", path); gone.StatusCode != 404 || gone.Header.Get("Cache-Control") != "" {
			t.Errorf("%s: %d %v", path, gone.StatusCode, gone.Header)
		}
	}
}

func TestCompression(t *testing.T) {
	plain := text(t, ask(t, "GET", "/"))
	for accepted, zipped := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "gzip;q=1.0": true, "gzip; q=0": false, "identity": false, "gzip;q=x": false, "": false,
	} {
		r := ask(t, "GET", "/", "Accept-Encoding", accepted)
		if got := r.Header.Get("Content-Encoding") == "gzip"; got != zipped || r.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: %v", accepted, r.Header)
			continue
		}
		if !zipped {
			continue
		}
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(z); err != nil || string(b) != plain {
			t.Errorf("%q: %v, other text", accepted, err)
		}
		if r.Header.Get("ETag") == ask(t, "GET", "/").Header.Get("ETag") {
			t.Error("one tag for two encodings")
		}
	}
}

// TestWeight keeps the first load small: the index and everything that it names, compressed. Nothing is loaded later on.
func TestWeight(t *testing.T) {
	index := ask(t, "GET", "/", "Accept-Encoding", "gzip")
	total := len(text(t, index))
	for _, m := range regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`).FindAllStringSubmatch(text(t, ask(t, "GET", "/")), -1) {
		if !strings.HasSuffix(m[1], "/main.js") || !strings.Contains(m[0], "src") { // named twice: preloaded, and run
			total += len(text(t, ask(t, "GET", m[1], "Accept-Encoding", "gzip")))
		}
	}
	t.Logf("%d bytes", total)
	if total > 150_000 {
		t.Errorf("the page weighs %d bytes", total)
	}
}
