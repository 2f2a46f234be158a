package browser_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// legall is a short game that ends with mate, Legall's.
var legall = []struct{ m, san string }{
	{"e2e4", "e4"}, {"e7e5", "e5"}, {"g1f3", "Nf3"}, {"d7d6", "d6"}, {"f1c4", "Bc4"}, {"c8g4", "Bg4"}, {"b1c3", "Nc3"}, {"g7g6", "g6"},
	{"f3e5", "Nxe5"}, {"g4d1", "Bxd1"}, {"c4f7", "Bxf7+"}, {"e8e7", "Ke7"}, {"c3d5", "Nd5#"},
}

// TestWholeGamesByHand plays page against page, by mouse, by finger and by keys alone, with a third page that watches. In
// the middle the server is killed and started again, and then one player's network is away for 10 s.
func TestWholeGamesByHand(t *testing.T) {
	t.Parallel()
	for name, play := range hands() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := harness.Start(t, harness.NoLimits)
			browser := chrome(t)
			ada, ben := guest(t, s, "Ada"), guest(t, s, "Ben")
			made, err := ada.who.Create(within(t), client.NewGame{Kind: "chess", Seat: "white", Clock: &rapid})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ben.who.Sit(within(t), made.Game, "black", made.Invites["black"]); err != nil {
				t.Fatal(err)
			}
			white, black, eve := newTab(t, browser, "Ada"), newTab(t, browser, "Ben"), newTab(t, browser, "Eve")
			white.become(ada)
			black.become(ben)
			if name == "touch" {
				white.size(390, 844)
				black.size(390, 844)
			}
			pages := []*tab{white, black, eve}
			for _, p := range pages {
				p.open(s.URL + "/game/" + made.Game)
				p.linked("live")
			}
			for i, one := range legall {
				p := pages[i%2]
				switch i {
				case 4:
					for _, p := range pages {
						p.mayLoseServer()
					}
					s.Kill9()
					white.linked("waiting")
					s.Restart()
					for _, p := range pages {
						p.linked("live")
					}
				case 8:
					away := time.Now()
					white.offline(true)
					play(white, one.m) // nobody hears of it yet
					white.until(`document.querySelector(".pieces .pending") !== null`)
					white.linked("waiting")
					<-time.After(time.Until(away.Add(10 * time.Second))) // how long the network is away is what is tested
					black.moves(i, legall[i-1].san)
					white.offline(false)
					white.linked("live")
				}
				if i != 8 {
					play(p, one.m)
				}
				for _, p := range pages {
					p.moves(i+1, one.san)
				}
			}
			for _, p := range pages {
				p.see(`[data-card="result"] h2`, "1–0 · White wins")
			}
			black.heard("White: knight to d5, checkmate.")
			white.until(`document.querySelector(".pieces .pending, .pieces .held") === null`)
			if name == "touch" {
				white.fits(390)
				if at := white.value(`String(scrollY)`); at != "0" {
					t.Errorf("carrying pieces has scrolled the page by %s px", at)
				}
				white.slide("h4h6") // a finger where nothing can be taken up does scroll it
				white.until(`scrollY > 20`)
			}
		})
	}
}

