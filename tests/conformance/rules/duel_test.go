package rules_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/tests/conformance/rules"
)

// duel is a small game that needs what chess does not: both seats choose a number from 1 to 9 at the same time, a die
// is thrown, and the higher number plus a secret bonus wins the round; the die settles a tie. Nobody sees the other's
// number before both have chosen, nor the other's bonus before the end. First to the target wins.
//
// Its flaw, if any, is what the suite must find.
type duel struct{ flaw flaw }

func TestDuel(t *testing.T) {
	rules.Test(t, duel{}, duelSample())
}

func duelSample() rules.Sample {
	return rules.Sample{
		Setups:  []json.RawMessage{nil, json.RawMessage(`{"target":5}`)},
		Refused: []json.RawMessage{json.RawMessage(`{"target":0}`), json.RawMessage(`{"target":10}`), json.RawMessage(`{"goal":3}`)},
		Move: func(r *rand.Rand, _ game.Board, _ game.Seat) json.RawMessage {
			return json.RawMessage(strconv.Itoa(1 + r.IntN(9)))
		},
		Games: 12,
		Plies: 60,
	}
}

var duelSeats = []game.Seat{"left", "right"}

// bonus by seat; a seat that is absent is not known to whoever holds this.
type bonus map[game.Seat]int

// round is what becomes known when the second seat has chosen.
type round struct {
	Die   int       `json:"die"`
	First int       `json:"first"` // the number of the seat that chose first
	To    game.Seat `json:"to"`
}

func (duel) Kind() string       { return "duel" }
func (duel) Schema() string     { return "duel.1" }
func (duel) Seats() []game.Seat { return slices.Clone(duelSeats) }

func (d duel) Prepare(setup json.RawMessage, seed game.Seed) (game.Drawn, error) {
	if _, err := target(setup); err != nil {
		if d.flaw == plainErrors {
			return nil, err
		}
		return nil, domain.Refuse(domain.InvalidField, "setup: %v", err)
	}
	return json.Marshal(bonus{"left": int(seed[0]) % 3, "right": int(seed[1]) % 3})
}

func target(setup json.RawMessage) (int, error) {
	s := struct{ Target int }{3}
	if len(setup) > 0 {
		strict := json.NewDecoder(bytes.NewReader(setup))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&s); err != nil {
			return 0, err
		}
	}
	if s.Target < 1 || s.Target > 9 {
		return 0, errors.New("target must be 1..9")
	}
	return s.Target, nil
}

func (d duel) Start(setup json.RawMessage, drawn game.Drawn) game.Board {
	b := &duelBoard{flaw: d.flaw, Bonus: bonus{}, points: map[game.Seat]int{}}
	b.Target, _ = target(setup)
	_ = json.Unmarshal(drawn, &b.Bonus)
	if d.flaw == oneByOne {
		return inTurns{b}
	}
	return b
}

// inTurns is a board that claims that one seat moves at a time.
type inTurns struct{ *duelBoard }

func (b inTurns) Next() game.Seat { return b.Turn()[0] }

func (duel) Wellformed(move json.RawMessage) bool {
	var n int
	return len(move) > 0 && move[0] != 'n' && json.Unmarshal(move, &n) == nil
}

func (d duel) RedactStart(drawn game.Drawn, to game.Audience) (game.Drawn, game.Visibility) {
	var all bonus
	if to.SeesAll() || json.Unmarshal(drawn, &all) != nil {
		return drawn, game.Full
	}
	own := bonus{}
	if n, ok := all[to.Seat()]; ok {
		own[to.Seat()] = n
	}
	drawn, _ = json.Marshal(own)
	return drawn, game.Partly
}

func (d duel) RedactMove(by game.Seat, move json.RawMessage, drawn game.Drawn, to game.Audience) (json.RawMessage, game.Drawn, game.Visibility) {
	switch {
	case to.SeesAll() || to.Seat() == by || drawn != nil || d.flaw == tellsMoves:
		return move, drawn, game.Full
	case d.flaw == hidesMover:
		return nil, nil, game.Hidden
	}
	return nil, nil, game.Partly
}

func (d duel) Load(saved []byte) (game.Board, error) {
	var s duelBoard
	if err := json.Unmarshal(saved, &s); err != nil {
		return nil, err
	}
	var b game.Board = &duelBoard{flaw: d.flaw, Target: s.Target, Bonus: s.Bonus, points: map[game.Seat]int{}}
	if d.flaw == trusting {
		_ = s.Steps[len(s.Steps)-1]
	}
	for _, m := range s.Steps {
		b = b.Play(m.By, m.Move, m.Drawn)
	}
	return b, nil
}

// duelBoard is a fold of its steps.
type duelBoard struct {
	flaw   flaw
	Target int
	Bonus  bonus
	Steps  []duelStep

	first  game.Seat // has chosen, the other has not; empty = nobody has
	number int       // of the first; 0 = not known to whoever folds
	points map[game.Seat]int
	last   string // the last round, as JSON fields
}

type duelStep struct {
	By    game.Seat
	Move  json.RawMessage
	Drawn json.RawMessage `json:",omitempty"`
}

func rival(seat game.Seat) game.Seat {
	if seat == "left" {
		return "right"
	}
	return "left"
}

