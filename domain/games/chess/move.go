package chess

import (
	"encoding/json"

	lib "github.com/corentings/chess/v2"
)

// move is a move in 16 bits: from (6), to (6), promotion (3).
type move uint16

// promotions by the code in a move; 0 = none.
const promotions = " nbrq"

func newMove(from, to, promotion int) move {
	return move(from | to<<6 | promotion<<12)
}

// fromLibrary packs a move of the library.
func fromLibrary(m *lib.Move) move {
	promotion := 0
	switch m.Promo() {
	case lib.Knight:
		promotion = 1
	case lib.Bishop:
		promotion = 2
	case lib.Rook:
		promotion = 3
	case lib.Queen:
		promotion = 4
	}
	return newMove(int(m.S1()), int(m.S2()), promotion)
}

func (m move) from() int      { return int(m & 63) }
func (m move) to() int        { return int(m >> 6 & 63) }
func (m move) promotion() int { return int(m >> 12) }

// append writes the move as UCI does: e2e4, e7e8q, castling e1g1.
func (m move) append(b []byte) []byte {
	b = appendSquare(appendSquare(b, m.from()), m.to())
	if p := m.promotion(); p > 0 && p < len(promotions) {
		b = append(b, promotions[p])
	}
	return b
}

// String is the move in UCI. Each move that is played asks for it, so those without promotion are cut from one text.
func (m move) String() string {
	if m.promotion() == 0 {
		i := 4 * int(m)
		return plainMoves[i : i+4]
	}
	return string(m.append(make([]byte, 0, 5)))
}

// plainMoves is all moves without promotion, in their order.
var plainMoves = func() string {
	b := make([]byte, 0, 4*64*64)
	for m := range move(64 * 64) {
		b = m.append(b)
	}
	return string(b)
}()

// parseMove reads UCI. It knows of squares only, not of rules.
func parseMove[T string | []byte](s T) (move, bool) {
	if len(s) != 4 && len(s) != 5 {
		return 0, false
	}
	for i := 0; i < 4; i += 2 {
		if s[i] < 'a' || s[i] > 'h' || s[i+1] < '1' || s[i+1] > '8' {
			return 0, false
		}
	}
	promotion := 0
	if len(s) == 5 {
		for promotion = len(promotions) - 1; promotion > 0 && promotions[promotion] != s[4]; promotion-- {
		}
		if promotion == 0 {
			return 0, false
		}
	}
	from := int(s[0]-'a') + int(s[1]-'1')*8
	to := int(s[2]-'a') + int(s[3]-'1')*8
	return newMove(from, to, promotion), true
}

// text is the string in a JSON string; false if the JSON is something else. It may point into raw.
func text(raw json.RawMessage) ([]byte, bool) {
	if n := len(raw); n >= 2 && n <= 16 && raw[0] == '"' && raw[n-1] == '"' {
		plain := true // nearly every move ever sent
		for _, c := range raw[1 : n-1] {
			if c < ' ' || c > '~' || c == '\\' || c == '"' {
				plain = false
			}
		}
		if plain {
			return raw[1 : n-1], true
		}
	}
	var s *string // a pointer, because null would leave a plain string as it is
	if json.Unmarshal(raw, &s) != nil || s == nil {
		return nil, false
	}
	return []byte(*s), true
}
