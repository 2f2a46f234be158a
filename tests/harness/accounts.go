package harness

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Accounts makes the keys of a site with people of its own: a setting that lets a server believe them, and a function
// that gives a token of somebody with scopes.
func Accounts(t testing.TB) (setting string, token func(player string, scopes ...string) string) {
	t.Helper()
	setting, sign := site(t)
	return setting, func(player string, scopes ...string) string {
		return sign(jwt.MapClaims{"sub": player, "scope": strings.Join(scopes, " ")})
	}
}

// Members is as Accounts, for people who may play. Their site tells their names, unless they are empty.
func Members(t testing.TB) (setting string, token func(player, name string) string) {
	t.Helper()
	setting, sign := site(t)
	return setting, func(player, name string) string {
		claims := jwt.MapClaims{"sub": player, "aud": "ply"}
		if name != "" {
			claims["name"] = name
		}
		return sign(claims)
	}
}

// site makes a key, the setting that makes a server believe it, and what signs with it.
func site(t testing.TB) (setting string, sign func(claims jwt.MapClaims) string) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	public := base64.RawURLEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	keys := filepath.Join(t.TempDir(), "keys.json")
	set := `{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"site","x":"` + public + `"}]}`
	if err := os.WriteFile(keys, []byte(set), 0o600); err != nil {
		t.Fatal(err)
	}
	return Env("PLY_JWKS_FILE", keys), func(claims jwt.MapClaims) string {
		claims["iat"], claims["exp"] = time.Now().Unix(), time.Now().Add(time.Hour).Unix()
		signed := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
		signed.Header["kid"] = "site"
		text, err := signed.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}
