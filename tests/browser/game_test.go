package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/plygames/ply/tests/harness"
	"github.com/plygames/ply/transport/client"
)

// TestWholeGame plays one game from the first page to the rematch, by mouse, with a spectator's page beside it. The
// server is killed in the middle, and neither page is touched while it is away.
func TestWholeGame(t *testing.T) {
	s := harness.Start(t, harness.NoLimits)
	browser := chrome(t)
	ann := newTab(t, browser, "Ann")
	ann.open(s.URL)
	ann.picture("home")
	ann.click(`.start [value="10+0"]`)
	link := startGame(ann, "Ann", "white")
	ann.picture("invite")

	bob := follow(t, s, "Bob", link)
	eve := newTab(t, browser, "Eve")
	eve.open(s.URL + ann.value(`location.pathname`))
	eve.see(".about", "you are watching")

	opening(ann, bob)
	interrupt(t, s, ann, eve)
	offers(ann, bob)
	finish(ann, bob, eve)
	replay(eve)
	rematch(t, ann, bob)
}

// startGame sends the first page's form off, with the clock that was chosen, and gives the invitation's link.
func startGame(p *tab, name, seat string) string {
	p.t.Helper()
	p.fill(`.start [name="name"]`, name)
	p.click(`.start [value="` + seat + `"]`)
	p.click(`.start .primary`)
	p.see(`[data-card="open"] h2`, "Invite your opponent")
	return p.value(`document.querySelector(".share input").value`)
}

// opening ends with a promotion.
func opening(ann *tab, bob *opponent) {
	ann.see(`[data-card="turn"] h2`, "Your turn")
	ann.move("a2a4")
	bob.reply("a2a4", "b7b5")
	ann.move("a4b5")
	bob.reply("a4b5", "a7a6")
	ann.move("b5a6")
	bob.reply("b5a6", "b8c6")
	ann.move("a6a7")
	bob.reply("a6a7", "a8b8")
	ann.moves(8, "Rb8")
	ann.click(square("a7"))
	ann.until(`document.querySelector('` + square("b8") + `').classList.contains("capture")`)
	ann.picture("targets")
	ann.click(square("b8"))
	ann.picture("promotion")
	ann.click(`.choices [data-piece="q"]`)
	ann.moves(9, "axb8=Q")
	bob.reply("a7b8q", "c6b8")
	ann.moves(10, "Nxb8")
}

// interrupt kills the server while everybody is looking, and lets the pages come back by themselves.
func interrupt(t *testing.T, s *harness.Server, pages ...*tab) {
	t.Helper()
	for _, p := range pages {
		p.mayLoseServer()
	}
	s.Kill9()
	for _, p := range pages {
		p.until(`document.getElementById("link").dataset.state === "waiting"`)
	}
	pages[0].picture("reconnecting")
	// A move made while nobody listens is kept and goes out when the server is back.
	pages[0].move("e2e4")
	pages[0].until(`document.querySelector(".pieces .pending") !== null`)
	s.Restart()
	for _, p := range pages {
		p.until(`document.getElementById("link").dataset.state === "live"`)
		p.moves(11, "e4")
	}
	pages[0].until(`document.querySelector(".pieces .pending") === null`)
}

