package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"github.com/plygames/ply/domain/game"
)

// Invite is the invitation to a seat of a game: HMAC-SHA-256 of both under our key, 16 bytes of it, in base64url.
// The same call gives the same invitation for ever, so nothing is stored.
func (a *Authority) Invite(id string, seat game.Seat) string {
	return base64.RawURLEncoding.EncodeToString(a.invite(id, seat))
}

// CheckInvite tells whether an invitation is the one to this seat, in constant time.
func (a *Authority) CheckInvite(id string, seat game.Seat, invite string) bool {
	want := base64.RawURLEncoding.EncodeToString(a.invite(id, seat))
	return hmac.Equal([]byte(want), []byte(invite))
}

func (a *Authority) invite(id string, seat game.Seat) []byte {
	h := hmac.New(sha256.New, a.inviteKey)
	h.Write([]byte(id))
	h.Write([]byte{0}) // in neither, so that no two pairs read the same
	h.Write([]byte(seat))
	return h.Sum(nil)[:16]
}
