package load

import (
	"bufio"
	"context"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plygames/ply/domain/game"
	"github.com/plygames/ply/domain/games/chess"
)

// TestLinesAreLegal: what is played against a server must not be refused by it.
func TestLinesAreLegal(t *testing.T) {
	lines, err := makeLines(8, 1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := makeLines(8, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range lines {
		if strings.Join(line, " ") != strings.Join(again[i], " ") {
			t.Error("the same seed gives other lines")
		}
		board := chess.Rules{}.Start(nil, nil)
		for ply, uci := range line {
			m := []byte(`"` + uci + `"`)
			if _, err := board.Judge(board.Turn()[0], m, game.Seed{}); err != nil {
				t.Fatalf("line %d, ply %d: %v", i, ply+1, err)
			}
			board = board.Play(board.Turn()[0], m, nil)
			if r, over := board.Result(); over {
				t.Fatalf("line %d ends after %d plies: %s", i, ply+1, r.Reason)
			}
		}
	}
}

func TestQuantile(t *testing.T) {
	var s samples
	for i := 100; i > 0; i-- {
		s.add(time.Duration(i) * time.Millisecond)
	}
	us := sorted(s.take())
	for q, want := range map[float64]time.Duration{0: 1, .5: 51, .99: 100, .999: 100} {
		if got := quantile(us, q); got != want*time.Millisecond {
			t.Errorf("quantile %v is %v, want %d ms", q, got, want)
		}
	}
	if quantile(s.take(), .5) != 0 {
		t.Error("a quantile of nothing")
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	err := Config{Games: 0, Watchers: -1, Rate: -1, For: 0, Rounds: 0}.Validate()
	for _, flag := range []string{"--games", "--watch", "--rate", "--for", "--rounds"} {
		if err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%v does not name %s", err, flag)
		}
	}
	if err := (Config{Games: 1_000_000, For: time.Second, Rounds: 1}).Validate(); err == nil || !strings.Contains(err.Error(), "open files") {
		t.Errorf("two million sockets: %v", err)
	}
}

// TestRoundAgainstTheRelay plays a real round over real sockets, open and closed loop.
func TestRoundAgainstTheRelay(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan error)
	go func() { ended <- Relay(ctx, "127.0.0.1:0", write) }()
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(strings.TrimPrefix(line, "relay on "))
	lines, err := makeLines(2, 1)
	if err != nil {
		t.Fatal(err)
	}
	for name, rate := range map[string]float64{"closed loop": 0, "open loop": 40} {
		var games atomic.Int64
		r := &round{
			Config: Config{Games: 4, Rate: rate, For: time.Second, Rounds: 1}, name: "relay", lines: lines, out: io.Discard,
			table: echo{newClient(url), func() int { return int(games.Add(1)) }},
		}
		f, err := r.run(ctx)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if f.Moves == 0 || f.Refused != 0 || f.AckP50 == 0 || f.DeliveryP50 == 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
