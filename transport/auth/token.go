package auth

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/golang-jwt/jwt/v5"

	"github.com/plygames/ply/domain"
)

// Scopes. A token that names none has ScopePlay.
const (
	ScopePlay    = "play"     // create games, sit, move
	ScopeBot     = "bot"      // the person is a program
	ScopeReadAll = "read:all" // exports: everything, not redacted
	ScopeAdmin   = "admin"
)

// Config is what an Authority is made of. Key is required, everything else has a default.
type Config struct {
	Key      []byte        // secret, at least 32 bytes; signs guests' tokens and invitations. See LoadOrCreateKey
	KeySet   string        // a site's own keys: path or http(s) URL of a JWKS; empty = none
	Audience string        // what a token's audience must contain if it has one; default "ply"
	Lifetime time.Duration // of guests' tokens; default 24 h
	Revoked  Revocations   // where revocations are kept; nil = in memory only
	Now      func() time.Time
	Log      *slog.Logger
}

// leeway is by how much the clocks of two servers may differ. A token is believed so much longer than it says.
const leeway = 5 * time.Second

// own marks the tokens that we signed ourselves, in the header's key id. A site's key can't have it.
const own = "ply"

// ownMethod and siteMethods are the methods that signatures may have. "none" is in neither.
const ownMethod = "HS256"

var siteMethods = []string{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
	"ES256", "ES384", "ES512", "EdDSA"}

// Person is who a token names.
type Person struct {
	ID, Name string // Name may be empty
	Guest    bool   // has no account
	Scopes   []string
	Issued   time.Time // zero if the token does not say
	Expires  time.Time
}

// Can tells whether the person has a scope.
func (p Person) Can(scope string) bool { return slices.Contains(p.Scopes, scope) }

// Authority verifies and makes tokens and invitations. It is safe for concurrent use.
type Authority struct {
	tokenKey, inviteKey []byte
	site                keyfunc.Keyfunc // nil = no keys but ours
	audience            string
	lifetime            time.Duration
	now                 func() time.Time
	parser, renewals    *jwt.Parser
	revoked             revoked
}

// New makes an Authority. With a KeySet URL it fetches the keys at once, and in the background again and again until ctx
// ends; a URL that does not answer is logged, not an error, for its site may come up later than we do.
func New(ctx context.Context, c Config) (*Authority, error) {
	if len(c.Key) < 32 {
		return nil, errors.New("the signing key must have at least 32 bytes")
	}
	a := &Authority{audience: c.Audience, lifetime: c.Lifetime, now: c.Now}
	if a.audience == "" {
		a.audience = "ply"
	}
	if a.lifetime == 0 {
		a.lifetime = 24 * time.Hour
	}
	if a.now == nil {
		a.now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	// One secret, two purposes: keys of their own, so that no invitation is ever half of a token.
	var err error
	if a.tokenKey, err = hkdf.Key(sha256.New, c.Key, nil, "ply token", 32); err != nil {
		return nil, fmt.Errorf("token key: %w", err)
	}
	if a.inviteKey, err = hkdf.Key(sha256.New, c.Key, nil, "ply invite", 32); err != nil {
		return nil, fmt.Errorf("invite key: %w", err)
	}
	if a.site, err = keySet(ctx, c.KeySet, c.Log); err != nil {
		return nil, err
	}
	if err := a.revoked.open(c.Revoked); err != nil {
		return nil, fmt.Errorf("revocations: %w", err)
	}
	a.parser, a.renewals = a.newParser(leeway), a.newParser(renewWithin)
	return a, nil
}

func (a *Authority) newParser(late time.Duration) *jwt.Parser {
	return jwt.NewParser(jwt.WithValidMethods(siteMethods), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(late), jwt.WithTimeFunc(a.now), jwt.WithStrictDecoding())
}

// claims are the parts of a token that we look at.
type claims struct {
	Name  string `json:"name,omitempty"`
	Scope string `json:"scope,omitempty"`
	jwt.RegisteredClaims
}

// Verify tells whom a token names. The error is a *domain.Error of kind Unauthorized, whose text is the same whatever
// is wrong; its cause is for the log.
func (a *Authority) Verify(token string) (Person, error) { return a.read(a.parser, token) }

func (a *Authority) read(parser *jwt.Parser, token string) (Person, error) {
	var c claims
	parsed, err := parser.ParseWithClaims(token, &c, a.key)
	if err != nil {
		return Person{}, unauthorized(err)
	}
	if len(c.Audience) > 0 && !slices.Contains(c.Audience, a.audience) {
		return Person{}, unauthorized(errors.New("token is for another audience"))
	}
	guest := parsed.Header["kid"] == own
	if !goodPlayer(c.Subject) || guest != strings.HasPrefix(c.Subject, guestPrefix) {
		return Person{}, unauthorized(errors.New("token names nobody that it could"))
	}
	p := Person{ID: c.Subject, Name: c.Name, Guest: guest, Scopes: strings.Fields(c.Scope), Expires: c.ExpiresAt.Time}
	if len(p.Scopes) == 0 {
		p.Scopes = []string{ScopePlay}
	}
	if CheckName(p.Name) != nil {
		p.Name = "" // a site's names are not ours to refuse, but neither do we show all of them
	}
	if c.IssuedAt != nil {
		p.Issued = c.IssuedAt.Time
	}
	if a.revoked.covers(p) {
		return Person{}, unauthorized(errors.New("token is revoked"))
	}
	return p, nil
}

// Still tells whether a person who was verified earlier would be now: for sockets, which live longer than one look.
func (a *Authority) Still(p Person) (expired, revoked bool) {
	return !a.now().Before(p.Expires.Add(leeway)), a.revoked.covers(p)
}

// key finds the key for a token's signature.
func (a *Authority) key(t *jwt.Token) (any, error) {
	if t.Header["kid"] == own {
		if t.Method.Alg() != ownMethod {
			return nil, errors.New("not the method of our own tokens")
		}
		return a.tokenKey, nil
	}
	if a.site == nil {
		return nil, errors.New("signed by a key that is not ours, and no others are configured")
	}
	return a.site.Keyfunc(t)
}

// goodPlayer tells whether an id has the form that players' ids have.
func goodPlayer(id string) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for i := 0; i < len(id); i++ {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}

func unauthorized(cause error) *domain.Error {
	return &domain.Error{Kind: domain.Unauthorized, Message: "no token, or none that is valid", Err: cause}
}
