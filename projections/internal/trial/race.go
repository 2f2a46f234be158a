package trial

import (
	"encoding/json"
	"strconv"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
)

// Goal is the sum that ends a Race: whoever reaches it wins.
const Goal = 1_000_000

// Race is a game for tests: two seats alternate, a move is a number that is added to a sum.
type Race struct{}

var _ game.Rules = Race{}

// Kinds knows Race only.
func Kinds(kind string) (game.Rules, bool) { return Race{}, kind == "race" }

func (Race) Kind() string       { return "race" }
func (Race) Schema() string     { return "race-1" }
func (Race) Seats() []game.Seat { return []game.Seat{"a", "b"} }

func (Race) Prepare(json.RawMessage, game.Seed) (game.Drawn, error) { return nil, nil }
func (Race) Start(json.RawMessage, game.Drawn) game.Board           { return race{} }
func (Race) Wellformed(json.RawMessage) bool                        { return true }
func (Race) RedactStart(d game.Drawn, _ game.Audience) (game.Drawn, game.Visibility) {
	return d, game.Full
}

func (Race) RedactMove(_ game.Seat, m json.RawMessage, d game.Drawn, _ game.Audience) (json.RawMessage, game.Drawn, game.Visibility) {
	return m, d, game.Full
}

func (Race) Load(saved []byte) (game.Board, error) {
	var moves []int
	err := json.Unmarshal(saved, &moves)
	return race{moves}, err
}

// race is the list of numbers so far.
type race struct{ moves []int }

func (r race) sum() (sum int) {
	for _, n := range r.moves {
		sum += n
	}
	return sum
}

func (r race) Turn() []game.Seat {
	if r.sum() >= Goal {
		return nil
	}
	return []game.Seat{Race{}.Seats()[len(r.moves)%2]}
}

func (r race) Judge(_ game.Seat, m json.RawMessage, _ game.Seed) (game.Drawn, error) {
	if _, err := strconv.Atoi(string(m)); err != nil {
		return nil, domain.Refuse(domain.IllegalMove, "not a number")
	}
	return nil, nil
}

func (r race) Play(_ game.Seat, m json.RawMessage, _ game.Drawn) game.Board {
	n, _ := strconv.Atoi(string(m))
	return race{append(r.moves[:len(r.moves):len(r.moves)], n)}
}

func (r race) Unsettled(game.Board, game.Seat) []game.Seat { return r.Turn() }

func (r race) Result() (game.Result, bool) {
	if r.sum() < Goal {
		return game.Result{}, false
	}
	winner := Race{}.Seats()[(len(r.moves)+1)%2]
	return game.Result{Reason: "goal", Winner: winner, Scores: map[game.Seat]int{winner: 2}}, true
}

func (r race) Timeout(flagged game.Seat) game.Result {
	return game.Result{Reason: game.TimedOut, Scores: map[game.Seat]int{flagged: 0}}
}

func (r race) View(game.Audience) json.RawMessage { return r.Save() }
func (r race) Legal(game.Seat) json.RawMessage    { return nil }

func (r race) Save() []byte {
	b, err := json.Marshal(r.moves)
	if err != nil {
		panic(err) // numbers always marshal
	}
	return b
}

func (r race) Undo(plies int) game.Board { return race{r.moves[:len(r.moves)-plies]} }

func (r race) Mover(back int) (game.Seat, bool) {
	if back > len(r.moves) {
		return "", false
	}
	return Race{}.Seats()[(len(r.moves)-back)%2], true
}
