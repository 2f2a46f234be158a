package exports_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/plygames/ply/transport/client"
)

// TestReplay shows a game with its clocks, from a folder and from a server alike.
func TestReplay(t *testing.T) {
	file, data := filepath.Join(t.TempDir(), "one.pgn"), filepath.Join(t.TempDir(), "data")
	text := "[White \"A\"]\n[Black \"B\"]\n[Result \"1-0\"]\n[TimeControl \"60+1\"]\n\n" +
		"1. e4 {[%clk 0:01:00]} e5 {[%clk 0:01:00]} 2. Nf3 {[%clk 0:00:58.5]} 1-0\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "import", "--data", data, file)
	out, err := os.ReadFile(export(t, data, "pgn"))
	if err != nil {
		t.Fatal(err)
	}
	id := regexp.MustCompile(`\[GameId "(\w+)"\]`).FindSubmatch(out)
	if id == nil {
		t.Fatalf("no id in\n%s", out)
	}
	shown := must(t, "replay", string(id[1]), "--data", data).out
	for _, want := range []string{"white: A\n", "  1.   e4 ", "  2.   Nf3       +0:02.5  white 0:58.5  black 1:00.0\n", "white won: resign\n"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in\n%s", want, shown)
		}
	}
	if fast := must(t, "replay", string(id[1]), "--data", data, "--speed", "1000"); fast.out != shown {
		t.Errorf("paced:\n%s\nat once:\n%s", fast.out, shown)
	}
	if r := ply(t, "replay", "nosuchgame00", "--data", data); r.code != 1 {
		t.Errorf("a game that does not exist: %+v", r)
	}

	s := open(t)
	game := s.play(t, client.NewGame{Kind: "chess", Seat: "white"}, "e2e4", "e7e5")
	asked := must(t, "replay", game, "--url", s.URL).out
	s.Stop()
	if kept := must(t, "replay", game, "--data", s.Data).out; kept != asked || !strings.Contains(kept, "  1... e5") {
		t.Errorf("from the folder:\n%s\nfrom the server:\n%s", kept, asked)
	}
}
