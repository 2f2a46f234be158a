package load

import (
	"math/rand/v2"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// lineLength is how many plies a line has at most; a pair of players that comes to its end starts a new game.
const lineLength = 300

// makeLines plays random legal games, which none of the endings by rule comes into. The same seed gives the same lines.
func makeLines(n int, seed uint64) ([][]string, error) {
	random := rand.New(rand.NewPCG(seed, 1))
	lines := make([][]string, 0, n)
	for len(lines) < n {
		line, err := makeLine(random)
		if err != nil {
			return nil, err
		}
		if len(line) >= lineLength/3 {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func makeLine(random *rand.Rand) ([]string, error) {
	board, ok := chess.Rules{}.Start(nil, nil).(*chess.Board)
	if !ok {
		panic("load: chess has another board")
	}
	var line []string
	for len(line) < lineLength {
		moves := board.Moves()
		uci := moves[random.IntN(len(moves))]
		seat := board.Turn()[0]
		raw := []byte(`"` + uci + `"`)
		if _, err := board.Judge(seat, raw, game.Seed{}); err != nil {
			return nil, err
		}
		next, ok := board.Play(seat, raw, nil).(*chess.Board)
		if !ok {
			panic("load: chess has another board")
		}
		if _, over := next.Result(); over {
			break
		}
		line = append(line, uci)
		board = next
	}
	return line, nil
}
