package hostile_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/plygames/ply/tests/harness"
)

func TestHandshakes(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	play, watch := "GET /play/"+g.id, "GET /watch/"+g.id
	auth := "Authorization: Bearer " + g.white
	own := "Origin: http://" + s.addr()
	tls := "Origin: https://" + s.addr()
	host := "Host: " + s.addr()

	for _, c := range []struct {
		name   string
		line   string
		extra  []string
		status int
	}{
		{"POST", "POST /watch/" + g.id + " HTTP/1.1", nil, 405},
		{"PUT", "PUT /play/" + g.id + " HTTP/1.1", []string{auth}, 405},
		{"HTTP 1.0", watch + " HTTP/1.0", nil, 426},
		{"no Upgrade", watch + " HTTP/1.1", []string{"Upgrade:"}, 426},
		{"another Upgrade", watch + " HTTP/1.1", []string{"Upgrade: h2c"}, 426},
		{"no Connection", watch + " HTTP/1.1", []string{"Connection:"}, 426},
		{"no version", watch + " HTTP/1.1", []string{"Sec-WebSocket-Version:"}, 400},
		{"version 8", watch + " HTTP/1.1", []string{"Sec-WebSocket-Version: 8"}, 400},
		{"no key", watch + " HTTP/1.1", []string{"Sec-WebSocket-Key:"}, 400},
		{"two keys", watch + " HTTP/1.1", []string{"+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="}, 400},
		{"short key", watch + " HTTP/1.1", []string{"Sec-WebSocket-Key: c2hvcnQ="}, 400},
		{"key that is not base64", watch + " HTTP/1.1", []string{"Sec-WebSocket-Key: " + marker}, 400},

		{"no origin", watch + " HTTP/1.1", nil, 101},
		{"our origin", watch + " HTTP/1.1", []string{host, own}, 101},
		{"our origin over TLS", watch + " HTTP/1.1", []string{host, tls}, 101},
		{"origin null", watch + " HTTP/1.1", []string{host, "Origin: null"}, 403},
		{"empty origin", watch + " HTTP/1.1", []string{host, "+Origin: "}, 403},
		{"another site", watch + " HTTP/1.1", []string{host, "Origin: https://evil.example"}, 403},
		{"our host as a sub-domain of theirs", watch + " HTTP/1.1", []string{"Host: game.example", "Origin: https://game.example.evil.com"}, 403},
		{"our host behind theirs", watch + " HTTP/1.1", []string{"Host: game.example", "Origin: https://evilgame.example"}, 403},
		{"our host as user", watch + " HTTP/1.1", []string{"Host: game.example", "Origin: https://game.example@evil.com"}, 403},
		{"our host, another port", watch + " HTTP/1.1", []string{"Host: game.example", "Origin: https://game.example:8443"}, 403},
		{"our host, another scheme", watch + " HTTP/1.1", []string{"Host: game.example", "Origin: ftp://game.example"}, 403},
		{"two origins", watch + " HTTP/1.1", []string{host, own, "+" + own}, 403},
		{"origin before token", play + " HTTP/1.1", []string{host, "Origin: https://evil.example"}, 403},

		{"no token to play", play + " HTTP/1.1", nil, 401},
		{"a good token", play + " HTTP/1.1", []string{auth}, 101},
		{"a good token as subprotocol", play + " HTTP/1.1", []string{"Sec-WebSocket-Protocol: ply.v1, bearer." + g.white}, 101},
		{"a token in the URL", play + "?token=" + g.white + " HTTP/1.1", nil, 401},
		{"a good token and one in the URL", play + "?access_token=" + g.white + " HTTP/1.1", []string{auth}, 401},
		{"two tokens", play + " HTTP/1.1", []string{auth, "+" + auth}, 401},
		{"another scheme", play + " HTTP/1.1", []string{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("a:"+marker))}, 401},
		{"a bad token to watch", watch + " HTTP/1.1", []string{"Authorization: Bearer " + marker}, 401},
		{"no seat", play + " HTTP/1.1", []string{"Authorization: Bearer " + s.token("stranger", nil)}, 403},
		{"unknown game to play", "GET /play/aaaaaaaaaaaa HTTP/1.1", []string{auth}, 404},
		{"unknown game to watch", "GET /watch/aaaaaaaaaaaa HTTP/1.1", nil, 404},
		{"no game id", "GET /watch/" + marker + "%00 HTTP/1.1", nil, 404},
		{"an unknown board", "GET /watch?games=" + g.id + ",aaaaaaaaaaaa HTTP/1.1", nil, 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			counter := refusedWith(c.status)
			if c.status == http.StatusSwitchingProtocols {
				counter = ""
			}
			if c.status == 405 || c.status == 400 {
				counter = refusedWith(426) // not a handshake; the library says what is wrong
			}
			s.under(t, counter, func() {
				k := dial(t, s, "")
				response, body := k.request(c.line, c.extra...)
				if response.StatusCode != c.status {
					t.Errorf("answered %d %q, want %d", response.StatusCode, body, c.status)
				}
				switch c.status {
				case 101:
					if p := response.Header.Get("Sec-WebSocket-Protocol"); p != "ply.v1" {
						t.Errorf("selected %q", p)
					}
				case 400:
					if v := response.Header.Get("Sec-WebSocket-Version"); strings.HasPrefix(c.name, "version") && v != "13" {
						t.Errorf("supports version %q", v)
					}
				case 401, 403, 404:
					if !strings.Contains(body, `"t":"error"`) || strings.Contains(body, marker) {
						t.Errorf("body %q", body)
					}
				}
				k.hangUp()
			})
		})
	}
}

