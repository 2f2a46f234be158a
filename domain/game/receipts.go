package game

import (
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"
)

// receipts remember which command ids a game has accepted: 16 bytes each, for ever. An entry says "probably"; the
// event at that version says "yes". The zero receipts are none.
type receipts struct {
	n    int // how many of the book's are this state's
	book *book
}

// book holds the receipts of states that follow one another, so that a command costs one entry instead of a copy. An entry
// is written once, by whoever takes it; a state reads only its first n, so states that branch off the same one (a decision
// that lost against another host's) never see each other's.
type book struct {
	taken atomic.Int32
	list  []receipt
}

type receipt struct {
	hash    uint64
	version uint32
}

// all gives the entries, oldest first.
func (r receipts) all() []receipt {
	if r.book == nil {
		return nil
	}
	return r.book.list[:r.n:r.n]
}

// receiptHash is the first 8 bytes of SHA-256(player, 0, id).
func receiptHash[T ~string | ~[]byte](player, id T) uint64 {
	var room [160]byte // as much as most need
	b := append(room[:0], player...)
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
	for _, r := range s.receipts.all() {
		if r.hash == h {
			found = append(found, uint64(r.version))
		}
	}
	return found
}

// with adds the last version of the command with a hash. A command's events are consecutive, so the newest entry moves along.
func (r receipts) with(h, version uint64) receipts {
	if list := r.all(); r.n > 0 && list[r.n-1].hash == h && uint64(list[r.n-1].version) == version-1 {
		r = r.copy(r.n - 1)
	}
	if r.book == nil || r.n == len(r.book.list) || !r.book.taken.CompareAndSwap(int32(r.n), int32(r.n+1)) {
		r = r.copy(r.n)
		r.book.taken.Store(int32(r.n + 1))
	}
	r.book.list[r.n] = receipt{h, uint32(version)}
	r.n++
	return r
}

// copy gives the first n entries a book of their own, with room for half as many again.
func (r receipts) copy(n int) receipts {
	own := &book{list: make([]receipt, n+n/2+8)}
	copy(own.list, r.all()[:n])
	own.taken.Store(int32(n))
	return receipts{n, own}
}
