package rest

import (
	"encoding/json"
	"strconv"
	"strings"
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

// appendMovetext adds the moves and the result. first is the number of the first ply: 0 = white's first move.
func appendMovetext(b []byte, sheet *scoreSheet, first int, result string) []byte {
	t := movetext{b: b}
	for i, p := range sheet.plies {
		n := first + i
		dots := "."
		if n%2 == 1 {
			dots = "..." // a comment stands between, so the number is repeated
		}
		t.token(strconv.Itoa(n/2+1) + dots)
		t.token(p.san)
		if sheet.hasClock {
			t.token("{[%clk " + hours(p.clk) + "]")
			t.token("[%emt " + hours(p.elapsed) + "]}")
		} else {
			t.token("{[%emt " + hours(p.elapsed) + "]}")
		}
	}
	t.token(result)
	return append(t.b, '\n')
}

// hours are ms as h:mm:ss, with as many decimals as it takes.
func hours(ms int64) string {
	ms = max(0, ms)
	b := strconv.AppendInt(make([]byte, 0, 16), ms/3_600_000, 10)
	two := func(n int64) { b = append(b, ':', byte('0'+n/10), byte('0'+n%10)) }
	two(ms / 60_000 % 60)
	two(ms / 1000 % 60)
	if rest := ms % 1000; rest > 0 {
		b = append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
		for b[len(b)-1] == '0' {
			b = b[:len(b)-1]
		}
	}
	return string(b)
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
