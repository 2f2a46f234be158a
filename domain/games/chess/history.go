package chess

import "sync/atomic"

// history holds the moves of a game and a key for each position. Boards that follow one another share one, so that a
// ply costs ten bytes instead of a copy. A slot is written once, by whoever takes it; a board reads only slots below
// its own length, so boards that branch off the same one never see each other's moves.
type history struct {
	taken atomic.Int32
	moves []move
	keys  []uint64 // keys[0] is the start's; keys[i+1] that of the position after moves[i]
}

// newHistory has room for some plies.
func newHistory(startKey uint64, room int) *history {
	h := &history{moves: make([]move, room), keys: make([]uint64, room+1)}
	h.keys[0] = startKey
	return h
}

// push adds a ply behind the first n. The result is h itself, unless it is full or slot n belongs to another branch.
func (h *history) push(n int, m move, key uint64) *history {
	if n >= len(h.moves) || !h.taken.CompareAndSwap(int32(n), int32(n+1)) {
		h = h.branch(n)
		h.taken.Store(int32(n + 1))
	}
	h.moves[n] = m
	h.keys[n+1] = key
	return h
}

// branch copies the first n plies, with room for half as many again.
func (h *history) branch(n int) *history {
	next := newHistory(h.keys[0], n+n/2+16)
	copy(next.moves, h.moves[:n])
	copy(next.keys, h.keys[:n+1])
	next.taken.Store(int32(n))
	return next
}
