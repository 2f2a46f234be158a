package perft_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/plygames/ply/domain"
	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
	"github.com/plygames/ply/tests/perft"
)

// notStandard lists the positions that standard chess can't express, because king or rook of a castling right don't
// stand at home: they need Chess960 rules, which ply refuses. Each must be refused, and no other.
var notStandard = map[string]string{
	"xfen-00":                          "KQkq with kings on c1 and c8",
	"xfen-01":                          "KQkq with kings on c1 and c8",
	"xfen-02":                          "Q with the rook on c1",
	"xfen-03":                          "K with the king on d1 and the rook on e1",
	"xfen-04":                          "KQ with the king on d1",
	"hside-rook-blocks-aside-castling": "Ff names files",
}

// standard is the start position: it has no entry in the file. Source: chessprogramming.org/Perft_Results.
func standard() perft.Position {
	return perft.Position{ID: "standard", FEN: "rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1",
		Counts: []perft.Count{{1, 20}, {2, 400}, {3, 8902}, {4, 197281}, {5, 4865609}}}
}

func positions(t *testing.T) []perft.Position {
	t.Helper()
	f, err := os.Open("../testdata/perft/tricky.perft")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := perft.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 18 {
		t.Fatalf("%d positions in the file, want 18", len(list))
	}
	return append(list, standard())
}

// start sets a position up as a creator of a game would.
func start(fen string) (perft.Board, error) {
	setup := json.RawMessage(`{"fen":"` + fen + `"}`)
	drawn, err := chess.Rules{}.Prepare(setup, game.Seed{})
	if err != nil {
		return nil, err
	}
	return chess.Rules{}.Start(setup, drawn).(perft.Board), nil
}

func TestPerft(t *testing.T) {
	refused := 0
	for _, p := range positions(t) {
		b, err := start(p.FEN)
		if why, odd := notStandard[p.ID]; odd {
			refused++
			if !errors.Is(err, &domain.Error{Kind: domain.InvalidField}) || !strings.Contains(err.Error(), "Chess960") {
				t.Errorf("%s (%s): Prepare says %v, want a refusal that mentions Chess960", p.ID, why, err)
			}
			t.Logf("%s: refused as it must be (%s)", p.ID, why)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		t.Run(p.ID, func(t *testing.T) {
			t.Parallel()
			compare(t, b, p)
		})
	}
	if refused != len(notStandard) {
		t.Errorf("%d positions refused, want %d: is an id misspelt?", refused, len(notStandard))
	}
}

// compare counts as deep as the limit allows, and says what it left out.
func compare(t *testing.T, b perft.Board, p perft.Position) {
	limit := uint64(nodeLimit)
	if testing.Short() {
		limit /= 20
	}
	var ran, left []string
	for _, c := range p.Counts {
		if c.Nodes > limit {
			left = append(left, fmt.Sprint(c.Depth))
			continue
		}
		ran = append(ran, fmt.Sprint(c.Depth))
		if err := c.Check(b); err != nil {
			t.Error(err)
		}
	}
	t.Logf("depths %s; too long for a test: %s", strings.Join(ran, " "), strings.Join(left, " "))
}

// TestWrongCount shows that an expectation that is off by one is noticed at every depth.
func TestWrongCount(t *testing.T) {
	b, err := start(standard().FEN)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range standard().Counts[:3] {
		for _, wrong := range []uint64{c.Nodes - 1, c.Nodes + 1} {
			if (perft.Count{Depth: c.Depth, Nodes: wrong}).Check(b) == nil {
				t.Errorf("depth %d: %d nodes accepted", c.Depth, wrong)
			}
		}
	}
}

func TestParse(t *testing.T) {
	for name, text := range map[string]string{
		"count before id": "perft 1 20\n",
		"unknown line":    "id x\nepd 8/8/8/8/8/8/8/8 w - -\nprft 1 20\n",
		"no number":       "id x\nperft 1 many\n",
		"no depth":        "id x\nperft 0 1\n",
		"two positions":   "id x\nepd 8/8/8/8/8/8/8/8 w - -\nepd 8/8/8/8/8/8/8/8 w - -\n",
	} {
		if list, err := perft.Parse(strings.NewReader(text)); err == nil {
			t.Errorf("%s: read as %v", name, list)
		}
	}
}
