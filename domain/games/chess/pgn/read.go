package pgn

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	lib "github.com/corentings/chess/v2"

	"github.com/plygames/ply/domain/clock"
)

// Game is the main line of one game that was read.
type Game struct {
	Tags   map[string]string
	Start  string // FEN; empty = standard
	Moves  []Move
	Result string // "1-0", "0-1", "1/2-1/2" or "*"
}

// Move is one move of a Game. Times are ms, -1 = not told.
type Move struct {
	UCI     string
	Clock   int64 // what the mover had left
	Elapsed int64
}

// Parse reads the text of one game with the rules library. Whether the moves are legal is for the game to judge; what the
// library can't read is an error, as is a text that goes on behind its result.
func Parse(text string) (Game, error) {
	text, end := cutResult(text)
	tokens, err := lib.TokenizeGame(&lib.GameScanned{Raw: text})
	if err != nil {
		return Game{}, err
	}
	if err := oneResult(tokens); err != nil {
		return Game{}, err
	}
	parsed, err := parse(tokens)
	if err != nil {
		return Game{}, err
	}
	g := Game{Tags: parsed.tags, Start: parsed.game.GetTagPair("FEN"), Result: parsed.result}
	if end != "" {
		if g.Result != "" {
			return Game{}, errors.New("there are two results")
		}
		g.Result = end
	}
	if told := g.Tags["Result"]; told != "" && told != "*" {
		if g.Result != "" && g.Result != "*" && g.Result != told {
			return Game{}, fmt.Errorf("the result is %s in the tags and %s behind the moves", told, g.Result)
		}
		g.Result = told
	}
	if g.Result == "" {
		g.Result = "*"
	}
	pos := lib.StartingPosition()
	if g.Start != "" {
		pos = new(lib.Position)
		if err := pos.UnmarshalText([]byte(g.Start)); err != nil {
			return Game{}, fmt.Errorf("the tag FEN: %w", err)
		}
	}
	for _, m := range parsed.game.Moves() {
		if m.S1() == m.S2() {
			return Game{}, fmt.Errorf("move %d is no move", len(g.Moves)/2+1)
		}
		move := Move{UCI: lib.UCINotation{}.Encode(pos, m), Clock: -1, Elapsed: -1}
		if text, ok := m.GetCommand("clk"); ok {
			move.Clock = duration(text)
		}
		if text, ok := m.GetCommand("emt"); ok {
			move.Elapsed = duration(text)
		}
		g.Moves = append(g.Moves, move)
	}
	return g, nil
}

// cutResult takes the result off the end of a text: the library knows no 1/2-1/2.
func cutResult(text string) (rest, result string) {
	text = strings.TrimRight(text, " \t\r\n")
	for _, r := range []string{"1/2-1/2", "1-0", "0-1", "*"} {
		if rest, ok := strings.CutSuffix(text, r); ok && (rest == "" || strings.ContainsAny(rest[len(rest)-1:], " \t\r\n})]")) {
			return rest + "\n", r
		}
	}
	return text + "\n", ""
}

type parsedGame struct {
	game   *lib.Game
	tags   map[string]string
	result string // behind the moves; empty = none
}

// parse turns a panic of the library into an error: the file is anybody's.
func parse(tokens []lib.Token) (p parsedGame, err error) {
	defer func() {
		if what := recover(); what != nil {
			err = fmt.Errorf("the rules library can't read it: %v", what)
		}
	}()
	p.tags = make(map[string]string)
	key := ""
	for _, token := range tokens {
		switch token.Type {
		case lib.TagKey:
			key = token.Value
		case lib.TagValue:
			if _, given := p.tags[key]; !given {
				p.tags[key] = token.Value
			}
		case lib.RESULT:
			p.result = token.Value
		case lib.Undefined:
			return p, fmt.Errorf("%q can't be read", token.Value)
		}
	}
	p.game, err = lib.NewParser(tokens).Parse()
	if err == nil && p.game == nil {
		err = errors.New("there is no game")
	}
	return p, err
}

// oneResult refuses what stands behind the result of the main line: the library would not look at it.
func oneResult(tokens []lib.Token) error {
	depth, over, comment := 0, false, false
	for _, token := range tokens {
		switch token.Type {
		case lib.CommentStart:
			comment = true
		case lib.CommentEnd:
			comment = false
		case lib.VariationStart:
			depth++
		case lib.VariationEnd:
			depth--
		case lib.RESULT:
			if over {
				return errors.New("there are two results")
			}
			over = depth == 0
		case lib.MoveNumber, lib.PIECE, lib.SQUARE:
			if over && !comment {
				return errors.New("there are moves behind the result")
			}
		}
	}
	return nil
}

// duration reads h:mm:ss, mm:ss or ss, with decimals, as ms; -1 if it is none.
func duration(s string) int64 {
	total := 0.0
	parts := strings.Split(strings.TrimSpace(s), ":")
	if len(parts) > 3 {
		return -1
	}
	for _, part := range parts {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil || !(v >= 0 && v < 1e7) {
			return -1
		}
		total = total*60 + v
	}
	return int64(total*1000 + 0.5)
}

// Timed gives the time control that a game's tag TimeControl names, and what each move took by it so that the clocks come
// out as the moves tell. If they don't, there is no clock, and the moves took what they tell, 0 if they tell nothing.
func (g *Game) Timed() (clock.Spec, []int64) {
	elapsed := make([]int64, len(g.Moves))
	if spec, ok := readTimeControl(g.Tags["TimeControl"]); ok && g.byClock(spec, elapsed) {
		return spec, elapsed
	}
	for i, m := range g.Moves {
		elapsed[i] = min(max(0, m.Elapsed), clock.MaxInitial)
	}
	return clock.Spec{Type: clock.None}, elapsed
}

// byClock finds what each move took. A seat's first move is not charged.
func (g *Game) byClock(spec clock.Spec, elapsed []int64) bool {
	left := [2]int64{spec.Initial, spec.Initial}
	for i, m := range g.Moves {
		side := i % 2
		switch {
		case m.Elapsed < 0 && m.Clock < 0:
			return false
		case i < 2:
			elapsed[i] = min(max(0, m.Elapsed), clock.MaxInitial)
			if m.Clock >= 0 && m.Clock != spec.Initial {
				return false
			}
			continue
		case m.Clock >= 0:
			if elapsed[i] = left[side] + spec.Increment - m.Clock; elapsed[i] < 0 {
				return false
			}
		default:
			elapsed[i] = m.Elapsed
		}
		if left[side] <= elapsed[i] { // the flag would have fallen
			return false
		}
		left[side] = spec.Spend(left[side], elapsed[i], 0)
	}
	return len(g.Moves) > 0
}

// readTimeControl reads what TimeControl writes of a clock with increments, in seconds.
func readTimeControl(s string) (clock.Spec, bool) {
	initial, increment, ok := strings.Cut(s, "+")
	if !ok {
		increment = "0"
	}
	a, err1 := strconv.ParseFloat(initial, 64)
	b, err2 := strconv.ParseFloat(increment, 64)
	if err1 != nil || err2 != nil || !(a >= 0 && a < 1e6) || !(b >= 0 && b < 1e6) {
		return clock.Spec{}, false
	}
	spec := clock.Spec{Type: clock.Fischer, Initial: int64(a*1000 + 0.5), Increment: int64(b*1000 + 0.5)}
	return spec, spec.Validate() == nil
}
