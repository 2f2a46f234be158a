package chess

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/plygames/ply/domain/game"
)

// layout is the first byte of what Save writes. Another layout needs another Schema, too.
const layout = 1

// errSaved is all that is told of a saved board that is none: the game is replayed, whatever was wrong.
var errSaved = errors.New("chess: not a saved board")

// Save writes: layout, start (length, FEN; empty = standard), number of plies, plies of two bytes, the last
// position's key, and a checksum of all that (CRC-32, IEEE). About 170 bytes at 80 plies.
func (b *Board) Save() []byte {
	v := make([]byte, 0, 24+len(b.start)+2*b.plies)
	v = append(v, layout)
	v = binary.AppendUvarint(v, uint64(len(b.start)))
	v = append(v, b.start...)
	v = binary.AppendUvarint(v, uint64(b.plies))
	for _, m := range b.history.moves[:b.plies] {
		v = binary.LittleEndian.AppendUint16(v, uint16(m))
	}
	v = binary.LittleEndian.AppendUint64(v, b.pos.ZobristHash())
	return binary.LittleEndian.AppendUint32(v, crc32.ChecksumIEEE(v))
}

// Load reads what Save wrote, replaying the moves. It checks the checksum, the start, that each move can be played
// and that the last position is the one that was saved.
func (Rules) Load(saved []byte) (game.Board, error) {
	body := len(saved) - 4
	if body < 1 || saved[0] != layout || binary.LittleEndian.Uint32(saved[body:]) != crc32.ChecksumIEEE(saved[:body]) {
		return nil, errSaved
	}
	rest := saved[1:body]
	length, n := binary.Uvarint(rest)
	if n <= 0 || length > longestFEN || uint64(len(rest)-n) < length {
		return nil, errSaved
	}
	b, err := loadStart(string(rest[n : n+int(length)]))
	if err != nil {
		return nil, err
	}
	rest = rest[n+int(length):]
	plies, n := binary.Uvarint(rest)
	if n <= 0 || plies > uint64(len(rest)) || len(rest)-n != 2*int(plies)+8 {
		return nil, errSaved
	}
	rest = rest[n:]
	b.history = newHistory(b.history.keys[0], int(plies)+16)
	for ; len(rest) > 8; rest = rest[2:] {
		m := move(binary.LittleEndian.Uint16(rest))
		if !plausible(b.pos, m) {
			return nil, errSaved
		}
		b = b.next(m)
	}
	if binary.LittleEndian.Uint64(rest) != b.pos.ZobristHash() {
		return nil, errSaved
	}
	return b, nil
}

// loadStart is the board of a saved start, which is a FEN as we write it.
func loadStart(start string) (*Board, error) {
	if start == "" {
		return standardBoard(), nil
	}
	pos, err := parseFEN(start)
	if err != nil || startOf(pos) != start {
		return nil, errSaved
	}
	return newBoard(pos, start), nil
}
