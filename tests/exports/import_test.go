package exports_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plygames/ply/domain/event"
	"github.com/plygames/ply/domain/game"
	rules "github.com/plygames/ply/domain/games"
	"github.com/plygames/ply/infra/pebble"
)

// TestImportAgain changes nothing, not one event.
func TestImportAgain(t *testing.T) {
	data := imported(t)
	before := events(t, data)
	if r := ply(t, "import", "--data", data, dortmund); !strings.Contains(r.out, "imported 0 games with 0 moves") || !strings.Contains(r.out, "346 were there already") {
		t.Errorf("%+v", r)
	}
	if after := events(t, data); after != before {
		t.Errorf("%d events, %d before", after, before)
	}
}

// TestBadGames: each is told with its line and skipped; those before and behind are imported.
func TestBadGames(t *testing.T) {
	const good = "[Event \"E\"]\n[White \"A\"]\n[Black \"B\"]\n[Result \"0-1\"]\n\n1. f3 e5 2. g4 Qh4# 0-1\n\n"
	for name, bad := range map[string]string{
		"illegal move":        "[White \"C\"]\n[Result \"1-0\"]\n\n1. e4 e5 2. Ke3 1-0\n\n",
		"no move":             "[White \"C\"]\n[Result \"1-0\"]\n\n1. e4 zz 1-0\n\n",
		"no result":           "[White \"C\"]\n[Result \"*\"]\n\n1. e4 *\n\n",
		"another result":      "[White \"C\"]\n[Result \"1-0\"]\n\n1. f3 e5 2. g4 Qh4# 1-0\n\n",
		"two results":         "[White \"C\"]\n[Result \"1-0\"]\n\n1. e4 e5 0-1\n\n",
		"moves after the end": "[White \"C\"]\n[Result \"0-1\"]\n\n1. f3 e5 2. g4 Qh4# 3. a3 0-1\n\n",
		"an open variation":   "[White \"C\"]\n[Result \"1-0\"]\n\n1. e4 (1. d4 1-0\n\n",
		"an open comment":     "[White \"C\"]\n[Result \"1-0\"]\n\n1. e4 {never closed 1-0\n\n",
		"a wrong FEN":         "[White \"C\"]\n[Result \"1-0\"]\n[SetUp \"1\"]\n[FEN \"8/8\"]\n\n1. e4 1-0\n\n",
		"without a move":      "[White \"C\"]\n[Result \"1-0\"]\n\n1-0\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			file, data := filepath.Join(t.TempDir(), "some.pgn"), filepath.Join(t.TempDir(), "data")
			// What a program noted for itself, and a byte that is Latin-1, stand before.
			text := "% private\n" + good + bad + strings.Replace(good, `"A"`, "\"N\xfcss\"", 1)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			r := ply(t, "import", "--data", data, file)
			if r.code != 1 || !strings.Contains(r.out, file+":9: skipped: ") || !strings.Contains(r.out, "imported 2 games with 8 moves") {
				t.Errorf("%+v", r)
			}
			out, err := os.ReadFile(export(t, data, "pgn"))
			if err != nil || !bytes.Contains(out, []byte(`"Nüss"`)) || bytes.Contains(out, []byte(`"C"`)) {
				t.Errorf("exported (%v):\n%s", err, out)
			}
		})
	}
}

// TestClocksSurvive: what %clk tells is what the clocks say, and a flag that fell fell.
func TestClocksSurvive(t *testing.T) {
	file, data := filepath.Join(t.TempDir(), "clock.pgn"), filepath.Join(t.TempDir(), "data")
	text := `[White "A"]
[Black "B"]
[Result "1-0"]
[TimeControl "60+1"]
[Termination "time forfeit"]

1. e4 {[%clk 0:01:00]} e5 {[%clk 0:01:00]} 2. Nf3 {[%clk 0:00:58.5]} Nc6 {[%clk 0:00:03]} 3. Bb5 {[%clk 0:00:50]} 1-0
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "import", "--data", data, file)
	out, err := os.ReadFile(export(t, data, "pgn"))
	for _, want := range []string{`[PlyReason "timeout"]`, `[TimeControl "60+1"]`, "2. Nf3 {[%clk 0:00:58.5]", "[%emt 0:00:02.5]}", "2... Nc6 {[%clk 0:00:03]", "[%emt 0:00:58]}"} {
		if err != nil || !strings.Contains(strings.ReplaceAll(string(out), "\n", " "), want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	must(t, "verify", "--data", data)
}

// TestImportKilled kills an import in its middle: every game is whole or absent, and the next run does the rest.
func TestImportKilled(t *testing.T) {
	const times = 2
	many, data := copies(t, times), filepath.Join(t.TempDir(), "data")
	killed := false
	for range 5 {
		cmd := start(t, "import", "--data", data, many)
		await(t, "the log of events grows", func() bool { return folderSize(filepath.Join(data, "events")) > 2<<20 || !running(cmd) })
		killed = kill9(cmd) && events(t, data) > 0
		if killed {
			break
		}
		data = filepath.Join(t.TempDir(), "data")
	}
	if !killed {
		t.Fatal("the import was over before it could be killed")
	}
	whole := finished(t, data)
	if whole == 0 || whole == times*games {
		t.Fatalf("%d games after the kill: it was not in the middle", whole)
	}
	t.Logf("%d games after the kill", whole)
	ply(t, "import", "--data", data, many)
	if n := finished(t, data); n != times*games {
		t.Errorf("%d games after the second run, want %d", n, times*games)
	}
	must(t, "verify", "--data", data)
}

func events(t *testing.T, data string) (n int) {
	t.Helper()
	read(t, data, func(event.Recorded) { n++ })
	return n
}

// finished counts the games, each of which must have ended.
func finished(t *testing.T, data string) int {
	t.Helper()
	sheets := map[event.Stream]*game.Sheet{}
	read(t, data, func(rec event.Recorded) {
		id, ok := rec.Stream.Game()
		if !ok {
			return
		}
		if sheets[rec.Stream] == nil {
			sheets[rec.Stream] = game.NewSheet(id)
		}
		if err := sheets[rec.Stream].Record(rec, rules.Kinds); err != nil {
			t.Fatal(err)
		}
	})
	for stream, sheet := range sheets {
		if sheet.Status != game.Over {
			t.Errorf("%s is half imported: %s at version %d", stream, sheet.Status, sheet.Version)
		}
	}
	return len(sheets)
}

func read(t *testing.T, data string, see func(event.Recorded)) {
	t.Helper()
	store, err := pebble.Open(pebble.Config{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}()
	for rec, err := range store.ReadAll(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		see(rec)
	}
}
