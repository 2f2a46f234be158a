package auth

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/plygames/ply/domain"
)

// guestPrefix begins the ids of guests, and of nobody else.
const guestPrefix = "g_"

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Guest makes a person without an account, and the token that proves it. Nothing is stored. A name that nobody may
// have is a *domain.Error of kind InvalidField.
func (a *Authority) Guest(name string) (Person, string, error) {
	if err := CheckName(name); err != nil {
		return Person{}, "", err
	}
	return a.issue(guestPrefix+random(12), name)
}

// renewWithin is how long after it has expired a guest's token is still good for a new one.
const renewWithin = 30 * 24 * time.Hour

// Renew gives a guest a new token, so that a game which lasts longer than a token keeps its players. The old one may have
// expired up to 30 days ago. Other tokens are Unauthorized: sites renew their own.
func (a *Authority) Renew(token, name string) (Person, string, error) {
	old, err := a.read(a.renewals, token)
	if err == nil && !old.Guest {
		err = unauthorized(errors.New("not a guest's token"))
	}
	if err == nil {
		err = CheckName(name)
	}
	if err != nil {
		return Person{}, "", err
	}
	return a.issue(old.ID, name)
}

// issue makes a guest's token.
func (a *Authority) issue(id, name string) (Person, string, error) {
	now := a.now()
	p := Person{ID: id, Name: name, Guest: true, Scopes: []string{ScopePlay}, Issued: now, Expires: now.Add(a.lifetime)}
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{Name: name, RegisteredClaims: jwt.RegisteredClaims{
		Subject:   p.ID,
		Audience:  jwt.ClaimStrings{a.audience},
		IssuedAt:  jwt.NewNumericDate(p.Issued),
		ExpiresAt: jwt.NewNumericDate(p.Expires),
	}})
	t.Header["kid"] = own
	signed, err := t.SignedString(a.tokenKey)
	if err != nil {
		return Person{}, "", &domain.Error{Kind: domain.Internal, Message: "no token could be made",
			Err: fmt.Errorf("sign: %w", err)}
	}
	// The token says whole seconds; so does the person, or the two would disagree.
	p.Issued, p.Expires = jwt.NewNumericDate(p.Issued).Time, jwt.NewNumericDate(p.Expires).Time
	return p, signed, nil
}

// random is n letters and digits, each equally likely: 5.95 bits each.
func random(n int) string {
	out := make([]byte, 0, n)
	var buf [32]byte
	for len(out) < n {
		_, _ = rand.Read(buf[:]) // never fails
		for _, b := range buf {
			if b < 4*62 && len(out) < n { // what is above would make some letters likelier
				out = append(out, base62[b%62])
			}
		}
	}
	return string(out)
}
