package browser_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

const atTable = `location.pathname.startsWith("/game/") && document.querySelector(".table") !== null`

// TestNewcomersPlay: two people who were never here click the same time and sit opposite each other. One has changed her
// mind before; the other sits down in an open game by a click, too, and finds what was made for him by name.
func TestNewcomersPlay(t *testing.T) {
	t.Parallel()
	checker := axe(t)
	s := harness.Start(t, harness.NoLimits)
	browser := chrome(t)
	ann, bob := newTab(t, browser, "Ann"), newTab(t, browser, "Bob")
	ann.open(s.URL)
	bob.open(s.URL)
	ann.see(".open-games .empty", "Nobody is waiting")

	ann.click(`[data-control="1+0"]`)
	ann.see("dialog.waiting h2", "Looking for an opponent")
	ann.screen("waiting", checker)
	bob.see(".open-games .entry", "1+0")
	ann.click(`dialog [data-do="cancel"]`)
	ann.until(`document.querySelector("dialog") === null`)
	bob.until(`document.querySelector(".open-games .entry") === null`)

	ann.click(`[data-control="3+2"]`)
	bob.click(`[data-control="3+2"]`)
	for _, p := range []*tab{ann, bob} {
		p.until(atTable)
	}
	if a, b := ann.value(`location.pathname`), bob.value(`location.pathname`); a != b {
		t.Errorf("they sit in two games: %s and %s", a, b)
	}
	for _, p := range []*tab{ann, bob} {
		p.until(`document.querySelectorAll(".strip .dot.here").length === 2`)
	}
	// The game is among one's own on the first page, with whose turn it is.
	ann.open(s.URL)
	ann.see(".my-games .entry", "3+2")
	ann.until(`["Your turn", "Their turn"].includes(document.querySelector(".my-games .note").textContent)`)

	// The server goes away and comes back while the first page is open: it says so, and nobody has to do anything.
	for _, p := range []*tab{ann, bob} {
		p.mayLoseServer()
	}
	s.Kill9()
	ann.see(".open-games .empty", "The server does not answer")
	s.Restart()
	ann.see(".open-games .empty", "Nobody is waiting")
	ann.until(`document.querySelectorAll(".my-games .entry").length === 1`)
}

// TestOpenGamesAndChallenges: the list of open games is live and keeps the focus, a click sits down; a challenge by name
// arrives on the other's first page and is declined, then accepted.
func TestOpenGamesAndChallenges(t *testing.T) {
	t.Parallel()
	checker := axe(t)
	s := harness.Start(t, harness.NoLimits)
	browser := chrome(t)
	bob := newTab(t, browser, "Bob")
	bob.open(s.URL)
	bob.see(".open-games .empty", "Nobody is waiting")
	hostile := `<img src=x onerror=ran=1>`
	cy := guest(t, s, hostile).who
	seek := func(minutes int64) *opponent {
		made, err := cy.Create(within(t), client.NewGame{Kind: "chess", Seat: "white", Access: "open",
			Clock: &client.Clock{Type: "fischer", Initial: minutes * 60_000}})
		if err != nil {
			t.Fatal(err)
		}
		o := &opponent{t: t, who: cy}
		o.play(made.Game) // an open game lives as long as its creator is there
		return o
	}
	first := seek(7)
	bob.see(".open-games .entry", hostile)
	bob.do("focus", chromedp.Focus(".open-games .entry", chromedp.ByQuery))
	second := seek(8)
	bob.see(".open-games .entry", "8+0")
	if held := bob.value(`document.activeElement.dataset.join ?? document.activeElement.tagName`); held != first.game.State().Game {
		t.Errorf("another game took the focus: it is on %s", held)
	}
	first.wish("abort")
	bob.until(`document.querySelectorAll(".open-games .entry").length === 1`)
	if held := bob.value(`document.activeElement.dataset.join ?? document.activeElement.tagName`); held != second.game.State().Game {
		t.Errorf("the focus fell out of the list: it is on %s", held)
	}
	bob.picture("open-games")
	bob.click(`[data-join]`)
	bob.until(atTable)
	second.until(func(s client.State) bool { return s.Status == "ready" })
	if ran := bob.value(`String(window.ran)`); ran != "undefined" {
		t.Errorf("a name has run: %s", ran)
	}
	name := bob.value(`JSON.parse(localStorage.getItem("ply.guest")).name`)

	ann := newTab(t, browser, "Ann")
	challenge := func() {
		t.Helper()
		ann.open(s.URL)
		ann.click(`.start [value="player"]`)
		ann.fill(`.picker input`, name)
		ann.click(`.picker .entry`)
		ann.see(`.picker .empty`, "it is.")
		ann.click(`.start [value="white"]`)
		ann.picture("challenge")
		ann.click(`.start .primary`)
		ann.until(atTable)
		ann.see(`[data-card="open"] h2`, "Waiting for your opponent")
	}
	challenge()
	bob.open(s.URL)
	bob.see(".challenges .challenge", "challenges you. You play Black. 10+0, casual.")
	bob.screen("challenged", checker)
	bob.click(`[data-decline]`)
	bob.until(`document.querySelector(".challenges").hidden`)
	ann.see(`[data-card="result"] h2`, "Game aborted")
	challenge()
	bob.click(`[data-accept]`)
	bob.until(atTable)
	ann.see(`[data-card="turn"] h2`, "Your turn")
	if a, b := ann.value(`location.pathname`), bob.value(`location.pathname`); a != b {
		t.Errorf("they sit in two games: %s and %s", a, b)
	}
}

