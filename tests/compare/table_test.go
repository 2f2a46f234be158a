package compare_test

import (
	"strings"
	"testing"

	"github.com/plygames/ply/tests/compare"
)

// TestTable fills the table by hand: medians, what was lost, and that nothing which went wrong is kept silent.
func TestTable(t *testing.T) {
	part := func(moves int) compare.Part {
		acks := make([]int, moves)
		for i := range acks {
			acks[i] = 1000 * (i + 1)
		}
		return compare.Part{Moves: moves, Seconds: 1, Acks: acks, Server: 0.5, Database: 0.1, Players: 0.2}
	}
	slow := part(50)
	slow.Refused, slow.Failure = 2, "illegal move"
	rounds := []compare.Round{
		{Stack: compare.Stacks[0], Full: part(100), Rated: part(100), Crash: compare.Crash{Games: 4, Confirmed: 40, Continued: 4}},
		{Stack: compare.Stacks[0], Full: part(300), Rated: part(100), Crash: compare.Crash{Games: 4, Confirmed: 60, Continued: 4}},
		{Stack: compare.Stacks[0], Full: part(200), Rated: part(100), Crash: compare.Crash{Games: 4, Confirmed: 50, Continued: 4}},
		{Stack: compare.Stacks[3], Full: part(100), Rated: part(100), Crash: compare.Crash{Games: 4, Confirmed: 20, Lost: 1, Continued: 4}},
		{Stack: compare.Stacks[3], Full: part(100), Rated: part(100), Crash: compare.Crash{Games: 4, Confirmed: 40, Lost: 40, Gone: 4, Ended: true, Error: "torn"}},
		{Stack: compare.Stacks[4], Full: part(100), Rated: slow, Crash: compare.Crash{Games: 4, Confirmed: 40, Lost: 40, Gone: 4, Error: "not found"}},
	}
	var table strings.Builder
	if err := compare.WriteTable(&table, rounds, compare.Options{Rounds: 3, Games: 4, Rate: 100}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| ply | 200 [100, 300] | 101.0 [51.0, 151.0] / 199.0 [100.0, 298.0] | 2500 + 500 (1000) |",
		"| 0 of 150 | 12 of 12 |",
		"| 1 of 20; and in 1 of 2 rounds the server ended by itself when the players came back, not counted here | 4 of 4 |",
		"- boardgame.io + FlatFile, round 2, after the kill: torn",
		"| Colyseus | 100 | 51.0 / 100.0 | 5000 + 1000 (2000) | 26.0 / 50.0 | 40 of 40; 4 of 4 games gone | 0 of 4 |",
		"- Colyseus, round 1, steady rate: 2 refused, first: illegal move",
		"- Colyseus, round 1: only 50 of 100 moves/s were reached at the steady rate",
		"- Colyseus, round 1, after the kill: not found",
	} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("missing: %s", want)
		}
	}
	if strings.Contains(table.String(), "boardgame.io + PostgreSQL") {
		t.Error("a stack that did not play has a row")
	}
	if t.Failed() {
		t.Log(table.String())
	}
}