// offers exercises what players ask of each other, from both sides.
func offers(ann *tab, bob *opponent) {
	bob.reply("e2e4", "")
	ann.click(`[data-wish="takeback-offer"]`)
	ann.see(`[data-card="takeback-mine"]`, "Takeback asked for")
	bob.until(offered("takeback"))
	bob.wish("takeback-accept")
	ann.moves(10, "Nxb8")
	ann.move("e2e4")
	bob.reply("e2e4", "e7e5")

	bob.wish("draw-offer")
	ann.see(`[data-card="draw-theirs"] h2`, "Bob offers a draw")
	ann.picture("offer")
	ann.size(390, 844)
	ann.picture("phone")
	ann.fits(390)
	ann.size(360, 740)
	ann.fits(360)
	ann.size(1280, 800)
	ann.click(`[data-wish="draw-decline"]`)
	bob.until(func(s client.State) bool { return !offered("draw")(s) })

	ann.click(`[data-wish="draw-offer"]`)
	ann.see(`[data-card="draw-mine"]`, "Draw offered")
	bob.until(offered("draw"))
	bob.wish("draw-decline")
	ann.until(`document.querySelector('[data-card="draw-mine"]') === null`)

	ann.click(`[data-wish="draw-claim"]`)
	ann.see(".toast.bad", "Nothing to claim")
	ann.picture("refused")
	ann.click(".toast button")
	before := bob.game.State()
	ann.click(`[data-wish="add-time"]`)
	bob.until(func(s client.State) bool { return s.Clock.Left["black"] > before.Clock.Left["black"]+10_000 })

	ann.move("f1c4")
	bob.reply("f1c4", "g7g6")
	ann.moves(14, "g6")
	bob.wish("takeback-offer")
	ann.see(`[data-card="takeback-theirs"] h2`, "Bob asks to take back the last move")
	ann.click(`[data-wish="takeback-accept"]`)
	ann.moves(13, "Bc4")
	bob.do(client.Move("b8c6"))
	ann.moves(14, "Nc6")
}

// finish ends the game with mate.
func finish(ann *tab, bob *opponent, eve *tab) {
	ann.move("d1h5")
	bob.reply("d1h5", "g8f6")
	ann.moves(16, "Nf6")
	ann.picture("game")
	ann.scheme("dark")
	ann.picture("game-dark")
	ann.scheme("light")
	eve.moves(16, "Nf6")
	eve.picture("watch")

	// Looking back changes nothing in the game, and the newest position is one click away.
	ann.click(`[data-step="first"]`)
	ann.until(`document.querySelectorAll(".pieces .piece").length === 32`)
	ann.click(`[data-step="last"]`)
	ann.move("h5f7")
	for _, p := range []*tab{ann, eve} {
		p.see(`[data-card="result"] h2`, "1–0 · White wins")
		p.see(`[data-card="result"] p`, "By checkmate")
	}
	ann.picture("ended")
	ann.size(390, 844)
	ann.picture("ended-phone")
	ann.fits(390)
	ann.size(1280, 800)
	bob.until(func(s client.State) bool { return s.Status == "ended" && s.Reason == "mate" && s.Winner == "white" })
}

// replay lets the finished game run again on the spectator's page, opened anew.
func replay(eve *tab) {
	eve.reload()
	eve.moves(17, "Qxf7#")
	eve.click(`[data-step="first"]`)
	eve.until(`document.querySelector(".replay [type=range]").value === "0"`)
	eve.choose(".replay select", "1") // the outage takes its time, so this can be stopped in the middle
	eve.click(`[data-do="replay"]`)
	eve.until(`Number(document.querySelector(".replay [type=range]").value) >= 5`)
	eve.picture("replay")
	eve.click(`[data-do="replay"]`)
	eve.see(`[data-do="replay"]`, "Replay")
	eve.choose(".replay select", "64")
	eve.click(`[data-do="replay"]`)
	eve.until(`document.querySelector(".replay [type=range]").value === "17" && document.querySelector('[data-do="replay"]').textContent === "Replay"`)
	eve.see(`[data-card="result"] h2`, "White wins")
}

// rematch plays the next game with the seats swapped, and gives it up.
func rematch(t *testing.T, ann *tab, bob *opponent) {
	t.Helper()
	first := ann.value(`location.pathname`)
	ann.click(`[data-wish="rematch"]`)
	ann.until(`location.pathname !== "` + first + `" && document.querySelector(".table") !== null`)
	harness.Eventually(t, patience, "the rematch is proposed", func() bool { return bob.rematch() != "" })
	next := bob.rematch()
	if receipt := bob.do(client.Plain("rematch")); receipt.Game != next || "/game/"+next != ann.value(`location.pathname`) {
		t.Errorf("the rematch is %s here, %s there, and the page went to %s", receipt.Game, next, ann.value(`location.pathname`))
	}
	bob.play(next)
	ann.see(`[data-card="turn"] h2`, "Bob to move")
	bob.do(client.Move("d2d4"))
	ann.move("d7d5")
	bob.reply("d7d5", "")
	ann.moves(2, "d5")
	ann.until(`document.querySelectorAll(".strip .dot.here").length === 2`)
	ann.click(`[data-wish="resign"]`)
	ann.see("dialog", "Resign the game?")
	ann.picture("resign")
	ann.click(`dialog [data-answer="yes"]`)
	ann.see(`[data-card="result"] p`, "By resignation")
	bob.until(func(s client.State) bool { return s.Status == "ended" && s.Reason == "resign" && s.Winner == "white" })
}

