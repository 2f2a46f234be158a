package auth_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/goleak"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/transport/auth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var key = bytes.Repeat([]byte{7}, 32)

// moment is a clock that tests can turn.
type moment struct {
	mu sync.Mutex
	t  time.Time
}

func (m *moment) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.t
}

func (m *moment) pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t = m.t.Add(d)
}

func newMoment() *moment { return &moment{t: time.Unix(1_764_000_000, 0)} }

func mustNew(t *testing.T, c auth.Config) *auth.Authority {
	t.Helper()
	if c.Key == nil {
		c.Key = key
	}
	a, err := auth.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantUnauthorized(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, &domain.Error{Kind: domain.Unauthorized}) {
		t.Errorf("error is %v, want unauthorized", err)
	}
}

func TestGuest(t *testing.T) {
	at := newMoment()
	a := mustNew(t, auth.Config{Now: at.now})
	p, token, err := a.Guest("Ann")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^g_[A-Za-z0-9]{12}$`).MatchString(p.ID) {
		t.Errorf("id %q", p.ID)
	}
	got, err := a.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	if got.ID != p.ID || got.Name != "Ann" || !got.Guest || !got.Can(auth.ScopePlay) || got.Can(auth.ScopeAdmin) ||
		!got.Expires.Equal(p.Expires) || !got.Issued.Equal(p.Issued) || got.Expires.Sub(at.now()) != 24*time.Hour {
		t.Errorf("%+v reads back as %+v", p, got)
	}
	if other, _, _ := a.Guest("Ann"); other.ID == p.ID {
		t.Error("two guests are one")
	}
	// The same key in another process: tokens survive a restart.
	if _, err := mustNew(t, auth.Config{Now: at.now}).Verify(token); err != nil {
		t.Error(err)
	}
	_, err = mustNew(t, auth.Config{Now: at.now, Key: bytes.Repeat([]byte{8}, 32)}).Verify(token)
	wantUnauthorized(t, err)

	at.pass(24*time.Hour + time.Second)
	if _, err := a.Verify(token); err != nil {
		t.Errorf("within the leeway: %v", err)
	}
	if expired, _ := a.Still(got); expired {
		t.Error("expired within the leeway")
	}
	at.pass(10 * time.Second)
	_, err = a.Verify(token)
	wantUnauthorized(t, err)
	if expired, revoked := a.Still(got); !expired || revoked {
		t.Errorf("expired %v, revoked %v", expired, revoked)
	}
}

func TestNames(t *testing.T) {
	good := []string{"A", "Ann", "名人", "O'Neil & <b>", "a b", strings.Repeat("x", 32), strings.Repeat("名", 32), "👩‍👧"}
	bad := []string{"", " ", "\u3000\t", "\u200b", strings.Repeat("x", 33), "a\x00b", "a\nb", "a\x1bb", "a\x7fb", "a\u0085b",
		"a\u202eb", "a\u200fb", "\u2066a", "a\u061cb", "a\u2028b", "a\xffb"}
	a := mustNew(t, auth.Config{})
	for _, name := range good {
		if _, _, err := a.Guest(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range bad {
		if _, _, err := a.Guest(name); !errors.Is(err, &domain.Error{Kind: domain.InvalidField}) {
			t.Errorf("%q: %v, want invalid_field", name, err)
		}
	}
}

func TestInvites(t *testing.T) {
	a := mustNew(t, auth.Config{})
	invite := a.Invite("k3JqT9xBv2Lm", "black")
	if invite != mustNew(t, auth.Config{}).Invite("k3JqT9xBv2Lm", "black") {
		t.Error("another invitation after a restart")
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`).MatchString(invite) {
		t.Errorf("invite %q", invite)
	}
	for _, tt := range []struct {
		game, seat, invite string
		want               bool
	}{
		{"k3JqT9xBv2Lm", "black", invite, true},
		{"k3JqT9xBv2Lm", "white", invite, false},
		{"k3JqT9xBv2Ln", "black", invite, false},
		{"k3JqT9xBv2Lm", "black", "", false},
		{"k3JqT9xBv2Lm", "black", invite[:21], false},
		{"k3JqT9xBv2Lm", "black", invite + "A", false},
		{"k3JqT9xBv2Lm", "black", strings.ToUpper(invite), false},
	} {
		if got := a.CheckInvite(tt.game, game(tt.seat), tt.invite); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

// site is an operator with users of their own.
type site struct {
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
	ed  ed25519.PrivateKey
	mac []byte
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{mac: bytes.Repeat([]byte{9}, 32)}
	var errs [3]error
	s.rsa, errs[0] = rsa.GenerateKey(rand.Reader, 2048)
	s.ec, errs[1] = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, s.ed, errs[2] = ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	return s
}

// keys is the site's key set, as RFC 7517 has it.
func (s *site) keys(t *testing.T) []byte {
	b64 := base64.RawURLEncoding.EncodeToString
	point, err := s.ec.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(map[string]any{"keys": []map[string]string{
		{"kid": "rsa", "kty": "RSA", "alg": "RS256", "use": "sig", "n": b64(s.rsa.N.Bytes()), "e": b64(big.NewInt(int64(s.rsa.E)).Bytes())},
		{"kid": "ec", "kty": "EC", "crv": "P-256", "use": "sig", "x": b64(point[1:33]), "y": b64(point[33:])},
		{"kid": "ed", "kty": "OKP", "crv": "Ed25519", "use": "sig", "x": b64(s.ed.Public().(ed25519.PublicKey))},
		{"kid": "mac", "kty": "oct", "alg": "HS256", "use": "sig", "k": b64(s.mac)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func (s *site) file(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(path, s.keys(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func sign(t *testing.T, method jwt.SigningMethod, kid string, key any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	if kid != "" {
		token.Header["kid"] = kid
	}
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestTokensOfASite(t *testing.T) {
	at := newMoment()
	s := newSite(t)
	a := mustNew(t, auth.Config{Now: at.now, KeySet: s.file(t)})
	exp := at.now().Add(time.Hour).Unix()
	claims := func(more jwt.MapClaims) jwt.MapClaims {
		c := jwt.MapClaims{"sub": "p_77", "name": "Cy", "exp": exp}
		for k, v := range more {
			if v == nil {
				delete(c, k)
				continue
			}
			c[k] = v
		}
		return c
	}
	for kid, signer := range map[string]struct {
		method jwt.SigningMethod
		key    any
	}{"rsa": {jwt.SigningMethodRS256, s.rsa}, "ec": {jwt.SigningMethodES256, s.ec}, "ed": {jwt.SigningMethodEdDSA, s.ed},
		"mac": {jwt.SigningMethodHS256, s.mac}} {
		p, err := a.Verify(sign(t, signer.method, kid, signer.key, claims(nil)))
		if err != nil {
			t.Errorf("%s: %v", kid, err)
			continue
		}
		if p.ID != "p_77" || p.Name != "Cy" || p.Guest || !p.Can(auth.ScopePlay) || p.Expires.Unix() != exp {
			t.Errorf("%s: %+v", kid, p)
		}
	}
	ed := func(more jwt.MapClaims) string { return sign(t, jwt.SigningMethodEdDSA, "ed", s.ed, claims(more)) }
	publicRSA := s.rsa.N.Bytes()

	good := map[string]string{
		"our audience":        ed(jwt.MapClaims{"aud": "ply"}),
		"one of several":      ed(jwt.MapClaims{"aud": []string{"shop", "ply"}}),
		"with issue date":     ed(jwt.MapClaims{"iat": at.now().Unix(), "nbf": at.now().Unix()}),
		"scopes":              ed(jwt.MapClaims{"scope": "bot read:all"}),
		"without name":        ed(jwt.MapClaims{"name": nil}),
		"with a name to hide": ed(jwt.MapClaims{"name": "a\u202eb"}),
		"without key id":      sign(t, jwt.SigningMethodEdDSA, "", s.ed, claims(nil)),
	}
	for name, token := range good {
		p, err := a.Verify(token)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if name == "scopes" && (p.Can(auth.ScopePlay) || !p.Can(auth.ScopeBot) || !p.Can(auth.ScopeReadAll)) {
			t.Errorf("scopes %v", p.Scopes)
		}
		if strings.HasPrefix(name, "with a name") && p.Name != "" {
			t.Errorf("name %q", p.Name)
		}
	}
	otherSite := newSite(t)
	forged := ed(nil)
	bad := map[string]string{
		"empty":             "",
		"garbage":           "garbage",
		"three dots":        "..",
		"huge":              strings.Repeat("A", 1<<16),
		"no signature":      forged[:strings.LastIndex(forged, ".")+1],
		"flipped signature": forged[:len(forged)-4] + "AAAA",
		"other claims":      strings.Replace(forged, strings.Split(forged, ".")[1], strings.Split(ed(jwt.MapClaims{"sub": "p_1"}), ".")[1], 1),
		"alg none":          sign(t, jwt.SigningMethodNone, "ed", jwt.UnsafeAllowNoneSignatureType, claims(nil)),
		"none as ours":      sign(t, jwt.SigningMethodNone, "ply", jwt.UnsafeAllowNoneSignatureType, claims(jwt.MapClaims{"sub": "g_x"})),
		"another's key":     sign(t, jwt.SigningMethodEdDSA, "ed", otherSite.ed, claims(nil)),
		"unknown key":       sign(t, jwt.SigningMethodEdDSA, "new", otherSite.ed, claims(nil)),
		"public key as mac": sign(t, jwt.SigningMethodHS256, "rsa", publicRSA, claims(nil)),
		"site's key as ours": sign(t, jwt.SigningMethodHS256, "ply", s.mac,
			claims(jwt.MapClaims{"sub": "g_8Jf2kQ"})),
		"expired":              ed(jwt.MapClaims{"exp": at.now().Add(-time.Minute).Unix()}),
		"without exp":          ed(jwt.MapClaims{"exp": nil}),
		"exp a text":           ed(jwt.MapClaims{"exp": "tomorrow"}),
		"not yet":              ed(jwt.MapClaims{"nbf": at.now().Add(time.Minute).Unix()}),
		"issued tomorrow":      ed(jwt.MapClaims{"iat": at.now().Add(24 * time.Hour).Unix()}),
		"another audience":     ed(jwt.MapClaims{"aud": "shop"}),
		"audience of a prefix": ed(jwt.MapClaims{"aud": "ply.example"}),
		"without sub":          ed(jwt.MapClaims{"sub": nil}),
		"sub with spaces":      ed(jwt.MapClaims{"sub": "p 1"}),
		"sub of 65":            ed(jwt.MapClaims{"sub": strings.Repeat("p", 65)}),
		"sub of a guest":       ed(jwt.MapClaims{"sub": "g_8Jf2kQ"}),
	}
	for name, token := range bad {
		t.Run(name, func(t *testing.T) {
			p, err := a.Verify(token)
			if err == nil {
				t.Errorf("believed: %+v", p)
			}
			wantUnauthorized(t, err)
		})
	}
	// Without configured keys nobody but our guests is believed.
	_, err := mustNew(t, auth.Config{Now: at.now}).Verify(forged)
	wantUnauthorized(t, err)
}

func TestKeysFromAURL(t *testing.T) {
	s := newSite(t)
	keys := s.keys(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(keys) }))
	defer server.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, err := auth.New(ctx, auth.Config{Key: key, KeySet: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	token := sign(t, jwt.SigningMethodES256, "ec", s.ec, jwt.MapClaims{"sub": "p_77", "exp": time.Now().Add(time.Hour).Unix()})
	if _, err := a.Verify(token); err != nil {
		t.Error(err)
	}
}

func TestAURLThatDoesNotAnswerIsNoReasonNotToStart(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	url := server.URL
	server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a, err := auth.New(ctx, auth.Config{Key: key, KeySet: url})
	if err != nil {
		t.Fatal(err)
	}
	if _, token, err := a.Guest("Ann"); err != nil {
		t.Error(err)
	} else if _, err := a.Verify(token); err != nil {
		t.Error(err)
	}
}

func TestConfigurationMistakes(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]auth.Config{
		"short key":    {Key: key[:31]},
		"no key":       {},
		"no such file": {Key: key, KeySet: broken + ".not"},
		"no key set":   {Key: key, KeySet: broken},
	} {
		if _, err := auth.New(t.Context(), c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// A guest's token is renewed for the same guest, also a while after it has expired; nobody else's is.
func TestRenew(t *testing.T) {
	now := time.Now()
	a, err := auth.New(t.Context(), auth.Config{Key: make([]byte, 32), Lifetime: time.Hour, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	guest, token, err := a.Guest("Ann")
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(29 * 24 * time.Hour)
	if _, err := a.Verify(token); err == nil {
		t.Fatal("an expired token is believed")
	}
	renewed, token, err := a.Renew(token, "Anna")
	if err != nil || renewed.ID != guest.ID || renewed.Name != "Anna" {
		t.Fatalf("renewed %+v, %v", renewed, err)
	}
	if p, err := a.Verify(token); err != nil || p.ID != guest.ID {
		t.Errorf("the new token names %+v, %v", p, err)
	}
	now = now.Add(32 * 24 * time.Hour)
	for name, bad := range map[string]string{"too old": token, "garbage": "x.y.z", "changed": token[:len(token)-2] + "xx"} {
		if _, _, err := a.Renew(bad, "Ann"); err == nil {
			t.Errorf("%s: renewed", name)
		}
	}
}
