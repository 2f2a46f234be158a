package browser_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// sitDown makes a game as white wants it, with black at it.
func sitDown(t testing.TB, white, black *opponent, wanted client.NewGame) string {
	t.Helper()
	wanted.Kind, wanted.Seat = "chess", "white"
	made, err := white.who.Create(within(t), wanted)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := black.who.Sit(within(t), made.Game, "black", made.Invites["black"]); err != nil {
		t.Fatal(err)
	}
	return made.Game
}

// TestFlagFalls: a clock that runs down says so in time, and the game ends on time.
func TestFlagFalls(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	ada, ben := guest(t, s, "Ada"), guest(t, s, "Ben")
	id := sitDown(t, ada, ben, client.NewGame{Clock: &client.Clock{Type: "delay", Initial: 12_000, Delay: 2_000}})
	ben.play(id)
	p := newTab(t, chrome(t), "Ada")
	p.become(ada)
	p.open(s.URL + "/game/" + id)
	p.linked("live")
	p.move("e2e4")
	ben.reply("e2e4", "e7e5")
	p.see(".about", "12 s, 2 s delay")
	p.see(".free-time", "s free")
	p.heard("seconds left!")
	p.until(`document.querySelector('.strip[data-seat="white"] .clock').matches(".low.running") && /^0:0\d\.\d$/.test(document.querySelector('.strip[data-seat="white"] .clock').textContent)`)
	p.picture("low")
	p.see(`[data-card="result"] p`, "On time. You lost.")
	p.see(`.strip[data-seat="white"] .clock`, "0:00.0")
}

// TestRatedGameAndLinks: a rated game tells what it did to the ratings, and a link leads to a move of it.
func TestRatedGameAndLinks(t *testing.T) {
	t.Parallel()
	setting, token := harness.Accounts(t)
	s := harness.Start(t, harness.NoLimits, setting)
	account := func(name string) *opponent {
		person := client.Person{ID: "p_" + name, Name: name, Token: token("p_"+name, "play"), Expires: time.Now().Add(time.Hour * 3).UnixMilli()}
		return &opponent{t: t, who: s.Client().As(person)}
	}
	ada, ben := account("Ada"), account("Ben")
	id := sitDown(t, ada, ben, client.NewGame{Clock: &rapid, Rated: true})
	ada.play(id)
	ben.play(id)
	g := pair{id, ada, ben}
	p := newTab(t, chrome(t), "Ada")
	p.become(ada)
	p.open(s.URL + "/game/" + id)
	p.see(".about", "rated")
	g.play(mated...)
	p.see(`[data-card="result"] h2`, "White wins")
	p.see(`[data-card="result"] p`, "Your rating is now")
	p.see(`.strip[data-seat="white"] .note`, "(+")
	p.see(`.strip[data-seat="black"] .note`, "(−")
	p.picture("rated")

	p.open(s.URL + "/game/" + id + "?ply=3")
	p.until(`document.querySelector('.moves [data-ply="3"]')?.getAttribute("aria-current") === "true"`)
	p.until(`document.querySelector('` + square("h5") + `').getAttribute("aria-label").includes("white queen")`)
	p.press(kb.ArrowRight)
	p.until(`document.querySelector('.moves [data-ply="4"]').getAttribute("aria-current") === "true"`)
	p.click(`[data-do="copy-pgn"]`)
	p.see(".toast", "PGN")
}

// TestClosedForGood: what closes a socket for good says what to do, and a token that expires is renewed in silence.
func TestClosedForGood(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits, harness.Env("PLY_TOKEN_TTL", "15s"))
	ada, ben := guest(t, s, "Ada"), guest(t, s, "Ben")
	id := sitDown(t, ada, ben, client.NewGame{Clock: &rapid})
	p := newTab(t, chrome(t), "Ada")
	p.become(ada)
	p.open(s.URL + "/game/" + id)
	p.linked("live")
	first := p.value(`localStorage.getItem("ply.guest")`)
	p.until(fmt.Sprintf(`localStorage.getItem("ply.guest") !== %q`, first))
	p.linked("live")
	p.move("e2e4")
	p.moves(1, "e4")
	p.until(`document.querySelector(".pieces .pending") === null`)
	if seat := p.value(`String(document.querySelector('.strip[data-seat="white"] .note').textContent)`); !strings.HasPrefix(seat, "you") {
		t.Errorf("after the renewal the page says of white: %q", seat)
	}

	// Five more sockets of the same person: the one that has been idle longest is ours.
	now := p.value(`JSON.parse(localStorage.getItem("ply.guest")).token`)
	person := ada.who.Person()
	person.Token = now
	again := s.Client().As(person)
	for range 5 {
		g, err := again.Play(within(t), id, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(g.Close)
	}
	p.see(`[data-card="stopped"] p`, "open in too many tabs")
	p.picture("stopped")
	p.click(`[data-do="reconnect"]`)
	p.linked("live")
	p.until(`document.querySelector('[data-card="stopped"]') === null`)
}