// TestWatching: the first page and the TV show the best game move by move, the TV goes on to the next one when it ends,
// and many boards move at once.
func TestWatching(t *testing.T) {
	t.Parallel()
	checker := axe(t)
	s := harness.Start(t, harness.NoLimits)
	browser := chrome(t)
	eve, dan := newTab(t, browser, "Eve"), newTab(t, browser, "Dan")
	eve.open(s.URL + "/tv")
	eve.see(".tv .empty", "Nobody plays in public")
	eve.picture("tv-empty")
	duels := map[string]*duel{}
	ids := ""
	for i, names := range [][2]string{{"Ada", "Bea"}, {"Cleo", "Dora"}, {"Edda", "Fay"}} {
		d := newDuel(t, guest(t, s, names[0]).who, guest(t, s, names[1]).who, client.NewGame{}).play("e2e4", []string{"e7e5", "c7c5", "e7e6"}[i], "g1f3")
		duels[d.id] = d
		ids += "," + d.id
	}
	onAir := `document.querySelector(".tv-stage .screen[data-game]")?.dataset.game`
	eve.until(`Boolean(` + onAir + `) && document.querySelectorAll(".also .screen:not(.loading)").length === 2`)
	eve.screen("tv", checker)
	shown := eve.value(onAir)
	best := duels[shown]
	if best == nil {
		t.Fatalf("%s is on TV", shown)
	}
	// Two more moves arrive on all screens.
	pieces := func(root string) string {
		return fmt.Sprintf(`[...document.querySelectorAll('%s .mini-board .piece')].map((e) => e.style.transform).sort().join()`, root)
	}
	dan.expect = "404" // one of the games is not there
	dan.open(s.URL + "/boards?games=" + ids[1:] + ",000000000000")
	dan.until(`document.querySelectorAll(".wall .screen:not(.loading):not(.missing)").length === 3 && document.querySelectorAll(".missing").length === 1`)
	for id, d := range duels {
		before := dan.value(pieces(`[data-game="` + id + `"]`))
		d.play("b8c6")
		dan.until(pieces(`[data-game="`+id+`"]`) + ` !== ` + fmt.Sprintf("%q", before))
	}
	dan.screen("boards", checker)
	eve.until(`document.querySelector(".tv-stage .mark").style.transform !== ""`)
	best.resign(0)
	eve.see(".tv-stage .badge", "0–1 Black wins")
	eve.until(onAir + ` !== "` + shown + `"`)
	eve.until(`document.querySelector(".tv-stage .screen.loading") === null`)
	if next := eve.value(onAir); duels[next] == nil || next == shown {
		t.Errorf("after %s comes %s", shown, next)
	}
	dan.see(`[data-game="`+shown+`"] .badge`, "Black wins")

	// The first page shows the best game, what has ended, and leads to many boards.
	dan.open(s.URL)
	dan.until(`document.querySelector(".best .screen:not(.loading)") !== null`)
	dan.see(".ended-games .entry", "0–1")
	dan.see(".best .more", "Watch 2 games at once")
	dan.screen("home-busy", checker)
	dan.do("watch many", chromedp.Click(".best a.more", chromedp.ByQuery))
	dan.until(`location.pathname === "/boards" && document.querySelectorAll(".wall .screen:not(.loading)").length === 2`)
}

