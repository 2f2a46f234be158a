package chess_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"testing"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// TestSaveGolden holds the layout: whoever changes these bytes changes Schema, too.
func TestSaveGolden(t *testing.T) {
	if got := (chess.Rules{}).Schema(); got != "chess.1+corentings-v2.5.1" {
		t.Errorf("schema %q", got)
	}
	for _, c := range []struct{ fen, moves, want string }{
		{"", "e2e4 e7e5", "0100020c073409a0b9f46e1a934408e26d6002"},
		{"8/P6k/8/8/8/8/8/K7 w - - 0 1", "a7a8n", "011c382f50366b2f382f382f382f382f382f4b372077202d202d2030203101301ea00b3f21e59d7308704abdda"},
	} {
		b := mustPlay(t, mustStart(t, c.fen), c.moves)
		if got := hex.EncodeToString(b.Save()); got != c.want {
			t.Errorf("%s: got %s, want %s", c.moves, got, c.want)
		}
	}
}

// sealed puts the right checksum under a body.
func sealed(body []byte) []byte {
	body = bytes.Clone(body)
	return binary.LittleEndian.AppendUint32(body, crc32.ChecksumIEEE(body))
}

// TestLoadRefuses: a wrong byte anywhere, and what is wrong under a right checksum.
func TestLoadRefuses(t *testing.T) {
	save := mustPlay(t, mustStart(t, "4k3/8/8/8/8/8/4P3/4K3 w - - 0 1"), "e2e4 e8e7").Save()
	for i := range save {
		for bit := range 8 {
			wrong := bytes.Clone(save)
			wrong[i] ^= 1 << bit
			if _, err := (chess.Rules{}).Load(wrong); err == nil {
				t.Errorf("byte %d, bit %d: loaded", i, bit)
			}
		}
	}
	for i := range save {
		if _, err := (chess.Rules{}).Load(save[:i]); err == nil {
			t.Errorf("%d of %d bytes: loaded", i, len(save))
		}
	}
	body := save[:len(save)-4]
	plies := 1 + 1 + int(body[1])
	change := func(at int, to ...byte) []byte {
		wrong := bytes.Clone(body)
		copy(wrong[at:], to)
		return wrong
	}
	for name, wrong := range map[string][]byte{
		"other layout":       change(0, 2),
		"long start":         change(1, 0x7f),
		"too many plies":     change(plies, 3),
		"too few plies":      change(plies, 1),
		"endless count":      change(plies, 0xff, 0xff),
		"other start":        change(2, '3'),
		"no piece there":     change(plies+1, 0, 0),
		"takes its own king": change(plies+1, 12|4<<6&0xff, 4>>2),
		"other last move":    change(plies+3, 60|59<<6&0xff, 59>>2),
		"other position":     change(len(body)-1, body[len(body)-1]^1),
		"something behind":   append(bytes.Clone(body), 0),
	} {
		if b, err := (chess.Rules{}).Load(sealed(wrong)); err == nil {
			t.Errorf("%s: loaded as %s", name, b.View(game.Watchers))
		}
	}
	if _, err := (chess.Rules{}).Load(sealed(body)); err != nil {
		t.Errorf("unchanged: %v", err)
	}
}