// TestForeignKind: a game of a kind that the page knows nothing of shows as JSON, and what happens in it appears. The kind
// is a chess game whose state goes by another name on the way to the page.
func TestForeignKind(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	ada, ben := guest(t, s, "Ada"), guest(t, s, "Ben")
	g := seat(t, ada, ben).play("e2e4", "e7e5")
	real, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(real)
			r.Out.Host = r.In.Host // the page's own host, or the socket would be refused
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(r *http.Response) error {
			if r.Request.URL.Path != "/api/games/"+g.id {
				return nil
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			body = bytes.Replace(body, []byte(`"kind":"chess"`), []byte(`"kind":"go-fish"`), 1)
			body = bytes.Replace(body, []byte(`"view":{"start":"startpos"`), []byte(`"view":{"pond":["<b>trout</b>",7]`), 1)
			r.Body = io.NopCloser(bytes.NewReader(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			return nil
		},
	}
	front := httptest.NewServer(proxy)
	t.Cleanup(front.Close)
	p := newTab(t, chrome(t), "Eve")
	p.open(front.URL + "/game/" + g.id)
	p.see("h1", "A game of go-fish")
	p.see("pre.json", `"<b>trout</b>"`)
	p.linked("live")
	ada.do(client.Move("g1f3"))
	p.see("p", "Being played · Black to move")
	p.see(".json-lines", `"m": "g1f3"`)
	p.see("pre.json", `"g1f3"`)
	p.picture("foreign")
	p.accessible(axe(t), "foreign")
	p.size(360, 740)
	p.fits(360)
}

// TestSmallBoards: what screens with many boards are made of shows positions, names and clocks that run.
func TestSmallBoards(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	p := newTab(t, chrome(t), "Eve")
	p.open(s.URL)
	p.do("make boards", chromedp.Evaluate(`import("/assets/-/board/mini.js").then(({ MiniBoard }) => {
		const box = document.createElement("div");
		box.id = "minis";
		box.style.cssText = "display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; padding: 1rem";
		const boards = [...Array(8)].map((_, i) => {
			const board = new MiniBoard();
			box.append(board.root);
			board.show({
				position: { fen: "r1bqkbnr/pppp1Qpp/2n5/4p3/2B1P3/8/PPPP1PPP/RNB1K1NR b KQkq - 0 4", m: "h5f7", check: true }, flipped: i % 2 === 1,
				players: { white: { name: "<i>Ada</i>", rating: 1800 }, black: { name: "Ben" } }, turn: ["black"], over: i === 7 ? "1–0" : false,
				clock: { type: "fischer", left: { white: 65000, black: 9000 }, run: ["black"], at: performance.now() },
			});
			return board;
		});
		document.getElementById("page").replaceChildren(box);
	}); 0`, nil))
	p.until(`document.querySelectorAll("#minis .piece").length === 8 * 31`)
	p.see("#minis .mini-name", "<i>Ada</i>")
	p.see("#minis .mini-clock", "1:05")
	p.until(`Number(/0:0(\d)/.exec(document.querySelector("#minis .mini-clock.running").textContent)[1]) < 8`)
	p.picture("minis")
	if clock := p.value(`[...document.querySelectorAll(".mini")].at(-1).querySelector('[data-seat="black"] .mini-clock').className`); strings.Contains(clock, "running") {
		t.Errorf("the clock of a finished game runs: %s", clock)
	}
}

// TestPairedAndDelayed: whoever waits in a game that the server merges into another one is taken there, and who watches
// a game that is shown late is told how late.
func TestPairedAndDelayed(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	ada, ben := guest(t, s, "Ada"), guest(t, s, "Ben")
	seek := client.NewGame{Kind: "chess", Seat: "random", Clock: &rapid, Access: "open", Pair: []byte(`{}`)}
	mine, err := ada.who.Create(within(t), seek)
	if err != nil {
		t.Fatal(err)
	}
	p := newTab(t, chrome(t), "Ada")
	p.become(ada)
	p.open(s.URL + "/game/" + mine.Game)
	p.linked("live")
	theirs, err := ben.who.Create(within(t), seek)
	if err != nil {
		t.Fatal(err)
	}
	q := newTab(t, chrome(t), "Ben")
	q.become(ben)
	q.open(s.URL + "/game/" + theirs.Game)
	for _, page := range []*tab{p, q} {
		page.until(`location.pathname === "/game/` + mine.Game + `" && document.querySelectorAll(".strip .dot.here").length === 2`)
	}

	id := sitDown(t, guest(t, s, "Judit"), guest(t, s, "Magnus"), client.NewGame{Clock: &rapid, Delay: 3_000})
	harness.Eventually(t, patience, "who watches may know of the game", func() bool {
		answer, err := http.Get(s.URL + "/api/games/" + id)
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	eve := newTab(t, chrome(t), "Eve")
	eve.open(s.URL + "/game/" + id)
	eve.see(".about", "shown 3 s late")
}
