package game

import (
	"crypto/sha256"
	"encoding/binary"
)

// receipts remember which command ids a game has accepted: 12 bytes each, for ever. An entry says "probably"; the
// event at that version says "yes".
type receipts []receipt

type receipt struct {
	hash    uint64
	version uint32
}

// receiptHash is the first 8 bytes of SHA-256(player, 0, id).
func receiptHash(player, id string) uint64 {
	b := make([]byte, 0, 160)
	b = append(b, player...)
	b = append(b, 0)
	b = append(b, id...)
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:])
}

// Accepted lists the versions at which a command with this author and id was probably recorded: the last event that
// it caused. Nearly always none or one; the caller compares with the event's metadata. Runs in time linear in the
// number of commands, on a few KB.
func (s *State) Accepted(player, id string) []uint64 {
	if id == "" {
		return nil
	}
	var found []uint64
	h := receiptHash(player, id)
	for _, r := range s.receipts {
		if r.hash == h {
			found = append(found, uint64(r.version))
		}
	}
	return found
}

// with adds a command's last version. A command's events are consecutive, so the newest entry moves along.
func (r receipts) with(player, id string, version uint64) receipts {
	h := receiptHash(player, id)
	if n := len(r); n > 0 && r[n-1].hash == h && uint64(r[n-1].version) == version-1 {
		moved := make(receipts, n)
		copy(moved, r)
		moved[n-1].version = uint32(version)
		return moved
	}
	return append(r[:len(r):len(r)], receipt{h, uint32(version)})
}