// Tokens that must not be believed, each on a socket and over HTTP.
func TestTokens(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	status, guest := s.call(t, "POST", "/api/guests", "", `{"name":"`+"Ann"+`"}`)
	if status != http.StatusCreated {
		t.Fatalf("guest: %d %v", status, guest)
	}
	parts := strings.Split(guest.str("token"), ".")
	sign := func(method jwt.SigningMethod, key any, kid string, claims jwt.MapClaims) string {
		token := jwt.NewWithClaims(method, claims)
		token.Header["kid"] = kid
		signed, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	good := jwt.MapClaims{"sub": "p1", "exp": time.Now().Add(time.Hour).Unix()}
	asGuest := jwt.MapClaims{"sub": guest.str("player"), "exp": time.Now().Add(time.Hour).Unix()}
	tampered := func(i int) string {
		p := append([]string(nil), parts...)
		p[i] = p[i][:len(p[i])/2] + "A" + p[i][len(p[i])/2+1:]
		if p[i] == parts[i] {
			p[i] = p[i][:len(p[i])/2] + "B" + p[i][len(p[i])/2+1:]
		}
		return strings.Join(p, ".")
	}
	for name, token := range map[string]string{
		"empty":                          "",
		"not a token":                    marker,
		"three dots":                     "...",
		"alg none":                       sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "site", good),
		"alg none, our own kid":          sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "ply", asGuest),
		"no signature":                   parts[0] + "." + parts[1] + ".",
		"another key":                    sign(jwt.SigningMethodHS256, []byte(marker), "ply", asGuest),
		"the public key as secret":       sign(jwt.SigningMethodHS256, []byte(s.key.Public().(ed25519.PublicKey)), "site", good),
		"an unknown key":                 sign(jwt.SigningMethodEdDSA, s.key, "unknown", good),
		"a guest of another authority":   sign(jwt.SigningMethodEdDSA, s.key, "site", asGuest),
		"payload changed":                tampered(1),
		"header changed":                 tampered(0),
		"signature changed":              tampered(2),
		"expired":                        s.token("p1", jwt.MapClaims{"exp": time.Now().Add(-time.Minute).Unix()}),
		"without expiry":                 s.token("p1", jwt.MapClaims{"exp": nil}),
		"not yet valid":                  s.token("p1", jwt.MapClaims{"nbf": time.Now().Add(time.Hour).Unix()}),
		"another audience":               s.token("p1", jwt.MapClaims{"aud": "chess.example"}),
		"nobody":                         s.token("", nil),
		"a player that can't be":         s.token("../"+marker, nil),
		"issued in the future":           s.token("p1", jwt.MapClaims{"iat": time.Now().Add(time.Hour).Unix()}),
		"twice":                          guest.str("token") + " " + guest.str("token"),
		"expiry that is not a number":    s.token("p1", jwt.MapClaims{"exp": "tomorrow"}),
		"longer than a header should be": strings.Repeat("a", 3000),
	} {
		t.Run(name, func(t *testing.T) {
			s.under(t, refusedWith(401), func() {
				k := dial(t, s, "")
				response, body := k.request("GET /play/"+g.id+" HTTP/1.1", "Authorization: Bearer "+token)
				if response.StatusCode != 401 || !strings.Contains(body, "unauthorized") {
					t.Errorf("socket: %s %s", response.Status, body)
				}
				k.hangUp()
				k = dial(t, s, "")
				k.write([]byte("GET /api/me HTTP/1.1\r\nHost: ply.test\r\nAuthorization: Bearer " + token + "\r\n\r\n"))
				response, body = k.answer()
				if response.StatusCode != 401 || !strings.Contains(body, "unauthorized") {
					t.Errorf("HTTP: %s %s", response.Status, body)
				}
				k.hangUp()
			})
		})
	}
}