func (b *duelBoard) Turn() []game.Seat {
	if _, over := b.Result(); over && b.flaw != endless {
		return nil
	}
	if b.first != "" {
		return []game.Seat{rival(b.first)}
	}
	return slices.Clone(duelSeats)
}

func (b *duelBoard) Judge(by game.Seat, move json.RawMessage, seed game.Seed) (game.Drawn, error) {
	if b.flaw == panicky && string(move) == "null" {
		panic("null")
	}
	var n int
	if !slices.Contains(b.Turn(), by) || !(duel{}).Wellformed(move) || json.Unmarshal(move, &n) != nil || n < 1 || n > 9 {
		return nil, domain.Refuse(domain.IllegalMove, "choose a number from 1 to 9, once")
	}
	if b.first == "" {
		return nil, nil
	}
	r := round{Die: 1 + int(seed[0])%6, First: b.number, To: by}
	mine, theirs := n+b.Bonus[by], b.number+b.Bonus[b.first]
	if mine < theirs || mine == theirs && r.Die <= 3 {
		r.To = b.first
	}
	return json.Marshal(r)
}

func (b *duelBoard) Play(by game.Seat, move json.RawMessage, drawn game.Drawn) game.Board {
	if !slices.Contains(duelSeats, by) || by == b.first {
		return b
	}
	next := *b
	next.points = map[game.Seat]int{"left": b.points["left"], "right": b.points["right"]}
	if b.flaw == sharedPoints {
		next.points = b.points
	}
	next.Steps = append(slices.Clip(b.Steps), duelStep{by, bytes.Clone(move), bytes.Clone(drawn)})
	var n int
	_ = json.Unmarshal(move, &n)
	if b.first == "" {
		next.first, next.number = by, n
		return &next
	}
	var r round
	_ = json.Unmarshal(drawn, &r)
	if b.flaw == throwsAgain {
		r.Die = 1 + rand.IntN(6)
	}
	next.points[r.To]++
	next.last = fmt.Sprintf(`,"last":{"%s":%d,"%s":%d},"die":%d`, b.first, r.First, by, n, r.Die)
	next.first, next.number = "", 0
	return &next
}

// Unsettled is nobody after the first choice, which the second is made without regard to.
func (b *duelBoard) Unsettled(game.Board, game.Seat) []game.Seat {
	if b.first != "" {
		return nil
	}
	return b.Turn()
}

func (b *duelBoard) Result() (game.Result, bool) {
	for _, seat := range duelSeats {
		if b.points[seat] >= max(1, b.Target) {
			return duelWin(seat, "target", b.flaw), true
		}
	}
	return game.Result{}, false
}

func duelWin(seat game.Seat, reason string, f flaw) game.Result {
	r := game.Result{Reason: reason, Winner: seat, Scores: map[game.Seat]int{seat: 2, rival(seat): 0}}
	if f == generous && reason == "target" {
		r.Scores[rival(seat)] = 1
	}
	return r
}

func (b *duelBoard) Timeout(flagged game.Seat) game.Result {
	return duelWin(rival(flagged), game.TimedOut, b.flaw)
}

func (b *duelBoard) View(to game.Audience) json.RawMessage {
	v := fmt.Appendf(nil, `{"target":%d,"points":{"left":%d,"right":%d}%s`, b.Target, b.points["left"], b.points["right"], b.last)
	for _, seat := range duelSeats {
		own := to.SeesAll() || to.Seat() == seat
		if n, ok := b.Bonus[seat]; ok && own {
			v = fmt.Appendf(v, `,"bonus-%s":%d`, seat, n)
		}
		if b.first == seat {
			v = fmt.Appendf(v, `,"chosen":"%s"`, seat)
			if own || b.flaw == tellsView {
				v = fmt.Appendf(v, `,"number":%d`, b.number)
			}
		}
	}
	return append(v, '}')
}

func (b *duelBoard) Legal(seat game.Seat) json.RawMessage {
	if !slices.Contains(b.Turn(), seat) {
		return nil
	}
	if b.flaw == tellsLegal && b.first != "" {
		return json.RawMessage(fmt.Sprintf(`{"number":"%d..9"}`, b.number))
	}
	return json.RawMessage(`{"number":"1..9"}`)
}

func (b *duelBoard) Save() []byte {
	kept := *b
	if b.flaw == forgetful && b.first != "" {
		kept.Steps = b.Steps[:len(b.Steps)-1]
	}
	saved, _ := json.Marshal(kept)
	return saved
}

func (b *duelBoard) Undo(plies int) game.Board {
	if b.flaw == halfUndone && plies > 1 {
		plies--
	}
	var earlier game.Board = &duelBoard{flaw: b.flaw, Target: b.Target, Bonus: b.Bonus, points: map[game.Seat]int{}}
	for _, m := range b.Steps[:max(0, len(b.Steps)-plies)] {
		earlier = earlier.Play(m.By, m.Move, m.Drawn)
	}
	return earlier
}

func (b *duelBoard) Mover(back int) (game.Seat, bool) {
	if back < 1 || back > len(b.Steps) {
		return "", false
	}
	return b.Steps[len(b.Steps)-back].By, true
}