// TestPremovesAndTypedMoves: a move that is kept for later is shown, can be called off, goes out when the other side has
// moved, and is dropped with a word if it can't be played then. Typed moves are read in both ways of writing them.
func TestPremovesAndTypedMoves(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	ada, ben := guest(t, s, "Ada"), guest(t, s, "Ben")
	id := newGame(t, ada, ben)
	p := newTab(t, chrome(t), "Ben")
	p.become(ben)
	p.open(s.URL + "/game/" + id)
	p.linked("live")

	// By dragging, then called off by Escape; by clicks, then called off by a click; by a click on the card's button.
	p.drag("e7e5")
	p.see(`[data-card="turn"] p`, "premove e7–e5")
	p.picture("premove")
	p.press(kb.Escape)
	p.until(`document.querySelector(".square.premove") === null`)
	p.click(square("e7"))
	p.click(square("e5"))
	p.until(`document.querySelectorAll(".square.premove").length === 2`)
	p.click(square("a4"))
	p.until(`document.querySelector(".square.premove") === null`)
	p.drag("e7e6")
	p.click(`[data-do="cancel-premove"]`)
	p.until(`document.querySelector(".square.premove") === null`)

	p.drag("e7e5")
	p.until(`document.querySelectorAll(".square.premove").length === 2`)
	ada.do(client.Move("e2e4"))
	p.moves(2, "e5")
	ada.reply("e7e5", "")

	// One that is not possible any more: the pawn it should take has gone on.
	p.drag("e5d4")
	ada.do(client.Move("d2d3"))
	p.see(".toast", "Your premove e5d4 is not possible any more.")
	p.until(`document.querySelector(".square.premove") === null`)

	type attempt struct{ text, problem, san string }
	for i, one := range []struct {
		tries  []attempt
		answer string
	}{
		{[]attempt{{"Nf3", "not allowed", ""}, {"hello", "That is not a move", ""}, {"d6", "", "d6"}}, "a2a3"},
		{[]attempt{{"nf6", "", "Nf6"}}, "a3a4"},
		{[]attempt{{"Nbd7", "", "Nbd7"}}, "b2b3"},
		{[]attempt{{"Nb6", "", "Nb6"}}, "g2g3"},
		{[]attempt{{"Nd7", "Write b6d7 or f6d7.", ""}, {"Nd5", "Write b6d5 or f6d5.", ""}, {"Nfd5", "", "Nfd5"}}, "h2h3"},
		{[]attempt{{"be7", "", "Be7"}}, "h3h4"},
		{[]attempt{{"O-O-O", "not allowed", ""}, {"0-0", "", "O-O"}}, "h4h5"},
		{[]attempt{{"e8f8", "e8f8 is not allowed here.", ""}, {"a7-a6", "", "a6"}}, "g3g4"},
	} {
		ada.until(func(s client.State) bool { return s.Turn[0] == "black" })
		p.until(`document.querySelector(".square.movable") !== null`)
		for _, a := range one.tries {
			p.fill(".typed input", a.text+kb.Enter)
			if a.problem != "" {
				p.see(".problem", a.problem)
				continue
			}
			p.moves(4+2*i, a.san)
			p.until(`document.querySelector(".problem").textContent === ""`)
		}
		ada.do(client.Move(one.answer))
	}

	// While the other one thinks, both squares say what is kept for later.
	p.moves(19, "g4")
	p.fill(".typed input", "Bg5"+kb.Enter)
	p.moves(20, "Bg5")
	p.fill(".typed input", "Bxc1"+kb.Enter)
	p.see(".problem", "both squares")
	p.fill(".typed input", "g5c1"+kb.Enter)
	p.until(`document.querySelectorAll(".square.premove").length === 2`)
	ada.do(client.Move("b3b4"))
	p.moves(22, "Bxc1")
	p.heard("Black: bishop takes c1.")
}

// TestRefusedMove: a move that the server refuses snaps back, and the page says why. A page that slept asks whether the
// server is still there.
func TestRefusedMove(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	ada, ben := guest(t, s, "Ada"), guest(t, s, "Ben")
	id := newGame(t, ada, ben)
	p := newTab(t, chrome(t), "Ada")
	p.become(ada)
	p.onNewPage(`window.skew = 0; window.pings = 0;
		const now = Date.now; Date.now = () => now() + window.skew;
		const send = WebSocket.prototype.send;
		WebSocket.prototype.send = function (text) { window.pings += text.includes('"ping"') ? 1 : 0; return send.call(this, text); };`)
	p.open(s.URL + "/game/" + id)
	p.linked("live")
	// A machine that wakes up finds that its clock has jumped: it asks at once whether the server is there.
	before := p.value(`String(window.pings)`)
	p.do("sleep", chromedp.Evaluate(`window.skew = 60000`, nil))
	p.until(`window.pings > ` + before)

	p.offline(true)
	p.linked("waiting")
	p.move("e2e4")
	p.until(`document.querySelector(".pieces .pending") !== null`)
	ada.do(client.Move("d2d4")) // on another device
	p.offline(false)
	p.see(".toast.bad", "The game moved on")
	p.moves(1, "d4")
	p.until(`document.querySelector('` + square("e2") + `').getAttribute("aria-label") === "e2, white pawn" && document.querySelector(".pieces .pending") === null`)
}

