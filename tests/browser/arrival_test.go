package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

const (
	boards    = 8
	perSecond = 60 // moves, on all boards together
	longest   = 1200
)

// gauge runs before the page's own scripts. For each move that a socket brings it counts the frames until the boards show
// it, and measures until the frame that does is painted: the first task behind a frame's callbacks is behind its painting.
// A move that was overtaken by the next one on its board was shown with it.
const gauge = `(() => {
	const pending = new Map(); // game -> moves that are not shown yet
	const at = (square) => ` + "`translate(${\"abcdefgh\".indexOf(square[0]) * 100}%, ${(8 - square[1]) * 100}%)`" + `;
	window.arrivals = [];
	window.longTasks = [];
	new PerformanceObserver((list) => longTasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask" });
	function shows(game, { from, to }) {
		const pieces = [...document.querySelectorAll("[data-game='" + game + "'] .pieces > *")].map((e) => e.style.transform);
		return pieces.includes(at(to)) && !pieces.includes(at(from));
	}
	function painted() {
		for (const [game, moves] of pending) {
			const newest = moves.findLastIndex((one) => shows(game, one));
			moves.forEach((one, i) => {
				one.frames += one.framed; // one that came behind the frame's callbacks is not in it
				if (one.framed && i <= newest) {
					one.shown = true;
					arrivals.push({ frames: one.frames, ms: performance.measure("arrival", { start: one.start }).duration });
				}
			});
			const left = moves.filter((one) => !one.shown);
			pending.set(game, left);
			if (left.length > 0) {
				look();
			}
		}
	}
	const channel = new MessageChannel();
	channel.port1.onmessage = painted;
	let looking = false;
	function look() {
		if (looking) {
			return;
		}
		looking = true;
		requestAnimationFrame(() => {
			looking = false;
			for (const moves of pending.values()) {
				moves.forEach((one) => { one.framed = 1; });
			}
			channel.port2.postMessage(0);
		});
	}
	window.WebSocket = class extends WebSocket {
		constructor(...how) {
			super(...how);
			this.addEventListener("message", ({ data, timeStamp }) => {
				for (const line of data.split("\n").map((text) => JSON.parse(text))) {
					if (line.t === "move") {
						const moves = pending.get(line.game) ?? [];
						moves.push({ from: line.m.slice(0, 2), to: line.m.slice(2, 4), start: timeStamp, frames: 0, framed: 0 });
						pending.set(line.game, moves);
						look();
					}
				}
			});
		}
	};
})()`

// arrival is how one move got onto the screen.
type arrival struct {
	Frames int
	Ms     float64
}

// TestArrival: what a socket brings is on the boards in the very next frame, however many boards move. The time it takes is
// the machine's; BenchmarkArrival measures it.
func TestArrival(t *testing.T) {
	seen, long := arrivals(t, boards*40)
	for _, a := range seen {
		if a.Frames != 1 {
			t.Errorf("a move was shown in frame %d after it had arrived, %.1f ms later", a.Frames, a.Ms)
		}
	}
	t.Logf("%d moves, median %.1f ms, 99 %% within %.1f ms, tasks over 50 ms: %v", len(seen), quantile(seen, 0.5), quantile(seen, 0.99), long)
}

// BenchmarkArrival measures from the arrival of a move in the browser to the end of the frame that shows it, at 60 moves a
// second on 8 boards.
func BenchmarkArrival(b *testing.B) {
	var seen []arrival
	var long []float64
	for left := b.N; left > 0; left -= longest {
		s, l := arrivals(b, min(left, longest))
		seen, long = append(seen, s...), append(long, l...)
	}
	frames := 0
	for _, a := range seen {
		frames = max(frames, a.Frames)
	}
	b.ReportMetric(quantile(seen, 0.5), "ms-p50")
	b.ReportMetric(quantile(seen, 0.99), "ms-p99")
	b.ReportMetric(float64(frames), "frames-max")
	b.ReportMetric(float64(len(long)), "long-tasks")
	b.ReportMetric(0, "ns/op")
}

// arrivals lets so many moves be played on the boards of a page, and gives what the page's gauge saw of them.
func arrivals(t testing.TB, moves int) (seen []arrival, long []float64) {
	t.Helper()
	s := harness.Start(t, harness.NoLimits)
	var games [boards]pair
	var ids []string
	for i := range games {
		games[i] = seat(t, guest(t, s, people[2*i]), guest(t, s, people[2*i+1]))
		for n := range first(i) {
			games[i].next(n)
		}
		ids = append(ids, games[i].id)
	}
	p := newTab(t, chrome(t), "Viewer")
	p.size(1440, 900)
	p.do("measure", chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(gauge).Do(ctx)
		return err
	}))
	p.open(s.URL + "/boards?games=" + strings.Join(ids, ","))
	p.until(fmt.Sprintf(`document.querySelectorAll("[data-game] .pieces").length === %d && document.querySelectorAll("[data-game] .pieces > *").length === %d`, boards, boards*32))

	// The boards take turns, and one that is late for its turn does not hold up the others.
	var turns [boards]chan int
	var all sync.WaitGroup
	for i, g := range games {
		turns[i] = make(chan int, moves)
		all.Go(func() {
			for n := range turns[i] {
				g.next(n)
			}
		})
	}
	pace := time.NewTicker(time.Second / perSecond)
	defer pace.Stop()
	for n := range moves {
		<-pace.C
		turns[n%boards] <- first(n%boards) + n/boards
	}
	for i := range turns {
		close(turns[i])
	}
	all.Wait()
	p.until(fmt.Sprintf(`arrivals.length >= %d`, moves))
	p.scheme("dark")
	p.picture("eight-boards-1440-dark")
	for script, into := range map[string]any{"arrivals": &seen, "longTasks": &long} {
		if err := json.Unmarshal([]byte(p.value("JSON.stringify("+script+")")), into); err != nil {
			t.Fatal(err)
		}
	}
	return seen, long
}

var people = strings.Fields("Ada Ben Cleo Dan Edda Finn Gus Hana Ida Jon Kim Leo Mia Nils Olga Pia")

// first is where a board stands when the page is opened.
func first(board int) int { return 2 + 3*board }

// next plays the n-th half-move of a stroll.
func (g pair) next(n int) {
	sides := [2]*opponent{g.white, g.black}
	if n > 0 {
		sides[n%2].reply(stroll(n-1), "")
	}
	sides[n%2].do(client.Move(stroll(n)))
}

// stroll is the n-th half-move of a game that goes on for long: a rook and a knight walk in circles of different lengths,
// and a pawn moves before positions have come too often.
func stroll(n int) string {
	opening := []string{"g1f3", "b8c6", "g2g3", "c6b4", "f1g2", "b4a6"}
	pawns := []string{"a2a3", "a3a4", "b2b3", "c2c3", "d2d3", "e2e3"}
	rook := []string{"h1g1", "g1f1", "f1h1"}
	knight := []string{"a6b8", "b8c6", "c6b4", "b4a6"}
	if n < len(opening) {
		return opening[n]
	}
	n -= len(opening)
	turn := n / 2
	const round = 16
	switch {
	case n%2 == 1:
		return knight[turn%len(knight)]
	case turn%round == round-1:
		return pawns[turn/round%len(pawns)]
	default:
		return rook[(turn-turn/round)%len(rook)]
	}
}

func quantile(seen []arrival, q float64) float64 {
	if len(seen) == 0 {
		return 0
	}
	slices.SortFunc(seen, func(a, b arrival) int { return int(1e6 * (a.Ms - b.Ms)) })
	return seen[min(len(seen)-1, int(q*float64(len(seen))))].Ms
}
