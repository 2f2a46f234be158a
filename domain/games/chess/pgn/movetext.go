package pgn

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/plygames/ply/domain/clock"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// lineWidth is the longest line of movetext, in characters: the standard's export format has less than 80.
const lineWidth = 79

// movetext breaks tokens into lines.
type movetext struct {
	b     []byte
	width int
}

func (t *movetext) token(s string) {
	switch {
	case t.width == 0:
	case t.width+1+len(s) > lineWidth:
		t.b = append(t.b, '\n')
		t.width = 0
	default:
		t.b = append(t.b, ' ')
		t.width++
	}
	t.b = append(t.b, s...)
	t.width += len(s)
}

// appendMovetext adds the moves and the result. A move that can't be read, which no store of ours holds, ends the moves.
func appendMovetext(b []byte, t *game.Sheet) []byte {
	text := movetext{b: b}
	first, hasClock := firstPly(t.Created.Setup), t.Created.Clock.Live() || t.Created.Clock.Type == clock.Days
	board, _ := chess.Rules{}.Start(t.Created.Setup, t.Created.Drawn).(*chess.Board)
	var note [64]byte
	for i := range t.Plies {
		p := &t.Plies[i]
		after, ok := board.Play(p.Seat, p.M, nil).(*chess.Board)
		if !ok || after == board {
			break
		}
		n := first + i
		dots := "."
		if n%2 == 1 {
			dots = "..." // a comment stands between, so the number is repeated
		}
		text.token(strconv.Itoa(n/2+1) + dots)
		text.token(after.SAN(board, p.M))
		if hasClock {
			text.token(string(append(appendHours(append(note[:0], "{[%clk "...), p.Left), ']')))
			text.token(string(append(appendHours(append(note[:0], "[%emt "...), p.Elapsed), "]}"...)))
		} else {
			text.token(string(append(appendHours(append(note[:0], "{[%emt "...), p.Elapsed), "]}"...)))
		}
		board = after
	}
	text.token(t.Score())
	return append(text.b, '\n')
}

// appendHours adds ms as h:mm:ss, with as many decimals as it takes.
func appendHours(b []byte, ms int64) []byte {
	ms = max(0, ms)
	b = strconv.AppendInt(b, ms/3_600_000, 10)
	two := func(n int64) { b = append(b, ':', byte('0'+n/10), byte('0'+n%10)) }
	two(ms / 60_000 % 60)
	two(ms / 1000 % 60)
	if rest := ms % 1000; rest > 0 {
		b = append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return b
}

// startFEN is the position that a game was set up with; empty = the standard one.
func startFEN(setup json.RawMessage) string {
	var s struct {
		FEN string `json:"fen"`
	}
	if len(setup) == 0 || json.Unmarshal(setup, &s) != nil {
		return ""
	}
	return s.FEN
}

// firstPly is the number of the first ply of a game with this setup: the FEN's move number and side to move count on.
func firstPly(setup json.RawMessage) int {
	fields := strings.Fields(startFEN(setup))
	if len(fields) < 6 {
		return 0
	}
	move, err := strconv.Atoi(fields[5])
	if err != nil || move < 1 {
		return 0
	}
	n := 2 * (move - 1)
	if fields[1] == "b" {
		n++
	}
	return n
}