// TestPlayerPages: people with accounts have rated games behind them; their page shows it, and so does the leaderboard.
func TestPlayerPages(t *testing.T) {
	t.Parallel()
	checker := axe(t)
	setting, token := harness.Members(t)
	s := harness.Start(t, harness.NoLimits, setting)
	member := func(id, name string) *client.Client {
		return s.Client().As(client.Person{ID: id, Name: name, Token: token(id, name), Expires: time.Now().Add(time.Hour).UnixMilli()})
	}
	ann, bob := member("p_ann", "Ann <b>Bold</b>"), member("p_bob", "Bob")
	const rated = 24
	for i := range rated {
		clock := blitz
		if i%4 == 3 {
			clock = client.Clock{Type: "fischer", Initial: 600_000}
		}
		white, black := ann, bob
		if i%2 == 1 {
			white, black = bob, ann
		}
		loser := 1
		if i%3 == 2 {
			loser = 0
		}
		newDuel(t, white, black, client.NewGame{Rated: true, Clock: &clock}).play("e2e4", "e7e5").resign(loser)
	}
	newDuel(t, ann, guest(t, s, "Gus").who, client.NewGame{}).play("d2d4", "d7d5").resign(1)
	p := newTab(t, chrome(t), "Visitor")
	me, err := json.Marshal(bob.Person())
	if err != nil {
		t.Fatal(err)
	}
	p.open(s.URL)
	p.do("become Bob", chromedp.Evaluate(fmt.Sprintf(`localStorage.setItem("ply.guest", %q)`, me), nil))
	p.open(s.URL + "/player/p_ann")
	p.until(`document.querySelector(".tally dd")?.textContent === "25"`)
	p.see("h1", "Ann <b>Bold</b>")
	p.until(`document.querySelector(".graph .line")?.points.length === 19`) // what it was before, and 18 games
	p.see(".versus", "against you:")
	p.until(`document.querySelectorAll(".history > [data-key]").length === 25`)
	p.screen("player", checker)
	p.click(`[data-pace="rapid"]`)
	p.until(`document.querySelector(".graph .line")?.points.length === 7`)
	p.do("the table", chromedp.Click(".as-table summary", chromedp.ByQuery))
	p.until(`document.querySelectorAll(".as-table tbody tr").length === 6`)
	p.see(".as-table td", "Bob")

	count := func(n int) {
		t.Helper()
		p.until(fmt.Sprintf(`document.querySelectorAll(".history > [data-key]").length === %d`, n))
	}
	p.choose(`.filters [name="rated"]`, "false")
	count(1)
	p.see(".history .who", "Gus")
	p.choose(`.filters [name="rated"]`, "")
	p.choose(`.filters [name="class"]`, "rapid")
	count(6)
	p.choose(`.filters [name="seat"]`, "white")
	count(0)
	p.see(".live-list .empty", "No such games")
	p.choose(`.filters [name="class"]`, "")
	p.choose(`.filters [name="result"]`, "lost")
	count(4)
	p.do("whom", chromedp.SendKeys(`.filters [name="opponent"]`, "gu", chromedp.ByQuery))
	count(0)

	// The names lead on: from the game list to the other's page, and from the top list back.
	p.open(s.URL + "/players")
	p.see(".leaders-list .who", "Ann <b>Bold</b>")
	p.screen("players", checker)
	p.fill(".picker input", "ann")
	p.click(`.picker [data-player="p_ann"]`)
	p.until(`location.pathname === "/player/p_ann" && document.querySelector(".person") !== null`)
	// Bob has an account, so he may ask for a rated game.
	p.open(s.URL)
	p.until(`document.querySelector('.start [name="rated"]').disabled === false`)
	p.see(".quick .as", "Bob")
}
