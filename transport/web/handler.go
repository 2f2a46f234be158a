package web

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// screens are the addresses at which the page itself answers; which of them it is, its script reads off the address.
var screens = []string{"/{$}", "/game/{id}", "/player/{id}", "/players", "/tv", "/boards"}

// Handler serves the page at its screens' addresses, and its files below "/assets/". Mount it at "/", behind the more
// special routes. It answers 404 to everything else. Safe for concurrent use; it panics if the embedded files are
// broken, which is a mistake of the build and not of the operator.
func Handler() http.Handler {
	s, err := build()
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	show := func(w http.ResponseWriter, r *http.Request) { send(w, r, s.index, "no-cache") }
	for _, screen := range screens {
		mux.HandleFunc("GET "+screen, show)
	}
	mux.HandleFunc("GET /assets/{hash}/{name...}", func(w http.ResponseWriter, r *http.Request) {
		f, ok := s.assets[r.PathValue("name")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		// A page of another release may ask us while servers are being replaced: it gets what we have, unremembered.
		caching := "no-cache"
		if r.PathValue("hash") == s.hash {
			caching = "public, max-age=31536000, immutable"
		}
		send(w, r, f, caching)
	})
	return protect(mux)
}

func send(w http.ResponseWriter, r *http.Request, f file, caching string) {
	h := w.Header()
	h.Set("Cache-Control", caching)
	h.Set("Vary", "Accept-Encoding")
	body, etag := f.body, `"`+f.etag+`"`
	if f.zipped != nil && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		body, etag = f.zipped, `"`+f.etag+`-gz"`
	}
	h.Set("ETag", etag)
	if matches(r.Header.Get("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader went away: nobody to tell
	}
}

// matches tells whether a list of entity tags, as in If-None-Match, names this one.
func matches(list, etag string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

// acceptsGzip reads Accept-Encoding as far as our two choices need it: "gzip;q=0" is a refusal.
func acceptsGzip(r *http.Request) bool {
	for item := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(item), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q="), 64)
			return weight == "" || err == nil && q > 0
		}
	}
	return false
}

// protect sets the headers that hold for every answer, errors included.
func protect(next http.Handler) http.Handler {
	// Safari read 'self' in connect-src as http only for years, so the sockets of this very host are named. The host
	// comes from the request: one that could end the directive is left out.
	plain := regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]{1,5})?$|^\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?$`)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sockets := ""
		if plain.MatchString(r.Host) {
			sockets = " ws://" + r.Host + " wss://" + r.Host
		}
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
			"connect-src 'self'"+sockets+"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		// What no board needs. The clipboard is needed: links are copied.
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		next.ServeHTTP(w, r)
	})
}
