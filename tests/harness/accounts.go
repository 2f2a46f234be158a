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
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	public := base64.RawURLEncoding.EncodeToString(key.Public().(ed25519.PublicKey))
	keys := filepath.Join(t.TempDir(), "keys.json")
	set := `{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","kid":"site","x":"` + public + `"}]}`
	if err := os.WriteFile(keys, []byte(set), 0o600); err != nil {
		t.Fatal(err)
	}
	return Env("PLY_JWKS_FILE", keys), func(player string, scopes ...string) string {
		claims := jwt.MapClaims{"sub": player, "exp": time.Now().Add(time.Hour).Unix(), "scope": strings.Join(scopes, " ")}
		signed := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
		signed.Header["kid"] = "site"
		text, err := signed.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}