// TestFriendFollowsTheLink plays page against page: the second one sits down by the link, on a phone, and leaves; the
// first one claims the game. The clock is one that the form does not offer ready-made.
func TestFriendFollowsTheLink(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	browser := chrome(t)
	ann := newTab(t, browser, "Ann")
	ann.open(s.URL)
	ann.click(`.start [value="Custom"]`)
	ann.fill(`.start [name="minutes"]`, "2")
	ann.fill(`.start [name="seconds"]`, "3")
	ann.choose(`.start [name="type"]`, "delay")
	link := startGame(ann, `<b onclick="x()">Ann</b>`, "black")

	cy := newTab(t, browser, "Cy")
	cy.size(390, 844)
	cy.open(link)
	cy.see(`[data-card="invited"] p`, "You play White. 2 min, 3 s delay.")
	cy.picture("invited-phone")
	cy.fits(390)
	cy.click(`[data-do="sit"]`)
	cy.see("dialog", "What shall we call you?")
	cy.fill(`dialog [name="name"]`, "Cy")
	cy.picture("name-phone")
	cy.click(`dialog .primary`)
	cy.see(`[data-card="turn"] h2`, "Your turn")
	cy.see(".name", `<b onclick="x()">Ann</b>`)
	if hash := cy.value(`location.hash`); hash != "" {
		t.Errorf("the used invitation is still in the address: %q", hash)
	}
	cy.move("d2d4")
	ann.move("g8f6")
	cy.move("c2c4")
	ann.moves(3, "c4")
	cy.moves(3, "c4")

	// A reloaded page finds its seat, its moves and its clock again.
	cy.reload()
	cy.moves(3, "c4")
	cy.see(".clock.running", ":")

	cy.leave()
	ann.see(`[data-card="gone"] h2`, "Cy is not connected")
	ann.picture("gone")
	cy.do("come back", chromedp.Evaluate(`void setTimeout(() => history.back())`, nil))
	ann.until(`document.querySelector('[data-card="gone"]') === null`)
	cy.until(`document.getElementById("link").dataset.state === "live"`)
	cy.leave()
	ann.until(`document.querySelector('[data-wish="claim-victory"]') !== null`)
	ann.picture("claim")
	// A server that gets little of the machine counts its own time, and may call a claim too early: then one asks again.
	ann.until(`document.querySelector('[data-wish="claim-victory"]')?.click(), document.querySelector('[data-card="result"]') !== null`)
	ann.see(`[data-card="result"] p`, "After the opponent left")
	ann.see(`[data-card="result"] h2`, "0–1 · Black wins")
}

// TestPolicyIsEnforced: even a script that got into the document does not run.
func TestPolicyIsEnforced(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	p := newTab(t, chrome(t), "Mallory")
	p.expect = "Content Security Policy"
	p.open(s.URL)
	if ran := p.value(`(() => {
		const script = document.createElement("script");
		script.textContent = "window.ran = 'inline'";
		document.body.append(script);
		document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='window.ran = 1'>");
		return String(window.ran);
	})()`); ran != "undefined" {
		t.Errorf("%s script ran", ran)
	}
	p.until(`window.ran === undefined && document.querySelector("img[src='data:,']").complete`)
	if ran := p.value(`String(window.ran)`); ran != "undefined" {
		t.Errorf("an inline handler ran: %s", ran)
	}
}

// TestUnknownGame: a link to nothing says so. The browser itself logs the refused request, which is the only error.
func TestUnknownGame(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.NoLimits)
	p := newTab(t, chrome(t), "Lost")
	p.expect = "404 (Not Found)"
	p.open(s.URL + "/game/AAAAAAAAAAAA")
	p.see("h1", "This game can't be shown")
	p.picture("unknown")
}
