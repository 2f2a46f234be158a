package exports_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plygames/ply/tests/harness"
)

// TestOthersReadWhatWeWrite imports the tournament and opens every format with programs that are not ours.
func TestOthersReadWhatWeWrite(t *testing.T) {
	data := imported(t)
	pgn, parquet, ndjson := export(t, data, "pgn"), export(t, data, "parquet"), export(t, data, "ndjson")
	t.Run("python-chess", func(t *testing.T) { python(t, "chess_reads.py", dortmund, pgn) })
	t.Run("DuckDB", func(t *testing.T) { python(t, "duckdb_reads.py", pgn, parquet, ndjson) })
	t.Run("pgn-extract", func(t *testing.T) {
		program := harness.NeedPackage(t, "pgn-extract", "/usr/games/pgn-extract")
		out, err := exec.CommandContext(t.Context(), program, "-s", "-r", pgn).CombinedOutput()
		if err != nil || len(bytes.TrimSpace(out)) != 0 {
			t.Errorf("pgn-extract complains: %v\n%s", err, out)
		}
		out, err = exec.CommandContext(t.Context(), program, "-s", pgn).Output()
		if n := bytes.Count(out, []byte("[Event ")); err != nil || n != games {
			t.Errorf("pgn-extract reads %d games, want %d (%v)", n, games, err)
		}
	})
	if r := must(t, "verify", "--data", data); !strings.Contains(r.out, "of 346 games (0 unfinished)") {
		t.Errorf("verify: %s", r.out)
	}
}

// TestImportOfWhatWasExported: the reader reads what the writer writes, clocks and reasons included, as the same moves.
func TestImportOfWhatWasExported(t *testing.T) {
	first := export(t, imported(t), "pgn")
	data := filepath.Join(t.TempDir(), "data")
	if r := must(t, "import", "--data", data, first); !strings.Contains(r.out, "imported 346 games with 27") {
		t.Fatalf("%+v", r)
	}
	if a, b := movesOf(t, first), movesOf(t, export(t, data, "pgn")); !slices.Equal(a, b) {
		t.Error("the moves are not the same after a second import")
	}
}

// movesOf are the moves of a file's games, sorted: games that are imported at the same time change places.
func movesOf(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var moves []string
	for _, part := range strings.Split(string(text), "\n\n") {
		if strings.HasPrefix(part, "1. ") {
			moves = append(moves, part)
		}
	}
	if len(moves) != games {
		t.Errorf("%s: %d games, want %d", name, len(moves), games)
	}
	slices.Sort(moves)
	return moves
}

// TestSelections: what is asked for, and nothing else.
func TestSelections(t *testing.T) {
	data := imported(t)
	for _, c := range []struct {
		flags []string
		games int
	}{
		{nil, games},
		{[]string{"--kind", "chess"}, games},
		{[]string{"--kind", "go"}, 0},
		{[]string{"--player", "p_nobody"}, 0},
		{[]string{"--until", "1929-01-01"}, 35},
		{[]string{"--since", "1929-01-01"}, games - 35},
	} {
		text, err := os.ReadFile(export(t, data, "ndjson", c.flags...))
		if n := bytes.Count(text, []byte("\n")); err != nil || n != c.games {
			t.Errorf("%v: %d games, want %d (%v)", c.flags, n, c.games, err)
		}
	}
	if r := ply(t, "export", "--data", data, "--format", "pgn", "--since", "soon"); r.code != 2 || !strings.Contains(r.err, "--since") {
		t.Errorf("%+v", r)
	}
}
