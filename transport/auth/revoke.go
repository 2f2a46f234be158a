package auth

import (
	"sync"
	"time"
)

// Revocations keep, for each player who has one, the newest moment up to which their tokens are no longer believed, in
// Unix ms. Safe for concurrent use.
type Revocations interface {
	// All gives everything that was saved.
	All() (map[string]int64, error)
	// Save replaces a player's moment; it is durable when Save returns.
	Save(player string, at int64) error
}

// revoked is the list in memory, in front of where it is kept.
type revoked struct {
	mu   sync.RWMutex
	at   map[string]int64
	kept Revocations // nil = nowhere
}

func (r *revoked) open(kept Revocations) error {
	r.at, r.kept = map[string]int64{}, kept
	if kept == nil {
		return nil
	}
	all, err := kept.All()
	for player, at := range all {
		r.at[player] = at
	}
	return err
}

// covers tells whether a person's token was issued before the player's moment. Tokens say whole seconds: one of the
// very second counts as before, and one that does not say counts as old.
func (r *revoked) covers(p Person) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	at, ok := r.at[p.ID]
	return ok && (p.Issued.IsZero() || p.Issued.UnixMilli() <= at)
}

// Revoke ends the belief in all tokens of a player that were issued until at, durably if the Authority has Revocations.
// It can't be taken back.
func (a *Authority) Revoke(player string, at time.Time) error {
	r := &a.revoked
	r.mu.Lock()
	defer r.mu.Unlock()
	ms := max(at.UnixMilli(), r.at[player])
	// In memory first: a token must not be believed because a disk is full. Saved even if nothing is new, for the last
	// time may have failed.
	r.at[player] = ms
	if r.kept == nil {
		return nil
	}
	return r.kept.Save(player, ms)
}