// TestLooksAndSounds: settings hold at once and on the next visit; nothing sounds before somebody has touched the page.
func TestLooksAndSounds(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	ada, ben := guest(t, s, "Ada"), guest(t, s, "Ben")
	g := seat(t, ada, ben).play("e2e4", "e7e5")
	p := newTab(t, chrome(t), "Ada")
	p.become(ada)
	p.onNewPage(`window.made = 0; window.started = 0;
		const Plain = window.AudioContext;
		window.AudioContext = class extends Plain { constructor() { super(); window.made++; } };
		const start = AudioScheduledSourceNode.prototype.start;
		AudioScheduledSourceNode.prototype.start = function (...at) { window.started++; return start.apply(this, at); };
		const plain = AudioBufferSourceNode.prototype.start;
		AudioBufferSourceNode.prototype.start = function (...at) { window.started++; return plain.apply(this, at); };`)
	p.open(s.URL + "/game/" + g.id)
	p.linked("live")
	g.white.do(client.Move("g1f3"))
	g.black.reply("g1f3", "b8c6")
	p.moves(4, "Nc6")
	if made := p.value(`window.made + "/" + window.started`); made != "0/0" {
		t.Errorf("contexts and sounds before any gesture: %s", made)
	}
	p.move("f1c4")
	g.black.reply("f1c4", "g8f6")
	p.until(`window.made === 1 && window.started > 0`)

	checker := axe(t)
	p.click(`[data-do="settings"]`)
	p.picture("settings")
	p.accessible(checker, "settings")
	p.click(`dialog [name="theme"][value="dark"]`)
	p.click(`dialog [name="board"][value="wood"]`)
	p.click(`dialog [name="sound"]`)
	p.click(`dialog [name="motion"]`)
	p.picture("settings-dark")
	p.accessible(checker, "settings-dark")
	p.press(kb.Escape)
	p.until(`document.querySelector("dialog") === null`)
	before := p.value(`String(window.started)`)
	p.move("d2d3")
	g.black.reply("d2d3", "a7a6")
	p.moves(8, "a6")
	if now := p.value(`String(window.started)`); now != before {
		t.Errorf("%s sounds with sounds off, %s before", now, before)
	}
	if glide := p.value(`getComputedStyle(document.querySelector(".pieces .piece")).transitionDuration`); glide != "0s" {
		t.Errorf("pieces glide for %s without animations", glide)
	}
	p.reload()
	p.moves(8, "a6")
	p.picture("wood-dark")
	p.accessible(checker, "wood-dark")
	for script, want := range map[string]string{
		`getComputedStyle(document.body).backgroundColor`:                          "rgb(22, 25, 27)",
		`getComputedStyle(document.querySelector(".square.dark")).backgroundColor`: "rgb(143, 106, 73)",
	} {
		if got := p.value(script); got != want {
			t.Errorf("%s is %s, not %s", script, got, want)
		}
	}
	p.do("still", chromedp.Evaluate(`localStorage.clear()`, nil))
	p.reload()
	p.moves(8, "a6")

	// Stepping by keys does not leave the game, and a flipped board is only seen differently.
	p.press(kb.Home + kb.ArrowRight)
	p.until(`document.querySelector('.moves [data-ply="1"]').getAttribute("aria-current") === "true"`)
	p.press("f")
	p.until(`document.querySelector(".squares").firstChild.dataset.square === "h1"`)
	g.white.do(client.Move("h2h3"))
	p.moves(9, "h3")
	p.see(`[data-do="copy-watch"]`, "Copy link to this move")
	p.press(kb.End)
	p.see(`[data-do="copy-watch"]`, "Copy link")
}