func TestHeaders(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	many := make([]string, 200)
	for i := range many {
		many[i] = fmt.Sprintf("+X-%s-%d: 1", marker, i)
	}
	for name, c := range map[string]struct {
		extra  []string
		status int
	}{
		"8 KiB and more":   {[]string{"X-Long: " + marker + strings.Repeat("a", 8<<10)}, 431},
		"200 headers":      {many, 431},
		"a header of 7 KB": {[]string{"X-Long: " + strings.Repeat("a", 7<<10)}, 101},
	} {
		t.Run(name, func(t *testing.T) {
			s.under(t, "", func() {
				k := dial(t, s, "")
				if response, body := k.request("GET /watch/"+g.id+" HTTP/1.1", c.extra...); response.StatusCode != c.status {
					t.Errorf("answered %d %s, want %d", response.StatusCode, body, c.status)
				}
				k.hangUp()
			})
		})
	}
}

// Clients that say nothing, or say it slowly, are cut after 5 s and hold up nobody.
func TestSlowloris(t *testing.T) {
	s := startSite(t, harness.NoLimits)
	g := s.newTable(t, "")
	before := s.metrics(t)
	const slow = 1000
	var waiting sync.WaitGroup
	took := make([]time.Duration, slow)
	begun := time.Now()
	for i := range slow {
		k := dial(t, s, "")
		waiting.Go(func() {
			start := time.Now()
			stop := make(chan struct{})
			if i%2 == 0 {
				k.write([]byte("GET /watch/" + g.id + " HTTP/1.1\r\nHost: "))
				go func() {
					tick := time.NewTicker(time.Second)
					defer tick.Stop()
					for {
						select {
						case <-stop:
							return
						case <-tick.C:
							k.write([]byte("a"))
						}
					}
				}()
			}
			_ = k.conn.SetReadDeadline(time.Now().Add(patience))
			_, _ = io.Copy(io.Discard, k.in)
			close(stop)
			took[i] = time.Since(start)
			k.hangUp()
		})
	}
	for time.Since(begun) < 4*time.Second {
		start := time.Now()
		k := dial(t, s, "")
		k.upgrade("/watch/"+g.id, "")
		if d := time.Since(start); d > time.Second {
			t.Errorf("an honest handshake took %v", d)
		}
		k.hangUp()
		s.honest.move(t)
	}
	waiting.Wait()
	for i, d := range took {
		if d > 9*time.Second {
			t.Errorf("connection %d lasted %v", i, d)
			break
		}
	}
	s.settles(t, before)
}

// Above 20 handshakes a second an address is told to wait; others are not.
func TestHandshakeFlood(t *testing.T) {
	s := startSite(t)
	g := s.newTable(t, "")
	before := s.metrics(t)
	refused := 0
	for range 120 {
		k := dial(t, s, "127.0.0.2")
		response, body := k.request("GET /watch/" + g.id + " HTTP/1.1")
		switch response.StatusCode {
		case 101:
		case 429:
			refused++
			if !strings.Contains(body, `"rate_limited"`) || !strings.Contains(body, `"after":`) || !strings.Contains(body, `"retry":true`) {
				t.Errorf("body %s", body)
			}
		default:
			t.Errorf("answered %s", response.Status)
		}
		k.hangUp()
	}
	if refused == 0 {
		t.Error("nobody was refused")
	}
	k := dial(t, s, "127.0.0.3")
	k.upgrade("/watch/"+g.id, "")
	k.hangUp()
	s.honest.move(t)
	if n := s.metrics(t)[refusedWith(429)] - before[refusedWith(429)]; n != float64(refused) {
		t.Errorf("%d were refused, %v counted", refused, n)
	}
	s.settles(t, before)
}
